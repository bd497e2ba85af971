"""Bodies of pooling: several pixels become one, and its gradient goes back to them."""

from __future__ import annotations

from typing import Any

from skdeep.backend.kernel import kernel


@kernel
def largest(xp: Any, *pixels: Any) -> Any:
    """Return the largest of the pixels."""
    top = pixels[0]
    for pixel in pixels[1:]:
        top = xp.maximum(top, pixel)
    return top


@kernel
def to_first(xp: Any, dy: Any, y: Any, *pixels: Any) -> Any:
    """Hand dy to the first pixel that equals y, and 0 to the others.

    Where none of the others does, it is the last.
    """
    rest, result = dy, []
    for pixel in pixels[:-1]:
        result.append(rest * xp.equal(pixel, y))
        rest = rest - result[-1]
    return (*result, rest)


@kernel
def total(xp: Any, *pixels: Any) -> Any:
    """Return the sum of the pixels."""
    result = pixels[0]
    for pixel in pixels[1:]:
        result = result + pixel
    return result


@kernel
def average(xp: Any, *pixels: Any) -> Any:
    """Return the mean of the pixels."""
    return total.body(xp, *pixels) * (1 / len(pixels))


@kernel
def hits(xp: Any, x: Any, y: Any) -> Any:
    """Return 1 where x is y and 0 elsewhere."""
    return 1.0 * xp.equal(x, y)


@kernel
def shared_among(xp: Any, hit: Any, dy: Any, count: Any) -> Any:
    """Share dy among as many pixels as were hit."""
    return hit * (dy / count)
