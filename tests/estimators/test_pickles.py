"""Pickles that are older than a parameter."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import InconsistentVersionWarning

import skdeep
from skdeep import MLPClassifier

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
