"""Normalising constants of restricted Boltzmann machines, and how far to trust them.

Three functions take the parameters of one RBM as host arrays and return a
:class:`LogPartition`:

* :func:`skdeep.train.boltzmann.enumeration.exact_log_partition`, where one side has few units;
* :func:`skdeep.train.boltzmann.annealing.annealed_log_partition` (AIS), which tends to find too
  little of Z, so that likelihoods come out too high;
* :func:`skdeep.train.boltzmann.annealing.reverse_annealed_log_partition`, which errs the other way.

Shapes and energies everywhere: weights W (F, H), visible biases b (F,), hidden biases c (H,) and::

    binary visible:  E(v, h) = -b.v - c.h - v W h
    real visible:    E(v, h) = sum_i (v_i - b_i)^2 / (2 s_i) - c.h - (v / s) W h

with variances s (F,), so that p(h=1|v) = logistic(c + (v / s) W) and v|h ~ N(b + W h, s).
The log-likelihood of a row is ``-free_energy(v) - log_z``
(:func:`skdeep.train.boltzmann.free_energy.free_energy`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.kernels.partition import soft_sum

#: Units that share one logarithm in a sum of softplus.
FOLD = 8
#: A bias that keeps a unit off for good: its softplus is zero in every dtype.
NEVER = -1e4


@dataclass(frozen=True)
class LogPartition:
    """A value of log Z and what is known of its error.

    Attributes
    ----------
    log_z : float
        The value, in nats.
    std_error : float
        Its standard error by the spread of the chains; 0 for an exact value. It knows nothing of
        modes that no chain has seen: that is what the estimate from the other side is for.
    per_chain : ndarray of shape (n_chains,) or None
        What each chain alone says of log Z, float64; None for an exact value.
    """

    log_z: float
    std_error: float = 0.0
    per_chain: np.ndarray | None = None


def as_vectors(
    W: np.ndarray, b: np.ndarray, c: np.ndarray, variances: np.ndarray | None, dtype: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """Return the parameters in one dtype, the biases and variances as vectors.

    Raises
    ------
    ValueError
        If the shapes do not belong together or a variance is not positive.
    """
    W, b, c = np.asarray(W, dtype), np.asarray(b, dtype).ravel(), np.asarray(c, dtype).ravel()
    s = None if variances is None else np.asarray(variances, dtype).ravel()
    if W.ndim != 2 or b.shape != W.shape[:1] or c.shape != W.shape[1:]:
        raise ValueError(
            f"W (F, H), b (F,) and c (H,) must belong together, got {W.shape}, {b.shape}, {c.shape}"
        )
    if s is not None and s.shape != b.shape:
        raise ValueError(f"variances must have shape {b.shape}, got {s.shape}")
    if s is not None and (s <= 0).any():
        raise ValueError(f"variances must be positive, got a minimum of {s.min()}")
    return W, b, c, s


def joint_states(n_units: int) -> np.ndarray:
    """Return all states of a few units, (2 ** n_units, n_units); unit k is bit k of the row."""
    return (np.arange(2**n_units)[:, None] >> np.arange(n_units) & 1).astype(float)


def padded(array: np.ndarray, multiple: int, fill: float = 0.0) -> np.ndarray:
    """Lengthen the first axis to a multiple of `multiple`."""
    missing = -len(array) % multiple
    return np.pad(array, [(0, missing)] + [(0, 0)] * (array.ndim - 1), constant_values=fill)


def write_soft_sum(ops: Backend, x: Array, bias: Array, parts: Array, out: Array) -> None:
    """Write the sum over units of softplus(x + bias) into `out` (R, 1, n).

    `x` is (R, units, n), with a number of units that :data:`FOLD` divides; `bias` (1, units, 1);
    `parts` (R, units / FOLD, n) is overwritten.
    """
    step = parts.shape[1]
    slices = [slice(k * step, (k + 1) * step) for k in range(FOLD)]
    ops.launch(soft_sum, parts, *(x[:, s] for s in slices), *(bias[:, s] for s in slices))
    ops.reduce(parts, out, axis=1)
