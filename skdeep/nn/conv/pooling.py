"""Pooling: each window of an image becomes one pixel."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels import pooling as bodies
from skdeep.kernels.arithmetic import multiply
from skdeep.nn.conv.images import PerAxis, as_images, image_shape, per_axis, positive
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.spec import Shape, Spec, Views


class Pool(Layer):
    """Windows side by side, each of which becomes one pixel of each channel.

    Pixels beyond the last whole window are left out; a window longer than an axis is as long as
    it.

    Parameters
    ----------
    size : int or tuple of int
        Pixels of a window along each axis.
    name : str or None
        Name within the parent.
    """

    def __init__(self, size: PerAxis, name: str | None = None) -> None:
        positive(self, size=size)
        self.size, self.name = size, name

    def window(self, in_shape: Shape) -> tuple[int, int]:
        """Return the pixels of a window, vertically and horizontally."""
        height, width, _ = image_shape(self, in_shape)
        vertical, horizontal = per_axis(self, self.size, in_shape)
        return min(vertical, height), min(horizontal, width)

    def build(self, in_shape: Shape) -> Spec:
        window = self.window(in_shape)[-(len(in_shape) - 1) :]
        out = (n // step for n, step in zip(in_shape[:-1], window, strict=True))
        return Spec((*out, in_shape[-1]), keeps=self._keeps())

    @abstractmethod
    def _keeps(self) -> frozenset[str]:
        """Return what backward reads again."""

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        v.work.window = self.window(v.x.shape[2:])
        v.work.zero = binder.constant(np.zeros((1,), binder.dtype))
        share = np.full((1, 1, 1, 1, 1), 1 / np.prod(v.work.window), binder.dtype)
        v.work.share = binder.constant(share)

    def _pixels(self, v: Views, array: Array) -> tuple[Array, ...]:
        """Return the pixels at each place of the windows, each like y as images."""
        (vertical, horizontal), images = v.work.window, as_images(array)
        height, width = as_images(v.y).shape[2:4]
        return tuple(
            images[:, :, i : height * vertical : vertical, j : width * horizontal : horizontal]
            for i in range(vertical)
            for j in range(horizontal)
        )

    def _clear(self, v: Views) -> None:
        """Write zeros where windows leave pixels out."""
        pooled = v.y.shape[2:-1]
        covered = np.prod(pooled) * np.prod(v.work.window)
        if covered != np.prod(v.x.shape[2:-1]):
            v.ops.copy(v.work.zero, v.dx)


class MaxPool(Pool):
    """The largest pixel of each window; its gradient goes to the first of equal ones.

    Parameters
    ----------
    size : int or tuple of int
        Pixels of a window along each axis.
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> from skdeep.nn import MaxPool
    >>> from skdeep.testing import run_layer
    >>> run_layer(MaxPool(2), [[[1.0], [3.0], [2.0], [0.0]]])
    array([[[3.],
            [2.]]])
    """

    def _keeps(self) -> frozenset[str]:
        return frozenset("xy")

    def forward(self, v: Views, training: bool) -> None:
        v.ops.launch(bodies.largest, as_images(v.y), *self._pixels(v, v.x))

    def backward(self, v: Views) -> None:
        if v.dx is None:
            return
        self._clear(v)
        inputs = (as_images(v.dy), as_images(v.y), *self._pixels(v, v.x))
        v.ops.launch(bodies.to_first, self._pixels(v, v.dx), *inputs)


class AveragePool(Pool):
    """The mean of each window.

    Parameters
    ----------
    size : int or tuple of int
        Pixels of a window along each axis.
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> from skdeep.nn import AveragePool
    >>> from skdeep.testing import run_layer
    >>> run_layer(AveragePool(2), [[[1.0], [3.0], [2.0], [0.0]]])
    array([[[2.],
            [1.]]])
    """

    def _keeps(self) -> frozenset[str]:
        return frozenset()

    def forward(self, v: Views, training: bool) -> None:
        v.ops.launch(bodies.average, as_images(v.y), *self._pixels(v, v.x))

    def backward(self, v: Views) -> None:
        if v.dx is None:
            return
        self._clear(v)
        for pixels in self._pixels(v, v.dx):
            v.ops.launch(multiply, pixels, as_images(v.dy), v.work.share)
