"""Sequences that are trained on chunk by chunk, and how they are cut into chunks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from skdeep.backend.base import Backend
from skdeep.data.rows import Rows
from skdeep.nn.core.network import Network
from skdeep.nn.core.params import ParamStore
from skdeep.train.dataset import Dataset
from skdeep.train.sequences.chunk_evaluator import ChunkEvaluator
from skdeep.train.sequences.chunk_objective import ChunkSupervised
from skdeep.train.sequences.chunk_table import ChunkTable
from skdeep.train.sequences.chunked_sequences import ChunkedSequences
from skdeep.train.sequences.sequence_predictor import SequencePredictor
from skdeep.train.sequences.sequences import Sequences

#: Chunks before validation steps that are read to find the state there.
WARM_UP = 4

#: Chunks of an update where ``batch_size='auto'``, or fewer for so many updates an epoch.
MOST_LANES, FEWEST_UPDATES = 32, 16


class ChunkRows(Rows[ChunkedSequences]):
    """The chunks of :class:`~skdeep.train.sequences.chunked_sequences.ChunkedSequences`.

    Targets and weights are arrays with one row for each step.
    """

    objective_type = ChunkSupervised
    evaluator_type = ChunkEvaluator
    predictor_type = SequencePredictor

    @property
    def device(self) -> str:
        return self.held.sequences.device

    @property
    def layout(self) -> tuple[int, int]:
        return self.held.layout

    def take(self, index: Any) -> ChunkedSequences:
        raise TypeError("chunks go on from one another: choose sequences before they are cut")

    @classmethod
    def concatenate(cls, parts: Sequence[ChunkedSequences]) -> ChunkedSequences:
        return ChunkedSequences.concatenate(parts)

    def to_host(self) -> ChunkedSequences:
        return self.held  # chunks are made on the host

    def _equals(self, other: ChunkedSequences) -> bool:
        return self.held.same_as(other)

    def n_bytes(self, itemsize: int) -> float:
        steps = prod(self.held.sequences.steps.shape)
        return float(steps * itemsize + 2 * self.held.places.nbytes)

    def contents(self) -> list[np.ndarray]:
        return [self.held.sequences.steps, self.held.places, self.held.goes_on]

    @property
    def numbers(self) -> Any:
        return self.held.sequences.steps

    def bind(self, network: Network) -> Network:
        return network.of_length(self.held.size)

    def dataset(self, backend: Backend, target: Any, weight: Any, dtype: Any) -> Dataset:
        return ChunkTable(backend, self.held, target, weight, dtype)

    def indices(self) -> np.ndarray:
        return self.held.rows()

    def evaluation_numbers(self, n: int, n_logits: int, row_numbers: float) -> float:
        return self.held.n_lanes * row_numbers  # outputs are not kept

    @classmethod
    def objective(
        cls, network: Network, store: ParamStore, table: ChunkTable, **options: Any
    ) -> ChunkSupervised:
        return ChunkSupervised(network.of_length(table.chunks.size), store, table, **options)

    @classmethod
    def evaluator(
        cls, network: Network, store: ParamStore, table: ChunkTable, rows: np.ndarray
    ) -> ChunkEvaluator:
        own = network.of_length(table.chunks.size)
        return ChunkEvaluator(own, store, table, rows, keep=None)


def usual_batch(n: int) -> int:
    """Return the size of batches where nobody says it, for so many chunks or sequences."""
    return max(1, min(MOST_LANES, n // FEWEST_UPDATES))


def lanes_for(X: Sequences, size: int, batch_size: int | str) -> int:
    """Return how many chunks of `size` steps a batch has; ``batch_size`` may be "auto"."""
    chunks = int((-(-X.lengths // size)).sum())
    return usual_batch(chunks) if batch_size == "auto" else min(int(batch_size), chunks)


def parts_to_validate(
    X: Sequences, weight: np.ndarray | None, begins: Any, size: int
) -> tuple[Sequences, np.ndarray]:
    """Cut out what validates with sequences from some step on.

    Chunks before that step are read, to find the state there, but do not count. Few long
    sequences are cut into parts, each behind such chunks, which are read side by side.

    Parameters
    ----------
    X : Sequences
        On the host.
    weight : ndarray of shape (n,) or None
        Their weights.
    begins : int or array-like of shape (n,)
        The first step of each that counts.
    size : int
        Steps of a chunk.

    Returns
    -------
    parts : Sequences
        What is read.
    weights : ndarray of shape (n_steps,)
        Of each step; 0 where it is only read.
    """
    warm, most = WARM_UP * size, max(1, MOST_LANES // len(X))
    each = np.ones(len(X)) if weight is None else weight
    if not each.any():
        raise ValueError("all validation samples have a sample_weight of zero")
    steps, counts = [], []
    begins = np.broadcast_to(begins, len(X))
    for one, begin, end, own in zip(X, begins, X.lengths, each, strict=True):
        n_parts = min(most, max(1, (end - begin) // warm))
        edges = np.linspace(begin, end, n_parts + 1).astype(int)
        for first, last in pairwise(edges):
            start = max(0, first - warm)
            steps.append(one[start:last])
            counts.append(np.where(np.arange(start, last) < first, 0.0, own))
    parts = Sequences(np.concatenate(steps), [len(part) for part in steps])
    return parts, np.concatenate(counts)
