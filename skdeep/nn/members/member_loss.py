"""The mean loss of the members of an ensemble."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from skdeep.kernels.arithmetic import multiply
from skdeep.nn.losses import Loss


@dataclass(frozen=True)
class MemberLoss(Loss):
    """The mean of the losses of k members, whose logits stand side by side: (k * K,).

    Each member learns to predict by itself. (The loss of the mean prediction would let them lean on
    each other, which predicts worse.) All have the same targets.

    Parameters
    ----------
    loss : Loss
        Loss of a member.
    n_members : int
        Number of members k.

    References
    ----------
    Gorishniy, Kotelnikov and Babenko (2025). TabM: advancing tabular deep learning with
    parameter-efficient ensembling. ICLR.

    Examples
    --------
    >>> from skdeep.nn import MemberLoss, SquaredError
    >>> from skdeep.testing import run_loss
    >>> value, output = run_loss(MemberLoss(SquaredError(), 2), [[1.0, 3.0]], [2.0])
    >>> value, output.tolist()
    (0.5, [[1.0, 3.0]])
    """

    loss: Loss
    n_members: int

    @property
    def targets(self) -> str:  # type: ignore[override]
        return self.loss.targets

    @property
    def out_activation(self) -> str:  # type: ignore[override]
        return self.loss.out_activation

    @property
    def n_outputs(self) -> int:
        """Number of outputs that the value is a mean over, as it is of the loss inside."""
        return int(getattr(self.loss, "n_outputs", 1))

    @property
    def meaning(self) -> tuple[Any, ...]:
        return (*self.loss.meaning, self.n_members)

    def n_logits(self, n_outputs):
        return self.n_members * self.loss.n_logits(n_outputs)

    def n_targets(self, n_logits):
        return self.loss.n_targets(n_logits // self.n_members)

    def bind(self, binder, n_logits):
        shape = (binder.store.n_models, 1, binder.batch)
        share = np.full((1, 1, 1), 1 / self.n_members, binder.dtype)
        # Members are computed one after the other, so that they may share buffers.
        return SimpleNamespace(
            each=self.loss.bind(binder, n_logits // self.n_members),
            weight=binder.arena.take("loss:weight", shape, binder.dtype),
            share=binder.constant(share),
        )

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        ops.launch(multiply, work.weight, w, work.share)
        for cut in self._cuts(z.shape[1]):
            each = (z[:, cut], target, work.weight, value[:, cut], delta[:, cut])
            self.loss.value_and_delta(ops, *each, work.each)

    def output(self, ops, z, out, work):
        for cut in self._cuts(z.shape[1]):
            self.loss.output(ops, z[:, cut], out[:, cut], work.each)

    def _cuts(self, n_logits: int) -> Iterator[slice]:
        """Return where the logits of each member are."""
        width = n_logits // self.n_members
        return (slice(k * width, (k + 1) * width) for k in range(self.n_members))
