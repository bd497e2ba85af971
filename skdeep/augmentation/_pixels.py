"""Brightness, contrast and noise of images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from skdeep.augmentation._checks import amounts, check_number
from skdeep.backend.base import Array
from skdeep.kernels.normal_noise import normal_noise, scaled_sum
from skdeep.kernels.pixel_changes import brightened, contrasted
from skdeep.nn.image_changes import Change, PixelChange, PixelParts


@dataclass(frozen=True)
class Brightness(PixelChange):
    """Add a number to all pixels of an image.

    Parameters
    ----------
    amount : float
        Its largest size, in the units of X; all as likely, above and below zero.

    Examples
    --------
    >>> from skdeep.augmentation import Brightness
    >>> Brightness(0.2)
    Brightness(amount=0.2)
    """

    n_draws: ClassVar[int] = 1
    amount: float

    def __post_init__(self) -> None:
        check_number(self, "finite and >= 0", lambda size: size >= 0, amount=self.amount)

    def bind(self, parts: PixelParts) -> tuple[Change, Change | None]:
        most = parts.number(self.amount)

        def change(x: Array, y: Array) -> None:
            parts.ops.launch(brightened, y, x, parts.draws[0], most)

        return change, None


@dataclass(frozen=True)
class Contrast(PixelChange):
    """Multiply how far pixels lie from the mean of their image.

    Parameters
    ----------
    amount : float or pair of float
        Factors lie in ``[1 - amount, 1 + amount]``, or between those of a pair (low, high); all as
        likely.

    Examples
    --------
    >>> from skdeep.augmentation import Contrast
    >>> Contrast((0.5, 1.5))
    Contrast(amount=(0.5, 1.5))
    """

    n_draws: ClassVar[int] = 1
    amount: float | Sequence[float]

    def __post_init__(self) -> None:
        pair = amounts(self, "amount", self.amount)
        several = np.ndim(self.amount) > 0
        object.__setattr__(self, "amount", pair if several else float(self.amount))  # type: ignore[arg-type]

    def bind(self, parts: PixelParts) -> tuple[Change, Change | None]:
        low, high = map(parts.number, amounts(self, "amount", self.amount))
        share = parts.number(1 / np.prod(parts.shape))
        total = parts.rows("total", (1,))

        def change(x: Array, y: Array) -> None:
            parts.ops.reduce(x, total, axis=2)
            parts.ops.launch(contrasted, y, x, total, share, parts.draws[0], low, high)

        return change, change  # which is its own transpose


@dataclass(frozen=True)
class Noise(PixelChange):
    """Add normal noise to each pixel.

    Parameters
    ----------
    scale : float
        Its standard deviation, in the units of X.

    Examples
    --------
    >>> from skdeep.augmentation import Noise
    >>> Noise(0.05)
    Noise(scale=0.05)
    """

    n_draws: ClassVar[int] = 0
    scale: float

    def __post_init__(self) -> None:
        check_number(self, "finite and >= 0", lambda size: size >= 0, scale=self.scale)

    def bind(self, parts: PixelParts) -> tuple[Change, Change | None]:
        first, second = parts.words(2)
        noise, scale = parts.rows("noise", (int(np.prod(parts.shape)),)), parts.number(self.scale)
        keys, seed = parts.noise.keys, parts.noise.seed

        def change(x: Array, y: Array) -> None:
            parts.ops.launch(normal_noise, noise, keys, seed, first, second)
            parts.ops.launch(scaled_sum, y, x, noise, scale)

        return change, None
