"""A loss of which some outputs of a row may be missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from skdeep.kernels.arithmetic import multiply
from skdeep.nn.losses import Loss


@dataclass(frozen=True)
class ObservedLoss(Loss):
    """A loss that counts the outputs of a row that are there; others have no slope.

    Targets are twice as many columns as those of the loss inside: what stands there, then 1 where
    that counts and 0 where it is missing.

    Parameters
    ----------
    loss : Loss
        Loss of numbers.

    Examples
    --------
    >>> from skdeep.nn import SquaredError
    >>> from skdeep.nn.observed_loss import ObservedLoss
    >>> from skdeep.testing import run_loss
    >>> value, _ = run_loss(ObservedLoss(SquaredError(2)), [[1.0, 7.0]], [[0.0, 0.0, 1.0, 0.0]])
    >>> value
    0.25
    """

    loss: Loss

    @property
    def out_activation(self) -> str:  # type: ignore[override]
        return self.loss.out_activation

    @property
    def meaning(self) -> tuple[Any, ...]:
        return self.loss.meaning

    def n_logits(self, n_outputs):
        return self.loss.n_logits(n_outputs)

    def n_targets(self, n_logits):
        return 2 * self.loss.n_targets(n_logits)

    def bind(self, binder, n_logits):
        return self.loss.bind(binder, n_logits)

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        n = target.shape[1] // 2
        self.loss.value_and_delta(ops, z, target[:, :n], w, value, delta, work)
        for array in (value, delta):
            for begin in range(0, array.shape[1], n):
                part = array[:, begin : begin + n]
                ops.launch(multiply, part, part, target[:, n:])

    def output(self, ops, z, out, work):
        self.loss.output(ops, z, out, work)
