"""Sequences and images that stand in the cells of one column."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

import skdeep
from skdeep import NetworkClassifier as Network
from skdeep.model_selection import GridSearchCV
from skdeep.nn import LSTM, Conv, Dense, Embedding, GlobalMaxPool, LastStep

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
N = 12
Y = np.arange(N) % 2
LENGTHS = rng.integers(3, 6, N)
SERIES = [rng.normal(size=n) for n in LENGTHS]
STEPS = [rng.normal(size=(n, 2)) for n in LENGTHS]
TOKENS = [rng.integers(0, 4, n) for n in LENGTHS]
IMAGES = list(rng.random((N, 5, 4)))
SIGNALS = list(rng.random((N, 6, 2)))
TEXTS = ["ab" * n for n in LENGTHS]
LABELS = [x > 1 for x in TOKENS]
SHORT = {"max_iter": 2, "random_state": 0}
CONVOLUTIONAL, EMBEDDING = [Conv(2, 3), GlobalMaxPool()], [Embedding(4, 2), LSTM(3), LastStep()]

#: Estimator, samples, y.
FAMILIES = {
    "RNNClassifier": (skdeep.RNNClassifier(3, **SHORT), STEPS, Y),
    "RNNRegressor": (skdeep.RNNRegressor(3, **SHORT), SERIES, Y.astype(float)),
    "RNNTagger": (skdeep.RNNTagger(3, **SHORT), TOKENS, LABELS),
    "RNNGenerator": (skdeep.RNNGenerator(3, **SHORT), TOKENS, None),
    "RNNForecaster": (skdeep.RNNForecaster(3, **SHORT), SERIES, None),
    "SequenceScaler": (skdeep.SequenceScaler(), STEPS, None),
    "SequenceEncoder": (skdeep.SequenceEncoder(), TEXTS, None),
    "ImageResizer": (skdeep.ImageResizer(3), IMAGES, None),
    "CNNClassifier": (skdeep.CNNClassifier([(2, 3)], **SHORT), IMAGES, Y),
    "CNNRegressor": (skdeep.CNNRegressor([(2, 3)], n_dims=1, **SHORT), SIGNALS, Y.astype(float)),
    "ConvAutoencoder": (skdeep.ConvAutoencoder(3, [(2, 3)], **SHORT), IMAGES, None),
    "Network on arrays": (Network(CONVOLUTIONAL, **SHORT), IMAGES, Y),
    "Network on rows": (Network([Dense(2)], **SHORT), list(rng.random((N, 3))), Y),
    "Network on sequences": (Network([LSTM(3), LastStep()], **SHORT), STEPS, Y),
    "Network on tokens": (Network(EMBEDDING, **SHORT), TOKENS, Y),
}


def objects(items):
    result = np.empty(len(items), object)
    result[:] = items
    return result


def as_lists(items):
    return [x if isinstance(x, str) else x.tolist() for x in items]


COLUMNS = {
    "frame of arrays": lambda items: pd.DataFrame({"x": objects(items)}),
    "frame of lists": lambda items: pd.DataFrame({"x": objects(as_lists(items))}),
    "array (n, 1)": lambda items: objects(items)[:, None],
    "polars frame": lambda items: pl.DataFrame({"x": as_lists(items)}),
    "polars series": lambda items: pl.Series("x", as_lists(items)),
    "polars objects": lambda items: pl.DataFrame({"x": pl.Series(items, dtype=pl.Object)}),
}


def outcome(model, X):
    methods = ("predict_proba", "predict", "score_samples", "transform")
    method = next(name for name in methods if hasattr(model, name))
    return np.concatenate([np.ravel(part) for part in getattr(model, method)(X)])


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("name", FAMILIES)
def test_a_column_is_taken_as_a_series_is(name, column):
    model, items, y = FAMILIES[name]
    X = COLUMNS[column](items)
    expected = clone(model).fit(pd.Series(objects(items)), y)
    found = clone(model).fit(X, y)
    np.testing.assert_array_equal(outcome(found, X), outcome(expected, items))
    np.testing.assert_array_equal(outcome(expected, X), outcome(expected, items))


@pytest.mark.parametrize("name", ["RNNClassifier", "CNNClassifier"])
def test_arrays_of_one_shape_in_polars(name):
    model, items, y = FAMILIES[name]
    items = list(rng.random((N, 5, 4)))
    X = pl.Series("x", as_lists(items), dtype=pl.Array(pl.Float64, (5, 4)))
    expected = outcome(clone(model).fit(items, y), items)
    for given in (X, pl.DataFrame({"x": X})):
        np.testing.assert_array_equal(outcome(clone(model).fit(given, y), given), expected)


@pytest.mark.parametrize("name", [n for n in FAMILIES if n[:4] in ("RNNC", "RNNT", "CNNC", "Netw")])
def test_validation_rows_and_labels_in_a_column(name):
    model, items, y = FAMILIES[name]
    X = pd.DataFrame({"x": objects(items)})
    y_column = pd.DataFrame({"y": objects(y)}) if name == "RNNTagger" else y
    found = clone(model).fit(X, y_column, X_val=X, y_val=y_column)
    expected = clone(model).fit(items, y, X_val=items, y_val=y)
    assert found.validation_scores_ == expected.validation_scores_


@pytest.mark.parametrize("name", ["RNNClassifier", "CNNClassifier", "Network on sequences"])
def test_searches_cut_a_column(name):
    model, items, y = FAMILIES[name]
    X = pd.DataFrame({"x": objects(items)})
    grid = {"learning_rate_init": [0.001, 0.01]}
    searches = [GridSearchCV(model, grid, cv=2).fit(given, y) for given in (X, items)]
    np.testing.assert_array_equal(*(s.cv_results_["mean_test_score"] for s in searches))
    scores = [cross_val_score(model, given, y, cv=2) for given in (X, items)]
    np.testing.assert_array_equal(*scores)


@pytest.mark.parametrize(
    ("name", "cell", "message"),
    [
        ("RNNClassifier", None, r"X\[3\] must be an array"),
        ("RNNClassifier", np.nan, r"X\[3\] must be an array"),
        ("RNNClassifier", "text", r"X\[3\] is a string"),
        ("RNNClassifier", [], r"X\[3\] has length zero"),
        ("RNNClassifier", np.zeros((3, 1)), r"X\[3\] has 1 features, but X\[0\] has 2"),
        ("CNNClassifier", None, r"X\[3\] has shape \(\), but X\[0\] has \(5, 4\)"),
        ("CNNClassifier", np.zeros((2, 4)), r"X\[3\] has shape \(2, 4\)"),
        ("CNNClassifier", [[1.0], [1.0, 2.0]], r"X\[3\] is ragged"),
        ("RNNClassifier", sparse.eye_array(2), r"X\[3\] is sparse"),
    ],
)
def test_bad_cells_are_named(name, cell, message):
    model, items, y = FAMILIES[name]
    with pytest.raises((ValueError, TypeError), match=message):
        clone(model).fit(pd.DataFrame({"x": objects([*items[:3], cell, *items[4:]])}), y)


@pytest.mark.parametrize("name", FAMILIES)
def test_sparse_matrices_in_a_list_are_refused(name):
    model, _, y = FAMILIES[name]
    with pytest.raises((ValueError, TypeError)):
        clone(model).fit([sparse.eye_array(3).tocsr()] * N, y)
