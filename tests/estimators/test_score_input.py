"""What ``score`` is given is compared with what was predicted, not broadcast to it."""

import re

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone, is_classifier

import skdeep
from tests.contracts.estimators import of_tables

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N = 24
X = np.random.default_rng(0).random((N, 4))
LABELS = np.stack([np.arange(N) % 2, np.arange(N) // 2 % 2], axis=1)
CLASSES = np.stack([np.arange(N) % 3, np.arange(N) // 3 % 2], axis=1)
TABLES = [one for one in of_tables() if one.__sklearn_tags__().target_tags.required]
MLP = next(one for one in TABLES if isinstance(one, skdeep.MLPClassifier))
NUMBERS = [one for one in TABLES if not is_classifier(one)]
ONE = [one for one in TABLES if not one.__sklearn_tags__().target_tags.multi_output]
SEVERAL = [one for one in TABLES if is_classifier(one) and one not in ONE]
FITS = [
    *((estimator, y) for estimator in SEVERAL for y in (LABELS, CLASSES)),
    *((estimator, y.astype(float)) for estimator in NUMBERS for y in (LABELS, CLASSES[:, 0])),
    *((estimator, CLASSES[:, 0]) for estimator in (*ONE, MLP)),
]


def name_of(value):
    return type(value).__name__ if hasattr(value, "fit") else "x".join(map(str, value.shape))


@pytest.mark.parametrize(("estimator", "y"), FITS, ids=name_of)
def test_another_y_than_the_predictions_is_refused(estimator, y):
    model = clone(estimator).fit(X, y)
    score = model.score(X, y)
    assert model.score(X, y, np.full(N, 2.0)) == pytest.approx(score)
    with_nan = y.astype(float)
    with_nan.flat[3] = np.nan
    wrong = {
        "needs y, got None": None,
        "contains NaN": with_nan,
        "shape of the predictions .*, got 1": 1,
        r"shape of the predictions .*, got \(24, ": y[:, :1] if y.ndim == 2 else LABELS,
        "inconsistent numbers": y[:1],
        "dates or times": y.astype("M8[D]"),
        "got rows of different lengths": [[0], [0, 1]] * (N // 2),
    }
    for says, value in wrong.items():
        with pytest.raises(ValueError, match=says):
            model.score(X, value)


@pytest.mark.parametrize(("estimator", "y"), FITS, ids=name_of)
@pytest.mark.parametrize(
    ("weight", "says"),
    [
        (np.full(N, np.nan), "contains NaN"),
        (np.r_[-1.0, np.ones(N - 1)], "must be >= 0"),
        (np.zeros(N), "non-zero"),
        (np.ones(N - 1), "sample_weight.shape"),
    ],
    ids=["nan", "negative", "zero", "short"],
)
def test_weights_of_scores_are_those_of_fits(estimator, y, weight, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        clone(estimator).fit(X, y).score(X, y, weight)


@pytest.mark.parametrize("estimator", SEVERAL, ids=name_of)
def test_classes_of_another_kind_are_refused_and_unseen_ones_are_wrong(estimator):
    model = clone(estimator).fit(X, CLASSES)
    with pytest.raises((ValueError, TypeError), match=r"label|type"):
        model.score(X, CLASSES.astype(str))
    with pytest.raises(ValueError, match="continuous"):
        model.score(X, CLASSES + 0.5)
    assert model.score(X, CLASSES + 10) == 0


def test_one_column_may_be_a_table_of_one():
    for estimator in (ONE[0], MLP, NUMBERS[0]):
        y = CLASSES[:, 0]
        model = clone(estimator).fit(X, y)
        assert model.score(X, y[:, None]) == model.score(X, y)
        if hasattr(model, "classes_"):
            assert model.score(X, sparse.csr_array(y[:, None])) == model.score(X, y)


@pytest.mark.parametrize("estimator", [ONE[0], *SEVERAL], ids=name_of)
def test_classes_of_two_kinds_are_refused(estimator):
    y = CLASSES if estimator is not ONE[0] else CLASSES[:, 0]
    mixed = np.where(np.arange(N).reshape(-1, *[1] * (y.ndim - 1)) % 2, y, "a").astype(object)
    mixed[::2] = 1
    with pytest.raises(ValueError, match=r"of one kind|[Mm]ix of"):
        clone(estimator).fit(X, y).score(X, mixed)


def test_labels_of_steps_are_compared_as_classes():
    sequences = [np.random.default_rng(k).normal(size=(k, 1)) for k in (3, 4, 5)]
    y = [np.arange(len(x)) % 2 for x in sequences]
    model = skdeep.RNNTagger(2, max_iter=1).fit(sequences, y)
    assert 0 <= model.score(sequences, y) <= 1
    wrong = {
        "NaN": [np.where(one, np.nan, 0.0) for one in y],
        "type": [one.astype(str) for one in y],
        "dates or times": [one.astype("M8[D]") for one in y],
        "needs y|requires y": None,
        "must be a list of sequences of labels": sparse.eye_array(3, format="csr"),
        "must be a list of sequences of labels, got ndarray": np.array(3),
    }
    for says, value in wrong.items():
        with pytest.raises((ValueError, TypeError), match=says):
            model.score(sequences, value)
    for weight in (np.zeros(3), -np.ones(3), np.full(3, np.nan)):
        with pytest.raises(ValueError, match=r"sample_weight|non-zero"):
            model.score(sequences, y, weight)
