"""Fits the tasks of a search in stacks, and keeps the results until they are fetched."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.utils.metaestimators import _safe_split
from sklearn.utils.validation import _check_method_params

from skdeep.estimators._jobs import FitJob, deferring
from skdeep.estimators._together import fits_at_once, free_memory, train_together
from skdeep.model_selection._memory import SplitMemory
from skdeep.model_selection._tasks import Task, parts_of


@dataclass
class SearchData:
    """What a search was given, and its splits."""

    X: Any
    y: Any
    fit_params: dict[str, Any]
    splits: Sequence[tuple[Any, Any]]

    def training(self, estimator: Any, split: int) -> tuple[Any, Any, dict[str, Any]]:
        """Return X, y and the parameters of ``fit`` of the training rows."""
        train = self.splits[split][0]
        X, y = _safe_split(estimator, self.X, self.y, train)
        return X, y, _check_method_params(self.X, params=self.fit_params, indices=train)


@dataclass
class Outcome:
    """A fitted estimator or the error of its fit, and the seconds that it took."""

    estimator: Any
    error: BaseException | None
    seconds: float

    def __post_init__(self) -> None:
        # Fits may share an error, and each time it is raised its traceback grows.
        self.traceback = None if self.error is None else self.error.__traceback__

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "traceback": None}


@dataclass
class _Begun:
    """A fit that is prepared, and the jobs of it that wait to be trained."""

    task: Task
    estimator: Any
    jobs: list[FitJob]
    error: BaseException | None
    seconds: float

    def outcome(self, seconds: float) -> Outcome:
        errors = [self.error, *(job.error for job in self.jobs)]
        error = next((error for error in errors if error is not None), None)
        return Outcome(self.estimator, error, self.seconds + seconds)


class StackedFits:
    """The fits of a search that can be stacked, done when their results are asked for.

    Tasks are prepared one by one, up to where the training of their network would begin, as many
    as train together; then these are trained, and the next ones prepared. Only what is in work,
    and what has not been fetched, takes memory.

    Parameters
    ----------
    tasks : sequence of Task
        In the order of :func:`stackable_tasks`.
    data : SearchData
        Rows and splits.
    caller : search
        Whom the callbacks of a task are told about.
    memory : float, optional
        Bytes for training and for transformed rows; default: half of what is free.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        data: SearchData,
        caller: Any = None,
        memory: float | None = None,
    ) -> None:
        self.tasks = {task.number: task for task in tasks}
        self.waiting, self.data, self.caller = list(tasks), data, caller
        self.limit = free_memory() if memory is None else memory
        self.memory = SplitMemory(self.limit / 2)
        self.outcomes: dict[int, Outcome] = {}

    def begin(self) -> None:
        """Do the first fits; raise where the memory limit does not suffice for them."""
        self._train_some()
        for outcome in self.outcomes.values():
            if isinstance(outcome.error, MemoryError):
                raise outcome.error

    def fetch(self, number: int) -> Outcome:
        """Return the outcome of a task, and let it go."""
        while number not in self.outcomes:
            self._train_some()
        return self.outcomes.pop(number)

    def all(self) -> dict[int, Outcome]:
        """Return all outcomes by the numbers of their tasks."""
        while self.waiting:
            self._train_some()
        return self.outcomes

    def _train_some(self) -> None:
        """Prepare as many tasks of a family as train at one time, and train them."""
        kind = self.waiting[0].order[0]
        begun: list[_Begun] = []
        room = 1
        while self.waiting and len(begun) < room and self.waiting[0].order[0] == kind:
            begun.append(self._prepare(self.waiting.pop(0)))
            if room == 1 and begun[-1].jobs:
                room = len(begun) + fits_at_once(begun[-1].jobs[0]) - 1
            elif not begun[-1].jobs:  # it failed; see what the next one needs
                room += 1
        started = time.perf_counter()
        try:
            train_together([job for fit in begun for job in fit.jobs], self.limit)
        except MemoryError as error:
            for fit in begun:
                fit.error = error
        share = (time.perf_counter() - started) / len(begun)
        for fit in begun:
            self.outcomes[fit.task.number] = fit.outcome(share if fit.jobs else 0.0)

    def _prepare(self, task: Task) -> _Begun:
        """Fit a task up to the training of its network."""
        started = time.perf_counter()
        estimator, jobs, error = None, [], None
        try:
            estimator = task.make()
            X, y, params = self.memory.get(
                task.split, lambda: self.data.training(estimator, task.split)
            )
            told = self._told(task, estimator, X, y, params)
            with told, deferring() as jobs, self._remembering(estimator):
                estimator.fit(X, **params) if y is None else estimator.fit(X, y, **params)
        except Exception as raised:
            error = raised
        return _Begun(task, estimator, jobs, error, time.perf_counter() - started)

    @contextmanager
    def _remembering(self, estimator: Any) -> Iterator[None]:
        """Let pipelines without a memory of their own share what they make of the rows."""
        for pipeline in _pipelines(estimator):
            if pipeline.memory is None:
                pipeline.memory = self.memory
        try:
            yield
        finally:
            fitted = getattr(estimator, "regressor_", estimator)  # a clone of the regressor
            for pipeline in (*_pipelines(estimator), *_pipelines(fitted)):
                if pipeline.memory is self.memory:
                    pipeline.memory = None

    def _told(self, task: Task, estimator: Any, X: Any, y: Any, params: dict[str, Any]) -> Any:
        """Tell the search's callbacks that a task begins; return the context of its fit."""
        if task.context is None:
            return nullcontext()
        weight = params.get("sample_weight")
        metadata = None if weight is None else {"sample_weight": weight}
        told = {"estimator": self.caller, "X": X, "y": y, "metadata": metadata}
        return task.context.begun(estimator, told)


def _pipelines(estimator: Any) -> list[Pipeline]:
    return [part for part in parts_of(estimator) if isinstance(part, Pipeline)]
