"""Samples that stand in the cells of one column: lists and arrays in a table of objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Any

import numpy as np

from skdeep.data.columns import is_frame


def has_order(X: Any) -> bool:
    """Whether X holds samples in an order that others can follow: no text, set or dictionary."""
    return isinstance(X, Iterable) and not isinstance(X, str | bytes | Set | Mapping)


def is_sequence(item: Any) -> bool:
    """Whether an item of X is a sequence itself, and no number."""
    return isinstance(item, str | bytes | list | tuple) or len(getattr(item, "shape", ())) > 0


def objects(items: list[Any]) -> np.ndarray:
    """Return an object array of items, which scikit-learn can cut and put together."""
    result = np.empty(len(items), dtype=object)
    for k, item in enumerate(items):  # NumPy would make items of one length columns
        result[k] = item
    return result


def listed(X: Any) -> Any:
    """Return the cells of one column that holds sequences or images; anything else as it is.

    The column may be that of a data frame or of an array (n, 1) of objects. Of a series of polars
    whose cells are arrays of one shape NumPy makes an array with more axes; they are cells, too.
    """
    shape: tuple[int, ...] = getattr(X, "shape", ())
    if len(shape) == 1 and not hasattr(X.dtype, "kind"):
        cells = np.asarray(X)
    elif len(shape) != 2 or shape[1] != 1:
        return X
    elif is_frame(X):
        column = X.iloc[:, 0] if hasattr(X, "iloc") else X[X.columns[0]]
        cells = np.asarray(column)
    elif getattr(X.dtype, "kind", None) == "O":
        cells = np.asarray(X)[:, 0]
    else:
        return X
    if cells.ndim > 1:
        return objects(list(cells))
    if cells.dtype.kind not in "OUT":
        return X
    cells = cells.astype(object)
    return cells if any(map(is_sequence, cells)) else X


def unnested(array: np.ndarray) -> np.ndarray:
    """Return an array of arrays as one array; raise ValueError where they differ in shape."""
    while array.dtype.kind == "O" and array.size and is_nested(array.flat[0]):
        inner = np.asarray(array.tolist())
        if inner.ndim == array.ndim:  # as of sparse matrices
            break
        array = inner
    return array


def is_nested(cell: Any) -> bool:
    """Whether an entry of an array is an array or a list."""
    return isinstance(cell, list | tuple) or len(getattr(cell, "shape", ())) > 0
