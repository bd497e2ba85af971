"""Index arithmetic of convolutions: where each entry of a kernel meets the pixels of an image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from skdeep.backend.ufuncs import Call


def taps(
    patches: Any, images: Any, strides: tuple[int, int], dilation: tuple[int, int]
) -> Iterator[tuple[Any, Any]]:
    """Yield, for each entry of the kernel, its part of the patches and the pixels that it meets.

    Both are views (B, OH, OW, C): of patches (B, OH, OW, KH, KW, C) and images (B, H, W, C).
    """
    _, rows, columns, height, width, _ = patches.shape
    for k in range(height):
        top = k * dilation[0]
        vertical = slice(top, top + (rows - 1) * strides[0] + 1, strides[0])
        for j in range(width):
            left = j * dilation[1]
            horizontal = slice(left, left + (columns - 1) * strides[1] + 1, strides[1])
            yield patches[:, :, :, k, j], images[:, vertical, horizontal]


def tilings(
    patches: np.ndarray, images: np.ndarray, strides: tuple[int, int]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield cuts of patches none of which overlap, as long as the strides, and their pixels.

    Both are views (B, OH, OW, h, w, C) with h and w up to the strides.
    """
    batch, row, column, channel = images.strides
    steps = (batch, row * strides[0], column * strides[1], row, column, channel)
    for k in range(0, patches.shape[3], strides[0]):
        for j in range(0, patches.shape[4], strides[1]):
            part = patches[:, :, :, k : k + strides[0], j : j + strides[1]]
            yield part, as_strided(images[:, k:, j:], part.shape, steps)


def added(place: np.ndarray, tap: np.ndarray) -> list[Call]:
    """Return the calls that add `tap` to `place`, of so few axes that NumPy copies nothing.

    It copies an array of many axes, since it does not find out that no number lies in it twice.
    """
    if not _copied(place):
        return [(np.add, (place, tap, place))]
    shortest = min((n, k) for k, n in enumerate(place.shape) if n > 1)[1]
    pairs = zip(np.moveaxis(place, shortest, 0), np.moveaxis(tap, shortest, 0), strict=True)
    return [call for pair in pairs for call in added(*pair)]


def _copied(out: np.ndarray) -> bool:
    """Whether NumPy copies an array that it reads and writes in one call."""
    ends = [(n - 1) * step for n, step in zip(out.shape, out.strides, strict=True)]
    memory = np.empty(sum(ends) // out.itemsize + 1, out.dtype)
    alike = as_strided(memory, out.shape, out.strides)
    with np.nditer(
        [alike, alike],
        ["copy_if_overlap", "external_loop"],
        [["readonly", "overlap_assume_elementwise"], ["writeonly", "overlap_assume_elementwise"]],
    ) as both:
        return not all(np.may_share_memory(each, memory) for each in both.operands)
