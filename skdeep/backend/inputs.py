"""Validation of data that lies on a device already; nothing but one flag crosses the bus."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import Any

import numpy as np

from skdeep.backend.base import Array
from skdeep.backend.devices import device_of


def validate_device_array(
    X: Array,
    name: str = "X",
    *,
    ndim: int | tuple[int, ...] = 2,
    dtype: Any = None,
    finite: bool = True,
) -> Array:
    """Check a device array as scikit-learn's ``check_array`` checks one on the host.

    Parameters
    ----------
    X : device array
        A CuPy array (or a checked one).
    name : str
        What messages call it.
    ndim : int or tuple of int
        The numbers of axes that are allowed.
    dtype : dtype, optional
        What to cast to. Default: float32 and float64 stay, other real numbers become float64.
    finite : bool
        Whether NaN and infinity are refused.

    Returns
    -------
    device array
        `X` itself where no cast was needed.

    Raises
    ------
    ValueError
        If `X` has other axes, is empty, complex or not numeric, or not finite.
    """
    xp, raw = _unwrap(X)
    _check_shape(raw, name, (ndim,) if isinstance(ndim, int) else ndim)
    if raw.dtype.kind not in "biuf":
        what = "Complex data" if raw.dtype.kind == "c" else f"Data of dtype {raw.dtype}"
        raise ValueError(f"{what} not supported: {name} must hold real numbers")
    if dtype is None:
        dtype = raw.dtype if raw.dtype in (np.float32, np.float64) else np.float64
    with getattr(X, "device", nullcontext()):  # CuPy computes on the current card, not on X's
        cast = raw.astype(dtype, copy=False)
        if finite and not bool(xp.isfinite(cast).all()):
            has_nan = bool(xp.isnan(cast).any())
            kind = "NaN" if has_nan else f"infinity or too large for {cast.dtype}"
            raise ValueError(f"Input {name} contains {kind}.")
    return X if cast is raw else type(X)(cast) if raw is not X else cast


def _check_shape(raw: Any, name: str, allowed: tuple[int, ...]) -> None:
    if raw.ndim not in allowed:
        expected = " or ".join(f"{n}D" for n in allowed)
        raise ValueError(
            f"Expected {expected} array, got {raw.ndim}D array instead: "
            f"{name} has shape {raw.shape}"
        )
    if 0 in raw.shape:
        what = "sample(s)" if raw.shape[0] == 0 else "feature(s)"
        raise ValueError(
            f"Found array with 0 {what} (shape={raw.shape}) while a minimum of 1 is required: "
            f"{name}"
        )


def _unwrap(X: Array) -> tuple[Any, Any]:
    """Return the library that computes on `X`, and what it computes on."""
    device = device_of(X)
    if device == "cpu":
        raise TypeError(f"expected an array on a device, got {type(X).__name__}")
    return (np, X.held) if device == "checked" else (sys.modules["cupy"], X)
