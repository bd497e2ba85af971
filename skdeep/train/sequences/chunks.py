"""Sequences cut into chunks of equally many steps, and the lanes in which they are read.

Long sequences are trained on chunk by chunk: the recurrent state goes on from chunk to chunk, and
gradients stop where a chunk begins. A batch is one chunk of each of B lanes, and the next batch
goes on where it ended.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Any

import numpy as np

from skdeep.train.dataset import Shuffler

#: Places of the rows that are put behind all steps: what stands where there is none, and what comes
#: before a sequence.
PADDING, BEFORE = -2, -1


class Chunks:
    """The chunks of some sequences, as places in the array that holds all their steps.

    Parameters
    ----------
    starts, lengths : array-like of shape (n,)
        Where each sequence begins and how many steps it has.
    size : int
        Steps L of a chunk; the last one of a sequence may have fewer.
    longest : int or None
        Cut sequences into pieces of so many steps, a multiple of `size`, each of which begins with
        an empty state; None: no longer than they are.
    aligned : bool
        Whether what is read at a step lies at its own place, not at that of the step before.

    Attributes
    ----------
    places, previous : ndarray of shape (C + 1, L)
        Where the steps of each chunk lie, and the steps before these: :data:`PADDING` where there
        is none, :data:`BEFORE` before a sequence. The last chunk is padding.
    goes_on : ndarray of shape (C + 1,)
        Whether a chunk goes on from the state after the one before.
    first, widths : ndarray of shape (pieces,)
        The first chunk of each piece, and its number of chunks.
    """

    def __init__(
        self,
        starts: Any,
        lengths: Any,
        size: int,
        longest: int | None = None,
        *,
        aligned: bool = False,
    ) -> None:
        self.size = size
        starts, lengths = np.asarray(starts, np.intp), np.asarray(lengths, np.intp)
        longest = longest or max(int(lengths.max()), 1)
        counts = -(-lengths // longest)
        sequence = np.repeat(np.arange(len(lengths)), counts)  # which one a piece belongs to
        offsets = longest * _counted(counts)
        begins = starts[sequence] + offsets
        ends = np.minimum(begins + longest, (starts + lengths)[sequence])
        self.widths = -(-(ends - begins) // size)
        self.first = np.cumsum(self.widths) - self.widths
        piece = np.repeat(np.arange(len(begins)), self.widths)
        nth = _counted(self.widths)
        places = (begins[piece] + size * nth)[:, None] + np.arange(size)
        there = places < ends[piece][:, None]
        previous = np.where(places == starts[sequence[piece]][:, None], BEFORE, places - 1)
        previous = places if aligned else previous
        padding = np.full((1, size), PADDING)
        self.places = np.concatenate([np.where(there, places, PADDING), padding])
        self.previous = np.concatenate([np.where(there, previous, PADDING), padding])
        self.goes_on = np.append(nth > 0, False)

    @property
    def padding(self) -> int:
        """The chunk that is padding."""
        return len(self.places) - 1


def piece_length(lengths: Any, size: int, lanes: int) -> int:
    """Return how long pieces may be so that sequences fill so many lanes evenly."""
    share = -(-int(np.sum(lengths)) // lanes)
    return size * -(-share // size)


class StatefulBatches:
    """Pieces of sequences laid out in B lanes, the longest first.

    Parameters
    ----------
    chunks : Chunks
        What is laid out.
    n_lanes : int
        Number B of lanes.
    """

    def __init__(self, chunks: Chunks, n_lanes: int) -> None:
        self.chunks, self.n_lanes = chunks, n_lanes
        self.pieces = np.argsort(-chunks.widths, kind="stable")
        self.widths = chunks.widths[self.pieces]
        free = [(0, lane) for lane in range(n_lanes)]  # the shortest lane first
        begins = np.empty(len(self.pieces), np.intp)
        for slot, width in enumerate(self.widths.tolist()):
            row, lane = heapq.heappop(free)
            begins[slot] = row * n_lanes + lane
            heapq.heappush(free, (row + width, lane))
        self.n_batches = max(row for row, _ in free)
        self._nth = _counted(self.widths)
        self._places = np.repeat(begins, self.widths) + n_lanes * self._nth

    def rows(self, random: np.random.RandomState | None = None) -> np.ndarray:
        """Return the chunks of all batches, (n_batches * B,); pieces of a length are shuffled."""
        pieces = self.pieces
        if random is not None:
            shuffled = random.permutation(len(pieces))
            order = shuffled[np.argsort(-self.widths[shuffled], kind="stable")]
            pieces = pieces[order]
        rows = np.full(self.n_batches * self.n_lanes, self.chunks.padding, np.intp)
        rows[self._places] = np.repeat(self.chunks.first[pieces], self.widths) + self._nth
        return rows


class LaneOrder(Shuffler):
    """The order in which M models visit chunks: lanes, filled anew in each epoch.

    Parameters
    ----------
    rows, randoms
        As for :class:`~skdeep.train.dataset.Shuffler`.
    lanes : sequence of StatefulBatches
        Those of the table's parts, one of which each model's rows are of.
    begins : sequence of int
        The first chunk of each part.
    """

    def __init__(
        self,
        rows: Any,
        randoms: Sequence[np.random.RandomState | None],
        lanes: Sequence[StatefulBatches],
        begins: Sequence[int],
    ) -> None:
        super().__init__(rows, randoms)
        parts = np.searchsorted(begins, self.rows[:, 0], side="right") - 1
        self.lanes, self.begins = [lanes[k] for k in parts], [begins[k] for k in parts]

    def advance(self) -> np.ndarray:
        """Return the order of the next epoch, (M, n)."""
        for model, random in enumerate(self.randoms):
            if random is not None:
                self.of(model)[...] = self.lanes[model].rows(random) + self.begins[model]
        return self.rows


def _counted(counts: np.ndarray) -> np.ndarray:
    """Return 0, 1, ... for each of these numbers, side by side."""
    starts: np.ndarray = np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(np.arange(len(starts)) - starts)
