"""Evaluators: loss and predictions on validation samples, during training."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np

from skdeep.backend.base import Array
from skdeep.nn.core.network import Network, Program
from skdeep.nn.core.params import ParamStore
from skdeep.train.dataset import Batches, Dataset, Shuffler
from skdeep.train.predictor import CHUNK_ROWS
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
    table : Dataset
        Where the rows are.
    rows : ndarray of shape (n,) or (M, n)
        Which rows are held out.
    """

    #: What computes the losses.
    objective_type: ClassVar[type[Supervised]] = Supervised

    def __init__(
        self, network: Network, store: ParamStore, table: Dataset, rows: np.ndarray
    ) -> None:
        self.rows = np.ascontiguousarray(
            np.broadcast_to(Shuffler(rows, [None]).rows, (store.n_models, np.shape(rows)[-1]))
        )
        n = self.rows.shape[1]
        weights = table.weight_sums(self.rows, _one_batch(self.rows))[0]
        self.objective = self.objective_type(network, store, table, divisor=weights)
        self.ops = store.backend
        #: Predictions, (M, n, K), on the device; overwritten by each call.
        self.outputs: Array = self.ops.empty((store.n_models, n, self.width), store.values.dtype)
        self._arrange()
        self._outputs_by_chunk = self.outputs if self._back is None else self._computed
        self._chunks = self._recorded(self.objective.chunks(self.rows, CHUNK_ROWS))

    def _recorded(
        self, chunks: Sequence[tuple[slice, Supervised]]
    ) -> list[tuple[np.ndarray, Supervised, Callable[[], None]]]:
        """Return what computes each chunk; those that are as long share a program's memory."""
        programs: dict[tuple[int, int], _Chunks] = {}
        found = []
        for chunk, objective in chunks:
            size = chunk.stop - chunk.start
            key = id(objective), size
            if key not in programs:
                programs[key] = _Chunks(self, objective, size)
            step = programs[key].step(np.ascontiguousarray(self.rows[:, chunk]), chunk)
            found.append((self.rows[:, chunk], objective, step))
        return found

    def _arrange(self) -> None:
        """Bring the rows into the order in which they are computed."""
        self._back: Array = None
        order = self.objective.arranged(self.rows)
        if order is None:
            return
        self.rows = np.take_along_axis(self.rows, order, axis=1)
        models, n = order.shape
        back = np.argsort(order, axis=1) + n * np.arange(models)[:, None]
        self._back, self._computed = self.ops.to_device(back), self.outputs
        self.outputs = self.ops.empty(self.outputs.shape, self.outputs.dtype)

    def _bring_back(self) -> None:
        """Write the outputs in the order in which the rows were given."""
        if self._back is not None:
            models, n, width = self.outputs.shape
            flat = self._computed.reshape(models * n, width)
            self.ops.gather(flat, self._back, self.outputs)

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
            for rows, objective, step in self._chunks:
                objective.prepare(rows)
                step()
            self._bring_back()
        return ops.to_host(total)[:, 0]


class _Chunks:
    """The program of all chunks of one length, with the numbers of the chunk that it computes."""

    def __init__(self, evaluator: Evaluator, objective: Supervised, size: int) -> None:
        # The evaluator holds this: a reference back would keep both until the collector comes.
        self.evaluator = weakref.proxy(evaluator)
        self.objective, self.ops = objective, evaluator.ops
        self._program = objective.program(size, training=False)
        # Zeros: what lies behind shorter sequences is never written.
        self._out = self.ops.zeros(
            (evaluator.outputs.shape[0], size, evaluator.width), evaluator.outputs.dtype
        )
        self._run: Callable[[], None] | None = None

    def step(self, order: np.ndarray, chunk: slice) -> Callable[[], None]:
        """Return what computes rows (M, size) and writes what is kept of them."""
        ops, out = self.ops, self.evaluator._outputs_by_chunk[:, chunk]
        numbers = self.objective.table_columns(order, _one_batch(order))
        numbers["rows"] = np.ones((1, 1))  # the sum over chunks is wanted
        dtype = self.objective.params.values.dtype
        columns = {  # (M, 1) or (1, 1)
            name: ops.to_device(values.T.astype(dtype)) for name, values in numbers.items()
        }
        index = ops.to_device(order)
        if self._run is None:
            self._index, self._columns = ops.to_device(order.copy()), {}
            for name, column in columns.items():
                self._columns[name] = ops.empty(column.shape, column.dtype)
            self._run = ops.record(self._compute)

        def step() -> None:
            assert self._run is not None
            ops.copy(index, self._index)
            for name, column in columns.items():
                ops.copy(column, self._columns[name])
            self._run()
            ops.copy(self._out, out)

        return step

    def _compute(self) -> None:
        self.objective.load(self._program, self._index, self._columns)
        self._program.loss_value()
        self.objective.add_batch_loss(self._program, self._columns)
        self.evaluator.write_outputs(self._program, self._out)


def _one_batch(rows: np.ndarray) -> Batches:
    return Batches([rows.shape[1]] * len(rows), rows.shape[1])
