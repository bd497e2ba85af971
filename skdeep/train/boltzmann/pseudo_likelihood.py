"""The pseudo-likelihood of rows under an RBM with binary visible units, exactly.

Each visible unit is asked how probable it is given all others::

    sum_i log p(v_i | the rest) = sum_i log logistic(F(v with v_i -> 1 - v_i) - F(v))

which is the mean over i of what scikit-learn's RBM computes for one random i times the number of
features. A flip changes F by b_i d_i and by the log of the ratio of the hidden units' sums, with
d_i = 1 - 2 v_i. That ratio is the expectation of exp(d_i (W h)_i) under p(h | v), a product over
units. For bits d_i is 1 or -1, so groups of units can be enumerated: the expectations of all rows
and flips over one group are a matrix product of the probabilities of its joint states with a table
of the exponentials. Rows with values between 0 and 1 take one exponential for each row, flip and
hidden unit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.backend import is_device_array
from skdeep.backend.base import Backend
from skdeep.kernels.partition import (
    add_log_product,
    bit_flip_score,
    flip_score,
    flipped_input,
    group_states,
)
from skdeep.train.boltzmann.partition import (
    FOLD,
    NEVER,
    as_vectors,
    joint_states,
    padded,
    write_soft_sum,
)
from skdeep.train.boltzmann.rows import Chunk, by_chunks, load_rows

#: Hidden units whose joint states are enumerated.
GROUP = 4
#: Groups that share one logarithm, where the weights allow.
RUN = 8
#: Numbers in the largest buffer of a chunk of rows, about.
CHUNK_SIZE = 2**20


def pseudo_likelihood(
    X: Any, W: np.ndarray, b: np.ndarray, c: np.ndarray, *, backend: Backend
) -> np.ndarray:
    """Return the log pseudo-likelihood of each row.

    A row's value depends on no draw and on no other row.

    Parameters
    ----------
    X : array or sparse matrix of shape (n, F)
        Rows, on the host or the backend's device, with values from 0 to 1. Rows of bits are
        several times faster.
    W, b, c : ndarray of shape (F, H), (F,), (H,)
        Weights, visible and hidden biases; their dtype is computed in.
    backend : Backend
        Where to compute.

    Returns
    -------
    ndarray of shape (n,)
        Sums over the features, in nats, float64.

    References
    ----------
    J. Besag, "Statistical analysis of non-lattice data", The Statistician 24 (1975).

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.backend import get_backend
    >>> W, b, c = np.zeros((3, 2)), np.zeros(3), np.zeros(2)
    >>> pseudo_likelihood(np.eye(3), W, b, c, backend=get_backend("cpu"))
    array([-2.08, -2.08, -2.08])
    """
    W, b, c, _ = as_vectors(W, b, c, None, W.dtype)
    X = backend.to_host(X) if is_device_array(X) else X
    X = X.tocsr() if hasattr(X, "tocsr") else np.asarray(X)
    n_groups = _groups_of_one_log(W)
    result = np.empty(X.shape[0])
    bits = _rows_of_bits(X) if n_groups else np.zeros(len(result), bool)
    with backend.running():
        if bits.any():
            table = _Table(W, n_groups, backend)
            size = n_groups * 2 * len(b)
            make = lambda n: _bit_chunk(n, table, b, c, backend)  # noqa: E731
            result[bits] = by_chunks(X[bits], make, CHUNK_SIZE // size)
        if not bits.all():
            size = len(c) * (len(b) + 1)
            make = lambda n: _chunk(n, W, b, c, backend)  # noqa: E731
            result[~bits] = by_chunks(X[~bits], make, CHUNK_SIZE // size)
    return result


def _groups_of_one_log(W: np.ndarray) -> int:
    """Return how many groups' expectations can be multiplied without over- or underflow; maybe 0.

    The logarithm of one lies within the sum of the group's absolute weights.
    """
    grouped = padded(np.abs(W.T.astype(np.float64)), GROUP).reshape(-1, GROUP, len(W))
    span, limit = grouped.sum(axis=1).max(), 0.9 * np.log(np.finfo(W.dtype).max)
    if not span < limit:  # or not a number
        return 0
    return RUN if span * RUN < limit else int(limit / span)


def _rows_of_bits(X: Any) -> np.ndarray:
    """Say which rows hold nothing but 0 and 1."""
    if not hasattr(X, "indptr"):
        return np.asarray(((X == 0) | (X == 1)).all(axis=1))
    result = np.ones(X.shape[0], bool)
    owners = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
    result[owners[(X.data != 0) & (X.data != 1)]] = False
    return result


class _Table:
    """Exponentials of all joint states of groups of hidden units, for flips up and down.

    Attributes
    ----------
    weights : device array of shape (1, units, F)
        Weights, with units that have none up to a whole number of runs.
    values : device array of shape (groups, states, 2 F)
        exp(d (W h)_i), first for d = 1, then for d = -1.
    n_groups : int
        Groups that share one logarithm.
    """

    def __init__(self, W: np.ndarray, n_groups: int, ops: Backend) -> None:
        weights = padded(W.T, GROUP * n_groups)
        inputs = joint_states(GROUP) @ weights.astype(np.float64).reshape(-1, GROUP, len(W))
        values = np.exp(np.concatenate([inputs, -inputs], axis=2))
        self.weights, self.values = (
            ops.to_device(weights[None]),
            ops.to_device(values.astype(W.dtype)),
        )
        self.n_groups = n_groups


def _bit_chunk(n: int, table: _Table, b: np.ndarray, c: np.ndarray, ops: Backend) -> Chunk:
    """Return a function that computes the pseudo-likelihoods of `n` rows of bits."""
    dtype, n_features = b.dtype, len(b)
    groups, states, _ = table.values.shape
    units = table.weights.shape[1]
    bias = ops.to_device(np.pad(c, (0, units - len(c))).reshape(groups, GROUP, 1))
    visible_bias, zero = ops.to_device(b[None, None]), ops.zeros((1, 1, 1), dtype)
    v, x = ops.empty((1, n, n_features), dtype), ops.empty((1, units, n), dtype)
    chances = ops.empty((groups, states, n), dtype)
    parts = ops.empty((table.n_groups, n, 2 * n_features), dtype)
    logs = ops.empty((1, n, 2 * n_features), dtype)
    score, out = ops.empty(v.shape, dtype), ops.empty((1, n, 1), dtype)

    def step() -> None:
        ops.gemm(table.weights, v, x, trans_b=True)
        inputs = x.reshape(groups, GROUP, n)
        given = [array[:, k : k + 1] for array in (inputs, bias) for k in range(GROUP)]
        ops.launch(group_states, tuple(chances[:, k : k + 1] for k in range(states)), *given)
        ops.copy(zero, logs)
        for start in range(0, groups, table.n_groups):
            run = slice(start, start + table.n_groups)
            ops.gemm(chances[run], table.values[run], parts, trans_a=True)
            factors = (parts[k : k + 1] for k in range(table.n_groups))
            ops.launch(add_log_product, logs, logs, *factors)
        on, off = logs[:, :, :n_features], logs[:, :, n_features:]
        ops.launch(bit_flip_score, score, v, visible_bias, on, off)
        ops.reduce(score, out, axis=2)

    run = ops.record(step)

    def scores(rows: Any) -> np.ndarray:
        load_rows(ops, rows, v)
        run()
        return ops.to_host(out)[0, :, 0]

    return scores


def _chunk(n: int, W: np.ndarray, b: np.ndarray, c: np.ndarray, ops: Backend) -> Chunk:
    """Return a function that computes the pseudo-likelihoods of `n` rows of any values.

    A last flip that changes nothing gives the sum before a flip.
    """
    dtype, n_features = W.dtype, len(b)
    weights = padded(W.T, FOLD)
    flips = ops.to_device(np.pad(weights, [(0, 0), (0, 1)])[None])  # (1, H, F + 1)
    weights = ops.to_device(weights[None])
    bias, visible_bias = ops.to_device(padded(c, FOLD, NEVER)[None, :, None]), ops.to_device(b)
    units = weights.shape[1]
    v, x = ops.empty((1, n, n_features), dtype), ops.empty((1, n, units), dtype)
    change = ops.empty((n, 1, n_features + 1), dtype)
    flipped = ops.empty((n, units, n_features + 1), dtype)
    parts = ops.empty((n, units // FOLD, n_features + 1), dtype)
    sums = ops.empty((n, 1, n_features + 1), dtype)
    score, out = ops.empty((n, 1, n_features), dtype), ops.empty((n, 1, 1), dtype)

    def step() -> None:
        ops.gemm(v, weights, x, trans_b=True)
        ops.launch(flipped_input, flipped, x.reshape(n, units, 1), change, flips)
        write_soft_sum(ops, flipped, bias, parts, sums)
        after, before = sums[:, :, :n_features], sums[:, :, n_features:]
        ops.launch(flip_score, score, v.reshape(score.shape), visible_bias, after, before)
        ops.reduce(score, out, axis=2)

    run = ops.record(step)

    def scores(rows: Any) -> np.ndarray:
        rows = rows.toarray() if hasattr(rows, "toarray") else rows
        load_rows(ops, rows, v)
        ops.to_device(np.pad(1 - 2 * rows, [(0, 0), (0, 1)])[:, None].astype(dtype), change)
        run()
        return ops.to_host(out)[:, 0, 0]

    return scores
