"""Training rows on the device, and the order in which a fit visits them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from skdeep.backend.base import Array, Backend


class Table:
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
        self.X: Array = None if self.sparse is not None else backend.adopt(X, dtype)
        #: None where the targets are the sparse rows, which are made dense batch by batch.
        self.target: Array = self.X
        if target is not X:
            kind = dtype if target.dtype.kind == "f" else np.int32
            self.target = backend.adopt(target, kind)
        self.host_weight = weight
        self.weight: Array = None if weight is None else backend.adopt(weight, dtype)
        self.n_rows: int = X.shape[0]

    @cached_property
    def keys(self) -> Array:
        """Keys of the rows by their content, (n,), uint32."""
        return self.backend.row_keys(self.X if self.sparse is None else self.sparse)

    def weight_sums(self, order: np.ndarray, batches: Sequence[slice]) -> np.ndarray:
        """Return the sum of the weights in each batch, (n batches, M), float64."""
        if self.host_weight is None:
            lengths = [batch.stop - batch.start for batch in batches]
            return np.repeat(np.array(lengths, float)[:, None], len(order), axis=1)
        starts = [batch.start for batch in batches]
        return np.add.reduceat(self.host_weight[order], starts, axis=1, dtype=float).T


class Order:
    """The row order of each epoch for M models, drawn on the host.

    As in scikit-learn each epoch permutes the order of the one before it, with
    ``RandomState.shuffle``.

    Parameters
    ----------
    rows : ndarray of shape (M, n)
        Indices of the rows that each model trains on, in the order before the first epoch.
    randoms : sequence of RandomState or None
        One per model; None keeps the order.
    """

    def __init__(self, rows: np.ndarray, randoms: Sequence[np.random.RandomState | None]) -> None:
        self.rows = np.array(rows, np.intp, ndmin=2)
        self.randoms = list(randoms)

    def advance(self) -> np.ndarray:
        """Return the order of the next epoch, (M, n)."""
        for row, random in zip(self.rows, self.randoms, strict=True):
            if random is not None:
                permutation = np.arange(len(row))
                random.shuffle(permutation)
                row[...] = row[permutation]
        return self.rows


def batch_slices(n_rows: int, batch_size: int) -> Iterator[slice]:
    """Cut n rows into batches; the last one may be shorter."""
    for start in range(0, n_rows, batch_size):
        yield slice(start, min(start + batch_size, n_rows))
