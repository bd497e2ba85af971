"""The exact normalising constant, by a sum over all states of the smaller side."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from skdeep.backend.base import Backend
from skdeep.train.boltzmann.partition import (
    FOLD,
    NEVER,
    LogPartition,
    as_vectors,
    joint_states,
    padded,
    write_soft_sum,
)

#: Numbers in the largest buffer of an enumeration.
BLOCK_SIZE = 2**20
#: States of one block at most, as a power of two.
BLOCK_UNITS = 14


def exact_log_partition(
    W: np.ndarray,
    b: np.ndarray,
    c: np.ndarray,
    *,
    backend: Backend,
    variances: np.ndarray | None = None,
    max_states: int = 2**25,
) -> LogPartition:
    """Sum over all states of one side of an RBM; the other side's sum has a closed form.

    The smaller side is enumerated, the hidden one where visible units are real. Everything is
    float64. Time grows with the states times the units of the other side (a second for a hundred
    million of those products), memory does not.

    Parameters
    ----------
    W, b, c : ndarray of shape (F, H), (F,), (H,)
        Weights, visible and hidden biases.
    backend : Backend
        Where to compute.
    variances : ndarray of shape (F,), optional
        Of real visible units. Default: visible units are binary.
    max_states : int
        How many states may be summed over.

    Returns
    -------
    LogPartition
        With a standard error of zero.

    Raises
    ------
    ValueError
        If there are more states than `max_states`.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.backend import get_backend
    >>> W, b, c = np.zeros((3, 2)), np.zeros(3), np.zeros(2)
    >>> Z = exact_log_partition(W, b, c, backend=get_backend("cpu"))
    >>> round(np.exp(Z.log_z))
    32
    """
    W, b, c, s = as_vectors(W, b, c, variances, np.float64)
    if s is None and len(b) < len(c):
        W, b, c = W.T, c, b
    if 2 ** len(c) > max_states:
        side = "hidden" if s is not None else "smaller"
        raise ValueError(
            f"the exact normalising constant would be a sum over 2**{len(c)} states of the {side} "
            f'side, more than the limit of {max_states}; estimate it by method="ais" and '
            '"reverse_ais", or use fewer units'
        )
    n_low = min(len(c), BLOCK_UNITS, max(0, (BLOCK_SIZE // len(b)).bit_length() - 1))
    low = joint_states(n_low)
    with backend.running():
        if s is None:
            sums, constant = _binary_sums(W, b, low, backend), 0.0
        else:
            sums, constant = _real_sums(W, b, s, low), 0.5 * np.log(2 * np.pi * s).sum()
        linear = low @ c[:n_low]
        blocks = [
            np.logaddexp.reduce(sums(high) + linear) + c[n_low:] @ high
            for high in _all_states(len(c) - n_low)
        ]
        return LogPartition(float(np.logaddexp.reduce(blocks) + constant))


def _all_states(n_units: int) -> Iterator[np.ndarray]:
    """Yield all states of many units one by one."""
    bits = np.arange(n_units)
    for number in range(2**n_units):
        yield (number >> bits & 1).astype(float)


def _binary_sums(
    W: np.ndarray, b: np.ndarray, low: np.ndarray, ops: Backend
) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function of the last units' state: log sums over v, for all states of the first.

    The first units' share in the inputs of the summed side stays on the device; a block adds the
    share of the others as a bias.
    """
    n_low = low.shape[1]
    W, b = padded(W, FOLD), padded(b, FOLD, NEVER)
    inputs = ops.to_device((W[:, :n_low] @ low.T)[None])  # (1, F, states)
    bias = ops.empty((1, len(b), 1), np.float64)
    parts = ops.empty((1, len(b) // FOLD, len(low)), np.float64)
    out = ops.empty((1, 1, len(low)), np.float64)
    run = ops.record(lambda: write_soft_sum(ops, inputs, bias, parts, out))

    def sums(high: np.ndarray) -> np.ndarray:
        ops.to_device((b + W[:, n_low:] @ high)[None, :, None], bias)
        run()
        found: np.ndarray = ops.to_host(out)[0, 0]
        return found

    return sums


def _real_sums(
    W: np.ndarray, b: np.ndarray, s: np.ndarray, low: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """Return the same for real v, but for log(2 pi s) / 2: a quadratic form of the state.

    The integral over v is exp(((b + W h)^2 - b^2) / (2 s)).
    """
    n_low = low.shape[1]
    linear, quadratic = (b / s) @ W, W.T @ (W / s[:, None])
    own = low @ linear[:n_low] + 0.5 * np.vecdot(low @ quadratic[:n_low, :n_low], low)

    def sums(high: np.ndarray) -> np.ndarray:
        rest = linear[n_low:] @ high + 0.5 * high @ quadratic[n_low:, n_low:] @ high
        return np.asarray(own + low @ (quadratic[:n_low, n_low:] @ high) + rest)

    return sums
