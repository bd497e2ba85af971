"""Gated recurrent units."""

from __future__ import annotations

from types import SimpleNamespace

from skdeep.backend.base import Array
from skdeep.kernels.arithmetic import multiply
from skdeep.kernels.gates import gru_factors, gru_step, half_open, squash
from skdeep.nn.core.spec import Param, Views
from skdeep.nn.initializers import Constant
from skdeep.nn.recurrent.fused_weights import Gate
from skdeep.nn.recurrent.recurrent import Recurrent


class GRU(Recurrent):
    """Gated recurrent unit; the reset gate acts on the state's part of the candidate.

    The columns of W (F, 3 H), U (H, 3 H) and b (1, 3 H) belong to the reset and update gates and
    to the candidate, in this order; c (1, H) is the bias inside the reset gate. This is the form
    that libraries compute (cuDNN's).

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
    Cho, van Merrienboer, Gulcehre, Bahdanau, Bougares, Schwenk and Bengio (2014). Learning phrase
    representations using RNN encoder-decoder for statistical machine translation. EMNLP.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import GRU
    >>> from skdeep.testing import run_layer
    >>> run_layer(GRU(8), np.ones((4, 7, 3))).shape
    (4, 7, 8)
    """

    # The candidate's two shares are gates of their own, the state's first and the input's last.
    gates = (
        Gate(None, 2, ("c", 0)),
        Gate(0, 0, ("b", 0), 0.5),
        Gate(1, 1, ("b", 1), 0.5),
        Gate(2, None, ("b", 2)),
    )
    blocks = 3
    slots = 5  # the candidate's inner share, r, u, the candidate; in backward the state before

    def _biases(self) -> dict[str, Param]:
        inner = Param((1, self.units), "bias", Constant(), (self.units, self.units))
        return {**super()._biases(), "c": inner}

    def _step(self, v: Views, t: int) -> None:
        w, ops = v.work, v.ops
        gates = w.kept[:, t, 1:3]
        ops.launch(squash, gates, gates)
        ops.launch(half_open, gates, gates)
        inner, r, u, n = (w.kept[:, t, k] for k in range(4))
        ops.launch(gru_step, (n, w.states[:, t + 1]), r, u, inner, n, w.states[:, t])

    def _factors(self, v: Views, start: int, stop: int) -> None:
        arrays = [v.work.kept[:, start:stop, k] for k in range(5)]
        inputs = (*arrays[:4], v.work.states[:, start:stop])
        v.ops.launch(gru_factors, tuple(arrays), *inputs)

    def _step_back(self, v: Views, t: int) -> None:
        models, units, batch = v.work.dstate.shape
        factors = v.work.kept[:, t]
        dstate = v.work.dstate.reshape(models, 1, units, batch)
        v.ops.launch(multiply, factors, factors, dstate)

    def _direct(self, w: SimpleNamespace, t: int) -> Array:
        return w.kept[:, t, 4]
