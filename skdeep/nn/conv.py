"""Convolution of images and signals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels.arithmetic import add
from skdeep.nn.binder import Binder
from skdeep.nn.images import PerAxis, as_images, image_shape, per_axis, positive
from skdeep.nn.initializers import AsMatrix, Initializer, SklearnGlorot
from skdeep.nn.layer import Layer, Param, Shape, ShapeError, Spec, Views

#: Length of a contiguous run of a patch from which on copying patch by patch is fast.
LONG_RUN = 16


@dataclass(frozen=True)
class Geometry:
    """Sizes of one convolution, each a pair (vertical, horizontal)."""

    size: tuple[int, int]
    kernel: tuple[int, int]
    strides: tuple[int, int]
    dilation: tuple[int, int]
    #: Zeros before the first and behind the last pixel.
    before: tuple[int, int]
    behind: tuple[int, int]
    out: tuple[int, int]

    @property
    def padded(self) -> tuple[int, int]:
        """Size of the image with its zeros."""
        height, width = (
            sum(parts) for parts in zip(self.before, self.size, self.behind, strict=True)
        )
        return height, width


def axis_geometry(
    n: int, kernel: int, stride: int, dilation: int, same: bool
) -> tuple[int, int, int]:
    """Return outputs, zeros before and zeros behind for one axis; no outputs where none fit."""
    reach = (kernel - 1) * dilation + 1
    if not same:
        return max(0, (n - reach) // stride + 1), 0, 0
    out = -(-n // stride)
    zeros = max(0, (out - 1) * stride + reach - n)
    return out, zeros // 2, zeros - zeros // 2


class Conv(Layer):
    """Cross-correlate images (H, W, C) or signals (T, C) with kernels, and add a bias.

    The patches that the kernel meets are copied side by side, for as many rows as stay in cache,
    and multiplied by the kernels as one matrix; backward copies them again rather than keeping
    them, which are as many times the input as the kernel has entries.

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
        if padding not in ("same", "valid"):
            raise ValueError(f"padding must be 'same' or 'valid', got {padding!r}")
        self.filters, self.kernel_size = filters, kernel_size
        self.strides, self.dilation, self.padding = strides, dilation, padding
        self.bias, self.weight_init, self.bias_init = bias, weight_init, bias_init
        self.name = name

    def geometry(self, in_shape: Shape) -> Geometry:
        """Return the sizes for rows of this shape; raise where the kernel does not fit."""
        size = image_shape(self, in_shape)[:2]
        kernel = per_axis(self, self.kernel_size, in_shape)
        strides = per_axis(self, self.strides, in_shape)
        dilation = per_axis(self, self.dilation, in_shape)
        along = zip(size, kernel, strides, dilation, strict=True)
        axes = [axis_geometry(*axis, self.padding == "same") for axis in along]
        (top, left), (bottom, right) = ((axes[0][k], axes[1][k]) for k in (1, 2))
        out = (axes[0][0], axes[1][0])
        if not all(out):
            raise ShapeError(
                f"{self!r} finds no place for its kernel in {in_shape}: take a smaller one, or "
                "padding='same'"
            )
        return Geometry(size, kernel, strides, dilation, (top, left), (bottom, right), out)

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
        return Spec((*out, self.filters), params, keeps=frozenset("x"))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        w, channels = v.work, v.x.shape[-1]
        w.geometry = g = self.geometry(v.x.shape[2:])
        area = g.kernel[0] * g.kernel[1] * channels
        pixels = g.out[0] * g.out[1]
        w.rows = max(1, min(binder.batch, v.ops.chunk_elements // (pixels * area)))
        # What follows is written and read again at once: all convolutions share it.
        take = binder.arena.take
        w.patches = take("conv:patches", (w.rows * pixels * area,), binder.dtype)
        if g.padded != g.size:
            full = (w.rows, *g.padded, channels)
            w.padded = binder.constant(np.zeros(full, binder.dtype))  # its border stays zero
            if v.dx is not None:
                w.folded = take("conv:folded", full, binder.dtype)
        if binder.training:
            w.part = take("conv:part", (1, area, self.filters), binder.dtype)

    def forward(self, v: Views, training: bool) -> None:
        weights = self._matrix(v.params.W)
        for model, rows in self._chunks(v):
            patches = self._patches(v, model, rows)
            v.ops.gemm(patches, weights[model], self._outputs(v, v.y, model, rows))
        if self.bias:
            y = v.y.reshape(v.y.shape[0], -1, self.filters)
            v.ops.launch(add, y, y, v.params.b)

    def backward(self, v: Views) -> None:
        if self.bias:
            dy = v.dy.reshape(v.dy.shape[0], -1, self.filters)
            v.ops.reduce(dy, v.grads.b, axis=1)
        grads, weights = self._matrix(v.grads.W), self._matrix(v.params.W)
        for model, rows in self._chunks(v):
            patches = self._patches(v, model, rows)
            dy = self._outputs(v, v.dy, model, rows)
            part = v.work.part if rows.start else grads[model]
            v.ops.gemm(patches, dy, part, trans_a=True)
            if rows.start:
                v.ops.launch(add, grads[model], grads[model], part)
            if v.dx is not None:
                self._fold(v, weights[model], dy, model, rows)

    def _chunks(self, v: Views) -> Iterator[tuple[slice, slice]]:
        """Yield a model and some of its rows at a time."""
        models, batch = v.x.shape[:2]
        for m in range(models):
            for start in range(0, batch, v.work.rows):
                yield slice(m, m + 1), slice(start, min(start + v.work.rows, batch))

    def _matrix(self, kernels: Array) -> Array:
        """See kernels as matrices (M, KH * KW * C, F)."""
        return kernels.reshape(kernels.shape[0], -1, self.filters)

    def _outputs(self, v: Views, array: Array, model: slice, rows: slice) -> Array:
        """See the outputs of some rows of a model as a matrix (1, rows * OH * OW, F)."""
        part = array[model, rows]
        height, width = v.work.geometry.out
        return part.reshape(1, part.shape[1] * height * width, self.filters)

    def _patches(self, v: Views, model: slice, rows: slice) -> Array:
        """Copy the patches of some rows of a model side by side, (1, rows * OH * OW, K)."""
        g, x = v.work.geometry, as_images(v.x)[model.start, rows]
        n, _, _, channels = x.shape
        if g.padded != g.size:
            padded = v.work.padded[:n]
            v.ops.copy(x, _inside(padded, g))
            x = padded
        shape, kernel = (n, *g.out), (*g.kernel, channels)
        area, pixels = kernel[0] * kernel[1] * channels, n * g.out[0] * g.out[1]
        held = v.work.patches[: area * pixels]
        if g.kernel[1] * channels >= LONG_RUN:
            out, matrix = held.reshape(*shape, *kernel), held.reshape(1, pixels, area)
        else:  # copies run along the image instead of the kernel
            out = held.reshape(*kernel, *shape).swapaxes(0, 3).swapaxes(1, 4).swapaxes(2, 5)
            matrix = held.reshape(1, area, pixels).swapaxes(1, 2)
        v.ops.unfold(x, out, strides=g.strides, dilation=g.dilation)
        return matrix

    def _fold(self, v: Views, weights: Array, dy: Array, model: slice, rows: slice) -> None:
        """Write dx of some rows of a model: a product for each entry of the kernel, added up."""
        g, dx = v.work.geometry, as_images(v.dx)[model.start, rows]
        n, _, _, channels = dx.shape
        taps, pixels = g.kernel[0] * g.kernel[1], dy.shape[1]
        held = v.work.patches[: taps * pixels * channels]
        kernels = weights.reshape(taps, channels, self.filters)
        v.ops.gemm(dy, kernels, held.reshape(taps, pixels, channels), trans_b=True)
        patches = held.reshape(*g.kernel, n, *g.out, channels)
        for first, second in ((0, 2), (1, 3), (2, 4), (3, 4)):
            patches = patches.swapaxes(first, second)  # to (n, OH, OW, KH, KW, C)
        out = v.work.folded[:n] if g.padded != g.size else dx
        v.ops.fold(patches, out, strides=g.strides, dilation=g.dilation)
        if out is not dx:
            v.ops.copy(_inside(out, g), dx)


def _inside(padded: Array, g: Geometry) -> Array:
    """Return the image without its zeros."""
    (top, left), (height, width) = g.before, g.size
    return padded[:, top : top + height, left : left + width]
