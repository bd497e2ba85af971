"""Shapes of images and signals: what every layer of them agrees on.

An image has shape (H, W, C), a signal (T, C). Inside, a signal is an image of one row, so that
each layer is written once, for (M, B, H, W, C).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skdeep.backend.base import Array
from skdeep.nn.core.layer import Layer, is_count
from skdeep.nn.core.spec import Shape, ShapeError

#: One number for all axes, or one for each.
PerAxis = int | Sequence[int]


def image_shape(layer: Layer, in_shape: Shape) -> tuple[int, int, int]:
    """Return (H, W, C) of images, with H = 1 for signals (T, C); raise for any other shape."""
    if len(in_shape) not in (2, 3) or min(in_shape) < 1:
        raise ShapeError(f"{layer!r} expects images (H, W, C) or signals (T, C), got {in_shape}")
    height, width, channels = (1, *in_shape)[-3:]
    return height, width, channels


def per_axis(layer: Layer, value: PerAxis, in_shape: Shape) -> tuple[int, int]:
    """Return a value for the vertical and the horizontal axis; a signal's vertical one is 1."""
    n_axes = len(in_shape) - 1
    values: tuple[Any, ...] = tuple(value) if isinstance(value, Sequence) else (value,) * n_axes
    if len(values) != n_axes:
        raise ShapeError(f"{layer!r} has {values} for the {n_axes} axes of {in_shape}")
    vertical, horizontal = (1, *values)[-2:]
    return vertical, horizontal


def as_images(array: Array) -> Array:
    """See signals (M, B, T, C) as images (M, B, 1, T, C); images stay."""
    if len(array.shape) == 5:
        return array
    models, batch, *signal = array.shape
    return array.reshape(models, batch, 1, *signal)


def positive(layer: Layer, **numbers: PerAxis) -> None:
    """Refuse sizes that are no whole positive numbers."""
    for name, value in numbers.items():
        for number in value if isinstance(value, tuple | list) else (value,):
            if not is_count(number):
                raise ValueError(
                    f"{name} of {type(layer).__name__} must be positive integers, got {value!r}"
                )
