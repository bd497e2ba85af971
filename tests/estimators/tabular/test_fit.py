"""Fits of tabular estimators: epochs, weights, seeds, errors, and scikit-learn."""

import copy
import pickle
import threading

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn import model_selection as sk
from sklearn.base import clone
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.metrics import balanced_accuracy_score, make_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import skdeep.model_selection as ours
from skdeep import TabularMLPClassifier, TabularMLPRegressor
from tests.estimators.tabular.tables import T, X, Y, classifier, regressor, table

BOTH = pytest.mark.parametrize(("make", "y"), [(classifier, Y), (regressor, T)])


def outputs(model, rows=X):
    return np.stack(model._member_outputs(rows))


def scripted(scores):
    """Return a scorer that gives these scores, one after the other."""
    left = iter(scores)
    return lambda estimator, X, y: next(left)


# ---------------------------------------------------------------------- epochs


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


# ---------------------------------------------------------------------- weights


def test_samples_without_weight_are_as_if_they_were_not_there():
    given = {"early_stopping": False, "dropout": 0.0, "dtype": "float64"}
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


# ---------------------------------------------------------------------- y


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


# ---------------------------------------------------------------------- step by step


@BOTH
def test_partial_fit_keeps_the_columns_of_the_first_call(make, y):
    model, classes = make(n_members=2), {} if y is T else {"classes": ["no", "yes"]}
    model.partial_fit(X[:60], y[:60], **classes)
    encoder = pickle.dumps(model.encoders_)
    for start in (60, 0, 60) * 8:
        model.partial_fit(X[start : start + 60], y[start : start + 60])
    assert pickle.dumps(model.encoders_) == encoder
    assert model.score(X, y) > (0.7 if y is Y else 0.4)
    before = outputs(model)
    with pytest.raises(ValueError, match="NaN in row 2"):
        model.partial_fit(X[:5], pd.Series(y[:5]).mask(np.arange(5) == 2))
    with pytest.raises(ValueError, match="lacks the column 'old'"):
        model.partial_fit(X.drop(columns="old"), y)
    np.testing.assert_array_equal(outputs(model), before)


def test_partial_fit_goes_on_from_a_fit():
    model = classifier().fit(X, Y)
    copied = copy.deepcopy(model)
    before = outputs(model)
    model.partial_fit(X, Y)
    assert (outputs(model) != before).any()
    np.testing.assert_array_equal(outputs(copied), before)
    assert not hasattr(classifier(n_splits=2), "partial_fit")
    with pytest.raises(ValueError, match="n_splits"):
        classifier(n_splits=2).fit(X, Y).set_params(n_splits=None).partial_fit(X, Y)


def test_partial_fit_goes_on_with_fewer_samples_in_silence():
    model = classifier().fit(X, Y).partial_fit(X[:1], Y[:1])
    assert np.isfinite(outputs(model)).all()


def test_partial_fit_forgets_what_samples_held_out_said_of_the_networks_before():
    model = regressor().fit(X, T).partial_fit(X, T)
    with pytest.raises(ValueError, match="predict_interval needs samples"):
        model.predict_interval(X)
    calibrated = classifier(calibrate=True, label_smoothing=0.0).fit(X, Y)
    assert calibrated.temperature_ != 1
    assert calibrated.partial_fit(X, Y).temperature_ == 1


def test_partial_fit_needs_the_classes_at_first():
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        classifier().partial_fit(X, Y)


# ---------------------------------------------------------------------- errors


class Breaks:
    """A scorer that raises in the third epoch."""

    def __init__(self, error):
        self.error, self.calls = error, 0

    def __call__(self, estimator, X, y):
        self.calls += 1
        if self.calls == 3:
            raise self.error
        return 0.0


@pytest.mark.parametrize("error", [ZeroDivisionError("no"), ValueError("no")])
def test_a_fit_that_fails_leaves_the_model_as_it_was(error):
    model = classifier().fit(X, Y)
    before, attributes = outputs(model), set(vars(model))
    model.set_params(scoring=Breaks(error))
    with pytest.raises(type(error)):
        model.fit(X.drop(columns="old"), T > 0)
    assert set(vars(model)) == attributes
    assert model.feature_names_in_.tolist() == list(X)
    np.testing.assert_array_equal(outputs(model), before)


@pytest.mark.parametrize("params", [{}, {"n_members": 3}, {"n_members": 2, "refit": True}])
@pytest.mark.filterwarnings("ignore:Training interrupted:UserWarning")
def test_ctrl_c_keeps_what_networks_have_learned(params):
    scorer = Breaks(KeyboardInterrupt())
    model = classifier(scoring=scorer, calibrate=True, **params).fit(X, Y)
    assert 3 <= scorer.calls <= 9  # and no refit begins
    assert all(1 <= member.n_iter_ <= 8 for member in model.members_)
    assert model.predict(X).shape == Y.shape
    assert pickle.loads(pickle.dumps(model)).predict(X).shape == Y.shape


def test_ctrl_c_is_told():
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        classifier(scoring=Breaks(KeyboardInterrupt()), n_members=2).fit(X, Y)


def test_ctrl_c_while_folds_train_leaves_the_model_as_it_was():
    model = classifier(n_splits=2).fit(X, Y)
    before = outputs(model)
    with pytest.warns(UserWarning, match="interrupted"), pytest.raises(KeyboardInterrupt):
        model.set_params(scoring=Breaks(KeyboardInterrupt())).fit(X, Y)
    np.testing.assert_array_equal(outputs(model), before)


@BOTH
@pytest.mark.parametrize("method", ["predict", "transform", "predict_proba", "predict_interval"])
def test_models_that_are_not_fitted_say_so(make, y, method):
    model = make()
    if hasattr(model, method):
        with pytest.raises(NotFittedError):
            getattr(model, method)(X)
    with pytest.raises(NotFittedError):
        model.score(X, y)


WRONG = {
    "n_members": 0,
    "n_splits": 1,
    "max_one_hot": 0,
    "embedding_dim": 0,
    "numeric_embedding": "nope",
    "activation": "nope",
    "dropout": 1.0,
    "dropout_schedule": "nope",
    "weight_decay": -1,
    "weight_decay_schedule": "nope",
    "learning_rate_init": 0.0,
    "batch_size": "all",
    "max_iter": 0,
    "validation_fraction": 0.0,
    "patience_factor": -1,
    "refit": "yes",
    "device": "tpu",
    "dtype": "int32",
    "categorical_features": "all",
    "hidden_layer_sizes": (5, 0),
    "memory_limit": 0,
}


@pytest.mark.parametrize("name", WRONG)
@BOTH
def test_wrong_parameters_are_named(make, y, name):
    with pytest.raises(ValueError, match=name):
        make(**{name: WRONG[name]}).fit(X, y)


def test_one_group_cannot_be_held_out():
    with pytest.raises(ValueError, match="groups must hold two groups at least"):
        classifier().fit(X, Y, groups=np.zeros(len(X)))


def test_what_leaves_nothing_to_train_on_is_said():
    with pytest.raises(ValueError, match=r"validation_fraction=0.95 of 12 sample\(s\)"):
        classifier(validation_fraction=0.95).fit(X[:12], Y[:12])
    with pytest.raises(ValueError, match="n_splits=9 is more than there are samples"):
        regressor(n_splits=9).fit(X[:5], T[:5])
    assert classifier(early_stopping=False).fit(X[:2], Y[:2]).predict(X[:2]).shape == (2,)


@pytest.mark.parametrize("n", [1, 4, 9])
@BOTH
def test_of_a_handful_of_samples_none_is_held_out(make, y, n):
    model = make(n_members=2, max_iter=3).fit(X[:n], y[:n])
    expected = make(n_members=2, max_iter=3, early_stopping=False).fit(X[:n], y[:n])
    np.testing.assert_array_equal(outputs(model), outputs(expected))
    with pytest.raises(ValueError, match="refit=True needs validation samples"):
        make(refit=True).fit(X[:n], y[:n])


# ---------------------------------------------------------------------- scikit-learn


@BOTH
def test_clones_copies_and_pickles(make, y):
    model = make(n_splits=2).fit(X, y)
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        np.testing.assert_array_equal(outputs(other), outputs(model))
        assert other.get_params() == model.get_params()
    assert "members_" not in vars(clone(model))
    assert repr(model) == repr(clone(model))
    assert eval(repr(make())).get_params() == make().get_params()
    assert "TabularMLP" in type(model)()._repr_html_()


@BOTH
@pytest.mark.parametrize("search", [sk.GridSearchCV, ours.GridSearchCV], ids=["sklearn", "ours"])
def test_searches_find_what_cross_validation_finds(make, y, search):
    grid = {"dropout": [0.0, 0.3], "hidden_layer_sizes": [(8,), (16, 8)]}
    found = search(make(max_iter=3), grid, cv=2).fit(X, y)
    for params, mean in zip(
        found.cv_results_["params"], found.cv_results_["mean_test_score"], strict=True
    ):
        model = make(max_iter=3).set_params(**params)
        assert mean == pytest.approx(sk.cross_val_score(model, X, y, cv=2).mean(), rel=1e-6)
    assert found.predict(X).shape == y.shape


def test_cross_validation_pipelines_and_workers():
    model = make_pipeline(FunctionTransformer(), classifier(max_iter=3))
    found = sk.cross_val_predict(model, X, Y, cv=3, method="predict_proba")
    other = sk.cross_val_predict(model, X, Y, cv=3, method="predict_proba", n_jobs=2)
    assert found.shape == (len(X), 2)
    np.testing.assert_allclose(found, other, rtol=1e-3, atol=1e-4)
    by_name = sk.cross_validate(model, X, Y, cv=2, scoring=["roc_auc", "neg_log_loss"])
    assert np.isfinite(by_name["test_neg_log_loss"]).all()


def test_features_of_the_last_hidden_layers_come_as_frames():
    model = classifier(n_members=2).set_output(transform="pandas").fit(X, Y)
    found = model.transform(X)
    assert found.shape == (len(X), 32)
    assert list(found) == list(model.get_feature_names_out())
    assert found.index.equals(X.index)
    np.testing.assert_array_equal(classifier(n_members=2).fit_transform(X, Y), found)


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
    rows = np.random.default_rng(0).normal(size=(600, 1))
    one = TabularMLPClassifier(hidden_layer_sizes=(2,), max_iter=1).fit(rows, rows[:, 0] > 0)
    assert one.members_[0].batch_size == 128
    few = TabularMLPRegressor(hidden_layer_sizes=(2,), max_iter=1).fit(rows[:100], rows[:100, 0])
    assert few.members_[0].batch_size == 80


def test_sparse_labels_go_with_given_validation_samples_and_with_refit():
    random = np.random.default_rng(0)
    X = random.normal(size=(40, 2))
    labels = sparse.csr_matrix((X > 0).astype(int))
    small = {"hidden_layer_sizes": (3,), "max_iter": 2, "random_state": 0}
    given = TabularMLPClassifier(**small).fit(X, labels, X_val=X[:10], y_val=labels[:10])
    again = TabularMLPClassifier(**small, n_splits=2, refit=True).fit(X, labels)
    for model in (given, again):
        assert model.predict(X).shape == (40, 2)


def test_quantiles_that_do_not_increase_are_refused():
    # They would come back in another order than they were given.
    for method in ("fit", "partial_fit"):
        with pytest.raises(ValueError, match="quantiles must increase"):
            getattr(regressor(loss="quantile", quantiles=(0.9, 0.1)), method)(X, T)
