"""Bodies of a group of units of which exactly one is 1: the class of a row."""

from __future__ import annotations

from typing import Any

from skdeep.backend.kernel import kernel
from skdeep.kernels.activations import logistic, softplus


@kernel
def exp_below(xp: Any, x: Any, top: Any) -> Any:
    """Exponential of a unit's input, relative to the largest one."""
    return xp.exp(x - top)


@kernel
def share(xp: Any, x: Any, total: Any) -> Any:
    """Probability of a unit."""
    return x / total


@kernel
def first_fires(xp: Any, cumulative: Any, total: Any, bits: Any) -> Any:
    """State of the first unit: 16 random bits say where in the total the draw lies."""
    return (bits + 0.5) * (total * 2.0**-16) < cumulative


@kernel
def next_fires(xp: Any, cumulative: Any, before: Any, total: Any, bits: Any) -> Any:
    """State of a unit with the sum of probabilities up to it, and up to the one before."""
    draw = (bits + 0.5) * (total * 2.0**-16)
    return (draw < cumulative) * (draw >= before)


@kernel
def one_hot(xp: Any, code: Any, classes: Any) -> Any:
    """1 for the class of the row, else 0."""
    return xp.equal(code, classes)


@kernel
def class_softplus(xp: Any, x: Any, u: Any) -> Any:
    """Share of a hidden unit in the score of a class."""
    return softplus(xp, x + u)


@kernel
def class_slope(xp: Any, dy: Any, x: Any, u: Any) -> Any:
    """Gradient of a hidden unit's input out of the score of one class."""
    return dy * logistic(xp, x + u)


@kernel
def more_class_slope(xp: Any, total: Any, dy: Any, x: Any, u: Any) -> Any:
    """Return the same, and its sum with that of the classes before."""
    slope = dy * logistic(xp, x + u)
    return slope, total + slope
