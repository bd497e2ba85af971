"""Searches over forecasters and generators: in stacks, with scikit-learn's answer."""

import numpy as np
import pytest
from sklearn import model_selection as sk
from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning

import skdeep.model_selection as ours
from skdeep import RNNForecaster, RNNGenerator
from skdeep.train.trainer import Trainer
from tests.model_selection.test_families import Scoring
from tests.model_selection.test_same_answer import assert_same

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
SERIES = [np.sin(np.arange(n) / 3 + n) + 0.1 * RNG.normal(size=n) for n in (50, 31, 44, 28, 60, 35)]
TOKENS = [RNG.integers(0, 5, n) for n in (50, 31, 44, 12, 60, 25)]
COMMON = {"tbptt_steps": 8, "batch_size": 3, "max_iter": 4, "random_state": 0}
#: What is found out of some series need not be what others say.
SAME = {"log": False, "seasonal_period": None, "differencing": 0, "lags": 2}
RATES = {"learning_rate_init": [0.003, 0.03]}
FAMILIES = {
    "forecaster": (
        RNNForecaster(5, **COMMON, **SAME),
        {**RATES, "standardize": ["all", "series"], "max_iter": [2, 5]},
        SERIES,
    ),
    "forecaster that stops early": (
        RNNForecaster(5, early_stopping=True, validation_fraction=0.2, **COMMON, **SAME),
        {**RATES, "tol": [10.0, 0.0], "n_iter_no_change": [1, 2]},
        SERIES,
    ),
    "generator": (
        RNNGenerator(5, embedding_dim=3, n_tokens=5, **COMMON),
        {**RATES, "random_state": [1, np.random.RandomState(5)]},
        TOKENS,
    ),
    "generator that stops early": (
        RNNGenerator(5, embedding_dim=3, n_tokens=5, early_stopping=True, **COMMON),
        {**RATES, "tol": [10.0, 0.0], "n_iter_no_change": [1, 2]},
        TOKENS,
    ),
}


def compare(estimator, grid, X, **options):
    """Run both searches, compare all but times; return ours."""
    searches, scorings = [], []
    for module in (ours, sk):
        scorings.append(Scoring())
        search = module.GridSearchCV(clone(estimator), grid, scoring=scorings[-1], **options)
        searches.append(search.fit(X))
    assert_same(*searches)
    for found, expected in zip(*(scoring.curves for scoring in scorings), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-8)
    return searches[0]


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family(name, stacks):
    compare(*FAMILIES[name], cv=2, return_train_score=True)
    assert max(stacks) >= 8


def test_folds_of_one_series(stacks):
    estimator, grid, _ = FAMILIES["forecaster"]
    compare(estimator, grid, np.sin(np.arange(200.0) / 3), cv=sk.TimeSeriesSplit(3))
    assert max(stacks) >= 8


def test_a_bad_candidate_takes_no_other_down():
    estimator, _, X = FAMILIES["forecaster"]
    estimator = clone(estimator).set_params(solver="sgd", gradient_clip_norm=None)
    with pytest.warns(FitFailedWarning):
        found = compare(
            estimator, {"learning_rate_init": [0.01, 1e200, 0.02]}, X, cv=2, error_score=-1e3
        )
    assert list(found.cv_results_["mean_test_score"] == -1e3) == [False, True, False]


@pytest.mark.parametrize("name", FAMILIES)
def test_rungs_train_on(name, stacks, monkeypatch):
    estimator, _, X = FAMILIES[name]
    models = []
    epoch = Trainer.epoch

    def counted(self):
        models.append(self.params.n_models)
        return epoch(self)

    monkeypatch.setattr(Trainer, "epoch", counted)
    grid = {"learning_rate_init": [0.003, 0.03, 0.01]}
    estimator = clone(estimator).set_params(tol=0.0, n_iter_no_change=99)
    options = {"resource": "max_iter", "max_resources": 6, "min_resources": 2, "cv": 2}
    searches = []
    for module in (ours, sk):
        search = module.HalvingGridSearchCV(estimator, grid, refit=False, **options)
        searches.append(search.fit(X))
        if module is ours:
            # Three candidates on two folds, then one of them.
            assert sum(models) == 2 * 6 + 4 * 2
    assert_same(*searches)
    assert max(stacks) >= 3
