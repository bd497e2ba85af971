"""Recurrent layers: what their cells share. The cells are in ``lstm.py``, ``gru.py``, ``rnn.py``.

Work goes step by step on arrays (features, rows), contiguous for each step. The input, a one and
the state before lie in one array (K, B), so that one product with one matrix (G H, K) gives the
gates of a step, bias included. A state is written where the next step reads it, and what the layer
gives is a view of the states. Products that take gradients back read the weights themselves, since
BLAS is up to twice as slow on a transposed cut of the fused matrix.
"""

from __future__ import annotations

from abc import abstractmethod
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels.arithmetic import add, multiply
from skdeep.kernels.gates import add_three, choose
from skdeep.kernels.masks import mask_bits, masked
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, by_step, check_counts, is_count, steps_only, unit_words
from skdeep.nn.core.layer_fields import check_numbers
from skdeep.nn.core.spec import Param, Shape, Spec, Views
from skdeep.nn.initializers import Constant, Initializer, Orthogonal, SideBySide, VarianceScaling
from skdeep.nn.recurrent.fused_weights import FusedWeights, Gate

#: Numbers in the copies of a few steps that the weights' gradient is computed from: they stay
#: in cache.
CHUNK = 400_000


class Recurrent(Layer):
    """A cell run over sequences (T, F); gives its state after each step, (T, units).

    Outputs in the padding behind a sequence are finite and mean nothing; gradients there must be
    zero, as layers that pool over the steps give them. Bound with a
    :class:`~skdeep.nn.core.state.RecurrentState`, the first state comes from there, not
    from zeros, and that after each row's last step goes there.

    Parameters
    ----------
    units : int
        Width H of the state.
    dropout : float
        Probability in [0, 1) with which each unit of the state is hidden from the gates, the same
        ones in all steps of a sequence (Gal and Ghahramani, 2016). Needs noise.
    reverse : bool
        Whether to run from the last step to the first. Such a layer cannot carry a state.
    truncate : int or None
        Length of the ranges of time, counted from the first step, from which no gradient of the
        state goes to the range visited before. None: gradients go all the way.
    weight_init, state_init : Initializer
        How the weights of inputs, and the block of each gate in the weights of the state, start.
    name : str or None
        Name within the parent.

    References
    ----------
    Gal and Ghahramani (2016). A theoretically grounded application of dropout in recurrent neural
    networks. NIPS.
    """

    #: The gates as they lie in memory. Those that read no x come first, those that read no state
    #: come last and are a product of their own.
    gates: ClassVar[tuple[Gate, ...]]
    #: Numbers of gates in W, U and b.
    blocks: ClassVar[int]
    #: Arrays (H, B) that are kept of each step, and which of them is the first gate.
    slots: ClassVar[int]
    first_gate: ClassVar[int] = 0
    #: Names of all that goes from step to step.
    carries: ClassVar[tuple[str, ...]] = ("h",)
    reads = "sequences"

    def __init__(
        self,
        units: int,
        *,
        dropout: float = 0.0,
        reverse: bool = False,
        truncate: int | None = None,
        weight_init: Initializer = VarianceScaling(),
        state_init: Initializer = Orthogonal(),
        name: str | None = None,
    ) -> None:
        check_counts(self, units=units)
        check_numbers(self, "in [0, 1)", lambda rate: 0 <= rate < 1, dropout=dropout)
        if truncate is not None and not is_count(truncate):
            raise ValueError(
                f"truncate of {type(self).__name__} must be at least 1 or None, got {truncate!r}"
            )
        self.units, self.dropout, self.reverse, self.truncate = units, dropout, reverse, truncate
        self.weight_init, self.state_init, self.name = weight_init, state_init, name

    def build(self, in_shape: Shape) -> Spec:
        steps, features = steps_only(self, in_shape)
        units, width = self.units, self.blocks * self.units
        inner = SideBySide(self.state_init, self.blocks)
        params = {
            "W": Param((features, width), "weight", self.weight_init, (features, units)),
            "U": Param((units, width), "weight", inner, (units, units)),
            **self._biases(),
        }
        traits = frozenset({"noise"} if self.dropout else ())
        return Spec(
            (steps, units),
            params,
            keeps=frozenset("y"),
            traits=traits,
            step_major=True,
            places_output=True,
        )

    def _biases(self) -> dict[str, Param]:
        width = self.blocks * self.units
        return {"b": Param((1, width), "bias", Constant(), (self.units, self.units))}

    # ------------------------------------------------------------------ arrays

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        if self.reverse and binder.carry is not None:
            raise ValueError(f"{self!r} runs in reverse and cannot carry a state to later steps")
        w, models, batch = v.work, binder.store.n_models, binder.batch
        steps, features = v.x.shape[2:]
        units, arena = self.units, binder.arena

        def make(name: str, *shape: int) -> Array:
            return arena.take(f"{binder.scope}:{name}", (models, *shape, batch), binder.dtype)

        w.steps, w.features, w.columns = steps, features, features + 1 + units
        w.inputs = make("inputs", steps + 1, w.columns)  # rows: x, one, state before
        w.kept = make("kept", steps + 1, self.slots, units)
        w.weights = FusedWeights(self.gates, units, features, binder)
        w.one = binder.constant(np.ones((1, 1, 1, 1), binder.dtype))
        w.zero = binder.constant(np.zeros((1, 1, 1), binder.dtype))
        self._bind_carry(v, binder)
        self._bind_dropout(v, binder)
        # The gates read the states through dropout.
        w.states = w.inputs[:, :, features + 1 :]
        if w.bits is not None:
            w.states = make("states", steps + 1, units)
        w.gives_copy = v.y is not None
        if v.y is None:
            v.y = self._as_rows(w.states[:, 1:])
            v.dy = binder.steps(f"{binder.scope}:dy", spec.out_shape) if binder.training else None
        if binder.training:
            w.dstate, w.dlater = make("dstate", units), make("dlater", units)
            w.chunk = min(steps, max(1, CHUNK // (batch * (len(self.gates) * units + w.columns))))
            w.flat_gates = make("flat_gates", len(self.gates) * units, w.chunk)
            w.flat_inputs = make("flat_inputs", w.columns, w.chunk)
            if v.dx is not None:
                w.flat_dx = make("flat_dx", features, w.chunk)
        self._bind_cell(w, make, binder.training)

    def _bind_carry(self, v: Views, binder: Binder) -> None:
        """Find where states come from and go to, and the steps that must not change them."""
        # Padding comes first in reverse, where it must not be felt. In forward time it follows and
        # cannot reach the steps of the sequence, but must not change a state that is carried on.
        w, valid = v.work, self._valid(v)
        w.valid = valid if self.reverse else None
        w.carry, w.frozen = [], None
        if binder.carry is not None:
            names = (f"{binder.scope}.{name}".lstrip(".") for name in self.carries)
            w.carry = [binder.carry.state(name, self.units) for name in names]
            w.keep, w.frozen = binder.carry.keep, valid

    def _bind_cell(self, w: SimpleNamespace, make: Any, training: bool) -> None:
        """Make what only this cell needs; ``make(name, *shape)`` gives (M, *shape, B)."""

    def _valid(self, v: Views) -> Array:
        """Return (M, T, 1, B) in this layer's order of time, or None."""
        if v.valid is None:
            return None
        valid = v.valid.swapaxes(1, 2)  # (M, T, B)
        valid = valid.reshape(*valid.shape, 1).swapaxes(2, 3)
        return valid[:, ::-1] if self.reverse else valid

    def _bind_dropout(self, v: Views, binder: Binder) -> None:
        w, noise = v.work, v.noise
        w.bits = None
        if noise is None or not self.dropout:
            return
        models, rows, _ = noise.keys.shape
        threshold = min(round(self.dropout * 2.0**32), 2**32 - 1)
        shape = (models, self.units, rows)
        w.bits = binder.arena.take(f"{binder.scope}:bits", shape, np.dtype(np.uint32))
        w.keys, w.seed = noise.keys.swapaxes(1, 2), noise.seed  # (M, 1, B)
        words = unit_words(binder.scope, (self.units,))
        w.words = binder.constant(np.ascontiguousarray(words.swapaxes(1, 2)))
        w.threshold = binder.constant(np.full((1, 1, 1), threshold, np.uint32))
        scale = 1 / (1 - threshold / 2.0**32)
        w.keep_scale = binder.constant(np.full((1, 1, 1), scale, binder.dtype))

    def _in_time(self, rows: Array) -> Array:
        """Return (M, B, T, F) as (M, T, F, B) in the order that this layer visits."""
        return by_step(rows)[:, ::-1] if self.reverse else by_step(rows)

    def _as_rows(self, steps: Array) -> Array:
        """Return (M, T, F, B) in the order that this layer visits as (M, B, T, F)."""
        return (steps[:, ::-1] if self.reverse else steps).swapaxes(1, 2).swapaxes(1, 3)

    # ------------------------------------------------------------------ forward

    def forward(self, v: Views, training: bool) -> None:
        w, ops = v.work, v.ops
        weights, x, one = w.weights, w.features, w.features + 1
        weights.fuse(v)
        ops.copy(self._in_time(v.x), w.inputs[:, : w.steps, :x])
        ops.copy(w.one, w.inputs[:, : w.steps, x:one])
        if w.bits is not None:
            ops.launch(mask_bits, w.bits, w.keys, w.seed, w.words)
        self._begin(v)
        for t in range(w.steps):
            if w.bits is not None:
                self._drop(v, w.states[:, t], w.inputs[:, t, one:])
            ops.gemm(weights.fused[0], w.inputs[:, t], self._gates(w, t, 0, weights.stateful))
            if weights.stateful < len(self.gates):
                rest = self._gates(w, t, weights.stateful)
                ops.gemm(weights.fused[1], w.inputs[:, t, :one], rest)
            self._step(v, t)
            self._pad(v, t)
        for state, place in zip(self._carried(w, w.steps), w.carry, strict=False):
            ops.copy(state, place)
        if w.gives_copy:
            ops.copy(w.states[:, 1:], self._in_time(v.y))

    def _begin(self, v: Views) -> None:
        """Write what the first step starts from."""
        w, ops = v.work, v.ops
        for k, state in enumerate(self._carried(w, 0)):
            if w.carry:
                ops.launch(multiply, state, w.carry[k], w.keep)
            else:
                ops.copy(w.zero, state)

    def _pad(self, v: Views, t: int) -> None:
        """Keep step t of rows that are padding there from the states."""
        w, ops = v.work, v.ops
        if w.valid is not None:
            for state in self._carried(w, t + 1):
                ops.launch(multiply, state, state, w.valid[:, t])
        if w.frozen is not None:
            for state, before in zip(self._carried(w, t + 1), self._carried(w, t), strict=True):
                ops.launch(choose, state, w.frozen[:, t], state, before)

    def _gates(self, w: SimpleNamespace, t: int, start: int, stop: int | None = None) -> Array:
        """Return some gates of a step as one matrix (M, G H, B)."""
        stop = len(self.gates) if stop is None else stop
        gates = w.kept[:, t, self.first_gate + start : self.first_gate + stop]
        return gates.reshape(gates.shape[0], (stop - start) * self.units, gates.shape[-1])

    def _drop(self, v: Views, state: Array, out: Array) -> None:
        """Hand a state on, or the gradient back, through dropout."""
        w = v.work
        v.ops.launch(masked, out, state, w.bits, w.threshold, w.keep_scale)

    # ------------------------------------------------------------------ backward

    def backward(self, v: Views) -> None:
        w, ops, weights = v.work, v.ops, v.work.weights
        dy = self._in_time(v.dy)
        weights.turn(v)
        for start in reversed(range(0, w.steps, w.chunk)):
            stop = min(start + w.chunk, w.steps)
            self._factors(v, start, stop)
            for t in reversed(range(start, stop)):
                if self._starts(w, t + 1):
                    self._forget(v, t + 1)
                self._state_gradient(v, t, dy[:, t])
                if w.valid is not None:
                    for gradient in self._carried_gradients(w, t):
                        ops.launch(multiply, gradient, gradient, w.valid[:, t])
                self._step_back(v, t)
                if not self._starts(w, t):
                    ops.gemm(weights.state_back, self._gates(w, t, 0, weights.stateful), w.dlater)
            self._chunk_gradient(v, start, stop)
        weights.write_gradients(v)

    def _starts(self, w: SimpleNamespace, t: int) -> bool:
        """Whether no gradient goes from step t to the one visited before.

        Ranges are those of the sequence in both directions, so that padding moves none.
        """
        if t in (0, w.steps):
            return True
        start = w.steps - t if self.reverse else t
        return self.truncate is not None and start % self.truncate == 0

    def _state_gradient(self, v: Views, t: int, dy: Array) -> None:
        """Write the gradient of the state after step t: from above, and from the step after."""
        w, ops = v.work, v.ops
        if self._starts(w, t + 1):
            ops.copy(dy, w.dstate)
            return
        if w.bits is not None:
            self._drop(v, w.dlater, w.dlater)
        direct = self._direct(w, t + 1)
        if direct is None:
            ops.launch(add, w.dstate, w.dlater, dy)
        else:
            ops.launch(add_three, w.dstate, w.dlater, direct, dy)

    def _chunk_gradient(self, v: Views, start: int, stop: int) -> None:
        """Add the share of some steps to the weights' gradient; write that of their x."""
        w, ops, n = v.work, v.ops, stop - start
        models, batch = w.kept.shape[0], w.kept.shape[-1]
        weights, one, edge = w.weights, w.features + 1, w.weights.stateful * self.units

        def cut(flat: Array, rows: int) -> tuple[Array, Array]:
            """See a buffer as (M, rows, n, B) and as (M, rows, n B)."""
            flat = flat.reshape(models, -1)[:, : rows * n * batch]
            return flat.reshape(models, rows, n, batch), flat.reshape(models, rows, n * batch)

        rows = len(self.gates) * self.units
        steps, gates = cut(w.flat_gates, rows)
        kept = w.kept[:, start:stop, self.first_gate : self.first_gate + len(self.gates)]
        ops.copy(kept.reshape(models, n, rows, batch).swapaxes(1, 2), steps)
        steps, inputs = cut(w.flat_inputs, w.columns)
        ops.copy(w.inputs[:, start:stop].swapaxes(1, 2), steps)
        more = {"trans_b": True, "accumulate": stop < w.steps}
        ops.gemm(gates[:, :edge], inputs, weights.dfused[0], **more)
        if edge < rows:
            ops.gemm(gates[:, edge:], inputs[:, :one], weights.dfused[1], **more)
        if v.dx is not None:
            steps, dx = cut(w.flat_dx, w.features)
            ops.gemm(weights.x_back, gates[:, weights.blind * self.units :], dx)
            ops.copy(steps.swapaxes(1, 2), self._in_time(v.dx)[:, start:stop])

    # ------------------------------------------------------------------ of each cell

    @abstractmethod
    def _step(self, v: Views, t: int) -> None:
        """Make ``states[:, t + 1]`` of the gates' sums, which become the gates."""

    def _carried(self, w: SimpleNamespace, t: int) -> list[Array]:
        """Return all that goes from step to step, as it is before step t."""
        return [w.states[:, t]]

    def _forget(self, v: Views, t: int) -> None:
        """Write zeros where gradients of the cell's own come from step t."""

    @abstractmethod
    def _factors(self, v: Views, start: int, stop: int) -> None:
        """Write the factors of some steps over what was kept of them."""

    @abstractmethod
    def _step_back(self, v: Views, t: int) -> None:
        """Turn the factors of step t into gradients of the gates' sums, by that of the state."""

    def _carried_gradients(self, w: SimpleNamespace, t: int) -> list[Array]:
        """Return the gradients of all that goes on after step t."""
        return [w.dstate]

    def _direct(self, w: SimpleNamespace, t: int) -> Array:
        """Return the gradient of the state before step t that does not pass gates, or None."""
        return None
