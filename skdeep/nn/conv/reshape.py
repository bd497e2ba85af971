"""Rows as images, and images as rows."""

from __future__ import annotations

from math import prod

from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.layer_fields import check_shape
from skdeep.nn.core.spec import Shape, ShapeError, Spec, Views


class Reshape(Layer):
    """Change the shape of each sample, without a copy where possible.

    Parameters
    ----------
    shape : tuple of int or None
        The new shape of a sample; None makes it flat.
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import Reshape
    >>> from skdeep.testing import run_layer
    >>> run_layer(Reshape((2, 3)), np.ones((4, 6))).shape
    (4, 2, 3)
    """

    def __init__(self, shape: Shape | None = None, name: str | None = None) -> None:
        self.shape = None if shape is None else check_shape(self, shape)
        self.name = name

    def build(self, in_shape: Shape) -> Spec:
        shape = (prod(in_shape),) if self.shape is None else self.shape
        if prod(shape) != prod(in_shape):
            raise ShapeError(f"{self!r} cannot see rows of shape {in_shape} as {shape}")
        return Spec(shape, view=True)

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        v.work.copies = v.y is not None
        if not v.work.copies:
            v.y = v.x.reshape(*v.x.shape[:2], *spec.out_shape)
            v.dy = None if v.dx is None else v.dx.reshape(v.y.shape)

    def forward(self, v: Views, training: bool) -> None:
        if v.work.copies:
            v.ops.copy(v.x.reshape(v.y.shape), v.y)

    def backward(self, v: Views) -> None:
        if v.work.copies and v.dx is not None:
            v.ops.copy(v.dy, v.dx.reshape(v.dy.shape))
