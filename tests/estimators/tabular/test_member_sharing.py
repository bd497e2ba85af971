"""Members that share weights do all that networks of their own do."""

import pickle

import numpy as np
import pytest
from sklearn import model_selection as sk
from sklearn.metrics import accuracy_score

import skdeep.model_selection as ours
from tests.estimators.tabular.tables import T, X, Y, classifier, regressor

SHARING = pytest.mark.parametrize("sharing", ["mini", "batch"])
LABELS = np.c_[Y == "yes", T > 0].astype(int)
COLUMNS = np.c_[Y, np.where(T > 0, "up", "down")]


def shared(make, sharing="mini", **params):
    return make(member_sharing=sharing, n_members=3, **params)


@SHARING
def test_predictions_are_means_of_members_that_differ(sharing):
    model = shared(classifier, sharing, calibrate=False, max_iter=30).fit(X, Y)
    (network,) = model.members_
    each = model._member_outputs(X)
    assert len(each) == 3
    mean, std = model.predict_proba(X, return_std=True)
    np.testing.assert_allclose(mean, np.mean(each, axis=0), rtol=1e-6)
    np.testing.assert_allclose(std, np.std(each, axis=0), rtol=1e-6)
    assert std.max() > 1e-3
    assert accuracy_score(Y, model.predict(X)) > 0.75
    rows = model.encoders_[0].transform(model._columns_of(X), np.float32)
    np.testing.assert_allclose(network.predict_proba(rows), mean, rtol=1e-4, atol=1e-5)
    logits = network.decision_function(rows)
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), mean[:, 1], rtol=1e-4, atol=1e-5)


@SHARING
def test_numbers_are_means_too(sharing):
    model = shared(regressor, sharing, max_iter=30).fit(X, T)
    mean, std = model.predict(X, return_std=True)
    np.testing.assert_allclose(mean, np.mean(model._member_outputs(X), axis=0))
    assert model.score(X, T) > 0.5
    assert std.shape == mean.shape
    assert std.max() > 0


@pytest.mark.parametrize("y", [Y, LABELS, COLUMNS, np.where(T > 1, 2, (T > 0) * 1)])
def test_all_kinds_of_classes(y):
    model = shared(classifier, n_splits=2, label_smoothing=0.1).fit(X, y)
    assert model.predict(X).shape == y.shape
    proba = model.predict_proba(X)
    for part in proba if isinstance(proba, list) else [proba]:
        assert ((part >= 0) & (part <= 1)).all()
    assert len(model.members_) == 2


@pytest.mark.parametrize(
    "params",
    [
        {"loss": "quantile", "quantiles": (0.1, 0.5, 0.9)},
        {"loss": "absolute_error", "n_splits": 2},
        {"loss": "huber", "refit": True},
    ],
    ids=lambda params: params["loss"],
)
def test_losses_folds_refits_and_intervals(params):
    model = shared(regressor, "batch", **params).fit(X, T)
    assert model.predict(X).shape == (len(X), 3)[: 1 + ("quantiles" in params)]
    low, high = model.predict_interval(X, coverage=0.5).T
    assert (low <= high).all()
    assert np.isfinite(shared(regressor, loss="poisson").fit(X, np.abs(T)).predict(X)).all()


@SHARING
@pytest.mark.parametrize("scoring", ["neg_log_loss", "roc_auc", "loss"])
def test_scorers_are_given_the_mean(sharing, scoring):
    model = shared(classifier, sharing, scoring=scoring).fit(X, Y)
    (network,) = model.members_
    assert np.isfinite(network.validation_scores_).all()


@SHARING
def test_training_goes_on_and_pickles(sharing):
    model = shared(classifier, sharing)
    for _ in range(3):
        model.partial_fit(X, Y, classes=["no", "yes"])
    other = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(other.predict_proba(X), model.predict_proba(X))
    assert model.transform(X).shape == (len(X), 3 * 16)


def test_searches_stack_them():
    grid = {"dropout": [0.0, 0.3], "learning_rate_init": [0.01, 0.04]}
    model = shared(classifier, max_iter=3)
    searches = [search(model, grid, cv=2) for search in (sk.GridSearchCV, ours.GridSearchCV)]
    one, two = (search.fit(X, Y).cv_results_["mean_test_score"] for search in searches)
    np.testing.assert_allclose(one, two, atol=0.02)


def test_samples_without_weight_are_as_if_they_were_not_there():
    weight = np.r_[np.ones(80), np.zeros(40)]
    params = {"early_stopping": False, "dropout": 0.0, "batch_size": 200, "dtype": "float64"}
    whole = shared(classifier, **params).fit(X, Y, sample_weight=weight)
    part = shared(classifier, **params).fit(X[:80], Y[:80])
    np.testing.assert_allclose(whole.predict_proba(X), part.predict_proba(X), rtol=1e-6)


@pytest.mark.parametrize("sharing", ["none", "mini"])
def test_one_member_has_nobody_to_share_with(sharing):
    one = classifier(member_sharing=sharing, n_members=1).fit(X, Y)
    np.testing.assert_array_equal(
        one.predict_proba(X), classifier(n_members=1).fit(X, Y).predict_proba(X)
    )
