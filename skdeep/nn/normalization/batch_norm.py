"""Batch normalisation."""

from __future__ import annotations

from functools import partial

import numpy as np

from skdeep.backend.base import Array
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
        work = {key: Work(row, per_row=False) for key in ("mean", "inverse")}
        traits = frozenset({"batch", "together"})
        return Spec(in_shape, params, work, keeps=frozenset("x"), traits=traits)

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        for key in ("momentum", "epsilon"):
            number = np.full((1, 1, 1), getattr(self, key), binder.dtype)
            setattr(v.work, key, binder.constant(number))
        w, arena = v.work, binder.arena
        w.fixed = (binder.batch == 1 and arena.alone) or binder.as_predicted
        if not binder.training:
            return
        one, row = (binder.store.n_models, 1, 1), (binder.store.n_models, 1, v.x.shape[-1])
        shapes = {"mean": row, "variance": row, "weights": one, "shift": row, "scale": row}
        w.sums = {
            key: arena.summed(f"{binder.scope}:sum of {key}", shape, binder.dtype)
            for key, shape in shapes.items()
        }
        w.mean, w.alone = w.sums["mean"].total, arena.alone
        # A batch without statistics of its own has the backward body of fixed ones.
        w.share = v.weight.swapaxes(1, 2)  # (M, B, 1)
        if w.fixed:
            w.share = binder.constant(np.zeros((1, 1, 1), binder.dtype))
        w.part = v.dx
        if v.dx is None:
            w.part = binder.rows(f"{binder.scope}:part", spec.out_shape)

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
        ops, w, sums = v.ops, v.work, v.work.sums
        ops.gemm(v.weight, v.x, sums["mean"].own)  # (M, 1, B) x (M, B, F)
        ops.reduce(v.weight, sums["weights"].own, axis=2)
        self._add_up(v, "mean", "weights")
        ops.launch(bodies.squared_deviation, v.y, v.x, w.mean)
        ops.gemm(v.weight, v.y, sums["variance"].own)
        ops.together(partial(self._run_on, v))
        ops.launch(bodies.inverse_deviation, w.inverse, sums["variance"].total, w.epsilon)

    def _run_on(self, v: Views) -> None:
        """Add up the variance; move the running statistics towards those of the batch."""
        p, w, variance = v.params, v.work, v.work.sums["variance"]
        variance.add_up(v.ops)
        inputs = (p.mean, p.variance, w.mean, variance.total, w.momentum, w.sums["weights"].total)
        v.ops.launch(bodies.running, (p.mean, p.variance), *inputs)

    def _add_up(self, v: Views, *names: str) -> None:
        """Add up what parts of the batch have, once all of them have it."""

        def add_up() -> None:
            for name in names:
                v.work.sums[name].add_up(v.ops)

        v.ops.together(add_up)

    def backward(self, v: Views) -> None:
        ops, g, w = v.ops, v.grads, v.work
        ops.reduce(v.dy, g.shift, axis=1)
        ops.launch(bodies.scale_terms, w.part, v.dy, v.x, w.mean, w.inverse)
        ops.reduce(w.part, g.scale, axis=1)
        if v.dx is not None:
            shift, scale = self._of_the_batch(v)
            inputs = (w.mean, w.inverse, v.params.scale, shift, scale, w.share)
            ops.launch(bodies.batch_norm_backward, v.dx, v.dy, v.x, *inputs)

    def _of_the_batch(self, v: Views) -> tuple[Array, Array]:
        """Return the gradients of shift and scale of the whole batch."""
        ops, g, sums = v.ops, v.grads, v.work.sums
        if v.work.alone:
            return g.shift, g.scale
        ops.copy(g.shift, sums["shift"].own)
        ops.copy(g.scale, sums["scale"].own)
        self._add_up(v, "shift", "scale")
        return sums["shift"].total, sums["scale"].total
