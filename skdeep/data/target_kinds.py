"""Checks of the kind of y: numbers or classes."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

import numpy as np

from skdeep.backend import is_device_array
from skdeep.data.columns import has_masked, kind_of_value
from skdeep.data.naming import shown


def check_target_kind(y: Any, who: str, *, numeric: bool, name: str = "y") -> None:
    """Refuse dates, times, structures and complex numbers, and text where `numeric`.

    Most of these would become numbers in silence. What else can be wrong with y is for others to
    say. Frames are looked at column by column.
    """
    if y is None or hasattr(y, "tocsr") or is_device_array(y):
        return
    if isinstance(y, str | Mapping | Set) or np.isscalar(y):
        raise ValueError(
            f"{name} must be an array of shape (n_samples,) or (n_samples, n_outputs) for {who}, "
            f"got {shown(y)}"
        )
    if hasattr(y, "columns") and hasattr(y, "__getitem__"):
        _check_columns(y, who, numeric=numeric, name=name)
        return
    try:
        array = np.asarray(y)
        if array.dtype.kind in "US" and isinstance(y, list | tuple):
            array = _with_missing(y, array)
    except (TypeError, ValueError):  # ragged, which has an error of its own
        return
    if has_masked(y):
        raise ValueError(f"Input {name} contains masked values, which are missing ones")
    wanted = f"{name} must hold {'real numbers' if numeric else 'classes'} for {who}"
    found = _found(array, numeric=numeric)
    if found in ("missing", "infinite"):
        what = "NaN, or another missing value" if found == "missing" else "infinity"
        raise ValueError(f"Input {name} contains {what}")
    if found == "complex":
        raise ValueError(f"Complex data not supported: {wanted}")
    if found == "both":
        raise ValueError(
            f"{name} must hold classes of one kind, all numbers or all strings, got both"
        )
    if found is not None:
        raise ValueError(f"{wanted}, got {found}")


def _check_columns(y: Any, who: str, *, numeric: bool, name: str) -> None:
    arrow = hasattr(y, "column_names")
    get = y.iloc if hasattr(y, "iloc") else y
    for k, column in enumerate(y.column_names if arrow else y.columns):
        # Types of a column that are not NumPy's become such ones.
        cells = np.asarray(y.column(k) if arrow else get[:, k])
        label = f"{name}, column {column!r}," if isinstance(column, str) else f"{name}, column {k},"
        check_target_kind(cells, who, numeric=numeric, name=label)


def _found(array: np.ndarray, *, numeric: bool) -> str | None:
    """Say what is wrong with values; None if nothing is."""
    if array.dtype.kind == "T":
        array = array.astype(object)
    kind = array.dtype.kind
    if kind in "mM":
        return _times(array.dtype, numeric)
    if kind == "V":
        return f"structures of dtype {array.dtype}"
    if kind == "c":
        return "complex"
    if kind in "US":
        return f"text, such as {str(array.flat[0])!r}" if numeric and array.size else None
    return _found_in_objects(array, numeric=numeric) if kind == "O" else None


def _found_in_objects(array: np.ndarray, *, numeric: bool) -> str | None:
    for value in array.flat:
        if isinstance(value, str) and not numeric:
            continue
        found = kind_of_value(value)
        if found == "times":
            return _times(type(value).__name__, numeric)
        if isinstance(value, complex):
            return "complex"
        if found == "missing" or (numeric and found == "infinite"):
            return found
        name = type(value).__name__
        if numeric and found in ("text", "other"):
            which = f", such as {value!r}" if found == "text" else f" of type {name}"
            return f"{'text' if found == 'text' else 'values'}{which}"
        if not numeric and found == "other" and not hasattr(value, "__len__"):
            return f"values of type {name}: make strings of them, which y.astype(str) does"
    return _mixed(array) if array.size and not numeric else None


def _mixed(array: np.ndarray) -> str | None:
    """Say that a column of classes holds strings and numbers, which have no order."""
    for column in array.reshape(len(array), -1).T:
        text = {isinstance(value, str) for value in column}
        if len(text) > 1:
            return "both"
    return None


def _with_missing(y: Any, array: np.ndarray) -> np.ndarray:
    """Return a list of text as it is where it holds numbers that are missing, which "nan" hides."""
    cells = np.array(y, object)
    missing = [isinstance(value, float) and value != value for value in cells.flat]
    return cells if any(missing) else array


def _times(dtype: Any, numeric: bool) -> str:
    way = "such as days since a date" if numeric else "or strings, which y.astype(str) does"
    return f"dates or times ({dtype}): make numbers of them, {way}"
