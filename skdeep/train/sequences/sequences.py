"""Sequences of different lengths, one after the other in one array, without padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from skdeep.backend import compute, device_of, get_backend
from skdeep.backend.base import Array


class Sequences:
    """n sequences as ranges of one array of steps; as far as fits need it, an array of n rows.

    Rows that are chosen by a slice or an index are other ranges of the same steps: nothing is
    copied.

    Parameters
    ----------
    steps : array of shape (total, F) or (total,)
        Steps of F channels, floats; or token numbers, int32, of which a step may have several. On
        the host or on a device.
    lengths : array-like of shape (n,)
        Number of steps of each sequence, on the host.
    starts : array-like of shape (n,), optional
        Where each one begins; default: one after the other.

    Examples
    --------
    >>> import numpy as np
    >>> X = Sequences(np.arange(5.0).reshape(5, 1), [3, 2])
    >>> X.shape, X[[1]].lengths
    ((2, 1), array([2]))
    >>> X[1]
    array([[3.],
           [4.]])
    """

    ndim = 2
    #: The raw texts that they were read from, where a fit may have to read them anew.
    texts: Any = None

    def __init__(self, steps: Array, lengths: Any, starts: Any = None) -> None:
        self.steps = steps
        self.lengths = np.asarray(lengths, np.intp)
        if starts is None:
            starts = np.cumsum(self.lengths) - self.lengths
        self.starts = np.asarray(starts, np.intp)

    @classmethod
    def of_array(cls, X: Array) -> Sequences:
        """Return the n sequences of an array (n, T, F), or (n, T) of tokens; copies no steps."""
        n, length = X.shape[:2]
        flat = (n * length, *X.shape[2:])
        steps = compute(lambda xp, X: xp.ascontiguousarray(X).reshape(flat), X)
        return cls(steps, np.full(n, length))

    @classmethod
    def concatenate(cls, parts: Sequence[Sequences]) -> Sequences:
        """Return the sequences of several, one after the other, with all their steps."""
        if len(parts) == 1:
            return parts[0]
        steps = compute(lambda xp, *arrays: xp.concatenate(arrays), *(p.steps for p in parts))
        shifts = np.cumsum([0, *(part.steps.shape[0] for part in parts[:-1])])
        starts = [part.starts + shift for part, shift in zip(parts, shifts, strict=True)]
        return cls(steps, np.concatenate([p.lengths for p in parts]), np.concatenate(starts))

    @property
    def is_tokens(self) -> bool:
        """Whether steps are numbers of tokens."""
        return bool(self.steps.dtype.kind == "i")

    @property
    def width(self) -> int:
        """Number of channels F; of tokens 1, unless steps are rows of tokens."""
        return 1 if len(self.steps.shape) == 1 else int(self.steps.shape[1])

    @property
    def shape(self) -> tuple[int, int]:
        """The shape (n, F) of the array that stands for it."""
        return len(self.lengths), self.width

    @property
    def dtype(self) -> Any:
        """The dtype of the steps."""
        return self.steps.dtype

    @property
    def device(self) -> str:
        """Where the steps lie."""
        return device_of(self.steps)

    @property
    def longest(self) -> int:
        """Number of steps of the longest sequence."""
        return int(self.lengths.max())

    @property
    def one_length(self) -> bool:
        """Whether all sequences have equally many steps."""
        return bool((self.lengths == self.lengths[0]).all())

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, int | np.integer):
            start = int(self.starts[key])
            return self.steps[start : start + int(self.lengths[key])]
        return type(self)(self.steps, self.lengths[key], self.starts[key])

    def __iter__(self) -> Iterator[Array]:
        return (self[k] for k in range(len(self)))

    def __repr__(self) -> str:
        return f"Sequences(n={len(self)}, width={self.width}, dtype={self.dtype})"

    def to_host(self) -> Sequences:
        """Return the same sequences on the host."""
        if self.device == "cpu":
            return self
        steps = get_backend(self.device).to_host(self.steps)
        return type(self)(steps, self.lengths, self.starts)

    def same_as(self, other: Sequences) -> bool:
        """Whether `other` holds the very same sequences; on a device only by identity."""
        alike = np.array_equal(self.lengths, other.lengths)
        if not alike or not np.array_equal(self.starts, other.starts):
            return False
        a, b = self.steps, other.steps
        if a is b or self.device != "cpu" or other.device != "cpu":
            return a is b
        return a.dtype == b.dtype and a.shape == b.shape and bool(np.array_equal(a, b))

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Return values of all steps, one sequence after the other, where the steps lie."""
        result = np.zeros((self.steps.shape[0], *values.shape[1:]), values.dtype)
        before = np.cumsum(self.lengths) - self.lengths
        result[np.arange(len(values)) + np.repeat(self.starts - before, self.lengths)] = values
        return result

    def step_index(self, rows: np.ndarray, length: int, out: np.ndarray | None = None) -> Any:
        """Return which rows of ``steps`` the first `length` steps of sequences are.

        Behind a sequence's end stands its last step.

        Parameters
        ----------
        rows : ndarray of shape (M, B)
            Sequences.
        length : int
            Number of steps T.
        out : ndarray of shape (M, B, T), intp, optional
            Where to write.
        """
        if out is None:
            out = np.empty((*rows.shape, length), np.intp)
        last = self.lengths[rows][..., None] - 1
        np.minimum(np.arange(length), last, out=out)
        out += self.starts[rows][..., None]
        return out

    def sample_of(self, step: int) -> int:
        """Return the first sequence that a row of ``steps`` belongs to."""
        inside = (self.starts <= step) & (step < self.starts + self.lengths)
        return int(np.flatnonzero(inside)[0])
