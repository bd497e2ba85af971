"""The NumPy call behind each operation of a kernel: ``function(*operands, out)``."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from skdeep.backend.dtypes import DType
from skdeep.backend.kernel import COMPARISONS

Array = np.ndarray[Any, DType]
Call = tuple[Callable[..., Any], tuple[Any, ...]]


@cache
def ufunc(op: str, dtype: DType | None) -> Callable[..., Any]:
    """Return the function that evaluates `op`, in `dtype` where NumPy would choose another."""
    if op == "where":
        return _where
    function: Callable[..., Any] = _NAMED_OUT.get(op) or getattr(np, op)
    if dtype is None or op in COMPARISONS:
        return function
    return partial(function, dtype=dtype)


def _maximum(a: Array, b: Array, out: Array, dtype: DType | None = None) -> None:
    np.maximum(a, b, out=out, dtype=dtype)


def _minimum(a: Array, b: Array, out: Array, dtype: DType | None = None) -> None:
    np.minimum(a, b, out=out, dtype=dtype)


#: NumPy wants the outputs of these two by name.
_NAMED_OUT: dict[str, Callable[..., Any]] = {"maximum": _maximum, "minimum": _minimum}


def _where(condition: Array, yes: Array, no: Array, out: Array) -> None:
    """Select without allocating, unless `out` is the memory of an operand."""
    if condition.dtype != bool or np.may_share_memory(out, condition):
        np.copyto(out, np.where(condition, yes, no), "same_kind")
    elif np.may_share_memory(out, yes):
        np.copyto(out, no, "same_kind", where=np.logical_not(condition))
    else:
        np.copyto(out, no, "same_kind")  # a no-op where `out` is `no`
        np.copyto(out, yes, "same_kind", where=condition)
