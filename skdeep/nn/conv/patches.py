"""Convolution by copies of what the kernel meets, and a product with them."""

from __future__ import annotations

from skdeep.backend.base import Array
from skdeep.nn.conv.geometry import Geometry
from skdeep.nn.conv.products import Products, Take, inside
from skdeep.nn.core.binder import Binder

#: Length of a contiguous run of a patch from which on copying patch by patch is fast.
LONG_RUN = 16


class Patches(Products):
    """One product with the patches that the kernel meets, copied side by side.

    Backward copies them again rather than keeping them, which are as many times the input as the
    kernel has entries. The gradient of x is a product for each entry, added up.
    """

    @staticmethod
    def elements(g: Geometry, channels: int, filters: int) -> int:
        return g.out[0] * g.out[1] * max(g.kernel[0] * g.kernel[1] * channels, filters)

    def _allocate(self, rows: int, binder: Binder, take: Take, wants_dx: bool) -> None:
        g = self.geometry
        taps = g.kernel[0] * g.kernel[1]
        self._padded = self._room_for_images(rows, binder)
        self._held = take("patches", (rows * g.out[0] * g.out[1] * taps * self.channels,))
        if binder.training:
            area, pixels = taps * self.channels, g.out[0] * g.out[1]
            stacks = ((1, n * pixels) for n in range(1, rows + 1))
            self._take_sums(take, stacks, area, self.filters)
        self._folded = None
        if wants_dx:
            self._turned = take("turned", (1, taps, self.filters, self.channels))
            if g.padded != g.size:
                self._folded = take("folded", (rows, *g.padded, self.channels))

    @property
    def _short(self) -> bool:
        """Whether a row of the kernel is so short that copies run along the image instead."""
        return self.geometry.kernel[1] * self.channels < LONG_RUN

    def _room_for_images(self, rows: int, binder: Binder) -> Array:
        """Return a place for images with zeros, whose channels lie apart where runs are short."""
        g, channels = self.geometry, self.channels
        if not self._short or channels == 1:
            return self._with_zeros(g.padded, g.size, channels, rows, binder)
        planes = binder.zeros((rows, channels, *g.padded))
        return planes.swapaxes(1, 2).swapaxes(2, 3)

    def forward(self, x: Array, W: Array, y: Array, begins: bool) -> None:
        self._multiply(self._patches(x), W[:, None], y[:, None])

    def gradient(self, x: Array, dy: Array, dW: Array, begins: bool, ends: bool) -> None:
        self._add_up(self._patches(x), dy[:, None], dW, begins)

    def _patches(self, x: Array) -> Array:
        """Copy the patches of images side by side, (1, 1, n * OH * OW, KH * KW * C)."""
        g, n = self.geometry, x.shape[0]
        shape, kernel = (n, *g.out), (*g.kernel, self.channels)
        area, pixels = kernel[0] * kernel[1] * self.channels, n * g.out[0] * g.out[1]
        held = self._held[: area * pixels]
        if not self._short:
            out, matrix = held.reshape(*shape, *kernel), held.reshape(1, 1, pixels, area)
        else:
            out = held.reshape(*kernel, *shape).swapaxes(0, 3).swapaxes(1, 4).swapaxes(2, 5)
            matrix = held.reshape(1, 1, area, pixels).swapaxes(2, 3)
        images = self._fill(x, self._padded, g)
        self.ops.unfold(images, out, strides=g.strides, dilation=g.dilation)
        return matrix

    def spread(self, dy: Array, W: Array, dx: Array, begins: bool) -> None:
        g, n, channels = self.geometry, dx.shape[0], self.channels
        taps, pixels = g.kernel[0] * g.kernel[1], dy.shape[1]
        if begins:
            W = W.reshape(1, taps, channels, self.filters)
            self.ops.copy(W.swapaxes(2, 3), self._turned)
        held = self._held[: taps * pixels * channels]
        self._multiply(dy[:, None], self._turned, held.reshape(1, taps, pixels, channels))
        patches = held.reshape(*g.kernel, n, *g.out, channels)
        for first, second in ((0, 2), (1, 3), (2, 4), (3, 4)):
            patches = patches.swapaxes(first, second)  # to (n, OH, OW, KH, KW, C)
        out = dx if self._folded is None else self._folded[:n]
        self.ops.fold(patches, out, strides=g.strides, dilation=g.dilation)
        if out is not dx:
            self.ops.copy(inside(out, g), dx)


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

    def _allocate(self, rows: int, binder: Binder, take: Take, wants_dx: bool) -> None:
        g, turned = self.geometry, self.geometry.turned
        self._padded = self._with_zeros(g.padded, g.size, self.channels, rows, binder)
        self._held = take("patches", (rows * self.elements(g, self.channels, self.filters),))
        if binder.training:
            width, pixels = g.kernel[1] * self.channels, g.out[0] * g.out[1]
            self._take_sums(take, [(rows, pixels)], width, self.filters)
        if wants_dx:
            self._padded_dy = self._with_zeros(
                turned.padded, turned.size, self.filters, rows, binder
            )
            self._turned = take("turned", (*turned.kernel, self.filters, self.channels))

    def forward(self, x: Array, W: Array, y: Array, begins: bool) -> None:
        self._correlate(self._rows(x, self._padded, self.geometry), W, y, self.geometry)

    def spread(self, dy: Array, W: Array, dx: Array, begins: bool) -> None:
        g, n = self.geometry.turned, dx.shape[0]
        if begins:
            W = W.reshape(*g.kernel, self.channels, self.filters)[::-1, ::-1]
            self.ops.copy(W.swapaxes(2, 3), self._turned)
        rows = self._rows(dy.reshape(n, *g.size, self.filters), self._padded_dy, g)
        out = dx.reshape(1, n * g.out[0] * g.out[1], self.channels)
        self._correlate(rows, self._turned.reshape(1, -1, self.channels), out, g)

    def gradient(self, x: Array, dy: Array, dW: Array, begins: bool, ends: bool) -> None:
        g, n, width = self.geometry, x.shape[0], self.geometry.kernel[1] * self.channels
        rows = self._rows(x, self._padded, g)
        images = dy.reshape(1, n, g.out[0] * g.out[1], self.filters)
        for k in range(g.kernel[0]):
            below = self._below(rows, k, g)
            self._add_up(below, images, dW[:, k * width : (k + 1) * width], begins)

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
    def _below(rows: Array, k: int, g: Geometry) -> Array:
        """Return what row k of the kernel meets of each image, (1, n, OH * OW, KW * C)."""
        top, n = k * g.dilation[0], rows.shape[0]
        return rows[:, top : top + g.out[0]].reshape(1, n, g.out[0] * g.out[1], -1)

    def _correlate(self, rows: Array, W: Array, out: Array, g: Geometry) -> None:
        """Write the sum of the products of the kernel's rows."""
        width, n = W.shape[1] // g.kernel[0], rows.shape[0]
        out = out.reshape(1, n, g.out[0] * g.out[1], W.shape[2])
        for k in range(g.kernel[0]):
            weights = W[:, None, k * width : (k + 1) * width]
            self.ops.gemm(self._below(rows, k, g), weights, out, accumulate=k > 0)
