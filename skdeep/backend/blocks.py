"""Run a traced kernel on NumPy: in-place ufunc calls over blocks that stay in cache.

:func:`bind` fixes a graph to its arrays and returns a list of calls ``(function, arguments)``.
Nothing is allocated when they run: outputs are written in place, temporaries live in a scratch
of a few blocks that all kernels of a recording share.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from skdeep.backend.dtypes import DType, infer
from skdeep.backend.kernel import Graph, Ref
from skdeep.backend.ufuncs import Array, Call, ufunc

#: Bytes that the arrays of one block may take together: half of a small L2 cache.
BLOCK_BYTES = 512 * 1024
#: Elements below which cutting a cheap body into blocks costs more than it saves.
MIN_BLOCK = 16 * 1024

#: Where a value of a graph lives: ("out", which output) or ("tmp", which slot of its dtype).
Home = tuple[str, int]
Shape = tuple[int, ...]


class Scratch:
    """Temporaries shared by all kernels of one recording; they run one after the other."""

    def __init__(self) -> None:
        self._slots: dict[tuple[DType, int], Array] = {}
        self._constants: dict[tuple[str, Shape, DType], Array] = {}

    def take(self, slot: int, shape: Shape, dtype: DType) -> Array:
        """Return a contiguous array of `shape` in slot number `slot`."""
        size = math.prod(shape)
        held = self._slots.get((dtype, slot))
        if held is None or held.size < size:
            held = self._slots[dtype, slot] = np.empty(max(size, 64), dtype)
        return held[:size].reshape(shape)

    def constant(self, value: float, shape: Shape, dtype: DType) -> Array:
        """Return an array of `shape` filled with `value`."""
        key = (repr(value), shape, dtype)  # -0.0 equals 0.0, and NaN not even itself
        if key not in self._constants:
            self._constants[key] = np.full(shape, value, dtype)
        return self._constants[key]


def collapse(shape: Shape, arrays: Sequence[Array]) -> tuple[Shape, list[Array]]:
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
    shapes = [tuple(math.prod(v.shape[a] for a in g) for g in groups) for v in views]
    return merged, [as_view(v, s) for v, s in zip(views, shapes, strict=True)]


def as_view(array: Array, shape: Shape) -> Array:
    """Reshape without a copy, or raise: a copy would lose what is written, and go stale."""
    result = array.reshape(shape)
    if array.size and result.ctypes.data != array.ctypes.data:
        raise ValueError(
            f"an array {array.shape}, strides {array.strides}, cannot be seen as {shape}"
        )
    return result


def _mergeable(view: Array, axis: int, following: int) -> bool:
    length, inner = int(view.shape[axis]), int(view.shape[following])
    if 1 in (length, inner):
        return length == inner
    return int(view.strides[axis]) == int(view.strides[following]) * inner


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


def bind(graph: Graph, outs: Sequence[Array], ins: Sequence[Array], scratch: Scratch) -> list[Call]:
    """Return the calls that evaluate `graph` on these arrays.

    An output may be the same array as an input; any other overlap is the caller's error.
    """
    _check_shapes(graph, outs, ins)
    if not outs[0].size:
        return []
    shape, views = collapse(outs[0].shape, [*outs, *ins])
    return _Binder(graph, views[: len(outs)], views[len(outs) :], shape, scratch).calls()


def _check_shapes(graph: Graph, outs: Sequence[Array], ins: Sequence[Array]) -> None:
    """Refuse what NumPy would broadcast differently block by block, or not write at all."""
    if len(outs) != len(graph.outputs):
        raise ValueError(f"the body has {len(graph.outputs)} outputs, got {len(outs)} arrays")
    shape = outs[0].shape
    for out in outs[1:]:
        if out.shape != shape:
            raise ValueError(f"outputs must have one shape, got {shape} and {out.shape}")
    for k, array in enumerate(ins):
        pairs = zip(array.shape[::-1], shape[::-1], strict=False)
        if array.ndim > len(shape) or any(n not in (1, full) for n, full in pairs):
            raise ValueError(f"input {k} of shape {array.shape} does not broadcast to {shape}")


class _Binder:
    """The state of one :func:`bind`: where each value of the graph lives."""

    def __init__(
        self,
        graph: Graph,
        outs: list[Array],
        ins: list[Array],
        shape: Shape,
        scratch: Scratch,
    ) -> None:
        self.graph, self.outs, self.ins, self.shape, self.scratch = graph, outs, ins, shape, scratch
        self.last = graph.last_uses()
        self.final = {ref: j for j, ref in reversed(list(enumerate(graph.outputs)))}
        self.types = infer(graph, [a.dtype for a in ins], [a.dtype for a in outs])
        self.dtypes = self.types.results
        self.shapes: list[Shape] = []
        for node in graph.nodes:
            known = [self._shape(ref) for ref in node.args if ref[0] != "const"]
            self.shapes.append(np.broadcast_shapes((1,) * len(shape), *known))
        self.full = [shape_ == shape for shape_ in self.shapes]
        self.small: dict[Ref, Array] = {}

    def _shape(self, ref: Ref) -> Shape:
        return self.ins[ref[1]].shape if ref[0] == "in" else self.shapes[ref[1]]

    def calls(self) -> list[Call]:
        """Small values first, once; then the full ones block by block."""
        result = self._small_calls()
        places = self._places()
        temporaries = {home for home in places.values() if home[0] == "tmp"}
        n_arrays = len(self.outs) + len(self.ins) + len(temporaries)
        block = max(MIN_BLOCK, BLOCK_BYTES // (self.outs[0].itemsize * n_arrays))
        if math.prod(self.shape) <= 2 * block:
            block = math.prod(self.shape)
        for box in block_slices(self.shape, block):
            result += self._block_calls(box, places)
        return result

    def _small_calls(self) -> list[Call]:
        """Evaluate what is smaller than the outputs (rows, per-model scalars) just once."""
        result: list[Call] = []
        values: dict[Ref, Array] = {("in", i): array for i, array in enumerate(self.ins)}
        for k in range(len(self.graph.nodes)):
            if not self.full[k]:
                out = np.empty(self.shapes[k], self.dtypes[k])
                result.append(self._call(k, values, out, ()))
                values["node", k] = self.small["node", k] = out
        return result

    def _places(self) -> dict[int, Home]:
        """Give each full node a home: an output's own memory where that is safe, else scratch."""
        places: dict[int, Home] = {}
        free: dict[DType, list[int]] = {}
        count: dict[DType, int] = {}
        for k, node in enumerate(self.graph.nodes):
            if not self.full[k]:
                continue
            for ref in set(node.args):
                home = places.get(ref[1]) if ref[0] == "node" else None
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
        self.n_slots = count
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

    def _block_calls(self, box: tuple[slice, ...], places: dict[int, Home]) -> list[Call]:
        lengths = tuple(s.stop - s.start for s in box) + self.shape[len(box) :]
        outs = [_cut(out, box) for out in self.outs]
        values: dict[Ref, Array] = {("in", i): _cut(array, box) for i, array in enumerate(self.ins)}
        values.update({ref: _cut(array, box) for ref, array in self.small.items()})
        result: list[Call] = []
        for k, (kind, slot) in places.items():
            dest = outs[slot] if kind == "out" else self.scratch.take(slot, lengths, self.dtypes[k])
            result.append(self._call(k, values, dest, lengths))
            values["node", k] = dest
        return result + self._copies(outs, values, places)

    def _copies(
        self, outs: list[Array], values: dict[Ref, Array], places: dict[int, Home]
    ) -> list[Call]:
        """Copy into outputs whatever was not computed there."""
        saved: list[Call] = []
        result: list[Call] = []
        slots = dict(self.n_slots)
        for j, ref in enumerate(self.graph.outputs):
            if ref[0] == "node" and places.get(ref[1]) == ("out", j):
                continue
            source = outs[j].dtype.type(ref[1]) if ref[0] == "const" else values[ref]
            if ref[0] == "in":
                array = self.ins[ref[1]]
                if identity(array) == identity(self.outs[j]):
                    continue
                others = self.outs[:j] + self.outs[j + 1 :]
                if any(np.may_share_memory(array, other) for other in others):
                    # Another output is this input's memory: read it before that is written.
                    slots[array.dtype] = slots.get(array.dtype, -1) + 1
                    kept = self.scratch.take(slots[array.dtype], source.shape, array.dtype)
                    saved.append((np.copyto, (kept, source)))
                    source = kept
            result.append((np.copyto, (outs[j], source, "unsafe")))
        return saved + result

    def _call(self, k: int, values: dict[Ref, Array], dest: Array, lengths: Shape) -> Call:
        """Return the call of operation `k`.

        NumPy's maximum and minimum are three times slower with a scalar than with an array of
        the full length, so their constants are spread over a block.
        """
        node, computed = self.graph.nodes[k], self.types.computed[k]
        spread = lengths if node.op in ("maximum", "minimum") else ()
        arguments: list[Any] = [
            self.scratch.constant(ref[1], spread, computed) if ref[0] == "const" else values[ref]
            for ref in node.args
        ]
        casts = any(argument.dtype != computed for argument in arguments)
        return ufunc(node.op, computed if casts else None), (*arguments, dest)


def _cut(array: Array, box: tuple[slice, ...]) -> Array:
    """Slice the axes that are there; a broadcast axis stays whole."""
    return array[tuple(s if array.shape[k] > 1 else slice(None) for k, s in enumerate(box))]


def identity(array: Array) -> tuple[Any, ...]:
    """Return what two views of the very same elements have in common."""
    return array.ctypes.data, array.shape, array.strides, array.dtype
