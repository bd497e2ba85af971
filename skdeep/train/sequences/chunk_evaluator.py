"""Loss and predictions of steps where states go through whole sequences, chunk by chunk."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from skdeep.backend.base import Array
from skdeep.nn.core.network import Network, Program
from skdeep.nn.core.params import ParamStore
from skdeep.train.sequences.chunk_objective import ChunkSupervised
from skdeep.train.sequences.chunk_table import ChunkTable


class ChunkEvaluator:
    """The mean loss of M models on chunks of a table, and something of each of their steps.

    States are carried through whole sequences, whatever their length; memory is needed for one
    batch of chunks, and for what is kept.

    Parameters
    ----------
    network : Network
        What is evaluated.
    store : ParamStore
        Current parameters, read at each call.
    table : ChunkTable
        Where the chunks are.
    rows : ndarray of shape (n,) or (M, n)
        Which chunks, in the order of their lanes.
    keep : {"output", "loss"} or None
        What is kept of each step: its K predictions, or its loss times its weight.
    """

    def __init__(
        self,
        network: Network,
        store: ParamStore,
        table: ChunkTable,
        rows: np.ndarray,
        *,
        keep: str | None = "output",
    ) -> None:
        models, dtype, batch = store.n_models, store.values.dtype, table.chunks.n_lanes
        order = np.broadcast_to(rows, (models, np.shape(rows)[-1]))
        self.objective = ChunkSupervised(network, store, table)
        self.ops = self.objective.ops
        program = self.objective.program(batch, training=False)
        self._batches = [
            np.ascontiguousarray(part) for part in np.split(order, order.shape[1] // batch, axis=1)
        ]
        width = {"output": network.n_logits, "loss": 1, None: 0}[keep]
        steps = network.n_steps * batch
        self._index: Array = self.ops.empty((models, batch), np.intp)
        self._by_batch: Array = self.ops.empty((models, len(self._batches), steps, width), dtype)
        self._kept: Array = self.ops.empty((models, steps, width), dtype)
        total = table.host_weight[order].sum(axis=1)[:, None]
        weight = np.ones_like(total) if keep == "loss" else total
        numbers = {"inverse_weight": 1 / weight, "rows": weight / total}
        columns = {k: self.ops.to_device(v.astype(dtype)) for k, v in numbers.items()}
        self._step = self.ops.record(lambda: self._evaluate(program, columns, keep))

    def _evaluate(self, program: Program, columns: Mapping[str, Array], keep: str | None) -> None:
        """Compute the loss of a batch, and what is kept of its steps."""
        self.objective.load(program, self._index, columns)
        program.loss_value()
        self.objective.add_batch_loss(program, columns)
        if keep == "output":
            program.output(program.delta)  # the delta is not needed
            self.ops.copy(program.delta.swapaxes(1, 2), self._kept)
        elif keep == "loss":
            self.ops.reduce(program.value, self._kept.swapaxes(1, 2), axis=1)

    @property
    def outputs(self) -> Array:
        """What is kept of all steps, (M, steps, width): batch after batch, ordered by step."""
        models, batches, steps, width = self._by_batch.shape
        return self._by_batch.reshape(models, batches * steps, width)

    def __call__(self) -> np.ndarray:
        """Return each model's mean loss, float64 (M,), and renew :attr:`outputs`."""
        ops, total = self.ops, self.objective.total
        ops.copy(ops.zeros(total.shape, np.float64), total)
        with ops.running():
            for k, rows in enumerate(self._batches):
                ops.to_device(rows, self._index)
                self._step()
                if self._kept.size:
                    ops.copy(self._kept, self._by_batch[:, k])
        return ops.to_host(total)[:, 0]
