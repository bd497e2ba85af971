"""A loss of steps that also learns where sequences end."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from skdeep.nn.losses import LogisticLogLoss, Loss


@dataclass(frozen=True)
class EndedLoss(Loss):
    """A loss of a step's channels, and binary cross-entropy of whether the sequence ends there.

    The last logit is that of the end, and so is the last column of the target, 1 or 0.

    Parameters
    ----------
    loss : Loss
        Loss of numbers.

    Examples
    --------
    >>> from skdeep.nn import SquaredError
    >>> from skdeep.nn.ended_loss import EndedLoss
    >>> from skdeep.testing import run_loss
    >>> value, output = run_loss(EndedLoss(SquaredError()), [[2.0, 0.0]], [[1.0, 1.0]])
    >>> round(value, 3), output.tolist()
    (1.193, [[2.0, 0.5]])
    """

    loss: Loss

    @property
    def out_activation(self) -> str:  # type: ignore[override]
        return self.loss.out_activation

    @property
    def meaning(self) -> tuple[Any, ...]:
        return (*self.loss.meaning, "end")

    def n_logits(self, n_outputs):
        return self.loss.n_logits(n_outputs) + 1

    def n_targets(self, n_logits):
        return self.loss.n_targets(n_logits - 1) + 1

    def bind(self, binder, n_logits):
        return SimpleNamespace(
            steps=self.loss.bind(binder, n_logits - 1), end=LogisticLogLoss().bind(binder, 1)
        )

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        own = (z[:, :-1], target[:, :-1], w, value[:, :-1], delta[:, :-1])
        self.loss.value_and_delta(ops, *own, work.steps)
        end = (z[:, -1:], target[:, -1:], w, value[:, -1:], delta[:, -1:])
        LogisticLogLoss().value_and_delta(ops, *end, work.end)

    def output(self, ops, z, out, work):
        self.loss.output(ops, z[:, :-1], out[:, :-1], work.steps)
        LogisticLogLoss().output(ops, z[:, -1:], out[:, -1:], work.end)
