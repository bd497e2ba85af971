"""Sequences of which a training reads chunk after chunk."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from skdeep.train.sequences.chunks import PADDING, Chunks, StatefulBatches, piece_length
from skdeep.train.sequences.sequences import Sequences


class ChunkedSequences:
    """Sequences as a training in chunks reads them: rows are chunks.

    Each step is predicted from those before it; the first one of a sequence reads `start`.

    Parameters
    ----------
    sequences : Sequences
        On the host.
    size : int
        Steps L of a chunk.
    n_lanes : int
        Chunks B in a batch.
    cut : bool
        Whether to cut long sequences into pieces, so that all lanes are filled; a piece begins
        with an empty state.
    start : float or int or None
        What stands before a sequence; None: what is read at a step, all that is known before it,
        lies at its own place.

    Attributes
    ----------
    places, previous : ndarray of shape (C, L)
        As of :class:`~skdeep.train.sequences.chunks.Chunks`.
    goes_on : ndarray of shape (C,)
        Whether a chunk goes on from the state after the one before.
    lanes : list of StatefulBatches
        How chunks are laid out; of several that were put together, each by itself.
    begins : list of int
        The first chunk of each of these.
    """

    def __init__(
        self, sequences: Sequences, size: int, n_lanes: int, *, cut: bool, start: Any = 0
    ) -> None:
        self.sequences, self.size, self.n_lanes, self.start = sequences, size, n_lanes, start
        lengths = sequences.lengths
        longest = piece_length(lengths, size, n_lanes) if cut else None
        chunks = Chunks(sequences.starts, lengths, size, longest, aligned=start is None)
        self.places, self.previous, self.goes_on = chunks.places, chunks.previous, chunks.goes_on
        self.lanes, self.begins = [StatefulBatches(chunks, n_lanes)], [0]

    @classmethod
    def concatenate(cls, parts: Sequence[ChunkedSequences]) -> ChunkedSequences:
        """Return the chunks of several that agree in :attr:`layout` and in what stands before."""
        joined = copy.copy(parts[0])
        joined.sequences = Sequences.concatenate([part.sequences for part in parts])
        steps = np.cumsum([0, *(len(part.sequences.steps) for part in parts[:-1])])
        shifted = list(zip(parts, steps, strict=True))
        joined.places = np.concatenate([_shifted(part.places, k) for part, k in shifted])
        joined.previous = np.concatenate([_shifted(part.previous, k) for part, k in shifted])
        joined.goes_on = np.concatenate([part.goes_on for part in parts])
        joined.lanes = [lanes for part in parts for lanes in part.lanes]
        joined.begins = np.cumsum([0, *(len(part.places) for part in parts[:-1])]).tolist()
        return joined

    @property
    def layout(self) -> tuple[int, int]:
        """The steps of a chunk, and the chunks in a batch."""
        return self.size, self.n_lanes

    @property
    def shape(self) -> tuple[int, int]:
        """The shape (C, F) of the array that stands for it."""
        return len(self.places), self.sequences.width

    @property
    def dtype(self) -> Any:
        """The dtype of the steps."""
        return self.sequences.dtype

    @property
    def steps(self) -> np.ndarray:
        """All steps, with what stands for padding and before a sequence behind them."""
        steps = self.sequences.steps
        edge = np.zeros((2, *steps.shape[1:]), steps.dtype)
        edge[1] = self.start or 0
        return np.concatenate([steps, edge])

    def rows(self) -> np.ndarray:
        """Return the chunks in the order of the lanes, batch after batch."""
        pairs = zip(self.lanes, self.begins, strict=True)
        return np.concatenate([lanes.rows() + begin for lanes, begin in pairs])

    def at_places(self, values: np.ndarray) -> np.ndarray:
        """Return what belongs to steps, in the order of :meth:`rows`, where the steps lie."""
        places = self.places[self.rows()].reshape(-1, self.n_lanes, self.size)
        places = places.swapaxes(1, 2).reshape(-1)  # as batches predict for them
        there = places != PADDING
        result = np.zeros((len(self.sequences.steps), *values.shape[1:]), values.dtype)
        result[places[there]] = values[there]
        return result

    def same_as(self, other: ChunkedSequences) -> bool:
        """Whether `other` holds the very same chunks."""
        return (
            self.layout == other.layout
            and np.array_equal(self.places, other.places)
            and self.sequences.same_as(other.sequences)
        )


def _shifted(places: np.ndarray, shift: int) -> np.ndarray:
    """Return places in an array that has `shift` other steps before."""
    return np.where(places < 0, places, places + shift)
