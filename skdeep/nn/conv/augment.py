"""Random changes of images in training, which targets follow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels.warping import drawn
from skdeep.nn.conv.images import image_shape
from skdeep.nn.conv.moved_targets import MovedTargets, TargetUnits
from skdeep.nn.conv.own_change import OwnChange
from skdeep.nn.conv.warp import Warp
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, unit_words
from skdeep.nn.core.spec import Shape, Spec, Views
from skdeep.nn.image_changes import GeometricChange, ImageChange, PixelChange, PixelParts


class Augment(Layer):
    """Change each image at random in training, and its target with it.

    What happens to an image is a hash of its key and the step's seed, so that it does not depend
    on the other images of its batch. Bound without noise, and in prediction, images stay.

    Parameters
    ----------
    changes : sequence of ImageChange or callable
        What happens, in this order; see :mod:`skdeep.augmentation`.
    columns : int
        Number of columns of the targets, which follow; 0: they stay.
    mean, scale : sequence of float
        y is ``mean + scale * target``, a number for each column.
    masked : bool
        Whether as many columns follow that say what is there.
    domain : tuple of float
        The lowest and the highest y that the loss takes; callables may return no other.
    name : str or None
        Name within the parent.
    """

    per_model = ("mean", "scale")

    def __init__(
        self,
        changes: Sequence[Any],
        columns: int = 0,
        mean: Sequence[float] = (),
        scale: Sequence[float] = (),
        masked: bool = False,
        domain: tuple[float, float] = (-np.inf, np.inf),
        name: str | None = None,
    ) -> None:
        if not all(isinstance(change, ImageChange) or callable(change) for change in changes):
            raise ValueError(f"the changes of Augment must be such, or callables, got {changes!r}")
        self.changes, self.columns, self.masked, self.name = tuple(changes), columns, masked, name
        self.mean, self.scale, self.domain = tuple(mean), tuple(scale), domain

    def build(self, in_shape: Shape) -> Spec:
        image_shape(self, in_shape)
        for change in self.changes:
            if isinstance(change, ImageChange):
                change.check(len(in_shape) - 1)
        own = {"host"} if any(not isinstance(c, ImageChange) for c in self.changes) else set()
        return Spec(in_shape, traits=frozenset({"noise", *own}))

    # ------------------------------------------------------------------ bound

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        if v.noise is None or not binder.training:
            return
        w = v.work
        w.keys, w.seed = v.noise.keys, v.noise.seed
        n_draws = [getattr(change, "n_draws", 0) for change in self.changes]
        total = max(sum(n_draws), 1)
        w.one = binder.constant(np.ones((1, 1, 1)))
        w.units = binder.constant(unit_words(binder.scope, (total,)))
        w.draws = binder.rows(f"{binder.scope}:draws", (total,), np.float64)
        w.as_images = binder.rows(f"{binder.scope}:draws_as_images", (total,))
        w.other = binder.rows(f"{binder.scope}:other", spec.out_shape)
        starts = np.cumsum([0, *n_draws]).tolist()
        draws = [range(start, start + n) for start, n in zip(starts[:-1], n_draws, strict=True)]
        # What is done, and the slopes of what changes images. None holds the views, which hold it.
        w.forward, w.backward = [], []
        flat = (*v.x.shape[:2], -1)
        at, buffers = v.x.reshape(flat), (v.y.reshape(flat), w.other.reshape(flat))
        for k, group in enumerate(self._groups(draws)):
            inner = binder.scoped(f"{binder.scope}.{k}")
            at = self._bind_group(group, spec.out_shape, v, inner, at, buffers)
        if at is not buffers[0]:
            w.forward.append(partial(v.ops.copy, at, buffers[0]))

    def _groups(self, draws: Sequence[range]) -> list[list[tuple[Any, range]]]:
        """Put neighbouring geometric changes together, unless they fill in differently."""
        keys: list[tuple[bool, int]] = []
        fill = None
        for k, change in enumerate(self.changes):
            geometric = isinstance(change, GeometricChange)
            goes_on = geometric and keys and keys[-1][0]
            new_fill = getattr(change, "fill", None)
            if goes_on and (fill is None or new_fill in (None, fill)):
                keys.append(keys[-1])
                fill = fill or new_fill
            else:
                keys.append((geometric, k))
                fill = new_fill
        pairs = zip(keys, zip(self.changes, draws, strict=True), strict=True)
        return [[one for _, one in group] for _, group in groupby(pairs, key=lambda p: p[0])]

    def _bind_group(
        self,
        group: Sequence[tuple[Any, range]],
        shape: Shape,
        v: Views,
        binder: Binder,
        at: Array,
        buffers: tuple[Array, Array],
    ) -> Array:
        """Bind what happens at once to the images in `at`; return where they are then."""
        w, first, noise = v.work, group[0][0], v.noise
        assert noise is not None
        height, width, channels = image_shape(self, shape)
        size = (height, width, channels)
        if isinstance(first, GeometricChange):
            draws = [[w.draws[:, :, k : k + 1] for k in each] for _, each in group]
            changes, slopes = [change for change, _ in group], v.dx is not None
            warp = Warp(changes, size, draws, binder, len(shape) - 1, slopes, v.valid)
            out = buffers[1] if at is buffers[0] else buffers[0]
            w.forward += [warp.draw, partial(warp, at, out)]
            w.backward.append(warp.backward)
            if self.columns and binder.target is not None:
                w.forward.append(MovedTargets(warp, binder.target, self._units, binder))
            return out
        out = at if any(at is buffer for buffer in buffers) else buffers[0]
        if isinstance(first, PixelChange):
            each = [w.as_images[:, :, k : k + 1] for k in group[0][1]]
            change, slope = first.bind(PixelParts(v.ops, binder, noise, size, each))
            w.forward.append(partial(change, at, out))
            w.backward.append(slope)
            return out
        own = OwnChange(first, shape, noise, binder.target, self._units, binder)
        if out is not at:
            w.forward.append(partial(v.ops.copy, at, out))
        w.forward.append(partial(own, out))
        w.backward.append(None)
        return out

    @property
    def _units(self) -> TargetUnits:
        return TargetUnits(
            self.columns,
            np.array(self.mean, float),
            np.array(self.scale, float),
            self.masked,
            self.domain,
        )

    # ------------------------------------------------------------------ run

    def forward(self, v: Views, training: bool) -> None:
        w = v.work
        if not training or not hasattr(w, "forward"):
            v.ops.copy(v.x, v.y)
            return
        v.ops.launch(drawn, w.draws, w.keys, w.seed, w.units, w.one)
        v.ops.copy(w.draws, w.as_images)
        for step in w.forward:
            step()

    def backward(self, v: Views) -> None:
        if v.dx is None:
            return
        w = v.work
        if not hasattr(w, "backward"):
            v.ops.copy(v.dy, v.dx)
            return
        flat = (*v.x.shape[:2], -1)
        at, buffers = v.dy.reshape(flat), (v.dx.reshape(flat), w.other.reshape(flat))
        for slope in reversed(w.backward):
            if slope is None:
                continue
            out = buffers[1] if at is buffers[0] else buffers[0]
            slope(at, out)
            at = out
        if at is not buffers[0]:
            v.ops.copy(at, buffers[0])
