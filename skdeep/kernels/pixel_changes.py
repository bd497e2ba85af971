"""Bodies of what changes the pixels of images at random. Draws are in [0, 1)."""

from __future__ import annotations

from typing import Any

from skdeep.backend.kernel import kernel


@kernel
def brightened(xp: Any, x: Any, draw: Any, most: Any) -> Any:
    """Add the same number, at most `most` in size, to all pixels."""
    return x + (2.0 * draw - 1.0) * most


@kernel
def contrasted(xp: Any, x: Any, total: Any, share: Any, draw: Any, low: Any, high: Any) -> Any:
    """Multiply what differs from the image's mean, which is a share of its total."""
    mean = total * share
    return mean + (x - mean) * (low + draw * (high - low))


@kernel
def erased(
    xp: Any,
    value: Any,
    x: Any,
    row: Any,
    column: Any,
    height: Any,
    width: Any,
    whether: Any,
    share: Any,
    middle_row: Any,
    middle_column: Any,
    tall: Any,
    wide: Any,
    most: Any,
) -> Any:
    """Fill a rectangle, anywhere in the image and at most a share of it, with a value."""
    down = 2.0 * (row - middle_row * height)
    across = 2.0 * (column - middle_column * width)
    tall, wide = (1.0 - tall) * most * height, (1.0 - wide) * most * width
    within = (down <= tall) * (down >= -tall) * ((across <= wide) * (across >= -wide))
    kept = 1.0 - within * (whether < share)
    return x * kept + value * (1.0 - kept)
