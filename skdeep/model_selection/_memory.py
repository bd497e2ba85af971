"""Rows of the splits, and what transformers made of them, kept while a search runs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import joblib


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
        self._results: OrderedDict[Any, tuple[Any, float]] = OrderedDict()

    def __sklearn_clone__(self) -> SplitMemory:
        return self

    def get(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return the result of `key`: a tuple whose first entry is the biggest."""
        if key not in self._results:
            result = make()
            size = float(getattr(result[0], "nbytes", 0))
            self._results[key] = (result, size)
            self.held += size
            while self.held > self.limit and len(self._results) > 1:
                self.held -= self._results.popitem(last=False)[1][1]
        self._results.move_to_end(key)
        return self._results[key][0]

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
