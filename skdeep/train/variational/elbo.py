"""Bounds on the log likelihood of rows, with any number of draws and one noise for all rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels.arithmetic import add
from skdeep.kernels.variational import add_importance
from skdeep.nn.core.binder import Arena
from skdeep.nn.core.network import Network
from skdeep.nn.core.params import ParamStore
from skdeep.nn.core.spec import Noise
from skdeep.nn.variational.likelihoods import Likelihood
from skdeep.train.dataset import Dataset
from skdeep.train.predictor import chunk_rows
from skdeep.train.variational.objective import VariationalProgram

#: Stands for minus infinity where a sum of exponentials is still empty.
EMPTY = -1e30


class Bounds(NamedTuple):
    """What k draws say of each row, in nats, float64 (M, n).

    ``log_likelihood`` is the mean of ``log p(x | z)``, ``divergence`` that of the code from the
    prior, ``importance`` the importance-weighted bound.
    """

    log_likelihood: np.ndarray
    divergence: np.ndarray
    importance: np.ndarray

    def elbo(self, beta: Any = 1.0) -> np.ndarray:
        """Return the evidence lower bound; `beta` is one number, or (M, 1)."""
        bound: np.ndarray = self.log_likelihood - beta * self.divergence
        return bound


class BoundEstimator:
    """Estimates the bounds of rows from k draws of their codes (Burda et al., 2016).

    Draw number s has the same noise in every row and in every call, so that bounds repeat and a
    row's does not depend on the other rows of its batch. Rows run in chunks and draws one after the
    other, with a running ``log(sum(exp))``: memory does not grow with k.

    Parameters
    ----------
    network, likelihood, store
        As for :class:`~skdeep.train.variational.objective.VariationalProgram`.
    """

    def __init__(self, network: Network, likelihood: Likelihood, store: ParamStore) -> None:
        self.network, self.likelihood, self.store = network, likelihood, store
        self.ops, self.arena = store.backend, Arena(store.backend)
        one = (store.n_models, 1, 1)
        self.noise = Noise(*(self.ops.zeros(one, np.uint32) for _ in range(2)))
        self._chunks: dict[int, _Chunk] = {}

    def __call__(self, X: Any, n_samples: int) -> Bounds:
        """Return the bounds of rows of the host, sparse or not, or of the device.

        Rows are (n, F), or (M, n, F) where each model has its own.
        """
        sparse = hasattr(X, "tocsr")
        X = X.tocsr() if sparse else self.ops.adopt(X, self.store.values.dtype)
        n = X.shape[0] if sparse or X.ndim == 2 else X.shape[1]
        found = np.empty((3, self.store.n_models, n))
        most = chunk_rows(self.network)
        work = min(n, most) * self.network.layout.largest_weight
        with self.ops.session(work) as held, held, self.ops.running():
            for start in range(0, n, most):
                part = slice(start, min(start + most, n))
                chunk = self._chunk(part.stop - start)
                if sparse:
                    self.ops.to_device(X[part].toarray()[None], chunk.program.x)
                else:
                    self.ops.copy(X[part][None] if X.ndim == 2 else X[:, part], chunk.program.x)
                found[:, :, part] = chunk.run(n_samples)
        return Bounds(*found)

    def _chunk(self, rows: int) -> _Chunk:
        if rows not in self._chunks:
            inputs = (self.network, self.likelihood, self.store, self.arena, rows)
            self._chunks[rows] = _Chunk(VariationalProgram(*inputs, noise=self.noise))
        return self._chunks[rows]


class _Chunk:
    """The recorded steps of one number of rows, and their running sums."""

    def __init__(self, program: VariationalProgram) -> None:
        self.program, self.ops = program, program.ops
        shape = program.divergence.shape  # (M, 1, B)
        names = ("cost", "divergence", "top", "total")
        self._sums = {name: self.ops.empty(shape, np.float64) for name in names}
        self._empty = self.ops.to_device(np.full((1, 1, 1), EMPTY))
        self._zero = self.ops.zeros((1, 1, 1), np.float64)
        self._begin: Callable[[], None] = self.ops.record(self._encode)
        self._step: Callable[[], None] = self.ops.record(self._draw)

    def _encode(self) -> None:
        program, sums, copy = self.program, self._sums, self.ops.copy
        program.encode()
        program.kl()
        copy(program.divergence, sums["divergence"])
        copy(self._zero, sums["cost"])
        copy(self._zero, sums["total"])
        copy(self._empty, sums["top"])

    def _draw(self) -> None:
        program, sums = self.program, self._sums
        program.decode()
        program.log_weights()
        self.ops.launch(add, sums["cost"], sums["cost"], program.cost)
        held = (sums["top"], sums["total"])
        self.ops.launch(add_importance, held, *held, program.log_weight)

    def run(self, n_samples: int) -> np.ndarray:
        """Return log likelihood, divergence and importance-weighted bound, (3, M, B)."""
        noise: Any = self.program.noise
        self._begin()
        for s in range(n_samples):
            self.ops.to_device(np.full(noise.seed.shape, s, np.uint32), noise.seed)
            self._step()
        sums = {name: self.ops.to_host(array)[:, 0] for name, array in self._sums.items()}
        with np.errstate(invalid="ignore", divide="ignore"):
            importance = sums["top"] + np.log(sums["total"] / n_samples)
        return np.stack([-sums["cost"] / n_samples, sums["divergence"], importance])


class BoundEvaluator:
    """Bounds on held-out rows of a table while training goes on.

    Parameters
    ----------
    network, likelihood, store
        As for :class:`BoundEstimator`; parameters are read at each call.
    table : Dataset
        Where the rows are.
    rows : ndarray of shape (n,) or (M, n)
        Which rows are held out.
    n_samples : int
        Draws of each row's code.
    loss, score : callable
        What of the :class:`Bounds` is the loss, a mean of which is minimised, and what the output.
    """

    def __init__(
        self,
        network: Network,
        likelihood: Likelihood,
        store: ParamStore,
        table: Dataset,
        rows: np.ndarray,
        *,
        n_samples: int,
        loss: Callable[[Bounds], np.ndarray],
        score: Callable[[Bounds], np.ndarray],
    ) -> None:
        self.ops, self.n_samples = store.backend, n_samples
        self._loss, self._score = loss, score
        self._bounds = BoundEstimator(network, likelihood, store)
        self._weight = None if table.host_weight is None else table.host_weight[rows]
        if table.sparse is not None:
            self._X: Any = table.sparse[rows]
        else:
            index = np.atleast_2d(np.asarray(rows, np.intp))
            self._X = self.ops.empty((*index.shape, *table.X.shape[1:]), store.values.dtype)
            self.ops.gather(table.X, self.ops.to_device(index), self._X)
        #: What `score` gave, (M, n, 1), on the device; renewed by each call.
        self.outputs: Array = None

    def __call__(self) -> np.ndarray:
        """Return each model's mean loss, float64 (M,), and renew :attr:`outputs`."""
        bounds = self._bounds(self._X, self.n_samples)
        self.outputs = self.ops.to_device(self._score(bounds)[:, :, None])
        loss = self._loss(bounds)
        if self._weight is None:
            return np.asarray(loss.mean(axis=1))
        total = self._weight.sum(axis=-1)
        return np.asarray((loss * self._weight).sum(axis=1) / np.where(total > 0, total, 1.0))
