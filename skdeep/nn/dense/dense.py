"""The affine map."""

from __future__ import annotations

from skdeep.backend.base import Array, SparseBatch
from skdeep.kernels.arithmetic import add
from skdeep.nn.core.layer import Layer, check_counts, rows_only
from skdeep.nn.core.spec import Param, Shape, Spec, Views
from skdeep.nn.initializers import Initializer, SklearnGlorot


class Dense(Layer):
    """Affine map ``y = x W + b``; in a network's first layer x may be a sparse batch.

    Parameters
    ----------
    units : int
        Number of outputs U.
    bias : bool
        Whether there is a b.
    weight_init, bias_init : Initializer
        How W (F, U) and b (U,) start.
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> from skdeep.nn import Constant, Dense
    >>> from skdeep.testing import run_layer
    >>> run_layer(Dense(1, bias=False, weight_init=Constant(2.0)), [[1.0, 3.0]])
    array([[8.]])
    """

    def __init__(
        self,
        units: int,
        *,
        bias: bool = True,
        weight_init: Initializer = SklearnGlorot(),
        bias_init: Initializer = SklearnGlorot(),
        name: str | None = None,
    ) -> None:
        check_counts(self, units=units)
        self.units, self.bias = units, bias
        self.weight_init, self.bias_init, self.name = weight_init, bias_init, name

    def build(self, in_shape: Shape) -> Spec:
        features = rows_only(self, in_shape)
        fans = (features, self.units)
        weight = Param((features, self.units), "weight", self.weight_init, fans, shareable=True)
        params = {"W": weight}
        if self.bias:
            params["b"] = Param((1, self.units), "bias", self.bias_init, fans)
        return Spec((self.units,), params, keeps=frozenset("x"))

    def forward(self, v: Views, training: bool) -> None:
        self._affine(v, v.y)

    def _affine(self, v: Views, y: Array) -> None:
        product = v.ops.sparse_gemm if isinstance(v.x, SparseBatch) else v.ops.gemm
        product(v.x, v.params.W, y)  # (M, B, F) x (M, F, U)
        if self.bias:
            v.ops.launch(add, y, y, v.params.b)

    def backward(self, v: Views) -> None:
        self._affine_backward(v, v.dy)

    def _affine_backward(self, v: Views, dy: Array) -> None:
        product = v.ops.sparse_gemm if isinstance(v.x, SparseBatch) else v.ops.gemm
        product(v.x, dy, v.grads.W, trans_a=True, accumulate="W" in v.shared)
        if self.bias:
            v.ops.reduce(dy, v.grads.b, axis=1)
        if v.dx is not None:
            v.ops.gemm(dy, v.params.W, v.dx, trans_b=True)
