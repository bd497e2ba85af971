"""Batch normalisation."""

from __future__ import annotations

import numpy as np

from skdeep.kernels import normalization as bodies
from skdeep.nn.binder import Binder
from skdeep.nn.initializers import Constant
from skdeep.nn.layer import Layer, Param, Shape, Spec, Views, Work, rows_only


class BatchNorm(Layer):
    """Normalise each feature over the rows of a batch, then scale and shift it.

    Training uses the batch's mean and (biased) variance and moves the running statistics a
    step of size `momentum` towards them, the variance with ``B / (B - 1)``. Everything else
    uses the running statistics: prediction, noisy forward passes of a program that is bound
    for prediction (Monte-Carlo dropout must not change the model), and a training batch of a
    single row, which has no variance to normalise by; it leaves the running statistics alone.

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
    """

    def __init__(
        self, momentum: float = 0.1, epsilon: float = 1e-5, name: str | None = None
    ) -> None:
        if not 0 < momentum <= 1:
            raise ValueError(f"the momentum of BatchNorm must be in (0, 1], got {momentum!r}")
        if not epsilon > 0:
            raise ValueError(f"the epsilon of BatchNorm must be positive, got {epsilon!r}")
        self.momentum, self.epsilon, self.name = momentum, epsilon, name

    def build(self, in_shape: Shape) -> Spec:
        row = (1, rows_only(self, in_shape))
        params = {
            "scale": Param(row, "scale", Constant(1.0)),
            "shift": Param(row, "bias", Constant(0.0)),
            "mean": Param(row, "state", Constant(0.0)),
            "variance": Param(row, "state", Constant(1.0)),
        }
        work = {key: Work(row, per_row=False) for key in ("mean", "squares", "inverse")}
        traits = frozenset({"batch"})
        return Spec(in_shape, params, work, keeps=frozenset("x"), traits=traits)

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        # With no share of the batch's sums the backward body is that of fixed statistics.
        share = 1 / binder.batch if binder.batch > 1 else 0.0
        numbers = {"share": share, "momentum": self.momentum, "epsilon": self.epsilon}
        for key, number in numbers.items():
            setattr(v.work, key, binder.constant(np.full((1, 1, 1), number, binder.dtype)))
        if binder.training:
            v.work.part = v.dx
            if v.dx is None:
                v.work.part = binder.rows(f"{binder.scope}:part", spec.out_shape)

    def forward(self, v: Views, training: bool) -> None:
        p, w = v.params, v.work
        if not training or v.dy is None:
            inputs = (p.mean, p.variance, p.scale, p.shift, w.epsilon)
            v.ops.launch(bodies.normalised_by_variance, v.y, v.x, *inputs)
            return
        if v.x.shape[1] > 1:
            self._batch_statistics(v)
        else:
            v.ops.copy(p.mean, w.mean)
            v.ops.launch(bodies.inverse_deviation, w.inverse, p.variance, w.epsilon)
        v.ops.launch(bodies.normalised, v.y, v.x, w.mean, w.inverse, p.scale, p.shift)

    def _batch_statistics(self, v: Views) -> None:
        """Write mean and deviation in two passes, since one pass cancels far from zero."""
        ops, p, w = v.ops, v.params, v.work
        ops.reduce(v.x, w.mean, axis=1)
        ops.launch(bodies.scaled, w.mean, w.mean, w.share)
        ops.launch(bodies.squared_deviation, v.y, v.x, w.mean)
        ops.reduce(v.y, w.squares, axis=1)
        ops.launch(bodies.inverse_from_squares, w.inverse, w.squares, w.share, w.epsilon)
        inputs = (p.mean, p.variance, w.mean, w.squares, w.momentum, w.share)
        ops.launch(bodies.running, (p.mean, p.variance), *inputs)

    def backward(self, v: Views) -> None:
        ops, g, w = v.ops, v.grads, v.work
        ops.reduce(v.dy, g.shift, axis=1)
        ops.launch(bodies.scale_terms, w.part, v.dy, v.x, w.mean, w.inverse)
        ops.reduce(w.part, g.scale, axis=1)
        if v.dx is not None:
            inputs = (w.mean, w.inverse, v.params.scale, g.shift, g.scale, w.share)
            ops.launch(bodies.batch_norm_backward, v.dx, v.dy, v.x, *inputs)
