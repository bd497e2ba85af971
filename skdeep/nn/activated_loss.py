"""A loss of what an activation makes of the logits."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels.losses import OUTPUT_ACTIVATIONS
from skdeep.nn.core.binder import Binder
from skdeep.nn.losses import Loss


@dataclass(frozen=True)
class ActivatedLoss(Loss):
    """A loss of predictions ``shift + factor f(z)``, so that they stay within bounds.

    Parameters
    ----------
    loss : Loss
        Loss of the predictions, one that has no link of its own.
    function : {"logistic", "softplus", "tanh"}
        What f is.
    shift, factor : tuple of float, or tuple of such
        A number for each of K logits; or such a tuple for each model.

    Examples
    --------
    >>> from skdeep.nn.activated_loss import ActivatedLoss
    >>> from skdeep.nn import SquaredError
    >>> from skdeep.testing import run_loss
    >>> loss = ActivatedLoss(SquaredError(), "logistic", shift=(10.0,), factor=(5.0,))
    >>> value, output = run_loss(loss, [[0.0], [2.0]], [12.5, 15.0])
    >>> round(value, 3), output.round(3).tolist()
    (0.089, [[12.5], [14.404]])
    """

    loss: Loss
    function: str
    shift: tuple[Any, ...]
    factor: tuple[Any, ...]
    per_model = ("shift", "factor")

    @property
    def out_activation(self) -> str:  # type: ignore[override]
        return self.function

    @property
    def n_outputs(self) -> int:
        """Number of outputs that the value is a mean over, as it is of the loss inside."""
        return int(getattr(self.loss, "n_outputs", 1))

    @property
    def meaning(self) -> tuple[Any, ...]:
        return (self.function, self.shift, self.factor)

    def n_logits(self, n_outputs):
        return self.loss.n_logits(n_outputs)

    def n_targets(self, n_logits):
        return self.loss.n_targets(n_logits)

    def bind(self, binder, n_logits):
        shape = (binder.store.n_models, n_logits, binder.batch)
        return SimpleNamespace(
            shift=_columns(binder, self.shift),
            factor=_columns(binder, self.factor),
            output=binder.arena.take("loss:output", shape, binder.dtype),
            work=self.loss.bind(binder, n_logits),
        )

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        self.output(ops, z, work.output, work)
        self.loss.value_and_delta(ops, work.output, target, w, value, delta, work.work)
        ops.launch(OUTPUT_ACTIVATIONS[self.function][1], delta, delta, z, work.factor)

    def output(self, ops, z, out, work):
        ops.launch(OUTPUT_ACTIVATIONS[self.function][0], out, z, work.shift, work.factor)


def _columns(binder: Binder, numbers: tuple[Any, ...]) -> Array:
    """Return numbers of logits, or of models and logits, as (1 or M, K, 1)."""
    held = np.array(numbers, float)
    held = binder.store.own(held) if held.ndim == 2 else held[None]
    return binder.constant(np.ascontiguousarray(held[:, :, None].astype(binder.dtype)))
