"""Fits that are ready to train, and the parts that some of them start from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from skdeep.backend import Backend
from skdeep.fitting.callbacks import CallbackReporter
from skdeep.fitting.errors import KeepsError
from skdeep.fitting.history import History
from skdeep.fitting.plan import FitPlan
from skdeep.fitting.result import FitResult
from skdeep.fitting.resuming import rows_of


class Owner(Protocol):
    """Whose fit it is."""

    def publish(self, history: History) -> None:
        """Show what training has come to, before callbacks hear of it."""

    def attributes(self, values: Any, history: History, backend: Backend) -> dict[str, Any]:
        """Return the attributes that make a copy of the owner the model with these parameters."""

    def take(self, result: FitResult) -> None:
        """Become the fitted model."""

    def restore(self) -> None:
        """Become what there was before a fit that failed."""

    def leave(self) -> None:
        """Forget the fit, which is over."""

    def part_state(self) -> dict[str, Any]:
        """Return what the parts before have left."""

    def take_part_state(self, state: Mapping[str, Any]) -> None:
        """Take what :meth:`part_state` returned instead of training the parts."""


class FitJob(KeepsError):
    """A fit: its plan, and whose it is.

    Parameters
    ----------
    plan : FitPlan
        What is to be trained.
    owner : Owner
        Takes the result.
    reporter : CallbackReporter or None
        Tells callbacks; None in ``partial_fit``.
    parts : iterator of FitJob, optional
        Trains the parts that the model starts from, and gives those whose training waits for that
        of other models' parts.

    Attributes
    ----------
    error : exception or None
        Why the fit failed.
    done : bool
        Whether it is over, well or not.
    keeps_progress, progress
        Whether to keep, and what is kept at the end of training to go on from.
    then : list of callable
        What is to be done once the owner is fitted.
    """

    def __init__(
        self,
        plan: FitPlan,
        owner: Owner,
        reporter: CallbackReporter | None = None,
        parts: Iterator[FitJob] | None = None,
    ) -> None:
        self.plan, self.owner, self.reporter = plan, owner, reporter
        self.parts: Iterator[FitJob] = iter(()) if parts is None else parts
        self.error: BaseException | None = None
        self.done = False
        self.keeps_progress = False
        self.progress: dict[str, Any] | None = None
        self.then: list[Callable[[], None]] = []
        #: Where its samples begin in the dataset of its stack.
        self.shift = 0
        #: Buffers for predictions that the fits of a stack share, where they are small.
        self.pool: list[Any] | None = None

    def complete(self, values: Any = None, state: Mapping[str, Any] | None = None) -> None:
        """Hand over the result, and tell callbacks; without values, the plan's own."""
        plan = self.plan
        values = plan.values if values is None else values
        self.owner.take(
            FitResult(
                values,
                plan.history,
                state,
                plan.random,
                plan.data.X,
                plan.backend.device,
                plan.incremental,
                self.pool,
            )
        )
        if self.reporter is not None:
            self.reporter.end()
        self._leave()
        for act in self.then:
            act()

    def fail(self, error: BaseException) -> None:
        """Give the owner back what it was before; keep the error for whoever asks."""
        self.error = error
        self.owner.restore()
        self._leave()

    def _leave(self) -> None:
        self.done = True
        self.parts = iter(())
        self.owner.leave()

    def is_over(self) -> bool:
        """Say whether the parts are all there is: so it is asked, or a callback stopped the fit."""
        stopped = self.reporter is not None and self.reporter.stopped
        return stopped or not self.plan.trains

    def next_part(self) -> FitJob | None:
        """Go on to the next part that waits; None where there is none, or an error came up."""
        try:
            return next(self.parts, None)
        except Exception as error:
            self.fail(error)
            return None

    def resume(self, state: Mapping[str, Any]) -> None:
        """Train on from the state of a fit that was the same up to there.

        What it keeps of its parts stands for them: they are not trained again.
        """
        assert self.reporter is not None
        self.reporter.resume_from = state
        if "parts" in state:  # not in a checkpoint
            self.owner.take_part_state(state["parts"])
            self.parts = iter(())
        data = self.plan.data
        data.rows, data.held_out = rows_of(state, data.X.shape[0], data.rows)


def train_parts(jobs: Sequence[FitJob], train: Callable[[list[FitJob]], None]) -> None:
    """Train what models start from, part by part, those of all `jobs` side by side.

    A job of which nothing is left to train then is complete. `train` trains jobs that wait.
    """
    going = [job for job in jobs if not job.done]
    try:
        while going:
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
