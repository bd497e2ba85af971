"""Sequences that come back step by step, of any lengths: what networks with codes do with them.

Functions get the estimator first. A code is one of the whole sequence where the code layer is
called "codes", else one of each step. Every step counts as much as every other. Outputs may have
columns behind those of the channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep.backend import compute
from skdeep.data.cells import objects
from skdeep.data.place import to_host
from skdeep.data.weights import check_weight
from skdeep.estimators.outputs import as_features
from skdeep.train.sequences.tagging import TagPredictor


def ranges(estimator: Any, y: Any, weight: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the smallest and the largest value of each channel, in sequences that count."""
    steps = y.steps
    if weight is not None and not np.all(weight):
        steps = _joined(y[np.flatnonzero(weight)])
    low, high = (to_host(compute(function, steps)) for function in (_least, _most))
    return low, high


def score_outputs(estimator: Any, target: Any, output: Any, weight: Any) -> float:
    """Return minus the mean squared error of outputs of validation sequences."""
    longest, channels = output.shape[1] // estimator._network.n_logits, estimator._target.n_columns
    there = np.arange(longest) < target.lengths[:, None]
    steps = output.reshape(len(output), longest, -1)[there][:, :channels]
    each = ((steps - _joined(target)[:, :channels]) ** 2).mean(axis=1)
    return -float(np.average(each, weights=weight if weight is None else _joined(weight)))


def at_steps(estimator: Any, X: Any, what: str) -> np.ndarray:
    """Return "output" or what a layer gives at each step, sequence after sequence."""
    return cast(TagPredictor, estimator._predictor).at_steps(X, what)


def _back(estimator: Any, X: Any) -> np.ndarray:
    """Return the steps of sequences as they come back, one after the other."""
    return at_steps(estimator, X, "output")[:, : estimator._target.n_columns]


def fitted_outputs(estimator: Any, rows: Any) -> Iterator[np.ndarray]:
    """Give what must be finite."""
    yield at_steps(estimator, rows, "output") ** 2
    yield at_steps(estimator, rows, estimator._code_layer())


def code_width(estimator: Any) -> int:
    """Return how many numbers a code has."""
    children = estimator._network.spec.children
    width: int = children[estimator._code_layer()][1].out_shape[-1]
    return width


def transform(estimator: Any, X: Any) -> Any:
    """Return codes (n, K), or an array of those of each sequence's steps."""
    check_is_fitted(estimator)
    found = estimator._input.check(estimator, X)
    layer = estimator._code_layer()
    steps, ends = at_steps(estimator, found, layer), np.cumsum(found.lengths)
    if layer == "codes":
        return as_features(estimator, steps[ends - found.lengths], X)
    return objects(np.split(steps, ends[:-1]))


def reconstruct(estimator: Any, X: Any) -> Any:
    """Return an array of sequences as they come back."""
    check_is_fitted(estimator)
    X = estimator._input.check(estimator, X)
    return objects(np.split(_back(estimator, X), np.cumsum(X.lengths)[:-1]))


def score_samples(estimator: Any, X: Any) -> Any:
    """Return minus the mean squared error of each sequence."""
    check_is_fitted(estimator)
    X = estimator._input.check(estimator, X)
    each = -((_back(estimator, X) - _joined(X)) ** 2).mean(axis=1)
    return np.add.reduceat(each, np.cumsum(X.lengths) - X.lengths) / X.lengths


def score(estimator: Any, X: Any, sample_weight: Any) -> float:
    """Return minus the mean squared error over all steps."""
    check_is_fitted(estimator)
    X = estimator._input.check(estimator, X)
    each = score_samples(estimator, X)
    weight = check_weight(sample_weight, each[:, None])
    return float(np.average(each, weights=X.lengths * (1.0 if weight is None else weight)))


def _least(xp: Any, steps: Any) -> Any:
    return steps.min(axis=0)


def _most(xp: Any, steps: Any) -> Any:
    return steps.max(axis=0)


def _joined(sequences: Any) -> np.ndarray:
    """Return the steps of sequences one after the other."""
    return np.concatenate(list(sequences.to_host()))
