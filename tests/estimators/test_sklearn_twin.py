"""scikit-learn's own tests of its MLPs, run with our classes in their place.

Each test function of `sklearn.neural_network.tests.test_mlp` is copied here with the names
`MLPClassifier` and `MLPRegressor` rebound, in its globals and in its parametrisation.
"""

import inspect
import types

import numpy as np
import pytest
from sklearn.neural_network.tests import test_mlp as theirs

import skdeep

OURS = {
    theirs.MLPClassifier: skdeep.MLPClassifier,
    theirs.MLPRegressor: skdeep.MLPRegressor,
}

# Tests of how scikit-learn is built inside, and where the behaviour they protect is tested here.
PRIVATE = {
    "test_fit": "assigns coefs_ and _coef_grads by hand; see test_parity, logistic",
    "test_gradient": "calls _loss_grad_lbfgs; see the gradient checks of the engine's layers",
    "test_learning_rate_warmstart": "reads _optimizer; see test_parity, warm-start-invscaling",
    "test_adaptive_learning_rate": "reads _optimizer; see test_parity, adaptive-until-too-small",
    "test_n_iter_no_change": "reads _no_improvement_count; see test_parity, stalled",
    "test_n_iter_no_change_inf": "reads _no_improvement_count; see test_parity, never-stalls",
}


def with_our_classes(value):
    """Replace scikit-learn's classes in one argument of a parametrisation."""
    if inspect.isclass(value):
        return OURS.get(value, value)
    return value


def our_mark(mark):
    if mark.name != "parametrize":
        return mark
    names, values, *rest = mark.args
    return pytest.mark.parametrize(
        names, [with_our_classes(value) for value in values], *rest, **mark.kwargs
    ).mark


def our_copy(function):
    """Return the test with our classes under scikit-learn's names."""
    ours = {cls.__name__: replacement for cls, replacement in OURS.items()}
    copied = types.FunctionType(
        function.__code__, {**vars(theirs), **ours}, function.__name__, function.__defaults__
    )
    copied.__doc__ = function.__doc__
    copied.pytestmark = [our_mark(mark) for mark in getattr(function, "pytestmark", [])]
    return copied


THEIR_TESTS = {
    name: function
    for name, function in inspect.getmembers(theirs, inspect.isfunction)
    if name.startswith("test_")
}
globals().update(
    {name: our_copy(function) for name, function in THEIR_TESTS.items() if name not in PRIVATE}
)


@pytest.fixture
def global_random_seed():
    """Return the one seed that scikit-learn's suite uses unless told otherwise."""
    return 42


@pytest.fixture(autouse=True)
def _seed_what_they_leave_unseeded():
    # Many of these tests leave random_state=None and ask for convergence.
    np.random.seed(0)  # noqa: NPY002


def test_the_table_names_tests_that_exist():
    assert set(PRIVATE) <= set(THEIR_TESTS)
