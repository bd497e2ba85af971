"""Recurrent layers: what their cells share. The cells are in ``lstm.py``, ``gru.py``, ``rnn.py``.

Work goes step by step on arrays (features, rows), contiguous for each step. The input, a one and
the state before lie in one array (K, B), so that one product with one matrix (G H, K) gives the
gates of a step, bias included; its transpose takes gradients back.
"""

from __future__ import annotations

from abc import abstractmethod
from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels.arithmetic import add, multiply
from skdeep.kernels.gates import add_three, choose
from skdeep.kernels.masks import mask_bits, masked
from skdeep.nn.binder import Binder
from skdeep.nn.initializers import Constant, Initializer, Orthogonal, SideBySide, VarianceScaling
from skdeep.nn.layer import (
    Layer,
    Param,
    Shape,
    Spec,
    Views,
    by_step,
    steps_only,
    unit_words,
)

#: Numbers in the copies of a few steps that the weights' gradient is computed from: they stay
#: in cache.
CHUNK = 400_000


class Gate(NamedTuple):
    """H rows of the fused matrix: columns of W, U and a bias that they hold; None holds zeros.

    ``scale`` multiplies the rows: 1/2 where tanh computes a logistic function.
    """

    w: int | None
    u: int | None
    bias: tuple[str, int]
    scale: float = 1.0


class Recurrent(Layer):
    """A cell run over sequences (T, F); gives its state after each step, (T, units).

    Outputs in the padding behind a sequence are finite and mean nothing; gradients there must be
    zero, as layers that pool over the steps give them. Bound with a
    :class:`~skdeep.nn.carry.Carry`, the first state comes from there, not from zeros, and that
    after each row's last step goes there.

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
        Length of the stretches of time, counted from the first step, from which no gradient of the
        state goes to the stretch visited before. None: gradients go all the way.
    weight_init, state_init : Initializer
        How the weights of inputs, and the block of each gate in the weights of the state, start.
    name : str or None
        Name within the parent.

    References
    ----------
    Gal and Ghahramani (2016). A theoretically grounded application of dropout in recurrent neural
    networks. NIPS.
    """

    #: The rows of the fused matrix, by gate.
    gates: ClassVar[tuple[Gate, ...]]
    #: Numbers of gates in W, U and b.
    blocks: ClassVar[int]
    #: Arrays (H, B) that are kept of each step; gates are the first.
    slots: ClassVar[int]
    #: Names of all that goes from step to step.
    carries: ClassVar[tuple[str, ...]] = ("h",)

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
        if units < 1:
            raise ValueError(f"the units of {type(self).__name__} must be at least 1, got {units}")
        if not 0 <= dropout < 1:
            raise ValueError(
                f"the dropout of {type(self).__name__} must be in [0, 1), got {dropout!r}"
            )
        if truncate is not None and truncate < 1:
            raise ValueError(
                f"truncate of {type(self).__name__} must be at least 1 or None, got {truncate}"
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
        return Spec((steps, units), params, traits=traits, step_major=True)

    def _biases(self) -> dict[str, Param]:
        width = self.blocks * self.units
        return {"b": Param((1, width), "bias", Constant(), (self.units, self.units))}

    # ------------------------------------------------------------------ arrays

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        if self.reverse and binder.carry is not None:
            raise ValueError(f"{self!r} runs in reverse and cannot carry a state to later steps")
        w, models, batch = v.work, binder.store.n_models, binder.batch
        steps, features = v.x.shape[2:]
        units, rows = self.units, len(self.gates) * self.units

        def make(name: str, *shape: int) -> Array:
            full = (models, *shape, batch)
            return binder.arena.take(f"{binder.scope}:{name}", full, binder.dtype)

        w.steps, w.features = steps, features
        w.inputs = make("inputs", steps, features + 1 + units)  # rows: x, one, state before
        w.kept = make("kept", steps + 1, self.slots, units)
        w.states = make("states", steps + 1, units)
        fused = (models, rows, features + 1 + units)
        w.fused = binder.arena.take(f"{binder.scope}:fused", fused, binder.dtype)
        scales = np.repeat([gate.scale for gate in self.gates], units)
        w.scale = binder.constant(scales.astype(binder.dtype)[None, :, None])
        w.one = binder.constant(np.ones((1, 1, 1, 1), binder.dtype))
        w.zero = binder.constant(np.zeros((1, 1, 1), binder.dtype))
        # Padding comes first in reverse, where it must not be felt. In forward time it follows and
        # cannot reach the steps of the sequence, but must not change a state that is carried on.
        valid = self._valid(v)
        w.valid = valid if self.reverse else None
        w.carry, w.frozen = [], None
        if binder.carry is not None:
            names = (f"{binder.scope}.{name}".lstrip(".") for name in self.carries)
            w.carry = [binder.carry.state(name, units) for name in names]
            w.keep, w.frozen = binder.carry.keep, valid
        self._bind_dropout(v, binder)
        if binder.training:
            w.dstate, w.dinput = make("dstate", units), make("dinput", features + 1 + units)
            w.dfused = binder.arena.take(f"{binder.scope}:dfused", fused, binder.dtype)
            w.chunk = min(steps, max(1, CHUNK // (batch * sum(fused[1:]))))
            w.flat_gates = make("flat_gates", rows, w.chunk)
            w.flat_inputs = make("flat_inputs", fused[2], w.chunk)
        self._bind_cell(w, make, binder.training)

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
        w.keep = binder.constant(np.full((1, 1, 1), scale, binder.dtype))

    def _in_time(self, rows: Array) -> Array:
        """Return (M, B, T, F) as (M, T, F, B) in the order that this layer visits."""
        return by_step(rows)[:, ::-1] if self.reverse else by_step(rows)

    # ------------------------------------------------------------------ forward

    def forward(self, v: Views, training: bool) -> None:
        w, ops = v.work, v.ops
        self._fuse(v)
        x, one = w.features, w.features + 1
        ops.copy(self._in_time(v.x), w.inputs[:, :, :x])
        ops.copy(w.one, w.inputs[:, :, x:one])
        if w.bits is not None:
            ops.launch(mask_bits, w.bits, w.keys, w.seed, w.words)
        self._begin(v)
        for t in range(w.steps):
            self._feed(v, w.states[:, t], w.inputs[:, t, one:])
            ops.gemm(w.fused, w.inputs[:, t], self._gates(w, t))
            self._step(v, t)
            self._pad(v, t)
        for state, place in zip(self._carried(w, w.steps), w.carry, strict=False):
            ops.copy(state, place)
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

    def _gates(self, w: SimpleNamespace, t: int) -> Array:
        """Return the gates of a step as one matrix (M, G H, B)."""
        gates = w.kept[:, t, : len(self.gates)]
        return gates.reshape(gates.shape[0], len(self.gates) * self.units, gates.shape[-1])

    def _feed(self, v: Views, state: Array, out: Array) -> None:
        """Hand a state on, or the gradient back, through dropout."""
        w = v.work
        if w.bits is None:
            if state is not out:
                v.ops.copy(state, out)
        else:
            v.ops.launch(masked, out, state, w.bits, w.threshold, w.keep)

    def _fuse(self, v: Views) -> None:
        """Write the parameters into the fused matrix."""
        w, ops = v.work, v.ops
        for part, place in self._parts(v.params, w.fused, w.features):
            ops.copy(w.zero if part is None else part.swapaxes(1, 2), place)
        ops.launch(multiply, w.fused, w.fused, w.scale)

    def _parts(
        self, named: SimpleNamespace, fused: Array, features: int
    ) -> list[tuple[Array, Array]]:
        """Return pairs of a part of a parameter (M, k, H), or None, and its place (M, H, k)."""
        units, result = self.units, []
        for k, gate in enumerate(self.gates):
            place = fused[:, k * units : (k + 1) * units]
            (bias, j), one = gate.bias, features + 1
            for name, block, columns in (
                ("W", gate.w, slice(0, features)),
                (bias, j, slice(features, one)),
                ("U", gate.u, slice(one, None)),
            ):
                part = None
                if block is not None:
                    part = getattr(named, name)[:, :, block * units : (block + 1) * units]
                result.append((part, place[:, :, columns]))
        return result

    # ------------------------------------------------------------------ backward

    def backward(self, v: Views) -> None:
        w, ops = v.work, v.ops
        dy = self._in_time(v.dy)
        starts = range(0, w.steps, w.chunk)
        for start in reversed(starts):
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
                self._input_gradient(v, t)
            self._weight_gradient(v, start, stop)
        ops.launch(multiply, w.dfused, w.dfused, w.scale)
        for part, place in self._parts(v.grads, w.dfused, w.features):
            if part is not None:
                ops.copy(place.swapaxes(1, 2), part)

    def _starts(self, w: SimpleNamespace, t: int) -> bool:
        """Whether no gradient goes from step t to the one visited before.

        Stretches are those of the sequence in both directions, so that padding moves none.
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
        later = w.dinput[:, w.features + 1 :]
        self._feed(v, later, later)
        direct = self._direct(w, t + 1)
        if direct is None:
            ops.launch(add, w.dstate, later, dy)
        else:
            ops.launch(add_three, w.dstate, later, direct, dy)

    def _input_gradient(self, v: Views, t: int) -> None:
        """Take the gates' gradient back to the state before and, where wanted, to x."""
        w, ops = v.work, v.ops
        if v.dx is not None:
            ops.gemm(w.fused, self._gates(w, t), w.dinput, trans_a=True)
            ops.copy(w.dinput[:, : w.features], self._in_time(v.dx)[:, t])
        elif not self._starts(w, t):
            before = slice(w.features + 1, None)
            gates = self._gates(w, t)
            ops.gemm(w.fused[:, :, before], gates, w.dinput[:, before], trans_a=True)

    def _weight_gradient(self, v: Views, start: int, stop: int) -> None:
        """Add the share of some steps to the gradient of the fused matrix."""
        w, ops, n = v.work, v.ops, stop - start
        rows, columns = w.fused.shape[1:]
        models, batch = w.kept.shape[0], w.kept.shape[-1]
        size = n * batch
        gates = w.flat_gates.reshape(models, -1)[:, : rows * size]
        inputs = w.flat_inputs.reshape(models, -1)[:, : columns * size]
        gates, inputs = (
            flat.reshape(models, k, n, batch) for flat, k in ((gates, rows), (inputs, columns))
        )
        kept = w.kept[:, start:stop, : len(self.gates)].reshape(models, n, rows, batch)
        ops.copy(kept.swapaxes(1, 2), gates)
        ops.copy(w.inputs[:, start:stop].swapaxes(1, 2), inputs)
        ops.gemm(
            gates.reshape(models, rows, size),
            inputs.reshape(models, columns, size),
            w.dfused,
            trans_b=True,
            accumulate=stop < w.steps,
        )

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
