"""Images made larger: what pooling made small."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels.pooling import total
from skdeep.nn.conv.images import as_images, image_shape
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.layer_fields import check_shape
from skdeep.nn.core.spec import Shape, ShapeError, Spec, Views


class Upsample(Layer):
    """Repeat each pixel in a window, as many times as go into the larger image.

    Pixels left over at the end of an axis are zero; pooling of such an image leaves them out, too.

    Parameters
    ----------
    shape : tuple of int
        The larger image without its channels, (H, W) or (T,).
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> from skdeep.nn import Upsample
    >>> from skdeep.testing import run_layer
    >>> run_layer(Upsample((4,)), [[[1.0], [2.0]]])
    array([[[1.],
            [1.],
            [2.],
            [2.]]])
    """

    def __init__(self, shape: Shape, name: str | None = None) -> None:
        self.shape, self.name = check_shape(self, shape), name

    def build(self, in_shape: Shape) -> Spec:
        *small, channels = in_shape
        image_shape(self, in_shape)
        if len(small) != len(self.shape) or any(np.less(self.shape, small)):
            raise ShapeError(f"{self!r} cannot make images {in_shape} larger")
        return Spec((*self.shape, channels))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        v.work.zero = binder.constant(np.zeros((1,), binder.dtype))

    def forward(self, v: Views, training: bool) -> None:
        window, y = self._window(v), as_images(v.y)
        height, width = as_images(v.x).shape[2:4]
        for k, size in ((2, height * window[0]), (3, width * window[1])):
            if size < y.shape[k]:
                v.ops.copy(v.work.zero, y[:, :, size:] if k == 2 else y[:, :, :, size:])
        for place in self._places(v, y):
            v.ops.copy(as_images(v.x), place)

    def backward(self, v: Views) -> None:
        if v.dx is not None:
            v.ops.launch(total, as_images(v.dx), *self._places(v, as_images(v.dy)))

    def _window(self, v: Views) -> tuple[int, int]:
        """Return how often each pixel is repeated, vertically and horizontally."""
        small, large = as_images(v.x).shape[2:4], as_images(v.y).shape[2:4]
        return large[0] // small[0], large[1] // small[1]

    def _places(self, v: Views, large: Array) -> Iterator[Array]:
        """Yield the pixels of the larger image at each place of the windows."""
        (vertical, horizontal), (height, width) = self._window(v), as_images(v.x).shape[2:4]
        for i in range(vertical):
            for j in range(horizontal):
                yield large[
                    :, :, i : height * vertical : vertical, j : width * horizontal : horizontal
                ]
