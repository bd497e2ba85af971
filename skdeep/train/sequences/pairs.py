"""Pairs of a source and a sequence that is to be made of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.train.dataset import Shuffler
from skdeep.train.sequences.buckets import program_lengths
from skdeep.train.sequences.sequence_table import BucketedOrder, SequenceTable
from skdeep.train.sequences.sequences import Sequences
from skdeep.train.sequences.tagging import StepValues, TaggedTable

#: Lengths of programs on each side at most: there are programs for pairs of these.
MOST_PROGRAMS = 6


class Pairs(Sequences):
    """n pairs; the sequences are what a decoder reads, which is what it predicts one step later.

    Parameters
    ----------
    source : Sequences or ndarray of shape (n, ...)
        What an encoder reads.
    steps, lengths, starts
        As for :class:`~skdeep.train.sequences.sequences.Sequences`. Behind the steps of each
        sequence stands what its last one predicts.
    """

    def __init__(self, source: Any, steps: Array, lengths: Any, starts: Any = None) -> None:
        super().__init__(steps, lengths, starts)
        self.source = source

    @classmethod
    def of_tokens(cls, source: Any, sequences: Sequence[np.ndarray] | np.ndarray) -> Pairs:
        """Return pairs of sources and token sequences that begin with a start and stop with an end.

        Examples
        --------
        >>> import numpy as np
        >>> X = Pairs.of_tokens(np.zeros((1, 2)), [np.array([0, 5, 6, 1])])
        >>> X[0], X.next_steps()[0].ravel()
        (array([0, 5, 6], dtype=int32), array([5, 6, 1], dtype=int32))
        """
        whole = np.array([len(one) for one in sequences])
        steps = np.concatenate(list(sequences)).astype(np.int32)
        return cls(source, steps, whole - 1, np.cumsum(whole) - whole)

    def next_steps(self) -> StepValues:
        """Return what each step is to predict, at its place."""
        return StepValues(np.roll(self.steps, -1)[:, None], self.lengths, self.starts)

    @property
    def source_lengths(self) -> np.ndarray:
        """Number of steps of each source; 1 where it is no sequence."""
        if isinstance(self.source, Sequences):
            return self.source.lengths
        return np.ones(len(self), np.intp)

    @classmethod
    def concatenate(cls, parts: Sequence[Any]) -> Pairs:
        if len(parts) == 1:
            found: Pairs = parts[0]
            return found
        both = Sequences.concatenate([Sequences(p.steps, p.lengths, p.starts) for p in parts])
        sources = [part.source for part in parts]
        joined = Sequences.concatenate if isinstance(sources[0], Sequences) else np.concatenate
        source: Any = joined(sources)
        return cls(source, both.steps, both.lengths, both.starts)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, int | np.integer):
            return super().__getitem__(key)
        return Pairs(self.source[key], self.steps, self.lengths[key], self.starts[key])

    def to_host(self) -> Pairs:
        return self  # pairs are made on the host

    def same_as(self, other: Any) -> bool:
        a, b = self.source, other.source
        alike = a.same_as(b) if isinstance(a, Sequences) else np.array_equal(a, b)
        return bool(alike) and super().same_as(other)


class PairTable(TaggedTable):
    """Pairs that batches are gathered from; parameters as of its base.

    Attributes
    ----------
    sources : SequenceTable or None
        Where the sources are, where they are sequences.
    source_rows : Array of shape (n, ...) or None
        The sources, where they are not.
    """

    def __init__(self, backend: Backend, X: Pairs, target: Any, weight: Any, dtype: Any) -> None:
        super().__init__(backend, X, target, weight, dtype)
        self.pairs = X
        self.sources: SequenceTable | None = None
        self.source_rows: Array = None
        if isinstance(X.source, Sequences):
            codes = np.zeros((len(X), 1), np.int32)
            self.sources = SequenceTable(backend, X.source, codes, None, dtype)
        else:
            self.source_rows = backend.adopt(X.source, dtype)

    def order(
        self, rows: Any, randoms: Sequence[np.random.RandomState | None], batch_size: int
    ) -> Shuffler:
        return PairOrder(rows, randoms, self.pairs, batch_size)

    @cached_property
    def keys(self) -> Array:
        """Keys of the pairs by the content of both sides, (n,), uint32."""
        ops, X = self.backend, self.pairs
        own = ops.to_host(super().keys)
        if self.sources is not None:
            others = ops.to_host(self.sources.keys)
        else:
            others = ops.to_host(ops.row_keys(self.source_rows.reshape(len(X), -1)))
        return ops.to_device(own * np.uint32(2654435761) + others)


class PairLengths:
    """The lengths of programs of some pairs, on both sides."""

    def __init__(self, sources: np.ndarray, steps: np.ndarray) -> None:
        self.sources = program_lengths(sources, MOST_PROGRAMS)
        self.steps = program_lengths(steps, MOST_PROGRAMS)

    @property
    def several(self) -> bool:
        """Whether there is more than one program."""
        return len(self.sources) * len(self.steps) > 1

    def bucket(self, sources: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """Return the number of each pair's program, by the length of its steps first."""
        k, j = np.searchsorted(self.steps, steps), np.searchsorted(self.sources, sources)
        return np.asarray(k * len(self.sources) + j)

    def of(self, sources: np.ndarray, steps: np.ndarray) -> tuple[int, int]:
        """Return the lengths of the program that some pairs need together."""
        source = self.sources[np.searchsorted(self.sources, sources.max())]
        return int(source), int(self.steps[np.searchsorted(self.steps, steps.max())])


class PairOrder(BucketedOrder):
    """Each epoch's order, in which pairs that are alike in both lengths share a batch."""

    def __init__(self, rows: Any, randoms: Any, X: Pairs, batch_size: int) -> None:
        super().__init__(rows, randoms, X.lengths, batch_size)
        self.source_lengths = X.source_lengths
        each = [self.of(model) for model in range(len(self.rows))]
        self._own = [PairLengths(self.source_lengths[r], self.lengths[r]) for r in each]
        everything = np.concatenate(each)
        self._all = PairLengths(self.source_lengths[everything], self.lengths[everything])
        self.varies = self._all.several

    def _has_several(self, model: int) -> bool:
        return self._own[model].several

    def _bucket(self, model: int, rows: np.ndarray) -> np.ndarray:
        return self._own[model].bucket(self.source_lengths[rows], self.lengths[rows])

    def length(self, models: slice, rows: slice) -> tuple[int, int]:
        chosen = self._arranged[models, rows]
        return self._all.of(self.source_lengths[chosen], self.lengths[chosen])
