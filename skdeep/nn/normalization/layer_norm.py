"""Layer normalisation."""

from __future__ import annotations

import numpy as np

from skdeep.kernels import normalization as bodies
from skdeep.kernels.arithmetic import multiply
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, rows_only
from skdeep.nn.core.layer_fields import check_numbers
from skdeep.nn.core.spec import Param, Shape, Spec, Views, Work
from skdeep.nn.initializers import Constant


class LayerNorm(Layer):
    """Normalise each sample over its features, then scale and shift each feature.

    Samples do not depend on each other, so training and prediction compute the same.

    Parameters
    ----------
    epsilon : float
        Added to the variance, positive.
    name : str or None
        Name within the parent.

    References
    ----------
    Ba, Kiros and Hinton (2016). Layer normalization. arXiv:1607.06450.

    Examples
    --------
    >>> from skdeep.nn import LayerNorm
    >>> from skdeep.testing import run_layer
    >>> run_layer(LayerNorm(), [[1.0, 3.0]])
    array([[-1.,  1.]])
    """

    def __init__(self, epsilon: float = 1e-5, name: str | None = None) -> None:
        check_numbers(self, "positive", lambda number: number > 0, epsilon=epsilon)
        self.epsilon, self.name = epsilon, name

    def build(self, in_shape: Shape) -> Spec:
        row = (1, rows_only(self, in_shape))
        params = {
            "scale": Param(row, "scale", Constant(1.0)),
            "shift": Param(row, "bias", Constant(0.0)),
        }
        work = {key: Work((1,)) for key in ("mean", "inverse", "sum_g", "sum_gx")}
        return Spec(in_shape, params, work, keeps=frozenset("x"))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        numbers = {"share": 1 / spec.out_shape[0], "epsilon": self.epsilon}
        for key, number in numbers.items():
            setattr(v.work, key, binder.constant(np.full((1, 1, 1), number, binder.dtype)))
        if binder.training:
            v.work.part = v.dx
            if v.dx is None:
                v.work.part = binder.rows(f"{binder.scope}:part", spec.out_shape)

    def forward(self, v: Views, training: bool) -> None:
        ops, p, w = v.ops, v.params, v.work
        ops.reduce(v.x, w.mean, axis=2)
        ops.launch(multiply, w.mean, w.mean, w.share)
        ops.launch(bodies.centred, v.y, v.x, w.mean)
        ops.reduce(v.y, w.inverse, axis=2, op="sumsq")
        ops.launch(bodies.inverse_from_squares, w.inverse, w.inverse, w.share, w.epsilon)
        ops.launch(bodies.rescaled, v.y, v.y, w.inverse, p.scale, p.shift)

    def backward(self, v: Views) -> None:
        ops, p, g, w = v.ops, v.params, v.grads, v.work
        ops.reduce(v.dy, g.shift, axis=1)
        ops.launch(bodies.scale_terms, w.part, v.dy, v.x, w.mean, w.inverse)
        ops.reduce(w.part, g.scale, axis=1)
        if v.dx is not None:
            # The rows' sums of dy * scale, and of that times normalised x, are gemms.
            ops.gemm(v.dy, p.scale, w.sum_g, trans_b=True)
            ops.gemm(w.part, p.scale, w.sum_gx, trans_b=True)
            inputs = (w.mean, w.inverse, p.scale, w.sum_g, w.sum_gx, w.share)
            ops.launch(bodies.layer_norm_backward, v.dx, v.dy, v.x, *inputs)
