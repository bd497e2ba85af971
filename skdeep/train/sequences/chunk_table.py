"""Chunks of sequences on the device, with a target and a weight for each step."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.train.dataset import Dataset, Shuffler
from skdeep.train.sequences.chunked_sequences import ChunkedSequences
from skdeep.train.sequences.chunks import LaneOrder

#: Chunks whose keys are computed at once.
KEYED = 256


class ChunkTable(Dataset):
    """Chunks of sequences whose steps have targets and weights.

    Parameters
    ----------
    backend, dtype
        As for :class:`~skdeep.train.dataset.Dataset`.
    X : ChunkedSequences
        What is read.
    target : ndarray of shape (n_steps, columns)
        What is to be predicted at each step.
    weight : ndarray of shape (n_steps,) or None
        Weight of each step; None: all count one.

    Attributes
    ----------
    inputs, outputs : Array of shape (C, L)
        The places of the steps that chunks read, and of those that they predict.
    goes_on : Array of shape (C, 1)
        1 where a chunk goes on from the state after the one before.
    """

    host_weight: np.ndarray

    def __init__(
        self,
        backend: Backend,
        X: ChunkedSequences,
        target: np.ndarray,
        weight: np.ndarray | None,
        dtype: Any,
    ) -> None:
        self.chunks = X
        each = np.append(np.ones(len(target)) if weight is None else weight, [0.0, 0.0])
        edge = np.zeros((2, *target.shape[1:]), target.dtype)
        super().__init__(backend, X, np.concatenate([target, edge]), each, dtype)
        #: The weight of each chunk.
        self.host_weight = each[X.places].sum(axis=1)
        self.inputs: Array = backend.to_device(X.previous % len(each))
        self.outputs: Array = backend.to_device(X.places % len(each))
        self.goes_on: Array = backend.to_device(X.goes_on.astype(dtype)[:, None])

    def _adopt(self, X: ChunkedSequences, dtype: Any) -> Array:
        return self.backend.adopt(X.steps, np.int32 if X.sequences.is_tokens else dtype)

    def order(
        self, rows: Any, randoms: Sequence[np.random.RandomState | None], batch_size: int
    ) -> Shuffler:
        """Return the order in which models visit the lanes that their rows are of."""
        return LaneOrder(rows, randoms, self.chunks.lanes, self.chunks.begins)

    @cached_property
    def keys(self) -> Array:
        """Keys of the chunks by what they read, (C,), uint32."""
        steps, places, found = self.chunks.steps, self.chunks.previous, []
        for begin in range(0, len(places), KEYED):
            rows = steps[places[begin : begin + KEYED]]
            rows = np.ascontiguousarray(rows.reshape(len(rows), -1), self.weight.dtype)
            keys = self.backend.row_keys(self.backend.to_device(rows))
            found.append(self.backend.to_host(keys))
        return self.backend.to_device(np.concatenate(found))
