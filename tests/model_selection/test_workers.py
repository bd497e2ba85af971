"""With `n_jobs` workers fit and score; the search gets what it would find itself."""

import pickle

import numpy as np
import pytest
from joblib import parallel_config
from sklearn import model_selection as sk
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.datasets import load_digits
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline

import skdeep.model_selection as ours
from skdeep import BernoulliRBM, MLPClassifier
from skdeep.model_selection import _stacked
from skdeep.model_selection._scoring import Score, Scoring, delivering
from skdeep.model_selection._tasks import Task
from tests.model_selection.test_same_answer import assert_same

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_digits(return_X_y=True)
X, Y = X[:303] / 16, Y[:303]
SMALL = MLPClassifier((8,), max_iter=4, batch_size=32, random_state=0)
RATES = {"learning_rate_init": [0.001, 0.01]}


def compare(estimator, grid, fit_params=None, **options):
    """Run our search with two workers and scikit-learn's without; return ours."""
    options = {"cv": 3, "return_train_score": True, **options}
    found = ours.GridSearchCV(estimator, grid, n_jobs=2, **options)
    expected = sk.GridSearchCV(estimator, grid, **options)
    found, expected = (search.fit(X, Y, **(fit_params or {})) for search in (found, expected))
    assert_same(found, expected)
    return found


@pytest.fixture
def outcomes(monkeypatch):
    """Return the list of what comes back from workers."""
    heard = []
    make = _stacked.StackedSearch._on_workers

    def on_workers(self, *given):
        result = make(self, *given)
        heard.extend(result.values())
        return result

    monkeypatch.setattr(_stacked.StackedSearch, "_on_workers", on_workers)
    return heard


def test_only_scores_travel(outcomes):
    search = compare(SMALL, RATES)
    assert len(outcomes) == 6
    assert all(outcome.estimator is None for outcome in outcomes)
    assert all(len(outcome.scores) == 2 for outcome in outcomes)  # test and training rows
    for name in ("fit", "score"):
        assert (search.cv_results_[f"mean_{name}_time"] > 0).all()
    assert "_running" not in vars(search)
    assert search.scorer_(search, X, Y) == search.score(X, Y)


def test_what_does_not_stack_goes_to_workers_too(outcomes):
    grid = [{**RATES}, {"solver": ["lbfgs"], "hidden_layer_sizes": [(4,), (8,)]}]
    compare(SMALL, grid)
    assert len(outcomes) == 12
    outcomes.clear()
    steps = Pipeline([("last", KNeighborsClassifier())])
    compare(steps, {"last": [SMALL, KNeighborsClassifier(3)]})
    assert len(outcomes) == 6


def test_where_nothing_stacks_the_workers_are_scikit_learns(outcomes):
    compare(KNeighborsClassifier(), {"n_neighbors": [1, 3]})
    network_first = make_pipeline(BernoulliRBM(4, n_iter=1, random_state=0), KNeighborsClassifier())
    compare(network_first, {"kneighborsclassifier__n_neighbors": [1, 3]})
    assert not outcomes


def test_each_worker_has_its_part_of_stacks_and_takes_single_fits_in_turn():
    def sizes(n, stacks):
        tasks = [Task(k, None, {}, k, (0,), stacks) for k in range(n)]
        return [len(part) for part in _stacked.shares_of(tasks, 2)]

    assert sizes(60, True) == [30, 30]
    assert sizes(3, True) == [1, 1, 1]
    assert sizes(4, False) == [1, 1, 1, 1]


def test_scorers_of_all_kinds():
    weights = np.linspace(0.5, 1.5, len(X))
    compare(SMALL, RATES, scoring="neg_log_loss")
    compare(SMALL, RATES, scoring=["accuracy", "f1_macro"], refit="f1_macro")
    compare(SMALL, RATES, scoring={"mine": make_scorer(accuracy_score)}, refit=False)
    compare(SMALL, RATES, scoring=lambda model, X, y: {"a": model.loss_, "b": len(X)}, refit="a")
    compare(SMALL, RATES, fit_params={"sample_weight": weights}, scoring="accuracy")


@pytest.mark.parametrize("scoring", ["roc_auc", ["roc_auc", "accuracy"]])
def test_a_scorer_that_fails_fails_here(scoring):
    options = {"scoring": scoring, "refit": False}
    with pytest.warns(UserWarning, match="Scoring failed"):
        compare(SMALL, RATES, error_score=-1.0, **options)
    with pytest.raises(ValueError, match="multi_class must be in"):
        ours.GridSearchCV(SMALL, RATES, n_jobs=2, error_score="raise", **options).fit(X, Y)


def test_a_fit_that_fails_has_no_scores():
    with pytest.warns(FitFailedWarning, match="3 fits failed out of a total of 6"):
        compare(
            SMALL,
            {"alpha": [0.1, -1.0]},
            scoring=["accuracy", "f1_macro"],
            refit=False,
            error_score=-1.0,
        )


class Odd(Exception):
    """Can be pickled, but not brought back."""

    def __init__(self, one, other):
        super().__init__(f"{one} and {other}")


class Picky(TransformerMixin, BaseEstimator):
    def __init__(self, bad=False):
        self.bad = bad

    def fit(self, X, y=None):
        if self.bad:
            raise Odd("that", "this")
        return self

    def transform(self, X):
        return X

    def __sklearn_is_fitted__(self):
        return True


def odd_score(model, X, y):
    if model.alpha > 0:
        raise Odd("that", "this")
    return model.score(X, y)


def test_errors_that_do_not_travel_cost_their_candidate_only():
    model = Pipeline([("picky", Picky()), ("mlp", SMALL)])
    with pytest.warns(FitFailedWarning, match="3 fits failed(.|\n)*that and this"):
        search = compare(model, {"picky__bad": [False, True]}, refit=False, error_score=-1.0)
    assert list(search.cv_results_["mean_test_score"] == -1.0) == [False, True]
    with pytest.warns(UserWarning, match="that and this"):
        compare(SMALL, {"alpha": [0.0, 0.1]}, scoring=odd_score, refit=False, error_score=-1.0)
    with pytest.raises(RuntimeError, match="Odd: that and this"):
        ours.GridSearchCV(
            SMALL, {"alpha": [0.1]}, scoring=odd_score, n_jobs=2, error_score="raise"
        ).fit(X, Y)


def test_where_a_worker_failed_is_told():
    options = {"cv": 2, "n_jobs": 2, "refit": False, "error_score": -1.0}
    search = ours.GridSearchCV(Failing(), {"bad": [False, True]}, **options)
    with pytest.warns(FitFailedWarning, match="in fit_of_ours\n(.|\n)*ValueError: no such rows"):
        search.fit(X, Y)
    lost = pickle.loads(pickle.dumps(Score(None, KeyError("no"), 0.1)))
    assert isinstance(lost.error, KeyError)
    assert "KeyError: 'no'" in str(lost.error.__cause__)
    assert pickle.loads(pickle.dumps(Score(0.5, None, 0.1))) == Score(0.5, None, 0.1)


class Failing(KNeighborsClassifier):
    def __init__(self, bad=False):
        super().__init__()
        self.bad = bad

    def fit(self, X, y):
        return self.fit_of_ours(X, y)

    def fit_of_ours(self, X, y):
        if self.bad:
            raise ValueError("no such rows")
        return super().fit(X, y)


def test_the_backend_is_the_users():
    with parallel_config("threading", n_jobs=2):
        search = ours.GridSearchCV(SMALL, RATES, cv=3, return_train_score=True).fit(X, Y)
    options = {"cv": 3, "return_train_score": True}
    assert_same(search, sk.GridSearchCV(SMALL, RATES, **options).fit(X, Y))


class Twice(ours.GridSearchCV):
    """Evaluates its candidates twice, by itself."""

    def _run_search(self, evaluate_candidates):
        evaluate_candidates(list(sk.ParameterGrid(self.param_grid)))
        evaluate_candidates(list(sk.ParameterGrid(self.param_grid)))


def test_a_search_of_ones_own_keeps_its_workers(outcomes):
    expected = sk.GridSearchCV(SMALL, RATES, cv=3).fit(X, Y).cv_results_["mean_test_score"]
    for n_jobs in (1, 2):
        found = Twice(SMALL, RATES, cv=3, n_jobs=n_jobs).fit(X, Y).cv_results_["mean_test_score"]
        np.testing.assert_allclose(found, [*expected, *expected])
    assert not outcomes


def test_scores_are_handed_out_in_their_order():
    class Fitted:
        pass

    scorer = delivering(lambda estimator, X, y: "found here")
    fitted = Fitted()
    assert scorer(fitted, X, Y) == "found here"
    fitted._scores_brought_along = [Score(0.5, None, 0.1), Score(None, KeyError("no"), 0.1)]
    assert scorer(fitted, X, Y) == 0.5
    with pytest.raises(KeyError, match="no"):
        scorer(fitted, X, Y)
    failing = Scoring(lambda estimator, X: 1 / 0, {}, train=False)
    assert isinstance(failing(fitted, X, None, {}).error, ZeroDivisionError)
