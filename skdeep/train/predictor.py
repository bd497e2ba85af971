"""Forward passes of trained networks, in chunks, from any number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, ClassVar

import numpy as np

from skdeep.backend.base import Array, Backend, SparseBatch
from skdeep.nn.core.binder import Arena
from skdeep.nn.core.network import Network, Program
from skdeep.nn.core.params import ParamStore
from skdeep.nn.core.spec import Noise
from skdeep.train.dataset import batch_slices

#: Rows of one forward pass: enough for full speed, few enough to stay near the caches.
CHUNK_ROWS = 1024
#: Elements of the largest layer in one forward pass: images have many for each row.
CHUNK_ELEMENTS = 1 << 22
#: Programs that a worker keeps; one for full chunks, others for what remains.
KEPT_PROGRAMS = 4


def chunk_rows(network: Network, most: int = CHUNK_ROWS) -> int:
    """Return the rows of one forward pass: `most`, or fewer where a layer gives much for a row."""
    return max(1, min(most, CHUNK_ELEMENTS // network.largest_row))


class _Worker:
    """Programs and buffers of one thread at a time."""

    def __init__(self, network: Network, store: ParamStore) -> None:
        self.network, self.store = network, store
        self.arena, self.temporaries = Arena(store.backend), store.backend.temporaries()
        one = (store.n_models, 1, 1)
        # One key for all rows: they get one mask.
        self.noise = Noise(*(store.backend.zeros(one, np.uint32) for _ in range(2)))
        self._programs: dict[Any, tuple[Program, Callable[[], None]]] = {}

    def choose_masks(self, seed: int | None) -> None:
        """Set the seed of the masks of noisy programs."""
        if seed is not None:
            words = np.full(self.noise.seed.shape, seed, np.uint32)
            self.store.backend.to_device(words, self.noise.seed)

    def program(
        self, rows: int, sparse: bool, what: str, noisy: bool, start: str | None
    ) -> tuple[Program, Callable[[], None]]:
        """Return the recorded program for chunks of this many rows."""
        key = (rows, sparse, what, noisy, start)
        if key not in self._programs:
            if len(self._programs) >= KEPT_PROGRAMS:
                self._programs.pop(next(iter(self._programs)))
            program = Program(
                self.network,
                self.store,
                self.arena,
                rows,
                noise=self.noise if noisy else None,
                sparse=SparseBatch() if sparse else None,
            )
            step = self.store.backend.record(
                lambda: self._run(program, what, start), self.temporaries
            )
            self._programs[key] = (program, step)
        return self._programs[key]

    @staticmethod
    def _run(program: Program, what: str, start: str | None) -> None:
        to = None if what in ("output", "logits") else what
        if start is not None:
            program.forward_from(start, to)
        elif to is not None:
            program.forward_to(to)
        else:
            program.forward()
        if what == "output":
            program.output(program.z)


class Predictor:
    """Computes what fitted networks give for new rows.

    Calls from several threads are safe and give what one thread gives: each takes buffers of its
    own from a pool. Parameters are read where they are; on the host they share memory with
    `values`.

    Parameters
    ----------
    network : Network
        What is computed.
    values : ndarray of shape (M, P)
        Parameters on the host.
    backend : Backend
        Where it is computed.

    Attributes
    ----------
    pool : list or None
        Workers for networks that differ in their parameters, and in noise, only: where many small
        ones predict in turn, what is bound once serves all.
    """

    #: What holds the programs of a thread.
    worker_type: ClassVar[type[_Worker]] = _Worker

    def __init__(self, network: Network, values: np.ndarray, backend: Backend) -> None:
        self.network, self.backend = network, backend
        self.store = ParamStore(backend, network.layout, values, adopt=True)
        self._idle: list[_Worker] = []
        self.pool: list[_Worker] | None = None
        self._in_parts, self._chunk = network.spec.has("parts"), chunk_rows(network)

    def adopt(self, X: Any) -> Any:
        """Return rows where they can be read from: sparse on the host, others on the device."""
        if hasattr(X, "tocsr"):
            return X.tocsr()
        return self.backend.adopt(X, self.store.values.dtype)

    def _session(self) -> AbstractContextManager[AbstractContextManager[Any]]:
        """Return the context of all chunks, to be entered twice."""
        if self._in_parts:  # BLAS's own threads would be in their way
            return self.backend.session(0)
        return nullcontext(nullcontext())

    @contextmanager
    def _worker(self, noisy: bool) -> Iterator[_Worker]:
        """Lend a worker; one of the pool gets the parameters first."""
        shared = None if noisy else self.pool
        idle = self._idle if shared is None else shared
        try:
            worker = idle.pop()
        except IndexError:
            store = self.store if shared is None else self.store.copied()
            worker = self.worker_type(self.network, store)
        if shared is not None:
            self.backend.copy(self.store.values, worker.store.values)
        with self.backend.running():
            yield worker
        idle.append(worker)  # not after an error, which may have left it half-way

    def __call__(
        self, X: Any, what: str = "output", seed: int | None = None, start: str | None = None
    ) -> Array:
        """Return "output", "logits" or what the named layer gives for the rows of `X`.

        Parameters
        ----------
        X : array or sparse matrix of shape (n, *in_shape)
            Host arrays, or arrays of this predictor's device.
        what : str
            "output" (default), "logits" or the name of a layer.
        seed : int, optional
            Drop units by this 32-bit seed, the same ones in all rows, instead of none. Not with
            `start`, since the first layer that drops draws for all.
        start : str, optional
            Name of the layer whose outputs the rows are, instead of the network's inputs. It comes
            before `what`.

        Returns
        -------
        array of shape (M, n, K)
            On the device.
        """
        sparse = hasattr(X, "tocsr")
        direct = sparse and self.network.accepts_sparse and start is None
        n = X.shape[0]
        result = self.backend.empty(
            (self.store.n_models, n, self.network.width(what)), self.store.values.dtype
        )
        X = self.adopt(X)
        with self._session() as held, held, self._worker(seed is not None) as worker:
            worker.choose_masks(seed)
            for chunk in batch_slices(n, self._chunk):
                rows = X[chunk]
                noisy = seed is not None
                program, run = worker.program(rows.shape[0], direct, what, noisy, start)
                self._load(rows, program.x if start is None else program.result(start))
                run()
                self.backend.copy(program.result(what), result[:, chunk])
        return result

    def _load(self, rows: Any, place: Any) -> None:
        """Put rows where a program reads them."""
        if isinstance(place, SparseBatch):
            place.matrix = self.backend.sparse(rows, self.store.values.dtype)
        elif hasattr(rows, "tocsr"):
            self.backend.to_device(rows.toarray()[None], place)
        else:
            self.backend.copy(rows.reshape(1, *rows.shape), place)
