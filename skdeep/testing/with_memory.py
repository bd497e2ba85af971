"""A layer of a decoder together with its memory, as one layer that any check can drive."""

from __future__ import annotations

from math import prod

from skdeep.backend.base import Array
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.memory import Following, Memory
from skdeep.nn.core.spec import Shape, Spec, Views


class WithMemory(Layer):
    """Rows hold the memory (S, D), and then what the layer reads; gradients of both are theirs.

    Parameters
    ----------
    layer : Layer
        One that reads a memory.
    x_shape, memory_shape : tuple of int
        Shapes of what it reads.
    name : str or None
        Name within the parent.
    """

    def __init__(
        self, layer: Layer, x_shape: Shape, memory_shape: Shape, name: str | None = None
    ) -> None:
        self.layer, self.x_shape, self.memory_shape = layer, tuple(x_shape), tuple(memory_shape)
        self.name = name

    @property
    def row(self) -> Shape:
        """The shape of a row."""
        return (prod(self.memory_shape) + prod(self.x_shape),)

    def build(self, in_shape: Shape) -> Spec:
        """Declare what the layer does."""
        inner = self.layer.build(self.x_shape)
        return Spec(
            inner.out_shape,
            children={"layer": (self.layer, inner)},
            traits=inner.traits,
            gives_memory=True,
        )

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        """Make the memory, and bind the layer to it."""
        w, training, inner = v.work, binder.training, spec.children["layer"][1]
        edge = prod(self.memory_shape)

        def both(name: str, shape: Shape, wanted: bool) -> tuple[Array, Array]:
            """Return an array of rows of a shape, and the same as flat rows."""
            if not wanted:
                return None, None
            array = binder.rows(f"{binder.scope}:{name}", shape)
            return array, array.reshape(*array.shape[:2], -1)

        y, w.memory_rows = both("memory", self.memory_shape, True)
        dy, w.dmemory_rows = both("dmemory", self.memory_shape, training)
        x, w.x_rows = both("x", self.x_shape, True)
        dx, w.dx_rows = both("dx", self.x_shape, v.dx is not None)
        w.cut, w.zero = edge, binder.zeros((1, 1, 1))
        w.following = Following()
        binder.memory = Memory(y, dy, None, w.following)
        name = binder.child("layer")
        child = binder.bind(self.layer, inner, name, x, dx, y=v.y, dy=v.dy)
        v.children["layer"], v.y, v.dy = child, child.y, child.dy

    def forward(self, v: Views, training: bool) -> None:
        """Cut rows, and run the layer."""
        w, ops = v.work, v.ops
        ops.copy(v.x[:, :, : w.cut], w.memory_rows)
        ops.copy(v.x[:, :, w.cut :], w.x_rows)
        w.following.forward()
        self.layer.forward(v.children["layer"], training)

    def backward(self, v: Views) -> None:
        """Put gradients of the memory and of x side by side."""
        w, ops = v.work, v.ops
        ops.copy(w.zero, w.dmemory_rows)
        self.layer.backward(v.children["layer"])
        w.following.backward()
        if v.dx is not None:
            ops.copy(w.dmemory_rows, v.dx[:, :, : w.cut])
            ops.copy(w.dx_rows, v.dx[:, :, w.cut :])
