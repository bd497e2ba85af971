"""The epochs of one fit, as a stack of fits sees them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from skdeep.backend.base import Random
from skdeep.backend.user_warnings import warn
from skdeep.fitting.jobs import FitJob
from skdeep.fitting.resuming import taking_up
from skdeep.train.trainer import Trainer

if TYPE_CHECKING:
    from skdeep.fitting.validation import Validation


class FitLoop(ABC):
    """The epochs of one ``fit`` or ``partial_fit``.

    Its model is one of those that a trainer trains; in an ordinary fit the only one.

    Parameters
    ----------
    job : FitJob
        What is trained.

    Attributes
    ----------
    masks : Random
        The stream of what each step draws, besides the order of the samples.
    shuffle : RandomState or None
        Draws the order of the samples.
    over : bool
        Whether there are no more epochs for whatever reason.
    finished : bool
        Whether a stopping rule has ended training: going on from here trains no more.
    interrupted : bool
        Whether Ctrl-C has ended training, perhaps within an epoch.
    moved : bool
        Whether any step so far had a learning rate above 0.
    validation : Validation or None
        Scores held-out samples.
    """

    def __init__(self, job: FitJob) -> None:
        self.job, self.plan = job, job.plan
        self.history: Any = job.plan.history
        self.masks = Random([job.plan.noise])
        self.shuffle = job.plan.random if job.plan.shuffle else None
        self.over = self.finished = self.interrupted = self.moved = False
        self.validation: Validation | None = None

    def attach(self, trainer: Trainer, model: int) -> None:
        """Take the trainer, and which of its models this is."""
        self.trainer, self.index = trainer, model

    @abstractmethod
    def begin(self) -> None:
        """Begin the epochs, or take up the training before."""

    @abstractmethod
    def _record(self, loss: float, rate: float, norm: float) -> None:
        """Note how far the model has come."""

    @abstractmethod
    def _ends(self) -> bool:
        """Say after an epoch whether it was the last one."""

    @abstractmethod
    def _result(self) -> tuple[np.ndarray, Mapping[str, Any] | None]:
        """Return the parameters to keep (1, P), and what continuing needs."""

    @staticmethod
    @abstractmethod
    def continuing(state: Mapping[str, Any], solver: str) -> dict[str, Any]:
        """Return, from a running fit's state, what a fitted estimator keeps for more training."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Return, after an epoch, all that going on from it exactly needs."""

    @abstractmethod
    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` returned; the trainer was made with its samples."""

    def _begin(self) -> None:
        """Let callbacks find the loop, and go on where one of them says so."""
        reporter = self.job.reporter
        if reporter is None:
            return
        reporter.loop = self
        if reporter.resume_from is not None:
            with taking_up("the file"):
                self.restore(reporter.resume_from)

    def take(self, loss: float, rate: float, norm: float) -> None:
        """Take up an epoch that the trainer has done; errors end this fit only."""
        try:
            self._record(loss, rate, norm)
            self.moved = self.moved or bool(self.trainer.moved[self.index])
            self.over = not np.isfinite(loss) or self._ends()
            if self.over:
                self._warn_of_no_rate()
                self._end()
        except Exception as error:
            self.over = True
            self.trainer.order.randoms[self.index] = None
            self.job.fail(error)

    def _warn_of_no_rate(self) -> None:
        """Say that a schedule left nothing to learn with, and further calls nothing either."""
        if self.plan.schedule is None or self.moved:
            return
        begin = self.trainer.progress(self.trainer.steps[None])[0, self.index]
        # Some touch 0 where they begin, or on their way: the next call goes on from there.
        later = self.plan.schedule(np.linspace(begin, 1.0, 33, endpoint=False))
        if not (self.plan.incremental and np.any(later)):
            warn(
                f"{self.plan.name} learned nothing: learning_rate_schedule makes the learning rate "
                "0 in all steps of this call. A schedule ends after max_iter epochs (n_iter of an "
                "RBM), and partial_fit counts on from the calls before: set more epochs, or "
                "learning_rate_schedule=None"
            )

    def interrupt(self) -> None:
        """End a fit that the user cut off, with what there is."""
        warn("Training interrupted by user.")
        self.over = self.interrupted = True
        self._end()

    def stop(self) -> None:
        """End a fit after an epoch that nobody has ended, with what there is."""
        self.over = True
        self._end()

    def _report(self) -> bool:
        """Tell callbacks of the epoch; True when one asks to stop."""
        reporter = self.job.reporter
        if reporter is None or not reporter.listens:
            return False
        self.job.owner.publish(self.history)
        return reporter.epoch(self.model)

    def _end(self) -> None:
        """Hand the model over; its further steps in a stack count no more."""
        self.trainer.order.randoms[self.index] = None
        values, state = self._result()
        if self.job.keeps_progress and state is not None:
            self.job.progress = {**self.state(), "parts": self.job.owner.part_state()}
        self.job.complete(values, state)

    def values(self) -> np.ndarray:
        """Return the parameters that predict, on the host, (1, P)."""
        return self.trainer.predicting_values(self.index)

    def model(self) -> dict[str, Any]:
        """Return the attributes that make a copy of the estimator the model as it is now."""
        return self.job.owner.attributes(self.values(), self.history, self.plan.backend)

    def _restore_streams(self, state: Mapping[str, Any]) -> None:
        """Go on with the order of the samples that :meth:`_streams` returned."""
        if self.shuffle is not None:
            self.shuffle.set_state(state["shuffle"])

    def _streams(self) -> dict[str, Any]:
        """Return which samples come in which order."""
        return {
            "shuffle": None if self.shuffle is None else self.shuffle.get_state(legacy=False),
            "rows": self.trainer.order.of(self.index) - self.job.shift,
            "held_out": self.plan.data.held_out,
        }
