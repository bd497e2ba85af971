"""Convolution with fewer multiplications: kernels of 3 x 3 and 5 x 5, on tiles of outputs."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels.arithmetic import add
from skdeep.nn.conv.geometry import Geometry
from skdeep.nn.conv.products import Products, Take, divisor, inside
from skdeep.nn.core.binder import Binder

#: Outputs of a tile along one axis.
OUT = 4
#: Where polynomials are evaluated, besides infinity, for kernels of a size. Of those tried float32
#: loses least here.
POINTS = {3: (0.0, 0.75, -0.75, 1.5, -1.5), 5: (0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0)}
#: Fewest columns of a transform that are worth a product of their own.
FEWEST_COLUMNS = 256
#: What the largest buffer may be of what should stay in cache. With larger products it pays.
CHUNKS = 3


def transforms(kernel: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what transforms outputs (OUT, IN), kernels (IN, kernel) and inputs (IN, IN).

    To multiply polynomials of OUT and `kernel` coefficients, multiply their values at
    IN = OUT + kernel - 1 points (Toom and Cook). Turned round, that gives OUT numbers of a
    correlation of IN.
    """
    points = np.array(POINTS[kernel])
    outputs = np.vstack([np.vander(points, OUT, increasing=True), np.eye(OUT)[-1]])
    kernels = np.vstack([np.vander(points, kernel, increasing=True), np.eye(kernel)[-1]])
    inputs = np.zeros((len(points) + 1,) * 2)
    for k, point in enumerate(points):
        others = np.delete(points, k)
        inputs[k, :-1] = np.poly(others)[::-1]
        kernels[k] /= np.prod(point - others)
    inputs[-1] = np.poly(points)[::-1]
    return outputs.T, kernels, inputs


class Tiles(Products):
    """Products of transformed tiles by transformed kernels, for square ones without strides.

    A tile of 6 x 6 pixels gives 4 x 4 outputs of a 3 x 3 kernel by 36 multiplications in place of
    144, and one of 8 x 8 pixels those of a 5 x 5 kernel by 64 in place of 400 (Winograd). For all
    tiles of some images these are a product of matrices for each place in a tile. Backward is the
    same turned round: one transform of dy serves both gradients.

    References
    ----------
    Lavin and Gray (2016). Fast algorithms for convolutional neural networks. CVPR.

    Barabasz, Anderson, Soodhalter and Gregg (2020). Error analysis and improving the accuracy of
    Winograd convolution for deep neural networks. ACM Transactions on Mathematical Software 46.
    """

    @staticmethod
    def side(g: Geometry) -> int:
        """Return how many pixels a tile has along each axis."""
        return OUT + g.kernel[0] - 1

    @staticmethod
    def grid(g: Geometry) -> tuple[int, int]:
        """Return how many tiles lie along each axis."""
        return -(-g.out[0] // OUT), -(-g.out[1] // OUT)

    @classmethod
    def elements(cls, g: Geometry, channels: int, filters: int) -> int:
        return cls.side(g) ** 2 * prod(cls.grid(g)) * max(channels, filters) // CHUNKS

    def _allocate(self, rows: int, binder: Binder, take: Take, wants_dx: bool) -> None:
        g, channels, filters = self.geometry, self.channels, self.filters
        self._side, self._grid = self.side(g), self.grid(g)
        side, kernel, kernels = self._side, g.kernel[0], channels * filters
        size = tuple(OUT * n + kernel - 1 for n in self._grid)
        places = rows * prod(self._grid) * side**2
        self._padded = self._with_zeros(size, g.size, channels, rows, binder)
        self._inputs = take("inputs", (places * channels,))
        self._outputs = take("outputs", (places * filters,))
        self._kernels = take("kernels", (side**2 * kernels,))
        halfway = max(places * max(channels, filters), side * kernel * kernels)
        self._halfway = take("halfway", (halfway,))
        matrices = [matrix.astype(binder.dtype) for matrix in transforms(kernel)]
        self._of_outputs, self._of_kernels, self._of_inputs = map(binder.constant, matrices)
        if not binder.training:
            return
        turned = [np.ascontiguousarray(matrix.T) for matrix in matrices]
        self._to_outputs, self._to_kernels, self._to_inputs = map(binder.constant, turned)
        self._zero = binder.zeros((1,))
        self._sums = take("sums", (1, side**2, channels, filters))
        self._some = min(side**2, max(1, self.ops.chunk_elements // (2 * kernels)))
        self._products = take("products", (1, self._some, channels, filters))
        if wants_dx:
            self._turned = take("turned", (1, kernel**2, filters, channels))
            reach = -(-side // OUT) - 1  # of the last tile into others that are not there
            size = tuple(OUT * (n + reach) for n in self._grid)
            self._folded = take("folded", (rows, *size, channels))

    def forward(self, x: Array, W: Array, y: Array, begins: bool) -> None:
        n, channels, filters = x.shape[0], self.channels, self.filters
        if begins:
            self._transform(self._of_kernels, W, self._kernels)
        kernels = self._kernels.reshape(1, -1, channels, filters)
        products = self._front(self._outputs, self._side, n, filters)
        self._multiply(self._transformed(x), kernels, products)
        tiles = self._front(self._outputs, OUT, n, filters)
        self._transform(self._of_outputs, products, tiles)
        for place, pixels in self._places(tiles, y, n):
            self.ops.copy(place, pixels)

    def gradient(self, x: Array, dy: Array, dW: Array, begins: bool, ends: bool) -> None:
        n, filters = x.shape[0], self.filters
        tiles = self._front(self._outputs, OUT, n, filters)
        if any(size % OUT for size in self.geometry.out):
            self.ops.copy(self._zero, tiles)
        for place, pixels in self._places(tiles, dy, n):
            self.ops.copy(pixels, place)
        outputs = self._front(self._outputs, self._side, n, filters)
        self._transform(self._to_outputs, tiles, outputs)
        inputs = self._transformed(x)
        for at in range(0, self._side**2, self._some):  # which stay in cache until they are added
            a, b, sums = (m[:, at : at + self._some] for m in (inputs, outputs, self._sums))
            products = sums if begins else self._products[:, : sums.shape[1]]
            self.ops.gemm(a, b, products, trans_a=True)
            if not begins:
                self.ops.launch(add, sums, sums, products)
        if ends:
            self._transform(self._to_kernels, self._sums, dW)

    def spread(self, dy: Array, W: Array, dx: Array, begins: bool) -> None:
        n, channels, filters = dx.shape[0], self.channels, self.filters
        if begins:
            self.ops.copy(W.reshape(1, -1, channels, filters).swapaxes(2, 3), self._turned)
            self._transform(self._of_kernels, self._turned, self._kernels)
        kernels = self._kernels.reshape(1, -1, filters, channels)
        tiles = self._front(self._inputs, self._side, n, channels)
        self._multiply(self._front(self._outputs, self._side, n, filters), kernels, tiles)
        self._transform(self._to_inputs, tiles, tiles)
        out = self._folded[:n]
        self.ops.fold(self._windows(tiles, n), out, strides=(OUT, OUT), dilation=(1, 1))
        self.ops.copy(inside(out, self.geometry), dx)

    def _transformed(self, x: Array) -> Array:
        """Return the transforms of the tiles of images, (1, side**2, tiles, C)."""
        tiles = self._front(self._inputs, self._side, len(x), self.channels)
        images, windows = self._fill(x, self._padded, self.geometry), self._windows(tiles, len(x))
        self.ops.unfold(images, windows, strides=(OUT, OUT), dilation=(1, 1))
        self._transform(self._of_inputs, tiles, tiles)
        return tiles

    def _transform(self, matrix: Array, x: Array, out: Array) -> None:
        """Multiply both axes of the squares that lie along the first axes; `out` may be x."""
        height, depth = matrix.shape
        columns = x.size // depth**2
        halfway = self._halfway[: depth * height * columns]
        width = divisor(columns, self.ops.product_work // (height * depth), FEWEST_COLUMNS)
        x = x.reshape(1, depth, depth, -1, width).swapaxes(2, 3)
        half = halfway.reshape(1, depth, height, -1, width).swapaxes(2, 3)
        self.ops.gemm(matrix[None, None, None], x, half)
        half = halfway.reshape(1, depth, -1, width).swapaxes(1, 2)
        out = out.reshape(1, height, -1, width).swapaxes(1, 2)
        self.ops.gemm(matrix[None, None], half, out)

    def _front(self, buffer: Array, side: int, n: int, width: int) -> Array:
        """See the front of a buffer as squares for the tiles of n images, (1, side**2, T, F)."""
        tiles = n * prod(self._grid)
        return buffer[: side**2 * tiles * width].reshape(1, side**2, tiles, width)

    def _windows(self, tiles: Array, n: int) -> Array:
        """See tiles of images as (n, rows, columns, side, side, C)."""
        windows = tiles.reshape(self._side, self._side, n, *self._grid, self.channels)
        for first, second in ((0, 2), (1, 3), (2, 4), (3, 4)):
            windows = windows.swapaxes(first, second)
        return windows

    def _places(self, tiles: Array, y: Array, n: int) -> Iterator[tuple[Array, Array]]:
        """Yield outputs in tiles and in images: those of whole tiles, and of tiles that are cut."""
        size, filters = self.geometry.out, self.filters
        tiles = tiles.reshape(OUT, OUT, n, *self._grid, filters)
        images = y.reshape(n, *size, filters)
        for high, rows, pixel_rows in _whole_and_cut(size[0]):
            for wide, columns, pixel_columns in _whole_and_cut(size[1]):
                place = tiles[:high, :wide, :, rows, columns]
                shape = (n, place.shape[3], high, place.shape[4], wide, filters)
                pixels = images[:, pixel_rows, pixel_columns].reshape(shape)
                yield place, pixels.swapaxes(0, 2).swapaxes(1, 4).swapaxes(3, 4)


def _whole_and_cut(n: int) -> Iterator[tuple[int, slice, slice]]:
    """Yield outputs of a tile, which tiles, and which of n outputs these are."""
    whole, rest = divmod(n, OUT)
    if whole:
        yield OUT, slice(0, whole), slice(0, whole * OUT)
    if rest:
        yield rest, slice(whole, whole + 1), slice(whole * OUT, n)
