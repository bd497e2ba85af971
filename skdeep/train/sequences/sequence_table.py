"""Training sequences on the device, and the order in which a fit visits them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.kernels.arithmetic import multiply
from skdeep.kernels.step_pooling import is_before
from skdeep.train.dataset import Dataset, Shuffler
from skdeep.train.sequences.buckets import program_lengths
from skdeep.train.sequences.sequences import Sequences

#: Numbers of steps that are hashed at once.
CHUNK = 1 << 20


class SequenceTable(Dataset):
    """Sequences without padding, targets and weights that batches are gathered from.

    Parameters
    ----------
    backend, target, weight, dtype
        As for :class:`~skdeep.train.dataset.Dataset`.
    X : Sequences
        ``X`` here are all their steps, (total, F), or (total,) of tokens.

    Attributes
    ----------
    sequences : Sequences
        Where each one's steps are.
    lengths : Array of shape (n,)
        The lengths on the device, in the network's dtype.
    full : Array of shape (n, T, F) or (n, T), or None
        The steps by sequence, where all have T steps and lie in their order.
    """

    def __init__(
        self, backend: Backend, X: Sequences, target: Any, weight: np.ndarray | None, dtype: Any
    ) -> None:
        self.sequences = X
        super().__init__(backend, X, target, weight, dtype)
        self.lengths: Array = backend.adopt(X.lengths.astype(dtype), dtype)
        self.full: Array = None
        if X.one_length and np.array_equal(X.starts, X.longest * np.arange(len(X))):
            steps = self.X[: len(X) * X.longest]
            self.full = steps.reshape(len(X), X.longest, *steps.shape[1:])

    def _adopt(self, X: Sequences, dtype: Any) -> Array:
        return self.backend.adopt(X.steps, np.int32 if X.is_tokens else dtype)

    def order(
        self, rows: Any, randoms: Sequence[np.random.RandomState | None], batch_size: int
    ) -> Shuffler:
        return BucketedOrder(rows, randoms, self.sequences.lengths, batch_size)

    @cached_property
    def keys(self) -> Array:
        """Keys of the sequences by their content, (n,), uint32; padding has no part in them."""
        X = self.sequences
        order = np.argsort(-X.lengths, kind="stable")
        keys = np.empty(len(order), np.uint32)
        start = 0
        with self.backend.running():
            while start < len(order):
                size = max(1, CHUNK // (int(X.lengths[order[start]]) * X.width))
                rows = order[start : start + size]
                keys[rows] = self._keys_of(rows)
                start += size
        return self.backend.to_device(keys)

    def _keys_of(self, rows: np.ndarray) -> np.ndarray:
        """Return the keys of some sequences, made of steps with zeros behind them."""
        ops, X = self.backend, self.sequences
        steps = int(X.lengths[rows].max())
        index, shape = X.step_index(rows[None], steps), (1, len(rows), steps, X.width)
        held = ops.empty((1, index[0].size, *self.X.shape[1:]), self.X.dtype)
        ops.gather(self.X, ops.to_device(index.reshape(1, -1)), held)
        floats = ops.empty(shape, self.lengths.dtype)
        there = ops.empty((1, len(rows), steps, 1), self.lengths.dtype)
        times = np.arange(steps).astype(self.lengths.dtype).reshape(1, 1, steps, 1)
        lengths = X.lengths[rows].astype(self.lengths.dtype).reshape(1, -1, 1, 1)
        ops.launch(is_before, there, ops.to_device(times), ops.to_device(lengths))
        ops.launch(multiply, floats, held.reshape(shape), there)
        return ops.to_host(ops.row_keys(floats.reshape(len(rows), steps * X.width)))


class BucketedOrder(Shuffler):
    """Each epoch's order, in which sequences of like length share a batch.

    The rows are permuted as those of a table. Then they are sorted by the program that they need,
    cut into batches, and the batches are permuted; the short one, which comes last, is cut at a
    random place, so that it is not always made of the longest ones. These draws are the
    model's own. Where all sequences have one length, there are none.

    Parameters
    ----------
    rows, randoms
        As for :class:`~skdeep.train.dataset.Shuffler`; without a stream rows stay in their order.
    lengths : ndarray of shape (n,)
        Lengths of all sequences of the table.
    batch_size : int
        Rows of a batch.
    """

    def __init__(
        self,
        rows: Any,
        randoms: Sequence[np.random.RandomState | None],
        lengths: np.ndarray,
        batch_size: int,
    ) -> None:
        super().__init__(rows, randoms)
        self.lengths, self.batch_size = lengths, batch_size
        each = [lengths[self.of(model)] for model in range(len(self.rows))]
        #: The lengths of programs: by those of its own rows each model sorts them, and by those
        #: of all rows programs are made.
        self.own = [program_lengths(part) for part in each]
        self.programs = self.own[0] if len(each) == 1 else program_lengths(np.concatenate(each))
        self.varies = len(self.programs) > 1
        self._arranged = self.rows.copy()

    def advance(self) -> np.ndarray:
        super().advance()
        for model, random in enumerate(self.randoms):
            if random is not None:
                count = self.counts[model]
                self._arranged[model, :count] = self._arrange(model, random)
        return self._arranged

    def _arrange(self, model: int, random: np.random.RandomState) -> np.ndarray:
        """Return a model's rows as they are cut into batches."""
        rows, size = self.of(model), self.batch_size
        full, rest = divmod(len(rows), size)
        if not self._has_several(model) or not full:
            return rows
        rows = rows[np.argsort(self._bucket(model, rows), kind="stable")]
        short = random.randint(full + 1) * size if rest else len(rows)
        others = np.delete(rows, slice(short, short + rest)).reshape(full, size)
        others = others[random.permutation(full)]
        return np.concatenate([others.ravel(), rows[short : short + rest]])

    def _has_several(self, model: int) -> bool:
        """Whether a model's rows need several programs."""
        return len(self.own[model]) > 1

    def _bucket(self, model: int, rows: np.ndarray) -> np.ndarray:
        """Return a number of each row by which those of like length are neighbours."""
        return np.asarray(np.searchsorted(self.own[model], self.lengths[rows]))

    def length(self, models: slice, rows: slice) -> Any:
        longest = self.lengths[self._arranged[models, rows]].max()
        return int(self.programs[np.searchsorted(self.programs, longest)])
