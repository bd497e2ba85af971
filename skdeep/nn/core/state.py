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

    Attributes
    ----------
    keep : Array of shape (M, 1, B)
        Multiplies the states before the first step: 1 goes on, 0 starts the row anew. The caller
        writes it; it starts as ones.
    states : dict of str to Array of shape (M, H, B)
        By the layer's full name and the state's, such as "lstm_0.h" and "lstm_0.c"; zeros at first,
        there as soon as a program is bound.
    """

    def __init__(self, backend: Backend, n_models: int, batch: int, dtype: Any) -> None:
        self.backend, self.n_models, self.batch = backend, n_models, batch
        self.dtype = np.dtype(dtype)
        self.keep: Array = backend.to_device(np.ones((n_models, 1, batch), self.dtype))
        self.states: dict[str, Array] = {}
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

    def part(self, models: slice) -> RecurrentState:
        """Return the states of neighbouring models, on the same memory."""
        part = RecurrentState.__new__(RecurrentState)
        part.__dict__.update(self.__dict__, states={}, _whole=(self, models))
        part.keep = self.keep[models]
        part.n_models = len(part.keep)
        return part
