"""Classification of several outputs: columns of classes, and indicators of labels."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.model_selection import cross_val_score

from skdeep import MLPClassifier

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 4))
LEVEL = np.digitize(X[:, 0], [-0.5, 0.5])
SIDE = np.where(X[:, 1] > 0, "right", "left")
MIXED = np.empty((90, 2), object)
MIXED[:, 0], MIXED[:, 1] = np.array(["low", "mid", "top"])[LEVEL], SIDE
NUMBERS = np.c_[LEVEL, (X[:, 1] > 0) + 7, np.digitize(X[:, 2], [-1, 0, 1])]
LABELS = (X[:, :3] > 0).astype(int)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def classifier(**params):
    params = {"max_iter": 60, "learning_rate_init": 0.03, "random_state": 0, **params}
    return MLPClassifier((12,), **params)


@pytest.mark.parametrize("y", [MIXED, NUMBERS], ids=["strings", "numbers"])
def test_columns_of_classes(y):
    model = classifier().fit(X, y)
    n = y.shape[1]
    assert model.n_outputs_ == n
    assert model.out_activation_ == "softmax"
    for k in range(n):
        np.testing.assert_array_equal(model.classes_[k], np.unique(y[:, k]))
    predicted, proba = model.predict(X), model.predict_proba(X)
    assert predicted.shape == y.shape
    assert isinstance(proba, list)
    for k, p in enumerate(proba):
        assert p.shape == (90, len(model.classes_[k]))
        np.testing.assert_allclose(p.sum(axis=1), 1)
        np.testing.assert_array_equal(model.classes_[k][p.argmax(axis=1)], predicted[:, k])
        np.testing.assert_allclose(np.exp(model.predict_log_proba(X)[k]), p)
        logits = model.decision_function(X)[k]
        np.testing.assert_array_equal(logits.argmax(axis=1), p.argmax(axis=1))
    assert model.score(X, y) == (predicted == y).all(axis=1).mean() > 0.6
    weight = RNG.uniform(size=90)
    assert model.score(X, y, weight) == pytest.approx(
        np.average((predicted == y).all(axis=1), weights=weight)
    )


def test_the_loss_is_the_sum_over_columns():
    still = {"solver": "sgd", "learning_rate_init": 1e-12, "max_iter": 1, "alpha": 0.0}
    model = classifier(**still).fit(X, NUMBERS)
    codes = [np.unique(c, return_inverse=True)[1] for c in NUMBERS.T]
    logs = [p[np.arange(90), c] for p, c in zip(model.predict_log_proba(X), codes, strict=True)]
    assert model.loss_ == pytest.approx(-np.mean(np.sum(logs, axis=0)))


def test_data_frames_of_classes():
    frame = pd.DataFrame(MIXED, columns=["level", "side"])
    model = classifier().fit(X, frame)
    assert model.score(X, frame) == classifier().fit(X, MIXED).score(X, MIXED)


def test_early_stopping_scores_rows_that_are_all_right():
    model = classifier(early_stopping=True, n_iter_no_change=30)
    model.fit(X, NUMBERS, X_val=X[:40], y_val=NUMBERS[:40])
    assert model.best_validation_score_ == pytest.approx(model.score(X[:40], NUMBERS[:40]))


@pytest.mark.parametrize("y", [MIXED, NUMBERS], ids=["strings", "numbers"])
def test_partial_fit_wants_the_classes_of_each_column(y):
    classes = [np.unique(column) for column in y.T]
    model = classifier()
    few = (LEVEL == 0) & (SIDE == "left")  # one class of each column at first
    model.partial_fit(X[few], y[few], classes=classes)
    for _ in range(40):
        model.partial_fit(X, y)
    assert model.score(X, y) > 0.5
    model.partial_fit(X, y, classes=classes)
    with pytest.raises(ValueError, match="not the same as on last call"):
        model.partial_fit(X, y, classes=[classes[0][:2], *classes[1:]])
    with pytest.raises(ValueError, match="classes must be passed"):
        classifier().partial_fit(X, y)


def test_a_chunk_that_looks_like_labels_is_still_columns_of_classes():
    y = np.c_[LEVEL, LEVEL]
    low = LEVEL < 2  # 0 and 1 only
    model = classifier().partial_fit(X[low], y[low], classes=[[0, 1, 2], [0, 1, 2]])
    assert [p.shape[1] for p in model.predict_proba(X)] == [3, 3]


def test_two_classes_that_are_not_0_and_1_are_classes_not_labels():
    y = np.where(LABELS[:, :2], 1, -1)
    model = classifier().fit(X, y)
    assert set(np.unique(model.predict(X))) == {-1, 1}
    assert model.score(X, y) > 0.9


def test_y_of_another_form_is_refused():
    model = classifier(max_iter=2).fit(X, NUMBERS)
    for y in (LEVEL, NUMBERS[:, :2]):
        with pytest.raises(ValueError, match=r"y must have 3 column\(s\)"):
            model.partial_fit(X, y)
    single = classifier(max_iter=2).fit(X, LEVEL)
    with pytest.raises(ValueError, match=r"y must have 1 column\(s\)"):
        single.partial_fit(X, NUMBERS)
    labels = classifier(max_iter=2).fit(X, LABELS)
    with pytest.raises(ValueError, match="0 and 1"):
        labels.partial_fit(X, 2 * LABELS)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix, sparse.csr_array])
def test_labels(kind):
    model = classifier().fit(X, kind(LABELS))
    proba = model.predict_proba(X)
    assert proba.shape == (90, 3)
    predicted = model.predict(X)
    assert sparse.issparse(predicted) == (kind is not np.asarray)
    dense = predicted.toarray() if sparse.issparse(predicted) else predicted
    np.testing.assert_array_equal(dense, proba > 0.5)
    assert model.score(X, LABELS) == (dense == LABELS).all(axis=1).mean() > 0.7
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), proba)
    np.testing.assert_array_equal(model.decision_function(X) > 0, proba > 0.5)


def test_labels_in_pieces():
    model = classifier()
    for _ in range(60):
        model.partial_fit(X, LABELS, classes=range(3))
    assert model.score(X, LABELS) > 0.7


@pytest.mark.parametrize("y", [MIXED, NUMBERS, LABELS], ids=["strings", "numbers", "labels"])
def test_cross_validation(y):
    assert cross_val_score(classifier(), X, y, cv=2, error_score="raise").mean() > 0.3
