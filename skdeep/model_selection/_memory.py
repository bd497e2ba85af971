"""Rows of the splits, and what transformers made of them, kept while a search runs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from copy import deepcopy
from numbers import Number
from sys import getsizeof
from types import FunctionType, ModuleType
from typing import Any

import joblib
import numpy as np

OBJECT = np.dtype(object)


class SplitMemory:
    """Results by key up to a number of bytes; also a pipeline's ``memory``.

    As such it lives as long as the search. Rows are told apart by which object they are,
    transformers and their ``fit`` parameters by content: each distinct preprocessing is fitted once
    per split, whatever the final estimators are, and candidates get the very same transformed rows.
    Transformers, which may work in place, get copies.

    Parameters
    ----------
    limit : float
        Bytes to keep; the results used least recently are dropped for newer ones.
    """

    def __init__(self, limit: float) -> None:
        self.limit, self.held = limit, 0.0
        self._results: OrderedDict[Any, tuple[Any, ...]] = OrderedDict()
        #: By identity the bytes of what results hold, and how many of them do.
        self._sizes: dict[int, tuple[float, int]] = {}

    def __sklearn_clone__(self) -> SplitMemory:
        return self

    def get(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return the result of `key`, a tuple; what several results share counts once."""
        if key not in self._results:
            result = make()
            self._results[key] = result
            self._count(result, 1)
            while self.held > self.limit and len(self._results) > 1:
                self._count(self._results.popitem(last=False)[1], -1)
        self._results.move_to_end(key)
        return self._results[key]

    def _count(self, result: tuple[Any, ...], change: int) -> None:
        """Count what one result more, or fewer, holds."""
        for part in _parts(result):
            known = self._sizes.pop(id(part)) if id(part) in self._sizes else (memory_of(part), 0)
            size, holders = known
            if holders + change:
                self._sizes[id(part)] = (size, holders + change)
            self.held += (bool(holders + change) - bool(holders)) * size

    def cache(self, function: Callable[..., Any], ignore: Any = None) -> Callable[..., Any]:
        """Return the function with memory, as ``joblib.Memory.cache`` does."""

        def remembered(transformer: Any, X: Any, y: Any, **options: Any) -> Any:
            try:
                content = joblib.hash([transformer, options.get("params")])
            except Exception:  # what cannot be pickled cannot be compared: fit it anew
                return function(transformer, deepcopy(X), y, **options)

            def make() -> tuple[Any, Any, Any]:
                # With the rows themselves, whose identity must not be used again.
                return (*function(transformer, deepcopy(X), y, **options), (X, y))

            rows, fitted, _ = self.get((id(X), id(y), content), make)
            return rows, fitted

        return remembered


def _parts(result: Any) -> Iterator[Any]:
    """Return what a result is made of."""
    if isinstance(result, (tuple, dict)):
        for part in result.values() if isinstance(result, dict) else result:
            yield from _parts(part)
    else:
        yield result


def memory_of(rows: Any, seen: set[int] | None = None) -> float:
    """Return about how many bytes rows of any kind take, or whatever holds some.

    What is held in several places counts once: it is told by its identity, in `seen`.
    """
    seen = set() if seen is None else seen
    if id(rows) in seen or isinstance(rows, (type, ModuleType, FunctionType)):
        return 0.0
    seen.add(id(rows))
    if isinstance(rows, (tuple, dict)):
        parts = rows.values() if isinstance(rows, dict) else rows
        return float(sum(memory_of(part, seen) for part in parts))
    if isinstance(rows, list) or (isinstance(rows, np.ndarray) and rows.dtype == object):
        return getsizeof(rows) + _memory_of_items(rows, seen)
    if callable(getattr(type(rows), "memory_usage", None)):
        return _memory_of_frame(rows, seen)
    if callable(getattr(type(rows), "estimated_size", None)):
        return float(rows.estimated_size())
    if hasattr(rows, "nbytes"):
        return float(rows.nbytes)
    # Sparse rows, sequences, fitted transformers: what they hold.
    held = getattr(rows, "__dict__", {}).values()
    return float(sum(memory_of(value, seen) for value in held))


def size_of(*held: Any) -> int:
    """Return the bytes of what an object holds, for its ``__sizeof__``, which must not fail."""
    try:
        return int(memory_of(held))
    except Exception:  # an object of somebody else's
        return 0


def _memory_of_items(rows: Any, seen: set[int]) -> float:
    items = rows if isinstance(rows, list) else rows.ravel()
    if len(items) and isinstance(items[0], Number):
        return float(len(items) * getsizeof(items[0]))
    if len(items) and isinstance(items[0], str):
        return float(sum(map(getsizeof, items)))
    return float(sum(memory_of(item, seen) for item in items))


def _memory_of_frame(rows: Any, seen: set[int]) -> float:
    """Return the bytes of a frame, a series or an index; cells may hold views of arrays."""
    total = float(np.sum(rows.memory_usage(deep=True)))
    if not hasattr(rows, "iloc"):
        return total
    columns = [rows] if rows.ndim == 1 else [rows.iloc[:, k] for k in _object_columns(rows)]
    for column in columns:
        if column.dtype == OBJECT:
            cells = memory_of(column.to_numpy(), seen)
            total += max(0.0, cells - float(column.memory_usage(index=False, deep=True)))
    return total


def _object_columns(rows: Any) -> list[int]:
    return [k for k, dtype in enumerate(rows.dtypes) if dtype == OBJECT]
