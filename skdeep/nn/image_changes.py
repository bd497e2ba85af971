"""Random changes of images: what a layer of augmentation asks of each kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.backend.kernel import Kernel
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import unit_words
from skdeep.nn.core.spec import Noise, Shape

#: Computes the second array from the first, which may be the same one.
Change = Callable[[Array, Array], None]


class ImageChange(ABC):
    """A random change of the images of training."""

    #: How many numbers in [0, 1) it draws for an image.
    n_draws: ClassVar[int]
    #: Whether sequences of different lengths can be changed so, whatever their padding.
    any_length: ClassVar[bool] = False

    def check(self, n_axes: int) -> None:  # noqa: B027
        """Raise ValueError if images of so many axes, 1 for signals, cannot be changed so."""


class GeometricChange(ImageChange):
    """An affine map of the places of pixels; the maps of neighbours in a list become one."""

    any_length = True
    #: ``kernel(map, draws, numbers)`` gives the map that is this one behind another.
    kernel: ClassVar[Kernel]
    #: Whether pixels come to whole places, so that each is that of another place.
    whole: ClassVar[bool] = False
    #: What becomes of y: "keep", "keypoints" or "negate"; None: nothing is said.
    y: str | None = None
    #: What comes in from outside: "zeros" or "edge"; None: nothing does.
    fill: str | None = None
    #: Probability that something happens.
    probability: float = 1.0
    #: Which point each becomes in the other half of the images.
    swap: tuple[int, ...] | None = None
    #: Which columns of y change their sign; None: all.
    columns: tuple[int, ...] | None = None

    @abstractmethod
    def numbers(self, n_axes: int) -> tuple[float, ...]:
        """Return what the kernel reads besides a map and draws."""


class PixelChange(ImageChange):
    """A change of the values of pixels, linear but for what is added."""

    @abstractmethod
    def bind(self, parts: PixelParts) -> tuple[Change, Change | None]:
        """Return what changes images (M, B, pixels), and what slopes; None: those stay."""


@dataclass(frozen=True)
class PixelParts:
    """What a change of pixels is bound to.

    Attributes
    ----------
    ops : Backend
        What computes.
    binder : Binder
        Where buffers and constants come from.
    noise : Noise
        The keys of the images and the step's seed.
    shape : tuple of int
        (H, W, C), with H = 1 for signals.
    draws : list of array of shape (M, B, 1)
        In [0, 1).
    """

    ops: Backend
    binder: Binder
    noise: Noise
    shape: tuple[int, int, int]
    draws: list[Array]

    def number(self, value: float) -> Array:
        """Return a number as an array that broadcasts."""
        return self.constant(np.full((1, 1, 1), value))

    def constant(self, values: np.ndarray) -> Array:
        """Return numbers on the device, in the dtype of images."""
        return self.binder.constant(values.astype(self.binder.dtype))

    def rows(self, name: str, shape: Shape) -> Array:
        """Return a buffer (M, B, *shape)."""
        return self.binder.rows(f"{self.binder.scope}:{name}", shape)

    def words(self, n: int) -> list[Array]:
        """Return n constants for each number of an image, by which it has draws of its own."""
        size = int(np.prod(self.shape))
        words = unit_words(f"{self.binder.scope}:pixels", (n, size))[0, 0]
        return [self.binder.constant(word[None, None]) for word in words]
