"""A function of the user's that changes images, and their targets, one by one on the host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.nn.conv.moved_targets import TargetUnits
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import unit_words
from skdeep.nn.core.spec import Noise, Shape

#: How far a y that stays may lie outside of what the loss takes, which float32 rounds.
ROUNDING = 1e-5


class OwnChange:
    """A callable ``(X, y, rng)`` that returns another image and its y.

    It gets one image at a time, and a generator of the image's key and the step, so that what it
    draws does not depend on the batch.

    Parameters
    ----------
    function : callable
        Takes an image, its y (None where there are classes) and a generator; returns the first two.
    shape : tuple of int
        Shape of an image, or a signal, as the function gets it.
    noise : Noise
        The keys of the images and the step's seed.
    target : array of shape (M, B, columns) or None
        Changed in place.
    units : TargetUnits
        What targets mean; without columns y is None.
    binder : Binder
        Which models and which backend.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        shape: Shape,
        noise: Noise,
        target: Array | None,
        units: TargetUnits,
        binder: Binder,
    ) -> None:
        self.function, self.shape, self.noise, self.units = function, shape, noise, units
        self.ops: Backend = binder.backend
        self.target = target if units.columns else None
        self._word = int(unit_words(f"{binder.scope}:own", (1,))[0, 0, 0])
        models = binder.store.n_models
        self._mean, self._scale = (
            np.broadcast_to(binder.store.own(v) if v.ndim == 2 else v, (models, units.columns))
            for v in (units.mean, units.scale)
        )

    def __call__(self, x: Array) -> None:
        """Change images (M, B, pixels) in place, and their targets."""
        arrays = (x, self.noise.keys, self.noise.seed)
        self.ops.on_host(self._all, *arrays, *(() if self.target is None else (self.target,)))

    def _all(
        self, x: np.ndarray, keys: np.ndarray, seed: np.ndarray, target: np.ndarray | None = None
    ) -> None:
        for m, b in np.ndindex(x.shape[:2]):
            entropy = [int(keys[m, b, 0]), int(seed[m, 0, 0]), self._word]
            rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence(entropy)))
            row = None if target is None else target[m, b]
            y = None if row is None else self._decoded(row, m)
            image, y = self._called(x[m, b].reshape(self.shape).copy(), y, rng)
            x[m, b] = image.reshape(-1)
            if row is not None:
                self._encode(y, row, m)

    def _called(self, image: np.ndarray, y: Any, rng: np.random.Generator) -> tuple[Any, Any]:
        """Return what the function makes of an image and its y, checked."""
        result = self.function(image, y, rng)
        if not isinstance(result, tuple) or len(result) != 2:
            raise ValueError(
                "the function given as augment must return a pair (X, y), got "
                f"{type(result).__name__}"
            )
        found, moved = np.asarray(result[0]), result[1]
        if found.shape != image.shape or found.dtype.kind not in "fiub":
            raise ValueError(
                f"the function given as augment must return an image of shape {image.shape}, got "
                f"{found.dtype} of shape {found.shape}"
            )
        if not np.isfinite(found).all():
            raise ValueError("the function given as augment returned an image that is not finite")
        if y is None and moved is not None:
            raise ValueError(
                "the function given as augment got y=None, since classes stay, and must return "
                f"None for it, got {type(moved).__name__}"
            )
        if y is not None and not _is_like(moved, y):
            raise ValueError(
                f"the function given as augment must return a y of shape {np.shape(y)} in "
                f"numbers, got {type(moved).__name__} of shape {np.shape(moved)}"
            )
        return found, moved

    def _decoded(self, row: np.ndarray, model: int) -> Any:
        """Return the y of an image in its own units, with NaN where it is missing."""
        n = self.units.columns
        y = row[:n] * self._scale[model] + self._mean[model]
        if self.units.masked:
            y = np.where(row[n:] > 0, y, np.nan)
        return y if n > 1 else y[0]

    def _encode(self, y: Any, row: np.ndarray, model: int) -> None:
        """Write the y of an image as a target."""
        n = self.units.columns
        values = (np.reshape(y, n) - self._mean[model]) / self._scale[model]
        there = np.isfinite(values)
        if self.units.masked:
            row[n:] = there
        if not (np.isnan(values) & self.units.masked | there).all():
            raise ValueError("the function given as augment returned a y that is not finite")
        low, high = self.units.domain
        slack = ROUNDING * np.abs([low, high])
        if (np.less(y, low - slack[0]) | np.greater(y, high + slack[1])).any():
            raise ValueError(
                f"the function given as augment returned a y of {np.ravel(y).tolist()}, but the "
                f"loss takes numbers from {low:g} to {high:g}"
            )
        row[:n] = np.where(there, values, 0.0)


def _is_like(moved: Any, y: Any) -> bool:
    """Whether a y that came back holds as many numbers as the one that was handed out."""
    array = np.asarray(moved)
    return array.shape == np.shape(y) and array.dtype.kind in "fiub"
