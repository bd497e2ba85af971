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

from skdeep.train.data import Order


class Chunks:
    """The chunks of some sequences, as places in the array that holds all their steps.

    Parameters
    ----------
    starts, lengths : array-like of shape (n,)
        Where each sequence begins and how many steps it has.
    size : int
        Steps L of a chunk; the last one of a sequence may have fewer.
    n_steps : int
        Number of steps of the array. Its rows ``n_steps`` and ``n_steps + 1``, which are put behind
        it, stand for padding and for what comes before a sequence.
    longest : int or None
        Cut sequences into pieces of so many steps, a multiple of `size`, each of which begins with
        an empty state; None: no longer than they are.

    Attributes
    ----------
    places, previous : ndarray of shape (C + 1, L)
        Where the steps of each chunk lie, and the steps before these. The last chunk is padding.
    goes_on : ndarray of shape (C + 1,)
        Whether a chunk goes on from the state after the one before.
    first, widths : ndarray of shape (pieces,)
        The first chunk of each piece, and its number of chunks.
    sequence : ndarray of shape (pieces,)
        Which sequence a piece belongs to.
    """

    def __init__(
        self, starts: Any, lengths: Any, size: int, n_steps: int, longest: int | None = None
    ) -> None:
        self.size, self.n_steps = size, n_steps
        starts, lengths = np.asarray(starts, np.intp), np.asarray(lengths, np.intp)
        longest = longest or max(int(lengths.max()), 1)
        counts = -(-lengths // longest)
        self.sequence = np.repeat(np.arange(len(lengths)), counts)
        offsets = longest * _counted(counts)
        begins = starts[self.sequence] + offsets
        ends = np.minimum(begins + longest, (starts + lengths)[self.sequence])
        self.widths = -(-(ends - begins) // size)
        self.first = np.cumsum(self.widths) - self.widths
        piece = np.repeat(np.arange(len(begins)), self.widths)
        nth = _counted(self.widths)
        places = (begins[piece] + size * nth)[:, None] + np.arange(size)
        there = places < ends[piece][:, None]
        previous = np.where(
            places == starts[self.sequence[piece]][:, None], n_steps + 1, places - 1
        )
        padding = np.full((1, size), n_steps)
        self.places = np.concatenate([np.where(there, places, n_steps), padding])
        self.previous = np.concatenate([np.where(there, previous, n_steps), padding])
        self.goes_on = np.append(nth > 0, False)

    @property
    def padding(self) -> int:
        """The chunk that is padding."""
        return len(self.places) - 1

    def pieces_of(self, sequences: Any) -> np.ndarray:
        """Return the pieces of some sequences."""
        return np.flatnonzero(np.isin(self.sequence, sequences))

    def order_of_steps(self, rows: np.ndarray, batch: int) -> np.ndarray:
        """Return the places of all steps in the order in which batches predict for them."""
        places: np.ndarray = self.places[rows].reshape(-1, batch, self.size)
        return places.swapaxes(1, 2).reshape(-1)


def piece_length(lengths: Any, size: int, lanes: int) -> int:
    """Return how long pieces may be so that sequences fill so many lanes evenly."""
    share = -(-int(np.sum(lengths)) // lanes)
    return size * -(-share // size)


class Lanes:
    """Some pieces of sequences laid out in B lanes, the longest first.

    Parameters
    ----------
    chunks : Chunks
        What is laid out.
    pieces : ndarray
        Which of its pieces.
    n_lanes : int
        Number B of lanes.
    """

    def __init__(self, chunks: Chunks, pieces: np.ndarray, n_lanes: int) -> None:
        self.chunks, self.n_lanes = chunks, n_lanes
        widths = chunks.widths[pieces]
        self.pieces = pieces[np.argsort(-widths, kind="stable")]
        self.widths = chunks.widths[self.pieces]
        free = [(0, lane) for lane in range(n_lanes)]  # the shortest lane first
        begins = np.empty(len(pieces), np.intp)
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


class LaneOrder(Order):
    """The order in which M models visit chunks: lanes, filled anew in each epoch.

    Parameters
    ----------
    lanes : sequence of Lanes
        One per model.
    randoms : sequence of RandomState or None
        One per model; None keeps the order.
    """

    def __init__(
        self, lanes: Sequence[Lanes], randoms: Sequence[np.random.RandomState | None]
    ) -> None:
        super().__init__([own.rows() for own in lanes], randoms)
        self.lanes = list(lanes)

    def advance(self) -> np.ndarray:
        """Return the order of the next epoch, (M, n)."""
        for model, (lanes, random) in enumerate(zip(self.lanes, self.randoms, strict=True)):
            if random is not None:
                self.of(model)[...] = lanes.rows(random)
        return self.rows


def _counted(counts: np.ndarray) -> np.ndarray:
    """Return 0, 1, ... for each of these numbers, side by side."""
    starts: np.ndarray = np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(np.arange(len(starts)) - starts)
