"""Run a traced kernel on NumPy: in-place ufunc calls over blocks that stay in cache.

:func:`bind` fixes a graph to its arrays and returns a list of calls ``(function, arguments)``.
Nothing is allocated when they run: outputs are written in place, temporaries live in a scratch
of a few blocks that all kernels of a recording share. Operands that NumPy would read through
buffers of its own (other dtypes, short broadcast rows, strided cuts) are copied there first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from skdeep.backend.dtypes import DType, infer
from skdeep.backend.kernel import Graph, Ref
from skdeep.backend.memory import (
    Scratch,
    Shape,
    block_slices,
    collapse,
    cut,
    identity,
    memory_order,
    overlap,
    walks_as_one,
)
from skdeep.backend.ufuncs import Array, Call, ufunc

#: Bytes that the arrays of one block may take together: half of a small L2 cache.
BLOCK_BYTES = 512 * 1024
#: Elements below which cutting a cheap body into blocks costs more than it saves.
MIN_BLOCK = 16 * 1024

#: Where a value of a graph lives: ("out", which output) or ("tmp", which slot of its dtype).
Home = tuple[str, int]


def bind(graph: Graph, outs: Sequence[Array], ins: Sequence[Array], scratch: Scratch) -> list[Call]:
    """Return the calls that evaluate `graph` on these arrays.

    An output may be the same array as an input; any other overlap is the caller's error.
    """
    _check_shapes(graph, outs, ins)
    if not outs[0].size:
        return []
    shape, views = memory_order(outs[0].shape, outs[0], [*outs, *ins])
    shape, views = collapse(shape, views)
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
        self, graph: Graph, outs: list[Array], ins: list[Array], shape: Shape, scratch: Scratch
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
        #: Copies of operands: what was copied, and the copy in its slot.
        self.copies: dict[tuple[Ref, DType], tuple[Any, Array]] = {}

    def _shape(self, ref: Ref) -> Shape:
        return self.ins[ref[1]].shape if ref[0] == "in" else self.shapes[ref[1]]

    def calls(self) -> list[Call]:
        """Small values first, once; then the full ones block by block."""
        result = self._small_calls()
        boxes = list(block_slices(self.shape, self._block()))
        self.lengths = self._lengths(boxes[0])
        places = self._places()
        self.copies = {}
        for box in boxes:
            result += self._block_calls(box, places)
        return result

    def _block(self) -> int:
        """Return the elements of a block; a body needs about one temporary for each array."""
        size = math.prod(self.shape)
        n_arrays = 2 * len(self.outs) + len(self.ins)
        block = max(MIN_BLOCK, BLOCK_BYTES // (self.outs[0].itemsize * n_arrays))
        return size if size <= 2 * block else block

    def _lengths(self, box: tuple[slice, ...]) -> Shape:
        return tuple(s.stop - s.start for s in box) + self.shape[len(box) :]

    def _small_calls(self) -> list[Call]:
        """Evaluate what is smaller than the outputs (rows, per-model scalars) just once."""
        result: list[Call] = []
        values: dict[Ref, Array] = {("in", i): array for i, array in enumerate(self.ins)}
        for k in range(len(self.graph.nodes)):
            if not self.full[k]:
                out = np.empty(self.shapes[k], self.dtypes[k])
                self.copies = {}
                result += self._calls_of(k, values, out, self.shapes[k])
                values["node", k] = self.small["node", k] = out
        return result

    def _places(self) -> dict[int, Home]:
        """Give each full node a home: an output's own memory where that is safe, else scratch."""
        places: dict[int, Home] = {}
        free: dict[DType, list[int]] = {}
        count: dict[DType, int] = {}
        lent: dict[int, int] = {}
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
            j = self._lender(k, lent)
            if j is not None:
                places[k], lent[j] = ("out", j), self.last[("node", k)]
                continue
            dtype = self.dtypes[k]
            slots = free.setdefault(dtype, [])
            if not slots:
                count[dtype] = count.get(dtype, -1) + 1
                slots.append(count[dtype])
            places[k] = ("tmp", slots.pop())
        return places

    def _lender(self, k: int, lent: dict[int, int]) -> int | None:
        """Return an output that may hold the intermediate `k` until its own value is computed.

        That keeps a temporary out of the cache: Adam's moments are scaled where they lie.
        """
        end = self.last.get(("node", k))
        if end is None or ("node", k) in self.final:
            return None
        for ref, j in self.final.items():
            due = ref[1] if ref[0] == "node" and self.full[ref[1]] else -1
            if end <= due and lent.get(j, -1) < k and self._may_write(j, k):
                return j
        return None

    def _may_write(self, j: int, k: int) -> bool:
        """Say whether operation `k` may write output `j`: nobody reads its memory afterwards."""
        out = self.outs[j]
        box = cut(out, tuple(slice(0, n) for n in self.lengths))
        if self.dtypes[k] != out.dtype or not walks_as_one(box, self.lengths):
            return False
        for i, array in enumerate(self.ins):
            if overlap(array, out):
                later_output = ("in", i) in self.graph.outputs
                if later_output or self.last.get(("in", i), -1) > k:
                    return False
        return True

    def _block_calls(self, box: tuple[slice, ...], places: dict[int, Home]) -> list[Call]:
        lengths = self._lengths(box)
        outs = [cut(out, box) for out in self.outs]
        values: dict[Ref, Array] = {("in", i): cut(array, box) for i, array in enumerate(self.ins)}
        values.update({ref: cut(array, box) for ref, array in self.small.items()})
        # What does not change from block to block is copied once.
        self.copies = {k: v for k, v in self.copies.items() if self._shape(k[0]) != self.shape}
        result: list[Call] = []
        for k, (kind, slot) in places.items():
            dest = outs[slot] if kind == "out" else self.scratch.take(slot, lengths, self.dtypes[k])
            result += self._calls_of(k, values, dest, lengths)
            values["node", k] = dest
        return result + self._output_copies(outs, values, places)

    def _output_copies(
        self, outs: list[Array], values: dict[Ref, Array], places: dict[int, Home]
    ) -> list[Call]:
        """Copy into outputs whatever was not computed there."""
        saved: list[Call] = []
        result: list[Call] = []
        for j, ref in enumerate(self.graph.outputs):
            if ref[0] == "node" and places.get(ref[1]) == ("out", j):
                continue
            source = outs[j].dtype.type(ref[1]) if ref[0] == "const" else values[ref]
            if ref[0] == "in":
                array = self.ins[ref[1]]
                if identity(array) == identity(self.outs[j]):
                    continue
                others = self.outs[:j] + self.outs[j + 1 :]
                if any(overlap(array, other) for other in others):
                    # Another output is this input's memory: read it before that is written.
                    kept = self.scratch.take(("saved", j), source.shape, array.dtype)
                    saved.append((np.copyto, (kept, source)))
                    source = kept
            result.append((np.copyto, (outs[j], source, "unsafe")))
        return saved + result

    def _calls_of(
        self, k: int, values: dict[Ref, Array], dest: Array, lengths: Shape
    ) -> list[Call]:
        """Return the call of operation `k`, after the copies of operands that it needs.

        NumPy's maximum and minimum are three times slower with a scalar than with an array of
        the full length, so their constants are spread over a block.
        """
        node, computed = self.graph.nodes[k], self.types.computed[k]
        result: list[Call] = []
        arguments: list[Array] = []
        for position, ref in enumerate(node.args):
            if ref[0] == "const":
                spread = lengths if node.op in ("maximum", "minimum") else ()
                arguments.append(self.scratch.constant(ref[1], spread, computed))
                continue
            condition = node.op == "where" and position == 0
            dtype = values[ref].dtype if condition else computed
            arguments.append(self._operand(ref, values[ref], dtype, lengths, result))
        return [*result, (ufunc(node.op), (*arguments, dest))]

    def _operand(
        self, ref: Ref, array: Array, dtype: DType, lengths: Shape, calls: list[Call]
    ) -> Array:
        """Return `array` or a copy that NumPy reads without buffers, and add the call for it."""
        if array.dtype == dtype and walks_as_one(array, lengths):
            return array
        shape = array.shape if array.size == 1 else lengths
        source = identity(array)
        known = self.copies.get((ref, dtype))
        if known is not None and known[0] == source and known[1].size >= math.prod(shape):
            return known[1].reshape(-1)[: math.prod(shape)].reshape(shape)
        copy = self.scratch.take(("copy", *ref), shape, dtype)
        self.copies[ref, dtype] = (source, copy)
        calls.append((np.copyto, (copy, array, "unsafe")))
        return copy
