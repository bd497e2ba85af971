"""The base of deep belief networks: RBMs trained one on the other before the network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.utils.validation import check_is_fitted

from skdeep.backend import Backend, compute
from skdeep.backend.user_warnings import warn
from skdeep.data._compat import fit_context
from skdeep.data.table import check_codes
from skdeep.data.training_data import TrainingData
from skdeep.estimators.architecture import hidden_index
from skdeep.estimators.checks.parameters import check_parameter, check_seed
from skdeep.estimators.checks.value_ranges import value_range, within_unit_interval
from skdeep.estimators.checks.values import per_layer
from skdeep.estimators.fit.parts import Parts
from skdeep.estimators.fit.running_fit import running_fit
from skdeep.estimators.parameters import parameters_of
from skdeep.estimators.parameters.dbn import PRETRAINING
from skdeep.estimators.parameters.rbm import RBMTraining
from skdeep.estimators.rbm.base import RBMEstimator
from skdeep.estimators.rbm.bernoulli_rbm import BernoulliRBM
from skdeep.estimators.rbm.gaussian_rbm import GaussianRBM
from skdeep.estimators.rbm.layerwise import (
    fit_greedily,
    part_seeds,
    pretraining_rows,
    sample_down,
)
from skdeep.estimators.transfer import given_weights
from skdeep.estimators.weights import Weights
from skdeep.fitting.jobs import FitJob

#: The learning rate where none is given.
RATES = {"bernoulli": 0.1, "gaussian": 0.01}


class PretrainedRBMs(Parts):
    """RBMs trained one on the other, as whose hidden units the hidden layers start."""

    left = ("rbms_", "pretrain_curves_")

    def check(self, estimator: Any) -> None:
        if not _widths(estimator):
            raise ValueError(
                f"hidden_layer_sizes: a {type(estimator).__name__} needs at least one hidden layer"
            )
        for name in PRETRAINING:
            full = f"pretrain_{name}"
            for value in _values_of(estimator, name):
                rule = parameters_of(RBMTraining)[name].constraint
                check_parameter(full, value, rule, type(estimator))
        n_iter = _given(estimator, "n_iter")
        if sorted(map(bool, n_iter), reverse=True) != list(map(bool, n_iter)):
            raise ValueError(
                "pretrain_n_iter: a layer can be trained only on trained ones, so that zeros come "
                f"last, got {estimator.pretrain_n_iter}"
            )

    def count(self, estimator: Any) -> int:
        return sum(map(bool, _given(estimator, "n_iter")))

    def numbers(self, estimator: Any) -> int:
        widths = [estimator.n_features_in_, *_widths(estimator)]
        batches = _given(estimator, "batch_size")
        # Parameters and gradients; both sides of rows and particles, states and random numbers.
        sizes = [
            2 * below * above + 4 * int(batch) * (below + above)
            for below, above, batch in zip(widths, widths[1:], batches, strict=False)
        ]
        return max(sizes[: self.count(estimator)], default=0)

    def train(
        self, estimator: Any, data: TrainingData, backend: Backend, random: Any
    ) -> Iterator[FitJob]:
        """Train the RBMs and start the hidden layers as theirs."""
        rbms = _rbms(estimator, part_seeds(random, len(_widths(estimator))))
        rows = None
        if rbms:
            rows = pretraining_rows(data, backend, shuffle=estimator.shuffle)
            rows = _as_probabilities(estimator, rows) if estimator.visible == "bernoulli" else rows
        estimator.rbms_ = yield from fit_greedily(rbms, rows, running_fit(estimator))
        estimator.pretrain_curves_ = [list(rbm.monitor_curve_) for rbm in estimator.rbms_]
        given = given_weights(estimator)
        learned = self.learned_weights(estimator)
        Weights(estimator).write({name: w for name, w in learned.items() if name not in given})

    def move(self, estimator: Any, device: str) -> None:
        for rbm in getattr(estimator, "rbms_", ()):  # there are none in a checkpoint
            rbm._use(device)

    def learned_weights(self, estimator: Any) -> dict[str, np.ndarray]:
        """Return parameters of the network by name, as the RBMs have them."""
        return {
            f"hidden_{k}.{name}": weights
            for k, rbm in enumerate(estimator.rbms_)
            for name, weights in rbm._upward_weights().items()
        }


@fit_context(prefer_skip_nested_validation=True)
def fit(
    self: Any,
    X,
    y,
    sample_weight=None,
    *,
    X_unlabeled=None,
    X_val=None,
    y_val=None,
    sample_weight_val=None,
    groups=None,
):
    """Pre-train on all samples, then train on X and y.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Samples. A CuPy array trains on its card.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Numbers; or classes, a 0/1 indicator of labels, or several columns of classes.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.
    X_unlabeled : {array-like, sparse matrix} of shape (n_unlabeled, n_features), default=None
        More samples, of which no y is known: they take part in pre-training. What is said of
        `X_val` in pipelines and searches holds for them too.
    X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
        Validation samples, scored after each epoch; with ``early_stopping=True`` instead of
        holding some out of X. In a pipeline, ``Pipeline(steps, transform_input=["X_val"])``
        with metadata routing transforms them too. scikit-learn's searches and
        cross-validation cut every fit parameter that has as many samples as X, these included:
        give another number of samples there. A fit that gets as many as X has warns.
    y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
        Their y; comes with `X_val`.
    sample_weight_val : array-like of shape (n_val,), default=None
        Their weights.
    groups : array-like of shape (n_samples,), default=None
        Groups of the samples of X, for `validation_split`.

    Returns
    -------
    self : estimator
        The fitted estimator.

    Raises
    ------
    ValueError
        If parameters or data are not valid, before anything is trained; or if training
        diverges. A model that was fitted before stays as it was.
    """
    given = {
        "X_unlabeled": X_unlabeled,
        "X_val": X_val,
        "y_val": y_val,
        "sample_weight_val": sample_weight_val,
        "groups": groups,
    }
    return self._fit(X, y, sample_weight, validation=given)


def inverse_transform(self: Any, X: Any) -> Any:
    """Return what the RBMs make of features on the way down: means of the rows.

    The RBMs stay as pre-training left them, so that features of a network that was
    fine-tuned far come back changed.

    Parameters
    ----------
    X : array-like of shape (n_samples, width of the layer)
        Features, as :meth:`transform` gives them: of the layer ``transform_layer``.

    Returns
    -------
    X_original : array of shape (n_samples, n_features)
        Means of the visible units, in the dtype of the model.

    Raises
    ------
    ValueError
        If `X` has another width, or the layer was not pre-trained.
    """
    check_is_fitted(self)
    layer = hidden_index(self.transform_layer, len(self._hidden_names))
    rbms = _trained(self)
    if layer >= len(rbms):
        raise ValueError(
            f"inverse_transform from layer {layer} needs its RBM, and only the "
            f"{len(rbms)} below were trained: see pretrain_n_iter"
        )
    codes, width = check_codes(self, X, self._device), rbms[layer].n_components
    if codes.shape[1] != width:
        raise ValueError(
            f"inverse_transform of this {type(self).__name__} expects features of layer "
            f"{layer} with {width} columns, got {codes.shape[1]}"
        )
    for rbm in reversed(rbms[: layer + 1]):
        codes = rbm.inverse_transform(codes)
    return codes


def sample(
    self: Any, n_samples: int = 1, n_gibbs_steps: int = 1000, random_state: Any = None
) -> np.ndarray:
    """Draw rows: by Gibbs sampling in the uppermost RBM, and one pass down.

    The RBMs stay as pre-training left them; fine-tuning does not change what is drawn.

    Parameters
    ----------
    n_samples : int, default=1
        How many rows to draw, each by a chain of its own.
    n_gibbs_steps : int, default=1000
        Steps of each chain.
    random_state : int, RandomState instance or None, default=None
        Seed; None continues with the generators of the RBMs.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        States of the visible units, in the dtype of the model.

    Raises
    ------
    ValueError
        If `n_samples` or `n_gibbs_steps` is less than one, or there are no machines.
    """
    check_is_fitted(self)
    *below, top = _trained(self)
    random = None if random_state is None else check_seed(random_state)
    states = top.sample(n_samples, n_gibbs_steps, random)
    for rbm in reversed(below):
        states = sample_down(rbm, states, random)
    return states


def _widths(estimator: Any) -> list[int]:
    return estimator._architecture().widths()


def _given(estimator: Any, name: str) -> list[Any]:
    """Return what was given of a parameter of pre-training, for each layer."""
    full = f"pretrain_{name}"
    return per_layer(full, getattr(estimator, full), len(_widths(estimator)))


def _values_of(estimator: Any, name: str) -> list[Any]:
    """Return a parameter of pre-training for each layer."""
    values = _given(estimator, name)
    if name == "learning_rate":
        kinds = [estimator.visible] + ["bernoulli"] * (len(values) - 1)
        values = [RATES[k] if v is None else v for k, v in zip(kinds, values, strict=True)]
    return values


def _rbms(estimator: Any, seeds: list[int]) -> list[RBMEstimator]:
    """Return the RBMs to train, one a layer for as many layers as have epochs."""
    values = {name: _values_of(estimator, name) for name in PRETRAINING}
    shared = {name: getattr(estimator, name) for name in ("shuffle", "verbose", "device", "dtype")}
    kinds: list[type[BernoulliRBM | GaussianRBM]] = [BernoulliRBM] * len(seeds)
    if estimator.visible == "gaussian":
        kinds[0] = GaussianRBM
    return [
        kind(width, random_state=seed, **{n: v[k] for n, v in values.items()}, **shared)
        for k, (kind, width, seed) in enumerate(zip(kinds, _widths(estimator), seeds, strict=True))
        if values["n_iter"][k]
    ]


def _as_probabilities(estimator: Any, rows: Any) -> Any:
    """Return rows that Bernoulli units can stand for; RBMs grow without bound on others."""
    low, high = value_range(rows)
    if within_unit_interval(low, high):
        return rows
    warn(
        f"{type(estimator).__name__} expects values in [0, 1], got values from {low:.3g} to "
        f"{high:.3g}, which pre-training clips. Scale the features first, for example with "
        "MinMaxScaler(clip=True), or use visible='gaussian'.",
        UserWarning,
    )
    if scipy.sparse.issparse(rows):
        rows = rows.copy()
        rows.data = rows.data.clip(0, 1)
        return rows
    return compute(lambda xp, values: xp.clip(values, 0, 1), rows)


def _trained(estimator: Any) -> list[RBMEstimator]:
    """Return the RBMs; raise where there are none."""
    rbms: list[RBMEstimator] = getattr(estimator, "rbms_", [])
    if not rbms:
        raise ValueError(
            f"this {type(estimator).__name__} has no RBMs: it was fitted with "
            "pretrain_n_iter=0, or comes from a checkpoint, which has none"
        )
    return rbms
