"""Tables of columns of any kind, with missing values: frames and arrays as lists of columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from skdeep.backend import is_device_array
from skdeep.data.columns import has_masked
from skdeep.data.frame_columns import of_arrow, of_pandas, of_polars
from skdeep.data.place import to_host
from skdeep.data.table_cells import Column, as_category, as_number, column_of, finite

#: Of a place, and whether the column there is of categories: the column.
Reader = Callable[[int, bool], Column]


def read_table(X: Any, categorical: Any = "from_dtype", *, name: str = "X") -> list[Column]:
    """Return the columns of a frame or of a matrix.

    Parameters
    ----------
    X : data frame, table or array-like of shape (n_samples, n_features)
        Of pandas, polars or pyarrow; or an array, whose dtype may be object.
    categorical : "from_dtype", None, mask, sequence of int or of str
        Which columns are categories. "from_dtype" takes strings, booleans and categorical dtypes.
    name : str
        What messages call it.

    Raises
    ------
    ValueError
        If there is no row or column, if columns have equal names, or cells are no single values.
    """
    if hasattr(X, "collect"):
        raise TypeError(f"{name} is a lazy frame: give {name}.collect()")
    names, n, read = _reader(X, name)
    if not names:
        raise ValueError(
            f"{name} has 0 feature(s) (shape={np.shape(X)}) while a minimum of 1 is required."
        )
    if n < 1:
        raise ValueError(f"{name} has 0 sample(s) while a minimum of 1 is required.")
    if len(set(names)) < len(names):
        twice = sorted({column for column in names if names.count(column) > 1})
        raise ValueError(f"{name} has several columns called {twice[0]!r}")
    chosen = _chosen(categorical, names)
    columns = [read(k, k in (chosen or ())) for k in range(len(names))]
    if chosen is None:
        return columns
    return [
        as_category(column) if k in chosen else as_number(column, name)
        for k, column in enumerate(columns)
    ]


def is_frame(X: Any) -> bool:
    """Whether X has columns with names: of pandas, polars or pyarrow."""
    pandas_or_polars = hasattr(X, "columns") and (hasattr(X, "iloc") or hasattr(X, "get_column"))
    return pandas_or_polars or hasattr(X, "column_names")


def labels_of(X: Any) -> list[Any]:
    """Return the labels of the columns of a frame, as they are."""
    return list(X.column_names if hasattr(X, "column_names") else X.columns)


def selected(X: Any, names: Sequence[str]) -> Any:
    """Return a frame with columns of these names, in this order."""
    return X.select(list(names)) if not hasattr(X, "iloc") else X[list(names)]


def _reader(X: Any, name: str) -> tuple[list[str], int, Reader]:
    """Return the names of columns, the number of rows, and a function of the column at a place."""
    if is_frame(X):
        labels = labels_of(X)
        names = [str(label) for label in labels]
        if hasattr(X, "iloc"):
            return names, len(X), lambda k, e: of_pandas(names[k], X.iloc[:, k], name, exact=e)
        if hasattr(X, "get_column"):
            columns = X.get_columns()
            return names, X.height, lambda k, e: of_polars(names[k], columns[k], name, exact=e)
        return names, X.num_rows, lambda k, e: of_arrow(names[k], X.column(k), name, exact=e)
    array = as_matrix(X, name)
    names = [f"x{k}" for k in range(array.shape[1])]
    if array.dtype.kind != "f" or array.dtype.itemsize > 8:
        return names, len(array), lambda k, e: column_of(names[k], array[:, k], name, exact=e)
    with np.errstate(over="ignore", invalid="ignore"):
        clean = np.isfinite(array.sum())
    if not clean:
        return names, len(array), lambda k, _: finite(Column(names[k], "number", array[:, k]), name)
    return names, len(array), lambda k, _: Column(names[k], "number", array[:, k])


def as_matrix(X: Any, name: str) -> np.ndarray:
    """Return what is no frame as an array; of objects where a list mixes strings and numbers."""
    if hasattr(X, "tocsr"):
        raise TypeError(f"{name} is sparse; a table is dense: use {name}.toarray()")
    if is_device_array(X):
        X = to_host(X)
    records = isinstance(X, list | tuple) and len(X) and isinstance(X[0], Mapping)
    if records or isinstance(X, Mapping) or getattr(getattr(X, "dtype", None), "names", None):
        raise ValueError(f"{name} is no table: give pandas.DataFrame({name})")
    try:
        array: np.ndarray = _unmasked(X) if has_masked(X) else np.asarray(X)
    except ValueError as error:
        raise ValueError(f"{name} must have equally long rows of single cells: {error}") from error
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {name}")
    if array.ndim != 2:
        column, row = f"{name}.to_frame()", f"{name}.to_frame().T"
        way = f" Or give {column}, or {row} for one row." if hasattr(X, "to_frame") else ""
        raise ValueError(
            f"Expected 2D array, got {array.ndim}D array instead: {name} must have samples as rows "
            "and features as columns. Reshape your data either using array.reshape(-1, 1) or "
            f"array.reshape(1, -1).{way}"
        )
    if isinstance(X, list | tuple) and array.dtype.kind in "US":
        array = np.array(X, object)
    return array


def _unmasked(X: Any) -> np.ndarray:
    """Return an array whose masked cells are missing ones."""
    if X.dtype.kind in "fmM":
        return np.asarray(X.filled(np.nan if X.dtype.kind == "f" else "NaT"))
    cells = X.data.astype(object)  # ``filled(None)`` would put in NumPy's own filling
    cells[np.ma.getmaskarray(X)] = None
    return np.asarray(cells)


def _chosen(categorical: Any, names: Sequence[str]) -> set[int] | None:
    """Return the places of the columns that are categories, or None to go by dtypes."""
    if isinstance(categorical, str) and categorical == "from_dtype":
        return None
    if categorical is None:
        return set()
    given = np.asarray(categorical)
    if not given.size:
        return set()
    if given.dtype == bool:
        if given.shape != (len(names),):
            raise ValueError(
                f"categorical_features set as a boolean mask must have shape ({len(names)},), got "
                f"{given.shape}"
            )
        return set(np.flatnonzero(given).tolist())
    if given.dtype.kind in "iu":
        if given.min() < 0 or given.max() >= len(names):
            raise ValueError(
                "categorical_features set as integer indices must be in [0, n_features - 1], got "
                f"{given.tolist()}"
            )
        return set(given.ravel().tolist())
    unknown = [c for c in given.ravel().tolist() if not isinstance(c, str) or c not in names]
    if given.dtype.kind not in "UO" or unknown:
        raise ValueError(
            "categorical_features must be 'from_dtype', a mask, indices or names of columns, got "
            f"{unknown or categorical!r}"
        )
    return {list(names).index(c) for c in given.ravel().tolist()}
