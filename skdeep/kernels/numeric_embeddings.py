"""Bodies of embeddings of numbers: waves, and shares of bins."""

from __future__ import annotations

from math import pi
from typing import Any

from skdeep.backend.kernel import kernel

#: Width below which bins count as no wider, so that one over it is finite.
LEAST_WIDTH = 1e-37


@kernel
def wave(xp: Any, x: Any, frequency: Any, phase: Any) -> Any:
    """cos(2 pi x f + b)."""
    return xp.cos((2 * pi) * x * frequency + phase)


@kernel
def wave_at(xp: Any, angle: Any) -> Any:
    """Cosine of an angle."""
    return xp.cos(angle)


@kernel
def wave_slope(xp: Any, dz: Any, x: Any, frequency: Any, phase: Any) -> Any:
    """Slope with respect to the angle, times dz."""
    return -dz * xp.sin((2 * pi) * x * frequency + phase)


@kernel
def slope_at(xp: Any, dz: Any, angle: Any) -> Any:
    """Minus the slope with respect to an angle, times dz."""
    return dz * xp.sin(angle)


@kernel
def turned(xp: Any, s: Any, frequency: Any) -> Any:
    """Slope with respect to x, of that with respect to the angle."""
    return (2 * pi) * s * frequency


@kernel
def turns(xp: Any, g: Any) -> Any:
    """Gradient of a frequency, of the sum of x times the slopes of angles."""
    return (2 * pi) * g


@kernel
def turns_back(xp: Any, g: Any) -> Any:
    """Do the same where the sum has the other sign."""
    return (-2 * pi) * g


@kernel
def minus(xp: Any, g: Any) -> Any:
    """Change the sign."""
    return -g


@kernel
def bin_share(xp: Any, x: Any, start: Any, inverse: Any) -> Any:
    """Return which share of a bin lies below x, were bins endless."""
    return (x - start) * inverse


@kernel
def at_least_0(xp: Any, share: Any) -> Any:
    """Confine what lies below a bin."""
    return xp.maximum(share, 0.0)


@kernel
def at_most_1(xp: Any, share: Any) -> Any:
    """Confine what lies above a bin."""
    return xp.minimum(share, 1.0)


@kernel
def bin_slope(xp: Any, dcode: Any, x: Any, start: Any, inverse: Any, low: Any, high: Any) -> Any:
    """Slope of a share with respect to x, times dcode; 0 where it is confined."""
    share = (x - start) * inverse
    return dcode * inverse * ((share > low) * (share < high))


@kernel
def inverse_width(xp: Any, start: Any, end: Any) -> Any:
    """1 over the width of a bin, 0 for one without any."""
    width = end - start
    return (width > 0) / xp.maximum(width, LEAST_WIDTH)


@kernel
def rectified(xp: Any, x: Any) -> Any:
    """max(x, 0)."""
    return xp.maximum(x, 0.0)


@kernel
def rectified_slope(xp: Any, dy: Any, x: Any) -> Any:
    """Pass dy on where x is positive."""
    return dy * (x > 0)
