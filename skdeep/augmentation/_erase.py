"""Rectangles of images that are erased."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import numpy as np

from skdeep.augmentation._checks import check_number
from skdeep.backend.base import Array
from skdeep.kernels.pixel_changes import erased
from skdeep.nn.image_changes import Change, PixelChange, PixelParts


@dataclass(frozen=True)
class Erase(PixelChange):
    """Fill a rectangle of an image with one value, so that no part of it is relied on.

    Its middle is anywhere, and so parts of it may lie outside; its sides are as likely short as
    long.

    Parameters
    ----------
    size : float, default=0.4
        Longest sides, as a fraction of the image's.
    probability : float, default=0.5
        Fraction of the images in which one is erased.
    value : float, default=0.0
        What comes there.

    References
    ----------
    Zhong, Zheng, Kang, Li and Yang (2020). Random erasing data augmentation. AAAI.

    Examples
    --------
    >>> from skdeep.augmentation import Erase
    >>> Erase(0.25)
    Erase(size=0.25, probability=0.5, value=0.0)
    """

    n_draws: ClassVar[int] = 5

    size: float = 0.4
    _: KW_ONLY
    probability: float = 0.5
    value: float = 0.0

    def __post_init__(self) -> None:
        check_number(self, "in (0, 1]", lambda size: 0 < size <= 1, size=self.size)
        check_number(self, "in [0, 1]", lambda p: 0 <= p <= 1, probability=self.probability)
        check_number(self, "finite", lambda value: True, value=self.value)

    def bind(self, parts: PixelParts) -> tuple[Change, Change | None]:
        height, width, _ = parts.shape
        row, column, _ = np.indices(parts.shape).reshape(3, -1) + 0.5
        places = [parts.constant(axis[None, None]) for axis in (row, column)]
        share = parts.number(self.probability)
        whether, *rest = parts.draws
        inputs = (*places, *map(parts.number, (height, width)), whether, share, *rest)
        most = parts.number(self.size)
        value, zero = parts.number(self.value), parts.number(0.0)

        def change(x: Array, y: Array) -> None:
            parts.ops.launch(erased, y, value, x, *inputs, most)

        def slope(dy: Array, dx: Array) -> None:
            parts.ops.launch(erased, dx, zero, dy, *inputs, most)

        return change, slope
