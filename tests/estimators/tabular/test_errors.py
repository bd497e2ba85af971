"""Fits of tabular estimators that fail, are interrupted, or are asked for what cannot be."""

import pickle

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from tests.estimators.tabular.tables import BOTH, T, X, Y, classifier, outputs, regressor


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


def test_quantiles_that_do_not_increase_are_refused():
    # They would come back in another order than they were given.
    for method in ("fit", "partial_fit"):
        with pytest.raises(ValueError, match="quantiles must increase"):
            getattr(regressor(loss="quantile", quantiles=(0.9, 0.1)), method)(X, T)
