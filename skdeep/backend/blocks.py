"""Run a traced kernel on NumPy: in-place ufunc calls over blocks that stay in cache.

:func:`bind` fixes a graph to its arrays and returns a list of calls ``(function, arguments)``.
Nothing is allocated when they run: outputs are written in place, temporaries live in a scratch
of a few blocks that all kernels of a recording share.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from skdeep.backend.kernel import COMPARISONS, Graph, Ref

Call = tuple[Callable[..., Any], tuple[Any, ...]]
Array = np.ndarray

#: Bytes that the arrays of one block may take together: half of a small L2 cache.
BLOCK_BYTES = 512 * 1024
#: Elements below which cutting a cheap body into blocks costs more than it saves.
MIN_BLOCK = 16 * 1024


def _maximum(a: Array, b: Array, out: Array) -> None:
    np.maximum(a, b, out=out)


def _minimum(a: Array, b: Array, out: Array) -> None:
    np.minimum(a, b, out=out)


def _where(condition: Array, yes: Array, no: Array, out: Array) -> None:
    np.copyto(out, np.where(condition, yes, no))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "maximum": _maximum,
    "minimum": _minimum,
    "where": _where,
}


class Scratch:
    """Temporaries shared by all kernels of one recording; they run one after the other."""

    def __init__(self) -> None:
        self._slots: dict[tuple[np.dtype, int], Array] = {}
        self._constants: dict[tuple[float, tuple[int, ...], np.dtype], Array] = {}

    def take(self, slot: int, shape: tuple[int, ...], dtype: np.dtype) -> Array:
        """Return a contiguous array of `shape` in slot number `slot`."""
        size = math.prod(shape)
        held = self._slots.get((dtype, slot))
        if held is None or held.size < size:
            held = self._slots[dtype, slot] = np.empty(max(size, 64), dtype)
        return held[:size].reshape(shape)

    def constant(self, value: float, shape: tuple[int, ...], dtype: np.dtype) -> Array:
        """Return an array of `shape` filled with `value`."""
        key = (value, shape, dtype)
        if key not in self._constants:
            self._constants[key] = np.full(shape, value, dtype)
        return self._constants[key]


def collapse(shape: tuple[int, ...], arrays: Sequence[Array]) -> tuple[tuple[int, ...], list[Array]]:
    """Merge neighbouring axes that every array walks as one, and drop axes of length one.

    Arrays keep axes of length one where they broadcast; a fully contiguous set becomes 1-D.
    """
    ndim = len(shape)
    views = [a.reshape((1,) * (ndim - a.ndim) + a.shape) for a in arrays]
    groups: list[list[int]] = []
    for axis in range(ndim):
        if shape[axis] == 1:
            continue
        if groups and all(_mergeable(v, groups[-1][-1], axis) for v in views):
            groups[-1].append(axis)
        else:
            groups.append([axis])
    groups = groups or [[]]
    merged = tuple(math.prod(shape[a] for a in group) for group in groups)
    return merged, [v.reshape([math.prod(v.shape[a] for a in g) for g in groups]) for v in views]


def _mergeable(view: Array, axis: int, following: int) -> bool:
    if view.shape[axis] == 1 or view.shape[following] == 1:
        return view.shape[axis] == view.shape[following] == 1
    return view.strides[axis] == view.strides[following] * view.shape[following]


def block_slices(shape: tuple[int, ...], block: int) -> Iterator[tuple[slice, ...]]:
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


def bind(graph: Graph, outs: Sequence[Array], ins: Sequence[Array], scratch: Scratch) -> list[Call]:
    """Return the calls that evaluate `graph` on these arrays.

    An output may be the same array as an input; any other overlap is the caller's error.
    """
    if not outs[0].size:
        return []
    shape, views = collapse(outs[0].shape, [*outs, *ins])
    binder = _Binder(graph, views[: len(outs)], views[len(outs) :], shape, scratch)
    return binder.calls()


class _Binder:
    """The state of one :func:`bind`: where each value of the graph lives."""

    def __init__(
        self,
        graph: Graph,
        outs: list[Array],
        ins: list[Array],
        shape: tuple[int, ...],
        scratch: Scratch,
    ) -> None:
        self.graph, self.outs, self.ins, self.shape, self.scratch = graph, outs, ins, shape, scratch
        self.last = graph.last_uses()
        self.final = {ref: j for j, ref in reversed(list(enumerate(graph.outputs)))}
        self.shapes: list[tuple[int, ...]] = []
        self.dtypes: list[np.dtype] = []
        for node in graph.nodes:
            arrays = [ref for ref in node.args if ref[0] != "const"]
            self.shapes.append(np.broadcast_shapes(*(self._shape(ref) for ref in arrays)))
            self.dtypes.append(self._dtype(node.op, arrays))
        self.full = [shape_ == shape for shape_ in self.shapes]
        self.small: dict[Ref, Array] = {}

    def _shape(self, ref: Ref) -> tuple[int, ...]:
        return self.ins[ref[1]].shape if ref[0] == "in" else self.shapes[ref[1]]

    def _dtype(self, op: str, refs: list[Ref]) -> np.dtype:
        if op in COMPARISONS:
            return np.dtype(bool)
        dtypes = [self.ins[r[1]].dtype if r[0] == "in" else self.dtypes[r[1]] for r in refs]
        if op == "where":
            dtypes = dtypes[1:] or [self.outs[0].dtype]
        found = np.result_type(*dtypes)
        logical = op == "multiply" and len(refs) == 2  # of two comparisons
        return self.outs[0].dtype if found.kind in "biu" and not logical else found

    def calls(self) -> list[Call]:
        """Small values first, once; then the full ones block by block."""
        result = self._small_calls()
        plan = self._places()
        n_arrays = len(self.outs) + len(self.ins) + len({p for p in plan.values() if p[0] == "tmp"})
        block = max(MIN_BLOCK, BLOCK_BYTES // (self.outs[0].itemsize * n_arrays))
        if math.prod(self.shape) <= 2 * block:
            block = math.prod(self.shape)
        for box in block_slices(self.shape, block):
            result += self._block_calls(box, plan)
        return result

    def _small_calls(self) -> list[Call]:
        """Evaluate what is smaller than the outputs (rows, per-model scalars) outside the blocks."""
        result: list[Call] = []
        for k, node in enumerate(self.graph.nodes):
            if not self.full[k]:
                out = self.small["node", k] = np.empty(self.shapes[k], self.dtypes[k])
                args = tuple(self._operand(ref, (), out) for ref in node.args)
                result.append((_function(node.op), (*args, out)))
        return result

    def _places(self) -> dict[int, tuple[str, int]]:
        """Give each full node a home: an output's own memory where that is safe, else scratch."""
        places: dict[int, tuple[str, int]] = {}
        free: dict[np.dtype, list[int]] = {}
        count: dict[np.dtype, int] = {}
        for k, node in enumerate(self.graph.nodes):
            if not self.full[k]:
                continue
            for ref in set(node.args):
                home = places.get(ref[1]) if ref[0] == "node" and self.full[ref[1]] else None
                if home and home[0] == "tmp" and self.last[ref] == k and ref not in self.final:
                    free.setdefault(self.dtypes[ref[1]], []).append(home[1])
            j = self.final.get(("node", k))
            if j is not None and self._may_write(j, k):
                places[k] = ("out", j)
                continue
            dtype = self.dtypes[k]
            slots = free.setdefault(dtype, [])
            if not slots:
                count[dtype] = count.get(dtype, -1) + 1
                slots.append(count[dtype])
            places[k] = ("tmp", slots.pop())
        return places

    def _may_write(self, j: int, k: int) -> bool:
        """Say whether operation `k` may write output `j`: nobody reads its memory afterwards."""
        out = self.outs[j]
        if self.dtypes[k] != out.dtype:
            return False
        for i, array in enumerate(self.ins):
            if np.may_share_memory(array, out):
                later_output = ("in", i) in self.graph.outputs
                if later_output or self.last.get(("in", i), -1) > k:
                    return False
        return True

    def _block_calls(self, box: tuple[slice, ...], places: dict[int, tuple[str, int]]) -> list[Call]:
        lengths = tuple(s.stop - s.start for s in box) + self.shape[len(box) :]
        values: dict[Ref, Array] = {}
        outs = [_cut(out, box) for out in self.outs]
        for i, array in enumerate(self.ins):
            values["in", i] = _cut(array, box)
        for ref, array in self.small.items():
            values[ref] = _cut(array, box)
        result: list[Call] = []
        for k, node in enumerate(self.graph.nodes):
            if not self.full[k]:
                continue
            kind, slot = places[k]
            dest = outs[slot] if kind == "out" else self.scratch.take(slot, lengths, self.dtypes[k])
            args = tuple(self._operand(ref, lengths, dest, node.op, values) for ref in node.args)
            result.append((_function(node.op), (*args, dest)))
            values["node", k] = dest
        return result + self._copies(outs, values, places)

    def _copies(
        self, outs: list[Array], values: dict[Ref, Array], places: dict[int, tuple[str, int]]
    ) -> list[Call]:
        """Copy into outputs whatever was not computed there."""
        result: list[Call] = []
        for j, ref in enumerate(self.graph.outputs):
            if ref[0] == "node" and places.get(ref[1]) == ("out", j):
                continue
            source = values[ref] if ref[0] != "const" else outs[j].dtype.type(ref[1])
            if source is not outs[j]:
                result.append((np.copyto, (outs[j], source, "unsafe")))
        return result

    def _operand(
        self,
        ref: Ref,
        lengths: tuple[int, ...],
        dest: Array,
        op: str = "",
        values: dict[Ref, Array] | None = None,
    ) -> Array:
        """Return the array behind a reference.

        NumPy's maximum and minimum are three times slower with a scalar than with an array of
        the full length, so their constants are spread over a block.
        """
        if ref[0] == "const":
            dtype = dest.dtype if dest.dtype.kind == "f" else self._float_dtype()
            spread = lengths if op in ("maximum", "minimum") else ()
            return self.scratch.constant(ref[1], spread, dtype)
        if values is not None:
            return values[ref]
        return self.ins[ref[1]] if ref[0] == "in" else self.small[ref]

    def _float_dtype(self) -> np.dtype:
        floats = [a.dtype for a in (*self.ins, *self.outs) if a.dtype.kind == "f"]
        return np.result_type(*floats) if floats else np.dtype(np.float64)


def _function(op: str) -> Callable[..., Any]:
    return FUNCTIONS.get(op) or getattr(np, op)


def _cut(array: Array, box: tuple[slice, ...]) -> Array:
    """Slice the axes that are there; a broadcast axis stays whole."""
    return array[
        tuple(s if array.shape[k] > 1 else slice(None) for k, s in enumerate(box))
    ]
