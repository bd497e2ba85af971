"""Batch normalisation."""

from __future__ import annotations

import numpy as np

from skdeep.kernels import normalization as bodies
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, rows_only
from skdeep.nn.core.layer_fields import check_numbers
from skdeep.nn.core.spec import Param, Shape, Spec, Views, Work
from skdeep.nn.initializers import Constant


class BatchNorm(Layer):
    """Normalise each feature over the samples of a batch, then scale and shift it.

    Training uses the batch's mean and variance, in which samples count by their weights, and moves
    the running statistics a step of size `momentum` towards them. Prediction uses the running
    statistics, and so does a training batch of a single sample, which has no variance to normalise
    by; it leaves the running statistics alone, as does a batch whose samples all weigh nothing.

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
    >>> from skdeep.nn import BatchNorm
    >>> from skdeep.testing import run_layer
    >>> run_layer(BatchNorm(), [[1.0], [3.0]], training=True)
    array([[-1.],
           [ 1.]])
    """

    def __init__(
        self, momentum: float = 0.1, epsilon: float = 1e-5, name: str | None = None
    ) -> None:
        check_numbers(self, "in (0, 1]", lambda share: 0 < share <= 1, momentum=momentum)
        check_numbers(self, "positive", lambda number: number > 0, epsilon=epsilon)
        self.momentum, self.epsilon, self.name = momentum, epsilon, name

    def build(self, in_shape: Shape) -> Spec:
        row = (1, rows_only(self, in_shape))
        params = {
            "scale": Param(row, "scale", Constant(1.0)),
            "shift": Param(row, "bias", Constant(0.0)),
            "mean": Param(row, "state", Constant(0.0)),
            "variance": Param(row, "state", Constant(1.0)),
        }
        work = {key: Work(row, per_row=False) for key in ("mean", "variance", "inverse")}
        work["total"] = Work((1, 1), per_row=False)
        traits = frozenset({"batch"})
        return Spec(in_shape, params, work, keeps=frozenset("x"), traits=traits)

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        for key in ("momentum", "epsilon"):
            number = np.full((1, 1, 1), getattr(self, key), binder.dtype)
            setattr(v.work, key, binder.constant(number))
        v.work.fixed = binder.batch == 1 or binder.as_predicted
        if binder.training:
            # A batch without statistics of its own has the backward body of fixed ones.
            v.work.share = v.weight.swapaxes(1, 2)  # (M, B, 1)
            if v.work.fixed:
                v.work.share = binder.constant(np.zeros((1, 1, 1), binder.dtype))
            v.work.part = v.dx
            if v.dx is None:
                v.work.part = binder.rows(f"{binder.scope}:part", spec.out_shape)

    def forward(self, v: Views, training: bool) -> None:
        p, w = v.params, v.work
        if not training:
            inputs = (p.mean, p.variance, p.scale, p.shift, w.epsilon)
            v.ops.launch(bodies.normalised_by_variance, v.y, v.x, *inputs)
            return
        if w.fixed:
            v.ops.copy(p.mean, w.mean)
            v.ops.launch(bodies.inverse_deviation, w.inverse, p.variance, w.epsilon)
        else:
            self._batch_statistics(v)
        v.ops.launch(bodies.normalised, v.y, v.x, w.mean, w.inverse, p.scale, p.shift)

    def _batch_statistics(self, v: Views) -> None:
        """Write mean and deviation in two passes, since one pass cancels far from zero."""
        ops, p, w = v.ops, v.params, v.work
        ops.gemm(v.weight, v.x, w.mean)  # (M, 1, B) x (M, B, F)
        ops.launch(bodies.squared_deviation, v.y, v.x, w.mean)
        ops.gemm(v.weight, v.y, w.variance)
        ops.launch(bodies.inverse_deviation, w.inverse, w.variance, w.epsilon)
        ops.reduce(v.weight, w.total, axis=2)
        inputs = (p.mean, p.variance, w.mean, w.variance, w.momentum, w.total)
        ops.launch(bodies.running, (p.mean, p.variance), *inputs)

    def backward(self, v: Views) -> None:
        ops, g, w = v.ops, v.grads, v.work
        ops.reduce(v.dy, g.shift, axis=1)
        ops.launch(bodies.scale_terms, w.part, v.dy, v.x, w.mean, w.inverse)
        ops.reduce(w.part, g.scale, axis=1)
        if v.dx is not None:
            inputs = (w.mean, w.inverse, v.params.scale, g.shift, g.scale, w.share)
            ops.launch(bodies.batch_norm_backward, v.dx, v.dy, v.x, *inputs)
