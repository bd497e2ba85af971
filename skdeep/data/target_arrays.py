"""Classes of y from every library as arrays of the type that they have."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np

from skdeep.backend import is_device_array


def as_target_array(y: Any, *, numeric: bool) -> Any:
    """Return a y that has been checked as NumPy holds it, where its own type says more than floats.

    Parameters
    ----------
    y : array-like of shape (n,) or (n, K)
        Of any library. Nullable integers and booleans, categories of such and objects that are all
        of one kind become what they are, so that predictions have the classes of y.
    numeric : bool
        Whether y are numbers, whose type does not matter.

    Examples
    --------
    >>> as_target_array(np.array([True, False], object), numeric=False)
    array([ True, False])
    """
    if y is None or hasattr(y, "tocsr") or is_device_array(y) or isinstance(y, list | tuple):
        return y
    if hasattr(y, "column_names"):
        return _stacked([np.asarray(column) for column in y.columns])
    if numeric or isinstance(y, np.ma.MaskedArray):
        return y
    try:
        array = np.asarray(y)
    except (TypeError, ValueError):  # which has an error of its own
        return y
    plain = isinstance(getattr(y, "dtype", None), np.dtype)
    if array.dtype.kind == "T":
        return array.astype(object)
    return y if plain and array.dtype.kind != "O" else of_their_type(array)


def of_their_type(values: np.ndarray) -> np.ndarray:
    """Return objects that are all booleans, all integers or all numbers as such."""
    if values.dtype.kind != "O":
        return values
    types = set(map(type, values.ravel().tolist()))
    if all(issubclass(kind, bool | np.bool_) for kind in types):
        return values.astype(bool)
    if any(issubclass(kind, bool | np.bool_) or not issubclass(kind, Real) for kind in types):
        return values
    found = np.array(values.tolist())
    whole = all(issubclass(kind, Integral) for kind in types)
    return found if found.dtype.kind in ("iu" if whole else "f") else values


def _stacked(columns: list[np.ndarray]) -> np.ndarray:
    """Return the columns (n, K); of objects where they are not all numbers."""
    numbers = {column.dtype.kind in "biuf" for column in columns}
    return np.stack(columns if len(numbers) == 1 else [c.astype(object) for c in columns], axis=1)
