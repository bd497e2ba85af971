"""Bodies of affine maps of images, and of the points and numbers that go with them.

A map has six numbers for each row, those of ``x' = a x + b y + e`` and ``y' = c x + d y + f``.
There x and y are pixels from the middle of the image, to the right and down. Draws are in [0, 1).
"""

from __future__ import annotations

from typing import Any

from skdeep.backend.kernel import kernel
from skdeep.kernels.masks import WORD, mask_bits


@kernel
def drawn(xp: Any, key: Any, seed: Any, unit: Any, one: Any) -> Any:
    """Draw a number in [0, 1) by the hash of masks; 24 bits, exact in float32."""
    return (mask_bits.body(xp, key, seed, unit) >> 8) * (WORD * one)


# ---------------------------------------------------------------------- one more map behind a map


@kernel
def flipped_map(
    xp: Any,
    a: Any,
    b: Any,
    c: Any,
    d: Any,
    e: Any,
    f: Any,
    draw: Any,
    share: Any,
    across: Any,
    down: Any,
) -> Any:
    """Turn round the axes whose factor is one, where a draw lies below a probability."""
    flips = 1.0 * (draw < share)
    x, y = 1.0 - 2.0 * across * flips, 1.0 - 2.0 * down * flips
    return a * x, b * x, c * y, d * y, e * x, f * y


@kernel
def shifted_map(
    xp: Any,
    a: Any,
    b: Any,
    c: Any,
    d: Any,
    e: Any,
    f: Any,
    first: Any,
    second: Any,
    across: Any,
    down: Any,
) -> Any:
    """Shift by whole pixels, at most as many as given along each axis."""
    x = xp.floor(first * (2.0 * across + 1.0)) - across
    y = xp.floor(second * (2.0 * down + 1.0)) - down
    return a, b, c, d, e + x, f + y


@kernel
def rotated_map(
    xp: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, draw: Any, most: Any
) -> Any:
    """Turn by an angle up to a largest one, in radians, in both directions."""
    angle = (2.0 * draw - 1.0) * most
    cos, sin = xp.cos(angle), xp.sin(angle)
    x = (cos * a - sin * c, cos * b - sin * d, cos * e - sin * f)
    y = (sin * a + cos * c, sin * b + cos * d, sin * e + cos * f)
    return x[0], x[1], y[0], y[1], x[2], y[2]


@kernel
def scaled_map(
    xp: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, draw: Any, low: Any, high: Any
) -> Any:
    """Scale by a factor between two, as likely larger as smaller."""
    size = low + draw * (high - low)
    return a * size, b * size, c * size, d * size, e * size, f * size


@kernel
def inverse_map(xp: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any) -> Any:
    """Return the map that takes pixels back."""
    scale = 1.0 / (a * d - b * c)
    p, q, r, s = d * scale, -b * scale, -c * scale, a * scale
    return p, q, r, s, -(p * e + q * f), -(r * e + s * f)


# ---------------------------------------------------------------------- pixels


def _source(*inputs: Any) -> Any:
    """Return the column and the row that come to a pixel, by the map that takes it back."""
    a, b, c, d, e, f, column, row, width, height = inputs
    middle, center = (width - 1.0) * 0.5, (height - 1.0) * 0.5
    x, y = column - middle, row - center
    return a * x + b * y + e + middle, c * x + d * y + f + center


def _clipped(xp: Any, value: Any, size: Any) -> Any:
    return xp.minimum(xp.maximum(value, 0.0), size - 1.0)


@kernel
def nearest_source(
    xp: Any,
    a: Any,
    b: Any,
    c: Any,
    d: Any,
    e: Any,
    f: Any,
    x: Any,
    y: Any,
    width: Any,
    height: Any,
    first: Any,
    edge: Any,
) -> Any:
    """Return which pixel comes to a place, as a number from `first`, and whether there is one.

    `edge` is 1 where what lies outside repeats the border, 0 where it is zero.
    """
    column, row = _source(a, b, c, d, e, f, x, y, width, height)
    column, row = xp.floor(column + 0.5), xp.floor(row + 0.5)
    inside = (column >= 0.0) * (column < width) * ((row >= 0.0) * (row < height))
    index = first + _clipped(xp, row, height) * width + _clipped(xp, column, width)
    return index, xp.maximum(1.0 * inside, edge)


@kernel
def bilinear_sources(
    xp: Any,
    a: Any,
    b: Any,
    c: Any,
    d: Any,
    e: Any,
    f: Any,
    x: Any,
    y: Any,
    width: Any,
    height: Any,
    first: Any,
    edge: Any,
) -> Any:
    """Return the four pixels that lie around what comes to a place, and the share of each."""
    column, row = _source(a, b, c, d, e, f, x, y, width, height)
    column = edge * _clipped(xp, column, width) + (1.0 - edge) * column
    row = edge * _clipped(xp, row, height) + (1.0 - edge) * row
    left, top = xp.floor(column), xp.floor(row)
    across, down = column - left, row - top
    indices, shares = [], []
    for y, of_row in ((top, 1.0 - down), (top + 1.0, down)):
        for x, of_column in ((left, 1.0 - across), (left + 1.0, across)):
            inside = (x >= 0.0) * (x < width) * ((y >= 0.0) * (y < height))
            indices.append(first + _clipped(xp, y, height) * width + _clipped(xp, x, width))
            shares.append(of_row * of_column * inside)
    return (*indices, *shares)


@kernel
def mixed_pixels(
    xp: Any, p: Any, q: Any, r: Any, s: Any, of_p: Any, of_q: Any, of_r: Any, of_s: Any
) -> Any:
    """Return the sum of four pixels by their shares."""
    return p * of_p + q * of_q + (r * of_r + s * of_s)


# ---------------------------------------------------------------------- targets


@kernel
def in_units(xp: Any, target: Any, mean: Any, scale: Any) -> Any:
    """Return what targets are in the units of y."""
    return target * scale + mean


@kernel
def as_target(xp: Any, value: Any, mean: Any, scale: Any) -> Any:
    """Return what a y is as a target."""
    return (value - mean) / scale


@kernel
def moved_points(xp: Any, x: Any, y: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any) -> Any:
    """Move points by a map."""
    return a * x + b * y + e, c * x + d * y + f


@kernel
def both(xp: Any, first: Any, second: Any) -> Any:
    """Return, twice, whether two are there: half a point is none once it is turned."""
    return first * second, first * second


@kernel
def swapped_place(xp: Any, first: Any, point: Any, partner: Any, draw: Any, share: Any) -> Any:
    """Return which point comes to a place, as a number from `first`: its partner after a flip."""
    return first + point + (draw < share) * (partner - point)


@kernel
def negated(xp: Any, value: Any, draw: Any, share: Any, signed: Any) -> Any:
    """Negate the columns whose factor is one, where images were flipped."""
    return value * (1.0 - 2.0 * (draw < share) * signed)
