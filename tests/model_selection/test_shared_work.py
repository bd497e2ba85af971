"""What candidates of a search have in common is found out once for each fold."""

import numpy as np
import pytest
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV as OneByOne
from sklearn.model_selection import HalvingGridSearchCV as HalvingOneByOne

from skdeep import RNNClassifier, RNNForecaster, RNNRegressor
from skdeep.estimators.rnn import series_model
from skdeep.model_selection import GridSearchCV, HalvingGridSearchCV

RANDOM = np.random.default_rng(0)
TEXTS = [" ".join(RANDOM.choice(["good", "bad", "a", "film", "plot"], 5)) for _ in range(40)]
GOOD = np.array([text.split().count("good") > 1 for text in TEXTS], int)
SERIES = [RANDOM.normal(size=(40, 1)) for _ in range(4)]
TINY = {"max_iter": 1, "random_state": 0, "learning_rate_init": 0.01}

CASES = {
    "regression on n-grams of classes": (
        RNNClassifier((3,), unit="word", **TINY), TEXTS, GOOD, LogisticRegression, "fit",
    ),
    "regression on n-grams of numbers": (
        RNNRegressor((3,), unit="word", **TINY), TEXTS, GOOD / 2, Ridge, "fit",
    ),
    "seasons of series": (RNNForecaster((3,), **TINY), SERIES, None, series_model, "season_of"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("case", CASES)
def test_a_search_does_it_once_a_fold_and_finds_the_same(case, monkeypatch):
    model, X, y, place, name = CASES[case]
    calls = []
    original = getattr(place, name)

    def counted(*given, **options):
        calls.append(name)
        return original(*given, **options)

    monkeypatch.setattr(place, name, counted)
    grid = {"learning_rate_init": [0.01, 0.02, 0.03]}
    given = {"cv": 2, "refit": False, "error_score": "raise"}
    found = GridSearchCV(model, grid, **given).fit(X, y).cv_results_
    assert len(calls) == 2
    calls.clear()
    expected = OneByOne(model, grid, **given).fit(X, y).cv_results_
    assert len(calls) == 6
    np.testing.assert_array_equal(found["mean_test_score"], expected["mean_test_score"])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("case", list(CASES)[1:])
def test_rungs_of_other_samples_share_nothing(case):
    model, X, y, _, _ = CASES[case]
    grid = {"learning_rate_init": [0.01, 0.02], "alpha": [0.0, 0.1]}
    given = {"cv": 2, "refit": False, "factor": 2, "min_resources": len(X) // 2, "random_state": 0}
    found = HalvingGridSearchCV(model, grid, **given).fit(X, y).cv_results_
    expected = HalvingOneByOne(model, grid, **given).fit(X, y).cv_results_
    assert len(set(found["n_resources"])) == 2
    assert found["params"] == expected["params"]
    np.testing.assert_allclose(found["mean_test_score"], expected["mean_test_score"], rtol=1e-5)
