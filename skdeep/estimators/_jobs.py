"""Fits that are ready to train, and fits that wait to be trained together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from skdeep.estimators._resuming import rows_of
from skdeep.estimators._rollback import restore

if TYPE_CHECKING:
    from skdeep.backend import Backend
    from skdeep.estimators._hooks import FitHooks
    from skdeep.estimators._inputs import TrainingData


@dataclass
class FitJob:
    """One fit up to its training: all is checked, encoded and drawn that comes before it.

    Attributes
    ----------
    estimator : estimator
        Holds the network and its initial parameters; training completes it.
    random : RandomState
        The fit's one stream, which the shuffles go on with.
    noise : SeedSequence
        Where the stream of dropout masks starts.
    hooks : FitHooks or None
        What callbacks hear of; None in ``partial_fit``.
    before : dict
        The estimator's attributes before the fit, which a failed one restores.
    parts : iterator of FitJob
        Trains the parts that the model starts from, and gives those whose training waits.
    then : list of callable
        What is to be done once the estimator is trained.
    """

    estimator: Any
    data: TrainingData
    backend: Backend
    random: np.random.RandomState
    noise: np.random.SeedSequence
    hooks: FitHooks | None
    before: dict[str, Any] = field(default_factory=dict)
    parts: Iterator[FitJob] = field(default_factory=lambda: iter(()))
    then: list[Callable[[], None]] = field(default_factory=list)
    error: BaseException | None = None
    done: bool = False
    #: Where its rows begin in the table of its stack.
    shift: int = 0
    #: Whether to keep, and what is kept at the end of training to go on from.
    keeps_state: bool = False
    state: dict[str, Any] | None = None
    #: Buffers for predictions that the fits of a stack share, where they are small.
    pool: list[Any] | None = None
    _teardown: list[Any] = field(default_factory=list)

    def complete(self) -> None:
        """Make the trained estimator ready, and tell its callbacks."""
        self.estimator._finish(self)
        if self.hooks is not None:
            self.hooks.end()
        self._leave()
        for act in self.then:
            act()

    def fail(self, error: BaseException) -> None:
        """Give the estimator back what it was before; keep the error for whoever asks."""
        self.error = error
        restore(self.estimator, self.before)
        self._leave()

    def _leave(self) -> None:
        self.done = True
        self.estimator.__dict__.pop("_hooks", None)
        self.estimator.__dict__.pop("_pending", None)
        teardown, self._teardown = self._teardown, []
        for callback in teardown:
            assert self.hooks is not None
            callback.teardown(estimator=self.estimator, context=self.hooks.context)

    def is_over(self) -> bool:
        """Say whether the parts are all there is: so it is asked, or a callback stopped the fit."""
        stopped = self.hooks is not None and self.hooks.stopped
        return stopped or not self.estimator._trains()

    def next_part(self) -> FitJob | None:
        """Go on to the next part that waits; None where there is none, or an error came up."""
        try:
            return next(self.parts, None)
        except Exception as error:
            self.fail(error)
            return None

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Train on from the state of a fit that was the same up to there.

        What it keeps of its parts stands for them: they are not trained again.
        """
        assert self.hooks is not None
        self.hooks.resume_from = state
        if "parts" in state:  # not in a checkpoint
            vars(self.estimator).update(state["parts"])
            self.parts = iter(())
        self.data.rows, self.data.held_out = rows_of(state, self.data.X.shape[0])

    def wait(self) -> None:
        """Leave the estimator as it is, its callbacks set up, until it is trained."""
        self.estimator._pending = self
        # scikit-learn tears down what it finds here when ``fit`` returns.
        held = self.estimator.__dict__.get("_skl_callbacks_to_teardown", [])
        self._teardown, held[:] = list(held), []


_WAITING: ContextVar[list[FitJob] | None] = ContextVar("waiting", default=None)


@contextmanager
def deferring() -> Iterator[list[FitJob]]:
    """Let each ``fit`` of this package in this thread stop before training, and collect them.

    An estimator whose training waits trains at once, alone, where somebody asks it for anything
    that training gives: so any meta-estimator works in here, if not faster.
    """
    jobs: list[FitJob] = []
    token = _WAITING.set(jobs)
    try:
        yield jobs
    finally:
        _WAITING.reset(token)


def defer(job: FitJob) -> bool:
    """Let a job wait where fits are deferred, unless it goes on from an earlier training."""
    waiting = _WAITING.get()
    if waiting is None or job.hooks is None:
        return False
    if job.hooks.stopped or job.hooks.resume_from is not None:
        return False
    est = job.estimator
    if est.solver == "lbfgs" or est.t_ > 0 or est._training_state is not None:
        return False
    job.wait()
    waiting.append(job)
    return True


def train_parts(jobs: Sequence[FitJob], train: Callable[[list[FitJob]], None]) -> None:
    """Train what models start from, part by part, those of all `jobs` side by side.

    A job of which nothing is left to train then is complete. `train` trains jobs that wait.
    """
    going = [job for job in jobs if not job.done]
    try:
        while going:
            with deferring():
                found = [(job, job.next_part()) for job in going]
            going = [job for job, part in found if part is not None]
            train([part for _, part in found if part is not None])
        for job in jobs:
            if not job.done and job.is_over():
                _complete(job)
    except BaseException as error:
        for job in jobs:
            if not job.done:
                job.fail(error)
        raise


def _complete(job: FitJob) -> None:
    try:
        job.complete()
    except Exception as error:
        job.fail(error)


def waiting_fit(estimator: Any, X: Any) -> Iterator[FitJob]:
    """Fit a part of a model; give its job where it waits, and expect it trained after that."""
    estimator.fit(X)
    job: FitJob | None = vars(estimator).get("_pending")
    if job is not None:
        yield job
        estimator._settle()
        if job.error is not None:
            raise job.error


def after_training(estimator: Any, act: Callable[[], None]) -> None:
    """Do something as soon as a fitted estimator is trained, which is at once unless it waits."""
    job: FitJob | None = vars(estimator).get("_pending")
    if job is None:
        act()
    else:
        job.then.append(act)
