"""Keys of rows by their content, from which dropout masks are hashed."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.backend.base import Array

#: Entries that are hashed at once.
CHUNK = 1 << 20


def row_keys(xp: Any, X: Any) -> Array:
    """Return a 32-bit key of each row: equal rows get equal keys, in every dtype and storage.

    A key is the sum, modulo 2 ** 32, of each entry's mixed float32 bits times an odd constant of
    its column. Zeros contribute nothing, so a sparse row has the key of the dense one.

    Parameters
    ----------
    xp : module
        NumPy or CuPy.
    X : array of shape (n, ...) or CSR matrix of shape (n, F)
        Rows; sparse ones lie on the host.
    """
    columns = int(np.prod(X.shape[1:]))
    generator = np.random.Generator(np.random.SFC64(0x5EED))
    factors = generator.integers(0, 2**32, columns, dtype=np.uint32) | np.uint32(1)
    if hasattr(X, "indptr"):
        sums = np.zeros(len(X.data) + 1, np.uint32)
        np.cumsum(_words(np, X.data) * factors[X.indices], out=sums[1:])  # wraps around
        return sums[X.indptr[1:]] - sums[X.indptr[:-1]]
    rows = X.reshape(X.shape[0], columns)
    factors = xp.asarray(factors)
    keys = xp.empty(rows.shape[0], np.uint32)
    step = max(1, CHUNK // max(columns, 1))
    for start in range(0, rows.shape[0], step):
        words = _words(xp, rows[start : start + step]) * factors
        keys[start : start + step] = words.sum(axis=1, dtype=np.uint32)
    return keys


def _words(xp: Any, values: Any) -> Any:
    """Return float32 bits, the high half mixed into the low one, which round numbers leave zero."""
    single = xp.ascontiguousarray(values.astype(np.float32) + np.float32(0))  # no negative zero
    words = single.view(np.uint32)
    return words ^ (words >> np.uint32(16))
