"""Fits that wait to be trained together, and whose may.

A fit waits only where code of this package has called the ``fit`` that this package wrote, on an
estimator that it made itself. Nobody else holds that estimator, so nobody sees it wait. A subclass
or a meta-estimator whose own ``fit`` calls ours trains at once: what comes after that call may
read anything that training gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from skdeep.fitting.jobs import FitJob
from skdeep.fitting.staged import StagedJob

MayWait = Callable[[Any], bool]


class _Waiting(NamedTuple):
    """Where jobs go that wait, and whose may."""

    jobs: list[Any]
    may_wait: MayWait


_WAITING: ContextVar[_Waiting | None] = ContextVar("waiting", default=None)


@contextmanager
def deferring(may_wait: MayWait) -> Iterator[list[Any]]:
    """Let fits in this thread stop before training, and collect their jobs.

    Parameters
    ----------
    may_wait : callable
        Says of an estimator whether its ``fit`` was called by whoever defers.
    """
    jobs: list[Any] = []
    token = _WAITING.set(_Waiting(jobs, may_wait))
    try:
        yield jobs
    finally:
        _WAITING.reset(token)


@contextmanager
def passing_on(outer: Any, inner: Any) -> Iterator[list[FitJob]]:
    """Let `inner` wait where `outer` may, whose ``fit`` does nothing but train it."""
    waiting = _WAITING.get()
    if waiting is None or not (waiting.may_wait(outer) and fits_as_written_here(outer)):
        yield []
        return
    with deferring(lambda estimator: estimator is inner) as jobs:
        yield jobs
    waiting.jobs.extend(jobs)


def defer(estimator: Any, job: FitJob) -> bool:
    """Let a job wait where that is seen by nobody, unless it goes on from an earlier training."""
    waiting, plan, reporter = _WAITING.get(), job.plan, job.reporter
    if waiting is None or reporter is None or not waiting.may_wait(estimator):
        return False
    if reporter.stopped or reporter.resume_from is not None or not fits_as_written_here(estimator):
        return False
    if plan.solver == "lbfgs" or plan.history.t_ > 0 or plan.state is not None:
        return False
    waiting.jobs.append(job)
    return True


def defer_staged(estimator: Any, job: StagedJob) -> bool:
    """Let a fit in stages wait before the first one where that is seen by nobody."""
    waiting = _WAITING.get()
    if waiting is None or job.done or job.after_epoch is not None:
        return False
    if not (waiting.may_wait(estimator) and fits_as_written_here(estimator)):
        return False
    waiting.jobs.append(job)
    return True


def fits_as_written_here(estimator: Any) -> bool:
    """Say whether the ``fit`` of an estimator is one of this package's."""
    if "fit" in vars(estimator):
        return False
    owner = next(cls for cls in type(estimator).__mro__ if "fit" in vars(cls))
    return owner.__module__.partition(".")[0] == "skdeep"


def waiting_fit(estimator: Any, X: Any) -> Iterator[FitJob]:
    """Fit a part of a model; give its job where it waits, and expect it trained after that."""
    with deferring(lambda one: one is estimator) as jobs:
        estimator.fit(X)
    for job in jobs:
        yield job
        job.raise_error()
