"""One fit in stages, trained alone: all its networks side by side where somebody watches them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from threading import Event
from typing import Any

from skdeep.fitting.beside import may_train_beside, run_beside
from skdeep.fitting.jobs import train_parts
from skdeep.fitting.stack import Stack, group_jobs
from skdeep.fitting.stack_size import check_memory, cut_group, default_memory, train_together
from skdeep.fitting.staged import StagedJob
from skdeep.fitting.together import units_of


def train_staged(job: StagedJob, memory: float | None = None) -> None:
    """Train one fit whose first stage waits; one that Ctrl-C cuts off keeps what it has.

    Parameters
    ----------
    job : StagedJob
        The fit.
    memory : float, optional
        Bytes that all training at one time may take; default: half of what is free.
    """
    while not job.done:
        try:
            if job.after_epoch is None:
                train_together(job.waiting, memory, keeps=job.keeps, beside=True)
            else:
                _train_side_by_side(job, memory, job.after_epoch)
        except KeyboardInterrupt as interruption:
            if not job.keeps:
                raise
            job.interruption = interruption
        except Exception as error:
            job.fail(error)
            break
        job.go_on()
    job.raise_error()


def _train_side_by_side(
    whole: StagedJob, memory: float | None, after_epoch: Callable[[Sequence[Any]], bool]
) -> None:
    """Train stacks in turns, an epoch of each, so that all fits are as far at any time.

    The stacks are those that train one after the other where nobody watches, so that results are
    the same; together they take more memory.
    """
    limit = default_memory() if memory is None else memory
    jobs = whole.waiting
    for unit in units_of(jobs):
        check_memory(unit, limit)
    train_parts(jobs, lambda parts: train_together(parts, limit))
    jobs = [job for job in jobs if not job.done]
    chunks = [chunk for group in group_jobs(jobs) for chunk in cut_group(group, limit)]
    stacks: list[Stack] = []
    try:
        for chunk in chunks:
            stacks.append(Stack(chunk))
            stacks[-1].begin()
        loops = [loop for stack in stacks for loop in stack.loops]
        while any(_epochs(stacks)):
            if after_epoch(loops):
                for loop in loops:
                    if not loop.over:
                        loop.stop()
    except BaseException as error:
        if whole.keeps and isinstance(error, KeyboardInterrupt) and len(stacks) == len(chunks):
            for stack in stacks:
                stack.interrupt()
        for job in jobs:
            if not job.done:
                job.fail(error)
        raise


def _epochs(stacks: Sequence[Stack]) -> list[bool]:
    """Run one epoch of each stack, on threads where that is faster; say which go on."""
    if may_train_beside([[loop.job for loop in stack.loops] for stack in stacks]):
        return run_beside([partial(_one_epoch, stack) for stack in stacks])
    return [_one_epoch(stack) for stack in stacks]


def _one_epoch(stack: Stack, cut: Event | None = None) -> bool:
    stack.listen(cut)
    with stack.backend.session(stack.trainer.work) as held, held:
        return stack.go_on()
