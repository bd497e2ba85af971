"""Rows as images, and images as rows."""

from __future__ import annotations

from math import prod

from skdeep.backend.base import Array
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
        w = v.work
        # Samples that do not lie in order, such as steps in columns, are copied first.
        w.x, w.dx = v.x, v.dx
        if not _in_order(v.x):
            w.x = binder.rows(f"{binder.scope}:x", v.x.shape[2:], v.x.dtype)
        if v.dx is not None and not _in_order(v.dx):
            w.dx = binder.rows(f"{binder.scope}:dx", v.dx.shape[2:])
        w.seen = w.x.reshape(*v.x.shape[:2], *spec.out_shape)
        w.dseen = None if w.dx is None else w.dx.reshape(w.seen.shape)
        if v.y is None:
            v.y, v.dy = w.seen, w.dseen

    def forward(self, v: Views, training: bool) -> None:
        w = v.work
        if w.x is not v.x:
            v.ops.copy(v.x, w.x)
        if w.seen is not v.y:
            v.ops.copy(w.seen, v.y)

    def backward(self, v: Views) -> None:
        w = v.work
        if v.dx is None:
            return
        if w.dseen is not v.dy:
            v.ops.copy(v.dy, w.dseen)
        if w.dx is not v.dx:
            v.ops.copy(w.dx, v.dx)


def _in_order(array: Array) -> bool:
    """Say whether each sample's numbers lie one after the other, the last axis fastest."""
    wanted = array.dtype.itemsize
    for length, stride in zip(array.shape[:1:-1], array.strides[:1:-1], strict=True):
        if length > 1 and stride != wanted:
            return False
        wanted *= length
    return True
