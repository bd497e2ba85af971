"""Bodies of Gibbs sampling: what units do given their total input, their bias and random draws.

A binary unit fires where 16 random bits lie below its probability on a grid of ``2 ** -16``,
centred so that probabilities are met to ``2 ** -17`` and a probability of one always fires.
"""

from __future__ import annotations

from typing import Any

from skdeep.backend.kernel import kernel
from skdeep.kernels.activations import logistic


@kernel
def firing_probability(xp: Any, x: Any, bias: Any) -> Any:
    """Probability of a binary unit."""
    return logistic(xp, x + bias)


@kernel
def fire(xp: Any, p: Any, draws: Any) -> Any:
    """State, 0 or 1, of a binary unit with probability `p`."""
    return draws < 65536 * p - 0.5


@kernel
def fire_from_input(xp: Any, x: Any, bias: Any, draws: Any) -> Any:
    """State, 0 or 1, of a binary unit from its total input."""
    return draws < 32768 * xp.tanh(0.5 * (x + bias)) + 32767.5


@kernel
def centered_signed(xp: Any, h: Any, offset: Any, sign: Any) -> Any:
    """Take an offset from each unit; give each row its sign and share in the gradient."""
    return (h - offset) * sign


@kernel
def slide(xp: Any, mean: Any, total: Any, share: Any, rate: Any) -> Any:
    """Move a running mean towards ``total * share``."""
    return mean + rate * (total * share - mean)


@kernel
def sparsity_pull(xp: Any, h: Any, share: Any, activity: Any, target: Any, cost: Any) -> Any:
    """Add a penalty's slope to the rows of data: ``cost * (activity - target)`` a unit."""
    return h + share * (cost * (activity - target))
