"""An activation function as a layer."""

from __future__ import annotations

from skdeep.kernels.activations import ACTIVATIONS
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.layer_fields import is_one_of
from skdeep.nn.core.spec import Shape, Spec, Views


class Activation(Layer):
    """Apply an activation function elementwise.

    Parameters
    ----------
    function : str
        Its name: what estimators take as ``activation``, or one that
        :func:`~skdeep.register_activation` has added.
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> from skdeep.nn import Activation
    >>> from skdeep.testing import run_layer
    >>> run_layer(Activation("relu"), [[-1.0, 2.0]])
    array([[0., 2.]])
    """

    reads = "any"

    def __init__(self, function: str, name: str | None = None) -> None:
        if not is_one_of(function, ACTIVATIONS):
            raise ValueError(f"activation must be one of {sorted(ACTIVATIONS)}, got {function!r}")
        self.function, self.name = function, name

    def build(self, in_shape: Shape) -> Spec:
        reads = ACTIVATIONS[self.function].reads
        return Spec(in_shape, keeps=frozenset(reads), in_place=reads == "y")

    def forward(self, v: Views, training: bool) -> None:
        v.ops.launch(ACTIVATIONS[self.function].forward, v.y, v.x)

    def backward(self, v: Views) -> None:
        if v.dx is not None:
            activation = ACTIVATIONS[self.function]
            v.ops.launch(activation.backward, v.dx, v.dy, v.y if activation.reads == "y" else v.x)
