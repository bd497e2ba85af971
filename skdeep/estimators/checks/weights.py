"""Parameters that a user gives by name: what they may be."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np

from skdeep.data.naming import shown
from skdeep.data.rows import as_host
from skdeep.nn.core.params import Slot
from skdeep.nn.core.spec import Param


def check_weights(
    weights: Any, slots: Mapping[str, Slot], dtype: Any, what: str = "weights"
) -> dict[str, np.ndarray]:
    """Return parameters by name as arrays of a model's dtype.

    Raises
    ------
    ValueError
        Naming the parameter, if it is unknown, has another shape, or is made of anything but
        finite numbers that `dtype` holds.
    """
    if not isinstance(weights, Mapping):
        raise ValueError(
            f"{what} must be a dict of arrays by the names of parameters, got {shown(weights)}"
        )
    checked = {}
    for name, values in weights.items():
        if name not in slots:
            raise ValueError(f"{what}: no parameter {name!r}; there are {sorted(slots)}")
        checked[name] = _numbers(values, f"{what}: {name!r}", np.dtype(dtype))
        shape = public_shape(slots[name].param)
        if checked[name].shape != shape:
            raise ValueError(f"{what}: {name!r} has shape {shape}, got {checked[name].shape}")
    return checked


def _numbers(values: Any, name: str, dtype: np.dtype[Any]) -> np.ndarray:
    try:
        array = np.asarray(as_host(values))
        found = array.astype(np.float64) if _are_real(array) else None
    except (TypeError, ValueError):
        found = None
    if found is None:
        raise ValueError(f"{name} must be an array of real numbers, got {shown(values)}")
    if not np.isfinite(found).all():
        raise ValueError(f"{name} contains NaN or infinity")
    if found.size and np.abs(found).max() > np.finfo(dtype).max:
        raise ValueError(f"{name} contains a value too large for dtype({dtype.name!r})")
    return found.astype(dtype)


def _are_real(array: np.ndarray) -> bool:
    if array.dtype.kind == "O":
        return all(isinstance(value, Real) for value in array.ravel())
    return array.dtype.kind in "biuf"


def public_shape(param: Param) -> tuple[int, ...]:
    """Drop the leading one that rows (biases, scales) carry inside; a matrix keeps its own."""
    matrix = param.kind in ("weight", "embedding")
    row = len(param.shape) == 2 and param.shape[0] == 1 and not matrix
    return param.shape[1:] if row else param.shape
