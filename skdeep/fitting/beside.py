"""Stacks of one fit that train at the same time, each on a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from contextvars import copy_context
from threading import Event
from typing import Any

from sklearn import config_context, get_config

from skdeep.backend.threads import process_threads
from skdeep.backend.user_warnings import collected, give
from skdeep.backend.workers import run_side_by_side
from skdeep.fitting.jobs import FitJob
from skdeep.fitting.plan import FitPlan

#: Numbers of a layer's output for a mini-batch from which on threads share Python's lock well.
LONG_CALLS = 12 * 1024


def may_train_beside(stacks: Sequence[Sequence[FitJob]]) -> bool:
    """Say whether stacks may train on threads, and whether these would make it faster.

    Scorers and callbacks of users, and what prints, run on the thread of `fit` alone, and so do
    streams of random numbers that fits have in common. Schedules of users, functions of an array,
    may be called by any thread.
    """
    plans = [job.plan for stack in stacks for job in stack]
    if len(stacks) < 2 or process_threads().allowed() < 2:
        return False
    alone = any(
        plan.verbose
        or plan.solver == "lbfgs"
        or callable(plan.stopping.scoring)
        or plan.backend.n_parts < 2
        for plan in plans
    )
    listened = any(
        job.reporter is not None and job.reporter.listens for stack in stacks for job in stack
    )
    streams = {id(plan.random) for plan in plans}
    if alone or listened or len(streams) < len(plans):
        return False
    return _call_numbers(plans[0]) >= LONG_CALLS


def _call_numbers(plan: FitPlan) -> int:
    """Return the numbers of the widest layer's output for a mini-batch."""
    widths = (spec.out_shape[-1] for _, spec in plan.network.spec.children.values())
    return plan.batch_size * max(widths, default=0)


def run_beside(tasks: Sequence[Callable[[Event], Any]]) -> list[Any]:
    """Run tasks at the same time, on as many threads as this process may use.

    Warnings come from this thread once all are done, in the order of the tasks. After an error or
    Ctrl-C each task is handed an event that is set, by which it ends early, and it is waited for.
    The first error is raised, whatever others say of being cut off.

    Parameters
    ----------
    tasks : sequence of callable
        ``task(cut)``, where `cut` is that event.

    Returns
    -------
    results : list
        What each has returned.
    """
    cut, errors = Event(), list[BaseException]()
    results: list[Any] = [None] * len(tasks)
    said: list[list[Warning]] = [[] for _ in tasks]
    config, contexts = get_config(), [copy_context() for _ in tasks]

    def task(k: int) -> None:
        try:
            with config_context(**config), collected(said[k]):
                results[k] = tasks[k](cut)
        except BaseException as error:
            if not cut.is_set():
                errors.append(error)
            cut.set()
            raise

    lists = [[(contexts[k].run, (task, k))] for k in range(len(tasks))]
    try:
        run_side_by_side(lists, nullcontext, cut.set)
    except BaseException as error:
        if errors and error is not errors[0]:
            raise errors[0] from None
        raise
    finally:
        give(one for each in said for one in each)
    return results
