"""Deep ensembles: members as they are alone, averages, bootstrap, several outputs."""

import numpy as np
import pytest
from sklearn import model_selection as sk
from sklearn.base import clone
from sklearn.datasets import load_digits, make_friedman1

from skdeep import (
    CNNClassifier,
    MLPClassifier,
    MLPEnsembleClassifier,
    MLPEnsembleRegressor,
    MLPRegressor,
    RNNClassifier,
    RNNRegressor,
)
from skdeep.fitting import stack as _stack
from skdeep.model_selection import GridSearchCV

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_digits(return_X_y=True)
X, Y = X[:300] / 16, Y[:300]
XR, YR = make_friedman1(150, random_state=0)
SMALL = MLPClassifier((8,), max_iter=5, batch_size=32)
REAL = MLPRegressor(hidden_layer_sizes=(8,), max_iter=5, batch_size=32)


def test_members_are_what_they_are_alone():
    model = MLPEnsembleClassifier(SMALL, 4, random_state=0).fit(X, Y)
    seeds = {member.random_state for member in model.estimators_}
    assert len(seeds) == 4
    for member in model.estimators_:
        alone = clone(member).fit(X, Y)
        np.testing.assert_allclose(member.loss_curve_, alone.loss_curve_, rtol=1e-8)
    probabilities = np.stack([member.predict_proba(X) for member in model.estimators_])
    mean, std = model.predict_proba(X, return_std=True)
    np.testing.assert_allclose(mean, probabilities.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(std, probabilities.std(axis=0), rtol=1e-9)
    np.testing.assert_array_equal(model.predict(X), model.classes_[mean.argmax(axis=1)])
    assert model.score(X, Y) == (model.predict(X) == Y).mean()


def test_a_regressor_averages_in_the_units_of_y():
    member = clone(REAL).set_params(standardize_target=True)
    model = MLPEnsembleRegressor(member, 3, random_state=0).fit(XR, YR)
    each = np.stack([one.predict(XR) for one in model.estimators_])
    mean, std = model.predict(XR, return_std=True)
    np.testing.assert_allclose(mean, each.mean(axis=0), rtol=1e-10)
    np.testing.assert_allclose(std, each.std(axis=0), rtol=1e-8)


def test_bootstrap_draws_rows_per_member(monkeypatch):
    seen = []
    make = _stack.Stack.__init__

    def init(self, jobs):
        seen.extend(jobs)
        make(self, jobs)

    monkeypatch.setattr(_stack.Stack, "__init__", init)
    member = clone(SMALL).set_params(early_stopping=True)
    MLPEnsembleClassifier(member, 3, bootstrap=True, random_state=0).fit(X, Y)
    drawn = [job.plan.data.rows for job in seen]
    assert len(drawn) == 3
    for job, rows in zip(seen, drawn, strict=True):
        assert len(rows) == 270
        assert 0.5 < len(np.unique(rows)) / 270 < 0.75  # 1 - 1/e
        assert not set(rows) & set(job.plan.data.held_out)
    assert len({tuple(rows) for rows in drawn}) == 3


def test_labels_and_several_columns():
    labels = np.stack([Y % 2, Y > 4], axis=1).astype(int)
    model = MLPEnsembleClassifier(SMALL, 2, random_state=0).fit(X, labels)
    assert model.predict(X).shape == labels.shape
    columns = np.stack([Y % 3, Y % 4], axis=1)
    model.fit(X, columns)
    assert [p.shape for p in model.predict_proba(X)] == [(300, 3), (300, 4)]
    assert model.score(X, columns) == (model.predict(X) == columns).all(axis=1).mean()
    two = MLPEnsembleClassifier(SMALL, 2, random_state=0).fit(X, Y > 4)
    np.testing.assert_allclose(two.predict_proba(X).sum(axis=1), 1, rtol=1e-12)


def test_quantiles():
    member = clone(REAL).set_params(loss="quantile", quantiles=(0.1, 0.5, 0.9))
    model = MLPEnsembleRegressor(member, 2, random_state=0).fit(XR, YR)
    assert model.predict(XR).shape == (150, 3)
    assert np.isfinite(model.score(XR, YR))


def test_lbfgs_members_and_what_they_do_not_go_with():
    model = MLPEnsembleRegressor(MLPRegressor(solver="lbfgs", max_iter=5), 2, random_state=0)
    assert len(model.fit(XR, YR).estimators_) == 2
    with pytest.raises(ValueError, match="bootstrap=True does not work with solver='lbfgs'"):
        model.set_params(bootstrap=True).fit(XR, YR)


def test_a_member_that_diverges_leaves_the_ensemble_as_it_was():
    member = clone(REAL).set_params(solver="sgd", learning_rate_init=0.001)
    model = MLPEnsembleRegressor(member, 2, random_state=0).fit(XR, YR)
    before = model.predict(XR)
    with pytest.raises(ValueError, match="non-finite"):
        model.set_params(estimator__learning_rate_init=1e200).fit(XR, YR)
    np.testing.assert_array_equal(model.predict(XR), before)


def test_a_search_over_members():
    model, grid = MLPEnsembleClassifier(SMALL, 2, random_state=0), {"estimator__alpha": [0.0, 1.0]}
    found, expected = (
        search(model, grid, cv=2).fit(X, Y).cv_results_["mean_test_score"]
        for search in (GridSearchCV, sk.GridSearchCV)
    )
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_estimators": 0}, "n_estimators"),
        ({"estimator": REAL}, "estimator"),
        ({"memory_limit": -1}, "memory_limit"),
        ({"estimator": MLPClassifier(alpha=-1)}, "alpha"),
    ],
)
def test_bad_parameters(options, message):
    with pytest.raises(ValueError, match=message):
        MLPEnsembleClassifier(**options).fit(X, Y)


def test_bootstrap_draws_rows_with_weight():
    X, y = np.random.RandomState(0).randn(40, 3), np.full(40, 5.0)
    weight = np.r_[np.zeros(39), 1.0]
    member = MLPRegressor(hidden_layer_sizes=(4,), max_iter=300, learning_rate_init=0.05)
    ensemble = MLPEnsembleRegressor(member, 4, bootstrap=True, random_state=0)
    ensemble.fit(X, y, sample_weight=weight)
    members = [one.predict(X[39:])[0] for one in ensemble.estimators_]
    np.testing.assert_allclose(members, 5, atol=1.5)


def test_members_may_read_sequences_or_images():
    rng = np.random.default_rng(0)
    series = [rng.normal(size=(n, 2)) for n in rng.integers(2, 6, 30)]
    y = np.array([x[:, 0].mean() for x in series])
    member = RNNRegressor(4, max_iter=3)
    model = MLPEnsembleRegressor(member, 3, random_state=0).fit(series, y)
    alone = [one.predict(series[:4]) for one in model.estimators_]
    np.testing.assert_allclose(model.predict(series[:4]), np.mean(alone, axis=0), rtol=1e-5)
    assert model.n_features_in_ == 2
    kinds = MLPEnsembleClassifier(RNNClassifier(4, max_iter=3), 2, random_state=0)
    assert kinds.fit(series, y > 0).predict_proba(series).shape == (30, 2)
    with pytest.raises(ValueError, match="X has 3 features, but RNNClassifier is expecting 2"):
        kinds.predict([np.zeros((2, 3))])
    images = rng.normal(size=(30, 6, 6))
    looking = MLPEnsembleClassifier(CNNClassifier([(2, 3)], max_iter=3), 2, random_state=0)
    assert looking.fit(images, y > 0).predict(images).shape == (30,)
    assert looking.n_features_in_ == 36
