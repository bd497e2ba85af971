"""Fits of tabular estimators: epochs, weights, seeds, and forms of y."""

import threading

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.exceptions import DataConversionWarning
from sklearn.metrics import balanced_accuracy_score, make_scorer

from skdeep import TabularMLPClassifier, TabularMLPRegressor
from tests.estimators.tabular.tables import BOTH, T, X, Y, classifier, outputs, regressor, table


def scripted(scores):
    """Return a scorer that gives these scores, one after the other."""
    left = iter(scores)
    return lambda estimator, X, y: next(left)


@BOTH
def test_equal_seeds_give_equal_models(make, y):
    one, other = (make(n_members=2).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(outputs(one), outputs(other))
    assert (outputs(make(random_state=1).fit(X, y)) != outputs(one)[:1]).any()


@pytest.mark.parametrize(
    ("scores", "stops", "best"),
    [
        ([0.5, 0.9] + [0.1] * 60, 2 * 2 + 3 + 1, 2),  # twice the best epoch and 3 more are borne
        ([0.1] * 4 + [0.9] + [0.2] * 60, 2 * 5 + 3 + 1, 5),
        ([0.9] + [0.2] * 60, 2 + 3 + 1, 1),
        ([0.1, 0.9, 0.5, 0.9] + [0.2] * 60, 2 * 4 + 3 + 1, 4),  # the last of ties is the best
    ],
)
def test_training_stops_long_after_the_best_epoch_and_keeps_the_last_of_ties(scores, stops, best):
    given = {"n_iter_no_change": 3, "patience_factor": 1.0, "max_iter": 60}
    model = classifier(scoring=scripted(scores), **given).fit(X, Y)
    assert model.n_iter_ == stops
    kept = iter([*[0.1] * (best - 1), 0.9, *[0.0] * 60])
    same = classifier(scoring=lambda *given: next(kept), n_iter_no_change=60, max_iter=60)
    np.testing.assert_array_equal(outputs(same.fit(X, Y)), outputs(model))


def test_early_stopping_off_trains_all_epochs_on_all_samples():
    model = classifier(early_stopping=False).fit(X, Y)
    (member,) = model.members_
    assert member.n_iter_ == 8
    assert member.t_ == 8 * len(X)
    assert member.validation_scores_ is None


def test_early_stopping_off_with_folds_keeps_the_last_epoch_of_each():
    model = classifier(early_stopping=False, n_splits=2).fit(X, Y)
    assert [member.n_iter_ for member in model.members_] == [8, 8]
    train = [len(member.validation_split[0][0]) for member in model.members_]
    assert [member.t_ for member in model.members_] == [8 * n for n in train]


@pytest.mark.parametrize(
    "scoring", ["roc_auc", "neg_log_loss", "loss", make_scorer(balanced_accuracy_score)]
)
def test_any_scorer_chooses_the_epoch(scoring):
    model = classifier(scoring=scoring).fit(X, Y)
    assert np.isfinite(model.members_[0].validation_scores_).all()


def test_validation_samples_that_are_given_take_nothing_from_the_others():
    fresh, labels, _ = table(50, seed=4)
    model = classifier().fit(X, Y, X_val=fresh, y_val=labels, sample_weight_val=np.ones(50))
    assert model.members_[0].t_ == model.n_iter_ * len(X)
    with pytest.raises(ValueError, match="give X_val or n_splits"):
        classifier(n_splits=2).fit(X, Y, X_val=fresh, y_val=labels)
    with pytest.raises(ValueError, match="sample_weight_val"):
        classifier().fit(X, Y, sample_weight_val=np.ones(50))


def test_samples_without_weight_are_as_if_they_were_not_there():
    given = {"early_stopping": False, "dropout": 0.0, "dtype": "float64", "batch_size": 128}
    weight = np.ones(len(X))
    weight[::3] = 0
    weighted = classifier(**given).fit(X, Y, weight)
    without = classifier(**given).fit(X[weight > 0].reset_index(drop=True), Y[weight > 0])
    np.testing.assert_allclose(weighted.predict_proba(X), without.predict_proba(X), rtol=1e-4)


def test_weights_of_classes_move_predictions_towards_them():
    heavy = classifier(class_weight={"yes": 50, "no": 1}, max_iter=30).fit(X, Y)
    assert np.mean(heavy.predict(X) == "yes") > np.mean(classifier().fit(X, Y).predict(X) == "yes")
    balanced = classifier(class_weight="balanced").fit(X, Y)
    assert set(balanced.predict(X)) == {"yes", "no"}


def test_several_outputs_and_labels_have_the_shapes_of_scikit_learn():
    labels = np.column_stack([Y == "yes", X["old"]]).astype(int)
    columns = np.column_stack([Y, np.where(X["old"], "old", "new")])
    assert classifier().fit(X, labels).predict(X).shape == labels.shape
    model = classifier().fit(X, columns)
    assert model.predict(X).shape == columns.shape
    assert [proba.shape for proba in model.predict_proba(X)] == [(len(X), 2)] * 2
    assert [proba.shape for proba in model.predict_log_proba(X)] == [(len(X), 2)] * 2
    two = regressor().fit(X, np.column_stack([T, -T]))
    assert two.predict(X).shape == (len(X), 2)
    with pytest.warns(DataConversionWarning):
        one = regressor().fit(X, pd.DataFrame({"y": T}))
    np.testing.assert_array_equal(one.predict(X), regressor().fit(X, T).predict(X))


def test_a_single_class_is_certain():
    proba = classifier().fit(X, np.full(len(X), "yes")).predict_proba(X)
    np.testing.assert_allclose(proba, 1.0)


def test_predictions_of_numbers_stay_within_those_of_the_fit():
    far = X.assign(size=1e9)
    model = regressor(max_iter=40).fit(X, T)
    assert T.min() <= model.predict(far).min() <= model.predict(far).max() <= T.max()


def test_numbers_far_from_zero_are_predicted_as_finely_as_others():
    near, far = regressor(max_iter=40).fit(X, T), regressor(max_iter=40).fit(X, 1e9 + T)
    np.testing.assert_allclose(far.predict(X) - 1e9, near.predict(X), atol=1e-3)


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "poisson"])
def test_losses_of_numbers(loss):
    model = regressor(loss=loss, max_iter=60, hidden_layer_sizes=(32,)).fit(X, np.exp(T))
    assert model.score(X, np.exp(T)) > 0.4


def test_quantiles_are_in_order():
    model = regressor(loss="quantile", quantiles=(0.1, 0.5, 0.9), max_iter=30).fit(X, T)
    found = model.predict(X)
    assert found.shape == (len(X), 3)
    assert (np.diff(found, axis=1) >= 0).all()
    assert np.mean(T < found[:, 0]) < 0.35 < 0.65 < np.mean(T < found[:, 2])
    assert np.isfinite(model.score(X, T))


@pytest.mark.parametrize("params", [{"device": "checked"}, {"dtype": "float64"}])
def test_other_ways_to_compute_give_the_same_model(params):
    model, other = classifier().fit(X, Y), classifier(**params).fit(X, Y)
    np.testing.assert_allclose(other.predict_proba(X), model.predict_proba(X), rtol=0.02, atol=1e-3)


def test_predictions_from_many_threads_are_those_of_one():
    model = classifier(n_members=2).fit(X, Y)
    expected, found = model.predict_proba(X), {}

    def predict(k):
        found[k] = model.predict_proba(X)

    threads = [threading.Thread(target=predict, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for proba in found.values():
        np.testing.assert_array_equal(proba, expected)


def test_the_size_of_mini_batches_and_the_epochs_go_by_the_rows():
    rows = np.random.default_rng(0).normal(size=(700, 1))
    model = TabularMLPRegressor(hidden_layer_sizes=(2,), max_iter=1)
    for n, size in {700: 128, 400: 64, 100: 32, 30: 24}.items():
        assert model.fit(rows[:n], rows[:n, 0]).members_[0].batch_size == size


def test_few_samples_have_steps_enough_to_learn_more_than_a_line():
    x = np.random.default_rng(0).uniform(-3, 3, (300, 1))
    model = TabularMLPRegressor(n_members=2, random_state=0).fit(x, np.sin(3 * x[:, 0]))
    assert model.score(x, np.sin(3 * x[:, 0])) > 0.8


def test_sparse_labels_go_with_given_validation_samples_and_with_refit():
    random = np.random.default_rng(0)
    X = random.normal(size=(40, 2))
    labels = sparse.csr_matrix((X > 0).astype(int))
    small = {"hidden_layer_sizes": (3,), "max_iter": 2, "random_state": 0}
    given = TabularMLPClassifier(**small).fit(X, labels, X_val=X[:10], y_val=labels[:10])
    again = TabularMLPClassifier(**small, n_splits=2, refit=True).fit(X, labels)
    for model in (given, again):
        assert model.predict(X).shape == (40, 2)
