"""An affine map whose weights are another layer's, transposed."""

from __future__ import annotations

from skdeep.kernels.arithmetic import add
from skdeep.nn.core.layer import Layer, rows_only
from skdeep.nn.core.spec import Param, Shape, SharedWeight, Spec, Views
from skdeep.nn.initializers import Initializer, SklearnGlorot


class Tied(Layer):
    """Affine map ``y = x W^T + b`` with the W of an earlier layer of the same sequence.

    Its backward writes the gradient of W first; the owner of W adds to it.

    Parameters
    ----------
    units : int
        Number of outputs U, which is the number of rows of W.
    owner : str
        Name of the layer with W (U, F).
    bias_init : Initializer
        How b (U,) starts.
    name : str or None
        Name within the parent.
    """

    def __init__(
        self,
        units: int,
        owner: str,
        *,
        bias_init: Initializer = SklearnGlorot(),
        name: str | None = None,
    ) -> None:
        self.units, self.owner, self.bias_init, self.name = units, owner, bias_init, name

    def build(self, in_shape: Shape) -> Spec:
        features = rows_only(self, in_shape)
        params = {"b": Param((1, self.units), "bias", self.bias_init, (features, self.units))}
        shared = {"W": SharedWeight(f"{self.owner}.W", (self.units, features))}
        return Spec((self.units,), params, keeps=frozenset("x"), shared=shared)

    def forward(self, v: Views, training: bool) -> None:
        v.ops.gemm(v.x, v.params.W, v.y, trans_b=True)  # (M, B, F) x (M, F, U)
        v.ops.launch(add, v.y, v.y, v.params.b)

    def backward(self, v: Views) -> None:
        v.ops.gemm(v.dy, v.x, v.grads.W, trans_a=True)
        v.ops.reduce(v.dy, v.grads.b, axis=1)
        if v.dx is not None:
            v.ops.gemm(v.dy, v.params.W, v.dx)
