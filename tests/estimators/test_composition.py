"""Inside scikit-learn's searches, ensembles and other estimators of estimators."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import MLPClassifier, MLPRegressor

X, Y = make_classification(
    150, 6, n_informative=4, n_classes=3, class_sep=2.0, flip_y=0, random_state=0
)
T = X[:, 0] + X[:, 1] ** 2
FAST = {"max_iter": 15, "learning_rate_init": 0.03, "random_state": 0}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(autouse=True)
def quiet_workers(monkeypatch):
    """Workers have their own filters: what they would print is not what is tested here."""
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")


def classifier(**params):
    return MLPClassifier((10,), **{**FAST, **params})


def regressor(**params):
    return MLPRegressor(hidden_layer_sizes=(10,), **{**FAST, **params})


GRID = {"mlpclassifier__activation": ["relu", "tanh"], "mlpclassifier__dropout": [0.0, 0.1]}
SEARCHES = {
    "grid": lambda model: GridSearchCV(model, GRID, cv=3, n_jobs=2),
    "randomized": lambda model: RandomizedSearchCV(
        model, GRID, n_iter=2, cv=3, n_jobs=2, random_state=0
    ),
    "halving": lambda model: HalvingGridSearchCV(
        model, GRID, cv=3, n_jobs=2, random_state=0, min_resources=60
    ),
    "halving-iterations": lambda model: HalvingGridSearchCV(
        model, GRID, resource="mlpclassifier__max_iter", min_resources=8, max_resources=16, cv=3,
        random_state=0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SEARCHES)
def test_searches(name):
    search = SEARCHES[name](make_pipeline(StandardScaler(), classifier())).fit(X, Y)
    assert search.best_score_ > 0.7
    assert search.predict_proba(X).shape == (150, 3)


def test_two_workers_give_what_one_gives():
    model = make_pipeline(StandardScaler(), classifier(dropout=0.1, early_stopping=True))
    scores = [cross_val_score(model, X, Y, cv=3, n_jobs=n) for n in (1, 2)]
    np.testing.assert_allclose(*scores)
    both = cross_validate(classifier(), X, Y, cv=2, return_estimator=True, n_jobs=2)
    assert [e.score(X, Y) > 0.7 for e in both["estimator"]] == [True, True]


ENSEMBLES = {
    "voting": lambda: VotingClassifier(
        [("a", classifier()), ("b", classifier(dropout=0.1))], voting="soft", n_jobs=2
    ),
    "stacking": lambda: StackingClassifier(
        [("a", classifier()), ("b", LogisticRegression())], cv=2, n_jobs=2
    ),
    "bagging": lambda: BaggingClassifier(classifier(), 4, n_jobs=2, random_state=0),
    "calibrated": lambda: CalibratedClassifierCV(classifier(), cv=2, n_jobs=2),
    "isotonic": lambda: CalibratedClassifierCV(classifier(), method="isotonic", cv=2),
    "temperature": lambda: CalibratedClassifierCV(classifier(), method="temperature", cv=2),
    "one-vs-rest": lambda: OneVsRestClassifier(classifier(), n_jobs=2),
    "one-vs-one": lambda: OneVsOneClassifier(classifier()),
}


@pytest.mark.parametrize("name", ENSEMBLES)
def test_classifiers_of_classifiers(name):
    assert ENSEMBLES[name]().fit(X, Y).score(X, Y) > 0.7


@pytest.mark.parametrize(
    "model",
    [
        VotingRegressor([("a", regressor()), ("b", Ridge())]),
        StackingRegressor([("a", regressor()), ("b", Ridge())], cv=2),
        BaggingRegressor(regressor(), 4, random_state=0),
        TransformedTargetRegressor(regressor(), transformer=StandardScaler()),
    ],
    ids=lambda model: type(model).__name__,
)
def test_regressors_of_regressors(model):
    assert model.fit(X, T).score(X, T) > 0.3


def test_models_of_several_outputs():
    both = np.c_[T, -T]
    assert MultiOutputRegressor(regressor()).fit(X, both).predict(X).shape == (150, 2)
    labels = np.c_[Y > 0, Y > 1].astype(int)
    assert ClassifierChain(classifier()).fit(X, labels).predict(X).shape == (150, 2)


def test_predictions_out_of_fold():
    proba = cross_val_predict(classifier(), X, Y, cv=3, method="predict_proba")
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    logits = cross_val_predict(classifier(), X, Y, cv=3, method="decision_function")
    np.testing.assert_array_equal(logits.argmax(axis=1), proba.argmax(axis=1))
    levels = regressor(loss="quantile", quantiles=(0.1, 0.9))
    assert cross_val_predict(levels, X, T, cv=2).shape == (150, 2)


def test_learning_curves_can_be_incremental():
    sizes, train, test = learning_curve(
        classifier(), X, Y, cv=2, train_sizes=[25, 50], exploit_incremental_learning=True
    )[:3]
    assert train.shape == test.shape == (len(sizes), 2)


class Keyed(MLPClassifier):
    """Takes what is its own by name, and says itself what its parameters are."""

    def __init__(self, note=None, **params):
        super().__init__(**params)
        self.note = note

    def get_params(self, deep=True):
        own = MLPClassifier._get_param_names()
        return {"note": self.note} | {name: getattr(self, name) for name in own}


def test_a_subclass_that_names_its_parameters_itself():
    model = clone(Keyed("a note", max_iter=2, random_state=0))
    assert model.fit(X, Y).n_iter_ == 2
    assert model.note == "a note"
    with pytest.raises(ValueError, match="'alpha' parameter of Keyed"):
        Keyed(alpha=-1.0).fit(X, Y)
