"""A decoder that runs one step of many sequences at a time, and keeps what goes on."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.backend.base import Array
from skdeep.nn.core.binder import Arena, Binder
from skdeep.nn.core.memory import Following, Memory
from skdeep.nn.core.network import Network
from skdeep.nn.core.params import ParamStore
from skdeep.nn.core.state import RecurrentState


class BoundEncoder:
    """The encoder of a network of pairs, bound for B sources of S steps.

    Attributes
    ----------
    x : Array of shape (1, B, *source_shape)
        The sources.
    valid : Array of shape (1, B, S) or None
        Which of their steps are there.
    memory : Array of shape (1, B, S', D)
        What the encoder makes of them.
    """

    def __init__(self, network: Network, store: ParamStore, arena: Arena, batch: int) -> None:
        pair, (name, spec) = network.pair, _pair_of(network)
        assert pair is not None
        self.layer, inner = pair.encoder, spec.children["encoder"][1]
        ops, dtype = store.backend, store.values.dtype
        self.valid: Array = None
        if pair.encoder.reads in ("tokens", "sequences"):
            shape = (store.n_models, batch, pair.source_shape[0])
            self.valid = arena.take("source_valid", shape, dtype)
        binder = Binder(store, arena, batch, training=False, valid=self.valid)
        self.x: Array = binder.rows("source", pair.source_shape, network.source_dtype)
        self.memory: Array = binder.rows(f"{name}.encoder:memory", inner.out_shape)
        arrays = (self.layer, inner, f"{name}.encoder", self.x, None)
        self.views = binder.bind(*arrays, y=self.memory)
        self.run = ops.record(lambda: self.layer.forward(self.views, False))


class StepDecoder:
    """The decoder of a network of pairs, bound for one step of R hypotheses.

    Parameters
    ----------
    network : Network
        Of pairs of one step each, for sources of as many steps as there are.
    store : ParamStore
        Parameters of one model.
    arena : Arena
        Where buffers come from; decoders that never run at once may share one.
    rows : int
        Number R of hypotheses.
    memory_shape : tuple of int
        Shape (S, D) of the memory.
    padded : bool
        Whether memories differ in length.
    longest : int
        Steps T that there is room for, where layers keep something of each.
    """

    def __init__(
        self,
        network: Network,
        store: ParamStore,
        arena: Arena,
        rows: int,
        memory_shape: tuple[int, ...],
        *,
        padded: bool,
        longest: int,
    ) -> None:
        pair, (name, spec) = network.pair, _pair_of(network)
        assert pair is not None
        ops, dtype = store.backend, store.values.dtype
        self.ops, self.layer, self.rows = ops, pair.decoder, rows
        self.carry = RecurrentState(ops, store.n_models, rows, dtype, longest)
        binder = Binder(store, arena, rows, training=False, carry=self.carry)
        valid = None
        if padded:
            valid = ops.empty((store.n_models, rows, memory_shape[0]), dtype)
        y: Array = ops.empty((store.n_models, rows, *memory_shape), dtype)
        self._following = Following()
        self._memory = binder.memory = Memory(y, None, valid, self._following)
        self.x: Array = binder.rows("x", network.in_shape, network.in_dtype)
        self.z: Array = arena.take("z", (store.n_models, network.n_logits, rows), dtype)
        places = self.z.reshape(*self.z.shape[:2], 1, rows).swapaxes(1, 3)
        inner = spec.children["decoder"][1]
        views = binder.bind(pair.decoder, inner, f"{name}.decoder", self.x, None, y=places)
        self._step = ops.record(lambda: self.layer.forward(views, False))
        self._follow = ops.record(self._following.forward)
        self._index: Array = ops.to_device(np.arange(rows)[None])
        self._held: dict[str, tuple[Array, Array]] = {}
        self._reorder: Any = None

    def _kept(self) -> dict[str, Array]:
        """Return all that goes from step to step, each by row, (1, R, ...)."""
        states = {name: state.swapaxes(1, 2) for name, state in self.carry.states.items()}
        return states | self.carry.caches

    def begin(self, memory: np.ndarray, valid: np.ndarray | None) -> None:
        """Take the memories (R, S, D) of all rows, and start anew."""
        self.ops.to_device(memory[None], self._memory.y)
        if valid is not None:
            self.ops.to_device(np.ascontiguousarray(valid[None]), self._memory.valid)
        for array in (*self.carry.states.values(), *self.carry.caches.values(), self.carry.step):
            self.ops.to_device(np.zeros(array.shape, array.dtype), array)
        self._follow()

    def __call__(self, tokens: np.ndarray, place: int) -> np.ndarray:
        """Return the logits (K, R) after rows read tokens (R,), each the one numbered `place`."""
        ops = self.ops
        ops.to_device(np.ascontiguousarray(tokens, self.x.dtype).reshape(self.x.shape), self.x)
        step = self.carry.step
        ops.to_device(np.full(step.shape, place, step.dtype), step)
        self._step()
        return np.asarray(ops.to_host(self.z)[0])

    def is_full(self, place: int) -> bool:
        """Whether what layers keep of all steps has no room for the one numbered `place`."""
        return bool(self.carry.caches) and place == self.carry.longest

    def reorder(self, rows: np.ndarray) -> None:
        """Let each row go on from what another one, of the same source, has come to."""
        ops = self.ops
        if self._reorder is None:  # memory that single hypotheses do not need
            self._held = {
                name: (ops.empty(array.shape, array.dtype), ops.empty(array.shape, array.dtype))
                for name, array in self._kept().items()
            }
            self._reorder = ops.record(self._gather)
        ops.to_device(np.ascontiguousarray(rows[None], np.intp), self._index)
        self._reorder()

    def _gather(self) -> None:
        for name, array in self._kept().items():
            before, after = self._held[name]
            self.ops.copy(array, before)
            self.ops.gather(before[0], self._index, after)
            self.ops.copy(after, array)

    def state(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Return what some rows have come to, on the host."""
        return {name: self.ops.to_host(array)[0, rows] for name, array in self._kept().items()}

    def go_on(self, state: dict[str, np.ndarray]) -> None:
        """Go on from what rows of another decoder have come to, which has no more room."""
        kept = self._kept()
        for name, values in state.items():
            # Caches end with an axis of steps, and what lies behind those that were read is hidden.
            own = kept[name][..., : values.shape[-1]]
            self.ops.copy(self.ops.to_device(values[None]), own)


def _pair_of(network: Network) -> tuple[str, Any]:
    """Return the name and the description of the pair of layers that a network is."""
    ((name, (_, spec)),) = network.spec.children.items()
    return name, spec
