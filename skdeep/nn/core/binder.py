"""Give every layer of a network its arrays for one batch size, before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.kernels.arithmetic import add
from skdeep.nn.core.memory import Memory, Source
from skdeep.nn.core.params import ParamStore
from skdeep.nn.core.spec import InnerLayer, Named, Noise, Shape, ShapeError, Spec, Views
from skdeep.nn.core.state import RecurrentState


class Arena:
    """Flat buffers by name, as long as the largest batch needs; smaller ones use their head."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        #: Parts into which those who compute in it may divide what they do with a batch.
        self.n_parts = backend.n_parts
        self._buffers: dict[tuple[str, np.dtype], Array] = {}

    def take(self, name: str, shape: Shape, dtype: Any) -> Array:
        """Return a C-contiguous array of `shape` in the buffer called `name`."""
        size = prod(shape)
        key = (name, np.dtype(dtype))
        held = self._buffers.get(key)
        if held is None or held.size < size:
            held = self._buffers[key] = self.backend.empty((max(size, 1),), dtype)
        return held[:size].reshape(shape)

    @property
    def alone(self) -> bool:
        """Whether these are the buffers of all rows of a batch."""
        return True

    def summed(self, name: str, shape: Shape, dtype: Any) -> Summed:
        """Return the buffers of a sum over all rows of a batch."""
        total = self.take(name, shape, dtype)
        return Summed(total, total)


class Summed:
    """A sum over a batch, of which each part of the batch has a share.

    Attributes
    ----------
    own : Array
        Where the part at hand writes its share.
    total : Array
        The sum, once all parts have met and one has called :meth:`add_up`; where the batch is in
        one part it is `own`.
    """

    def __init__(self, total: Array, own: Array, shares: Sequence[Array] = ()) -> None:
        self.total, self.own, self._shares = total, own, shares

    def add_up(self, ops: Backend) -> None:
        """Write the sum, in the order of the parts."""
        for k, share in enumerate(self._shares):
            if k:
                ops.launch(add, self.total, self.total, share)
            else:
                ops.copy(share, self.total)


class Binder:
    """Binds the layers of one network, one batch size and one mode.

    Parameters
    ----------
    store : ParamStore
        Values and, for training, gradients.
    arena : Arena
        Where buffers come from; programs of several batch sizes share one.
    batch : int
        Number of rows B.
    training : bool
        Whether backward will run, which needs deltas and gradients.
    weight : Array of shape (M, 1, B), optional
        Row weights, which batch statistics use in training.
    noise : Noise, optional
        What masks are computed from; without it there are none.
    valid : Array of shape (M, B, T), optional
        1 in the steps of each sequence, 0 in the padding behind it; None: there is no padding.
    carry : RecurrentState, optional
        Where recurrent layers start from and leave their last states; None: they start from zeros.
    source : Source, optional
        What an encoder reads, where samples are pairs.
    apart : bool
        Whether no layer may overwrite what another wrote, so that all of it can be looked at.
    as_predicted : bool
        Whether the slopes are those of predictions: of fixed statistics and without penalties.
    smoothing : Array of shape (M, 1), optional
        Factor of label smoothing, which changes with each step; without it all of it counts.
    target : Array of shape (M, rows, columns), optional
        What rows should give, which a layer such as :class:`~skdeep.nn.dense.nade.NADE` reads.
    thresholds : Array of shape (M, columns, rows), optional
        What logits must exceed for an entry to be 1: such a layer then writes the target itself.
    """

    def __init__(
        self,
        store: ParamStore,
        arena: Arena,
        batch: int,
        *,
        training: bool,
        weight: Array = None,
        noise: Noise | None = None,
        valid: Array = None,
        carry: RecurrentState | None = None,
        source: Source | None = None,
        apart: bool = False,
        as_predicted: bool = False,
        smoothing: Array | None = None,
        target: Array | None = None,
        thresholds: Array | None = None,
    ) -> None:
        if carry is not None and (carry.n_models, carry.batch) != (store.n_models, batch):
            raise ValueError(
                f"{store.n_models} model(s) on {batch} row(s) cannot carry the states of "
                f"{carry.n_models} model(s) on {carry.batch} row(s)"
            )
        self.store, self.arena, self.batch = store, arena, batch
        self.training, self.weight = training, weight
        self.noise = None if noise is None else noise.anew()
        self.valid, self.carry, self.source = valid, carry, source
        #: What an encoder has written, for the layers of its decoder.
        self.memory: Memory | None = None
        self.apart, self.as_predicted = apart, as_predicted
        self.smoothing = smoothing
        self.target: Array = target
        self.thresholds: Array = thresholds
        #: Terms (M, 1, 1) that layers add to the batch's objective in training.
        self.terms: list[Array] = []
        self.backend = store.backend
        self.dtype = store.values.dtype

    def rows(self, name: str, shape: Shape, dtype: object = None) -> Array:
        """Return a buffer (M, B, *shape)."""
        full = (self.store.n_models, self.batch, *shape)
        return self.arena.take(name, full, dtype or self.dtype)

    def constant(self, values: np.ndarray) -> Array:
        """Return a device copy of a host array."""
        return self.backend.to_device(values)

    def zeros(self, shape: Shape) -> Array:
        """Return zeros to copy from."""
        return self.constant(np.zeros(shape, self.dtype))

    def own(self, numbers: Any) -> Array:
        """Return the number that each model has for itself, or all have, as (M, 1, 1)."""
        values = self.store.own(numbers).astype(self.dtype)
        return self.constant(values.reshape(-1, 1, 1))

    def bind(
        self,
        layer: InnerLayer,
        spec: Spec,
        name: str,
        x: Array,
        dx: Array | None,
        *,
        y: Array | None = None,
        dy: Array | None = None,
        may_overwrite: bool = False,
    ) -> Views:
        """Return the views of one layer and of all inside it.

        A composite layer gets no `y` of its own: its :meth:`Layer.bind` sets it to an inner one.
        """
        v = Views(self.backend, x, y, dx, dy, *self._named(spec, name), self.weight, self.noise)
        shared = self.store.layout.shared
        v.valid = v.valid_y = self.valid
        v.shared = frozenset(key for key in spec.params if _join(name, key) in shared)
        if y is None and not (spec.children or spec.view or spec.places_output):
            may_overwrite &= not self.apart and (dx is not None or not self.training)
            if spec.in_place and may_overwrite:
                v.y, v.dy = x, dx
            else:
                v.y, v.dy = self.outputs(name, spec.out_shape, step_major=spec.step_major)
        layer.bind(spec, v, self.scoped(name))
        return v

    def outputs(
        self, name: str, shape: Shape, *, step_major: bool = False
    ) -> tuple[Array, Array | None]:
        """Return fresh buffers for a layer's y and, in training, dy."""
        place = self.steps if step_major else self.rows
        y = place(f"{name}:y", shape)
        return y, place(f"{name}:dy", shape) if self.training else None

    def steps(self, name: str, shape: Shape) -> Array:
        """Return a buffer (M, B, T, F) that lies in memory as (M, T, F, B)."""
        flat = self.rows(name, shape)
        return flat.reshape(flat.shape[0], *shape, self.batch).swapaxes(1, 2).swapaxes(1, 3)

    def columns(self, name: str, shape: Shape) -> Array:
        """Return a buffer (M, B, T, F) that lies in memory as (M, F, B, T)."""
        steps, features = shape
        flat = self.rows(name, shape)
        return flat.reshape(len(flat), features, self.batch, steps).swapaxes(1, 3).swapaxes(1, 2)

    def scoped(self, name: str) -> Binder:
        """Return a binder whose layers lie inside the one called `name`."""
        inner = Binder.__new__(Binder)
        inner.__dict__.update(self.__dict__, scope=name)
        return inner

    def seeing(self, valid: Array) -> Binder:
        """Return a binder for the layers behind one that left other steps."""
        if valid is self.valid:
            return self
        behind = self.scoped(self.scope)
        behind.valid = valid
        return behind

    scope = ""

    def child(self, name: str) -> str:
        """Return the full name of a layer inside this scope."""
        return _join(self.scope, name)

    def _named(self, spec: Spec, name: str) -> tuple[Named, Named, Named]:
        params, grads, work = Named(), Named(), Named()
        view = self.store.layout.view
        slots = {key: _join(name, key) for key in spec.params}
        owner = name.rpartition(".")[0]
        slots |= {key: _join(owner, weight.slot) for key, weight in spec.shared.items()}
        for key, slot in slots.items():
            if key in spec.shared and slot not in self.store.layout.shared:
                raise ShapeError(f"{name!r} shares {slot!r}, which only a Sequential arranges")
            setattr(params, key, view(self.store.values, slot))
            if self.training and self.store.layout.slots[slot].param.kind != "state":
                setattr(grads, key, view(self.store.grads, slot))
        for key, need in spec.work.items():
            per_row = (self.batch,) if need.per_row else ()
            shape = (self.store.n_models, *per_row, *need.shape)
            setattr(work, key, self.arena.take(f"{name}:{key}", shape, need.dtype or self.dtype))
        return params, grads, work


def _join(scope: str, name: str) -> str:
    return f"{scope}.{name}" if scope else name
