"""States that recurrent layers hand on from one chunk of long sequences to the next."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.backend.base import Array, Backend


class RecurrentState:
    """The states of all recurrent layers of a network between two calls of its programs.

    Forward starts from what is here and leaves the state after each row's last valid step, so that
    the next chunk of the same sequences goes on from there, in training, scoring or generation.
    No gradient flows from a chunk into the one before. Programs of one batch size, also such for
    chunks of other lengths, share an object.

    Parameters
    ----------
    backend : Backend
        Where the arrays are.
    n_models, batch : int
        M and B of the programs.
    dtype : dtype
        Of the network.
    longest : int
        For how many steps caches have room.

    Attributes
    ----------
    keep : Array of shape (M, 1, B)
        Multiplies the states before the first step: 1 goes on, 0 starts the row anew. The caller
        writes it; it starts as ones.
    step : Array of shape (M, B, 1)
        How many steps each row has read before; the caller counts. It starts as zeros.
    caches : dict of str to Array of shape (M, B, ...)
        What layers keep of all steps before, by the layer's full name and its own; zeros at first.
    states : dict of str to Array of shape (M, H, B)
        By the layer's full name and the state's, such as "lstm_0.h" and "lstm_0.c"; zeros at first,
        there as soon as a program is bound.
    """

    def __init__(
        self, backend: Backend, n_models: int, batch: int, dtype: Any, longest: int = 1
    ) -> None:
        self.backend, self.n_models, self.batch = backend, n_models, batch
        self.longest = longest
        self.dtype = np.dtype(dtype)
        self.keep: Array = backend.to_device(np.ones((n_models, 1, batch), self.dtype))
        self.step: Array = backend.zeros((n_models, batch, 1), self.dtype)
        self.states: dict[str, Array] = {}
        self.caches: dict[str, Array] = {}
        self._whole: tuple[RecurrentState, slice] | None = None

    def state(self, name: str, units: int) -> Array:
        """Return the state of that name, (M, units, B)."""
        if name not in self.states:
            if self._whole is None:
                shape = (self.n_models, units, self.batch)
                self.states[name] = self.backend.zeros(shape, self.dtype)
            else:
                whole, models = self._whole
                self.states[name] = whole.state(name, units)[models]
        return self.states[name]

    def cache(self, name: str, shape: tuple[int, ...]) -> Array:
        """Return the cache of that name, (M, B, *shape): all layers of one-step programs share it.

        A layer writes what it keeps of this step where ``step`` says, and reads what is before.
        """
        if self._whole is not None:
            raise ValueError(f"{name} is kept by programs of all models at once only")
        if name not in self.caches:
            self.caches[name] = self.backend.zeros((self.n_models, self.batch, *shape), self.dtype)
        return self.caches[name]

    def part(self, models: slice) -> RecurrentState:
        """Return the states of neighbouring models, on the same memory."""
        part = RecurrentState.__new__(RecurrentState)
        part.__dict__.update(self.__dict__, states={}, caches={}, _whole=(self, models))
        part.keep, part.step = self.keep[models], self.step[models]
        part.n_models = len(part.keep)
        return part
