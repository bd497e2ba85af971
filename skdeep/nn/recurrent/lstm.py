"""Long short-term memory."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels.arithmetic import add, multiply
from skdeep.kernels.gates import half_open, lstm_factors, lstm_step, squash
from skdeep.nn.core.spec import Param, Views
from skdeep.nn.initializers import Initializer
from skdeep.nn.recurrent.fused_weights import Gate
from skdeep.nn.recurrent.recurrent import Recurrent


@dataclass(frozen=True)
class OpenForgetGate(Initializer):
    """Zeros, and ones for the forget gates, which then let gradients pass at first."""

    def __call__(self, random, shape, fans):
        bias = np.zeros(shape)
        bias[:, 2 * fans[1] : 3 * fans[1]] = 1.0
        return bias


class LSTM(Recurrent):
    """Long short-term memory, with forget gates that start open.

    The columns of W (F, 4 H), U (H, 4 H) and b (1, 4 H) belong to the output, input and forget
    gates and to the candidate, in this order.

    Parameters
    ----------
    units : int
        Width H of the state.
    dropout : float
        Probability in [0, 1) with which each unit of the state is hidden from the gates, the same
        ones in all steps of a sequence.
    reverse : bool
        Whether to run from the last step to the first.
    truncate : int or None
        Number of steps between which gradients of the state pass; None: all steps.
    weight_init, state_init : Initializer
        How the weights of inputs, and the block of each gate in the weights of the state, start.
    name : str or None
        Name within the parent.

    References
    ----------
    Hochreiter and Schmidhuber (1997). Long short-term memory. Neural Computation 9.

    Jozefowicz, Zaremba and Sutskever (2015). An empirical exploration of recurrent network
    architectures. ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import LSTM
    >>> from skdeep.testing import run_layer
    >>> run_layer(LSTM(8), np.ones((4, 7, 3))).shape
    (4, 7, 8)
    """

    gates = tuple(Gate(k, k, ("b", k), scale) for k, scale in enumerate((0.5, 0.5, 0.5, 1.0)))
    blocks = 4
    slots = 6  # the new cell's tanh, o, i, f, g, and the cell before: neighbours work together
    first_gate = 1
    carries = ("h", "c")

    def _biases(self) -> dict[str, Param]:
        shape = (1, 4 * self.units)
        return {"b": Param(shape, "bias", OpenForgetGate(), (self.units, self.units))}

    def _bind_cell(self, w: SimpleNamespace, make: Any, training: bool) -> None:
        w.pair = make("pair", 2, self.units)

    def _step(self, v: Views, t: int) -> None:
        w, ops = v.work, v.ops
        kept = w.kept[:, t]
        sums, logistic = kept[:, 1:5], kept[:, 1:4]
        ops.launch(squash, sums, sums)
        ops.launch(half_open, logistic, logistic)
        ops.launch(multiply, w.pair, kept[:, 2:4], kept[:, 4:])  # i g, f c
        outs = (w.kept[:, t + 1, 5], kept[:, 0], w.states[:, t + 1])
        ops.launch(lstm_step, outs, w.pair[:, 0], w.pair[:, 1], kept[:, 1])

    def _carried(self, w: SimpleNamespace, t: int) -> list[Array]:
        return [w.states[:, t], w.kept[:, t, 5]]

    def _forget(self, v: Views, t: int) -> None:
        v.ops.copy(v.work.zero, v.work.kept[:, t, 5])

    def _factors(self, v: Views, start: int, stop: int) -> None:
        arrays = tuple(v.work.kept[:, start:stop, k] for k in range(6))
        v.ops.launch(lstm_factors, arrays, *arrays, v.work.states[:, start + 1 : stop + 1])

    def _step_back(self, v: Views, t: int) -> None:
        w, ops = v.work, v.ops
        models, units, batch = w.dstate.shape
        by_state, by_cell = w.kept[:, t, :2], w.kept[:, t, 2:]
        ops.launch(multiply, by_state, by_state, w.dstate.reshape(models, 1, units, batch))
        dcell = w.kept[:, t, :1]
        ops.launch(add, dcell, dcell, w.kept[:, t + 1, 5:])
        ops.launch(multiply, by_cell, by_cell, dcell)

    def _carried_gradients(self, w: SimpleNamespace, t: int) -> list[Array]:
        return [w.dstate, w.kept[:, t + 1, 5]]
