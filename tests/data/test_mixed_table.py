"""Tables of every library as columns of numbers, categories, dates and durations."""

import datetime as dt
from decimal import Decimal
from enum import Enum

import numpy as np
import pandas as pd
import pytest

from skdeep.data.cells import objects
from skdeep.data.mixed_table import read_table
from skdeep.data.table_cells import as_learned, expanded

polars = pytest.importorskip("polars")
Colour = Enum("Colour", "RED BLUE")


def column(values, categorical="from_dtype"):
    (found,) = read_table(pd.DataFrame({"a": values}), categorical)
    return found


def cells(found):
    """Return the values of a column as Python has them, None where one is missing."""
    if found.kind == "category":
        return [None if k < 0 else found.categories[k] for k in found.values]
    values = found.values.astype("m8[us]") if found.kind == "duration" else found.values
    missing = np.isnat if values.dtype.kind in "mM" else np.isnan
    return [None if missing(v) else v.item() for v in values]


DAY = dt.datetime(2024, 2, 29, 12)
#: What pandas holds, the kind that it is, and its cells.
PANDAS = {
    "float": ([1.5, np.nan], "number", [1.5, None]),
    "int": (np.array([1, 2]), "number", [1, 2]),
    "unsigned": (np.array([1, 2], np.uint8), "number", [1, 2]),
    "half": (np.array([1, np.nan], np.float16), "number", [1, None]),
    "nullable int": (pd.array([1, None], "Int64"), "number", [1, None]),
    "nullable float": (pd.array([1.5, None], "Float32"), "number", [1.5, None]),
    "sparse": (pd.arrays.SparseArray([0.0, 2.0]), "number", [0, 2]),
    "bool": ([True, False], "category", [True, False]),
    "nullable bool": (pd.array([True, None], "boolean"), "category", [True, None]),
    "str": (pd.Series(["a", None]), "category", ["a", None]),
    "string": (pd.array(["a", None], "string"), "category", ["a", None]),
    "objects": (np.array(["a", None], object), "category", ["a", None]),
    "bytes": (np.array([b"a", np.nan], object), "category", [b"a", None]),
    "mixed": (np.array(["a", 1], object), "category", ["a", 1]),
    "enum": (np.array([Colour.RED, Colour.BLUE], object), "category", [Colour.RED, Colour.BLUE]),
    "categories": (pd.Categorical(["a", None], ["b", "a"]), "category", ["a", None]),
    "categories of numbers": (pd.Categorical([3, None]), "category", [3, None]),
    "intervals": (pd.arrays.IntervalArray.from_breaks([0, 1, 2]), "category", None),
    "numbers as objects": (np.array([1, None], object), "number", [1, None]),
    "decimals": (np.array([Decimal("1.5"), None], object), "number", [1.5, None]),
    "pandas' NA": (np.array([1.5, pd.NA], object), "number", [1.5, None]),
    "dates": (pd.to_datetime(["2024-02-29 12:00", None]), "date", [DAY, None]),
    "dates with zones": (
        pd.DatetimeIndex(["2024-02-29 12:00", None]).tz_localize("Asia/Tokyo"),
        "date",
        [DAY, None],
    ),
    "dates as objects": (np.array([DAY.date(), None], object), "date", [DAY.replace(hour=0), None]),
    "with a zone": (np.array([DAY.replace(tzinfo=dt.UTC), pd.NaT], object), "date", [DAY, None]),
    "periods": (pd.period_range("2024-02-29", periods=1), "date", [DAY.replace(hour=0)]),
    "durations": (pd.to_timedelta(["1 day", None]), "duration", [dt.timedelta(1), None]),
    "times": (np.array([dt.time(12), None], object), "duration", [dt.timedelta(hours=12), None]),
    "signalling NaN": (np.array([Decimal("sNaN"), 1], object), "number", [None, 1]),
    "long doubles": (np.array([1, np.nan], np.longdouble), "number", [1, None]),
    "nothing": (np.array([None, np.nan], object), "missing", [None, None]),
}


@pytest.mark.parametrize("case", PANDAS)
def test_columns_of_pandas(case):
    values, kind, expected = PANDAS[case]
    found = column(values)
    assert found.kind == kind
    assert cells(found) == (list(values) if expected is None else expected)


def test_long_columns_of_strings_are_as_short_ones():
    values = ["b", None, "a"] * 400
    assert cells(column(pd.Series(values))) == values
    assert cells(column(pd.array(values, "string"))) == values


def test_columns_of_polars():
    frame = polars.DataFrame(
        {
            "i": [1, None],
            "f": [1.5, float("nan")],
            "s": ["a", None],
            "b": [True, None],
            "c": polars.Series(["u", None], dtype=polars.Categorical),
            "e": polars.Series(["u", None], dtype=polars.Enum(["v", "u"])),
            "d": [DAY, None],
            "z": polars.Series([DAY, None]).dt.replace_time_zone("Asia/Tokyo"),
            "t": [dt.timedelta(1), None],
            "o": [dt.time(12), None],
            "n": polars.Series([None, None]),
            "y": polars.Series([DAY.date(), None]),
            "m": polars.Series([DAY, None], dtype=polars.Datetime("ms")),
        }
    )
    found = read_table(frame)
    kinds = ["number"] * 2 + ["category"] * 4 + ["date"] * 2 + ["duration"] * 2 + ["missing"]
    assert [one.kind for one in found] == [*kinds, "date", "date"]
    first = [1, 1.5, "a", True, "u", "u", DAY, DAY, dt.timedelta(1), dt.timedelta(hours=12), None]
    first += [DAY.replace(hour=0), DAY]
    assert [cells(one) for one in found] == [[value, None] for value in first]


def test_columns_of_pyarrow():
    arrow = pytest.importorskip("pyarrow")
    table = arrow.table(
        {
            "i": arrow.array([1, None]),
            "f": arrow.array([1.5, None], arrow.float32()),
            "s": ["a", None],
            "c": arrow.array(["a", None]).dictionary_encode(),
            "k": arrow.array([3, None]).dictionary_encode(),
            "b": [True, None],
            "d": [DAY, None],
            "t": [dt.timedelta(1), None],
            "m": arrow.array([Decimal("1.5"), None]),
            "z": arrow.array([DAY, None], arrow.timestamp("s", "Asia/Tokyo")),
            "y": arrow.array([DAY.date(), None]),
            "o": arrow.array([dt.time(12), None], arrow.time32("s")),
        }
    )
    for one in (table, table.to_batches()[0]):
        found = read_table(one)
        first = [1, 1.5, "a", "a", 3, True, DAY, dt.timedelta(1), 1.5]
        first += [DAY.replace(hour=21), DAY.replace(hour=0), dt.timedelta(hours=12)]
        assert found[4].kind == "category"
        assert [cells(column) for column in found] == [[value, None] for value in first]


def test_columns_of_pandas_that_are_arrows():
    arrow = pytest.importorskip("pyarrow")
    days = pd.array([DAY.date(), None], dtype=pd.ArrowDtype(arrow.date32()))
    assert cells(column(days)) == [DAY.replace(hour=0), None]
    moments = arrow.array([DAY, None], arrow.timestamp("ns", "Asia/Tokyo"))
    assert cells(column(pd.arrays.ArrowExtensionArray(moments))) == [DAY.replace(hour=21), None]
    views = arrow.array(["a", None], arrow.string_view())
    assert cells(column(pd.arrays.ArrowExtensionArray(views))) == ["a", None]
    names = arrow.chunked_array(arrow.array([3, None]).dictionary_encode())
    found = column(pd.arrays.ArrowExtensionArray(names))
    assert (found.kind, cells(found)) == ("category", [3, None])


@pytest.mark.parametrize(
    "X",
    [
        [[1, "a", True], [None, None, False]],
        ((1, "a", True), (None, None, False)),
        np.array([[1, "a", True], [np.nan, None, False]], object),
    ],
)
def test_rows_that_mix_types(X):
    found = read_table(X)
    assert [one.kind for one in found] == ["number", "category", "category"]
    assert [cells(one) for one in found] == [[1, None], ["a", None], [True, False]]


@pytest.mark.parametrize(
    ("values", "kind"), [([7, 3], "number"), (["a", "b"], "category"), ([True, False], "category")]
)
def test_masked_cells_of_any_dtype_are_missing(values, kind):
    (found,) = read_table(np.ma.masked_array([[v] for v in values], [[True], [False]]))
    assert (found.kind, cells(found)) == (kind, [None, values[1]])


HUGE = 2**53  # beyond which floats leave out integers
INTEGERS = {
    "array": np.array([HUGE, HUGE + 1, HUGE]),
    "nullable": pd.array([HUGE, HUGE + 1, None], "Int64"),
    "objects": np.array([HUGE, HUGE + 1, None], object),
}


@pytest.mark.parametrize("case", INTEGERS)
def test_large_integers_that_are_categories_stay_apart(case):
    values = INTEGERS[case]
    assert cells(column(values, ["a"])) == [None if pd.isna(v) else v for v in values]
    frame = polars.DataFrame({"a": [None if pd.isna(v) else int(v) for v in values]})
    assert cells(read_table(frame, ["a"])[0]) == frame["a"].to_list()


@pytest.mark.skipif(not hasattr(polars, "Int128"), reason="this polars has no such integers")
def test_integers_of_128_bits_are_numbers_or_categories():
    frame = polars.DataFrame({"a": polars.Series([1, 2**100, 2], dtype=polars.Int128)})
    assert cells(read_table(frame)[0]) == [1, 2.0**100, 2]
    assert cells(read_table(frame, ["a"])[0]) == [1, 2**100, 2]


@pytest.mark.parametrize(
    "durations", [pd.to_timedelta([1500], "ns"), polars.Series([1500]).cast(polars.Duration("ns"))]
)
def test_nanoseconds_of_durations_count(durations):
    frame = pd.DataFrame if isinstance(durations, pd.Index) else polars.DataFrame
    (found,) = expanded(read_table(frame({"a": durations})))
    assert found.values == pytest.approx(1.5e-6 / 86_400)


def test_arrays_of_floats_are_not_copied():
    X = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    assert all(np.shares_memory(one.values, X) for one in read_table(X))


def test_what_is_categorical_may_be_said():
    frame = pd.DataFrame({"a": [1.0, np.nan], "b": ["x", "y"], "c": ["1", "2"], "d": [True, False]})
    for chosen in (["a", "b"], [0, 1], [True, True, False, False]):
        found = read_table(frame, chosen)
        assert [one.kind for one in found] == ["category", "category", "number", "number"]
        assert [cells(one) for one in found] == [[1, None], ["x", "y"], [1, 2], [1, 0]]
    assert [one.kind for one in read_table(frame[["a", "c"]], None)] == ["number", "number"]
    assert [one.kind for one in read_table(frame[["a"]], [])] == ["number"]


BAD_CHOICES = {
    "mask": ([True], r"mask must have shape \(2,\)"),
    "index": ([2], r"must be in \[0, n_features - 1\]"),
    "negative": ([-1], r"must be in \[0, n_features - 1\]"),
    "name": (["z"], "'z'"),
    "floats": ([0.5], "categorical_features must be"),
}


@pytest.mark.parametrize("case", BAD_CHOICES)
def test_wrong_choices(case):
    chosen, said = BAD_CHOICES[case]
    with pytest.raises(ValueError, match=said):
        read_table(pd.DataFrame({"a": [1.0], "b": [2.0]}), chosen)


class Picture:
    """What a cell of an image looks like."""

    __array_interface__ = None


BAD_CELLS = {
    "list": [1, [2]],
    "dict": ["a", {}],
    "array": ["a", np.zeros(2)],
    "complex": [1, 2j],
    "object": ["a", object()],
    "picture": [None, Picture()],
}


@pytest.mark.parametrize("case", BAD_CELLS)
def test_cells_that_are_no_single_values_are_named(case):
    values = objects(BAD_CELLS[case])
    name = type(BAD_CELLS[case][1]).__name__
    with pytest.raises(ValueError, match=rf"column 'a' of X holds {name} in row 1"):
        column(values)


BAD_TABLES = {
    "infinity": ({"a": [0.0], "b": [np.inf]}, "column 'b' of X contains infinity in row 0"),
    "minus infinity": ({"a": [0, -np.inf]}, "column 'a' of X contains infinity in row 1"),
    "infinite objects": ({"a": np.array([np.inf, None], object)}, "contains infinity in row 0"),
    "complex": ({"a": [1j]}, "column 'a' of X holds complex"),
    "times": ({"a": np.array([DAY, "b"], object)}, "column 'a' of X mixes category and date"),
    "far dates": ({"a": np.array(["1970", "400000"], "M8[s]")}, "a date in row 1 that is too far"),
    "no rows": ({"a": []}, r"0 sample\(s\)"),
    "no columns": ({}, r"0 feature\(s\)"),
}


@pytest.mark.parametrize("case", BAD_TABLES)
def test_tables_that_are_none(case):
    given, said = BAD_TABLES[case]
    with pytest.raises(ValueError, match=said):
        read_table(pd.DataFrame(given))


def test_what_else_is_no_table():
    with pytest.raises(ValueError, match="several columns called 'a'"):
        read_table(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(ValueError, match="Expected 2D array, got 1D array"):
        read_table(pd.Series([1.0]))
    with pytest.raises(ValueError, match="equally long rows"):
        read_table([[1, 2], [3]])
    with pytest.raises(ValueError, match="Complex data not supported"):
        read_table(np.ones((2, 2), complex))
    with pytest.raises(ValueError, match="column 'x0' of X holds numbers that are too large"):
        read_table(np.array([[10**400]], object))
    with pytest.raises(ValueError, match=r"'b' in row 1, which is no number.*categorical_features"):
        read_table(pd.DataFrame({"a": ["1", "b"]}), None)


def test_dates_become_days_and_parts_of_the_calendar():
    days = pd.DataFrame({"a": pd.to_datetime(["1970-01-01 00:00", "2024-02-29 18:00", None])})
    found = {one.name: one.values for one in expanded(read_table(days))}
    assert list(found) == ["a", "a_month", "a_weekday", "a_hour"]
    expected = [[0, 19782.75], [1, 2], [3, 3], [0, 18]]  # both were Thursdays
    for values, two in zip(found.values(), expected, strict=True):
        np.testing.assert_array_equal(values, [*two, np.nan])


def test_dates_before_what_nanoseconds_hold():
    found = expanded(read_table(pd.DataFrame({"a": np.array([dt.date(1, 1, 1)], object)})))
    assert found[0].values == -719162


def test_parts_of_dates_have_names_of_their_own():
    frame = pd.DataFrame({"a": [DAY], "a_month": ["x"], "b": [dt.timedelta(hours=36)]})
    found = expanded(read_table(frame))
    assert [one.name for one in found] == ["a", "a_month_", "a_weekday", "a_hour", "a_month", "b"]
    assert found[-1].values == 1.5


#: What the fit had, what comes now, and its cells; or what is wrong with it.
LATER = {
    "numbers as objects": ([1.5], np.array([2, None], object), [2, None]),
    "nothing in numbers": ([1.5], np.array([None], object), [None]),
    "nothing in categories": (["a"], [np.nan], [None]),
    "nothing in dates": ([DAY], np.array([None], object), [None]),
    "anything in nothing": (np.array([None], object), ["a"], [None]),
    "truth in numbers": ([1.5], [True], [1]),
    "floats in categories of numbers": (pd.Categorical([1, 2]), [2.0, np.nan], [2, None]),
    "new categories": (["a"], ["z"], ["z"]),
    "truth of NumPy": ([True, False], objects([np.True_]), [True]),
    "text of NumPy": (["a"], objects([np.str_("a")]), ["a"]),
}
WRONG_LATER = {
    "strings in numbers": ([1.5], ["a"], "column 'a' of X held numbers in the fit, and now 'a'"),
    "numbers in strings": (["a"], [1.5], "held categories such as 'a' in the fit, and now 1.5"),
    "numbers in dates": ([DAY], [1.5], "held dates in the fit, and now numbers"),
    "strings in dates": ([DAY], ["2024"], "held dates in the fit, and now '2024'"),
}


def learned(fit, later):
    before = column(fit)
    return as_learned(column(later), before.kind, before.used, "X")


@pytest.mark.parametrize("case", LATER)
def test_columns_are_read_as_in_the_fit(case):
    fit, later, expected = LATER[case]
    assert cells(learned(fit, later)) == expected


@pytest.mark.parametrize("case", WRONG_LATER)
def test_columns_of_another_kind_than_in_the_fit_are_named(case):
    fit, later, said = WRONG_LATER[case]
    with pytest.raises(ValueError, match=said):
        learned(fit, later)
