"""Stacks of one fit on threads: the same networks, warnings, errors and Ctrl-C."""

import sys
import threading
import warnings

import numpy as np
import pytest

from skdeep import TabularMLPClassifier, TabularMLPRegressor
from skdeep.backend.threads import BlasThreads
from skdeep.backend.user_warnings import warn
from skdeep.fitting import side_by_side, stack_size
from skdeep.fitting.beside import run_beside

#: Long enough for any machine; what is waited for comes at once, or never.
LONG = 60


@pytest.fixture
def two_threads(monkeypatch):
    """Let this process use two threads, whatever BLAS may."""
    monkeypatch.setattr(BlasThreads, "allowed", lambda self: 2)


@pytest.fixture
def spied(monkeypatch):
    """Return a list of how many tasks were run at the same time, one number for each call."""
    counts = []

    def run(tasks):
        counts.append(len(tasks))
        return run_beside(tasks)

    for module in (stack_size, side_by_side):
        monkeypatch.setattr(module, "run_beside", run)
    return counts


def table():
    random = np.random.RandomState(0)
    X = random.normal(size=(300, 3))
    return X, X[:, 0] + X[:, 1] * X[:, 2]


def regressor(**options):
    options = {"hidden_layer_sizes": (96, 96), "batch_size": 128, "max_iter": 3} | options
    return TabularMLPRegressor(random_state=0, n_members=4, **options)


def test_threads_train_the_same_networks(two_threads, spied, monkeypatch):
    X, y = table()
    beside = regressor().fit(X, y)
    assert spied == [2]
    monkeypatch.setattr(BlasThreads, "allowed", lambda self: 1)
    alone = regressor().fit(X, y)
    assert spied == [2]
    np.testing.assert_array_equal(beside.predict(X), alone.predict(X))
    for one, other in zip(beside.members_, alone.members_, strict=True):
        assert one.validation_scores_ == other.validation_scores_


def test_refits_and_callbacks_are_the_same_on_threads(two_threads, spied, monkeypatch):
    class Counts:
        epochs = 0

        def setup(self, estimator, context):
            pass

        def teardown(self, estimator, context):
            pass

        def on_fit_task_begin(self, estimator, context):
            pass

        def on_fit_task_end(self, estimator, context):
            self.epochs += context.task_name == "epoch"

    X, y = table()
    options = {"refit": True, "max_iter": 2}
    callback = Counts()
    watched = regressor(**options).set_callbacks(callback).fit(X, y)
    n_epochs = callback.epochs
    assert set(spied) == {2}
    monkeypatch.setattr(BlasThreads, "allowed", lambda self: 1)
    alone = regressor(**options).set_callbacks(callback).fit(X, y)
    assert callback.epochs == 2 * n_epochs > 0
    np.testing.assert_array_equal(watched.predict(X), alone.predict(X))


@pytest.mark.parametrize(
    "options",
    [
        {"verbose": True},
        {"scoring": lambda estimator, X, y: 0.0},
        {"hidden_layer_sizes": (8,)},
        {"n_members": 1},
    ],
    ids=["prints", "own_scorer", "short_calls", "one_stack"],
)
def test_what_must_not_run_on_threads_or_gains_nothing_does_not(two_threads, spied, options):
    regressor().set_params(max_iter=1, **options).fit(*table())
    assert spied == []


def test_ctrl_c_ends_the_other_threads_and_keeps_what_they_have(two_threads):
    """Another thread waits in its first step until this one has been interrupted."""
    X, y = table()
    main, interrupted, begun = threading.main_thread(), threading.Event(), threading.Event()

    def schedule(progress):
        if threading.current_thread() is not main:
            begun.set()
            interrupted.wait(LONG)
        elif begun.is_set() and not interrupted.is_set():
            interrupted.set()
            raise KeyboardInterrupt
        return np.ones_like(progress)

    model = regressor(max_iter=50_000, early_stopping=False, learning_rate_schedule=schedule)
    with pytest.warns(UserWarning, match="interrupted"):
        model.fit(X, y)
    assert 1 <= len(model.members_) <= 4
    assert all(member.n_iter_ < 50_000 for member in model.members_)
    assert np.isfinite(model.predict(X)).all()


def test_tasks_run_at_the_same_time_and_results_are_in_order(two_threads):
    together = threading.Barrier(2)

    def task(k):
        def run(cut):
            together.wait(LONG)
            return k

        return run

    assert run_beside([task(k) for k in range(4)]) == [0, 1, 2, 3]


def test_warnings_come_in_the_order_of_the_tasks(two_threads):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run_beside([lambda cut, k=k: warn(f"task {k}", RuntimeWarning) for k in range(3)])
    assert [str(one.message) for one in caught] == ["task 0", "task 1", "task 2"]
    assert {one.filename for one in caught} == {__file__}
    assert {one.category for one in caught} == {RuntimeWarning}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_ends_the_other_tasks_first(two_threads, error):
    ended, together = [], threading.Barrier(2)

    def fails(cut):
        together.wait(LONG)
        raise error

    def waits(cut):
        together.wait(LONG)
        ended.append(cut.wait(LONG))

    with pytest.raises(error):
        run_beside([fails, waits])
    assert ended == [True]


def test_an_error_of_one_network_is_that_of_the_fit(two_threads):
    X, y = table()
    model = TabularMLPClassifier(
        hidden_layer_sizes=(96,), batch_size=128, n_members=2, learning_rate_init=1e30, max_iter=3
    )
    with pytest.raises(ValueError, match="non-finite"), np.errstate(all="ignore"):
        model.fit(X, y > 0)


def test_an_error_of_another_thread_is_raised_though_this_one_was_cut_off(two_threads):
    main, together = threading.main_thread(), threading.Barrier(2)

    def task(cut):
        together.wait(LONG)
        if threading.current_thread() is not main:
            raise MemoryError("too little")
        cut.wait(LONG)
        raise KeyboardInterrupt  # as a trainer does then

    with pytest.raises(MemoryError, match="too little"):
        run_beside([task, task])


def test_ctrl_c_anywhere_ends_all_threads(two_threads):
    """In any line that the thread of `fit` runs; none hangs, and none leaves a task at work."""
    file, main = sys.modules["skdeep.fitting.beside"].__file__, threading.main_thread()
    lines, working = set(), []

    def task(cut):
        working.append(1)
        cut.wait(0.005)
        working.pop()

    def trace(frame, event, arg):
        if frame.f_code.co_filename != file:
            return None
        new = (frame.f_code.co_name, frame.f_lineno) not in lines
        if event == "line" and threading.current_thread() is main and new:
            lines.add((frame.f_code.co_name, frame.f_lineno))
            raise KeyboardInterrupt
        return trace

    while True:
        n = len(lines)
        sys.settrace(trace)
        try:
            run_beside([task, task])
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(None)
        assert not working
        if len(lines) == n:
            break
    assert n > 10
