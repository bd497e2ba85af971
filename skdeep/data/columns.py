"""Errors for tables with columns of no numbers: which ones, and what can be done about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, time, timedelta
from typing import Any

import numpy as np

from skdeep.data._compat import is_pandas_na

#: NumPy's, of which ``float`` makes numbers without a word.
SILENT_TIMES = (np.datetime64, np.timedelta64)
TIMES = (date, time, timedelta, *SILENT_TIMES)

#: What errors say first of dates.
TIMES_SAID = "X must hold numbers"

#: Columns that a message names; of more it says how many.
MOST_NAMED = 5

#: How errors begin that one of these columns causes.
_CAUSED = (
    "could not convert string to float",
    "float() argument must be",
    "setting an array element with a sequence",
    "dtype='numeric' is not compatible",
    "The DType <class",
    "Input X contains",
)
_WAYS = {
    "text": "text: encode it with OneHotEncoder, or with OrdinalEncoder where it has an order",
    "times": "dates or times: make numbers of them, such as days since a date, or leave them out",
    "missing": "missing values{rows}: fill them with SimpleImputer, or leave those rows out",
    "infinite": "infinity or values that are too large{rows}",
    "other": "what is no number, of type {type}",
}


@contextmanager
def columns_named(X: Any, who: str) -> Iterator[None]:
    """Let a check of the table `X` within say which columns are wrong, and what `who` needs."""
    if has_masked(X):
        raise ValueError(
            f"Input X contains masked cells, which are missing ones: {who} needs all of them. Fill "
            "them, with X.filled(...) or with SimpleImputer"
        )
    if holds_times(X):
        raise ValueError(_explanation(X, TIMES_SAID, who) or f"{TIMES_SAID}, got dates or times")
    try:
        yield
    except (TypeError, ValueError) as error:
        said = str(error)
        if not any(cause in said for cause in _CAUSED):
            raise
        explanation = _explanation(X, said.splitlines()[0].rstrip("."), who)
        if explanation is None:
            raise
        kept = isinstance(error, TypeError) and explanation.startswith(said[:20])
        raise (TypeError if kept else ValueError)(explanation) from error


def has_masked(Z: Any) -> bool:
    """Whether Z is an array with masked cells, whose values mean nothing."""
    return isinstance(Z, np.ma.MaskedArray) and bool(np.ma.getmaskarray(Z).any())


def holds_times(Z: Any) -> bool:
    """Whether a table or an array has dates or times that would become numbers in silence."""
    if is_frame(Z):
        types = list(Z.dtypes)
        if any(map(_is_time_type, types)):
            return True
        if not any(getattr(t, "kind", None) == "O" for t in types):
            return False
        return any(_has_silent_times(values) for _, values in _columns(Z))
    kind = getattr(getattr(Z, "dtype", None), "kind", None)
    if kind == "O":
        return _has_silent_times(np.asarray(Z))
    if kind is None and isinstance(Z, list | tuple) and len(Z):
        first = Z[0] if isinstance(Z[0], list | tuple) else Z[:1]
        return any(isinstance(value, SILENT_TIMES) for value in first)
    return kind is not None and kind in "mM"


def is_frame(Z: Any) -> bool:
    """Whether Z is a data frame, whose columns have a type each."""
    return hasattr(Z, "columns") and hasattr(Z, "dtypes")


def kind_of(values: np.ndarray) -> str | None:
    """Say what a column holds besides finite numbers: a key of the ways, or None."""
    kind = values.dtype.kind
    if kind in "mM":
        return "times"
    if kind == "f":
        if np.isfinite(values).all():
            return None
        return "missing" if np.isnan(values).any() else "infinite"
    if kind not in "OUS":
        return None if kind in "biu" else "other"
    weak: set[str] = set()
    for value in values.ravel():
        found = kind_of_value(value)
        if found in ("text", "times", "other"):
            return found
        if found is not None:
            weak.add(found)
    return "missing" if "missing" in weak else next(iter(weak), None)


def kind_of_value(value: Any) -> str | None:
    """Say what a value is; None for a finite number and what ``float`` makes one of."""
    if value is None or is_pandas_na(value):
        return "missing"
    if isinstance(value, TIMES) or hasattr(value, "to_timestamp"):  # a period of pandas
        return "times"
    text = isinstance(value, str | bytes)
    if hasattr(value, "__len__") and not text:
        return "other"
    try:
        number = float(value)
    except (TypeError, ValueError):
        return "text" if text else "other"
    except OverflowError:
        return "infinite"
    if np.isfinite(number):
        return None
    return "missing" if np.isnan(number) else "infinite"


def _is_time_type(dtype: Any) -> bool:
    if hasattr(dtype, "is_temporal"):  # a type of polars
        return bool(dtype.is_temporal())
    return getattr(dtype, "kind", "") in ("m", "M")


def _has_silent_times(values: np.ndarray) -> bool:
    if values.dtype.kind != "O":
        return values.dtype.kind in "mM"
    return any(isinstance(value, SILENT_TIMES) for value in values.ravel())


def _columns(X: Any) -> Iterable[tuple[Any, np.ndarray]]:
    """Return name and values of each column; those of an array have numbers for names."""
    if hasattr(X, "iloc") and hasattr(X, "columns"):
        return ((name, np.asarray(X.iloc[:, k])) for k, name in enumerate(X.columns))
    if hasattr(X, "get_columns"):
        return ((column.name, np.asarray(column)) for column in X.get_columns())
    if hasattr(X, "tocsc"):
        X = X.tocsc()
        ends = X.indptr
        return ((k, X.data[ends[k] : ends[k + 1]]) for k in range(X.shape[1]))
    try:
        array = np.asarray(X)
    except (TypeError, ValueError):  # ragged lists, of which something else is wrong
        return ()
    return enumerate(array.T) if array.ndim == 2 else ()


def _explanation(X: Any, said: str, who: str) -> str | None:
    """Say of each column that is wrong what to do; None where no column is."""
    found: dict[str, list[tuple[Any, np.ndarray]]] = {}
    for name, values in _columns(X):
        kind = kind_of(values)
        if kind is not None:
            found.setdefault(kind, []).append((name, values))
    if not found:
        return None
    if not found.keys() - {"missing", "infinite"} and "missing" in found:
        said = "Input X contains NaN"  # whatever stands for it
    if "times" in found and not found.keys() & {"text", "other"}:
        said = TIMES_SAID
    n = X.shape[0] if hasattr(X, "shape") else len(X)
    parts = [_part(kind, found[kind], n) for kind in _WAYS if kind in found]
    result = f"{said}. In X, {'; '.join(parts)}."
    if "text" in found or (is_frame(X) and found.keys() & {"times", "missing"}):
        result += f" Do so in a ColumnTransformer, in a pipeline before {who}."
    return result


def _part(kind: str, columns: list[tuple[Any, np.ndarray]], n: int) -> str:
    """Return "columns 'a', 'b' and 3 more hold ..."."""
    names = ", ".join(
        repr(name) if isinstance(name, str) else str(name) for name, _ in columns[:MOST_NAMED]
    )
    if len(columns) > MOST_NAMED:
        names += f" and {len(columns) - MOST_NAMED} more"
    what = _WAYS[kind].format(rows=_rows(columns, kind, n), type=_type(columns[0][1]))
    return f"column {names} holds {what}" if len(columns) == 1 else f"columns {names} hold {what}"


def _rows(columns: list[tuple[Any, np.ndarray]], kind: str, n: int) -> str:
    """Say in how many rows values are missing, where there is one such column."""
    if len(columns) > 1:
        return ""
    values = columns[0][1]
    count = sum(kind_of_value(value) == kind for value in values)
    return f" in {count} of {n} rows"


def _type(values: np.ndarray) -> str:
    wrong = (v for v in values.ravel() if kind_of_value(v) == "other")
    return type(next(wrong, None)).__name__
