"""The simple recurrent network."""

from __future__ import annotations

from skdeep.kernels.arithmetic import multiply
from skdeep.kernels.gates import squash, tanh_slope
from skdeep.nn.core.spec import Views
from skdeep.nn.recurrent.fused_weights import Gate
from skdeep.nn.recurrent.recurrent import Recurrent


class RNN(Recurrent):
    """Simple recurrent network: ``h_t = tanh(x_t W + h_{t-1} U + b)``.

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
    Elman (1990). Finding structure in time. Cognitive Science 14.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import RNN
    >>> from skdeep.testing import run_layer
    >>> run_layer(RNN(8), np.ones((4, 7, 3))).shape
    (4, 7, 8)
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
