"""Targets that follow their images: points that move with them, numbers that change their sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.kernels import warping as bodies
from skdeep.nn.conv.warp import Warp
from skdeep.nn.core.binder import Binder


@dataclass(frozen=True)
class TargetUnits:
    """What the columns of a target are in the units of y.

    Attributes
    ----------
    columns : int
        Number of columns; 0: targets do not follow.
    mean, scale : ndarray of shape (columns,) or (M, columns)
        y is ``mean + scale * target``, for all models or for each.
    masked : bool
        Whether as many columns follow that say what is there, 1, or missing, 0.
    domain : tuple of float
        The lowest and the highest y that the loss takes.
    """

    columns: int
    mean: np.ndarray
    scale: np.ndarray
    masked: bool
    domain: tuple[float, float]


class MovedTargets:
    """What becomes of targets where a :class:`Warp` moves their images.

    Parameters
    ----------
    warp : Warp
        Moves the images.
    target : array of shape (M, B, columns)
        Changed in place.
    units : TargetUnits
        What they mean.
    binder : Binder
        Where buffers come from.
    """

    def __init__(self, warp: Warp, target: Array, units: TargetUnits, binder: Binder) -> None:
        self.warp, self.target, self.units, self.binder = warp, target, units, binder
        self.ops: Backend = binder.backend
        self._swaps: list[tuple[Any, ...]] = []
        self._signs: list[tuple[Array, Array, Array]] = []
        self._moves = any(change.y == "keypoints" for change in warp.changes)
        for change, draws in zip(warp.changes, warp.draws, strict=True):
            share = _number(binder, change.probability)
            if change.y == "negate":
                self._signs.append((draws[0], share, self._signed(change.columns)))
            elif change.y == "keypoints" and change.swap is not None:
                self._swaps.append(self._swap(change.swap, draws[0], share))
        self._values = target[:, :, : units.columns]
        mean = units.mean
        if self._moves:
            mean = self._bind_points(mean)
        self._units = (self._by_column(mean), self._by_column(units.scale))

    def _by_column(self, values: np.ndarray) -> Array:
        """Return numbers (columns,) or (M, columns) as (1 or M, 1, columns), float64."""
        own = self.binder.store.own(values)[:, None] if values.ndim == 2 else values[None, None]
        return self.binder.constant(np.ascontiguousarray(own, float))

    def _signed(self, columns: Sequence[int] | None) -> Array:
        """Return which columns change their sign, (1, 1, columns)."""
        signed = np.zeros((1, 1, self.units.columns))
        signed[..., slice(None) if columns is None else list(columns)] = 1
        return self.binder.constant(signed)

    def _bind_points(self, mean: np.ndarray) -> np.ndarray:
        """See columns as points; return their means, counted from the middle of the image."""
        height, width, _ = self.warp.shape
        columns = self.units.columns
        self._points = self._axes(self._values)
        self._there = self._axes(self.target[:, :, columns:]) if self.units.masked else None
        middle = np.tile([(width - 1) / 2, (height - 1) / 2], columns // 2)
        return np.asarray(mean - middle)

    @staticmethod
    def _axes(columns: Array) -> tuple[Array, Array]:
        """See pairs of columns as what stands for x and what stands for y, (M, B, points)."""
        models, batch, n = columns.shape
        pairs = columns.reshape(models, batch, n // 2, 2)
        return pairs[:, :, :, 0], pairs[:, :, :, 1]

    def _swap(self, swap: tuple[int, ...], draw: Array, share: Array) -> tuple[Any, ...]:
        """Return what brings points, and whether they are there, to the places of partners."""
        models, batch, columns = self.target.shape
        n = columns // 2
        partner = np.array(swap)
        partner = np.concatenate([partner, partner + len(partner)])[:n]
        first = n * np.arange(models * batch, dtype=float).reshape(models, batch, 1)
        constants = (
            first,
            np.arange(n, dtype=float)[None, None],
            partner[None, None].astype(float),
        )
        rows = self.binder.rows
        index = rows(f"{self.binder.scope}:points_index", (n,), np.int64)
        held = rows(f"{self.binder.scope}:points", (n, 2), self.target.dtype)
        return index, held, *map(self.binder.constant, constants), draw, share

    def __call__(self) -> None:
        """Change the targets as the images were, after the warp has drawn."""
        ops, values = self.ops, self._values
        if not (self._moves or self._signs):
            return
        ops.launch(bodies.in_units, values, values, *self._units)
        for index, held, *inputs in self._swaps:
            ops.launch(bodies.swapped_place, index, *inputs)
            flat = (len(held), -1, 2)
            ops.gather(self.target.reshape(-1, 2), index.reshape(len(held), -1), held.reshape(flat))
            ops.copy(held.reshape(flat), self.target.reshape(flat))
        if self._moves:
            ops.launch(bodies.moved_points, self._points, *self._points, *self.warp.map)
            if self._there is not None:
                ops.launch(bodies.both, self._there, *self._there)
        for draw, share, signed in self._signs:
            ops.launch(bodies.negated, values, values, draw, share, signed)
        ops.launch(bodies.as_target, values, values, *self._units)


def _number(binder: Binder, value: float) -> Array:
    return binder.constant(np.full((1, 1, 1), value, np.float64))
