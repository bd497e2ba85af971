"""Pickles: those that are older than a parameter, and what fitted ones hold."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import InconsistentVersionWarning

import skdeep
from skdeep import (
    Autoencoder,
    AutoencoderOutlierDetector,
    BernoulliRBM,
    CNNClassifier,
    ConvAutoencoder,
    DBNClassifier,
    DBNRegressor,
    DBNTransformer,
    GaussianRBM,
    MLPClassifier,
    MLPEnsembleClassifier,
    MLPRegressor,
    RBMClassifier,
    RNNClassifier,
    RNNForecaster,
    RNNGenerator,
    RNNRegressor,
    RNNTagger,
    VariationalAutoencoder,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

ESTIMATORS = [
    cls
    for cls in (getattr(skdeep, name) for name in skdeep.__all__)
    if isinstance(cls, type) and issubclass(cls, BaseEstimator)
]
VERSION = "_skdeep_version"
X = np.random.default_rng(0).uniform(size=(200, 40))
Y = np.arange(200) % 2
TOKENS = [np.arange(12) % 5] * 20


def again(model):
    return pickle.loads(pickle.dumps(model))


# ------------------------------------------------------------------ older than a parameter


def read_old(cls, state):
    """Return the estimator of an older pickle, and the warnings of reading it."""
    with warnings.catch_warnings(record=True) as records:
        warnings.simplefilter("always")
        old = cls.__new__(cls)
        old.__setstate__(state)
    return old, [record.message for record in records]


def new_in(cls):
    """Return a parameter with a default: the last one."""
    return next(reversed(cls._parameter_constraints))


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_a_parameter_newer_than_the_pickle_has_its_default(cls):
    model, name = cls(), new_in(cls)
    state = model.__getstate__()
    assert state[VERSION] == skdeep.__version__
    state = {k: v for k, v in state.items() if k != name} | {VERSION: "0.0.1"}
    old, (message,) = read_old(cls, state)
    assert isinstance(message, InconsistentVersionWarning)
    assert "0.0.1" in str(message)
    assert name in str(message)
    assert cls.__name__ in repr(old)
    assert getattr(clone(old), name) == getattr(model, name)
    assert VERSION not in vars(old)


def test_a_fitted_model_from_an_older_pickle_goes_on():
    model = MLPClassifier((4,), max_iter=2, random_state=0).fit(X, Y)
    state = {k: v for k, v in model.__getstate__().items() if k not in (VERSION, "ema_decay")}
    old, _ = read_old(MLPClassifier, state)
    np.testing.assert_array_equal(old.predict_proba(X), model.predict_proba(X))
    np.testing.assert_equal(
        old.partial_fit(X, Y).get_weights(), model.partial_fit(X, Y).get_weights()
    )


class Narrower(MLPClassifier):
    """A user's subclass, with fewer parameters and one of its own."""

    def __init__(self, alpha=0.1, width=3):
        super().__init__(alpha=alpha)
        self.width = width


def test_a_users_subclass_gets_its_own_defaults_and_its_bases():
    state = Narrower().__getstate__()
    for name in ("alpha", "width", "momentum"):
        del state[name]
    old, (message,) = read_old(Narrower, state)
    assert (old.alpha, old.width, old.momentum) == (0.1, 3, MLPClassifier().momentum)
    assert set(message.new) == {"alpha", "width", "momentum"}


def test_another_version_warns_where_nothing_is_missing():
    state = MLPClassifier().__getstate__() | {VERSION: "0.0.1"}
    _, (message,) = read_old(MLPClassifier, state)
    assert message.new == ()


# ------------------------------------------------------------------ what they hold

FIT = {"max_iter": 2, "random_state": 0}
WIDE = {"hidden_layer_sizes": (128,), **FIT}
EARLY = {"early_stopping": True}
ROWS, IMAGES, SEQUENCES = (X, Y), (X.reshape(200, 8, 5, 1), Y), (X[:, :, None], Y)

#: Fitted models: how many of the optimizer's states each weight has, an estimator, and the data.
HELD = {
    "mlp": (2, MLPClassifier(**WIDE), ROWS),
    "early stopping": (2, MLPClassifier(**WIDE, **EARLY), ROWS),
    "averages": (3, MLPClassifier(**WIDE, ema_decay=0.9), ROWS),
    "averages, early stopping": (2, MLPClassifier(**WIDE, **EARLY, ema_decay=0.9), ROWS),
    "lbfgs": (0, MLPClassifier(**WIDE, solver="lbfgs"), ROWS),
    "sgd": (1, MLPRegressor(**WIDE, solver="sgd"), (X, X[:, 0])),
    "cnn": (2, CNNClassifier(**FIT, **EARLY), IMAGES),
    "rnn": (2, RNNClassifier(**FIT), SEQUENCES),
    "rnn regressor": (2, RNNRegressor(**FIT), SEQUENCES),
    "tagger": (2, RNNTagger(**FIT), (TOKENS, TOKENS)),
    "forecaster": (2, RNNForecaster(**FIT), (X[:, :1],)),
    "generator": (2, RNNGenerator(**FIT), (TOKENS,)),
    "dbn": (2, DBNClassifier(**WIDE), ROWS),
    "dbn regressor": (2, DBNRegressor(**WIDE), (X, X[:, 0])),
    "dbn transformer": (2, DBNTransformer(**WIDE), (X,)),
    "rbm": (0, BernoulliRBM(128, n_iter=2, random_state=0), (X,)),
    "rbm, momentum": (1, BernoulliRBM(128, n_iter=2, random_state=0, momentum=0.9), (X,)),
    "real rbm": (0, GaussianRBM(128, n_iter=2, random_state=0), (X,)),
    "rbm classifier": (2, RBMClassifier(max_iter=2, random_state=0), ROWS),
    "autoencoder": (2, Autoencoder(**FIT, **EARLY), (X,)),
    "convolutional": (2, ConvAutoencoder(**FIT), (IMAGES[0],)),
    "variational": (2, VariationalAutoencoder(**FIT), (X,)),
    "detector": (2, AutoencoderOutlierDetector(Autoencoder(**FIT)), (X,)),
    "ensemble": (2, MLPEnsembleClassifier(MLPClassifier(**WIDE), 3, random_state=0), ROWS),
}
#: What a pickle holds besides: parameters, descriptions, random states, chains; in bytes a model.
BESIDE = 24_000


def networks(model):
    """Return the fitted networks of an estimator, itself or its members."""
    if hasattr(model, "estimators_"):
        return model.estimators_
    return [model.estimator_ if isinstance(model, AutoencoderOutlierDetector) else model]


@pytest.mark.parametrize("case", HELD)
def test_a_pickle_holds_weights_and_states_of_the_optimizer(case):
    n_states, model, data = HELD[case]
    model = clone(model).fit(*data)
    bound = 0
    for network in networks(model):
        bound += (1 + n_states) * sum(w.nbytes for w in network.get_weights().values()) + BESIDE
        for rbm in getattr(network, "rbms_", ()):
            bound += sum(w.nbytes for w in rbm.get_weights().values()) + BESIDE
    assert len(pickle.dumps(model)) < bound
    assert len(pickle.dumps(again(model))) < bound


@pytest.mark.parametrize("case", ["mlp", "cnn", "rnn", "dbn", "autoencoder", "variational"])
def test_a_pickle_holds_no_validation_rows(case):
    _, model, (rows, *y) = HELD[case]
    model = clone(model).set_params(early_stopping=True)
    given = {"X_val": rows[1:], **({"y_val": y[0][1:]} if y else {})}
    if case == "dbn":
        given["X_unlabeled"] = rows[1:]
    with_rows = len(pickle.dumps(clone(model).fit(rows, *y, **given)))
    assert with_rows < len(pickle.dumps(model.fit(rows, *y))) + 1000


def go_on(model, data):
    """Train on by a warm start, as where there is no partial_fit."""
    return model.set_params(warm_start=True).fit(*data)


@pytest.mark.parametrize(
    "case", ["early stopping", "averages, early stopping", "lbfgs", "cnn", "autoencoder"]
)
def test_a_pickled_model_goes_on_to_the_bit(case):
    _, model, data = HELD[case]
    model = clone(model).fit(*data)
    before = model.get_weights()
    other = go_on(again(again(model)), data)
    go_on(model, data)
    np.testing.assert_equal(other.get_weights(), model.get_weights())
    assert any((before[name] != weights).any() for name, weights in other.get_weights().items())
