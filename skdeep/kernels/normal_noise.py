"""Bodies of normal noise: a hash of the key of a row, the step and the unit."""

from __future__ import annotations

from math import pi
from typing import Any

from skdeep.backend.kernel import kernel
from skdeep.kernels.masks import mask_bits


@kernel
def normal_noise(xp: Any, key: Any, seed: Any, unit: Any, other_unit: Any) -> Any:
    """Make a standard normal number (Box and Muller, 1958) of two words of the hash of masks."""
    radius = mask_bits.body(xp, key, seed, unit) * 2.0**-32 + 2.0**-33  # never zero
    angle = mask_bits.body(xp, key, seed, other_unit) * (2 * pi * 2.0**-32)
    return xp.sqrt(-2.0 * xp.log(radius)) * xp.cos(angle)


@kernel
def scaled_sum(xp: Any, x: Any, y: Any, factor: Any) -> Any:
    """X + factor y."""
    return x + factor * y
