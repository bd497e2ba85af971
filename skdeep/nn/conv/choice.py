"""Which products a convolution is made of."""

from __future__ import annotations

from math import prod

from skdeep.backend.base import Backend
from skdeep.nn.conv.geometry import Geometry
from skdeep.nn.conv.patches import LONG_RUN, Patches, PatchRows
from skdeep.nn.conv.products import Products
from skdeep.nn.conv.tiles import POINTS, Tiles

#: Height of a kernel from which on expanding its rows alone is worth a product for each row and
#: image, where the patches of no more images than these would stay in cache.
TALL, FEW = 5, 6

#: Channels and filters from which on tiles are worth their transforms, and the most entries of the
#: matrix between them: every place of a tile has one.
WIDE, MOST_KERNELS = 16, 2**16
#: Multiplications that tiles may need of those without them, and tiles of a batch from which on
#: they are worth transforming the kernels.
SHARE, ENOUGH_TILES = 0.5, 32


def products_of(
    g: Geometry, channels: int, filters: int, batch: int, ops: Backend
) -> type[Products]:
    """Return the kind of products for a convolution of so many rows, by these numbers alone."""
    if ops.stacks_products and _by_tiles(g, channels, filters, batch):
        return Tiles
    tall = g.kernel[0] >= TALL and g.kernel[1] * channels >= LONG_RUN
    few = FEW * Patches.elements(g, channels, filters) >= ops.chunk_elements
    return PatchRows if tall and few and g.strides == (1, 1) else Patches


def _by_tiles(g: Geometry, channels: int, filters: int, batch: int) -> bool:
    """Say whether fewer multiplications are worth the transforms that they take."""
    if g.kernel[0] != g.kernel[1] or g.kernel[0] not in POINTS:
        return False
    fits = g.strides == g.dilation == (1, 1)
    pays = min(channels, filters) >= WIDE and channels * filters <= MOST_KERNELS
    tiles = prod(Tiles.grid(g))
    saves = tiles * Tiles.side(g) ** 2 <= SHARE * prod(g.out) * prod(g.kernel)
    return fits and pays and saves and batch * tiles >= ENOUGH_TILES
