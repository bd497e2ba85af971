"""Columns of a table by what their cells hold: numbers, categories, dates or durations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from numbers import Complex, Real
from types import NoneType
from typing import Any

import numpy as np

from skdeep.data.naming import shown

#: Types of missing cells, beside NaN.
MISSING = ("NoneType", "NAType", "NaTType")


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes
    ----------
    name : str
        Its name; "x0" and so on where columns have none.
    kind : {"number", "category", "date", "duration", "missing"}
        What its cells are; "missing" where there is nothing but empty objects.
    values : ndarray of shape (n,)
        Floats with NaN; indices into `categories` with -1; or times with NaT.
    categories : sequence of object
        Values that occur, and maybe others.
    """

    name: str
    kind: str
    values: np.ndarray
    categories: Sequence[Any] = ()

    @property
    def is_category(self) -> bool:
        """Whether values are categories."""
        return self.kind == "category"

    @property
    def is_empty(self) -> bool:
        """Whether all cells are missing."""
        if self.kind == "category":
            return bool((self.values < 0).all())
        missing = np.isnat if self.kind in ("date", "duration") else np.isnan
        return bool(missing(self.values).all())

    @property
    def used(self) -> list[Any]:
        """The categories that occur; none of a column of another kind."""
        if self.kind != "category":
            return []
        occurs = np.zeros(len(self.categories) + 1, bool)
        occurs[self.values] = True
        return [self.categories[k] for k in np.flatnonzero(occurs[:-1]).tolist()]

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: Any) -> Column:
        """Return the column of some rows."""
        return replace(self, values=self.values[rows])


def missing_column(name: str, kind: str, n: int) -> Column:
    """Return a column of a kind without a value."""
    if kind == "category":
        return Column(name, kind, np.full(n, -1))
    if kind in ("date", "duration"):
        return Column(name, kind, np.full(n, "NaT", "M8[us]" if kind == "date" else "m8[us]"))
    return Column(name, kind, np.full(n, np.nan))


def column_of(name: str, values: np.ndarray, table: str, *, exact: bool = False) -> Column:
    """Return the column that an array of any dtype holds.

    Integers stay what they are. With `exact` those among objects do, too, as one of categories.

    Raises
    ------
    ValueError
        If cells are no single values, infinite, or times that microseconds do not hold.
    """
    kind = values.dtype.kind
    if kind == "f":
        if values.dtype.itemsize > 8:
            with np.errstate(over="ignore"):
                values = values.astype(float)
        return finite(Column(name, "number", values), table)
    if kind in "iu":
        return Column(name, "number", values)
    if kind == "b":
        return Column(name, "category", values.astype(np.int64), (False, True))
    if kind in "mM":
        return _of_times(name, values, table)
    if kind in "OUST":
        return _of_cells(name, values.tolist(), table, exact=exact)
    if kind == "c":
        raise ValueError(
            f"Complex data not supported: column {name!r} of {table} holds complex numbers"
        )
    raise ValueError(
        f"column {name!r} of {table} holds values of dtype {values.dtype}: cells must be single "
        "real numbers, dates or categories"
    )


def _of_times(name: str, values: np.ndarray, table: str) -> Column:
    """Return dates in microseconds, durations in these or in nanoseconds."""
    letter, unit = values.dtype.kind, np.datetime_data(values.dtype)[0]
    kind = "date" if letter == "M" else "duration"
    if kind == "duration" and unit == "ns":
        return Column(name, kind, values)
    found = values.astype(f"{letter}8[us]")
    if unit in ("Y", "M", "W", "D", "h", "m", "s", "ms"):
        wrapped = (found.astype(values.dtype) != values) & ~np.isnat(values)
        if wrapped.any():  # as NumPy does without a word
            row = int(wrapped.argmax())
            raise ValueError(
                f"column {name!r} of {table} holds a {kind} in row {row} that is too far away, "
                f"{values[row]}"
            )
    return Column(name, kind, found)


def finite(column: Column, table: str) -> Column:
    """Return a column of numbers, or refuse infinite ones."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = column.values.sum()
    if not np.isfinite(total):  # which NaN and large numbers are not, either
        infinite = np.isinf(column.values)
        if infinite.any():
            raise ValueError(
                f"column {column.name!r} of {table} contains infinity in row "
                f"{int(infinite.argmax())}"
            )
    return column


def _of_cells(name: str, cells: list[Any], table: str, *, exact: bool) -> Column:
    """Return a column of Python objects, by their types."""
    kinds = {kind: _kind(kind) for kind in set(map(type, cells))}
    if "other" in kinds.values():
        row, value = next((k, v) for k, v in enumerate(cells) if kinds[type(v)] == "other")
        raise ValueError(
            f"column {name!r} of {table} holds {type(value).__name__} in row {row}, "
            f"{shown(value)}: cells must be single real numbers, dates or categories"
        )
    missing = {kind for kind, found in kinds.items() if found == "missing"}
    floats = any(issubclass(kind, float | np.floating | Decimal) for kind in kinds)
    if missing or floats:
        cells = [None if type(v) in missing or (floats and _is_nan(v)) else v for v in cells]
    known = {kinds[kind] for kind in set(map(type, cells)) - {NoneType}}
    if not known:
        return Column(name, "missing", np.full(len(cells), np.nan))
    if known == {"number"} and not exact:
        return finite(Column(name, "number", _numbers(name, cells, table)), table)
    if known & {"date", "duration"}:
        return _times(name, cells, known, table)
    return _categories(name, cells)


def _is_nan(value: Any) -> bool:
    return value.is_nan() if isinstance(value, Decimal) else bool(value != value)


def _kind(kind: type) -> str:
    """Say what cells of a type are."""
    if kind.__name__ in MISSING:
        return "missing"
    if issubclass(kind, bool | np.bool_ | str | bytes | Enum):
        return "category"
    if hasattr(kind, "__len__") or hasattr(kind, "__iter__"):
        return "other"
    if issubclass(kind, date | np.datetime64) or hasattr(kind, "to_timestamp"):
        return "date"
    if issubclass(kind, timedelta | np.timedelta64 | time):
        return "duration"
    if issubclass(kind, Real | Decimal):
        return "number"
    hashes: Any = kind.__hash__
    compares = hashes is not None and kind.__eq__ is not object.__eq__
    single = compares and not hasattr(kind, "__array_interface__")
    return "category" if single and not issubclass(kind, Complex) else "other"


def _numbers(name: str, cells: list[Any], table: str) -> np.ndarray:
    try:
        return np.array([np.nan if value is None else value for value in cells], float)
    except OverflowError:
        raise ValueError(f"column {name!r} of {table} holds numbers that are too large") from None


def _times(name: str, cells: list[Any], known: set[str], table: str) -> Column:
    """Return a column of dates or durations, as they are on the clock of their place."""
    if len(known) > 1:
        raise ValueError(f"column {name!r} of {table} mixes {' and '.join(sorted(known))} cells")
    (kind,) = known
    unit = "M8[us]" if kind == "date" else "m8[us]"
    return Column(name, kind, np.array([_moment(value) for value in cells], unit))


def _moment(value: Any) -> Any:
    if isinstance(value, time):
        midnight = datetime.combine(date.min, time())
        return datetime.combine(date.min, value.replace(tzinfo=None)) - midnight
    if hasattr(value, "start_time"):  # a period of pandas
        return value.start_time.to_datetime64()
    if getattr(value, "tzinfo", None) is not None:
        value = value.replace(tzinfo=None)
    return value.to_numpy() if hasattr(value, "to_numpy") else value


def _categories(name: str, cells: list[Any]) -> Column:
    found: dict[Any, int] = {None: -1}
    codes = [found.setdefault(value, len(found) - 1) for value in cells]
    return Column(name, "category", np.array(codes, np.int64), [*found][1:])


# ---------------------------------------------------------------------- from kind to kind


def as_category(column: Column) -> Column:
    """Return a column whose values, whatever they are, count as categories."""
    if column.kind == "category":
        return column
    missing = np.isnan if column.kind in ("number", "missing") else np.isnat
    values = column.values
    if column.kind == "duration":  # whose nanoseconds Python does not have
        values = values.astype("m8[us]")
    known = ~missing(values)
    found, inverse = np.unique(values[known], return_inverse=True)
    codes = np.full(len(known), -1)
    codes[known] = inverse
    return Column(column.name, "category", codes, found.tolist())


def as_number(column: Column, table: str) -> Column:
    """Return a column whose values count as numbers.

    Raises
    ------
    ValueError
        If it is of categories some of which are no numbers.
    """
    if column.kind != "category":
        return column
    numbers = np.full(len(column.categories) + 1, np.nan)
    for k in np.unique(column.values[column.values >= 0]).tolist():
        try:
            numbers[k] = float(column.categories[k])
        except (TypeError, ValueError):
            row = int((column.values == k).argmax())
            raise ValueError(
                f"column {column.name!r} of {table} holds {shown(column.categories[k])} in row "
                f"{row}, which is no number: name it in categorical_features"
            ) from None
    return finite(Column(column.name, "number", numbers[column.values]), table)


def as_learned(column: Column, kind: str, categories: Any, table: str) -> Column:
    """Return a column as one of the kind that it had in a fit.

    Raises
    ------
    ValueError
        If it holds something else.
    """
    if kind == "missing" or (column.kind != kind and column.is_empty):
        return missing_column(column.name, "number" if kind == "missing" else kind, len(column))
    if kind == "category":
        column = as_category(column)
    used = column.used
    if column.kind == kind and (kind != "category" or _alike(used, categories)):
        return column
    if kind == "number" and used and {_sort(value) for value in used} == {"number"}:
        return as_number(column, table)
    was = f"{kind}s" if kind != "category" else f"categories such as {shown(categories[0])}"
    now = shown(used[0]) if used else f"{column.kind}s"
    raise ValueError(f"column {column.name!r} of {table} held {was} in the fit, and now {now}")


def _alike(used: Sequence[Any], known: Sequence[Any]) -> bool:
    """Say whether categories may be new ones of a column: one of them is as those known are."""
    types = set(map(_sort, used))
    return not used or not known or any(_sort(value) in types for value in known)


def _sort(value: Any) -> str:
    if isinstance(value, Real | np.bool_):
        return "number"
    return "text" if isinstance(value, str) else type(value).__name__


def holds_numbers_as_text(column: Column) -> bool:
    """Whether most categories are text of numbers with decimals, as no name of a category is."""
    texts = [value for value in column.categories if isinstance(value, str)]
    numbers = [number for number in map(_parsed, texts) if number is not None]
    whole = sum(number == round(number) for number in numbers)
    return len(numbers) > 0.9 * len(column.categories) and len(numbers) > 2 * whole


def _parsed(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


# ---------------------------------------------------------------------- dates as numbers

#: Microseconds of a day.
DAY = 86_400_000_000
#: Parts of a date that become columns of their own, beside the days since 1970.
CALENDAR = ("month", "weekday", "hour")


def expanded(columns: Sequence[Column]) -> list[Column]:
    """Return columns of numbers and categories: a date is several of numbers."""
    taken = {column.name for column in columns}
    result = []
    for column in columns:
        if column.kind not in ("date", "duration"):
            missing = column.kind == "missing"
            result.append(replace(column, kind="number") if missing else column)
            continue
        for suffix, values in _parts(column).items():
            name = f"{column.name}{suffix}"
            while suffix and name in taken:
                name += "_"
            taken.add(name)
            result.append(Column(name, "number", values))
    return result


def _parts(column: Column) -> dict[str, np.ndarray]:
    """Return the days since 1970 and parts of the calendar, or the days that durations have."""
    values, missing = column.values, np.isnat(column.values)
    per_day = DAY * (1000 if np.datetime_data(values.dtype)[0] == "ns" else 1)
    days = values.astype(np.int64) / per_day
    found: dict[str, Any] = {"": days}
    if column.kind == "date":
        month = values.astype("M8[M]").astype(np.int64) % 12 + 1
        weekday = (values.astype("M8[D]").astype(np.int64) + 3) % 7
        hour = (days - np.floor(days)) * 24
        parts = (month, weekday, hour)
        found |= {f"_{part}": v for part, v in zip(CALENDAR, parts, strict=True)}
    return {key: np.where(missing, np.nan, part) for key, part in found.items()}
