"""The supervised objective on sequences of different lengths, and what evaluates them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels.step_pooling import is_before
from skdeep.nn.core.network import Network, Program
from skdeep.train.evaluator import Evaluator
from skdeep.train.predictor import CHUNK_ELEMENTS
from skdeep.train.sequences.buckets import OVERHEAD, program_lengths
from skdeep.train.sequences.sequence_table import SequenceTable
from skdeep.train.supervised import Supervised

#: Chunks of sequences have so many times fewer rows: recurrent layers keep arrays of all steps.
HELD = 4


class SequenceSupervised(Supervised):
    """Loss and gradients of M networks on batches of sequences.

    Programs have a fixed number of steps: whoever runs one asks :meth:`of_length` for the
    objective of its length first. Shorter sequences are filled up with their own last step, which
    no result depends on, since the layers see which steps are there. Where all have one length,
    they are not told, and there is nothing to compute for it.

    Parameters as :class:`~skdeep.train.supervised.Supervised`; the network's own number of steps
    does not matter.
    """

    table: SequenceTable

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.prepares = True
        self.length = 0
        self._networks: dict[int, Network] = {}
        self._base = self.network
        #: The places of the steps of a batch (M, B, T), by its size.
        self._index: dict[int, Array] = {}
        self._host_index: dict[int, np.ndarray] = {}
        #: Those of the steps of a batch that this objective has a part of.
        self._places_of_part: Array = None
        if self._seed is not None:
            _ = self.table.keys  # which cannot be computed while a step is recorded

    def of_length(self, length: Any) -> SequenceSupervised:
        """Return this objective for programs of so many steps, on the same memory."""
        other = copy.copy(self)
        other._take_length(length)
        other._programs, other._index, other._host_index = {}, {}, {}
        other.prepares = not other._is_full or self._seed is not None
        return other

    def _take_length(self, length: Any) -> None:
        """Become the objective of programs of this length."""
        self.length = length
        self.network = network_of(self._base, length, self._networks)

    @property
    def _is_full(self) -> bool:
        """Whether batches are whole rows of the table, as those of other data are."""
        return self.table.full is not None and self.length == self.table.sequences.longest

    def program(self, batch: int, training: bool) -> Program:
        program = super().program(batch, training)
        self._hold_places(batch)
        return program

    def _hold_places(self, batch: int) -> None:
        """Take the memory of what :meth:`prepare` finds, since a step allocates nothing."""
        if self._is_full:
            return
        shape = (self.params.n_models, batch, self.length)
        self._index[batch] = self.arena.take("step_index", shape, np.dtype(np.intp))
        self._host_index[batch] = np.empty(shape, np.intp)
        times = np.arange(self.length).astype(self.params.values.dtype)
        self._times: Array = self.ops.to_device(times.reshape(1, 1, -1))
        self._lengths(batch)

    def _bind_parts(
        self, parts: Sequence[slice], index: Array, columns: Mapping[str, Array]
    ) -> Callable[[], None]:
        self._hold_places(index.shape[1])
        return super()._bind_parts(parts, index, columns)

    def of_rows(self, number: int, parts: Sequence[slice], batch: int) -> Supervised:
        part = cast(SequenceSupervised, super().of_rows(number, parts, batch))
        part._index, part._host_index = {}, {}
        if not self._is_full:
            part._places_of_part = self._index[batch][:, parts[number]]
        return part

    def _lengths(self, batch: int) -> Array:
        """Return where the lengths of a batch's sequences go, (M, B, 1)."""
        shape = (self.params.n_models, batch, 1)
        return self.arena.take("lengths", shape, self.params.values.dtype)

    def prepare(self, rows: np.ndarray) -> None:
        super().prepare(rows)
        if self._is_full:
            return
        host = self._host_index[rows.shape[1]]
        self.table.sequences.step_index(rows, self.length, out=host)
        self.ops.to_device(host, self._index[rows.shape[1]])

    def _valid(self, batch: int) -> Array | None:
        if self.table.sequences.one_length and self.length == self.table.sequences.longest:
            return None
        shape = (self.params.n_models, batch, self.length)
        return self.arena.take("valid", shape, self.params.values.dtype)

    def _load_x(self, program: Program, index: Array) -> None:
        ops, table, x = self.ops, self.table, program.x
        if self._is_full:
            ops.gather(table.full, index, x)
            return
        if self._places_of_part is not None:
            ops.copy(self._places_of_part, self._index[program.batch])
        flat = (x.shape[0], x.shape[1] * x.shape[2])
        places = self._index[program.batch].reshape(flat)
        ops.gather(table.X, places, x.reshape(*flat, *x.shape[3:]))
        valid = program.valid
        if valid is None:
            return
        lengths = self._lengths(program.batch)
        ops.gather(table.lengths, index, lengths.reshape(index.shape))
        ops.launch(is_before, valid, self._times, lengths)

    # ------------------------------------------------------------------ chunks

    def arranged(self, rows: np.ndarray) -> np.ndarray:
        """Return the order of rows (M, n) by length, the longest first."""
        return np.argsort(-self.table.sequences.lengths[rows], axis=1, kind="stable")

    def chunks(
        self, rows: np.ndarray, most: int, *, training: bool = False
    ) -> list[tuple[slice, Supervised]]:
        lengths = self.table.sequences.lengths[rows].max(axis=0)
        if training and self.network.spec.has("batch"):
            return [(slice(0, len(lengths)), self.of_length(int(lengths.max())))]
        return [
            (chunk, self.of_length(length))
            for chunk, length in length_chunks(lengths, self._base, most)
        ]


def network_of(network: Network, length: int, known: dict[int, Network]) -> Network:
    """Return a network for sequences of so many steps, made once."""
    if length not in known:
        known[length] = network.of_length(length)
    return known[length]


def length_chunks(
    lengths: np.ndarray, network: Network, most: int, overhead: float = OVERHEAD
) -> list[tuple[slice, int]]:
    """Cut sequences of falling lengths into chunks that waste little; give each one's length.

    `overhead` is that of :func:`~skdeep.train.sequences.buckets.program_lengths`.
    """
    programs = program_lengths(lengths, overhead=overhead)
    needed = programs[np.searchsorted(programs, lengths)]
    chunks = []
    start = 0
    while start < len(lengths):
        length = int(needed[start])
        stop = start + int(np.searchsorted(-needed[start:], -length, side="right"))
        size = rows_of_length(network, length, most)
        chunks += [(slice(k, min(k + size, stop)), length) for k in range(start, stop, size)]
        start = stop
    return chunks


def rows_of_length(network: Network, length: int, most: int) -> int:
    """Return how many sequences of a length one forward pass takes."""
    row = network.of_length(length).largest_row
    return max(1, min(most, CHUNK_ELEMENTS // (HELD * row)))


class SequenceEvaluator(Evaluator):
    """An evaluator of sequences, which runs those of like length together."""

    objective_type = SequenceSupervised
