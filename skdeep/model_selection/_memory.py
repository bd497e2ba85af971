"""Rows of the splits, and what transformers made of them, kept while a search runs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from copy import deepcopy
from numbers import Number
from sys import getsizeof
from typing import Any

import joblib
import numpy as np


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


def memory_of(rows: Any) -> float:
    """Return about how many bytes rows of any kind take."""
    if isinstance(rows, list) or (isinstance(rows, np.ndarray) and rows.dtype == object):
        items = rows if isinstance(rows, list) else rows.ravel()
        if len(items) and isinstance(items[0], (Number, str)):
            return getsizeof(rows) + float(len(items) * getsizeof(items[0]))
        return getsizeof(rows) + sum(map(memory_of, items))
    if hasattr(rows, "memory_usage"):
        return float(np.sum(rows.memory_usage(deep=True)))
    if hasattr(rows, "estimated_size"):
        return float(rows.estimated_size())
    if hasattr(rows, "nbytes"):
        return float(rows.nbytes)
    # Sparse rows, sequences, fitted transformers: the arrays that they hold.
    held = getattr(rows, "__dict__", {}).values()
    return float(sum(value.nbytes for value in held if isinstance(value, np.ndarray)))
