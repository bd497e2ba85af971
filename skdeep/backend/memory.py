"""How a kernel's arrays are cut into blocks that stay in cache, and where temporaries live."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np

from skdeep.backend.dtypes import DType
from skdeep.backend.ufuncs import Array

Shape = tuple[int, ...]


#: Bytes of a stretch of memory that is copied as one element.
LEAST_RUN, MOST_RUN = 32, 1 << 14


class Scratch:
    """Temporaries shared by kernels that run one after the other."""

    def __init__(self) -> None:
        self._slots: dict[tuple[DType, Hashable], Array] = {}
        #: What was given of each slot's present memory.
        self._views: dict[tuple[DType, Hashable, Shape], Array] = {}
        self._constants: dict[tuple[str, Shape, DType], Array] = {}

    def take(self, slot: Hashable, shape: Shape, dtype: DType) -> Array:
        """Return a contiguous array of `shape` in the slot of that name."""
        view = self._views.get((dtype, slot, shape))
        if view is None:
            size = math.prod(shape)
            held = self._slots.get((dtype, slot))
            if held is None or held.size < size:
                if held is not None:
                    mine = (dtype, slot)
                    self._views = {k: v for k, v in self._views.items() if k[:2] != mine}
                held = self._slots[dtype, slot] = np.empty(max(size, 64), dtype)
            view = self._views[dtype, slot, shape] = held[:size].reshape(shape)
        return view

    def constant(self, text: str, shape: Shape, dtype: DType) -> Array:
        """Return an array of `shape` filled with the number that `text` is.

        By text, since -0.0 equals 0.0, and NaN not even itself.
        """
        key = (text, shape, dtype)
        if key not in self._constants:
            self._constants[key] = np.full(shape, float(text), dtype)
        return self._constants[key]


class Temporaries:
    """The scratch of recordings of which no two run at once: their own, and each task's."""

    def __init__(self) -> None:
        self.own = Scratch()
        self._tasks: dict[int, Scratch] = {}

    def of_task(self, number: int) -> Scratch:
        """Return the scratch of a task that runs beside others."""
        return self._tasks.setdefault(number, Scratch())


def axis_order(leader: Array) -> list[int]:
    """Return the axes of the leader as they lie in its memory."""
    strides = leader.strides
    return sorted(range(leader.ndim), key=lambda axis: -abs(strides[axis]))


def in_order(order: list[int], array: Array) -> Array:
    """Pad an array to as many axes and put them in this order."""
    return array.reshape((1,) * (len(order) - array.ndim) + array.shape).transpose(order)


def collapse(shape: Shape, arrays: Sequence[Array]) -> tuple[Shape, list[Array]]:
    """Merge neighbouring axes that every array walks as one, and drop axes of length one.

    Arrays have as many axes as `shape` and keep those of length one where they broadcast; a fully
    contiguous set becomes 1-D.
    """
    groups: list[list[int]] = []
    for axis in range(len(shape)):
        if shape[axis] == 1:
            continue
        if groups and all(_mergeable(a, groups[-1][-1], axis) for a in arrays):
            groups[-1].append(axis)
        else:
            groups.append([axis])
    groups = groups or [[]]
    merged = tuple(math.prod(shape[a] for a in group) for group in groups)
    shapes = [tuple(math.prod(v.shape[a] for a in g) for g in groups) for v in arrays]
    return merged, [as_view(v, s) for v, s in zip(arrays, shapes, strict=True)]


def as_view(array: Array, shape: Shape) -> Array:
    """Reshape without a copy, or raise: a copy would lose what is written, and go stale."""
    result = array.reshape(shape)
    if array.size and not np.may_share_memory(result, array):
        raise ValueError(
            f"an array {array.shape}, strides {array.strides}, cannot be seen as {shape}"
        )
    return result


def _mergeable(view: Array, axis: int, following: int) -> bool:
    length, inner = int(view.shape[axis]), int(view.shape[following])
    if 1 in (length, inner):
        return length == inner
    return int(view.strides[axis]) == int(view.strides[following]) * inner


def as_runs(out: Array, source: Array) -> tuple[Array, Array]:
    """See both with stretches that lie alike in one piece as one element each, for a copy.

    NumPy steps from element to element of 64 bytes faster than from row to row of 16 floats.
    """
    if out.dtype != source.dtype or out.shape != source.shape or not out.size:
        return out, source
    axes = sorted(range(out.ndim), key=lambda axis: -out.strides[axis])
    axes = [axis for axis in axes if out.shape[axis] > 1]
    run, length = out.dtype.itemsize, 1
    while axes and out.strides[axes[-1]] == source.strides[axes[-1]] == run * length:
        length *= out.shape[axes.pop()]
    if not LEAST_RUN <= run * length <= MOST_RUN:
        return out, source
    shape = (*(out.shape[axis] for axis in axes), length)
    rest = [axis for axis in range(out.ndim) if axis not in axes]
    rest.sort(key=lambda axis: -out.strides[axis])
    element = np.dtype((np.void, run * length))
    first, second = (
        as_view(array.transpose([*axes, *rest]), shape).view(element)[..., 0]
        for array in (out, source)
    )
    return first, second


def block_slices(shape: Shape, block: int) -> Iterator[tuple[slice, ...]]:
    """Cut `shape` into boxes of at most about `block` elements, in memory order."""
    axis, inner = len(shape) - 1, 1
    while axis > 0 and inner * shape[axis] <= block:
        inner *= shape[axis]
        axis -= 1
    step = max(1, min(shape[axis], block // inner))
    for outer in np.ndindex(shape[:axis]):
        head = tuple(slice(k, k + 1) for k in outer)
        for start in range(0, shape[axis], step):
            yield (*head, slice(start, min(start + step, shape[axis])))


def overlap(a: Array, b: Array) -> bool:
    """Say whether two views may share an element; neighbours that interleave do not."""
    if not np.may_share_memory(a, b):
        return False
    try:
        return bool(np.shares_memory(a, b, max_work=1000))  # type: ignore[arg-type]
    except np.exceptions.TooHardError:
        return True


def address(array: Array) -> int:
    """Return where the first element lies."""
    return int(array.__array_interface__["data"][0])


def identity(array: Array) -> tuple[Any, ...]:
    """Return what two views of the very same elements have in common."""
    return address(array), array.shape, array.strides, array.dtype
