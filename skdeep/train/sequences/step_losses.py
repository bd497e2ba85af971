"""The base of objectives that have a target and a weight at every step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels.arithmetic import multiply
from skdeep.nn.core.network import Program
from skdeep.train.dataset import Batches
from skdeep.train.supervised import Supervised


class StepLosses(Supervised):
    """The mean loss over the steps of a batch; the table's targets and weights are those of steps.

    Parameters as :class:`~skdeep.train.supervised.Supervised`.
    """

    divisible = False

    def table_columns(self, order: np.ndarray, batches: Batches) -> dict[str, np.ndarray]:
        """Return this objective's per-step numbers; losses count by the weight of their batch."""
        found = super().table_columns(order, batches)
        weights = self.table.weight_sums(order, batches)
        total = weights.sum(axis=0)
        found["rows"] = weights * (batches.counts / np.where(total > 0, total, 1.0))
        found["penalty"] = 0.5 * found["l2"] * found["rows"]
        return found

    def program(self, batch: int, training: bool) -> Program:
        program = super().program(batch, training)
        self._by_step(program)  # taken here, since a step allocates nothing
        return program

    def _by_step(self, program: Program) -> Array:
        """Return where the places of a batch's steps go, ordered by step, (M, T, B)."""
        shape = (self.params.n_models, program.network.n_steps, program.batch)
        return self.arena.take("step_major", shape, np.dtype(np.intp))

    def _load_steps(self, program: Program, places: Array, columns: Mapping[str, Array]) -> None:
        """Gather the targets and weights of the steps at `places` (M, B, T)."""
        ops, table, major = self.ops, self.table, self._by_step(program)
        ops.copy(places.swapaxes(1, 2), major)
        major = major.reshape(len(major), -1)
        ops.gather(table.target, major, program.target_rows)
        ops.gather(table.weight, major, program.weight_rows)
        weights = (program.weight_rows, columns["inverse_weight"])
        ops.launch(multiply, program.weight_rows, *weights)
