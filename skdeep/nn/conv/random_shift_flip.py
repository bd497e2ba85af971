"""Random shifts and flips of images in training."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels import random_shift_flip as bodies
from skdeep.kernels.arithmetic import multiply
from skdeep.nn.conv.images import PerAxis, as_images, image_shape, per_axis
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, unit_words
from skdeep.nn.core.spec import Shape, Spec, Views

#: Axes that each value of ``flip`` turns round, as shares of the rows: (vertical, horizontal).
FLIPS = {None: (0.0, 0.0), "horizontal": (0.0, 0.5), "vertical": (0.5, 0.0), "both": (0.5, 0.5)}


class RandomShiftFlip(Layer):
    """Shift each image by a few pixels and flip it, at random, in training alone.

    Zeros come in at the edges: a shift is a crop of the image with a border of zeros. What happens
    to a row is a hash of its key and the step's seed, so that it does not depend on the
    other rows of its batch. Bound without noise, and in prediction, rows stay. Where signals are
    sequences, each is shifted and turned round within its own length.

    Parameters
    ----------
    shift : int or tuple of int
        Most pixels along each axis, in both directions; all as likely.
    flip : {"horizontal", "vertical", "both"} or None
        Axes along which half of the rows are turned round; of a signal only "horizontal".
    name : str or None
        Name within the parent.
    """

    def __init__(
        self, shift: PerAxis = 0, flip: str | None = None, name: str | None = None
    ) -> None:
        shifts = tuple(shift) if isinstance(shift, tuple | list) else (shift,)
        if not all(isinstance(n, int) and n >= 0 for n in shifts):
            raise ValueError(f"the shift of RandomShiftFlip must be integers >= 0, got {shift!r}")
        if flip not in FLIPS:
            raise ValueError(
                f"the flip of RandomShiftFlip must be among {list(FLIPS)}, got {flip!r}"
            )
        self.shift = shift if isinstance(shift, int) else shifts
        self.flip, self.name = flip, name

    def build(self, in_shape: Shape) -> Spec:
        image_shape(self, in_shape)
        per_axis(self, self.shift, in_shape)
        return Spec(in_shape, traits=frozenset({"noise", "flips"} if self.flip else {"noise"}))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        if v.noise is None:
            return
        w, constant = v.work, binder.constant
        height, width, _ = image_shape(self, spec.out_shape)
        shifts = per_axis(self, self.shift, spec.out_shape)
        if len(spec.out_shape) == 2:
            shifts = (0, shifts[1])
        flips = FLIPS[self.flip]
        models, batch = v.x.shape[:2]
        rows = v.noise.keys.shape[1]
        w.keys = v.noise.keys.reshape(models, rows, 1, 1)
        w.seed = v.noise.seed.reshape(models, 1, 1, 1)
        words = unit_words(binder.scope, (4, 1, 1))[0, 0]  # (4, 1, 1)
        w.draws = SimpleNamespace(
            units=[constant(word[None, None]) for word in words],
            choices=[self._number(binder, 2 * n + 1) for n in shifts],
            most=[self._number(binder, n) for n in shifts],
            flips=[self._number(binder, share) for share in flips],
        )
        column = (models, rows, 1, 1)
        names = ("down", "across", "turn", "mirror", "up", "back")
        for name in names:
            setattr(w, name, binder.arena.take(f"{binder.scope}:{name}", column, np.float64))
        w.y = constant(np.arange(height, dtype=float).reshape(1, 1, height, 1))
        w.x = constant(np.arange(width, dtype=float).reshape(1, 1, 1, width))
        w.height, w.width = self._number(binder, height), self._number(binder, width)
        if v.valid is not None:
            w.width = binder.rows(f"{binder.scope}:width", (1, 1), np.float64)
            w.length = binder.rows(f"{binder.scope}:length", (1,))
            w.one = constant(np.ones((1, 1, 1, 1), binder.dtype))
        first = np.arange(models * batch, dtype=float) * (height * width)
        w.first = constant(first.reshape(models, batch, 1, 1))
        pixels = (models, batch, height, width)
        w.index = binder.arena.take(f"{binder.scope}:index", pixels, np.int64)
        w.inside = binder.arena.take(f"{binder.scope}:inside", pixels, binder.dtype)

    @staticmethod
    def _number(binder: Binder, value: float) -> Array:
        # Numbers of pixels are computed in float64, which holds them all.
        return binder.constant(np.full((1, 1, 1, 1), value, np.float64))

    def forward(self, v: Views, training: bool) -> None:
        w = v.work
        if v.noise is None or not training:
            v.ops.copy(v.x, v.y)
            return
        if v.valid is not None:
            v.ops.reduce(v.valid, w.length, axis=2)
            v.ops.launch(multiply, w.width, w.length.reshape(w.width.shape), w.one)
        for name, unit, k in (("down", 0, 0), ("across", 1, 1)):
            inputs = (w.keys, w.seed, w.draws.units[unit], w.draws.choices[k], w.draws.most[k])
            v.ops.launch(bodies.drawn_offset, getattr(w, name), *inputs)
        for name, unit, share in (("turn", 2, 0), ("mirror", 3, 1)):
            words = (w.keys, w.seed, w.draws.units[unit])
            v.ops.launch(bodies.drawn_flip, getattr(w, name), *words, w.draws.flips[share])
        self._move(v, v.x, v.y, w.down, w.across)

    def backward(self, v: Views) -> None:
        if v.dx is None:
            return
        w = v.work
        if v.noise is None:
            v.ops.copy(v.dy, v.dx)
            return
        v.ops.launch(bodies.undone, w.up, w.down, w.turn)
        v.ops.launch(bodies.undone, w.back, w.across, w.mirror)
        self._move(v, v.dy, v.dx, w.up, w.back)

    def _move(self, v: Views, x: Array, y: Array, down: Array, across: Array) -> None:
        """Write into y the pixel of x that comes to each place, or zero."""
        w = v.work
        inputs = (down, across, w.turn, w.mirror, w.y, w.x, w.height, w.width, w.first)
        # Numbers of pixels are whole, so that the cast to an index is exact.
        v.ops.launch(bodies.source, (w.index, w.inside), *inputs)
        models, channels = x.shape[0], x.shape[-1]
        table = x.reshape(-1, channels)
        v.ops.gather(table, w.index.reshape(models, -1), y.reshape(models, -1, channels))
        inside = w.inside.reshape(*as_images(y).shape[:4], 1)
        v.ops.launch(multiply, as_images(y), as_images(y), inside)
