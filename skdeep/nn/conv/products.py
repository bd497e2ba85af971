"""How a convolution of some rows of a batch becomes matrix products."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.kernels.arithmetic import add
from skdeep.nn.conv.geometry import Geometry
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.spec import Shape

#: Gives a buffer by its name.
Take = Callable[[str, Shape], Array]
#: Fewest rows of a product that are worth a product of their own.
FEWEST_ROWS = 16


class Products(ABC):
    """Products of a few images at a time, in buffers that stay in cache between the calls.

    Images x (n, H, W, C), outputs as matrices y (1, n * OH * OW, F), kernels as a matrix
    W (1, KH * KW * C, F). The first call of a step for some kernels says that it `begins`.

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

        self._allocate(rows, binder, take, wants_dx)

    @staticmethod
    @abstractmethod
    def elements(g: Geometry, channels: int, filters: int) -> int:
        """Return the numbers of one image that should stay in cache."""

    @abstractmethod
    def _allocate(self, rows: int, binder: Binder, take: Take, wants_dx: bool) -> None:
        """Take the buffers."""

    @abstractmethod
    def forward(self, x: Array, W: Array, y: Array, begins: bool) -> None:
        """Write y without a bias."""

    @abstractmethod
    def gradient(self, x: Array, dy: Array, dW: Array, begins: bool, ends: bool) -> None:
        """Begin the gradient of W or add to it; it is whole once a call `ends` it."""

    @abstractmethod
    def spread(self, dy: Array, W: Array, dx: Array, begins: bool) -> None:
        """Write the gradient of x, right after :meth:`gradient` for the same dy."""

    @staticmethod
    def _with_zeros(size: Shape, inner: Shape, channels: int, rows: int, binder: Binder) -> Array:
        """Return a place for images with zeros around them; nobody writes its border."""
        if size == inner:
            return None
        return binder.constant(np.zeros((rows, *size, channels), binder.dtype))

    def _fill(self, x: Array, padded: Array, g: Geometry) -> Array:
        """Return images with their zeros."""
        if padded is None:
            return x
        padded = padded[: x.shape[0]]
        self.ops.copy(x, inside(padded, g))
        return padded

    def _multiply(self, a: Array, b: Array, out: Array) -> None:
        """Write ``a @ b`` of stacks (1, s, m, k) and (1, s, k, n), some rows at a time."""
        m, k = a.shape[2:]
        most = self.ops.product_work // (k * b.shape[3])
        pieces = m // divisor(m, most, FEWEST_ROWS)
        a, out = (x.reshape(1, x.shape[1], pieces, m // pieces, x.shape[3]) for x in (a, out))
        self.ops.gemm(a, b[:, :, None], out)

    def _add_up(self, a: Array, b: Array, out: Array, begins: bool) -> None:
        """Write ``a.T @ b``, the sum over stacks (1, s, k, m) and (1, s, k, n), or add it to `out`.

        The product of each is taken for itself, and that of some rows at a time where there are
        many more than columns.
        """
        _, stack, k, m = a.shape
        n = b.shape[3]
        pieces = self._pieces(k, m, n)
        a, b = (x.reshape(1, stack, pieces, k // pieces, x.shape[3]) for x in (a, b))
        if begins and stack * pieces == 1:
            self.ops.gemm(a, b, out.reshape(1, 1, 1, m, n), trans_a=True)
            return
        products = self._products[: stack * pieces * m * n]
        self.ops.gemm(a, b, products.reshape(1, stack, pieces, m, n), trans_a=True)
        products, out = products.reshape(1, -1, m * n), out.reshape(1, 1, m * n)
        if stack * pieces > 1:
            total = out if begins else self._total.reshape(out.shape)
            self.ops.reduce(products, total, axis=1)
            products = total
        if not begins:
            self.ops.launch(add, out, out, products)

    def _take_sums(self, take: Take, stacks: Iterable[tuple[int, int]], m: int, n: int) -> None:
        """Take what :meth:`_add_up` needs for stacks of so many matrices of so many rows."""
        most = max(stack * self._pieces(k, m, n) for stack, k in stacks)
        self._products, self._total = take("products", (most * m * n,)), take("total", (m * n,))

    def _pieces(self, k: int, m: int, n: int) -> int:
        """Return how many products one becomes that adds over k rows."""
        return k // divisor(k, self.ops.product_work // (m * n), m)


def inside(padded: Array, g: Geometry) -> Array:
    """Return the image without its zeros."""
    (top, left), (height, width) = g.before, g.size
    return padded[:, top : top + height, left : left + width]


def divisor(total: int, most: int, least: int) -> int:
    """Return the largest divisor from `least` to `most`, or all where that is none or few."""
    if total <= most:
        return total
    return next((k for k in range(most, least - 1, -1) if total % k == 0), total)
