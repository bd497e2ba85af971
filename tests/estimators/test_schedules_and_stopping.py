"""How learning-rate schedules and the stopping rules go together, in every family."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skdeep import MLPClassifier, MLPEnsembleClassifier, MLPEnsembleRegressor, MLPRegressor
from skdeep.model_selection import GridSearchCV
from skdeep.optim.schedules import SCHEDULES, CosineSchedule, WarmupSchedule
from tests.contracts.estimator_results import networks
from tests.contracts.estimators import BY_CLASS, CASES, cases

RANDOM = np.random.default_rng(0)
X = RANDOM.uniform(size=(24, 16))
Y = np.arange(24) % 2
#: Networks that train by themselves.
FAMILIES = [
    cls
    for cls, case in BY_CLASS.items()
    if case.name("learning_rate_schedule") == "learning_rate_schedule"
    and case.takes("early_stopping")
    and not case.any_columns
]
#: Nothing improves by that much: each epoch after the first counts as stalled.
NEVER = {"tol": 1e9, "n_iter_no_change": 2}

every_family = pytest.mark.parametrize("name", FAMILIES)
watching = pytest.mark.parametrize("early_stopping", [False, True])


def fitted(name, **options):
    return BY_CLASS[name].fit(**{"max_iter": 20, **options})


def mlp(**options):
    return MLPClassifier(**{"random_state": 0, "max_iter": 20, **options}).fit(X, Y)


@every_family
@watching
def test_stopping_waits_until_the_schedule_only_falls(name, early_stopping):
    model = fitted(name, learning_rate_schedule="one_cycle", early_stopping=early_stopping, **NEVER)
    assert np.argmax(model.learning_rate_curve_) in (5, 6)  # the peak is at 0.3 of 20 epochs
    assert model.n_iter_ == 9  # 6 until the peak, 2 that are borne, and one


@pytest.mark.parametrize(
    ("schedule", "n_iter"),
    [
        (None, 4),
        ("step", 4),
        ("exponential", 4),
        ("cosine", 4),
        ("warmup", 5),
        ("warmup_cosine", 5),
        (WarmupSchedule(fraction=0.5, then="cosine"), 13),
        (CosineSchedule(cycles=2), 13),
        (lambda progress: 0.1 if progress < 0.7 else 1.0, 17),
        (lambda progress: progress, 20),
    ],
)
@watching
def test_each_schedule_is_waited_for_as_long_as_it_rises(schedule, n_iter, early_stopping):
    options = {"learning_rate_schedule": schedule, "early_stopping": early_stopping}
    assert mlp(**options, **NEVER).n_iter_ == n_iter


def test_an_adaptive_rate_does_not_fall_while_the_schedule_rises():
    options = {"solver": "sgd", "learning_rate": "adaptive", "tol": 1e9, "n_iter_no_change": 2}
    model = mlp(learning_rate_schedule="one_cycle", **options)
    rates = model.learning_rate_curve_
    assert np.argmax(rates) == 6
    assert rates[9] < rates[8] / 4  # from the third stalled epoch after the peak


@every_family
@watching
def test_a_schedule_run_to_its_end_does_not_warn(name, early_stopping):
    options = {"max_iter": 2, "early_stopping": early_stopping}
    if name != "RNNForecaster":  # which starts from a forecaster, and always ends so
        with pytest.warns(ConvergenceWarning, match="Maximum iterations"):
            fitted(name, learning_rate_schedule=None, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        fitted(name, learning_rate_schedule="one_cycle", **options)


@pytest.mark.parametrize("schedule", [*SCHEDULES, CosineSchedule(cycles=2), lambda p: 1.0 - p])
def test_no_schedule_run_to_its_end_warns(schedule):
    model = mlp(learning_rate_schedule=schedule, max_iter=3)
    assert model.n_iter_ == 3


@pytest.mark.parametrize("learning_rate", ["constant", "invscaling", "adaptive"])
def test_rules_of_scikit_learn_are_none_that_end(learning_rate):
    with pytest.warns(ConvergenceWarning):
        mlp(solver="sgd", learning_rate=learning_rate, max_iter=3)


@pytest.mark.parametrize("ensemble", [MLPEnsembleClassifier, MLPEnsembleRegressor])
def test_members_of_an_ensemble_wait_and_do_not_warn(ensemble):
    inner = MLPClassifier if ensemble is MLPEnsembleClassifier else MLPRegressor
    options = {"learning_rate_schedule": "one_cycle", "max_iter": 20, **NEVER}
    model = ensemble(inner(**options), n_estimators=2, random_state=0).fit(X, Y)
    assert [member.n_iter_ for member in model.estimators_] == [9, 9]
    complete = ensemble(inner(**{**options, "max_iter": 2}), n_estimators=2, random_state=0)
    complete.fit(X, Y)


def test_stacked_searches_wait_and_do_not_warn():
    """Candidates of a stack end at epochs of their own."""
    grid = {"learning_rate_schedule": ["one_cycle", "cosine"], "alpha": [0.0, 0.1]}
    model = MLPClassifier(max_iter=20, random_state=0, **NEVER)
    epochs = []

    def n_iter(model, X, y):
        epochs.append((model.learning_rate_schedule, model.n_iter_))
        return 0.0

    GridSearchCV(model, grid, cv=2, scoring=n_iter).fit(X, Y)
    assert set(epochs) == {("one_cycle", 9), ("cosine", 4)}
    complete = MLPClassifier(max_iter=2, random_state=0)
    GridSearchCV(complete, {"learning_rate_schedule": ["one_cycle", "cosine"]}, cv=2).fit(X, Y)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", cases("early_stopping", "device", by_epochs=True))
def test_validation_reads_nothing_that_was_not_written(name):
    # The checked backend fills new arrays with NaN.
    options = {"early_stopping": True, "validation_fraction": 0.25, "device": "checked"}
    for network in networks(CASES[name].fit(**options)):
        if getattr(network, "validation_scores_", None):
            assert np.isfinite(network.validation_scores_).all()
