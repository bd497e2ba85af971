"""Shifts, turns and scales of images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import numpy as np

from skdeep.augmentation._checks import amounts, check_choice, check_number, whole_numbers
from skdeep.kernels.warping import rotated_map, scaled_map, shifted_map
from skdeep.nn.image_changes import GeometricChange

#: What becomes of y, and what comes in from outside.
MOVED, FILLS = (None, "keep", "keypoints"), ("zeros", "edge")


@dataclass(frozen=True)
class Shift(GeometricChange):
    """Shift images by whole pixels.

    Parameters
    ----------
    pixels : int or tuple of int
        Most pixels, in both directions, for all axes or (vertical, horizontal); all as likely.
    y : {"keep", "keypoints"} or None, default=None
        What becomes of y: it stays, or it has columns x_0, y_0, x_1, y_1, ... of points in pixels,
        which move with the image. None: as other changes of the list say; a regressor wants it
        said by one.
    fill : {"zeros", "edge"}, default="zeros"
        What comes in from outside: zeros, or the pixels of the border again.

    Examples
    --------
    >>> from skdeep.augmentation import Shift
    >>> Shift((0, 3), y="keep").pixels
    (0, 3)
    """

    n_draws: ClassVar[int] = 2
    kernel = shifted_map
    whole = True

    pixels: int | Sequence[int]
    _: KW_ONLY
    y: str | None = None
    fill: str = "zeros"

    def __post_init__(self) -> None:
        pixels = whole_numbers(self, "pixels", self.pixels)
        if not 1 <= len(pixels) <= 2:
            raise ValueError(f"pixels of Shift must be one for each axis, got {self.pixels!r}")
        several = np.ndim(self.pixels) > 0
        object.__setattr__(self, "pixels", pixels if several else pixels[0])
        check_choice(self, MOVED, y=self.y)
        check_choice(self, FILLS, fill=self.fill)

    def check(self, n_axes: int) -> None:
        if isinstance(self.pixels, tuple) and len(self.pixels) != n_axes:
            raise ValueError(f"Shift has pixels={self.pixels} for the {n_axes} axes of the images")

    def numbers(self, n_axes: int) -> tuple[float, ...]:
        pixels = np.broadcast_to(self.pixels, n_axes).tolist()
        return float(pixels[-1]), float(pixels[0]) if n_axes > 1 else 0.0


@dataclass(frozen=True)
class Rotate(GeometricChange):
    """Turn images around their middle.

    Parameters
    ----------
    degrees : float
        Largest angle, in both directions; all as likely.
    y : {"keep", "keypoints"} or None, default=None
        What becomes of y, as with :class:`Shift`.
    fill : {"zeros", "edge"}, default="zeros"
        What comes in from outside: zeros, or the pixels of the border again.

    Examples
    --------
    >>> from skdeep.augmentation import Rotate
    >>> Rotate(10, fill="edge")
    Rotate(degrees=10.0, y=None, fill='edge')
    """

    n_draws: ClassVar[int] = 1
    kernel = rotated_map

    degrees: float
    _: KW_ONLY
    y: str | None = None
    fill: str = "zeros"

    def __post_init__(self) -> None:
        check_number(self, "in [0, 180]", lambda angle: 0 <= angle <= 180, degrees=self.degrees)
        check_choice(self, MOVED, y=self.y)
        check_choice(self, FILLS, fill=self.fill)

    def check(self, n_axes: int) -> None:
        if n_axes < 2:
            raise ValueError("Rotate is for images: signals have one axis")

    def numbers(self, n_axes: int) -> tuple[float, ...]:
        return (float(np.deg2rad(self.degrees)),)


@dataclass(frozen=True)
class Scale(GeometricChange):
    """Make images larger or smaller around their middle.

    Parameters
    ----------
    amount : float or pair of float
        Factors lie in ``[1 - amount, 1 + amount]``, or between those of a pair (low, high); all as
        likely.
    y : {"keep", "keypoints"} or None, default=None
        What becomes of y, as with :class:`Shift`.
    fill : {"zeros", "edge"}, default="zeros"
        What comes in from outside: zeros, or the pixels of the border again.

    Examples
    --------
    >>> from skdeep.augmentation import Scale
    >>> Scale((0.9, 1.2), y="keypoints")
    Scale(amount=(0.9, 1.2), y='keypoints', fill='zeros')
    """

    n_draws: ClassVar[int] = 1
    kernel = scaled_map

    amount: float | Sequence[float]
    _: KW_ONLY
    y: str | None = None
    fill: str = "zeros"

    def __post_init__(self) -> None:
        pair = amounts(self, "amount", self.amount)
        several = np.ndim(self.amount) > 0
        object.__setattr__(self, "amount", pair if several else float(self.amount))  # type: ignore[arg-type]
        check_choice(self, MOVED, y=self.y)
        check_choice(self, FILLS, fill=self.fill)

    def numbers(self, n_axes: int) -> tuple[float, ...]:
        return amounts(self, "amount", self.amount)
