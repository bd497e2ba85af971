"""The objective over all rows as one function of the flat parameters, for L-BFGS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels.arithmetic import add
from skdeep.train.dataset import Batches, Shuffler
from skdeep.train.supervised import Supervised

#: Rows that are run at once; their gradients are added up.
CHUNK_ROWS = 2048


class Recorded(NamedTuple):
    """The recorded step of chunks of one size."""

    #: Numbers of a chunk's rows, and what else its step reads.
    inputs: list[Array]
    replay: Callable[[], None]


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
    frozen : sequence of str
        Parameters that stay: their gradient is zero.
    """

    def __init__(
        self, objective: Supervised, rows: np.ndarray, alpha: float, frozen: Sequence[str] = ()
    ) -> None:
        self.objective, self.params = objective, objective.params
        self.penalty = alpha / (objective.divisor or 1.0)
        self.ops = objective.ops
        self.rows = Shuffler(rows, [None]).rows
        order = objective.arranged(self.rows)
        if order is not None:
            self.rows = np.take_along_axis(self.rows, order, axis=1)
        self.chunks = objective.chunks(self.rows, CHUNK_ROWS, training=True)
        #: Multiply-adds of the largest matrix product, by which a backend chooses its threads.
        self.work = max(one.largest_product(batch.stop - batch.start) for batch, one in self.chunks)
        self.params.allocate_grads()
        self._sum = self.ops.zeros(self.params.grads.shape, self.params.values.dtype)
        self._zero = self.ops.zeros(self._sum.shape, self.params.values.dtype)
        self._held = np.ones(self._sum.shape[1], bool)
        for start, stop, _ in self.params.layout.ranges(frozen):
            self._held[start:stop] = False
        self._recorded: dict[tuple[int, int], Recorded] = {}
        self._given = [self._recorded_for(*chunk) for chunk in self.chunks]

    def _recorded_for(self, batch: slice, objective: Supervised) -> tuple[Recorded, list[Array]]:
        """Return the step of a chunk, one for all of its size, and what this chunk gives it."""
        order = self.rows[:, batch]
        numbers = objective.table_columns(order, Batches([order.shape[1]], order.shape[1]))
        numbers["rows"] = np.ones((1, 1))
        dtype = self.params.values.dtype
        given = [order, *(v.astype(dtype) for v in numbers.values())]
        key = (id(objective), order.shape[1])
        if key not in self._recorded:
            inputs = [self.ops.to_device(array) for array in given]
            columns = dict(zip(numbers, inputs[1:], strict=True))
            gradient = objective.bind(order.shape[1], inputs[0], columns)

            def step() -> None:
                gradient()
                self.ops.launch(add, self._sum, self._sum, self.params.grads)

            self._recorded[key] = Recorded(inputs, self.ops.record(step))
        return self._recorded[key], [self.ops.to_device(array) for array in given]

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
            for (batch, objective), (recorded, given) in zip(self.chunks, self._given, strict=True):
                objective.prepare(self.rows[:, batch])
                for source, target in zip(given, recorded.inputs, strict=True):
                    ops.copy(source, target)
                recorded.replay()
        gradient = ops.to_host(self._sum)[0].astype(float)
        weights = params.layout.n_weights
        gradient[:weights] += self.penalty * vector[:weights]
        gradient[self._held] = 0.0
        value = float(ops.to_host(self.objective.total)[0, 0]) + self.penalty_value(vector)
        return value, gradient

    def states(self, vector: np.ndarray) -> np.ndarray:
        """Return where running statistics settle while the parameters stay at `vector`.

        Each evaluation moves them by one share of the way to the batch's statistics, which
        themselves do not depend on them; what comes of zeros and of ones tells both.
        """
        values, end = self.params.values, self._sum.shape[1]
        initial = self.ops.to_host(values)[0, end:]
        if not initial.size:
            return initial
        ends = []
        for begin in (0.0, 1.0):
            self.ops.to_device(np.full((1, len(initial)), begin, initial.dtype), values[:, end:])
            self(vector)
            ends.append(self.ops.to_host(values)[0, end:].astype(float))
        self.ops.to_device(initial[None], values[:, end:])
        share = 1.0 - np.median(ends[1] - ends[0])  # one for all; the median sheds rounding
        return np.asarray(ends[0] / share) if share > 0 else initial
