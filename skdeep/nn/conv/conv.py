"""Convolution of images and signals."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import prod
from types import SimpleNamespace

from skdeep.backend.base import Array
from skdeep.kernels.arithmetic import add
from skdeep.nn.conv.choice import products_of
from skdeep.nn.conv.geometry import Geometry, axis_geometry
from skdeep.nn.conv.images import PerAxis, as_images, image_shape, per_axis, positive
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.layer_fields import is_one_of
from skdeep.nn.core.parts import cut_batch
from skdeep.nn.core.spec import Param, Shape, ShapeError, Spec, Views
from skdeep.nn.initializers import AsMatrix, Initializer, SklearnGlorot

#: Multiply-adds of a part of the rows from which on it is worth a thread.
PART_WORK = 4_000_000
#: Numbers that one image may have with its zeros, or else so many times as it has without.
MOST_PADDED, GROWTH = 2**24, 64


class Conv(Layer):
    """Cross-correlate images (H, W, C) or signals (T, C) with kernels, and add a bias.

    A few samples at a time become matrix products, as many as stay in cache. Large batches have
    parts that run side by side. Results do not depend on the number of threads, because chunks and
    parts do not.

    Parameters
    ----------
    filters : int
        Number of outputs at each position.
    kernel_size : int or tuple of int
        Pixels along each axis.
    strides : int or tuple of int
        Steps between neighbouring outputs.
    dilation : int or tuple of int
        Steps between neighbouring pixels of a patch.
    padding : {"same", "valid"}
        "same": zeros around the image, as many before as behind it or one less, so that there are
        ``ceil(n / stride)`` outputs. "valid": none.
    bias : bool
        Whether there is a bias b (F,).
    weight_init, bias_init : Initializer
        How W (KH, KW, C, F), or (K, C, F), and b start.
    name : str or None
        Name within the parent.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998). Gradient-based learning applied to document
    recognition. Proceedings of the IEEE 86.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import Conv
    >>> from skdeep.testing import run_layer
    >>> run_layer(Conv(8, 3, strides=2), np.ones((4, 9, 9, 1))).shape
    (4, 5, 5, 8)
    """

    def __init__(
        self,
        filters: int,
        kernel_size: PerAxis,
        *,
        strides: PerAxis = 1,
        dilation: PerAxis = 1,
        padding: str = "same",
        bias: bool = True,
        weight_init: Initializer = SklearnGlorot(),
        bias_init: Initializer = SklearnGlorot(),
        name: str | None = None,
    ) -> None:
        positive(self, filters=filters, kernel_size=kernel_size)
        positive(self, strides=strides, dilation=dilation)
        if not is_one_of(padding, ("same", "valid")):
            raise ValueError(f"padding must be 'same' or 'valid', got {padding!r}")
        self.filters, self.kernel_size = filters, kernel_size
        self.strides, self.dilation, self.padding = strides, dilation, padding
        self.bias, self.weight_init, self.bias_init = bias, weight_init, bias_init
        self.name = name

    #: Outputs, zeros before and zeros behind for one axis.
    _along = staticmethod(axis_geometry)

    def geometry(self, in_shape: Shape) -> Geometry:
        """Return the sizes for rows of this shape; raise where the kernel does not fit."""
        size = image_shape(self, in_shape)[:2]
        kernel = per_axis(self, self.kernel_size, in_shape)
        strides = per_axis(self, self.strides, in_shape)
        dilation = per_axis(self, self.dilation, in_shape)
        along = zip(size, kernel, strides, dilation, strict=True)
        axes = [self._along(*axis, self.padding == "same") for axis in along]
        (top, left), (bottom, right) = ((axes[0][k], axes[1][k]) for k in (1, 2))
        out = (axes[0][0], axes[1][0])
        if not all(out):
            raise ShapeError(
                f"{self!r} finds no place for its kernel in {in_shape}: take a smaller one, or "
                "padding='same'"
            )
        found = Geometry(size, kernel, strides, dilation, (top, left), (bottom, right), out)
        padded = prod(found.padded) * in_shape[-1]
        if padded > max(MOST_PADDED, GROWTH * prod(in_shape)):
            raise ShapeError(
                f"{self.name or 'Conv'} with kernel size {self.kernel_size} and dilation "
                f"{self.dilation} reaches so far beyond images {in_shape} that one would take "
                f"{padded:,} numbers with its zeros: take a smaller kernel size or dilation"
            )
        return found

    def build(self, in_shape: Shape) -> Spec:
        geometry, channels = self.geometry(in_shape), in_shape[-1]
        n_axes = len(in_shape) - 1
        kernel, out = geometry.kernel[-n_axes:], geometry.out[-n_axes:]
        area = geometry.kernel[0] * geometry.kernel[1]
        fans = (area * channels, area * self.filters)
        shape = (*kernel, channels, self.filters)
        params = {"W": Param(shape, "weight", AsMatrix(self.weight_init), fans)}
        if self.bias:
            params["b"] = Param((1, self.filters), "bias", self.bias_init, fans)
        traits = frozenset({"parts"})
        return Spec((*out, self.filters), params, keeps=frozenset("x"), traits=traits)

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        w, g = v.work, self.geometry(v.x.shape[2:])
        w.pixels = g.out[0] * g.out[1]
        sizes = (g, v.x.shape[-1], self.filters)
        products = products_of(*sizes, binder.batch, v.ops)
        chunk = max(1, v.ops.chunk_elements // products.elements(*sizes))
        work = binder.batch * w.pixels * prod(v.params.W.shape[1:])
        w.parts = []
        for k, rows in enumerate(cut_batch(binder.batch, work, PART_WORK, binder.arena.n_parts)):
            start, stop = rows.start, rows.stop
            n_chunks = -(-(stop - start) // chunk)
            n = -(-(stop - start) // n_chunks)  # of about equal sizes
            w.parts.append(self._part(v, binder, k))
            w.parts[k].chunks = [slice(at, min(at + n, stop)) for at in range(start, stop, n)]
            w.parts[k].products = products(*sizes, n, binder, k, v.dx is not None)

    def _part(self, v: Views, binder: Binder, k: int) -> SimpleNamespace:
        """Return a part of the batch with gradients of its own, which are added in order."""
        part = SimpleNamespace(grads=v.grads)
        if binder.training and k:
            part.grads = SimpleNamespace()
            for name, array in vars(v.grads).items():
                held = binder.arena.take(f"conv:{name}:{k}", array.shape, binder.dtype)
                setattr(part.grads, name, held)
        return part

    def forward(self, v: Views, training: bool) -> None:
        v.ops.side_by_side([partial(self._forward, v, part) for part in v.work.parts])

    def _forward(self, v: Views, part: SimpleNamespace) -> None:
        weights = self._matrix(v.params.W)
        for model, rows in _chunks(v, part):
            y = self._outputs(v, v.y, model, rows)
            begins = rows is part.chunks[0]
            part.products.forward(as_images(v.x)[model.start, rows], weights[model], y, begins)
        if self.bias:
            y = self._rows_of(v.y, part)
            v.ops.launch(add, y, y, v.params.b)

    def backward(self, v: Views) -> None:
        v.ops.side_by_side([partial(self._backward, v, part) for part in v.work.parts])
        for part in v.work.parts[1:]:
            for name, array in vars(v.grads).items():
                v.ops.launch(add, array, array, getattr(part.grads, name))

    def _backward(self, v: Views, part: SimpleNamespace) -> None:
        if self.bias:
            v.ops.reduce(self._rows_of(v.dy, part), part.grads.b, axis=1)
        weights, grads = self._matrix(v.params.W), self._matrix(part.grads.W)
        for model, rows in _chunks(v, part):
            begins, ends = rows is part.chunks[0], rows is part.chunks[-1]
            dy, x = self._outputs(v, v.dy, model, rows), as_images(v.x)[model.start, rows]
            part.products.gradient(x, dy, grads[model], begins, ends)
            if v.dx is not None:
                dx = as_images(v.dx)[model.start, rows]
                part.products.spread(dy, weights[model], dx, begins)

    def _matrix(self, kernels: Array) -> Array:
        """See kernels as matrices (M, KH * KW * C, F)."""
        return kernels.reshape(kernels.shape[0], -1, self.filters)

    def _rows_of(self, array: Array, part: SimpleNamespace) -> Array:
        """See the outputs of a part as rows of all models, (M, n * OH * OW, F)."""
        rows = array[:, part.chunks[0].start : part.chunks[-1].stop]
        return rows.reshape(rows.shape[0], -1, self.filters)

    def _outputs(self, v: Views, array: Array, model: slice, rows: slice) -> Array:
        """See the outputs of some rows of a model as a matrix (1, n * OH * OW, F)."""
        n = rows.stop - rows.start
        return array[model, rows].reshape(1, n * v.work.pixels, self.filters)


def _chunks(v: Views, part: SimpleNamespace) -> Iterator[tuple[slice, slice]]:
    """Yield a model and some of a part's rows at a time."""
    for m in range(v.x.shape[0]):
        for rows in part.chunks:
            yield slice(m, m + 1), rows
