"""A y of any library and type is learned as what it holds, or refused by its column."""

import uuid
import warnings
from enum import Enum

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone

from skdeep import MLPClassifier, MLPRegressor, RNNClassifier, TabularMLPClassifier
from skdeep.data.scores import r2_in_float64
from skdeep.data.targets import RealTarget

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N = 12
X = np.linspace(-1, 1, N)[:, None] * [1.0, 2.0]
CODES = np.arange(N) % 3
NAMES = np.array(["u", "v", "w"])[CODES]
CLASSIFIERS = [
    MLPClassifier((2,), max_iter=1, random_state=0),
    TabularMLPClassifier(hidden_layer_sizes=(2,), n_members=1, max_iter=1, random_state=0),
]
SEQUENCES = RNNClassifier(2, max_iter=1, random_state=0)

#: What y comes as, and the classes that it has.
TYPES = {
    "nullable integers": (pd.Series(CODES, dtype="Int64"), [0, 1, 2]),
    "large ones": (pd.Series(2**53 + CODES, dtype="Int64"), [2**53, 2**53 + 1, 2**53 + 2]),
    "nullable booleans": (pd.array(CODES > 0, "boolean"), [False, True]),
    "categories of booleans": (pd.Series(CODES > 0, dtype="category"), [False, True]),
    "objects that are integers": (CODES.astype(object), [0, 1, 2]),
    "objects that are booleans": ((CODES > 0).astype(object), [False, True]),
    "strings of NumPy": (NAMES.astype(np.dtypes.StringDType()), ["u", "v", "w"]),
    "categories of polars": (pl.Series(NAMES, dtype=pl.Categorical), ["u", "v", "w"]),
}


@pytest.mark.parametrize("estimator", [*CLASSIFIERS, SEQUENCES], ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("case", TYPES)
def test_classes_are_of_the_type_of_y(estimator, case):
    y, expected = TYPES[case]
    rows = [row[:, None] for row in X] if estimator is SEQUENCES else X
    model = clone(estimator).fit(rows, y)
    assert model.classes_.tolist() == expected
    assert type(model.classes_.tolist()[0]) is type(expected[0])
    predicted = model.predict(rows)
    assert predicted.dtype == model.classes_.dtype
    assert model.score(rows, y) == np.mean(predicted == np.asarray(y))


@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=lambda e: type(e).__name__)
def test_columns_of_a_table_of_classes_may_be_of_different_kinds(estimator):
    for table in (pd.DataFrame, pl.DataFrame):
        y = table({"name": NAMES.tolist(), "code": CODES.tolist()})
        model = clone(estimator).fit(X, y)
        assert [classes.tolist() for classes in model.classes_] == [["u", "v", "w"], [0, 1, 2]]
        right = (model.predict(X) == y.to_numpy()).all(axis=1)
        assert model.score(X, y) == right.mean()


def test_tables_of_pyarrow_are_y():
    arrow = pytest.importorskip("pyarrow")
    for estimator in CLASSIFIERS:
        for y in ({"a": NAMES}, {"a": NAMES, "b": CODES}):
            want = clone(estimator).fit(X, pd.DataFrame(y).squeeze("columns"))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of one column
                model = clone(estimator).fit(X, arrow.table(y))
                assert model.score(X, arrow.table(y)) == want.score(X, pd.DataFrame(y))


class Colour(Enum):
    RED = 1


NO_CLASSES = {
    "enumerations": ([Colour.RED] * N, "got values of type Colour: make strings"),
    "identifiers": ([uuid.UUID(int=k) for k in range(N)], "got values of type UUID: make strings"),
    "intervals": (pd.cut(CODES * 1.0, 3), "got values of type Interval: make strings"),
    "both": (np.where(CODES, NAMES.astype(object), 1), "of one kind, all numbers or all strings"),
    "one number": (3, r"y must be an array of shape \(n_samples,\) or .*, got 3"),
    "the name of a column": ("a", r"y must be an array of shape \(n_samples,\) or .*, got 'a'"),
    "a dictionary": ({"a": CODES}, r"y must be an array of shape"),
    "nothing": (np.array([], object), r"0 sample\(s\)"),
}


@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("case", NO_CLASSES)
def test_what_are_no_classes_is_said(estimator, case):
    y, said = NO_CLASSES[case]
    with pytest.raises(ValueError, match=said):
        clone(estimator).fit(X, y)


@pytest.mark.parametrize("unit", [1e-300, 1e-200, 1.0, 1e200])
def test_numbers_have_their_scale_and_score_in_any_unit(unit):
    y = np.array([1.0, 2.0, 3.0, 6.0])
    target = RealTarget.of(y * unit, np.array([1.0, 1, 1, 0]), standardize=True, levels=(0.5,))
    np.testing.assert_allclose(target.mean, 2 * unit)
    np.testing.assert_allclose(target.scale, np.sqrt(2 / 3) * unit)
    assert r2_in_float64(y * unit, np.full(4, 3.0) * unit) == pytest.approx(0)


def test_a_small_unit_of_y_is_learned_like_another():
    y, network = (
        X[:, 0],
        MLPRegressor(hidden_layer_sizes=(4,), standardize_target=True, max_iter=3, random_state=0),
    )
    small = clone(network).fit(X, y * 1e-200).predict(X)
    np.testing.assert_allclose(small * 1e200, clone(network).fit(X, y).predict(X), rtol=1e-6)
