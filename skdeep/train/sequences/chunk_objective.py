"""The supervised objective on chunks of sequences, whose states go on from batch to batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from skdeep.backend.base import Array
from skdeep.nn.core.network import Network, Program
from skdeep.nn.core.params import ParamStore
from skdeep.nn.core.state import RecurrentState
from skdeep.train.sequences.chunk_table import ChunkTable
from skdeep.train.sequences.step_losses import StepLosses


class ChunkSupervised(StepLosses):
    """The mean loss over the steps of a batch of chunks.

    A chunk goes on from the state after the one before, which was in the batch before.

    Parameters
    ----------
    network, store, table, options
        As of :class:`~skdeep.train.supervised.Supervised`; the table is a
        :class:`~skdeep.train.sequences.chunk_table.ChunkTable`, and the network predicts for each
        of the steps of a chunk.
    """

    table: ChunkTable

    def __init__(
        self, network: Network, store: ParamStore, table: ChunkTable, **options: Any
    ) -> None:
        super().__init__(network, store, table, **options)
        self._carry: dict[int, RecurrentState] = {}
        if self._seed is not None:
            _ = table.keys  # which cannot be computed while a step is recorded

    def part(self, models: slice) -> ChunkSupervised:
        """Return the objective of neighbouring models, on the same memory."""
        part = super().part(models)
        assert isinstance(part, ChunkSupervised)
        part._carry = {batch: carry.part(models) for batch, carry in self._carry.items()}
        return part

    def _carried(self, batch: int) -> RecurrentState:
        if batch not in self._carry:
            models, dtype = self.params.n_models, self.params.values.dtype
            self._carry[batch] = RecurrentState(self.ops, models, batch, dtype)
        return self._carry[batch]

    def program(self, batch: int, training: bool) -> Program:
        program = super().program(batch, training)
        self._places(program)  # taken here, since a step allocates nothing
        return program

    def _places(self, program: Program) -> Array:
        """Return where the places of a batch's steps go, (M, B, T)."""
        shape = (self.params.n_models, program.batch, program.network.n_steps)
        return self.arena.take("places", shape, np.dtype(np.intp))

    def load(self, program: Program, index: Array, columns: Mapping[str, Array]) -> None:
        """Gather what the chunks read and predict that `index` (M, B) names."""
        ops, table, x = self.ops, self.table, program.x
        places = self._places(program)
        flat = (x.shape[0], x.shape[1] * x.shape[2])
        ops.gather(table.inputs, index, places)
        ops.gather(table.X, places.reshape(flat), x.reshape(*flat, *x.shape[3:]))
        ops.gather(table.outputs, index, places)
        self._load_steps(program, places, columns)
        keep = self._carry[program.batch].keep
        ops.gather(table.goes_on, index, keep.reshape(*index.shape, 1))
        self._load_keys(program, index)
