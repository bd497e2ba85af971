"""Dropout masks of steps of sequences, which do not depend on how many steps there are."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.kernels.masks import kept, kept_at, row_word
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import unit_words
from skdeep.nn.core.spec import Noise


class StepMasks:
    """Factors of units: zero where they are dropped, one over the share that is kept elsewhere.

    A mask is a hash of the row's key, the step's seed, and three places of the unit: two that make
    a column, one that makes a row of it.

    Parameters
    ----------
    noise : Noise
        What masks are computed from.
    rate : float or tuple of float
        Probability of being dropped, one for all models or one each.
    binder : Binder
        Its scope names the layer.
    places : tuple of (str, int)
        Names and lengths of the three kinds of places.
    """

    def __init__(self, noise: Noise, rate: Any, binder: Binder, *places: tuple[str, int]) -> None:
        rates = binder.store.own(rate)
        threshold = np.minimum(np.rint(rates * 2.0**32), 2**32 - 1)

        def numbers(values: np.ndarray, dtype: Any) -> Array:
            return binder.constant(values.astype(dtype).reshape(-1, 1, 1))

        self.batch = binder.batch
        models, n_keys, _ = noise.keys.shape
        self.keys = noise.keys.reshape(models, n_keys, 1, 1)
        self.seed = noise.seed.reshape(models, 1, 1, 1)
        words = [unit_words(f"{binder.scope}:{name}", (length,)) for name, length in places]
        self.units, first, second = (binder.constant(word.reshape(1, -1)) for word in words)
        self.first = first.reshape(1, 1, -1, 1)
        self.second = second.reshape(1, 1, 1, -1)
        self.level = None
        if noise.level is not None:
            self.level = noise.level.reshape(models, 1, 1)
            self.rate = numbers(rates, binder.dtype)
        self.threshold = numbers(threshold, np.uint32)
        self.scale = numbers(1 / (1 - threshold / 2.0**32), binder.dtype)

    def columns(
        self,
        ops: Backend,
        out: Array,
        rows: slice = slice(None),
        first: slice = slice(None),
        second: slice = slice(None),
    ) -> None:
        """Write the words of columns (M, B, first, second), uint32."""
        keys = self.keys[:, rows] if self.keys.shape[1] > 1 else self.keys
        ops.launch(
            row_word, out, keys, self.seed, self.first[:, :, first], self.second[..., second]
        )

    def write(self, ops: Backend, out: Array, columns: Array, units: slice = slice(None)) -> None:
        """Write factors (M, units, columns) from the words of columns (M, 1, columns)."""
        unit = self.units[:, units].reshape(1, -1, 1)
        if self.level is None:
            ops.launch(kept, out, columns, unit, self.threshold, self.scale)
        else:
            ops.launch(kept_at, out, columns, unit, self.rate, self.level)


class FeatureMasks:
    """Dropout of single features of single steps, in columns (M, F, B * T)."""

    def __init__(
        self, noise: Noise, rate: Any, binder: Binder, name: str, steps: int, features: int
    ) -> None:
        binder = binder.scoped(f"{binder.scope}:{name}")
        self._masks = StepMasks(noise, rate, binder, ("f", features), ("one", 1), ("t", steps))
        shape = (binder.store.n_models, binder.batch, 1, steps)
        self._words = binder.arena.take(f"{binder.scope}:words", shape, np.dtype(np.uint32))
        full = (len(self._words), features, binder.batch * steps)
        #: Factors, (M, F, B * T), as :meth:`draw` has written them.
        self.factors = binder.arena.take(f"{binder.scope}:kept", full, binder.dtype)

    def draw(self, ops: Backend) -> None:
        """Write the factors of this step."""
        self._masks.columns(ops, self._words)
        columns = self._words.reshape(len(self._words), 1, -1)
        self._masks.write(ops, self.factors, columns)
