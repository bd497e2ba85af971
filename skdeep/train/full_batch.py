"""The objective over all rows as one function of the flat parameters, for L-BFGS."""

from __future__ import annotations

import numpy as np

from skdeep.train.data import Order, batch_slices
from skdeep.train.supervised import Supervised
from skdeep.train.trainer import plus

#: Rows that are run at once; their gradients are added up.
CHUNK_ROWS = 2048


class FullBatch:
    """Value and gradient of the mean loss of one model over all its rows, plus the L2 penalty.

    Parameters
    ----------
    objective : Supervised
        One model, with ``divisor`` the sum of all weights and alpha 0.
    rows : ndarray of shape (n,)
        Rows to use.
    alpha : float
        Strength of the penalty ``alpha / 2 * |W|^2 / divisor``.
    """

    def __init__(self, objective: Supervised, rows: np.ndarray, alpha: float) -> None:
        self.objective, self.params = objective, objective.params
        self.penalty = alpha / (objective.divisor or 1.0)
        self.ops = objective.ops
        self.rows = Order(rows, [None]).rows
        chunk = self.rows.shape[1] if objective.network.spec.has("batch") else CHUNK_ROWS
        self.batches = list(batch_slices(self.rows.shape[1], chunk))
        self.params.allocate_grads()
        self._sum = self.ops.zeros(self.params.grads.shape, self.params.values.dtype)
        self._zero = self.ops.zeros(self._sum.shape, self.params.values.dtype)
        self._steps = [self._step(batch) for batch in self.batches]

    def _step(self, batch: slice):
        order = self.rows[:, batch]
        numbers = self.objective.table_columns(self.rows, [batch])
        numbers["rows"] = np.ones((1, 1))
        dtype = self.params.values.dtype
        columns = {k: self.ops.to_device(v.astype(dtype)) for k, v in numbers.items()}
        index = self.ops.to_device(order)
        gradient = self.objective.bind(order.shape[1], index, columns)

        def step() -> None:
            gradient()
            self.ops.launch(plus, self._sum, self._sum, self.params.grads)

        return self.ops.record(step)

    def start(self) -> np.ndarray:
        """Return the trained part of the parameters as a float64 vector."""
        return self.ops.to_host(self.params.values)[0, : self._sum.shape[1]].astype(float)

    def penalty_value(self, vector: np.ndarray) -> float:
        """Return the penalty at `vector`."""
        weights = vector[: self.params.layout.n_weights]
        return 0.5 * self.penalty * float(weights @ weights)

    def __call__(self, vector: np.ndarray) -> tuple[float, np.ndarray]:
        """Return value and gradient (float64) at the flat float64 `vector`."""
        ops, params = self.ops, self.params
        end = self._sum.shape[1]
        ops.to_device(vector.astype(params.values.dtype)[None], params.values[:, :end])
        ops.copy(self._zero, self._sum)
        ops.copy(ops.zeros((1, 1), np.float64), self.objective.total)
        with ops.running():
            for batch, step in zip(self.batches, self._steps, strict=True):
                self.objective.prepare(self.rows[:, batch])
                step()
        gradient = ops.to_host(self._sum)[0].astype(float)
        weights = params.layout.n_weights
        gradient[:weights] += self.penalty * vector[:weights]
        value = float(ops.to_host(self.objective.total)[0, 0]) + self.penalty_value(vector)
        return value, gradient
