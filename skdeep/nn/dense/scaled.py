"""A fixed factor."""

from __future__ import annotations

import numpy as np

from skdeep.kernels.arithmetic import multiply
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, Reads
from skdeep.nn.core.layer_fields import check_numbers
from skdeep.nn.core.spec import Shape, Spec, Views


class Scaled(Layer):
    """Multiply every number by the same factor, ``y = factor * x``.

    Parameters
    ----------
    factor : float
        The factor, positive.
    name : str or None
        Name within the parent.
    """

    reads: Reads = "any"

    def __init__(self, factor: float, name: str | None = None) -> None:
        check_numbers(self, "positive", lambda number: number > 0, factor=factor)
        self.factor, self.name = float(factor), name

    def build(self, in_shape: Shape) -> Spec:
        return Spec(in_shape, in_place=True)

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        ones = (1, 1, *(1 for _ in spec.out_shape))
        v.work.factor = binder.constant(np.full(ones, self.factor, binder.dtype))

    def forward(self, v: Views, training: bool) -> None:
        v.ops.launch(multiply, v.y, v.x, v.work.factor)

    def backward(self, v: Views) -> None:
        if v.dx is not None:
            v.ops.launch(multiply, v.dx, v.dy, v.work.factor)
