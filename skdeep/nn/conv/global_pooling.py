"""Global pooling: all positions of an image become one row of channels."""

from __future__ import annotations

from math import prod

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels.arithmetic import multiply
from skdeep.kernels.pooling import hits, shared_among
from skdeep.nn.conv.images import image_shape
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.spec import Shape, Spec, Views, Work


class GlobalAveragePool(Layer):
    """The mean of each channel over all positions: (H, W, C) or (T, C) becomes (C,).

    Parameters
    ----------
    name : str or None
        Name within the parent.

    References
    ----------
    Lin, Chen and Yan (2014). Network in network. ICLR.

    Examples
    --------
    >>> from skdeep.nn import GlobalAveragePool
    >>> from skdeep.testing import run_layer
    >>> run_layer(GlobalAveragePool(), [[[1.0], [3.0], [5.0]]])
    array([[3.]])
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = name

    def build(self, in_shape: Shape) -> Spec:
        *_, channels = image_shape(self, in_shape)
        return Spec((channels,))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        share = np.full((1, 1, 1, 1), 1 / prod(v.x.shape[2:-1]), binder.dtype)
        v.work.share = binder.constant(share)

    def forward(self, v: Views, training: bool) -> None:
        y = _one_position(v.y)
        v.ops.reduce(_positions(v.x), y, axis=2)
        v.ops.launch(multiply, y, y, v.work.share)

    def backward(self, v: Views) -> None:
        if v.dx is not None:
            v.ops.launch(multiply, _positions(v.dx), _one_position(v.dy), v.work.share)


class GlobalMaxPool(Layer):
    """The largest of each channel over all positions; equal ones share the gradient.

    Parameters
    ----------
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> from skdeep.nn import GlobalMaxPool
    >>> from skdeep.testing import run_layer
    >>> run_layer(GlobalMaxPool(), [[[1.0], [3.0], [5.0]]])
    array([[5.]])
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = name

    def build(self, in_shape: Shape) -> Spec:
        *_, channels = image_shape(self, in_shape)
        return Spec((channels,), work={"count": Work((1, channels))}, keeps=frozenset("xy"))

    def forward(self, v: Views, training: bool) -> None:
        v.ops.reduce(_positions(v.x), _one_position(v.y), axis=2, op="max")

    def backward(self, v: Views) -> None:
        if v.dx is None:
            return
        x, dx = _positions(v.x), _positions(v.dx)
        v.ops.launch(hits, dx, x, _one_position(v.y))
        v.ops.reduce(dx, v.work.count, axis=2)
        v.ops.launch(shared_among, dx, dx, _one_position(v.dy), v.work.count)


def _positions(images: Array) -> Array:
    """See images or signals as (M, B, positions, C)."""
    models, batch = images.shape[:2]
    return images.reshape(models, batch, -1, images.shape[-1])


def _one_position(rows: Array) -> Array:
    """See rows (M, B, C) as (M, B, 1, C)."""
    models, batch, channels = rows.shape
    return rows.reshape(models, batch, 1, channels)
