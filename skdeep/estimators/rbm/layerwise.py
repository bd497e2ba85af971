"""Layers trained one by one, each on what the one below makes of the rows."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import scipy.sparse
from scipy.sparse import csr_array
from sklearn import config_context

from skdeep.backend import Backend, compute, is_device_array
from skdeep.backend.base import Random
from skdeep.data.kinds import as_rows
from skdeep.data.place import check_place, to_host
from skdeep.data.training_data import TrainingData
from skdeep.estimators.fit.running_fit import RunningFit
from skdeep.estimators.fit.waiting import waiting_fit
from skdeep.estimators.rbm.base import RBMEstimator
from skdeep.estimators.rbm.model import CHAINS
from skdeep.fitting.jobs import FitJob
from skdeep.train.dataset import batch_slices
from skdeep.train.streams import noise_seed

#: Most copies of a row of mean weight.
MOST = 10


def part_seeds(random: np.random.RandomState, n_parts: int) -> list[int]:
    """Return a seed for each part, from a stream of their own: no other draw changes."""
    return [int(seed) for seed in noise_seed(random).spawn(1)[0].generate_state(n_parts)]


def pretraining_rows(data: TrainingData, backend: Backend, *, shuffle: bool) -> Any:
    """Return the rows with and without y that parts learn from, those held out left out.

    A row of weight two is two rows. Where rows are shuffled anyway they come in an order of their
    content, so that these are the very same rows as two that are given; as random numbers belong
    to steps and not to rows, nothing less would train the same RBMs.
    """
    check_place(data.X_unlabeled, "X_unlabeled", backend.device, "where X is")
    rows = np.sort(data.rows)
    if shuffle:
        rows = rows[np.argsort(_row_keys(data.X, backend)[rows], kind="stable")]
    if data.weight is not None:
        rows = np.repeat(rows, _copies(data.weight[rows]))
    X = as_rows(data.X).take(rows)
    return X if data.X_unlabeled is None else _stack_rows(backend, X, data.X_unlabeled)


def _copies(weight: np.ndarray) -> np.ndarray:
    """Return how often rows of these weights are repeated, (n,).

    Whole weights are these numbers; others are rounded so that sums over rows are right to one
    half. All are multiplied where there were fewer copies than rows with weight, or ``MOST`` times
    as many.
    """
    total, n = weight.sum(), np.count_nonzero(weight)
    if not n:
        raise ValueError("all training samples have a sample_weight of zero")
    scale = np.clip(total, n, MOST * n) / total
    ends = np.floor(np.cumsum(weight * scale) + 0.5)
    return np.diff(ends, prepend=0).astype(int)


def _row_keys(X: Any, backend: Backend) -> np.ndarray:
    if scipy.sparse.issparse(X):
        return backend.to_host(backend.row_keys(X.tocsr()))
    return backend.to_host(backend.row_keys(backend.adopt(X, X.dtype)))


def _stack_rows(backend: Backend, X: Any, below: Any) -> Any:
    """Return the rows of two tables as one in the dtype of the first; sparse where one is."""
    if scipy.sparse.issparse(X) or scipy.sparse.issparse(below):
        parts = [csr_array(to_host(part)) for part in (X, below)]
        return scipy.sparse.vstack(parts, format="csr", dtype=X.dtype)
    if is_device_array(X) or is_device_array(below):
        parts = [backend.adopt(part, X.dtype) for part in (X, below)]
        return compute(lambda xp, *tables: xp.concatenate(tables), *parts)
    return np.concatenate([X, below], dtype=X.dtype)


def fit_greedily(
    parts: Sequence[Any], X: Any, running: RunningFit | None
) -> Generator[FitJob, None, list[Any]]:
    """Train each part on what the one below it makes of the rows.

    Gives the jobs of parts that wait, and goes on when they are trained.

    Parameters
    ----------
    parts : sequence of estimator
        Transformers of this package, from the rows upwards. They are fitted in place.
    X : array or sparse matrix of shape (n, F)
        Rows, on the host or a device.
    running : RunningFit or None
        The fit of the whole, whose callbacks are told; None in ``partial_fit``.

    Returns
    -------
    fitted : list of estimator
        The parts that were trained: all, or the first few. A callback that asks to stop, and
        Ctrl-C, which leaves a part with fewer epochs than it was to have, make one the last, and
        end the training of the whole.

    References
    ----------
    Hinton, Osindero and Teh (2006). A fast learning algorithm for deep belief nets. Neural
    Computation 18.
    """
    fitted: list[Any] = []
    reporter = None if running is None else running.reporter
    for k, part in enumerate(parts):
        if fitted:
            with config_context(transform_output="default"):  # rows here, not a user's frame
                X = fitted[-1].transform(X)
        with nullcontext() if reporter is None else reporter.part(f"pretrain-{k}", part):
            yield from waiting_fit(part, X)
        fitted.append(part)
        stopped = bool(part.n_iter_ < part.n_epochs)
        if reporter is not None:
            reporter.stopped = stopped = reporter.stopped or stopped
        if stopped:
            break
    return fitted


def downward_weights(estimator: RBMEstimator) -> dict[str, np.ndarray]:
    """Return W (H, F) and b (F,) of the affine map from hidden units to the visible units' mean.

    For Bernoulli units it is the input of their logistic function.
    """
    p = estimator._network.views(estimator._values)
    return {"W": p.W[0].T, "b": p.b[0, 0]}


def sample_down(estimator: RBMEstimator, states: np.ndarray, random_state: Any) -> np.ndarray:
    """Draw visible states (n, F) of a fitted RBM given hidden ones (n, H)."""
    random, parts = Random([estimator._seed(random_state)]), []
    for chunk in batch_slices(len(states), CHAINS):
        chains = estimator._chains(chunk.stop - chunk.start, random)
        chains.start_hidden(states[chunk])
        chains.down()
        parts.append(chains.ops.to_host(chains.v[0]))
    return np.concatenate(parts)
