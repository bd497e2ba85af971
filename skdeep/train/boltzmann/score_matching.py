"""How well an RBM with real visible units fits rows, without its normalising constant.

The conditional densities behind a pseudo-likelihood have no closed form where visible units are
real: each is a mixture of as many normal densities as there are states of the hidden units. The
score of Hyvarinen (2005) has one, and no normalising constant in it::

    sum_i [d2 log p(v) / dv_i2 + (d log p(v) / dv_i)^2 / 2]

Its expectation under the true density q is, up to a constant of q, half the mean squared distance
of the gradients of log p and log q: least for p = q, and for no other p.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.backend.base import Backend
from skdeep.kernels.gaussian_units import fired_with_slope, log_density_slope, over
from skdeep.train.boltzmann.partition import as_vectors
from skdeep.train.boltzmann.rows import Chunk, by_chunks, load_rows


def score_matching(
    X: Any,
    W: np.ndarray,
    b: np.ndarray,
    c: np.ndarray,
    *,
    variances: np.ndarray,
    backend: Backend,
) -> np.ndarray:
    """Return minus the Hyvarinen score of each row: the higher, the better the fit.

    With hidden probabilities h, means m = b + W h and variances s it is::

        sum_i [1 / s_i - (m_i - v_i)^2 / (2 s_i^2)] - sum_j h_j (1 - h_j) sum_i (W_ij / s_i)^2

    A row's value depends on no draw and on no other row. It is in units of 1 / feature^2, so that
    features count alike where they are standardised.

    Parameters
    ----------
    X : array or sparse matrix of shape (n, F)
        Rows, on the host or the backend's device.
    W, b, c : ndarray of shape (F, H), (F,), (H,)
        Weights, visible and hidden biases; their dtype is computed in.
    variances : ndarray of shape (F,)
        Of the visible units.
    backend : Backend
        Where to compute.

    Returns
    -------
    ndarray of shape (n,)
        float64.

    References
    ----------
    Hyvarinen (2005). Estimation of non-normalized statistical models by score matching. JMLR 6.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.backend import get_backend
    >>> W, b, c, s = np.zeros((3, 2)), np.zeros(3), np.zeros(2), np.ones(3)
    >>> score_matching(2 * np.eye(3), W, b, c, variances=s, backend=get_backend("cpu"))
    array([1., 1., 1.])
    """
    W, b, c, s = as_vectors(W, b, c, variances, W.dtype)
    assert s is not None
    X = X.tocsr() if hasattr(X, "tocsr") else X
    with backend.running():
        scores = by_chunks(X, lambda n: _chunk(n, W, b, c, s, backend))
    return np.asarray(scores + np.sum(1 / s.astype(np.float64)))


def _chunk(
    n: int, W: np.ndarray, b: np.ndarray, c: np.ndarray, s: np.ndarray, ops: Backend
) -> Chunk:
    """Return a function that computes what depends on the row, for `n` rows."""
    dtype = W.dtype
    weights, squares = (
        ops.to_device(W[None]),
        ops.to_device(((W / s[:, None]) ** 2).sum(0)[None, :, None]),
    )
    bias, hidden_bias = ops.to_device(b[None, None]), ops.to_device(c[None, None])
    variance = ops.to_device(s[None, None])
    v, seen, mean = (ops.empty((1, n, len(b)), dtype) for _ in range(3))
    h, slope = (ops.empty((1, n, len(c)), dtype) for _ in range(2))
    distance, curvature = (ops.empty((1, n, 1), dtype) for _ in range(2))

    def step() -> None:
        ops.launch(over, seen, v, variance)
        ops.gemm(seen, weights, h)
        ops.launch(fired_with_slope, (h, slope), h, hidden_bias)
        ops.gemm(h, weights, mean, trans_b=True)
        ops.launch(log_density_slope, mean, mean, bias, v, variance)
        ops.reduce(mean, distance, axis=2, op="sumsq")
        ops.gemm(slope, squares, curvature)

    run = ops.record(step)

    def scores(rows: Any) -> np.ndarray:
        load_rows(ops, rows, v)
        run()
        parts = [ops.to_host(part)[0, :, 0].astype(np.float64) for part in (distance, curvature)]
        return np.asarray(-0.5 * parts[0] - parts[1])

    return scores
