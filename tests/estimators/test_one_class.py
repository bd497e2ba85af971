"""A y of one class: one column of ones, but in MLPClassifier, which keeps scikit-learn's way."""

import numpy as np
import pytest
from sklearn.base import is_classifier
from sklearn.model_selection import cross_val_predict
from sklearn.neural_network import MLPClassifier as Theirs

from skdeep import MLPClassifier, NetworkClassifier, RNNTagger
from skdeep.model_selection import GridSearchCV
from skdeep.nn import Dense
from tests.contracts.estimators import CASES

RANDOM = np.random.default_rng(0)
ROWS = RANDOM.random((12, 4))
SEQUENCES = list(RANDOM.random((12, 3, 2)))
FAST = {"tol": 10, "n_iter_no_change": 1, "random_state": 0}
CLASSIFIERS = [
    name
    for name, case in CASES.items()
    if is_classifier(case.estimator) and case.tables and case.cls is not MLPClassifier
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("label", ["a", 7])
def test_one_class_has_one_column_of_ones(name, label):
    model, X = CASES[name].make(batch_size="auto"), CASES[name].X[:12]
    y = np.full(12, label)
    assert (cross_val_predict(model, X, y, cv=2, method="predict_proba") == np.ones((12, 1))).all()
    model.fit(X, y)
    assert model.classes_.tolist() == [label]
    assert model.predict_proba(X).tolist() == [[1.0]] * 12
    assert (model.predict(X) == y).all()
    assert model.score(X, y) == 1
    if hasattr(model, "decision_function"):
        assert model.predict_log_proba(X).tolist() == [[0.0]] * 12
        assert model.decision_function(X).shape == (12, 1)
    else:
        assert not model.predict_proba(X, return_std=True)[1].any()


def test_steps_of_one_label_have_one_column_of_ones():
    model = RNNTagger(**FAST).fit(SEQUENCES, [["a"] * 3] * 12)
    assert model.classes_.tolist() == ["a"]
    assert all(proba.tolist() == [[1.0]] * 3 for proba in model.predict_proba(SEQUENCES))
    assert all(logs.tolist() == [[0.0]] * 3 for logs in model.predict_log_proba(SEQUENCES))
    assert all(scores.shape == (3, 1) for scores in model.decision_function(SEQUENCES))
    assert all((labels == "a").all() for labels in model.predict(SEQUENCES))


@pytest.mark.parametrize("cls", [MLPClassifier, Theirs])
def test_the_drop_in_keeps_the_two_columns_of_scikit_learn(cls):
    y = np.full(12, 7)
    model = cls((3,), **FAST).fit(ROWS, y)
    assert model.predict_proba(ROWS).shape == (12, 2)
    assert (model.predict(ROWS) == y).all()


@pytest.mark.parametrize("gamma", [0.5, 2.0])
@pytest.mark.parametrize("options", [{"early_stopping": True}, {"class_weight": "balanced"}, {}])
def test_training_on_one_class_stays_finite(gamma, options):
    model = NetworkClassifier([Dense(3)], loss="focal", focal_gamma=gamma, **options, **FAST)
    model.fit(ROWS, np.full(12, 7))
    assert all(np.isfinite(weights).all() for weights in model.get_weights().values())
    assert model.loss_curve_[-1] == pytest.approx(0, abs=1e-3)  # nothing but the penalty


def test_a_search_takes_one_class_in_some_folds():
    y = np.repeat([0, 1], 6)
    folds = [(np.arange(6), np.arange(6, 12)), (np.arange(0, 12, 2), np.arange(1, 12, 2))]
    model = NetworkClassifier([Dense(3)], **FAST)
    search = GridSearchCV(model, {"alpha": [0.0, 0.1]}, cv=folds).fit(ROWS, y)
    assert (search.cv_results_["split0_test_score"] == 0).all()
    assert search.best_estimator_.predict_proba(ROWS).shape == (12, 2)


def test_partial_fit_with_one_class():
    model = NetworkClassifier([Dense(3)], random_state=0)
    for _ in range(2):
        model.partial_fit(ROWS, np.full(12, 7), classes=[7])
    assert model.predict_proba(ROWS).tolist() == [[1.0]] * 12
