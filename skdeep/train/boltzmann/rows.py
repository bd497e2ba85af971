"""One number for each sample, computed by recorded steps on chunks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from skdeep.backend.base import Array, Backend

#: Rows of one chunk at most.
CHUNK_ROWS = 1024

#: Computes one number for each of a fixed number of rows.
Chunk = Callable[[Any], np.ndarray]


def by_chunks(X: Any, make: Callable[[int], Chunk], chunk_rows: int = CHUNK_ROWS) -> np.ndarray:
    """Return what ``make(n)(rows)`` gives for all rows of `X`, (n,), float64.

    `make` is called once for each length of chunk: twice at most.
    """
    chunk_rows = min(max(chunk_rows, 1), CHUNK_ROWS)
    result = np.empty(X.shape[0])
    made: dict[int, Chunk] = {}
    for start in range(0, len(result), chunk_rows):
        rows = X[start : start + chunk_rows]
        n = rows.shape[0]
        if n not in made:
            made[n] = make(n)
        result[start : start + n] = made[n](rows)
    return result


def load_rows(ops: Backend, rows: Any, out: Array) -> None:
    """Copy rows (n, F), host or device or sparse, into `out` (1, n, F)."""
    if hasattr(rows, "toarray"):
        rows = rows.toarray()
    ops.copy(ops.adopt(rows, out.dtype).reshape(out.shape), out)
