"""Bodies of random shifts and flips: each row draws them by the hash of masks."""

from __future__ import annotations

from typing import Any

from skdeep.backend.kernel import kernel
from skdeep.kernels.masks import mask_bits


@kernel
def drawn_offset(xp: Any, key: Any, seed: Any, unit: Any, choices: Any, most: Any) -> Any:
    """Draw a whole number from ``-most`` to ``choices - 1 - most``; 24 bits, exact in float32."""
    uniform = (mask_bits.body(xp, key, seed, unit) >> 8) * 2.0**-24
    return xp.floor(uniform * choices) - most


@kernel
def drawn_flip(xp: Any, key: Any, seed: Any, unit: Any, share: Any) -> Any:
    """Draw a flip, 1, with probability `share`, else 0."""
    uniform = (mask_bits.body(xp, key, seed, unit) >> 8) * 2.0**-24
    return 1.0 * (uniform < share)


@kernel
def undone(xp: Any, offset: Any, flip: Any) -> Any:
    """Return the offset that, with the same flip, takes a displacement back."""
    return offset * (2.0 * flip - 1.0)


@kernel
def source(
    xp: Any,
    down: Any,
    across: Any,
    turn: Any,
    mirror: Any,
    y: Any,
    x: Any,
    height: Any,
    width: Any,
    first: Any,
) -> Any:
    """Return which pixel comes to (y, x), as a number from `first`, and whether there is one."""
    row = y + turn * (height - 1.0 - 2.0 * y) + down
    column = x + mirror * (width - 1.0 - 2.0 * x) + across
    inside = (row >= 0.0) * (row < height) * ((column >= 0.0) * (column < width))
    row = xp.minimum(xp.maximum(row, 0.0), height - 1.0)
    column = xp.minimum(xp.maximum(column, 0.0), width - 1.0)
    return first + row * width + column, 1.0 * inside
