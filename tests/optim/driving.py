"""Drive an optimizer over given gradients, and a trainer over an objective with none of its own."""

from __future__ import annotations

import numpy as np

from skdeep.backend.base import Backend
from skdeep.backend.kernel import Kernel
from skdeep.nn.core.network import Network
from skdeep.nn.core.params import ParamStore
from skdeep.nn.dense.dense import Dense
from skdeep.nn.losses import SquaredError
from skdeep.optim.base import Optimizer
from skdeep.train.dataset import Shuffler
from skdeep.train.trainer import Trainer


def trajectory(
    backend: Backend, optimizer: Optimizer, p: np.ndarray, grads: np.ndarray, rates: np.ndarray
) -> np.ndarray:
    """Return the parameters after each step, (T, M, P), of one kernel launched T times.

    p is (M, P), grads (T, M, P), rates (T, M).
    """
    steps = np.arange(1.0, len(grads) + 1)[:, None]
    table = optimizer.table(steps, rates)
    values = backend.to_device(p)
    states = [backend.zeros(p.shape, p.dtype) for _ in optimizer.states]
    path = []
    for t, gradient in enumerate(grads):
        columns = []
        for name in optimizer.columns:
            numbers = np.broadcast_to(np.asarray(table[name], float), rates.shape)[t]
            columns.append(backend.to_device(numbers[:, None].astype(p.dtype)))
        rule = Kernel(optimizer.update, type(optimizer).__name__)
        g = backend.to_device(gradient.astype(p.dtype))
        backend.launch(rule, (values, *states), values, g, *states, *columns)
        path.append(backend.to_host(values))
    return np.stack(path)


#: Two layers: the weights "first.W", "second.W" lie first in a row, "first.b", "second.b" last.
NETWORK = Network([Dense(4, name="first"), Dense(2, name="second")], (3,), SquaredError(2))


class GivenGradient:
    """An objective whose gradient is what a test says, one step an epoch."""

    columns = ("l2",)
    penalises = True
    varies = True
    prepares = False
    on_threads = False

    def __init__(
        self, backend: Backend, values: np.ndarray, alpha: float = 0.0, network: Network = NETWORK
    ) -> None:
        self.ops, self.alpha = backend, alpha
        self.params = ParamStore(backend, network.layout, values)
        self.total = backend.zeros((len(values), 1), np.float64)
        self.gradient = backend.zeros((len(values), NETWORK.layout.n_trainable), values.dtype)

    def table_columns(self, order, batches):
        return {"l2": np.full((len(batches), 1), self.alpha)}

    def prepare(self, rows):
        pass

    def part(self, models):
        return self

    def largest_product(self, batch):
        return batch * 12

    def bind(self, batch, index, columns):
        return lambda: self.ops.copy(self.gradient, self.params.grads)


class Driven:
    """A trainer that takes one step at a time along given gradients."""

    def __init__(
        self,
        backend: Backend,
        optimizer: Optimizer,
        values: np.ndarray,
        *,
        alpha=0.0,
        network=NETWORK,
        **options,
    ) -> None:
        self.backend = backend
        self.objective = GivenGradient(backend, values, alpha, network)
        models = len(values)
        order = Shuffler(np.zeros((models, 1), int), [None] * models)
        options = {"batch_size": 1, "rate": 0.1, **options}
        self.trainer = Trainer(self.objective, optimizer, order=order, **options)

    def step(self, gradient: np.ndarray) -> np.ndarray:
        """Take a step along `gradient` (M, P); return the parameters (M, P)."""
        self.backend.to_device(gradient.astype(self.values.dtype), self.objective.gradient)
        self.trainer.epoch()
        return self.values

    @property
    def values(self) -> np.ndarray:
        """The parameters on the host."""
        return self.backend.to_host(self.objective.params.values)
