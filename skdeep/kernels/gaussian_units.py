"""Bodies of Gaussian visible units, whose variances are ``floor + exp(z)`` with z learned.

The floor is a constant of a body; :func:`gaussian_kernel` makes the kernel of one floor.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from skdeep.backend.kernel import Kernel, kernel
from skdeep.kernels.activations import logistic


@lru_cache(maxsize=256)
def gaussian_kernel(body: Callable[..., Any], floor: float) -> Kernel:
    """Return the kernel of a body for one floor of the variances."""
    return Kernel(partial(body, floor=floor), name=body.__name__)


def variance(xp: Any, z: Any, floor: float) -> Any:
    """Variance of a unit."""
    return xp.exp(z) + floor


def over_variance(xp: Any, v: Any, z: Any, floor: float) -> Any:
    """Value of a unit as the weights see it."""
    return v * (1 / variance(xp, z, floor))


def gaussian_sample(xp: Any, x: Any, bias: Any, z: Any, normal: Any, floor: float) -> Any:
    """State of a unit from its total input and a standard normal draw."""
    return x + bias + xp.sqrt(variance(xp, z, floor)) * normal


@kernel
def signed_square(xp: Any, v: Any, bias: Any, sign: Any) -> Any:
    """Squared distance of a unit from its bias, with its row's sign and share."""
    return sign * (v - bias) * (v - bias)


@kernel
def about_offsets(xp: Any, dot: Any, offset: Any, c_part: Any, b_slope: Any, part: Any) -> Any:
    """``W . dW`` of a gradient dW that was taken about offsets, as if it were about zero."""
    return dot + offset * c_part + b_slope * part


def dot_and_scaled(xp: Any, w: Any, g: Any, z: Any, floor: float) -> Any:
    """Terms of ``W . dW``, and the gradient of W in proportion to the unit's variance."""
    return w * g, g * variance(xp, z, floor)


def scaled(xp: Any, g: Any, z: Any, floor: float) -> Any:
    """Gradient of a bias in proportion to the unit's variance."""
    return g * variance(xp, z, floor)


def variance_slope(xp: Any, z: Any, squares: Any, dot: Any, floor: float) -> Any:
    """Gradient of z from the signed squares and from ``W . dW``, both sums over rows."""
    inverse = 1 / variance(xp, z, floor)
    return (0.5 * inverse * squares - dot) * (xp.exp(z) * inverse)


@kernel
def over(xp: Any, v: Any, variance: Any) -> Any:
    """Value of a unit as the weights see it, from its variance."""
    return v * (1 / variance)


@kernel
def fired_with_slope(xp: Any, x: Any, bias: Any) -> Any:
    """Probability of a hidden unit, and its derivative by the input."""
    p = logistic(xp, x + bias)
    return p, p * (1 - p)


@kernel
def log_density_slope(xp: Any, x: Any, bias: Any, v: Any, variance: Any) -> Any:
    """Slope of the log-density by a visible unit, from its input out of ``E[h | v]``."""
    return (x + bias - v) * (1 / variance)
