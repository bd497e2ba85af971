"""A y of numbers of which some are missing: NaN, None or what a data frame has for them."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils.validation import check_array

from skdeep.data.columns import has_masked
from skdeep.data.place import to_host


def filled(y: Any) -> tuple[Any, np.ndarray | None]:
    """Return y with zeros where numbers are missing, and where they are there.

    Parameters
    ----------
    y : array-like of shape (n,) or (n, K)
        Numbers.

    Returns
    -------
    y : array-like
        The very y where nothing is missing, or where it is no array of numbers, which the checks
        that follow have words for, as for infinity.
    there : ndarray of bool like y, or None
        None where nothing is missing.

    Examples
    --------
    >>> y, there = filled([[1.0, np.nan], [2.0, 3.0]])
    >>> y.tolist(), there.tolist()
    ([[1.0, 0.0], [2.0, 3.0]], [[True, False], [True, True]])
    """
    if y is None or hasattr(y, "tocsr"):
        return y, None
    if has_masked(y):
        y = y.astype(float).filled(np.nan)
    try:
        found = check_array(to_host(y), ensure_2d=False, allow_nd=True, ensure_all_finite=False)
    except (TypeError, ValueError):
        return y, None
    if found.dtype.kind == "O" and all(v is None or isinstance(v, Real) for v in found.flat):
        found = found.astype(float)  # None becomes NaN
    if found.dtype.kind != "f":
        return y, None
    there = ~np.isnan(found)
    return (y, None) if there.all() else (np.where(there, found, 0), there)


def with_gaps(y: np.ndarray, there: np.ndarray | None) -> np.ndarray:
    """Return checked numbers with NaN where they are missing."""
    if there is None:
        return y
    floats = y if y.dtype.kind == "f" else y.astype(float)
    return np.where(there.reshape(y.shape), floats, np.nan).astype(floats.dtype, copy=False)
