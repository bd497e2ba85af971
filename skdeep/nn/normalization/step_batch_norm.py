"""Batch normalisation of sequences of any length."""

from __future__ import annotations

from functools import partial

from skdeep.kernels.arithmetic import multiply
from skdeep.kernels.step_pooling import part_of
from skdeep.nn.conv.masked_steps import MaskedSteps
from skdeep.nn.conv.per_pixel import PerPixel
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import steps_only
from skdeep.nn.core.spec import Shape, Spec, Views
from skdeep.nn.normalization.batch_norm import BatchNorm


class StepBatchNorm(PerPixel):
    """Normalise each feature over the steps of all sequences of a batch, then scale and shift it.

    What :class:`BatchNorm` does with samples, for sequences (T, F). Training uses mean and variance
    over the steps that are there, not the padding behind shorter sequences; each step counts by the
    weight of its sequence. Prediction uses the running statistics.

    Parameters
    ----------
    momentum : float
        Weight of the newest batch in the running statistics, in (0, 1].
    epsilon : float
        Added to the variance, positive.
    name : str or None
        Name within the parent.

    References
    ----------
    Ioffe and Szegedy (2015). Batch normalization. ICML.

    Examples
    --------
    >>> from skdeep.nn import StepBatchNorm
    >>> from skdeep.testing import run_layer
    >>> run_layer(StepBatchNorm(), [[[1.0], [3.0]]], training=True)
    array([[[-1.],
            [ 1.]]])
    """

    reads = "sequences"

    def __init__(
        self, momentum: float = 0.1, epsilon: float = 1e-5, name: str | None = None
    ) -> None:
        super().__init__(BatchNorm(momentum, epsilon), name)
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, in_shape: Shape) -> Spec:
        steps_only(self, in_shape)
        return super().build(in_shape)

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        v.work.there = MaskedSteps(v, binder, None)
        v.children["steps"] = v.work.there.views
        steps, one = v.children["steps"], (binder.store.n_models, 1, 1)
        steps.work.steps_weigh = binder.arena.summed(f"{binder.scope}:steps", one, binder.dtype)
        super().bind(spec, steps, binder)

    def forward(self, v: Views, training: bool) -> None:
        v.work.there.load(v)
        super().forward(v.children["steps"], training)

    def backward(self, v: Views) -> None:
        super().backward(v.children["steps"])
        v.work.there.store(v)

    def _weigh(self, v: Views) -> None:
        if v.valid is None:
            super()._weigh(v)
            return
        w, ops, (models, batch) = v.work, v.ops, v.x.shape[:2]
        ops.launch(multiply, w.row_weight, v.weight.reshape(models, batch, 1), v.valid)
        rows = w.row_weight.reshape(models, 1, -1)
        ops.reduce(rows, w.steps_weigh.own, axis=2)
        ops.together(partial(w.steps_weigh.add_up, ops))
        ops.launch(part_of, rows, rows, w.steps_weigh.total)
