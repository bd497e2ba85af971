"""Checks of the weights of samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.data._compat import check_sample_weight
from skdeep.data.columns import holds_times
from skdeep.data.kinds import as_rows
from skdeep.data.naming import naming
from skdeep.data.rows import as_host


def check_weight(
    weight: Any, X: Any, name: str = "sample_weight", dtype: Any = np.float64
) -> np.ndarray | None:
    """Validate row weights, which are to be added in `dtype`; None stays None."""
    if weight is None:
        return None
    rows = np.empty((X.shape[0], 1))  # of which only the number counts, whatever X is
    try:
        with naming(**{name: weight}):
            weight = as_host(weight)
            if holds_times(np.asarray(weight)):  # whose ticks would be weights
                raise ValueError(f"{name} must be an array of real numbers, got dates or times")
            found: np.ndarray = check_sample_weight(weight, rows, dtype=np.float64)
    except ValueError as error:
        if name == "sample_weight" or str(error).startswith(name):
            raise
        raise ValueError(f"{name}: {error}") from error
    if (found < 0).any():
        row = int(np.argmax(found < 0))
        raise ValueError(f"{name} must be >= 0, got {found[row]:g} for row {row}")
    return weights_in(dtype, found, name)


def weights_in(dtype: Any, weight: np.ndarray, name: str) -> np.ndarray:
    """Return weights >= 0 that `dtype` can add and divide by: what is too small for it is zero."""
    limits, kind = np.finfo(dtype), np.dtype(dtype).name
    with np.errstate(over="ignore"):
        total = weight.sum()
    if total > limits.max:
        raise ValueError(f"{name}: the sum of the weights is too large for {kind}; divide them")
    # One by a weight that is not normal would be infinite.
    small = (weight > 0) & (weight < limits.tiny)
    if not small.any():
        return weight
    if weight.max() < limits.tiny:
        raise ValueError(
            f"{name}: the largest weight, {weight.max():g}, is too small for {kind}; multiply them"
        )
    return np.where(small, 0.0, weight)


def check_product(weight: Any, dtype: Any, name: str) -> None:
    """Refuse weights, those of classes multiplied in, that `dtype` cannot hold."""
    values = as_rows(weight).numbers
    small = (values > 0) & (values < np.finfo(dtype).tiny)
    if small.any():
        kind = np.dtype(dtype).name
        raise ValueError(
            f"{name}: a weight of {values[small][0]:g} is too small for {kind}; multiply them"
        )
    weights_in(dtype, values, name)
