"""The simple recurrent network."""

from __future__ import annotations

from skdeep.kernels.arithmetic import multiply
from skdeep.kernels.gates import squash, tanh_slope
from skdeep.nn.core.spec import Views
from skdeep.nn.recurrent.recurrent import Gate, Recurrent


class RNN(Recurrent):
    """Simple recurrent network: ``h_t = tanh(x_t W + h_{t-1} U + b)``.

    Parameters as :class:`Recurrent`.

    References
    ----------
    Elman (1990). Finding structure in time. Cognitive Science 14.
    """

    gates = (Gate(0, 0, ("b", 0)),)
    blocks = 1
    slots = 1

    def _step(self, v: Views, t: int) -> None:
        # Masking works on the states, backward on the values before it.
        values = v.work.kept[:, t, 0]
        v.ops.launch(squash, values, values)
        v.ops.copy(values, v.work.states[:, t + 1])

    def _factors(self, v: Views, start: int, stop: int) -> None:
        values = v.work.kept[:, start:stop, 0]
        v.ops.launch(tanh_slope, values, values)

    def _step_back(self, v: Views, t: int) -> None:
        factors = v.work.kept[:, t, 0]
        v.ops.launch(multiply, factors, factors, v.work.dstate)
