"""A fit of several networks as callbacks see it: one fit, whose epochs are those of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import joblib
import numpy as np

from skdeep.estimators.fit.estimator_fit import copy_with
from skdeep.estimators.fit.identity import identity, parameters_told
from skdeep.estimators.fit.running_fit import RunningFit
from skdeep.estimators.fit.saving import model_of
from skdeep.fitting.callbacks import CallbackReporter
from skdeep.fitting.jobs import FitJob
from skdeep.fitting.loop import FitLoop
from skdeep.fitting.resuming import CheckpointError


class RunningMembers(RunningFit):
    """What a callback may know and ask of a fit of several networks.

    Parameters
    ----------
    estimator : estimator
        What is fitted; it has the networks already.
    reporter : CallbackReporter
        Tells the callbacks of it.
    members : sequence of estimator
        The networks.
    jobs : sequence of FitJob
        Theirs.
    """

    def __init__(
        self,
        estimator: Any,
        reporter: CallbackReporter,
        members: Sequence[Any],
        jobs: Sequence[FitJob],
    ) -> None:
        super().__init__(estimator, reporter)
        self.members, self.jobs = members, jobs
        #: The networks of a further stage, with which the estimator predicts in the end.
        self.further: RunningMembers | None = None
        self._loops: dict[int, FitLoop] = {}
        self._saved: list[Mapping[str, Any] | None] = [None] * len(jobs)
        for job in jobs:
            job.keeps_progress = True

    @property
    def n_epochs(self) -> int:
        return max(int(member.n_epochs) for member in self.members)

    @property
    def validates(self) -> bool:
        return self.jobs[0].plan.data.validates

    @property
    def finished(self) -> bool:
        return bool(self._loops) and all(loop.over for loop in self._loops.values())

    @property
    def interrupted(self) -> bool:
        return any(loop.interrupted for loop in self._loops.values())

    @property
    def learns_more(self) -> bool:
        return bool(self.estimator._saved_end())

    @property
    def n_iter(self) -> int:
        """Epochs of the network that has trained longest."""
        return max(int(member.n_iter_) for member in self.members)

    @property
    def last(self) -> dict[str, float | None]:
        each = [member._history_of_fit.last(vars(member)) for member in self.members]
        return {name: _mean([one[name] for one in each]) for name in each[0]}

    @cached_property
    def identity(self) -> dict[str, Any]:
        if self.reporter.begun:
            raise ValueError("ask for the identity of a fit in on_fit_task_begin of its first task")
        pairs = zip(self.members, self.jobs, strict=True)
        each = [identity(member, job.plan.data) for member, job in pairs]
        names = [name for name in each[0] if name not in ("estimator", "parameters")]
        return {
            "estimator": type(self.estimator).__name__,
            "parameters": parameters_told(self.estimator),
            **{name: _one_of([one[name] for one in each]) for name in names},
        }

    def model(self) -> dict[str, Any]:
        """Return what is known when the fit begins: of each network, and of its estimator."""
        return {
            "members": [model_of(member) for member in self.members],
            "table": self._table,
        }

    @cached_property
    def _table(self) -> dict[str, Any]:
        """What the estimator has learned of its table: of these networks, not of further ones."""
        table: dict[str, Any] = self.estimator._saved_table()
        return table

    def state(self) -> dict[str, Any]:
        """Return, after an epoch, all that going on from it exactly needs, and the model."""
        if not self._loops and not all(job.done for job in self.jobs):
            raise ValueError("the training has no state: no epoch yet")
        for k, job in enumerate(self.jobs):
            found = job.progress if job.done else self._loops[id(job)].state()
            if found is not None:  # one that has diverged keeps the state before
                self._saved[k] = {name: part for name, part in found.items() if name != "parts"}
        state = {"identity": self.identity, **self._with_states()}
        if end := self.estimator._saved_end():
            state["end"] = end
        further = self.further
        if further is not None and all(job.progress is not None for job in further.jobs):
            further._saved = [job.progress for job in further.jobs]
            state["further"] = further._with_states()
        return state

    def _with_states(self) -> dict[str, Any]:
        """Return the model with the states of its networks."""
        model = self.model()
        pairs = zip(model["members"], self._saved, strict=True)
        return {**model, "members": [{**one, "state": state} for one, state in pairs]}

    def go_on_from(self, saved: Mapping[str, Any]) -> None:
        self._check_saved(saved)
        states = [one["state"] for one in saved["members"]]
        if len(states) != len(self.jobs):
            raise CheckpointError(f"it has {len(states)} networks, not {len(self.jobs)}")
        epoch = max((state["history"]["n_iter_"] for state in states if state), default=0)
        self._check_epoch(epoch)
        before = self.reporter.resume_from
        if before is None or before["epoch"] < epoch:
            self.reporter.resume_from = {"epoch": epoch, "states": states}

    # ------------------------------------------------------------------ for the fit itself

    def begin(self) -> Callable[[Sequence[FitLoop]], bool] | None:
        """Take up the state that a callback has set; return what is to follow the epochs."""
        if self.reporter.resume_from is not None:
            self._saved = list(self.reporter.resume_from["states"])
            for job, state in zip(self.jobs, self._saved, strict=True):
                if state is not None:
                    job.resume(state)
        return self._after_epoch if self.reporter.listens else None

    def _after_epoch(self, loops: Sequence[FitLoop]) -> bool:
        """Tell callbacks of an epoch; True when one asks to stop."""
        self._loops = {id(loop.job): loop for loop in loops}
        for loop in loops:
            if not loop.over:
                loop.job.owner.publish(loop.history)
        return self.reporter.epoch(self._model_now)

    def _model_now(self) -> dict[str, Any]:
        """Return the attributes that make a copy of the estimator the model as it is now."""
        pairs = zip(self.members, self.jobs, strict=True)
        members = [
            member if job.done else copy_with(member, self._loops[id(job)].model())
            for member, job in pairs
        ]
        return {self.estimator._members_name: members}


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _one_of(values: Sequence[Any]) -> Any:
    """Return what all have, or a word for what each has."""
    alike = all(value == values[0] for value in values)
    return values[0] if alike else joblib.hash(list(values))
