"""Columns of a table as the numbers that a network reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skdeep.data.mixed_table import Column

#: Scaled numbers are bent so that they stay within (-LIMIT, LIMIT).
LIMIT = 3.0


@dataclass(frozen=True)
class TableLayout:
    """What the columns of an encoded table are, from left to right.

    Attributes
    ----------
    n_numeric : int
        Scaled numbers.
    n_one_hot : int
        Scaled indicators of categories, and of missing numbers.
    n_categories : tuple of int
        Columns that hold the number of a category, 0 for one that is missing or unknown: how many
        numbers each has.
    """

    n_numeric: int
    n_one_hot: int
    n_categories: tuple[int, ...]

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.n_numeric + self.n_one_hot + len(self.n_categories)


class TableEncoder:
    """Numbers scaled robustly, few categories as indicators, many as numbers for embeddings.

    Numbers have the median taken off, are divided by the range of their quartiles, and bent into
    (-3, 3); missing ones are the mean, with an indicator of their own where training rows have any.
    A column of two categories is one indicator of -1 and 1, of up to `max_one_hot` one for each,
    and 0 stands for what is missing or was never seen.

    Parameters
    ----------
    max_one_hot : int
        Most categories of a column that get indicators.
    """

    def __init__(self, max_one_hot: int = 8) -> None:
        self.max_one_hot = max_one_hot

    def fit(self, columns: Sequence[Column]) -> TableEncoder:
        """Learn scales and categories of training rows."""
        self.names_ = [column.name for column in columns]
        self.is_category_ = [column.is_category for column in columns]
        self.means_, self.indicated_ = {}, []
        self.categories_: dict[str, dict[Any, int]] = {}
        for column in columns:
            if column.is_category:
                self.categories_[column.name] = _categories(column.values)
            else:
                missing = np.isnan(column.values)
                known = column.values[~missing]
                self.means_[column.name] = float(known.mean()) if len(known) else 0.0
                if missing.any() and len(known):
                    self.indicated_.append(column.name)
        numbers, dense, _ = self._parts(columns)
        self.centers_, self.factors_ = _robust_scale(np.hstack([numbers, dense]))
        counts = [len(self.categories_[name]) + 1 for name in self._embedded]
        self.layout_ = TableLayout(numbers.shape[1], dense.shape[1], tuple(counts))
        return self

    @property
    def _embedded(self) -> list[str]:
        """Names of the columns whose categories get vectors."""
        return [name for name, found in self.categories_.items() if len(found) > self.max_one_hot]

    def transform(self, columns: Sequence[Column], dtype: Any = np.float32) -> np.ndarray:
        """Return encoded rows (n, layout.width)."""
        numbers, dense, codes = self._parts(columns)
        scaled = (np.hstack([numbers, dense]) - self.centers_) * self.factors_
        bent = scaled / np.sqrt(1.0 + (scaled / LIMIT) ** 2)
        return np.hstack([bent, codes]).astype(dtype)

    def _parts(self, columns: Sequence[Column]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return numbers, indicators, and numbers of categories, each (n, ...)."""
        n = len(columns[0].values)
        numbers, dense, codes = [], [], []
        for column in columns:
            if not column.is_category:
                missing = np.isnan(column.values)
                numbers.append(np.where(missing, self.means_[column.name], column.values))
                if column.name in self.indicated_:
                    dense.append(np.where(missing, 1.0, -1.0)[:, None])
                continue
            found = self.categories_[column.name]
            code = np.array([found.get(value, 0) for value in column.values], np.int64)
            if len(found) > self.max_one_hot:
                codes.append(code)
            else:
                dense.append(_indicators(code, len(found)))
        return (
            np.column_stack([np.empty((n, 0)), *numbers]),
            np.hstack([np.empty((n, 0)), *dense]),
            np.column_stack([np.empty((n, 0)), *codes]),
        )


def _categories(values: np.ndarray) -> dict[Any, int]:
    """Return numbers from 1 of the categories, in an order that does not depend on the rows'."""
    found = {value for value in values.tolist() if value is not None}
    ordered = sorted(found, key=lambda value: (type(value).__name__, value))
    return {value: k for k, value in enumerate(ordered, 1)}


def _indicators(code: np.ndarray, count: int) -> np.ndarray:
    """Return a column for each category, or one of -1 and 1 for two; 0 for what is unknown."""
    if count == 2:
        return np.array([0.0, -1.0, 1.0])[code][:, None]
    return (code[:, None] == np.arange(1, count + 1)).astype(float)


def _robust_scale(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the medians, and 1 over the range of quartiles; 2 over that of all where it is 0."""
    if not values.shape[1]:
        return np.empty(0), np.empty(0)
    low, median, high = np.percentile(values, [25, 50, 75], axis=0)
    quartiles, whole = high - low, values.max(axis=0) - values.min(axis=0)
    with np.errstate(divide="ignore", over="ignore"):
        factors = np.where(quartiles > 0, 1.0 / quartiles, np.where(whole > 0, 2.0 / whole, 0.0))
    return median, np.where(np.isfinite(factors), factors, 0.0)
