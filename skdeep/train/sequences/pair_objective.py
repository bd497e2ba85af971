"""The objective on pairs of a source and a sequence, and what evaluates them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels.step_pooling import is_before
from skdeep.nn.core.network import Network, Program
from skdeep.nn.losses import SoftmaxLogLoss
from skdeep.train.evaluator import Evaluator
from skdeep.train.predictor import CHUNK_ELEMENTS
from skdeep.train.sequences.pairs import PairLengths, PairTable
from skdeep.train.sequences.tagging import TaggedSupervised
from skdeep.train.supervised import Supervised


class PairSupervised(TaggedSupervised):
    """The mean loss over the steps that a decoder predicts, each from the true ones before it.

    A program has a length on each side: :meth:`of_length` takes both, (S, T). Parameters as of its
    bases.
    """

    table: PairTable

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.sources = 0

    def _take_length(self, length: Any) -> None:
        self.sources, self.length = length
        self.network = bound_network(self._base, length, self._networks)
        self._source_index: dict[int, Array] = {}
        self._host_sources: dict[int, np.ndarray] = {}

    @property
    def _has_steps(self) -> bool:
        """Whether sources are sequences."""
        return self.table.sources is not None

    def program(self, batch: int, training: bool) -> Program:
        program = super().program(batch, training)
        if self._has_steps:
            shape = (self.params.n_models, batch, self.sources)
            index = self.arena.take("source_index", shape, np.dtype(np.intp))
            self._source_index[batch] = index
            self._host_sources[batch] = np.empty(shape, np.intp)
            times = np.arange(self.sources).astype(self.params.values.dtype)
            self._source_times: Array = self.ops.to_device(times.reshape(1, 1, -1))
            self._source_lengths(batch)  # taken here, since a step allocates nothing
        return program

    def _source_lengths(self, batch: int) -> Array:
        """Return where the lengths of a batch's sources go, (M, B, 1)."""
        shape = (self.params.n_models, batch, 1)
        return self.arena.take("source_lengths", shape, self.params.values.dtype)

    def _source_valid(self, batch: int) -> Array | None:
        lengths = self.table.pairs.source_lengths
        if not self._has_steps or (lengths == self.sources).all():
            return None
        shape = (self.params.n_models, batch, self.sources)
        return self.arena.take("source_valid", shape, self.params.values.dtype)

    def prepare(self, rows: np.ndarray) -> None:
        super().prepare(rows)
        if self._has_steps:
            host = self._host_sources[rows.shape[1]]
            self.table.pairs.source.step_index(rows, self.sources, out=host)
            self.ops.to_device(host, self._source_index[rows.shape[1]])

    def load(self, program: Program, index: Array, columns: Mapping[str, Array]) -> None:
        """Gather both sides, targets and weights of the pairs that `index` (M, B) names."""
        super().load(program, index, columns)
        ops, table, source = self.ops, self.table, program.source
        if table.sources is None:
            ops.gather(table.source_rows, index, source)
            return
        flat = (source.shape[0], source.shape[1] * source.shape[2])
        places = self._source_index[program.batch].reshape(flat)
        ops.gather(table.sources.X, places, source.reshape(*flat, *source.shape[3:]))
        if program.source_valid is not None:
            lengths = self._source_lengths(program.batch)
            ops.gather(table.sources.lengths, index, lengths.reshape(index.shape))
            ops.launch(is_before, program.source_valid, self._source_times, lengths)

    # ------------------------------------------------------------------ chunks

    def arranged(self, rows: np.ndarray) -> np.ndarray:
        """Return the order of rows (M, n) in which pairs of like lengths are neighbours."""
        pairs = self.table.pairs
        keys = (-pairs.source_lengths[rows], -pairs.lengths[rows])
        return np.lexsort(keys, axis=1)

    def chunks(
        self, rows: np.ndarray, most: int, *, training: bool = False
    ) -> list[tuple[slice, Supervised]]:
        pairs = self.table.pairs
        lengths = pairs.source_lengths[rows].max(axis=0), pairs.lengths[rows].max(axis=0)
        return [
            (chunk, self.of_length(both)) for chunk, both in pair_chunks(*lengths, self._base, most)
        ]


def bound_network(network: Network, lengths: tuple[int, int], known: dict[Any, Network]) -> Network:
    """Return a network for pairs of these lengths, made once."""
    if lengths not in known:
        sources, steps = lengths
        pair = network.pair
        assert pair is not None
        whole = pair.encoder.reads in ("tokens", "sequences")
        known[lengths] = network.of_lengths(sources if whole else pair.source_shape[0], steps)
    return known[lengths]


def pair_chunks(
    sources: np.ndarray, steps: np.ndarray, network: Network, most: int
) -> list[tuple[slice, tuple[int, int]]]:
    """Cut pairs, neighbours of which are alike, into chunks; give the lengths of each."""
    programs = PairLengths(sources, steps)
    edges = np.flatnonzero(np.diff(programs.bucket(sources, steps))) + 1
    chunks = []
    for start, stop in zip([0, *edges], [*edges, len(steps)], strict=True):
        both = programs.of(sources[start:stop], steps[start:stop])
        size = max(1, min(most, CHUNK_ELEMENTS // (both[1] * network.n_logits)))
        for k in range(start, stop, size):
            chunks.append((slice(k, min(k + size, stop)), both))
    return chunks


class PairEvaluator(Evaluator):
    """Mean loss; the output of a pair is the sum of its steps' losses, (M, n, 1).

    Logits of all steps would take as much memory as a vocabulary for each.
    """

    objective_type = PairSupervised
    objective: PairSupervised

    def __init__(self, network: Network, *given: Any) -> None:
        loss = network.loss
        if isinstance(loss, SoftmaxLogLoss):  # a likelihood is that of the targets themselves
            loss = replace(loss, label_smoothing=0.0)
        super().__init__(Network(network.root.layers, network.in_shape, loss), *given)

    @property
    def width(self) -> int:
        return 1

    def write_outputs(self, program: Program, out: Array) -> None:
        models, steps = program.store.n_models, program.network.n_steps
        each = program.delta[:, :1]  # the delta is not needed
        program.ops.reduce(program.value, each, axis=1)
        by_step = each.reshape(models, steps, program.batch)
        program.ops.reduce(by_step, out.swapaxes(1, 2), axis=1)
