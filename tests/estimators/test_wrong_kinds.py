"""Tables and targets that hold no numbers: refused, and the column is named with the way out."""

import datetime
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import clone, is_classifier, is_regressor

import skdeep
from tests.contracts.estimators import BY_CLASS, of_tables

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N = 20
AGE = np.linspace(0, 1, N)
WORK = ["State-gov", "Private"] * (N // 2)
DAYS = np.datetime64("2020-01-01") + np.arange(N) % 4
GAPS = [1.0, None] * (N // 2)
Y = np.arange(N) % 2
SIZES = {"hidden_layer_sizes": (3,), "max_iter": 1}
#: What learns tables, and what takes them for series.
FAMILIES = [*of_tables(any_columns=False), BY_CLASS["RNNForecaster"].make()]
LEARNERS = [one for one in FAMILIES if is_classifier(one) or is_regressor(one)]
LEARNERS = [one for one in LEARNERS if one.__sklearn_tags__().target_tags.required]


def name_of(estimator):
    return type(estimator).__name__


def frames(**column):
    """Return a table with one more column, as data frames and as an array of objects."""
    table = pd.DataFrame({"age": AGE, **column})
    (name,) = column
    return {
        name: [table, pl.DataFrame({"age": AGE, **column})],
        "1": [table.astype(object).to_numpy()],
    }


TABLES = {
    "text": (frames(work=WORK), ["OneHotEncoder", "OrdinalEncoder", "ColumnTransformer"]),
    "dates": (frames(when=DAYS.astype("M8[ms]")), ["dates or times"]),
    "durations": (frames(lasts=(DAYS - DAYS[0]).astype("m8[ms]")), ["dates or times"]),
    "gaps": (frames(gap=GAPS), ["NaN", f"in {N // 2} of {N} rows", "SimpleImputer"]),
}


def target_of(estimator):
    return None if isinstance(estimator, skdeep.RNNForecaster) else Y


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("estimator", FAMILIES, ids=name_of)
def test_columns_that_hold_no_numbers_are_named(estimator, kind):
    forms, says = TABLES[kind]
    if isinstance(estimator, skdeep.RNNForecaster) and kind == "gaps":
        return  # it takes steps that are missing
    for column, tables in forms.items():
        for table in tables:
            by_number = column == "1" and isinstance(estimator, skdeep.RNNForecaster)
            if by_number:  # an array of objects is one series, whose steps have no names
                with pytest.raises((ValueError, TypeError), match=r"X\[0\]|column 1"):
                    clone(estimator).fit(table)
                continue
            named = repr(column) if column != "1" else column
            with pytest.raises(ValueError, match=f"column {named}|feature 1") as caught:
                clone(estimator).fit(table, target_of(estimator))
            expected, is_series = says, isinstance(estimator, skdeep.RNNForecaster)
            if is_series and kind == "text" and isinstance(table, pd.DataFrame):
                expected = ["to_numeric", "to_datetime"]  # columns are no features
            assert [text for text in expected if text not in str(caught.value)] == []


@pytest.mark.parametrize("estimator", FAMILIES, ids=name_of)
def test_columns_are_named_after_the_fit_too(estimator):
    fitted = clone(estimator).fit(pd.DataFrame({"age": AGE, "work": Y * 1.0}), target_of(estimator))
    method = next(m for m in ("predict", "transform") if hasattr(fitted, m))
    with pytest.raises(ValueError, match="column 'work' holds text"):
        getattr(fitted, method)(pd.DataFrame({"age": AGE, "work": WORK}))


def test_all_kinds_of_columns_come_in_one_error():
    many = {f"text {k}": WORK for k in range(7)}
    frame = pd.DataFrame({"age": AGE, **many, "when": DAYS.astype("M8[s]"), "gap": GAPS})
    with pytest.raises(ValueError, match=r"could not convert string|must hold numbers") as caught:
        skdeep.MLPClassifier(**SIZES).fit(frame, Y)
    said = str(caught.value)
    assert "'text 0', 'text 1', 'text 2', 'text 3', 'text 4' and 2 more hold text" in said
    assert "column 'when' holds dates or times" in said
    assert "column 'gap' holds missing values" in said


@pytest.mark.parametrize(
    ("X", "says"),
    [
        (np.column_stack([AGE, np.where(Y, np.inf, 0)]), "column 1 holds infinity"),
        (sparse.csr_array(np.column_stack([AGE, np.where(Y, np.nan, 0)])), "column 1 holds miss"),
        (pd.DataFrame({"age": AGE, "n": pd.array([1, None] * 10, "Int64")}), "column 'n' holds"),
        (np.array([[1.0, np.datetime64("2020")]] * N, object), "column 1 holds dates or times"),
        (np.array([[1.0, np.timedelta64(1, "D")]] * N, object), "column 1 holds dates or times"),
        ([[1.0, np.datetime64("2020")]] * N, "column 1 holds dates or times"),
        (DAYS[:, None], "column 0 holds dates or times"),
        (pd.DataFrame({"a": AGE, "p": pd.period_range("2020", periods=N, freq="D")}), "'p' holds"),
        (pd.DataFrame({0: WORK, 1: AGE}), "column 0 holds text"),
        (pd.DataFrame({"c": pd.Categorical(WORK)}), "column 'c' holds text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_tables_of_other_forms(X, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        skdeep.MLPClassifier(**SIZES).fit(X, Y)


def test_numbers_in_other_clothes_are_learned():
    for X in (
        pd.DataFrame({"a": AGE, "b": pd.Categorical(Y), "c": Y.astype(bool)}),
        np.column_stack([AGE, Y]).astype(object),
        pd.DataFrame({"a": pd.array(Y, "Int64")}),
    ):
        assert skdeep.MLPClassifier(**SIZES).fit(X, Y).n_iter_ == 1


WITH_NAT = DAYS.copy()
WITH_NAT[3] = "NaT"
NOT_LEARNED = {
    "datetime64": DAYS,
    "datetime64 with NaT": WITH_NAT,
    "timedelta64": DAYS - DAYS[0],
    "timedelta64 with NaT": WITH_NAT - DAYS[0],
    "dates": DAYS.astype(object),
    "datetimes": np.array([datetime.datetime(2020, 1, 1)] * N, object),
    "datetime64 in objects": np.array([*DAYS], object),
    "list of datetime64": list(DAYS),
    "series": pd.Series(DAYS),
    "series with a zone": pd.Series(pd.to_datetime(DAYS)).dt.tz_localize("UTC"),
    "periods": pd.Series(pd.period_range("2020", periods=N, freq="D")),
    "series of polars": pl.Series(DAYS.astype("M8[ms]")),
    "structures": np.array([(k % 2,) for k in range(N)], [("a", int)]),
    "complex": Y + 0j,
    "complex objects": (Y + 0j).astype(object),
    "nothing": np.array([None] * N, object),
}
TEXT = {
    "text": np.array(WORK),
    "text in objects": np.array(WORK, object),
    "digits": Y.astype(str),
    "bytes": np.array([b"a", b"b"] * (N // 2)),
    "infinite objects": np.array([1.0, np.inf] * (N // 2), object),
}


@pytest.mark.parametrize("estimator", LEARNERS, ids=name_of)
def test_targets_that_are_no_numbers_and_no_classes_are_refused(estimator):
    X = np.column_stack([AGE, Y])
    refused = NOT_LEARNED if is_classifier(estimator) else {**NOT_LEARNED, **TEXT}
    said = {}
    for name, y in refused.items():
        try:
            clone(estimator).fit(X, y)
        except ValueError as error:
            said[name] = str(error)
    assert said.keys() == refused.keys()
    assert [
        text for text in said.values() if "y must hold" not in text and "Input y" not in text
    ] == []


def test_targets_in_columns_are_refused_by_name():
    X = np.column_stack([AGE, Y])
    for form in (pd.DataFrame, pl.DataFrame):
        y = form({"level": AGE, "when": DAYS.astype("M8[ms]")})
        with pytest.raises(ValueError, match="y, column 'when', must hold real numbers"):
            skdeep.MLPRegressor(**SIZES).fit(X, y)


def test_labels_of_steps_are_no_dates():
    sequences = [np.zeros((4, 1)), np.ones((3, 1))]
    labels = [DAYS[:4], DAYS[:3]]
    with pytest.raises(ValueError, match="y must hold classes for RNNTagger, got dates or times"):
        skdeep.RNNTagger(2, max_iter=1).fit(sequences, labels)


@pytest.mark.parametrize("estimator", LEARNERS, ids=name_of)
def test_masked_cells_are_refused(estimator):
    rows = np.ma.masked_array(np.stack([AGE, AGE], axis=1), Y[:, None] * [1, 0])
    with pytest.raises(ValueError, match="contains masked cells"):
        clone(estimator).fit(rows, target_of(estimator))


@pytest.mark.parametrize("estimator", LEARNERS, ids=name_of)
def test_masked_targets_and_text_with_gaps_are_refused(estimator):
    rows = np.stack([AGE, AGE], axis=1)
    with pytest.raises(ValueError, match="y contains masked values"):
        clone(estimator).fit(rows, np.ma.masked_array(Y, AGE > 0.9))
    if is_classifier(estimator):
        with pytest.raises(ValueError, match="y contains NaN"):
            clone(estimator).fit(rows, ["a", float("nan")] * (N // 2))
