"""Free energies of rows: minus the log-probability of a row, up to log Z."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.backend.base import Backend
from skdeep.kernels.partition import standardised
from skdeep.train.boltzmann.partition import FOLD, NEVER, as_vectors, padded, write_soft_sum
from skdeep.train.boltzmann.rows import Chunk, by_chunks, load_rows


def free_energy(
    X: Any,
    W: np.ndarray,
    b: np.ndarray,
    c: np.ndarray,
    *,
    backend: Backend,
    variances: np.ndarray | None = None,
) -> np.ndarray:
    """Return F(v) of each row.

    The probability of a row is exp(-F(v)) / Z, with::

        binary v:  F(v) = -b.v - sum_j softplus(c_j + (v W)_j)
        real v:    F(v) = sum_i (v_i - b_i)^2 / (2 s_i) - sum_j softplus(c_j + ((v / s) W)_j)

    Parameters
    ----------
    X : array or sparse matrix of shape (n, F)
        Rows, on the host or the backend's device.
    W, b, c : ndarray of shape (F, H), (F,), (H,)
        Weights, visible and hidden biases; their dtype is computed in.
    backend : Backend
        Where to compute.
    variances : ndarray of shape (F,), optional
        Of real visible units. Default: visible units are binary.

    Returns
    -------
    ndarray of shape (n,)
        In nats, float64.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.backend import get_backend
    >>> W, b, c = np.ones((3, 2)), np.zeros(3), np.zeros(2)
    >>> free_energy(np.eye(3), W, b, c, backend=get_backend("cpu"))
    array([-2.63, -2.63, -2.63])
    """
    W, b, c, s = as_vectors(W, b, c, variances, W.dtype)
    X = X.tocsr() if hasattr(X, "tocsr") else X
    with backend.running():
        return by_chunks(X, lambda n: _chunk(n, W, b, c, s, backend))


def _chunk(
    n: int, W: np.ndarray, b: np.ndarray, c: np.ndarray, s: np.ndarray | None, ops: Backend
) -> Chunk:
    """Return a function that computes the free energies of `n` rows."""
    dtype = W.dtype
    weights = ops.to_device(padded(W.T, FOLD)[None])  # (1, H, F)
    hidden_bias = ops.to_device(padded(c, FOLD, NEVER)[None, :, None])
    visible_bias = ops.to_device(b[None, None])
    precision = None if s is None else ops.to_device((1 / s)[None, None])
    v, seen = (ops.empty((1, n, len(b)), dtype) for _ in range(2))
    x = ops.empty((1, weights.shape[1], n), dtype)
    parts = ops.empty((1, weights.shape[1] // FOLD, n), dtype)
    hidden, visible = ops.empty((1, 1, n), dtype), ops.empty((1, n, 1), dtype)

    def step() -> None:
        if precision is None:
            ops.gemm(v, visible_bias, visible, trans_b=True)
        else:
            ops.launch(standardised, (v, seen), v, visible_bias, precision)
            ops.reduce(v, visible, axis=2, op="sumsq")
        ops.gemm(weights, v if precision is None else seen, x, trans_b=True)
        write_soft_sum(ops, x, hidden_bias, parts, hidden)

    run = ops.record(step)
    share = -1.0 if s is None else 0.5

    def energies(rows: Any) -> np.ndarray:
        load_rows(ops, rows, v)
        run()
        of_visible = ops.to_host(visible)[0, :, 0].astype(np.float64)
        return np.asarray(share * of_visible - ops.to_host(hidden)[0, 0])

    return energies
