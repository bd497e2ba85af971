"""Pictures of one size: where each comes to lie, how it gets there, and where its points go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from skdeep.data.pictures import TRANSPARENT, Picture, pillow

#: What of red, green and blue makes grey, as in Pillow (ITU-R BT.601).
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class Placement:
    """Which part of a picture fills which part of the new one, (x, y) in pixels.

    Attributes
    ----------
    start, extent : tuple of float
        Upper left corner of the part that is taken, and its width and height.
    size : tuple of int
        Width and height of what it becomes.
    offset : tuple of int
        Where that begins in the new picture.
    """

    start: tuple[float, float]
    extent: tuple[float, float]
    size: tuple[int, int]
    offset: tuple[int, int]

    @classmethod
    def of(cls, old: tuple[int, int], new: tuple[int, int], aspect: str) -> Placement:
        """Return where a picture of one (height, width) lies in one of another."""
        (height, width), (h, w) = old, new
        if aspect == "stretch":
            return cls((0.0, 0.0), (width, height), (w, h), (0, 0))
        scales = w / width, h / height
        if aspect == "crop":
            scale = max(scales)
            extent = min(w / scale, width), min(h / scale, height)
            return cls(((width - extent[0]) / 2, (height - extent[1]) / 2), extent, (w, h), (0, 0))
        scale = min(scales)
        inner = (min(max(round(n * scale), 1), most) for n, most in ((width, w), (height, h)))
        size_x, size_y = inner
        return cls(
            (0.0, 0.0), (width, height), (size_x, size_y), ((w - size_x) // 2, (h - size_y) // 2)
        )

    def to_new(self, points: np.ndarray) -> np.ndarray:
        """Return points (k, 2) of the picture as those of the new one; pixels have centres."""
        inside = (points + 0.5 - self.start) * self._factors()
        return inside - 0.5 + np.asarray(self.offset)

    def to_old(self, points: np.ndarray) -> np.ndarray:
        """Return points (k, 2) of the new picture as those of the old one."""
        inside = (points + 0.5 - np.asarray(self.offset)) / self._factors()
        return inside - 0.5 + np.asarray(self.start)

    def _factors(self) -> np.ndarray:
        return np.asarray(self.size) / np.asarray(self.extent)

    def resized(self, pixels: np.ndarray, new: tuple[int, int], resample: str, fill: float) -> Any:
        """Return a picture (H, W, C) in the new size, float32; `fill` is around it."""
        if pixels.shape[:2] == new and self.extent == self.size:
            return pixels
        image, (width, height), (x, y) = pillow().Image, self.size, self.offset
        box = (*self.start, self.start[0] + self.extent[0], self.start[1] + self.extent[1])
        result = np.full((*new, pixels.shape[2]), fill, np.float32)
        for c in range(pixels.shape[2]):
            channel = image.fromarray(np.ascontiguousarray(pixels[:, :, c]))
            small = channel.resize(self.size, image.Resampling[resample.upper()], box=box)
            result[y : y + height, x : x + width, c] = small
        return result


def n_channels_of(pictures: list[Picture]) -> int:
    """Return the channels that show all pictures: 1 where all are grey, otherwise 3.

    What has more than four channels is kept as it is, and then all must have as many.
    """
    found = [picture.shape[2] for picture in pictures]
    most = max(found)
    if most <= 4:
        return 1 if most <= 2 else 3
    for picture, n in zip(pictures, found, strict=True):
        if n != most:
            raise ValueError(f"{picture.name} has {n} channels, but another picture has {most}")
    return most


def with_channels(picture: Picture, n: int, fill: float, rescale: bool) -> np.ndarray:
    """Return the pixels (H, W, n) of a picture, float32, before `fill` where it is transparent."""
    pixels, white = picture.pixels(rescale)
    have = pixels.shape[2]
    if n > 4 or have > 4:
        if have != n:
            raise ValueError(f"{picture.name} has {have} channels, but {n} are expected")
        return pixels
    alpha = None
    if have in TRANSPARENT:
        pixels, alpha = pixels[:, :, :-1], pixels[:, :, -1:]
    if n == 1 and pixels.shape[2] == 3:
        pixels = (pixels @ LUMA)[:, :, None]
    elif n > 1 and pixels.shape[2] == 1:
        pixels = np.repeat(pixels, 3, axis=2)
    if n == 4:
        alpha = np.full_like(pixels[:, :, :1], white) if alpha is None else alpha
        return np.concatenate([pixels, alpha], axis=2)
    if alpha is None:
        return pixels
    share = alpha / np.float32(white)
    return pixels * share + np.float32(fill) * (1 - share)
