"""What a kernel's launch comes to, apart from the memory: a plan serves all launches like it.

Working out a launch (blocks, temporaries, copies of operands) takes far longer than making the
views it computes on. So :mod:`skdeep.backend.blocks` works on descriptions of arrays and writes a
:class:`Plan`, which is kept, and binding a plan to arrays makes the views and the calls alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from skdeep.backend.dtypes import DType
from skdeep.backend.memory import Scratch, Shape, address
from skdeep.backend.ufuncs import Array, Call

#: Pairs of an output and an input whose stretches of memory intersect, and how far apart in bytes
#: they begin. Together with shapes and strides that says which elements they share.
Meetings = tuple[tuple[int, int, int], ...]


class View(NamedTuple):
    """An array of a plan: its number there, and what it looks like."""

    number: int
    shape: Shape
    strides: Shape
    dtype: DType

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def contiguous(self) -> bool:
        """Whether elements lie one after the other, the last axis fastest."""
        axes = zip(self.shape, self.strides, _strides(self.shape, self.dtype), strict=True)
        return all(found == wanted for length, found, wanted in axes if length > 1)


class Plan:
    """Calls on numbered arrays, and how each of these comes from operands and scratch."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        #: Constant texts and numbers stand here from the start, arrays are filled in by `bind`.
        self._blank: list[Any] = []
        self._operands: list[tuple[int, int, tuple[Shape, list[int]] | None, Shape | None]] = []
        self._cuts: list[tuple[int, int, tuple[slice, ...]]] = []
        self._temporaries: list[tuple[int, Hashable, Shape, DType]] = []
        self._small: list[tuple[int, Shape, DType]] = []
        self._constants: list[tuple[int, str, Shape, DType]] = []
        self._calls: list[tuple[Callable[..., Any], Callable[[list[Any]], tuple[Any, ...]]]] = []

    def __len__(self) -> int:
        return len(self._calls)

    # ------------------------------------------------------------------ writing a plan

    def operand(self, array: Array, order: list[int], seen: Array) -> View:
        """Take up the next operand: `seen` with its axes in `order` and merged."""
        padded = (1,) * (len(order) - array.ndim) + array.shape
        turned = tuple(padded[axis] for axis in order)
        in_order = order == sorted(order)
        shape = array.shape if in_order else turned
        number = self._new()
        self._operands.append(
            (
                number,
                len(self._operands),
                None if in_order else (padded, order),
                None if shape == seen.shape else seen.shape,
            )
        )
        return View(number, seen.shape, seen.strides, seen.dtype)

    def cut(self, view: View, box: tuple[slice, ...]) -> View:
        """Slice the axes that are there; a broadcast axis stays whole."""
        pairs = zip(box, view.shape, strict=False)
        box = tuple(s if n > 1 else slice(0, 1) for s, n in pairs)
        shape = tuple(s.stop - s.start for s in box) + view.shape[len(box) :]
        if shape == view.shape:
            return view
        number, new = self._numbered("cut", view.number, *((s.start, s.stop) for s in box))
        if new:
            self._cuts.append((number, view.number, box))
        return View(number, shape, view.strides, view.dtype)

    def temporary(self, slot: Hashable, shape: Shape, dtype: DType) -> View:
        """Return a contiguous array in that slot of the scratch."""
        number, new = self._numbered("temporary", slot, shape, dtype)
        if new:
            self._temporaries.append((number, slot, shape, dtype))
            # The largest of a slot comes first, since the others are seen in its memory.
            self._temporaries.sort(key=lambda entry: -math.prod(entry[2]))
        return _contiguous(number, shape, dtype)

    def small(self, shape: Shape, dtype: DType) -> View:
        """Return an array of this launch's own."""
        number = self._new()
        self._small.append((number, shape, dtype))
        return _contiguous(number, shape, dtype)

    def constant(self, value: float, shape: Shape, dtype: DType) -> View:
        """Return an array full of `value`."""
        number, new = self._numbered("constant", repr(value), shape, dtype)
        if new:
            self._constants.append((number, repr(value), shape, dtype))
        return _contiguous(number, shape, dtype)

    def call(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Append a call on views, or on whatever else stays the same."""
        numbers = [a.number if isinstance(a, View) else self._new(a) for a in arguments]
        self._calls.append((function, itemgetter(*numbers)))

    def _new(self, value: Any = None) -> int:
        self._blank.append(value)
        return len(self._blank) - 1

    def _numbered(self, *key: Hashable) -> tuple[int, bool]:
        """Return the number of what `key` describes, and whether it is new."""
        known = self._numbers.get(key)
        if known is not None:
            return known, False
        self._numbers[key] = self._new()
        return self._numbers[key], True

    # ------------------------------------------------------------------ using it

    def bind(self, arrays: Sequence[Array], scratch: Scratch) -> list[Call]:
        """Return the calls on these operands."""
        values = self._blank.copy()
        for number, k, turn, shape in self._operands:
            view = arrays[k]
            if turn is not None:
                view = view.reshape(turn[0]).transpose(turn[1])
            values[number] = view if shape is None else view.reshape(shape)
        for number, slot, shape_, dtype in self._temporaries:
            values[number] = scratch.take(slot, shape_, dtype)
        for number, shape_, dtype in self._small:
            values[number] = np.empty(shape_, dtype)
        for number, text, shape_, dtype in self._constants:
            values[number] = scratch.constant(text, shape_, dtype)
        for number, whole, box in self._cuts:
            values[number] = values[whole][box]
        return [(function, pick(values)) for function, pick in self._calls]


def _contiguous(number: int, shape: Shape, dtype: DType) -> View:
    return View(number, shape, _strides(shape, dtype), dtype)


def _strides(shape: Shape, dtype: DType) -> Shape:
    """Return the strides of a C-contiguous array."""
    return tuple(dtype.itemsize * math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def likeness(
    outs: Sequence[Array], ins: Sequence[Array], meetings: Meetings, *, exact: bool = True
) -> Hashable:
    """Return what launches of one kernel that can be served by one plan have in common.

    Strides of axes of length one, which nobody walks, are left out unless `exact`: that takes
    longer, and serves cuts of arrays of different sizes.
    """
    key: list[Hashable] = [len(outs), meetings]
    for array in (*outs, *ins):
        strides = array.strides
        if not exact:
            strides = tuple(s * (n > 1) for s, n in zip(strides, array.shape, strict=True))
        key += (array.shape, strides, array.dtype)
    return tuple(key)


def find_meetings(outs: Sequence[Array], ins: Sequence[Array]) -> Meetings:
    """Compare the stretches of memory of each output and each input."""
    found = []
    for j, out in enumerate(outs):
        for i, array in enumerate(ins):
            if array is out:
                found.append((j, i, 0))
            elif np.may_share_memory(array, out):
                found.append((j, i, address(array) - address(out)))
    return tuple(found)
