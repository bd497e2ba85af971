"""Tables of columns of any kind: numbers, dates and categories, with missing values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from skdeep.data.naming import shown

#: Nanoseconds of a day.
DAY = 86_400_000_000_000
#: Parts of a date that become columns of their own, beside the days since 1970.
CALENDAR = ("month", "weekday", "hour")


@dataclass(frozen=True)
class Column:
    """One column: numbers with NaN where there is none, or values of which None is missing.

    Attributes
    ----------
    name : str
        Its name; "x0" and so on where columns have none.
    values : ndarray of shape (n,)
        Float64 numbers, or objects.
    is_category : bool
        Whether values are categories.
    """

    name: str
    values: np.ndarray
    is_category: bool


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
    names, read = _reader(X, name)
    if not names:
        raise ValueError(
            f"{name} has 0 feature(s) (shape={np.shape(X)}) while a minimum of 1 is required."
        )
    twice = sorted({column for column in names if names.count(column) > 1})
    if twice:
        raise ValueError(f"{name} has several columns called {twice[0]!r}")
    chosen = _chosen(categorical, names)
    columns: list[Column] = []
    for k, column in enumerate(names):
        force = None if chosen is None else k in chosen
        columns += _columns(column, read(k), force, name)
    if len(columns[0].values) < 1:
        raise ValueError(f"{name} has 0 sample(s) while a minimum of 1 is required.")
    return columns


def _reader(X: Any, name: str) -> tuple[list[str], Any]:
    """Return the names of columns, and a function of the column at a place."""
    if hasattr(X, "tocsr"):
        raise TypeError(f"{name} is sparse; a table is dense: use {name}.toarray()")
    if hasattr(X, "column_names") and hasattr(X, "column"):  # pyarrow
        return [str(c) for c in X.column_names], lambda k: _of_arrow(X.column(k))
    if hasattr(X, "columns") and hasattr(X, "iloc"):  # pandas
        return [str(c) for c in X.columns], lambda k: _of_pandas(X.iloc[:, k])
    if hasattr(X, "columns") and hasattr(X, "get_column"):  # polars
        held = list(X.columns)
        return [str(c) for c in held], lambda k: _of_polars(X.get_column(held[k]))
    array = np.asarray(X) if not isinstance(X, list | tuple) else _listed(X, name)
    if array.ndim != 2:
        raise ValueError(
            f"Expected 2D array, got {array.ndim}D array instead: {name} must have samples as rows "
            "and features as columns. Reshape your data either using array.reshape(-1, 1) or "
            "array.reshape(1, -1)."
        )
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {name}")
    return [f"x{k}" for k in range(array.shape[1])], lambda k: array[:, k]


def _listed(X: Sequence[Any], name: str) -> np.ndarray:
    """Return a list of rows as an array; objects where strings and numbers mix."""
    try:
        array = np.asarray(X)
    except ValueError as error:
        raise ValueError(f"{name} must have equally long rows: {error}") from error
    return np.array(X, object) if array.dtype.kind in "US" and array.ndim == 2 else array


def _of_pandas(column: Any) -> np.ndarray:
    dtype = column.dtype
    kind = getattr(dtype, "kind", "O")
    if kind in "biuf" and str(dtype) not in ("bool", "boolean"):
        return np.asarray(column.to_numpy(dtype=float, na_value=np.nan))
    if kind in "mM":
        return np.asarray(column.to_numpy(dtype=f"{kind}8[ns]"))
    values = np.array(column.astype(object).to_numpy(), object, copy=True)
    values[np.asarray(column.isna())] = None
    return values


def _of_polars(column: Any) -> np.ndarray:
    if column.dtype.is_numeric():
        return np.asarray(column.cast(float).fill_null(float("nan")).to_numpy(), float)
    if column.dtype.is_temporal():
        return np.asarray(column.to_numpy())
    return np.array([*column.to_list(), None], object)[:-1]


def _of_arrow(column: Any) -> np.ndarray:
    values = column.to_pylist()
    kind = str(column.type)
    if any(kind.startswith(start) for start in ("int", "uint", "float", "double", "half")):
        return np.array([np.nan if value is None else value for value in values], float)
    return np.array([*values, None], object)[:-1]


def _columns(name: str, values: np.ndarray, force: bool | None, table: str) -> list[Column]:
    """Return a column as it is learned from: dates become several."""
    if values.dtype.kind == "O":
        values = _typed(name, values, table)
    if values.dtype.kind in "mM" and not force:
        return _dates(name, values)
    if values.dtype.kind == "b" or force or values.dtype.kind in "OUS":
        if force is False:
            return [Column(name, _as_numbers(name, values, table), False)]
        return [Column(name, _as_categories(values), True)]
    numbers = values.astype(float)
    if np.isinf(numbers).any():
        raise ValueError(f"column {name!r} of {table} contains infinity")
    return [Column(name, numbers, False)]


def _typed(name: str, values: np.ndarray, table: str) -> np.ndarray:
    """Return objects as numbers or dates where all of them are; None where one is missing."""
    values = values.copy()
    kinds = set()
    for k, value in enumerate(values):
        if _is_missing(value):
            values[k] = None
        elif isinstance(value, bool | np.bool_):
            kinds.add("category")
        elif isinstance(value, Real):
            kinds.add("number")
        elif isinstance(value, str | bytes):
            kinds.add("category")
        elif hasattr(value, "isoformat") or isinstance(value, np.datetime64):
            kinds.add("date")
        elif hasattr(value, "total_seconds") or isinstance(value, np.timedelta64):
            kinds.add("duration")
        elif isinstance(value, complex) or np.ndim(value) or hasattr(value, "__len__"):
            raise ValueError(
                f"column {name!r} of {table} holds {type(value).__name__} in row {k}, "
                f"{shown(value)}: cells must be single numbers, dates or categories"
            )
        else:
            kinds.add("category")
    if kinds == {"date"}:
        return np.array(values, "M8[ns]")
    if kinds == {"duration"}:
        return np.array(values, "m8[ns]")
    if kinds <= {"number"}:
        return np.array([np.nan if value is None else value for value in values], float)
    return values


def _is_missing(value: Any) -> bool:
    """Whether a cell is empty: None, NaN, NaT or pandas' NA."""
    if value is None:
        return True
    different = value != value
    return (
        different is True
        or (isinstance(different, np.bool_) and bool(different))
        or type(value).__name__ in ("NAType", "NaTType")
    )


def _dates(name: str, values: np.ndarray) -> list[Column]:
    """Return the days since 1970 and parts of the calendar, or the days that durations have."""
    missing = np.isnat(values)
    days = values.astype(f"{values.dtype.kind}8[ns]").astype(np.int64) / DAY
    found: dict[str, Any] = {name: days}
    if values.dtype.kind == "M":
        month = values.astype("M8[M]").astype(np.int64) % 12 + 1
        weekday = (values.astype("M8[D]").astype(np.int64) + 3) % 7
        hour = (days - np.floor(days)) * 24
        parts = (month, weekday, hour)
        found |= {f"{name}_{part}": v for part, v in zip(CALENDAR, parts, strict=True)}
    columns = []
    for key, numbers in found.items():
        numbers = numbers.astype(float)
        numbers[missing] = np.nan
        columns.append(Column(key, numbers, False))
    return columns


def _as_categories(values: np.ndarray) -> np.ndarray:
    """Return values as objects, None where one is missing."""
    result = values.astype(object)
    if values.dtype.kind == "f":
        result[np.isnan(values)] = None
    if values.dtype.kind in "mM":
        result = values.astype(str).astype(object)
        result[np.isnat(values)] = None
    return result


def _as_numbers(name: str, values: np.ndarray, table: str) -> np.ndarray:
    """Return the numbers of a column that is said to be no category."""
    numbers = np.empty(len(values))
    for k, value in enumerate(values):
        try:
            numbers[k] = np.nan if value is None else float(value)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"column {name!r} of {table} holds {shown(value)} in row {k}, which is no number: "
                "name it in categorical_features"
            ) from error
    return numbers


def _chosen(categorical: Any, names: Sequence[str]) -> set[int] | None:
    """Return the places of the columns that are categories, or None to go by dtypes."""
    if isinstance(categorical, str) and categorical == "from_dtype":
        return None
    if categorical is None:
        return set()
    given = np.asarray(categorical)
    if given.dtype == bool:
        if given.shape != (len(names),):
            raise ValueError(
                f"categorical_features set as a boolean mask must have shape ({len(names)},), got "
                f"{given.shape}"
            )
        return set(np.flatnonzero(given).tolist())
    if given.dtype.kind in "iu":
        if given.size and (given.min() < 0 or given.max() >= len(names)):
            raise ValueError(
                "categorical_features set as integer indices must be in [0, n_features - 1], got "
                f"{given.tolist()}"
            )
        return set(given.tolist())
    unknown = [str(c) for c in given.tolist() if str(c) not in names]
    if given.dtype.kind not in "UO" or unknown:
        raise ValueError(
            "categorical_features must be 'from_dtype', a mask, indices or names of columns, got "
            f"{unknown or categorical!r}"
        )
    return {list(names).index(str(c)) for c in given.tolist()}
