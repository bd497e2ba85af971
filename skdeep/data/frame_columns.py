"""One column of a frame of pandas, polars or pyarrow, as numbers, categories or times."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.data.cells import objects
from skdeep.data.table_cells import Column, as_category, column_of

#: Rows from which columns of strings are left to pandas, which is slow to begin and fast to go on.
MANY = 500
#: How NumPy writes that a time is missing.
NAT = np.iinfo(np.int64).min


def of_pandas(name: str, column: Any, table: str, *, exact: bool = False) -> Column:
    """Return a column of pandas; with `exact` no integer is rounded, as one of a category."""
    dtype = column.dtype
    kind, known_as = getattr(dtype, "kind", "O"), type(dtype).__name__
    if isinstance(dtype, np.dtype) and kind in "biufcmM":
        return column_of(name, column.to_numpy(), table)
    if known_as == "CategoricalDtype":
        codes = column.cat.codes.to_numpy().astype(np.int64)
        return Column(name, "category", codes, column.cat.categories.tolist())
    if known_as == "ArrowDtype":
        return of_arrow(name, column.array.__arrow_array__(), table, exact=exact)
    if known_as in ("DatetimeTZDtype", "PeriodDtype"):
        times = column.dt.start_time if known_as == "PeriodDtype" else column.dt.tz_localize(None)
        return column_of(name, times.to_numpy(), table)
    if kind == "f" or (kind in "iu" and not exact):
        return column_of(name, column.to_numpy(dtype=float, na_value=np.nan), table)
    if len(column) >= MANY and known_as == "StringDtype":
        codes, found = column.factorize()
        return Column(name, "category", np.asarray(codes, np.int64), found.tolist())
    return column_of(name, column.to_numpy(dtype=object), table, exact=exact)


def of_polars(name: str, column: Any, table: str, *, exact: bool = False) -> Column:
    """Return a column of polars; with `exact` no integer is rounded."""
    dtype = column.dtype
    wide = str(dtype).endswith("128")  # NumPy has no such integers
    if dtype.is_integer() and not wide and not column.null_count():
        return column_of(name, column.to_numpy(), table)
    if dtype.is_numeric() and not (exact and dtype.is_integer()):
        return column_of(name, column.cast(float).fill_null(np.nan).to_numpy(), table)
    if dtype.is_temporal():
        return column_of(name, _polars_times(column), table)
    return column_of(name, objects(column.to_list()), table, exact=exact)


def _polars_times(column: Any) -> np.ndarray:
    """Return times of polars in their own unit, those of a zone as its clocks show them."""
    import polars

    dtype = column.dtype
    if getattr(dtype, "time_zone", None):
        column = column.dt.replace_time_zone(None)
    days, clock = dtype == polars.Date, dtype == polars.Time
    unit = "D" if days else "ns" if clock else dtype.time_unit
    letter = "M" if days or dtype == polars.Datetime else "m"
    return _times(column.to_physical().cast(int).fill_null(NAT).to_numpy(), letter, unit)


def of_arrow(name: str, column: Any, table: str, *, exact: bool = False) -> Column:
    """Return a column of pyarrow; with `exact` no integer is rounded."""
    from pyarrow import types

    kind = column.type
    if types.is_dictionary(kind):
        return as_category(column_of(name, objects(column.to_pylist()), table, exact=True))
    whole = types.is_integer(kind)
    if types.is_floating(kind) or (whole and not (exact and column.null_count)):
        return column_of(name, _host(column), table)
    if types.is_temporal(kind) and not types.is_interval(kind):
        return column_of(name, _arrow_times(column), table)
    return column_of(name, objects(column.to_pylist()), table, exact=exact)


def _host(column: Any) -> np.ndarray:
    """Return an array of NumPy, with NaN where numbers are missing."""
    of_batch = hasattr(column, "offset")
    return np.asarray(column.to_numpy(zero_copy_only=False) if of_batch else column.to_numpy())


def _arrow_times(column: Any) -> np.ndarray:
    """Return times of pyarrow in their own unit, those of a zone as its clocks show them."""
    import pyarrow
    from pyarrow import compute, types

    kind = column.type
    if getattr(kind, "tz", None) is not None:
        try:
            column = compute.local_timestamp(column)
        except pyarrow.ArrowInvalid:  # zones of which the system knows nothing, and Python does
            return objects([value and value.replace(tzinfo=None) for value in column.to_pylist()])
    if types.is_date32(kind) or types.is_time32(kind):
        column = column.cast(pyarrow.int32())
    unit = "D" if types.is_date32(kind) else "ms" if types.is_date64(kind) else kind.unit
    letter = "M" if types.is_timestamp(kind) or types.is_date(kind) else "m"
    return _times(_host(column.cast(pyarrow.int64()).fill_null(NAT)), letter, unit)


def _times(ticks: np.ndarray, letter: str, unit: str) -> np.ndarray:
    return np.asarray(ticks, np.int64).view(f"{letter}8[{unit}]")
