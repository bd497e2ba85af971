"""Run a traced kernel on NumPy: in-place ufunc calls over blocks that stay in cache.

:func:`bind` fixes a graph to its arrays and returns a list of calls ``(function, arguments)``.
Nothing is allocated when they run: outputs are written in place, temporaries live in a scratch
of a few blocks that all kernels of a recording share. Operands that NumPy would read through
buffers of its own (other dtypes, short broadcast rows, strided cuts) are copied there first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from skdeep.backend.dtypes import DType, infer
from skdeep.backend.kernel import Graph, Ref
from skdeep.backend.memory import (
    Scratch,
    Shape,
    axis_order,
    block_slices,
    collapse,
    identity,
    in_order,
    overlap,
)
from skdeep.backend.plan import Meetings, Plan, View, Writer, find_meetings, likeness
from skdeep.backend.ufuncs import Array, Call, ufunc

#: Bytes that the arrays of one block may take together: half of a small L2 cache.
BLOCK_BYTES = 512 * 1024
#: Elements below which cutting a cheap body into blocks costs more than it saves.
MIN_BLOCK = 64 * 1024

#: Elements from which on NumPy walks rows one by one as fast as one long array.
LONG_ROW = 1024

#: Where a value of a graph lives: ("out", which output) or ("tmp", which slot of its dtype).
Home = tuple[str, int]


def bind(graph: Graph, outs: Sequence[Array], ins: Sequence[Array], scratch: Scratch) -> list[Call]:
    """Return the calls that evaluate `graph` on these arrays.

    An output may be the same array as an input; any other overlap is the caller's error.
    """
    meetings = find_meetings(outs, ins)
    key = likeness(outs, ins, meetings)
    plan = graph.plans.get(key)
    if plan is None:
        like = likeness(outs, ins, meetings, exact=False)
        plan = graph.plans.get(like)
        if plan is None:
            plan = _make_plan(graph, outs, ins, meetings)
            graph.plans.keep(like, plan, len(plan))
        if like != key:
            graph.plans.keep(key, plan)
    return plan.bind([*outs, *ins], scratch)


def _make_plan(
    graph: Graph, outs: Sequence[Array], ins: Sequence[Array], meetings: Meetings
) -> Plan:
    _check_shapes(graph, outs, ins)
    plan = Writer()
    if not outs[0].size:
        return plan.finish()
    order, arrays = axis_order(outs[0]), [*outs, *ins]
    shape, seen = collapse(
        tuple(outs[0].shape[axis] for axis in order), [in_order(order, a) for a in arrays]
    )
    views = [plan.operand(a, order, v) for a, v in zip(arrays, seen, strict=True)]
    shared = {}
    for j, i, _ in meetings:
        out, array = seen[j], seen[len(outs) + i]
        if overlap(array, out):
            shared[j, i] = identity(array) == identity(out)
    _Planner(graph, views[: len(outs)], views[len(outs) :], shape, shared, plan).write()
    return plan.finish()


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


class _Planner:
    """The state of writing one plan: where each value of the graph lives.

    `shared` has the pairs of an output and an input that share an element, and whether they are
    the same array.
    """

    def __init__(
        self,
        graph: Graph,
        outs: list[View],
        ins: list[View],
        shape: Shape,
        shared: dict[tuple[int, int], bool],
        plan: Writer,
    ) -> None:
        self.graph, self.outs, self.ins, self.shape = graph, outs, ins, shape
        self.shared, self.plan = shared, plan
        self.last = graph.last_uses()
        self.final = {ref: j for j, ref in reversed(list(enumerate(graph.outputs)))}
        self.types = infer(graph, [a.dtype for a in ins], [a.dtype for a in outs])
        self.dtypes = self.types.results
        self.shapes: list[Shape] = []
        for node in graph.nodes:
            known = [self._shape(ref) for ref in node.args if ref[0] != "const"]
            self.shapes.append(tuple(map(max, zip((1,) * len(shape), *known, strict=True))))
        self.full = [shape_ == shape for shape_ in self.shapes]
        self.small: dict[Ref, View] = {}
        #: Copies of operands: the number of what was copied, and the copy in its slot.
        self.copies: dict[tuple[Ref, DType], tuple[int, View]] = {}

    def _shape(self, ref: Ref) -> Shape:
        return self.ins[ref[1]].shape if ref[0] == "in" else self.shapes[ref[1]]

    def write(self) -> None:
        """Small values first, once; then the full ones block by block."""
        self._small_calls()
        boxes = list(block_slices(self.shape, self._block()))
        self.lengths = self._lengths(boxes[0])
        places = self._places()
        self.copies = {}
        for box in boxes:
            self._block_calls(box, places)

    def _block(self) -> int:
        """Return the elements of a block; a body needs about one temporary for each array."""
        size = math.prod(self.shape)
        n_arrays = 2 * len(self.outs) + len(self.ins)
        block = max(MIN_BLOCK, BLOCK_BYTES // (self.outs[0].dtype.itemsize * n_arrays))
        return size if size <= 2 * block else block

    def _lengths(self, box: tuple[slice, ...]) -> Shape:
        return tuple(s.stop - s.start for s in box) + self.shape[len(box) :]

    def _small_calls(self) -> None:
        """Evaluate what is smaller than the outputs (rows, per-model scalars) just once."""
        values: dict[Ref, View] = {("in", i): view for i, view in enumerate(self.ins)}
        for k in range(len(self.graph.nodes)):
            if not self.full[k]:
                out = self.plan.small(self.shapes[k], self.dtypes[k])
                self.copies = {}
                self._call_of(k, values, out, self.shapes[k])
                values["node", k] = self.small["node", k] = out

    def _places(self) -> dict[int, Home]:
        """Give each full node a home: an output's own memory where that is safe, else scratch."""
        places: dict[int, Home] = {}
        free: dict[DType, list[int]] = {}
        count: dict[DType, int] = {}
        lent: dict[int, int] = {}
        # NumPy takes three times as long for one number that it writes where it reads it.
        several = math.prod(self.shape) > 1
        for k, node in enumerate(self.graph.nodes):
            if not self.full[k]:
                continue
            for ref in set(node.args) if several else ():
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
        block = out._replace(shape=self.lengths)
        if self.dtypes[k] != out.dtype or not walks_as_one(block, self.lengths):
            return False
        for i in range(len(self.ins)):
            if (j, i) in self.shared:
                later_output = ("in", i) in self.graph.outputs
                if later_output or self.last.get(("in", i), -1) > k:
                    return False
        return True

    def _block_calls(self, box: tuple[slice, ...], places: dict[int, Home]) -> None:
        lengths, plan = self._lengths(box), self.plan
        outs = [plan.cut(out, box) for out in self.outs]
        values: dict[Ref, View] = {("in", i): plan.cut(v, box) for i, v in enumerate(self.ins)}
        values.update({ref: plan.cut(view, box) for ref, view in self.small.items()})
        # What does not change from block to block is copied once.
        self.copies = {k: v for k, v in self.copies.items() if self._shape(k[0]) != self.shape}
        for k, (kind, slot) in places.items():
            dest = outs[slot] if kind == "out" else plan.temporary(slot, lengths, self.dtypes[k])
            self._call_of(k, values, dest, lengths)
            values["node", k] = dest
        self._output_copies(outs, values, places)

    def _output_copies(
        self, outs: list[View], values: dict[Ref, View], places: dict[int, Home]
    ) -> None:
        """Copy into outputs whatever was not computed there."""
        copies: list[tuple[View, object]] = []
        for j, ref in enumerate(self.graph.outputs):
            if ref[0] == "node" and places.get(ref[1]) == ("out", j):
                continue
            if ref[0] == "const":
                copies.append((outs[j], outs[j].dtype.type(ref[1])))
                continue
            source = values[ref]
            if ref[0] == "in":
                if self.shared.get((j, ref[1])):
                    continue
                if any(i == ref[1] and other != j for other, i in self.shared):
                    # Another output is this input's memory: read it before that is written.
                    kept = self.plan.temporary(("saved", j), source.shape, source.dtype)
                    self.plan.copy(kept, source)
                    source = kept
            copies.append((outs[j], source))
        for out, source_ in copies:
            self.plan.copy(out, source_)

    def _call_of(self, k: int, values: dict[Ref, View], dest: View, lengths: Shape) -> None:
        """Write the call of operation `k`, after the copies of operands that it needs.

        NumPy's maximum and minimum are three times slower with a scalar than with an array of
        the full length, so their constants are spread over a block.
        """
        node, computed = self.graph.nodes[k], self.types.computed[k]
        arguments: list[View] = []
        for position, ref in enumerate(node.args):
            if ref[0] == "const":
                spread = lengths if node.op in ("maximum", "minimum") else ()
                arguments.append(self.plan.constant(ref[1], spread, computed))
                continue
            condition = node.op == "where" and position == 0
            dtype = values[ref].dtype if condition else computed
            arguments.append(self._operand(ref, values[ref], dtype, lengths))
        self.plan.call(ufunc(node.op), *arguments, dest)

    def _operand(self, ref: Ref, view: View, dtype: DType, lengths: Shape) -> View:
        """Return `view` or a copy that NumPy reads without buffers, and write the call for it."""
        if view.dtype == dtype and walks_as_one(view, lengths):
            return self._plain(view, lengths)
        shape = view.shape if view.size == 1 else lengths
        copy = self.plan.temporary(("copy", *ref), shape, dtype)
        known = self.copies.get((ref, dtype))
        if known is None or known[0] != view.number or known[1].size < copy.size:
            self.copies[ref, dtype] = (view.number, copy)
            self.plan.copy(copy, view)
        return self._plain(copy, lengths)

    def _plain(self, view: View, lengths: Shape) -> View:
        """Return `view`; one number for many without axes."""
        return self.plan.scalar(view) if view.size == 1 < math.prod(lengths) else view


def walks_as_one(view: View, lengths: Shape) -> bool:
    """Say whether NumPy runs over a block of this array in long ranges.

    If not, it fills buffers in each single operation, which it allocates and which cost more than
    one copy for all operations.
    """
    if view.size == 1 or sum(n > 1 for n in lengths) < 2 or lengths[-1] >= LONG_ROW:
        return True
    return view.shape == lengths and view.contiguous
