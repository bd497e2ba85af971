"""Estimators that are trained as one stack: each is what its own ``fit`` makes of it."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, make_friedman1
from sklearn.exceptions import ConvergenceWarning
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import scale

from skdeep import MLPClassifier, MLPRegressor
from skdeep.estimators.fit.waiting import deferring
from skdeep.fitting import stack as _stack
from skdeep.fitting.stack import group_jobs, train_jobs
from skdeep.optim.schedules import CosineSchedule
from tests.contracts.estimator_results import values
from tests.estimators.stacked import assert_same, twins

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

DIGITS = load_digits(return_X_y=True)
DIGITS = (DIGITS[0][:300] / 16, DIGITS[1][:300])
FRIEDMAN = make_friedman1(200, random_state=0)
CANCER = load_breast_cancer(return_X_y=True)
CANCER = (scale(CANCER[0]), CANCER[1])

#: What each model of a stack may have for itself; five models take turns.
OWN = {
    "learning_rate_init": (0.001, 0.01, 0.003, 0.02, 0.005),
    "alpha": (0.0, 0.1, 1e-4, 1.0, 0.01),
    "weight_decay": (0.0, 0.01, 0.0, 0.1, 0.0),
    "beta_1": (0.9, 0.8, 0.95, 0.5, 0.9),
    "beta_2": (0.999, 0.99, 0.9, 0.999, 0.95),
    "epsilon": (1e-8, 1e-6, 1e-4, 1e-8, 1e-3),
    "random_state": (0, 1, 2, 3, 4),
    "max_iter": (3, 9, 5, 7, 9),
    "tol": (1e-4, 10.0, 1e-4, 1e-2, 1e-4),
    "n_iter_no_change": (10, 2, 10, 1, 3),
    "shuffle": (True, True, False, True, True),
    "learning_rate_schedule": (None, "cosine", CosineSchedule(0.1), None, "one_cycle"),
    "weight_decay_schedule": ("cosine", "flat_cosine", None, CosineSchedule(0.1), None),
}


@pytest.mark.parametrize("solver", ["adam", "sgd", "nadam", "lion"])
def test_classifiers(solver):
    model = MLPClassifier((12,), solver=solver, batch_size=32, dropout=0.2)
    found = twins(model, OWN, DIGITS)
    assert len({one.n_iter_ for one in found}) > 2  # they stopped at different epochs


def test_each_has_its_own_schedule_of_dropout():
    own = {
        "dropout_schedule": ("flat_cosine", "cosine", CosineSchedule(0.5)),
        "dropout": (0.1, 0.5, 0.3),
        "weight_decay_schedule": (None, "cosine", "flat_cosine"),
        "weight_decay": (0.1, 0.01, 1.0),
        "random_state": (0, 1, 2),
    }
    for activation in ("relu", "selu"):
        twins(MLPClassifier((12,), activation=activation, max_iter=5, batch_size=32), own, DIGITS)


def test_regressors_with_rows_of_their_own():
    counts = [200, 150, 200, 77, 33]
    rows = [slice(m, m + n) for m, n in enumerate(counts)]
    model = MLPRegressor(hidden_layer_sizes=(12, 8), batch_size=32, normalization="batch")
    twins(model, OWN, FRIEDMAN, rows)
    twins(clone(model).set_params(loss="quantile", quantiles=(0.1, 0.9)), OWN, FRIEDMAN, rows)


@pytest.mark.parametrize("scoring", [None, "loss", "neg_log_loss"])
def test_early_stopping_with_validation_rows_of_their_own(scoring):
    rows = [slice(0, n) for n in (300, 299, 220, 219, 100)]
    model = MLPClassifier((12,), early_stopping=True, scoring=scoring, batch_size=32)
    own = {**OWN, "validation_fraction": (0.1, 0.1, 0.2, 0.3, 0.2), "shuffle": (True,) * 5}
    twins(model, own, DIGITS, rows)


def test_given_validation_rows_and_weights():
    X, y = CANCER
    weight = np.random.RandomState(0).randint(0, 3, len(y)).astype(float)
    given = {"X_val": X[:60], "y_val": y[:60], "sample_weight": weight}
    model = MLPClassifier((8,), early_stopping=True, ema_decay=0.9, gradient_clip_norm=0.5)
    own = {**OWN, "class_weight": (None, "balanced", {0: 2, 1: 1}, None, {0: 1, 1: 3})}
    own |= {"ema_decay": (0.9, 0.5, 0.8, 0.9, 0.7), "label_smoothing": (0, 0.1, 0.2, 0, 0.3)}
    twins(model, own, CANCER, **given)


@pytest.mark.parametrize("rates", [("constant", "invscaling", "adaptive")])
def test_each_has_its_own_rule_of_the_learning_rate(rates):
    own = {
        "learning_rate": rates,
        "learning_rate_init": (0.5, 0.9, 0.4),
        "momentum": (0.9, 0.5, 0.7),
        "dropout": (0.1, 0.2, 0.3),
        "label_smoothing": (0.0, 0.1, 0.2),
        "label_smoothing_schedule": ("cosine", "flat_cosine", "step"),
        "kernel_initializer": ("sklearn", "he_uniform", "sklearn"),
    }
    model = MLPClassifier((8,), solver="sgd", n_iter_no_change=2, max_iter=30, random_state=1)
    found = twins(model, own, DIGITS)
    assert len({tuple(one.learning_rate_curve_[-2:]) for one in found}) == 3


def test_single_precision():
    model = MLPClassifier((12,), batch_size=32, random_state=0, max_iter=5)
    data = (DIGITS[0].astype(np.float32), DIGITS[1])
    with deferring(lambda estimator: True) as jobs:
        together = [clone(model).set_params(alpha=a).fit(*data) for a in (0.0, 0.1)]
    train_jobs(jobs)
    for one in together:
        alone = clone(one).fit(*data)
        assert values(one).dtype == np.float32
        np.testing.assert_allclose(one.loss_curve_, alone.loss_curve_, rtol=1e-4)


def test_one_that_diverges_leaves_the_others_alone():
    model = MLPClassifier((8,), solver="sgd", max_iter=6, random_state=0)
    with deferring(lambda estimator: True) as jobs:
        models = [clone(model).set_params(learning_rate_init=r) for r in (0.1, 1e200, 0.2)]
        for one in models:
            one.fit(*DIGITS)
    train_jobs(jobs)
    assert [type(job.error) for job in jobs] == [type(None), ValueError, type(None)]
    assert "non-finite" in str(jobs[1].error)
    assert not hasattr(models[1], "loss_curve_")  # what it was before the fit
    for one in (models[0], models[2]):
        assert_same(one, clone(one).fit(*DIGITS), *DIGITS)


def test_a_scorer_that_fails_for_one_ends_that_one_only():
    def scorer(estimator, X, y):
        if estimator.alpha == 0.1 and estimator.n_iter_ == 2:
            raise RuntimeError("cannot score this")
        return estimator.score(X, y)

    model = MLPClassifier((8,), early_stopping=True, scoring=scorer, max_iter=4, random_state=0)
    with deferring(lambda estimator: True) as jobs:
        models = [clone(model).set_params(alpha=a).fit(*DIGITS) for a in (0.0, 0.1)]
    train_jobs(jobs)
    assert jobs[0].error is None
    assert str(jobs[1].error) == "cannot score this"
    assert models[0].n_iter_ == 4


def test_finished_models_are_left_out_of_the_arithmetic(monkeypatch):
    built = []
    make = _stack.Stack._build

    def build(self, runs, *args):
        built.append(len(runs))
        make(self, runs, *args)

    monkeypatch.setattr(_stack.Stack, "_build", build)
    own = {"max_iter": (2, 4, 6, 8, 10, 10, 10, 10), "random_state": range(8)}
    twins(MLPClassifier((8,), early_stopping=True), own, DIGITS)
    assert built[:3] == [8, 6, 4]


def test_what_cannot_be_stacked_is_trained_all_the_same():
    models = [
        MLPClassifier((8,), max_iter=3, random_state=0),
        MLPClassifier((9,), max_iter=3, random_state=0),
        MLPClassifier((8,), solver="sgd", max_iter=3, random_state=0),
        MLPClassifier((8,), solver="lbfgs", max_iter=3, random_state=0),
        MLPClassifier((8,), batch_size=17, max_iter=3, random_state=0),
        MLPClassifier((8,), dropout=0.1, max_iter=3, random_state=0),
        MLPClassifier((8,), ema_decay=0.9, max_iter=3, random_state=0),
        MLPClassifier((8,), alpha=0.1, max_iter=3, random_state=0),
    ]
    with deferring(lambda estimator: True) as jobs:
        for model in models:
            model.fit(*DIGITS)
    assert [len(group) for group in group_jobs(jobs)] == [2, 1, 1, 1, 1, 1]  # lbfgs is done
    train_jobs(jobs)
    for model in models:
        np.testing.assert_allclose(model.loss_curve_, clone(model).fit(*DIGITS).loss_curve_)


def test_members_of_a_meta_estimator_wait_too():
    meta = OneVsRestClassifier(MLPClassifier((8,), max_iter=3, random_state=0))
    with deferring(lambda estimator: True) as jobs:
        meta.fit(*DIGITS)
    assert len(jobs) == 10
    assert len(group_jobs(jobs)) == 1
    train_jobs(jobs)
    expected = clone(meta).fit(*DIGITS).predict_proba(DIGITS[0])
    np.testing.assert_allclose(meta.predict_proba(DIGITS[0]), expected, rtol=1e-6)


def test_callbacks_hear_of_every_epoch_and_stop_their_own_model():
    class Stopper:
        def __init__(self):
            self.calls = []

        def setup(self, estimator, context):
            self.calls.append((estimator.random_state, "setup"))

        def teardown(self, estimator, context):
            self.calls.append((estimator.random_state, "teardown"))

        def on_fit_task_begin(self, estimator, context):
            pass

        def on_fit_task_end(self, estimator, context, *, fitted_estimator):
            if context.parent is None:
                return False
            self.calls.append((estimator.random_state, estimator.n_iter_))
            fitted_estimator.predict(DIGITS[0])
            return estimator.random_state == 0 and estimator.n_iter_ == 2

    stopper = Stopper()
    model = MLPClassifier((8,), max_iter=4).set_callbacks(stopper)
    with deferring(lambda estimator: True) as jobs:
        models = [clone(model).set_params(random_state=m).fit(*DIGITS) for m in range(2)]
    assert stopper.calls == [(0, "setup"), (1, "setup")]
    train_jobs(jobs)
    expected = [(0, 1), (1, 1), (0, 2), (0, "teardown"), (1, 2), (1, 3), (1, 4), (1, "teardown")]
    assert stopper.calls[2:] == expected
    assert [one.n_iter_ for one in models] == [2, 4]
    assert not any(name.startswith("_running_fit") for one in models for name in vars(one))


def test_each_says_that_it_had_too_few_epochs():
    with deferring(lambda estimator: True) as jobs:
        for m in range(3):
            MLPClassifier((8,), max_iter=m + 2, random_state=m).fit(*DIGITS)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        train_jobs(jobs)
    assert [w.category for w in caught] == [ConvergenceWarning] * 3
    assert [f"({m})" in str(w.message) for m, w in zip((2, 3, 4), caught, strict=True)]


def test_an_interrupt_ends_all(monkeypatch):
    with deferring(lambda estimator: True) as jobs:
        models = [MLPClassifier((8,), random_state=m).fit(*DIGITS) for m in range(2)]

    def interrupt(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(_stack.Stack, "_epoch", interrupt)
    with pytest.raises(KeyboardInterrupt):
        train_jobs(jobs)
    assert not any(hasattr(model, "loss_curve_") for model in models)


def test_a_stack_too_big_for_memory_is_halved(monkeypatch):
    built = []
    make = _stack.Stack.__init__

    def init(self, jobs):
        built.append(len(jobs))
        if len(jobs) > 2:
            raise MemoryError
        make(self, jobs)

    monkeypatch.setattr(_stack.Stack, "__init__", init)
    twins(MLPClassifier((8,), max_iter=3), {"random_state": range(5)}, DIGITS)
    assert built[:6] == [5, 2, 3, 1, 2, 1]


def test_models_of_a_stack_predict_in_shared_buffers():
    from concurrent.futures import ThreadPoolExecutor

    X, y = DIGITS
    with deferring(lambda estimator: True) as jobs:
        models = [MLPClassifier((8,), max_iter=3, dropout=0.2, random_state=k) for k in range(4)]
        models = [model.fit(X, y) for model in models]
    train_jobs(jobs)
    copies = [pickle.loads(pickle.dumps(model)) for model in models]  # with buffers of their own
    pool = models[0]._predictor.pool
    assert all(model._predictor.pool is pool for model in models)
    assert all(copy._predictor.pool is None for copy in copies)

    def predict(k):
        return models[k % 4].predict_proba(X[: 100 + 50 * (k % 3)])

    with ThreadPoolExecutor(4) as threads:
        for k, result in enumerate(threads.map(predict, range(24))):
            np.testing.assert_array_equal(result, copies[k % 4].predict_proba(X[: len(result)]))
    assert 1 <= len(pool) <= 4
    models[1].coefs_[0][:] = 0.0  # the weights themselves, not those that were copied before
    assert np.ptp(models[1].predict_proba(X), axis=0).max() < 1e-12
    for model, other in zip(models, copies, strict=True):
        noisy, expected = (m.predict_proba(X, return_std=True)[1] for m in (model, other))
        assert noisy.shape == expected.shape
        if model is not models[1]:
            np.testing.assert_array_equal(noisy, expected)
