"""The NumPy call behind each operation of a kernel: ``function(*operands, out)``.

Operands have one dtype, and no call allocates.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from skdeep.backend.dtypes import DType

Array = np.ndarray[Any, DType]
Call = tuple[Callable[..., Any], tuple[Any, ...]]


def ufunc(op: str) -> Callable[..., Any]:
    """Return the function that evaluates `op`."""
    return _OWN.get(op) or getattr(np, op)


def _maximum(a: Array, b: Array, out: Array) -> None:
    np.maximum(a, b, out=out)


def _minimum(a: Array, b: Array, out: Array) -> None:
    np.minimum(a, b, out=out)


def _where(condition: Array, yes: Array, no: Array, out: Array) -> None:
    """Select without allocating, unless `out` is the memory of an operand."""
    if condition.dtype != bool or np.may_share_memory(out, condition):
        np.copyto(out, np.where(condition, yes, no), "same_kind")
    elif np.may_share_memory(out, yes):
        np.copyto(out, no, "same_kind", where=np.logical_not(condition))
    else:
        np.copyto(out, no, "same_kind")  # a no-op where `out` is `no`
        np.copyto(out, yes, "same_kind", where=condition)


#: NumPy wants the output of the first two by name, and has none for the third.
_OWN: dict[str, Callable[..., Any]] = {"maximum": _maximum, "minimum": _minimum, "where": _where}
