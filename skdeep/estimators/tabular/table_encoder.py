"""Columns of a table as the numbers that a network reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

import numpy as np

from skdeep.data.table_cells import Column
from skdeep.estimators.number_layers import MOST_BINS, N_BINS, few_values
from skdeep.estimators.tabular.column_scales import filled, has_heavy_tails, ranks, robust_scale
from skdeep.nn.tabular.quantiles import quantiles

#: Scaled numbers are bent so that they stay within (-LIMIT, LIMIT).
LIMIT = 3.0
#: Scaled numbers beyond this are as good as infinite; their squares are finite.
FAR = 1e12
#: Rows that are encoded at a time, so that no float64 copy of the whole table is made.
CHUNK = 16_384


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
    n_bins : int
        Bins of numbers that columns with few values need, an edge for each value; 0 where the
        usual ones are enough.
    """

    n_numeric: int
    n_one_hot: int
    n_categories: tuple[int, ...]
    n_bins: int = field(default=0, repr=False)

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.n_numeric + self.n_one_hot + len(self.n_categories)


class TableEncoder:
    """Numbers scaled robustly, few categories as indicators, many as numbers for embeddings.

    Numbers have the median taken off, are divided by the range of their quartiles, and bent into
    (-3, 3). Where many lie so far out that bending would make them equal, they are ranked instead.
    Missing ones are the mean, or the median of what is ranked, with an indicator of their own where
    training rows have any.
    A column of two categories is one indicator of -1 and 1, of up to `max_one_hot` one for each,
    and 0 stands for what is missing or was never seen.

    Parameters
    ----------
    max_one_hot : int
        Most categories of a column that get indicators.

    Attributes
    ----------
    names_ : list of str
        The columns that it reads; a date is several.
    means_ : dict of str to float
        By column of numbers, the mean that stands for missing ones.
    indicated_ : list of str
        Columns of numbers with an indicator of missing ones.
    ranks_ : dict of str to ndarray of shape (2, n_knots)
        By column of numbers that are ranked, a quarter of some of them and the normal scores that
        these become; what lies between is interpolated.
    categories_ : dict of str to list
        By column of categories, those of the training rows.
    centers_, factors_ : ndarray
        What is taken off each number or indicator, and what the rest is multiplied by.
    layout_ : TableLayout
        What the encoded columns are.
    """

    def __init__(self, max_one_hot: int = 8) -> None:
        self.max_one_hot = max_one_hot

    def fit(
        self,
        columns: Sequence[Column],
        rows: np.ndarray | None = None,
        weight: np.ndarray | None = None,
    ) -> TableEncoder:
        """Learn scales and categories of rows, all by default; those without weight are absent."""
        whole = np.arange(len(columns[0])) if rows is None else rows
        if weight is not None:
            whole = whole[weight[whole] > 0]
            weight = weight[whole]
        self.names_ = [column.name for column in columns]
        self.means_: dict[str, float] = {}
        self.indicated_: list[str] = []
        self.ranks_: dict[str, np.ndarray] = {}
        self.categories_: dict[str, list[Any]] = {}
        scales, missing, indicators, n_values = [], [], [], 0
        for column in columns:
            values = column.values[whole]
            if column.is_category:
                found = self.categories_[column.name] = _ordered(column.take(whole).used)
                if len(found) <= self.max_one_hot:
                    codes = _codes(column, _numbered(found))[whole]
                    indicators += [
                        robust_scale(c, weight) for c in _indicators(codes, len(found)).T
                    ]
                continue
            values = np.asarray(values, float)
            numbers, mean, has_missing = filled(values, weight)
            scale = robust_scale(numbers, weight)
            there = ~np.isnan(values)  # a mean may lie far out
            known, of_known = values[there], None if weight is None else weight[there]
            if has_heavy_tails(known, robust_scale(known, of_known), of_known):
                self.ranks_[column.name], scale = ranks(known, of_known), (0.0, 1.0)
                mean = float(quantiles(known, 0.5, of_known))
            n_values = max(n_values, few_values(known) + has_missing)
            self.means_[column.name] = mean
            scales.append(scale)
            if has_missing and len(numbers):
                self.indicated_.append(column.name)
                missing.append(robust_scale(np.where(np.isnan(values), 1.0, -1.0), weight))
        both = np.array([*scales, *missing, *indicators], float).reshape(-1, 2)
        self.centers_, self.factors_ = both.T.copy()
        counts = [len(found) + 1 for found in self.categories_.values()]
        embedded = tuple(count for count in counts if count - 1 > self.max_one_hot)
        n_one_hot, n_bins = len(missing) + len(indicators), _bins_for(n_values, len(scales))
        self.layout_ = TableLayout(len(scales), n_one_hot, embedded, n_bins)
        self._prepare()
        return self

    def _prepare(self) -> None:
        """Keep what follows from what was learned, in the form that encoding needs."""
        self._numbered = {name: _numbered(found) for name, found in self.categories_.items()}
        self._means = np.array(list(self.means_.values()))
        self._indicated = np.flatnonzero([name in self.indicated_ for name in self.means_])
        places = {name: k for k, name in enumerate(self.means_)}
        self._ranks = [(places[name], *found) for name, found in self.ranks_.items()]

    def state(self) -> dict[str, Any]:
        """Return what was learned as dicts, lists, numbers, strings and arrays."""
        kept = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        return {**kept, "layout_": dict(vars(self.layout_))}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> TableEncoder:
        """Return an encoder from what :meth:`state` returned."""
        encoder = cls()
        if any(name.startswith("_") or hasattr(cls, name) for name in state):
            raise ValueError(f"an encoder has none of {sorted(state)}")
        vars(encoder).update(state)
        encoder.layout_ = TableLayout(**state["layout_"])
        width = encoder.layout_.n_numeric + encoder.layout_.n_one_hot
        if not len(encoder.names_) == len(encoder.means_) + len(encoder.categories_):
            raise ValueError("an encoder's columns do not fit together")
        for scales in (encoder.centers_, encoder.factors_):
            if scales.shape != (width,) or not np.isfinite(scales).all():
                raise ValueError("an encoder's scales are no numbers of its columns")
        for found in encoder.ranks_.values():
            if found.ndim != 2 or len(found) != 2 or not np.isfinite(found).all():
                raise ValueError("an encoder's ranks are no numbers")
        encoder._prepare()
        return encoder

    def transform(
        self, columns: Sequence[Column], dtype: Any = np.float32, rows: np.ndarray | None = None
    ) -> np.ndarray:
        """Return encoded rows (n, layout.width), all by default."""
        n = len(columns[0]) if rows is None else len(rows)
        result = np.empty((n, self.layout_.width), dtype)
        codes = {
            column.name: _codes(column, self._numbered[column.name])
            for column in columns
            if column.is_category
        }
        for start in range(0, n, CHUNK):
            part = slice(start, start + CHUNK)
            self._encode(columns, codes, part if rows is None else rows[part], result[part])
        return result

    def _encode(
        self, columns: Sequence[Column], codes: dict[str, np.ndarray], rows: Any, out: np.ndarray
    ) -> None:
        """Write encoded rows."""
        layout, dense, places = self.layout_, [], []
        numbers = [column.values[rows] for column in columns if not column.is_category]
        matrix = np.array(numbers, float).reshape(len(numbers), len(out)).T
        missing = np.isnan(matrix)
        if len(self._indicated):
            dense.append(np.where(missing[:, self._indicated], 1.0, -1.0))
        if missing.any():
            matrix = np.where(missing, self._means, matrix)
        for k, numbers_at, scores in self._ranks:
            matrix[:, k] = np.interp(matrix[:, k] * 0.25, numbers_at, scores)
        for name, found in self.categories_.items():
            code = codes[name][rows]
            if len(found) > self.max_one_hot:
                places.append(code)
            else:
                dense.append(_indicators(code, len(found)))
        width = layout.n_numeric + layout.n_one_hot
        with np.errstate(over="ignore"):  # halves, whose difference no dtype is too small for
            scaled = np.hstack([matrix, *dense]) * 0.5 - self.centers_ * 0.5
            scaled *= self.factors_ * 2
        np.clip(scaled, -FAR, FAR, out=scaled)
        out[:, :width] = scaled / np.sqrt(1.0 + (scaled / LIMIT) ** 2)
        for k, code in enumerate(places):
            out[:, width + k] = code


def _bins_for(n_values: int, n_columns: int) -> int:
    """Return the bins between so many values, in sixteens, so that folds have as many."""
    needed = -(-max(n_values - 1, 0) // N_BINS) * N_BINS
    return needed if N_BINS < needed <= MOST_BINS // n_columns else 0


def _ordered(found: Sequence[Any]) -> list[Any]:
    """Return categories in an order that depends on nothing but them."""
    return sorted(found, key=_place)


def _place(value: Any) -> tuple[Any, ...]:
    if isinstance(value, Real | np.bool_):
        return 0, float(value), ""
    if isinstance(value, str | bytes):
        return (1, 0.0, value) if isinstance(value, str) else (2, 0.0, value.hex())
    return 3, 0.0, f"{type(value).__name__} {value!r}"


def _numbered(categories: Sequence[Any]) -> dict[Any, int]:
    """Return the number of each category, from 1."""
    return {value: k for k, value in enumerate(categories, 1)}


def _codes(column: Column, numbers: dict[Any, int]) -> np.ndarray:
    """Return the number of each row's category, 0 for one that is missing or unknown."""
    codes, categories = column.values, column.categories
    if len(codes) < len(categories):  # a few rows of a column of many categories
        present, codes = np.unique(codes, return_inverse=True)
        return np.array(
            [numbers.get(categories[k], 0) if k >= 0 else 0 for k in present], np.int64
        )[codes]
    return np.array([*(numbers.get(value, 0) for value in categories), 0], np.int64)[codes]


def _indicators(code: np.ndarray, count: int) -> np.ndarray:
    """Return a column for each category, or one of -1 and 1 for two; 0 for what is unknown."""
    if count == 2:
        return np.array([0.0, -1.0, 1.0])[code][:, None]
    return (code[:, None] == np.arange(1, max(count, 1) + 1)).astype(float)
