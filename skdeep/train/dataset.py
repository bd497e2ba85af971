"""Training rows on the device, and the order in which a fit visits them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from skdeep.backend.base import Array, Backend


class Dataset:
    """Rows, targets and weights that batches are gathered from.

    Parameters
    ----------
    backend : Backend
        Where the dense arrays go.
    X : array or sparse matrix of shape (n, *in_shape)
        Rows. A sparse matrix stays on the host and is cut batch by batch, never densified.
    target : ndarray of shape (n, columns)
        Targets: floats, or class codes of integer dtype. Where it is `X` itself, rows are their
        own targets and no copy of them is made.
    weight : ndarray of shape (n,), optional
        Row weights; None means that all count one.
    dtype : dtype
        The network's dtype.
    """

    def __init__(
        self, backend: Backend, X: Any, target: Any, weight: np.ndarray | None, dtype: Any
    ) -> None:
        self.backend = backend
        self.sparse = X.tocsr().astype(dtype, copy=False) if hasattr(X, "tocsr") else None
        self.X: Array = None if self.sparse is not None else self._adopt(X, dtype)
        #: None where the targets are the sparse rows, which are made dense batch by batch.
        self.target: Array = self.X
        if target is not X:
            kind = dtype if target.dtype.kind == "f" else np.int32
            self.target = backend.adopt(target, kind)
        self.host_weight = weight
        self.weight: Array = None if weight is None else backend.adopt(weight, dtype)
        self.n_rows: int = X.shape[0]

    def _adopt(self, X: Any, dtype: Any) -> Array:
        """Return what batches are gathered from."""
        return self.backend.adopt(X, dtype)

    def order(
        self, rows: Any, randoms: Sequence[np.random.RandomState | None], batch_size: int
    ) -> Shuffler:
        """Return the order in which models visit their rows."""
        return Shuffler(rows, randoms)

    @cached_property
    def keys(self) -> Array:
        """Keys of the rows by their content, (n,), uint32."""
        return self.backend.row_keys(self.X if self.sparse is None else self.sparse)

    def weight_sums(self, order: np.ndarray, batches: Batches) -> np.ndarray:
        """Return the sum of the weights in each batch, (n batches, M), float64."""
        if self.host_weight is None:
            return np.asarray(batches.sizes, float)
        weights = self.host_weight[order]  # (M, n)
        weights[np.arange(order.shape[1]) >= batches.counts[:, None]] = 0.0
        sums: np.ndarray = np.add.reduceat(weights, batches.starts, axis=1, dtype=float)
        return np.asarray(sums.T)


class Shuffler:
    """The row order of each epoch for M models, drawn on the host.

    As in scikit-learn each epoch permutes the order of the one before it, with
    ``RandomState.shuffle``.

    Parameters
    ----------
    rows : ndarray of shape (n,) or (M, n), or sequence of M ndarrays
        Indices of the rows that each model trains on, in the order before the first epoch.
    randoms : sequence of RandomState or None
        One per model; None keeps the order.

    Attributes
    ----------
    rows : ndarray of shape (M, n)
        The order now; a model with fewer rows than others leaves the end of its row unused.
    counts : ndarray of shape (M,)
        Number of rows of each model.
    """

    #: Whether batches of different epochs need different programs.
    varies = False

    def __init__(self, rows: Any, randoms: Sequence[np.random.RandomState | None]) -> None:
        each = np.atleast_2d(rows) if isinstance(rows, np.ndarray) else rows
        self.counts = np.array([len(row) for row in each])
        self.rows = np.zeros((len(each), self.counts.max()), np.intp)
        for held, row in zip(self.rows, each, strict=True):
            held[: len(row)] = row
        self.randoms = list(randoms)

    def of(self, model: int) -> np.ndarray:
        """Return the rows of one model in their order, a view."""
        return self.rows[model, : self.counts[model]]

    def advance(self) -> np.ndarray:
        """Return the order of the next epoch, (M, n)."""
        for model, random in enumerate(self.randoms):
            if random is not None:
                row = self.of(model)
                permutation = np.arange(len(row))
                random.shuffle(permutation)
                row[...] = row[permutation]
        return self.rows

    def length(self, models: slice, rows: slice) -> Any:
        """Return how many steps the program of a batch needs; None where rows have no length."""
        return None


class Batches:
    """How M models cut their rows into the batches of an epoch.

    Each cuts off `size` rows as long as it has as many; what remains is a shorter, last batch.

    Parameters
    ----------
    counts : sequence of int
        Number of rows of each model.
    size : int
        Rows of a batch.

    Attributes
    ----------
    starts : ndarray of shape (steps,)
        First row of each batch.
    sizes : ndarray of shape (steps, M)
        Rows in each batch of each model, 0 where a model has none left.
    """

    def __init__(self, counts: Sequence[int] | np.ndarray, size: int) -> None:
        self.counts = np.asarray(counts)
        self.starts = np.arange(0, max(self.counts.max(), 1), size)
        self.sizes = np.clip(self.counts - self.starts[:, None], 0, size)

    def __len__(self) -> int:
        return len(self.starts)

    def runs(self, step: int) -> Iterator[tuple[slice, slice]]:
        """Cut a step into neighbouring models with equally many rows, and say which rows.

        Models without rows are in none of them, so they stay as they are.
        """
        sizes, start = self.sizes[step], int(self.starts[step])
        for models in equal_runs(sizes):
            size = int(sizes[models.start])
            if size:
                yield models, slice(start, start + size)


def equal_runs(values: np.ndarray) -> list[slice]:
    """Return where the same value stands in neighbouring entries."""
    ends = [*(np.flatnonzero(np.diff(values)) + 1).tolist(), len(values)]
    return [slice(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def batch_slices(n_rows: int, batch_size: int) -> Iterator[slice]:
    """Cut n rows into batches; the last one may be shorter."""
    for start in range(0, n_rows, batch_size):
        yield slice(start, min(start + batch_size, n_rows))
