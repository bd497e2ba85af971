"""Keys of rows by their content, from which dropout masks are hashed."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.backend.base import Array

#: Entries that are hashed at once.
CHUNK = 1 << 20


def row_keys(xp: Any, X: Any) -> Array:
    """Return a 32-bit key of each row: equal rows get equal keys, in every dtype and storage.

    A key is the upper half of the sum, modulo 2 ** 64, of each entry's float32 bits times a
    random odd constant of its column (Dietzfelbinger, 1996): two different rows share a key with
    probability 2 ** -32, whatever they hold. The upper half matters: round numbers end in zeros,
    and so do the products' lower halves. Zeros contribute nothing, so a sparse row has the key of
    the dense one.

    Parameters
    ----------
    xp : module
        NumPy or CuPy.
    X : array of shape (n, ...) or CSR matrix of shape (n, F)
        Rows; sparse ones lie on the host.
    """
    columns = int(np.prod(X.shape[1:]))
    generator = np.random.Generator(np.random.SFC64(0x5EED))
    factors = generator.integers(0, 2**64, columns, dtype=np.uint64) | np.uint64(1)
    if hasattr(X, "indptr"):
        return _sparse_keys(X, factors)
    rows = X.reshape(X.shape[0], columns)
    factors = xp.asarray(factors)
    keys = xp.empty(rows.shape[0], np.uint32)
    step = max(1, CHUNK // max(columns, 1))
    for start in range(0, rows.shape[0], step):
        words = _words(xp, rows[start : start + step]) * factors
        keys[start : start + step] = _upper(words.sum(axis=1, dtype=np.uint64))
    return keys


def _sparse_keys(X: Any, factors: np.ndarray) -> np.ndarray:
    if not X.has_canonical_format:  # an entry may be stored as a sum of several
        X = X.copy()
        X.sum_duplicates()
    sums = np.zeros(len(X.data) + 1, np.uint64)
    np.cumsum(_words(np, X.data) * factors[X.indices], out=sums[1:])  # wraps around
    return np.asarray(_upper(sums[X.indptr[1:]] - sums[X.indptr[:-1]]))


def _words(xp: Any, values: Any) -> Any:
    """Return float32 bits as uint64."""
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinite
        single = xp.ascontiguousarray(values.astype(np.float32) + np.float32(0))  # no -0.0
    return single.view(np.uint32).astype(np.uint64)


def _upper(sums: Any) -> Any:
    return (sums >> np.uint64(32)).astype(np.uint32)
