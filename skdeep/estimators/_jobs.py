"""Fits that are ready to train, and fits that wait to be trained together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

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
    """

    estimator: Any
    data: TrainingData
    backend: Backend
    random: np.random.RandomState
    noise: np.random.SeedSequence
    hooks: FitHooks | None
    before: dict[str, Any]
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
        estimator = self.estimator
        estimator._random_state = self.random if self.hooks is None else None
        estimator._use(self.backend.device)
        estimator._predictor.pool = self.pool
        if self.hooks is not None:
            self.hooks.end()
        self._leave()

    def fail(self, error: BaseException) -> None:
        """Give the estimator back what it was before; keep the error for whoever asks."""
        self.error = error
        restore(self.estimator, self.before)
        self._leave()

    def _leave(self) -> None:
        self.done = True
        self.estimator.__dict__.pop("_hooks", None)
        self.estimator.__dict__.pop("_pending", None)
        for callback in self._teardown:
            assert self.hooks is not None
            callback.teardown(estimator=self.estimator, context=self.hooks.context)

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Train on from the state of a fit that was the same up to there."""
        assert self.hooks is not None
        self.hooks.resume_from = state
        self.data.rows, self.data.held_out = state["rows"], state["held_out"]

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
    if job.estimator.solver == "lbfgs" or job.estimator.t_ > 0:
        return False
    job.wait()
    waiting.append(job)
    return True
