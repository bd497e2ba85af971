"""A learned factor for each feature."""

from __future__ import annotations

from math import inf

from skdeep.kernels.arithmetic import multiply
from skdeep.nn.core.layer import Layer, rows_only
from skdeep.nn.core.layer_fields import check_numbers
from skdeep.nn.core.spec import Param, Shape, Spec, Views, Work
from skdeep.nn.initializers import Constant, Initializer

ONES = Constant(1.0)


class FeatureScale(Layer):
    """Multiply each feature by a learned factor, which chooses among features.

    Parameters
    ----------
    rate, decay : float
        Factors of the learning rate and of weight decay, which acts on it where `decay` is not 0.
    init : Initializer
        How the factors start.
    name : str or None
        Name within the parent.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart (2024). Better by default: strong pre-tuned MLPs and
    boosted trees on tabular data. NeurIPS.

    Examples
    --------
    >>> from skdeep.nn import Constant, FeatureScale
    >>> from skdeep.testing import run_layer
    >>> run_layer(FeatureScale(init=Constant(3.0)), [[1.0, 2.0]])
    array([[3., 6.]])
    """

    def __init__(
        self,
        rate: float = 1.0,
        decay: float = 0.0,
        init: Initializer = ONES,
        name: str | None = None,
    ) -> None:
        check_numbers(
            self, ">= 0 and finite", lambda factor: 0 <= factor < inf, rate=rate, decay=decay
        )
        self.rate, self.decay, self.init, self.name = rate, decay, init, name

    def build(self, in_shape: Shape) -> Spec:
        row = (1, rows_only(self, in_shape))
        kind = "weight" if self.decay else "scale"
        factors = Param(row, kind, self.init, rate=self.rate, decay=self.decay or 1.0)
        return Spec(in_shape, {"s": factors}, work={"xdy": Work(row[1:])}, keeps=frozenset("x"))

    def forward(self, v: Views, training: bool) -> None:
        v.ops.launch(multiply, v.y, v.x, v.params.s)

    def backward(self, v: Views) -> None:
        v.ops.launch(multiply, v.work.xdy, v.x, v.dy)
        v.ops.reduce(v.work.xdy, v.grads.s, axis=1)
        if v.dx is not None:
            v.ops.launch(multiply, v.dx, v.dy, v.params.s)
