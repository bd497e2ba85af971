"""A layer that reads targets together with them, as one layer that any check can drive."""

from __future__ import annotations

from typing import Any

from skdeep.backend.kernel import kernel
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.spec import Shape, ShapeError, Spec, Views


@kernel
def _is_positive(xp: Any, x: Any) -> Any:
    return 0 < x


class WithTarget(Layer):
    """Rows hold what the layer reads, and then numbers whose signs are the binary target.

    Parameters
    ----------
    layer : Layer
        One that reads targets.
    columns : int
        How many columns the target has.
    name : str or None
        Name within the parent.
    """

    def __init__(self, layer: Layer, columns: int, name: str | None = None) -> None:
        self.layer, self.columns, self.name = layer, columns, name

    def build(self, in_shape: Shape) -> Spec:
        """Declare what the layer does."""
        if len(in_shape) != 1 or in_shape[0] <= self.columns:
            raise ShapeError(f"{self!r} expects more than {self.columns} features, got {in_shape}")
        inner = self.layer.build((in_shape[0] - self.columns,))
        return Spec(inner.out_shape, children={"layer": (self.layer, inner)}, traits=inner.traits)

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        """Make the target, and bind the layer to it."""
        w, inner = v.work, spec.children["layer"][1]
        w.cut = v.x.shape[2] - self.columns
        w.x = binder.rows(f"{binder.scope}:x", (w.cut,))
        w.dx = None if v.dx is None else binder.rows(f"{binder.scope}:dx", (w.cut,))
        w.target = binder.target = binder.rows(f"{binder.scope}:target", (self.columns,))
        w.zero = binder.zeros((1, 1, 1))
        arrays = (binder.child("layer"), w.x, w.dx)
        child = binder.bind(self.layer, inner, *arrays, y=v.y, dy=v.dy)
        v.children["layer"], v.y, v.dy = child, child.y, child.dy

    def forward(self, v: Views, training: bool) -> None:
        """Cut rows, and run the layer."""
        w, ops = v.work, v.ops
        ops.copy(v.x[:, :, : w.cut], w.x)
        ops.launch(_is_positive, w.target, v.x[:, :, w.cut :])
        self.layer.forward(v.children["layer"], training)

    def backward(self, v: Views) -> None:
        """Leave what the target is made of without a slope."""
        self.layer.backward(v.children["layer"])
        if v.dx is not None:
            v.ops.copy(v.work.dx, v.dx[:, :, : v.work.cut])
            v.ops.copy(v.work.zero, v.dx[:, :, v.work.cut :])
