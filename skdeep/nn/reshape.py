"""Another shape for the same numbers."""

from __future__ import annotations

from math import prod

from skdeep.backend.base import Array
from skdeep.nn.layer import Layer, Shape, ShapeError, Spec, Views


class Reshape(Layer):
    """See flat rows as arrays of a shape, or arrays as flat rows.

    Parameters
    ----------
    shape : tuple of int
        Shape of a row of outputs; ``(-1,)`` is flat. Either this or the input's shape is flat.
    name : str or None
        Name within the parent.
    """

    def __init__(self, shape: Shape, name: str | None = None) -> None:
        self.shape, self.name = tuple(shape), name

    def build(self, in_shape: Shape) -> Spec:
        size = prod(in_shape)
        shape = (size,) if self.shape == (-1,) else self.shape
        if prod(shape) != size or 1 not in (len(shape), len(in_shape)):
            raise ShapeError(f"{self!r} cannot take rows of shape {in_shape}")
        return Spec(shape)

    def forward(self, v: Views, training: bool) -> None:
        v.ops.copy(*_alike(v.x, v.y))

    def backward(self, v: Views) -> None:
        if v.dx is not None:
            v.ops.copy(*_alike(v.dy, v.dx))


def _alike(source: Array, out: Array) -> tuple[Array, Array]:
    """Split the flat one of two arrays as the other is, which is a view of whatever lies there."""
    if len(source.shape) < len(out.shape):
        return source.reshape(out.shape), out
    return source, out.reshape(source.shape)
