"""Layers that compute on parts of a batch side by side."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import partial

from skdeep.backend.base import Array
from skdeep.kernels.arithmetic import add
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, Reads
from skdeep.nn.core.params import ParamStore
from skdeep.nn.core.parts import PartArena, cut_batch, divides
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.core.spec import Named, Noise, Shape, ShapeError, Spec, Views

#: Multiply-adds of a part from which on it is worth a thread.
PART_WORK = 1_000_000


class InParts(Layer):
    """Run layers on parts of each batch, which threads share; the result is the same.

    Where the parts lie depends on the batch alone, never on how many threads there are. Gradients
    of weights are those of the parts, added in order.

    Parameters
    ----------
    layers : sequence of Layer
        One after the other. None may be of batch statistics.
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import FeedForward, InParts, PreNorm
    >>> from skdeep.testing import run_layer
    >>> run_layer(InParts([PreNorm([FeedForward(8)])] * 2), np.ones((4, 7, 6))).shape
    (4, 7, 6)
    """

    def __init__(self, layers: Sequence[Layer], name: str | None = None) -> None:
        self.inner, self.name = Sequential(layers), name

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers inside."""
        return self.inner.layers

    @property
    def reads(self) -> Reads:  # type: ignore[override]
        """What the layers inside read."""
        return self.inner.reads

    def build(self, in_shape: Shape) -> Spec:
        inner = self.inner.build(in_shape)
        for trait in ("batch", "penalty"):
            if inner.has(trait):
                raise ShapeError(f"{self!r}: a part of a batch is not the batch: no {trait} layer")
        if inner.has("steps"):
            raise ShapeError(f"{self!r}: no layer inside may give other steps than it reads")
        return Spec(
            inner.out_shape,
            children=inner.children,
            keeps=inner.keeps,
            shared_slots=inner.shared_slots,
            traits=frozenset({"parts"}),
        )

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        w, store = v.work, binder.store
        if v.y is None:
            columns = len(spec.out_shape) == 2
            place = binder.columns if columns else binder.rows
            v.y = place(f"{binder.scope}:y", spec.out_shape)
            v.dy = place(f"{binder.scope}:dy", spec.out_shape) if binder.training else None
        parts = self._cut(spec, v, binder)
        w.parts, w.sums = [], []
        for k, rows in enumerate(parts):
            part = _part_of(binder, k, rows, len(parts)) if len(parts) > 1 else binder
            w.parts.append(self._bind_part(spec, v, part, rows))
            if binder.training and k:
                w.sums += _own_ranges(store, part.store, binder.scope)
        if len(parts) == 1:
            v.children.update(w.parts[0].children)

    def _cut(self, spec: Spec, v: Views, binder: Binder) -> list[slice]:
        """Return the rows of each part of a batch."""
        slots = binder.store.layout.slots.items()
        size = sum(s.stop - s.start for name, s in slots if _inside(name, binder.scope))
        steps = v.x.shape[2] if len(v.x.shape) == 4 else 1
        # Others hand over what belongs to the whole batch, or look at all that is computed.
        alone = (binder.carry, binder.memory, binder.source)
        whole = binder.apart or any(given is not None for given in alone) or not divides(spec)
        most = 1 if whole else binder.arena.n_parts
        work = binder.batch * steps * size
        return cut_batch(binder.batch, work, PART_WORK, most)

    def _bind_part(self, spec: Spec, v: Views, binder: Binder, rows: slice) -> Views:
        def cut(array: Array) -> Array:
            return None if array is None else array[:, rows]

        arrays = (cut(v.x), cut(v.y), cut(v.dx), cut(v.dy), v.params, v.grads, Named())
        part = Views(v.ops, *arrays, weight=binder.weight, noise=binder.noise, valid=binder.valid)
        self.inner.bind(spec, part, binder)
        return part

    def forward(self, v: Views, training: bool) -> None:
        tasks = [partial(self.inner.forward, part, training) for part in v.work.parts]
        v.ops.side_by_side(tasks)

    def backward(self, v: Views) -> None:
        v.ops.side_by_side([partial(self.inner.backward, part) for part in v.work.parts])
        for total, share in v.work.sums:
            v.ops.launch(add, total, total, share)


def _part_of(binder: Binder, number: int, rows: slice, count: int) -> Binder:
    """Return the binder of some rows, with gradients of their own but in the first part."""
    part, whole = copy(binder), binder.noise
    part.arena, part.batch = PartArena(binder.arena, number, count), rows.stop - rows.start
    if whole is not None:
        keys = whole.keys[:, rows] if whole.keys.shape[1] > 1 else whole.keys
        part.noise = Noise(keys, whole.seed, whole.level)
    if binder.weight is not None:
        part.weight = binder.weight[:, :, rows]
    if binder.valid is not None:
        part.valid = binder.valid[:, rows]
    if binder.training and number:
        part.store = copy(binder.store)
        grads = binder.store.grads
        part.store.grads = part.arena.take("grads", grads.shape, grads.dtype)
    return part


def _inside(name: str, scope: str) -> bool:
    return not scope or name.startswith(f"{scope}.")


def _own_ranges(store: ParamStore, part: ParamStore, scope: str) -> list[tuple[Array, Array]]:
    """Return the gradients of all that lies in a scope, in the whole and in a part."""
    found: list[list[int]] = []
    for slot in sorted(store.layout.slots.values(), key=lambda slot: slot.start):
        if not _inside(slot.name, scope) or slot.param.kind == "state":
            continue
        if found and found[-1][1] == slot.start:
            found[-1][1] = slot.stop
        else:
            found.append([slot.start, slot.stop])
    return [(store.grads[:, a:b], part.grads[:, a:b]) for a, b in found]
