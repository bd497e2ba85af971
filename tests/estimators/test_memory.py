"""What a fit took is free when it returns, without Python's garbage collector."""

import gc
import tracemalloc
from collections import Counter
from contextlib import contextmanager

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep
from skdeep import MLPClassifier, MLPRegressor
from skdeep.fitting.jobs import FitJob
from skdeep.fitting.stack import Stack
from skdeep.model_selection import GridSearchCV, HalvingGridSearchCV
from skdeep.nn.core.binder import Arena
from skdeep.nn.core.network import Program
from skdeep.nn.core.params import ParamStore
from skdeep.train.evaluator import Evaluator
from skdeep.train.predictor import Predictor
from skdeep.train.trainer import Trainer
from tests.contracts.estimators import CASES

#: What holds rows, buffers and recorded steps of a training; and what does in a fitted model.
OF_A_TRAINING = FitJob, Stack, Trainer, Evaluator
OF_A_MODEL = Predictor, Program, Arena, ParamStore

random = np.random.default_rng(0)
X = random.normal(size=(30, 6))
y = np.arange(30) % 2

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning"),
    pytest.mark.filterwarnings("ignore:One or more of the test scores:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*interrupted:UserWarning"),
]


def mlp(**params):
    return MLPClassifier((4,), **{"max_iter": 2, **params})


def search(estimator, kind=GridSearchCV, name="alpha", values=(1e-4, 1e-2), **params):
    return kind(estimator, {name: list(values)}, cv=2, **params)


def diverging(**params):
    return MLPRegressor(
        hidden_layer_sizes=(4,), activation="identity", solver="sgd", max_iter=3, **params
    )


class Interrupted:
    """A schedule in which Ctrl-C comes."""

    def __init__(self):
        self.calls = 0

    def __call__(self, progress):
        self.calls += 1
        if self.calls > 4:
            raise KeyboardInterrupt
        return np.ones_like(progress)


def new(name, **params):
    return lambda: getattr(skdeep, name)(**params)


FITS = {
    **{name: (case.make, *case.data) for name, case in CASES.items()},
    "early stopping": (lambda: mlp(early_stopping=True), X, y),
    "own scorer": (lambda: mlp(early_stopping=True, scoring="accuracy"), X, y),
    "L-BFGS": (lambda: mlp(solver="lbfgs"), X, y),
    "averages": (lambda: mlp(ema_decay=0.9, dropout=0.1), X, y),
    "Ctrl-C": (lambda: mlp(learning_rate_schedule=Interrupted()), X, y),
    "GridSearchCV": (lambda: search(mlp()), X, y),
    "HalvingGridSearchCV": (
        lambda: search(mlp(), HalvingGridSearchCV, resource="max_iter", max_resources=2),
        X,
        y,
    ),
    "pipeline": (
        lambda: search(make_pipeline(StandardScaler(), mlp()), name="mlpclassifier__alpha"),
        X,
        y,
    ),
    "search with failed fits": (
        lambda: search(diverging(), name="learning_rate_init", values=(1e-3, 1e200)),
        X,
        y,
    ),
}

FAILING = {
    "MLPRegressor": (lambda: diverging(learning_rate_init=1e200), X, y),
    "GaussianRBM": (new("GaussianRBM", n_components=4, learning_rate=1e300), X * 1e100),
    "ensemble": (
        lambda: skdeep.MLPEnsembleRegressor(diverging(learning_rate_init=1e200), n_estimators=3),
        X,
        y,
    ),
    "search": (
        lambda: search(
            diverging(),
            name="learning_rate_init",
            values=(1e200, 1e201),
            error_score="raise",
        ),
        X,
        y,
    ),
}


@pytest.fixture(scope="module", autouse=True)
def _of_these_tests_only():
    """Hide from the collector what was there before: looking through it takes long."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@contextmanager
def no_collector():
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def alive(kinds):
    return Counter(type(one).__name__ for one in gc.get_objects() if isinstance(one, kinds))


@pytest.mark.parametrize("name", FITS)
def test_nothing_of_twenty_trainings_is_left(name):
    make, *data = FITS[name]
    with no_collector():
        before = alive(OF_A_TRAINING), alive(OF_A_MODEL)
        fitted = [make().fit(*data) for _ in range(20)]
        assert alive(OF_A_TRAINING) == before[0]
        assert fitted.pop() is not None
        del fitted
        assert alive(OF_A_MODEL) == before[1]


@pytest.mark.parametrize("name", FAILING)
def test_nothing_is_left_of_trainings_that_fail(name):
    make, *data = FAILING[name]
    kinds = OF_A_TRAINING + OF_A_MODEL
    with no_collector():
        before = alive(kinds)
        for _ in range(20):
            try:
                make().fit(*data)
            except ValueError:
                continue
            pytest.fail("it did not fail")
        assert alive(kinds) == before


def peak(n_fits):
    """Return the most memory that some fits take, one after the other, in bytes."""
    with no_collector():
        tracemalloc.start()
        try:
            for _ in range(n_fits):
                MLPClassifier((200, 200), max_iter=1).fit(X, y)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def test_twenty_fits_take_the_memory_of_one():
    peak(1)
    assert peak(20) < 1.2 * peak(1)


def test_the_buffers_of_predictions_go_with_the_model():
    model = mlp().fit(X, y)
    with no_collector():
        before = alive(OF_A_MODEL)
        model.predict(X)
        assert alive(OF_A_MODEL) != before
        del model
        assert alive(OF_A_MODEL) < before
