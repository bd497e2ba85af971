"""Fits of a stack that fail, are interrupted or are listened to; and how large stacks are."""

from dataclasses import replace

import pytest
from sklearn.base import clone

from skdeep import (
    BernoulliRBM,
    DBNClassifier,
    GaussianRBM,
)
from skdeep.estimators.fit.waiting import deferring
from skdeep.fitting import stack as _stack
from skdeep.fitting.stack import train_jobs
from skdeep.fitting.stack_size import fits_at_once, stack_size
from tests.estimators.stacked import assert_same
from tests.estimators.test_family_stacks import X, Y

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_a_part_that_fails_ends_its_own_fit_only():
    own = [{}, {"pretrain_learning_rate": [1e9, 0.1]}, {"pretrain_learning_rate": [0.002, 0.1]}]
    model = DBNClassifier((9, 6), visible="gaussian", max_iter=2, random_state=0)
    with deferring(lambda estimator: True) as jobs:
        models = [clone(model).set_params(**given).fit(X, Y) for given in own]
    train_jobs(jobs)
    assert [type(job.error) for job in jobs] == [type(None), ValueError, type(None)]
    assert "diverged" in str(jobs[1].error)
    assert not hasattr(models[1], "rbms_")
    for one in (models[0], models[2]):
        assert_same(one, clone(one).fit(X, Y), X, Y)


def test_a_machine_that_diverges_leaves_the_others_alone():
    with deferring(lambda estimator: True) as jobs:
        models = [
            GaussianRBM(5, learning_rate=rate, n_iter=4, random_state=0).fit(X)
            for rate in (0.001, 1e9, 0.002)
        ]
    train_jobs(jobs)
    assert [type(job.error) for job in jobs] == [type(None), ValueError, type(None)]
    assert not hasattr(models[1], "monitor_curve_")
    for one in (models[0], models[2]):
        assert_same(one, clone(one).fit(X), X)


def test_callbacks_hear_of_parts_and_epochs_of_each():
    class Listener:
        def __init__(self):
            self.calls = []

        def setup(self, estimator, context):
            pass

        def teardown(self, estimator, context):
            self.calls.append(("teardown", estimator.random_state))

        def on_fit_task_begin(self, estimator, context):
            self.calls.append((context.task_name, estimator.random_state))

        def on_fit_task_end(self, estimator, context):
            return context.task_name == "epoch" and estimator.random_state == 1

    def heard(train):
        listener = Listener()
        model = DBNClassifier((9, 6), pretrain_n_iter=2, max_iter=3).set_callbacks(listener)
        models = [clone(model).set_params(random_state=m) for m in range(3)]
        train(models)
        return [[c for c in listener.calls if c[1] == m] for m in range(3)], models

    def together(models):
        with deferring(lambda estimator: True) as jobs:
            for one in models:
                one.fit(X, Y)
        train_jobs(jobs)

    def alone(models):
        for one in models:
            one.fit(X, Y)

    (calls, found), (expected, others) = heard(together), heard(alone)
    assert calls == expected
    assert ("pretrain-1", 0) in calls[0]
    assert [one.n_iter_ for one in found] == [one.n_iter_ for one in others] == [3, 1, 3]


def test_an_interrupt_in_the_parts_ends_all(monkeypatch):
    with deferring(lambda estimator: True) as jobs:
        models = [DBNClassifier((9,), random_state=m).fit(X, Y) for m in range(2)]

    def interrupt(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(_stack.Stack, "_epoch", interrupt)
    with pytest.raises(KeyboardInterrupt):
        train_jobs(jobs)
    assert not any(hasattr(model, "rbms_") for model in models)
    assert all(isinstance(job.error, KeyboardInterrupt) for job in jobs)


def test_more_fits_are_prepared_than_make_a_stack_where_parts_come_first():
    """A step of the network takes 200 rows, one of a machine ten."""
    sizes = []
    for n_iter in (0, 1, [1, 0]):
        with deferring(lambda estimator: True) as jobs:
            DBNClassifier((60, 40), pretrain_n_iter=n_iter).fit(X, Y)
        sizes.append((stack_size(jobs[0]), fits_at_once(jobs[0])))
    assert sizes[0][0] == sizes[0][1] == sizes[1][0]
    assert sizes[1][1] == sizes[2][1] > 2 * sizes[1][0]


def test_a_family_may_train_in_larger_stacks():
    sizes = []
    for kind in (BernoulliRBM, Unhurried):
        with deferring(lambda estimator: True) as jobs:
            kind(64).fit(X)
        sizes.append(stack_size(jobs[0]))
    assert sizes[1] // 2 in (sizes[0], sizes[0] + 1)
    assert sizes[0] > 2


class Unhurried(BernoulliRBM):
    def _recipe(self):
        return replace(super()._recipe(), cache_factor=2.0)
