"""A fully connected layer at each step of sequences."""

from __future__ import annotations

from skdeep.backend.base import Array
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.columns import ColumnLayer, add_bias, affine, affine_backward, bias_backward
from skdeep.nn.core.layer import check_counts, steps_only
from skdeep.nn.core.spec import Param, Shape, Spec, Views
from skdeep.nn.initializers import Constant, Initializer, SklearnGlorot


class StepDense(ColumnLayer):
    """Multiply each step by W (F, units) and add b: (T, F) to (T, units).

    Parameters
    ----------
    units : int
        Number of outputs of a step.
    weight_init : Initializer
        How W starts; b starts at zero.
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import StepDense
    >>> from skdeep.testing import run_layer
    >>> run_layer(StepDense(5), np.ones((4, 7, 3))).shape
    (4, 7, 5)
    """

    def __init__(
        self, units: int, *, weight_init: Initializer = SklearnGlorot(), name: str | None = None
    ) -> None:
        check_counts(self, units=units)
        self.units, self.weight_init, self.name = units, weight_init, name

    def build(self, in_shape: Shape) -> Spec:
        steps, features = steps_only(self, in_shape)
        params = {
            "W": Param((features, self.units), "weight", self.weight_init),
            "b": Param((1, self.units), "bias", Constant(0.0)),
        }
        return Spec((steps, self.units), params, keeps=frozenset("x"), places_output=True)

    def bind_more(self, spec: Spec, v: Views, binder: Binder) -> None:
        pass

    def compute(self, v: Views, training: bool) -> None:
        affine(v.ops, v.work.x.flat, v.params.W, v.work.y.flat)
        add_bias(v.ops, v.work.y.flat, v.params.b)

    def slopes(self, v: Views, dx: Array | None) -> None:
        w, g = v.work, v.grads
        bias_backward(v.ops, w.dy.flat, g.b)
        affine_backward(v.ops, w.x.flat, w.dy.flat, g.W, v.params.W, dx)
