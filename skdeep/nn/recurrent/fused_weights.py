"""The weights of all gates of a recurrent layer as one matrix, and their gradients."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels.arithmetic import multiply
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.spec import Views


class Gate(NamedTuple):
    """Columns of W, U and a bias that make one gate (H, B) of a step; None stands for zeros.

    ``scale`` multiplies its sum in forward: 1/2 where tanh computes a logistic function. Gradients
    are by the sum itself.
    """

    w: int | None
    u: int | None
    bias: tuple[str, int]
    scale: float = 1.0


class FusedWeights:
    """Matrices of a bound layer: of gates that read the state, and of those that do not.

    Attributes
    ----------
    stateful, blind : int
        Numbers of gates that read the state, and of those that do not read x.
    fused, dfused : pair of arrays
        Weights (M, G H, F + 1 + H) and (M, G' H, F + 1) by which the inputs of a step are
        multiplied, and their gradients.
    state_back, x_back : Array
        Weights by which gradients go back to the state and to x.
    """

    def __init__(self, gates: Sequence[Gate], units: int, features: int, binder: Binder) -> None:
        self.gates, self.units, self.features = gates, units, features
        self.stateful = sum(gate.u is not None for gate in gates)
        self.blind = sum(gate.w is None for gate in gates)
        models, one = binder.store.n_models, features + 1
        head, tail = self.stateful * units, (len(gates) - self.stateful) * units

        def take(name: str, rows: int, columns: int) -> Array:
            shape = (models, rows, columns)
            return binder.arena.take(f"{binder.scope}:{name}", shape, binder.dtype)

        self.fused = take("fused", head, one + units), take("fused_tail", tail, one)
        scales = np.repeat([gate.scale for gate in gates], units).astype(binder.dtype)
        self.scale = binder.constant(scales[None, :, None])
        self.zero = binder.constant(np.zeros((1, 1, 1), binder.dtype))
        if binder.training:
            self.dfused = take("dfused", head, one + units), take("dtail", tail, one)
            self.state_back = take("state_back", units, head)
            self.x_back = take("x_back", features, (len(gates) - self.blind) * units)

    def fuse(self, v: Views) -> None:
        """Write the parameters into the fused matrices."""
        ops = v.ops
        for part, place in self._parts(v.params, self.fused):
            ops.copy(self.zero if part is None else part.swapaxes(1, 2), place)
        edge = self.stateful * self.units
        scales = self.scale[:, :edge], self.scale[:, edge:]
        halves = (self.gates[: self.stateful], self.gates[self.stateful :])
        for matrix, scale, gates in zip(self.fused, scales, halves, strict=True):
            if any(gate.scale != 1 for gate in gates):
                ops.launch(multiply, matrix, matrix, scale)

    def turn(self, v: Views) -> None:
        """Copy the weights that gradients go back through, in the order of the gates."""
        units = self.units
        pairs = [("U", self.state_back, [gate.u for gate in self.gates if gate.u is not None])]
        if v.dx is not None:
            pairs.append(("W", self.x_back, [gate.w for gate in self.gates if gate.w is not None]))
        for name, place, blocks in pairs:
            for k, block in enumerate(blocks):
                part = getattr(v.params, name)[:, :, block * units : (block + 1) * units]
                v.ops.copy(part, place[:, :, k * units : (k + 1) * units])

    def write_gradients(self, v: Views) -> None:
        """Write the gradients of the fused matrices as those of the parameters."""
        for part, place in self._parts(v.grads, self.dfused):
            if part is not None:
                v.ops.copy(place.swapaxes(1, 2), part)

    def _parts(
        self, named: SimpleNamespace, fused: tuple[Array, Array]
    ) -> list[tuple[Array, Array]]:
        """Return pairs of a part of a parameter (M, k, H), or None, and its place (M, H, k)."""
        units, one, result = self.units, self.features + 1, []
        for k, gate in enumerate(self.gates):
            stateful = k < self.stateful
            matrix, row = (fused[0], k) if stateful else (fused[1], k - self.stateful)
            place = matrix[:, row * units : (row + 1) * units]
            (bias, j) = gate.bias
            parts = [("W", gate.w, slice(0, self.features)), (bias, j, slice(self.features, one))]
            parts += [("U", gate.u, slice(one, None))] if stateful else []
            for name, block, columns in parts:
                part = None
                if block is not None:
                    part = getattr(named, name)[:, :, block * units : (block + 1) * units]
                result.append((part, place[:, :, columns]))
        return result
