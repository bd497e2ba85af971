"""Continued training: a candidate of a halving search starts where its last fit ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import joblib

from skdeep.estimators.fit.members import HasMembers
from skdeep.estimators.fit.schedules import goes_by_progress
from skdeep.fitting.jobs import FitJob
from skdeep.model_selection._memory import memory_of
from skdeep.model_selection._tasks import Task, make
from skdeep.model_selection._understood import final_estimator


@dataclass
class Progress:
    """Where the training of a candidate on a split has come to.

    Attributes
    ----------
    state : mapping
        All that going on exactly needs.
    rows : str
        A word for the rows that it was trained on.
    """

    state: Mapping[str, Any]
    rows: str

    @property
    def nbytes(self) -> int:
        """About the memory that it takes."""
        arrays = [self.state["values"], *self.state["states"].values(), self.state["rows"]]
        parts = map(memory_of, self.state["parts"].values())
        return int(sum(array.nbytes for array in arrays) + sum(parts))


class ProgressKeeper:
    """Keeps the progress of candidates while what they differ in is the number of epochs.

    Parameters
    ----------
    resource : str
        The parameter that grows from one evaluation to the next.
    limit : float
        Bytes to keep; what is beyond is trained from the start again.
    """

    def __init__(self, resource: str, limit: float) -> None:
        self.resource, self.limit, self.held = resource, limit, 0
        self._kept: dict[tuple[str, int], Progress] = {}

    def prepare(self, task: Task) -> None:
        """Hand a task what is kept of its candidate, and have it keep its own progress."""
        if self._continues(task):
            task.keeps_progress = True
            task.progress = self._kept.get(self._key(task))

    def keep(self, task: Task, progress: Progress | None) -> None:
        """Take the progress of a task; older progress goes."""
        key = self._key(task)
        old = self._kept.pop(key, None)
        self.held -= 0 if old is None else old.nbytes
        if progress is not None and self.held + progress.nbytes <= self.limit:
            self._kept[key] = progress
            self.held += progress.nbytes

    def _key(self, task: Task) -> tuple[str, int]:
        rest = {name: v for name, v in task.parameters.items() if name != self.resource}
        return str(joblib.hash(rest)), task.split

    def _continues(self, task: Task) -> bool:
        """Say whether more of the resource is more epochs of the same training."""
        network = final_estimator(make(task.estimator, task.parameters))
        if network is None or isinstance(network, HasMembers) or network.solver == "lbfgs":
            return False
        name = network.epochs_parameter
        return (
            self.resource.rsplit("__", 1)[-1] == name
            and network.n_epochs == task.parameters.get(self.resource)
            and not goes_by_progress(network)
        )


def go_on(job: FitJob, progress: Progress | None, word: Callable[[Any], str]) -> str:
    """Let a job train on where that is the same as from the start; return a word for its rows.

    `word` gives one for the rows themselves, which many jobs share.
    """
    data = job.plan.data
    job.keeps_progress = True
    names = ("target", "weight", "X_val", "target_val", "weight_val", "X_unlabeled")
    rest = [getattr(data, name) for name in names]
    rows = f"{word(data.X)} {joblib.hash(rest)}"
    if progress is not None and progress.rows == rows:
        job.resume(progress.state)
    return rows
