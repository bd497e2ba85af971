"""Plans of kernel launches: axes, blocks and temporaries; one plan serves all launches like it.

Working out a launch (blocks, temporaries, copies of operands) takes far longer than making the
views it computes on. So :mod:`skdeep.backend.blocks` works on descriptions of arrays and writes a
:class:`Plan`, which is kept, and binding a plan to arrays makes the views and the calls alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from skdeep.backend.dtypes import DType
from skdeep.backend.memory import LEAST_RUN, MOST_RUN, Scratch, Shape, address
from skdeep.backend.ufuncs import Array, Call

#: Pairs of an output and an input whose ranges of memory intersect, and how far apart in bytes
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


@dataclass(frozen=True, slots=True)
class Plan:
    """Calls on numbered arrays, and how each of these comes from operands and scratch.

    Many are kept, so there are few objects in it that the garbage collector has to visit.
    """

    #: Constant texts and numbers; None where an array is filled in.
    blank: tuple[Any, ...]
    #: Its number, which operand it is, axes to add and their order, and how they are merged.
    operands: tuple[tuple[int, int, tuple[Shape, Shape] | None, Shape | None], ...]
    temporaries: tuple[tuple[int, Hashable, Shape, DType], ...]
    small: tuple[tuple[int, Shape, DType], ...]
    constants: tuple[tuple[int, str, Shape, DType], ...]
    #: Its number, that of the whole, and where it begins and ends along the first axes.
    cuts: tuple[tuple[int, int, tuple[tuple[int, int], ...]], ...]
    #: Its number, that of what has its rows, and what a row is as one element.
    rows: tuple[tuple[int, int, DType], ...]
    #: Its number, and that of an array of one number, which it is without axes.
    scalars: tuple[tuple[int, int], ...]
    functions: tuple[Callable[..., Any], ...]
    arguments: tuple[tuple[int, ...], ...]

    def __len__(self) -> int:
        return len(self.functions)

    def bind(self, arrays: Sequence[Array], scratch: Scratch) -> list[Call]:
        """Return the calls on these operands."""
        values = list(self.blank)
        for number, k, turn, merged in self.operands:
            view = arrays[k]
            if turn is not None:
                view = view.reshape(turn[0]).transpose(turn[1])
            values[number] = view if merged is None else view.reshape(merged)
        for number, slot, shape, dtype in self.temporaries:
            values[number] = scratch.take(slot, shape, dtype)
        for number, shape, dtype in self.small:
            values[number] = np.empty(shape, dtype)
        for number, text, shape, dtype in self.constants:
            values[number] = scratch.constant(text, shape, dtype)
        for number, whole, box in self.cuts:
            values[number] = values[whole][tuple([slice(*ends) for ends in box])]
        for number, whole, element in self.rows:
            values[number] = values[whole].view(element)[..., 0]
        for number, whole in self.scalars:
            values[number] = values[whole].reshape(())
        get = values.__getitem__
        pairs = zip(self.functions, self.arguments, strict=True)
        return [(function, tuple(map(get, numbers))) for function, numbers in pairs]


class Writer:
    """A plan that is being written."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._blank: list[Any] = []
        self._operands: list[tuple[int, int, tuple[Shape, Shape] | None, Shape | None]] = []
        self._temporaries: list[tuple[int, Hashable, Shape, DType]] = []
        self._small: list[tuple[int, Shape, DType]] = []
        self._constants: list[tuple[int, str, Shape, DType]] = []
        self._cuts: list[tuple[int, int, tuple[tuple[int, int], ...]]] = []
        self._rows: list[tuple[int, int, DType]] = []
        self._scalars: list[tuple[int, int]] = []
        self._functions: list[Callable[..., Any]] = []
        self._arguments: list[tuple[int, ...]] = []

    def finish(self) -> Plan:
        """Return what was written."""
        # The largest of a slot is taken first, since the others are seen in its memory.
        self._temporaries.sort(key=lambda entry: -math.prod(entry[2]))
        return Plan(
            tuple(self._blank),
            tuple(self._operands),
            tuple(self._temporaries),
            tuple(self._small),
            tuple(self._constants),
            tuple(self._cuts),
            tuple(self._rows),
            tuple(self._scalars),
            tuple(self._functions),
            tuple(self._arguments),
        )

    def operand(self, array: Array, order: list[int], seen: Array) -> View:
        """Take up the next operand: `seen` with its axes in `order` and merged."""
        padded = (1,) * (len(order) - array.ndim) + array.shape
        turn = None if order == sorted(order) else (padded, tuple(order))
        shape = array.shape if turn is None else tuple(padded[axis] for axis in order)
        merged = None if shape == seen.shape else seen.shape
        number = self._new()
        self._operands.append((number, len(self._operands), turn, merged))
        return View(number, seen.shape, seen.strides, seen.dtype)

    def cut(self, view: View, box: tuple[slice, ...]) -> View:
        """Slice the axes that are there; a broadcast axis stays whole."""
        pairs = zip(box, view.shape, strict=False)
        ends = tuple((s.start, s.stop) if n > 1 else (0, 1) for s, n in pairs)
        shape = tuple(stop - start for start, stop in ends) + view.shape[len(ends) :]
        if shape == view.shape:
            return view
        number, new = self._numbered("cut", view.number, ends)
        if new:
            self._cuts.append((number, view.number, ends))
        return View(number, shape, view.strides, view.dtype)

    def temporary(self, slot: Hashable, shape: Shape, dtype: DType) -> View:
        """Return a contiguous array in that slot of the scratch."""
        number, new = self._numbered("temporary", slot, shape, dtype)
        if new:
            self._temporaries.append((number, slot, shape, dtype))
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

    def scalar(self, view: View) -> View:
        """Return an array of one number without its axes: NumPy then needs no iterator."""
        number, new = self._numbered("scalar", view.number)
        if new:
            self._scalars.append((number, view.number))
        return View(number, (), (), view.dtype)

    def copy(self, out: View, source: Any) -> None:
        """Append a copy, of whole rows as :func:`skdeep.backend.memory.as_runs` copies them.

        The source may be one row for many, such as a bias.
        """
        if isinstance(source, View) and out.dtype == source.dtype:
            size = out.dtype.itemsize
            whole = len(out.shape) > 1 and out.shape[-1] == source.shape[-1]
            if whole and LEAST_RUN <= out.shape[-1] * size <= MOST_RUN:
                if out.strides[-1] == source.strides[-1] == size:
                    out, source = self._rows_of(out), self._rows_of(source)
        self.call(np.copyto, out, source, "unsafe")

    def _rows_of(self, view: View) -> View:
        element = np.dtype((np.void, view.shape[-1] * view.dtype.itemsize))
        number, new = self._numbered("rows", view.number)
        if new:
            self._rows.append((number, view.number, element))
        return View(number, view.shape[:-1], view.strides[:-1], element)

    def call(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Append a call on views, or on whatever else stays the same."""
        numbers = (a.number if isinstance(a, View) else self._new(a) for a in arguments)
        self._functions.append(function)
        self._arguments.append(tuple(numbers))

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
    """Compare the ranges of memory of each output and each input."""
    found = []
    for j, out in enumerate(outs):
        for i, array in enumerate(ins):
            if array is out:
                found.append((j, i, 0))
            elif np.may_share_memory(array, out):
                found.append((j, i, address(array) - address(out)))
    return tuple(found)
