"""Forecasters and generators as one stack: each is what its own fit makes of it."""

import numpy as np
import pytest
from sklearn.base import clone

from skdeep import RNNForecaster, RNNGenerator
from skdeep.estimators.fit.waiting import deferring
from skdeep.fitting import stack as _stack
from skdeep.fitting.stack import group_jobs, train_jobs
from skdeep.fitting.stack_size import cut_group, model_bytes, train_together
from tests.estimators.stacked import assert_same, twins

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
LENGTHS = (50, 31, 44, 7, 60, 12)
SERIES = [np.sin(np.arange(n) / 3 + n) + 0.1 * RNG.normal(size=n) for n in LENGTHS]
TOKENS = [RNG.integers(0, 5, n) for n in LENGTHS]
TOKENS = [np.where(np.arange(len(t)) % 3 == 0, 4, t) for t in TOKENS]  # something to be learned
ROLLS = [(RNG.random((n, 3)) < 0.4).astype(float) for n in LENGTHS]
#: Three models; the last is trained on fewer sequences, and so on fewer batches.
ROWS = [slice(0, 6), slice(0, 6), slice(1, 5)]

OWN = {
    "learning_rate_init": (0.003, 0.02, 0.01),
    "alpha": (0.0, 0.1, 1e-4),
    "beta_1": (0.9, 0.8, 0.95),
    "weight_decay": (0.0, 0.1, 0.01),
    "random_state": (0, 1, 2),
    "max_iter": (3, 5, 4),
    "shuffle": (True, False, True),
    "learning_rate_schedule": (None, "exponential", None),
}
COMMON = {"tbptt_steps": 8, "batch_size": 3}
#: What is found out of some series need not be what others say.
SAME = {"log": False, "seasonal_period": None, "differencing": 0, "lags": 2}
MODELS = {
    "series": (RNNForecaster(5, "lstm", standardize="series", **COMMON, **SAME), SERIES),
    "shared moments": (RNNForecaster(5, standardize="all", **COMMON, **SAME), SERIES),
    "tokens": (RNNGenerator(5, embedding_dim=3, n_tokens=5, **COMMON), TOKENS),
    "rolls": (RNNGenerator(5, embedding_dim=None, cell="rnn", **COMMON), ROLLS),
    "deep": (RNNForecaster((5, 4), hidden_layer_sizes=(6,), **COMMON), SERIES),
}


@pytest.mark.parametrize("name", ["series", "tokens"])
def test_masks(name):
    model, X = MODELS[name]
    model = clone(model).set_params(dropout=0.1, recurrent_dropout=0.2, ema_decay=0.9)
    twins(model, {**OWN, "dropout": (0.1, 0.3, 0.2)}, (X, None), ROWS)


def test_weights():
    model, X = MODELS["series"]
    twins(model, OWN, (X, None), sample_weight=np.array([1.0, 0.0, 2.0, 1.0, 0.5, 3.0]))


@pytest.mark.parametrize("name", ["series", "tokens"])
def test_models_that_stop_at_different_epochs(name):
    model, X = MODELS[name]
    X = X if name == "tokens" else [one for one in X if len(one) > 20]
    model = clone(model).set_params(early_stopping=True, validation_fraction=0.3)
    own = {
        "learning_rate_init": (0.003, 0.02, 0.01, 0.05),
        "tol": (10.0, 1e-4, 1e-4, 10.0),
        "n_iter_no_change": (2, 10, 10, 4),
        "max_iter": (20, 11, 7, 20),
        "random_state": (0, 0, 0, 0),
    }
    n = len(X) - 1  # those of the last model, and so what it validates with, are others
    found = twins(model, own, (X, None), [slice(0, n), slice(0, n), slice(0, n), slice(1, n + 1)])
    assert len({one.n_iter_ for one in found}) == 4


def test_validation_sequences_that_are_given():
    model, X = MODELS["tokens"]
    twins(model, OWN, (X, None), ROWS, X_val=TOKENS[2:4])


def deferred(models, X):
    with deferring(lambda estimator: True) as jobs:
        for model in models:
            model.fit(X)
    return jobs


def test_what_does_not_agree_is_trained_apart():
    model, X = MODELS["series"]
    ways = [{}, {"tbptt_steps": 9}, {"batch_size": 2}, {"alpha": 0.1}, {"early_stopping": True}]
    X = [one for one in X if len(one) > 20]
    jobs = deferred([clone(model).set_params(max_iter=1, **own) for own in ways], X)
    groups = [{jobs.index(job) for job in group} for group in group_jobs(jobs)]
    assert groups == [{0, 3}, {1}, {2}, {4}]
    train_jobs(jobs)
    assert [job.error for job in jobs] == [None] * 5


def test_one_that_diverges_takes_no_other_along():
    model, X = MODELS["series"]
    model = clone(model).set_params(
        solver="sgd", gradient_clip_norm=None, max_iter=4, random_state=0
    )
    models = [clone(model).set_params(learning_rate_init=rate) for rate in (0.01, 1e200, 0.02)]
    jobs = deferred(models, X)
    train_jobs(jobs)
    assert [job.error is None for job in jobs] == [True, False, True]
    for k in (0, 2):
        assert_same(models[k], clone(models[k]).fit(X), X)


def test_fits_on_the_same_series_share_their_rows():
    model, X = MODELS["series"]
    jobs = deferred([clone(model).set_params(alpha=alpha) for alpha in (0.0, 0.1)], X)
    stack = _stack.Stack(jobs)
    assert len(stack.table.chunks.lanes) == 1
    assert jobs[1].shift == 0


def test_memory():
    model, X = MODELS["series"]
    models = [clone(model).set_params(max_iter=1, random_state=k) for k in range(4)]
    jobs = deferred(models, X)
    assert [len(part) for part in cut_group(jobs, 1e9)] == [4]
    assert len(cut_group(jobs, 1.5 * model_bytes(jobs[0]))) == 4
    # States, gates and inputs of all steps of a batch are part of it.
    numbers = 3 * 8 * 5 * 10
    assert model_bytes(jobs[0]) > numbers * 8
    train_together(jobs)
    assert [job.error for job in jobs] == [None] * 4
