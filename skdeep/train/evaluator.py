"""Loss and predictions on held-out rows while training goes on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skdeep.backend.base import Array
from skdeep.nn.network import Network, Program
from skdeep.nn.params import ParamStore
from skdeep.train.data import Batches, Order, Table, batch_slices
from skdeep.train.predictor import CHUNK_ROWS, chunk_rows
from skdeep.train.supervised import Supervised


class Evaluator:
    """Mean loss (without penalties) and predictions of M models on rows of a table.

    A subclass may put something else of each row into :attr:`outputs`.

    Parameters
    ----------
    network : Network
        What is evaluated.
    store : ParamStore
        Current parameters, read at each call.
    table : Table
        Where the rows are.
    rows : ndarray of shape (n,) or (M, n)
        Which rows are held out.
    """

    def __init__(self, network: Network, store: ParamStore, table: Table, rows: np.ndarray) -> None:
        self.rows = np.ascontiguousarray(
            np.broadcast_to(Order(rows, [None]).rows, (store.n_models, np.shape(rows)[-1]))
        )
        n = self.rows.shape[1]
        weights = table.weight_sums(self.rows, self._one_batch(self.rows))[0]
        self.objective = Supervised(network, store, table, divisor=weights)
        self.ops = store.backend
        #: Predictions, (M, n, K), on the device; overwritten by each call.
        self.outputs: Array = self.ops.empty((store.n_models, n, self.width), store.values.dtype)
        chunks = batch_slices(n, chunk_rows(network, CHUNK_ROWS))
        self._chunks = [(chunk, self._record(chunk)) for chunk in chunks]

    @staticmethod
    def _one_batch(rows: np.ndarray) -> Batches:
        return Batches([rows.shape[1]] * len(rows), rows.shape[1])

    def _record(self, chunk: slice) -> Callable[[], None]:
        objective, ops = self.objective, self.ops
        order = np.ascontiguousarray(self.rows[:, chunk])
        numbers = objective.table_columns(order, self._one_batch(order))
        numbers["rows"] = np.ones((1, 1))  # the sum over chunks is wanted
        dtype = objective.params.values.dtype
        columns = {  # (M, 1) or (1, 1)
            name: ops.to_device(values.T.astype(dtype)) for name, values in numbers.items()
        }
        index = ops.to_device(order)
        program = objective.program(order.shape[1], training=False)

        def step() -> None:
            objective.load(program, index, columns)
            program.loss_value()
            objective.add_batch_loss(program, columns)
            self.write_outputs(program, self.outputs[:, chunk])

        return ops.record(step)

    @property
    def width(self) -> int:
        """Number of columns of the outputs."""
        return self.objective.network.n_logits

    def write_outputs(self, program: Program, out: Array) -> None:
        """Write what is kept of a chunk of rows into `out` (M, B, width)."""
        program.output(program.delta)  # the delta is not needed
        program.ops.copy(program.delta.swapaxes(1, 2), out)

    def __call__(self) -> np.ndarray:
        """Return each model's mean loss, float64 (M,), and renew :attr:`outputs`."""
        ops, total = self.ops, self.objective.total
        ops.copy(ops.zeros(total.shape, np.float64), total)
        with ops.running():
            for chunk, step in self._chunks:
                self.objective.prepare(self.rows[:, chunk])
                step()
        return ops.to_host(total)[:, 0]
