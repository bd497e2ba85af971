"""Bodies of embeddings of numbers: waves, and shares of bins."""

from __future__ import annotations

from math import pi
from typing import Any

from skdeep.backend.kernel import kernel


@kernel
def wave(xp: Any, x: Any, frequency: Any, phase: Any) -> Any:
    """cos(2 pi x f + b)."""
    return xp.cos((2 * pi) * x * frequency + phase)


@kernel
def wave_and_angle(xp: Any, x: Any, frequency: Any, phase: Any) -> Any:
    """Return the same, and 2 pi x f + b."""
    angle = (2 * pi) * x * frequency + phase
    return xp.cos(angle), angle


@kernel
def wave_slope(xp: Any, dz: Any, x: Any, frequency: Any, phase: Any) -> Any:
    """Slope with respect to the angle, times dz."""
    return -dz * xp.sin((2 * pi) * x * frequency + phase)


@kernel
def slope_at(xp: Any, dz: Any, angle: Any) -> Any:
    """Do the same where the angle is known."""
    return -dz * xp.sin(angle)


@kernel
def turned(xp: Any, s: Any, frequency: Any) -> Any:
    """Slope with respect to x, of that with respect to the angle."""
    return (2 * pi) * s * frequency


@kernel
def turns(xp: Any, g: Any) -> Any:
    """Gradient of a frequency, of the sum of x times the slopes of angles."""
    return (2 * pi) * g


@kernel
def bin_share(xp: Any, x: Any, start: Any, inverse: Any, low: Any, high: Any) -> Any:
    """Return which share of a bin lies below x, confined to [low, high]."""
    return xp.maximum(xp.minimum((x - start) * inverse, high), low)


@kernel
def bin_slope(xp: Any, dcode: Any, x: Any, start: Any, inverse: Any, low: Any, high: Any) -> Any:
    """Slope of a share with respect to x, times dcode; 0 where it is confined."""
    share = (x - start) * inverse
    return dcode * inverse * ((share > low) * (share < high))


@kernel
def inverse_width(xp: Any, start: Any, end: Any) -> Any:
    """1 over the width of a bin, 0 for one without any."""
    width = end - start
    return (width > 0) / xp.where(width > 0, width, 1.0)


@kernel
def line(xp: Any, z: Any, x: Any, slope: Any, height: Any) -> Any:
    """X times a slope, plus a height, plus z."""
    return z + (x * slope + height)


@kernel
def rectified(xp: Any, x: Any) -> Any:
    """max(x, 0)."""
    return xp.maximum(x, 0.0)


@kernel
def rectified_slope(xp: Any, dy: Any, x: Any) -> Any:
    """Pass dy on where x is positive."""
    return dy * (x > 0)
