"""A loss of steps that also learns how long sequences are."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from skdeep.nn.losses import Loss, SquaredError


@dataclass(frozen=True)
class SizedLoss(Loss):
    """A loss of a step's channels, and half the squared error of one number behind them.

    That number is about the whole sequence, such as its length; it is the last logit, and the last
    column of the target.

    Parameters
    ----------
    loss : Loss
        Loss of the channels.

    Examples
    --------
    >>> from skdeep.nn import LogisticLogLoss
    >>> from skdeep.nn.sized_loss import SizedLoss
    >>> from skdeep.testing import run_loss
    >>> value, output = run_loss(SizedLoss(LogisticLogLoss()), [[0.0, 3.0]], [[1.0, 1.0]])
    >>> round(value, 3), output.tolist()
    (2.693, [[0.5, 3.0]])
    """

    loss: Loss

    @property
    def out_activation(self) -> str:  # type: ignore[override]
        return self.loss.out_activation

    @property
    def meaning(self) -> tuple[Any, ...]:
        return (*self.loss.meaning, "length")

    def n_logits(self, n_outputs):
        return self.loss.n_logits(n_outputs) + 1

    def n_targets(self, n_logits):
        return self.loss.n_targets(n_logits - 1) + 1

    def bind(self, binder, n_logits):
        return SimpleNamespace(
            steps=self.loss.bind(binder, n_logits - 1), length=SquaredError().bind(binder, 1)
        )

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        own = (z[:, :-1], target[:, :-1], w, value[:, :-1], delta[:, :-1])
        self.loss.value_and_delta(ops, *own, work.steps)
        length = (z[:, -1:], target[:, -1:], w, value[:, -1:], delta[:, -1:])
        SquaredError().value_and_delta(ops, *length, work.length)

    def output(self, ops, z, out, work):
        self.loss.output(ops, z[:, :-1], out[:, :-1], work.steps)
        if out is not z:
            ops.copy(z[:, -1:], out[:, -1:])
