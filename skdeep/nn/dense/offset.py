"""A learned number that is added to each feature."""

from __future__ import annotations

from skdeep.kernels.arithmetic import add
from skdeep.nn.core.layer import Layer, rows_only
from skdeep.nn.core.spec import Param, Shape, Spec, Views
from skdeep.nn.initializers import Constant, Initializer

ZEROS = Constant(0.0)


class Offset(Layer):
    """Add a learned number to each feature: the bias of a layer whose own is shared.

    Parameters
    ----------
    init : Initializer
        How the numbers b (F,) start.
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> from skdeep.nn import Constant
    >>> from skdeep.nn.dense.offset import Offset
    >>> from skdeep.testing import run_layer
    >>> run_layer(Offset(Constant(3.0)), [[1.0, 2.0]])
    array([[4., 5.]])
    """

    def __init__(self, init: Initializer = ZEROS, name: str | None = None) -> None:
        self.init, self.name = init, name

    def build(self, in_shape: Shape) -> Spec:
        row = (1, rows_only(self, in_shape))
        return Spec(in_shape, {"b": Param(row, "bias", self.init)})

    def forward(self, v: Views, training: bool) -> None:
        v.ops.launch(add, v.y, v.x, v.params.b)

    def backward(self, v: Views) -> None:
        v.ops.reduce(v.dy, v.grads.b, axis=1)
        if v.dx is not None:
            v.ops.copy(v.dy, v.dx)
