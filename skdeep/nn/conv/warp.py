"""Affine maps of images, one for each: several random ones as one, by one bilinear kernel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.kernels import warping as bodies
from skdeep.kernels.arithmetic import add, multiply, subtract
from skdeep.nn.core.binder import Binder
from skdeep.nn.image_changes import GeometricChange

#: The four pixels around a place.
CORNERS = range(4)


class Warp:
    """Neighbouring geometric changes of a list, bound to buffers.

    Parameters
    ----------
    changes : sequence of GeometricChange
        In the order in which they happen.
    shape : tuple of int
        (H, W, C) of the images.
    draws : sequence of list of array (M, B, 1)
        The draws of each change.
    binder : Binder
        Where buffers come from.
    n_axes : int
        2 for images, 1 for signals.
    backward : bool
        Whether slopes will be asked for.
    valid : array of shape (M, B, T) or None
        Which steps of sequences are there: each moves within its own length.

    Attributes
    ----------
    map : list of array (M, B, 1)
        The six numbers of the map of each image, from where a pixel was to where it is.
    """

    def __init__(
        self,
        changes: Sequence[GeometricChange],
        shape: tuple[int, int, int],
        draws: Sequence[list[Array]],
        binder: Binder,
        n_axes: int,
        backward: bool,
        valid: Array | None = None,
    ) -> None:
        self.changes, self.draws, self.shape = changes, draws, shape
        self._valid = valid
        self.ops: Backend = binder.backend
        self.whole = all(change.whole for change in changes)
        self._numbers = [
            [_number(binder, value) for value in change.numbers(n_axes)] for change in changes
        ]
        self._start = [_number(binder, value) for value in (1, 0, 0, 1, 0, 0)]
        self.map = [self._take(binder, f"map_{k}", (1,)) for k in range(6)]
        self._back = [self._take(binder, f"back_{k}", (1,)) for k in range(6)]
        self._bind_pixels(binder, backward)

    @staticmethod
    def _take(
        binder: Binder, name: str, shape: tuple[int, ...], dtype: object = np.float64
    ) -> Array:
        return binder.rows(f"{binder.scope}:{name}", shape, dtype)

    def _bind_pixels(self, binder: Binder, backward: bool) -> None:
        """Take what is computed for each pixel."""
        height, width, channels = self.shape
        pixels, models, batch = height * width, binder.store.n_models, binder.batch
        rows, columns = np.divmod(np.arange(pixels), width)
        # Numbers of pixels are computed in float64, which holds them all.
        self._place = [
            binder.constant(axis.reshape(1, 1, -1).astype(float)) for axis in (columns, rows)
        ]
        first = pixels * np.arange(models * batch, dtype=float)
        edge = any(change.fill == "edge" for change in self.changes)
        self._frame = [
            self._width(binder, width),
            _number(binder, height),
            binder.constant(first.reshape(models, batch, 1)),
            _number(binder, float(edge)),
        ]
        n = 1 if self.whole else len(CORNERS)
        self._index = [self._take(binder, f"index_{k}", (pixels,), np.int64) for k in range(n)]
        self._share = [self._take(binder, f"share_{k}", (pixels,), binder.dtype) for k in range(n)]
        self._found = [
            self._take(binder, f"found_{k}", (pixels, channels), binder.dtype)
            for k in range(0 if self.whole else n)
        ]
        if backward:
            offset = np.arange(models).reshape(-1, 1, 1) * batch * pixels
            self._offset = binder.constant(offset)
            self._local = self._take(binder, "local", (pixels,), np.int32)
            self._part = self._take(binder, "part", (pixels, channels), binder.dtype)
            self._sum = self._take(binder, "sum", (pixels, channels), binder.dtype)

    def _width(self, binder: Binder, width: int) -> Array:
        """Return the pixels of a row: of sequences how many steps of each are there."""
        if self._valid is None:
            return _number(binder, width)
        self._length = self._take(binder, "length", (1,), binder.dtype)
        return self._take(binder, "width", (1,))

    def draw(self) -> None:
        """Draw the map of each image, and find which pixels come to each place."""
        if self._valid is not None:
            self.ops.reduce(self._valid, self._length, axis=2)
            self.ops.copy(self._length, self._frame[0])
        now = self._start
        for change, draws, numbers in zip(self.changes, self.draws, self._numbers, strict=True):
            self.ops.launch(change.kernel, tuple(self.map), *now, *draws, *numbers)
            now = self.map
        self.ops.launch(bodies.inverse_map, tuple(self._back), *self.map)
        body = bodies.nearest_source if self.whole else bodies.bilinear_sources
        outputs = (*self._index, *self._share)
        self.ops.launch(body, outputs, *self._back, *self._place, *self._frame)

    def __call__(self, x: Array, y: Array) -> None:
        """Write the moved images (M, B, pixels * C) of x into y, another array."""
        models, channels = x.shape[0], self.shape[2]
        table = x.reshape(-1, channels)
        flat = (models, -1, channels)
        found = [y.reshape(flat)] if self.whole else [part.reshape(flat) for part in self._found]
        for index, out in zip(self._index, found, strict=True):
            self.ops.gather(table, index.reshape(models, -1), out)
        shares = [share.reshape(models, -1, 1) for share in self._share]
        if self.whole:
            self.ops.launch(multiply, found[0], found[0], shares[0])
        else:
            self.ops.launch(bodies.mixed_pixels, y.reshape(flat), *found, *shares)

    def backward(self, dy: Array, dx: Array) -> None:
        """Write the slopes along x into dx, another array."""
        models, channels = dy.shape[0], self.shape[2]
        flat = (models, -1, channels)
        dy, dx, part = dy.reshape(flat), dx.reshape(flat), self._part.reshape(flat)
        for k, (index, share) in enumerate(zip(self._index, self._share, strict=True)):
            self.ops.launch(multiply, part, dy, share.reshape(models, -1, 1))
            self.ops.launch(subtract, self._local, index, self._offset)
            out = self._sum.reshape(flat) if k else dx
            self.ops.scatter(part, self._local.reshape(models, -1), out)
            if k:
                self.ops.launch(add, dx, dx, out)


def _number(binder: Binder, value: float) -> Array:
    return binder.constant(np.full((1, 1, 1), value, np.float64))
