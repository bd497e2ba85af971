"""Forward passes of trained networks on sequences of different lengths."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from skdeep.backend.base import Array
from skdeep.nn.core.network import Network, Program
from skdeep.train.predictor import CHUNK_ROWS, Predictor, _Worker
from skdeep.train.sequences.buckets import coarse
from skdeep.train.sequences.sequence_objective import length_chunks, network_of
from skdeep.train.sequences.sequences import Sequences

#: Programs that a worker keeps: their arrays are shared, but not their lists of calls.
KEPT_PROGRAMS = 16
#: Rows of padding that one program more is worth, which may be needed for one call.
OVERHEAD = 200


class _SequenceWorker(_Worker):
    """Programs of several numbers of rows and of steps, and buffers of one thread at a time."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._networks: dict[int, Network] = {}

    def sequence_program(
        self,
        rows: int,
        length: int,
        padded: bool,
        what: str,
        noisy: bool,
        start: str | None = None,
    ) -> tuple[Program, Callable[[], None]]:
        """Return the recorded program of chunks of this size; `padded` ones ask which steps are."""
        key = (rows, length, padded, what, noisy, start)
        if key not in self._programs:
            if len(self._programs) >= KEPT_PROGRAMS:
                self._programs.pop(next(iter(self._programs)))
            backend, models = self.store.backend, self.store.n_models
            valid = None
            if padded:
                valid = backend.empty((models, rows, length), self.store.values.dtype)
            program = Program(
                network_of(self.network, length, self._networks),
                self.store,
                self.arena,
                rows,
                noise=self.noise if noisy else None,
                valid=valid,
            )
            step = backend.record(lambda: self._run(program, what, start), self.temporaries)
            self._programs[key] = (program, step)
        return self._programs[key]


class SequencePredictor(Predictor):
    """Computes what fitted networks give for new sequences.

    Sequences of like length run together, in programs of few different lengths and numbers of rows,
    so that most are recorded already. What is behind a sequence's end, or beside it, changes
    nothing of its result.
    """

    worker_type = _SequenceWorker

    def adopt(self, X: Sequences) -> Sequences:
        dtype = np.int32 if X.is_tokens else self.store.values.dtype
        return Sequences(self.backend.adopt(X.steps, dtype), X.lengths, X.starts)

    def __call__(
        self, X: Sequences, what: str = "output", seed: int | None = None, start: str | None = None
    ) -> Array:
        """Return "output", "logits" or what the named layer gives for sequences, (M, n, K).

        Parameters as :class:`~skdeep.train.predictor.Predictor`, without `start`.
        """
        backend, models, n = self.backend, self.store.n_models, len(X)
        shape = (models, n, self.network.width(what))
        result, ordered = (backend.empty(shape, self.store.values.dtype) for _ in range(2))
        order: list[np.ndarray] = []
        done = 0
        X = self.adopt(X)
        with self._in_session(X) as held, held, backend.running():
            for rows, program in self._runs(X, what, seed):
                place = ordered[:, done : done + len(rows)]
                backend.copy(program.result(what)[:, : len(rows)], place)
                order.append(rows)
                done += len(rows)
            back = np.argsort(np.concatenate(order)) + n * np.arange(models)[:, None]
            backend.gather(ordered.reshape(models * n, shape[2]), backend.to_device(back), result)
        return result

    def _in_session(self, X: Sequences) -> AbstractContextManager[AbstractContextManager[Any]]:
        """Return the context of all runs, to be entered twice.

        The caller holds it, which an error ends at once; a generator would end it once collected.
        """
        if self.network.spec.has("parts"):  # BLAS's own threads would be in their way
            return self.backend.session(0)
        most = max(chunk.stop - chunk.start for chunk, _ in self._chunks(X)[1])
        # Each step's product is small, so that a second BLAS thread would mostly wait.
        return self.backend.session(most * self.network.layout.largest_weight)

    def _chunks(self, X: Sequences) -> tuple[np.ndarray, list[tuple[slice, int]]]:
        """Return an order by length, and how to cut it."""
        order = np.argsort(-X.lengths, kind="stable")
        return order, length_chunks(X.lengths[order], self.network, CHUNK_ROWS, OVERHEAD)

    def _runs(
        self, X: Sequences, what: str, seed: int | None = None
    ) -> Iterator[tuple[np.ndarray, Program]]:
        """Compute chunks of sequences; yield which ones they are, and where the results are."""
        order, chunks = self._chunks(X)
        with self._worker(seed is not None) as worker:
            assert isinstance(worker, _SequenceWorker)
            worker.choose_masks(seed)
            for chunk, length in chunks:
                rows, padded = order[chunk], not X.one_length
                size = (coarse(len(rows)), coarse(length) if padded else length)
                program, run = worker.sequence_program(*size, padded, what, seed is not None)
                self._load_sequences(X, rows, program)
                run()
                yield rows, program

    def _load_sequences(self, X: Sequences, rows: np.ndarray, program: Program) -> None:
        """Put sequences where a program reads them; what it has rows for beyond is the last one."""
        ops, x = self.backend, program.x
        models, size, length = x.shape[:3]
        rows = np.concatenate([rows, np.repeat(rows[-1:], size - len(rows))])
        index = X.step_index(np.broadcast_to(rows, (models, size)), length)
        flat = (models, size * length)
        ops.gather(X.steps, ops.to_device(index.reshape(flat)), x.reshape(*flat, *x.shape[3:]))
        if program.valid is not None:
            there = np.arange(length) < X.lengths[rows][:, None]
            host = np.broadcast_to(there, (models, size, length))
            ops.to_device(host.astype(program.valid.dtype), program.valid)
