"""How a convolution of some rows of a batch becomes matrix products."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.kernels.arithmetic import add
from skdeep.nn.conv.geometry import Geometry
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.spec import Shape

#: Length of a contiguous run of a patch from which on copying patch by patch is fast.
LONG_RUN = 16

#: Height of a kernel from which on expanding its rows alone is worth a product for each row and
#: image, where the patches of no more images than these would stay in cache.
TALL, FEW = 5, 6


class Products(ABC):
    """Products of a few images at a time, in buffers that stay in cache between the calls.

    Images x (n, H, W, C), outputs as matrices y (1, n * OH * OW, F), kernels as a matrix
    W (1, KH * KW * C, F).

    Parameters
    ----------
    geometry : Geometry
        Sizes.
    channels, filters : int
        C and F.
    rows : int
        The largest n.
    binder : Binder
        Gives memory.
    part : int
        Products of other parts may run at the same time; those of all layers share the buffers.
    wants_dx : bool
        Whether :meth:`spread` will be called.
    """

    def __init__(
        self,
        geometry: Geometry,
        channels: int,
        filters: int,
        rows: int,
        binder: Binder,
        part: int,
        wants_dx: bool,
    ) -> None:
        self.ops: Backend = binder.backend
        self.geometry, self.channels, self.filters = geometry, channels, filters

        def take(name: str, shape: Shape) -> Array:
            return binder.arena.take(f"conv:{name}:{part}", shape, binder.dtype)

        self._padded = self._with_zeros(geometry, channels, rows, binder)
        self._allocate(rows, binder, take, wants_dx)
        if binder.training:
            area = geometry.kernel[0] * geometry.kernel[1] * channels
            self._product = take("product", (1, area, filters))

    @staticmethod
    def elements(g: Geometry, channels: int, filters: int) -> int:
        """Return the numbers of the largest buffer for one image."""
        return g.out[0] * g.out[1] * max(g.kernel[0] * g.kernel[1] * channels, filters)

    @staticmethod
    def _with_zeros(g: Geometry, channels: int, rows: int, binder: Binder) -> Array:
        """Return a place for images with zeros around them; nobody writes its border."""
        if g.padded == g.size:
            return None
        return binder.constant(np.zeros((rows, *g.padded, channels), binder.dtype))

    @abstractmethod
    def _allocate(
        self, rows: int, binder: Binder, take: Callable[[str, Shape], Array], wants_dx: bool
    ) -> None:
        """Take the other buffers."""

    @abstractmethod
    def forward(self, x: Array, W: Array, y: Array) -> None:
        """Write y without a bias."""

    @abstractmethod
    def gradient(self, x: Array, dy: Array, dW: Array, begins: bool) -> None:
        """Add to the gradient of W, or begin it."""

    @abstractmethod
    def spread(self, dy: Array, W: Array, dx: Array) -> None:
        """Write the gradient of x."""

    def _fill(self, x: Array, padded: Array, g: Geometry) -> Array:
        """Return images with their zeros."""
        if padded is None:
            return x
        padded = padded[: x.shape[0]]
        self.ops.copy(x, _inside(padded, g))
        return padded

    def _add(self, product: Array, out: Array, begins: bool, a: Array, b: Array) -> None:
        """Write ``a.T @ b`` into `out`, or add it there."""
        self.ops.gemm(a, b, out if begins else product, trans_a=True)
        if not begins:
            self.ops.launch(add, out, out, product)


class Patches(Products):
    """One product with the patches that the kernel meets, copied side by side.

    Backward copies them again rather than keeping them, which are as many times the input as the
    kernel has entries. The gradient of x is a product for each entry, added up.
    """

    def _allocate(self, rows: int, binder: Binder, take: Any, wants_dx: bool) -> None:
        g = self.geometry
        area = g.kernel[0] * g.kernel[1] * self.channels
        self._held = take("patches", (rows * g.out[0] * g.out[1] * area,))
        self._folded = None
        if wants_dx and g.padded != g.size:
            self._folded = take("folded", (rows, *g.padded, self.channels))

    def forward(self, x: Array, W: Array, y: Array) -> None:
        self.ops.gemm(self._patches(x), W, y)

    def gradient(self, x: Array, dy: Array, dW: Array, begins: bool) -> None:
        self._add(self._product, dW, begins, self._patches(x), dy)

    def _patches(self, x: Array) -> Array:
        """Copy the patches of images side by side, (1, n * OH * OW, KH * KW * C)."""
        g, n = self.geometry, x.shape[0]
        shape, kernel = (n, *g.out), (*g.kernel, self.channels)
        area, pixels = kernel[0] * kernel[1] * self.channels, n * g.out[0] * g.out[1]
        held = self._held[: area * pixels]
        if g.kernel[1] * self.channels >= LONG_RUN:
            out, matrix = held.reshape(*shape, *kernel), held.reshape(1, pixels, area)
        else:  # copies run along the image instead of the kernel
            out = held.reshape(*kernel, *shape).swapaxes(0, 3).swapaxes(1, 4).swapaxes(2, 5)
            matrix = held.reshape(1, area, pixels).swapaxes(1, 2)
        images = self._fill(x, self._padded, g)
        self.ops.unfold(images, out, strides=g.strides, dilation=g.dilation)
        return matrix

    def spread(self, dy: Array, W: Array, dx: Array) -> None:
        g, n, channels = self.geometry, dx.shape[0], self.channels
        taps, pixels = g.kernel[0] * g.kernel[1], dy.shape[1]
        held = self._held[: taps * pixels * channels]
        kernels = W.reshape(taps, channels, self.filters)
        self.ops.gemm(dy, kernels, held.reshape(taps, pixels, channels), trans_b=True)
        patches = held.reshape(*g.kernel, n, *g.out, channels)
        for first, second in ((0, 2), (1, 3), (2, 4), (3, 4)):
            patches = patches.swapaxes(first, second)  # to (n, OH, OW, KH, KW, C)
        out = dx if self._folded is None else self._folded[:n]
        self.ops.fold(patches, out, strides=g.strides, dilation=g.dilation)
        if out is not dx:
            self.ops.copy(_inside(out, g), dx)


class PatchRows(Products):
    """A product for each row of the kernel, with patches of one row, for tall kernels.

    Patches that lie one below the other share memory: numbers are copied as often as the kernel
    is wide, not as often as it has entries. The gradient of x is the same of dy with turned
    kernels. Strides are 1.
    """

    @staticmethod
    def elements(g: Geometry, channels: int, filters: int) -> int:
        turned = g.turned
        return max(
            g.padded[0] * g.out[1] * g.kernel[1] * channels,
            turned.padded[0] * turned.out[1] * g.kernel[1] * filters,
        )

    def _allocate(self, rows: int, binder: Binder, take: Any, wants_dx: bool) -> None:
        self._held = take(
            "patches", (rows * self.elements(self.geometry, self.channels, self.filters),)
        )
        if wants_dx:
            turned = self.geometry.turned
            self._turned = turned
            self._padded_dy = self._with_zeros(turned, self.filters, rows, binder)
            self._W = take("turned", (*turned.kernel, self.filters, self.channels))

    def forward(self, x: Array, W: Array, y: Array) -> None:
        self._correlate(self._rows(x, self._padded, self.geometry), W, y, self.geometry)

    def spread(self, dy: Array, W: Array, dx: Array) -> None:
        g, n = self._turned, dx.shape[0]
        W = W.reshape(*g.kernel, self.channels, self.filters)[::-1, ::-1].swapaxes(2, 3)
        self.ops.copy(W, self._W)
        rows = self._rows(dy.reshape(n, *g.size, self.filters), self._padded_dy, g)
        out = dx.reshape(1, n * g.out[0] * g.out[1], self.channels)
        self._correlate(rows, self._W.reshape(1, -1, self.channels), out, g)

    def gradient(self, x: Array, dy: Array, dW: Array, begins: bool) -> None:
        g, width = self.geometry, self.geometry.kernel[1] * self.channels
        rows, pixels = self._rows(x, self._padded, g), g.out[0] * g.out[1]
        for n in range(x.shape[0]):
            image = dy[:, n * pixels : (n + 1) * pixels]
            for k in range(g.kernel[0]):
                product, out = (a[:, k * width : (k + 1) * width] for a in (self._product, dW))
                self._add(product, out, begins and n == 0, self._below(rows, n, k, g), image)

    def _rows(self, x: Array, padded: Array, g: Geometry) -> Array:
        """Copy patches of one row side by side, (n, H with zeros, OW, KW, C)."""
        n, channels = x.shape[0], x.shape[3]
        shape = (n, g.padded[0], g.out[1], 1, g.kernel[1], channels)
        size = n * g.padded[0] * g.out[1] * g.kernel[1] * channels
        rows = self._held[:size].reshape(shape)
        images = self._fill(x, padded, g)
        self.ops.unfold(images, rows, strides=g.strides, dilation=g.dilation)
        return rows

    @staticmethod
    def _below(rows: Array, n: int, k: int, g: Geometry) -> Array:
        """Return what row k of the kernel meets of image n, (1, OH * OW, KW * C)."""
        top = k * g.dilation[0]
        return rows[n, top : top + g.out[0]].reshape(1, g.out[0] * g.out[1], -1)

    def _correlate(self, rows: Array, W: Array, out: Array, g: Geometry) -> None:
        """Write the sum of the products of the kernel's rows."""
        width, pixels = W.shape[1] // g.kernel[0], g.out[0] * g.out[1]
        for n in range(rows.shape[0]):
            image = out[:, n * pixels : (n + 1) * pixels]
            for k in range(g.kernel[0]):
                weights = W[:, k * width : (k + 1) * width]
                self.ops.gemm(self._below(rows, n, k, g), weights, image, accumulate=k > 0)


def products_of(g: Geometry, channels: int, filters: int, in_cache: int) -> type[Products]:
    """Return the kind of products for a geometry and so many numbers that stay in cache."""
    tall = g.kernel[0] >= TALL and g.kernel[1] * channels >= LONG_RUN
    few = FEW * Patches.elements(g, channels, filters) >= in_cache
    return PatchRows if tall and few and g.strides == (1, 1) else Patches


def _inside(padded: Array, g: Geometry) -> Array:
    """Return the image without its zeros."""
    (top, left), (height, width) = g.before, g.size
    return padded[:, top : top + height, left : left + width]
