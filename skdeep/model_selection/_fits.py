"""Fits the tasks of a search in stacks, and keeps the results until they are fetched."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import joblib
from sklearn.pipeline import Pipeline

from skdeep.data._compat import check_method_params, safe_split
from skdeep.data.sharing import sharing
from skdeep.estimators.fit.waiting import deferring
from skdeep.fitting.errors import KeepsError, first_error
from skdeep.fitting.jobs import FitJob
from skdeep.fitting.stack_size import default_memory, fits_at_once, train_together
from skdeep.model_selection._errors import Raises
from skdeep.model_selection._memory import SplitMemory, size_of
from skdeep.model_selection._progress import Progress, go_on
from skdeep.model_selection._scoring import Score, Scoring
from skdeep.model_selection._tasks import Task
from skdeep.model_selection._understood import is_ours, pipelines, trains_last


@dataclass
class SearchData:
    """What a search was given, and its splits.

    Its size is that of what it holds: by it joblib finds out, on a cluster, that this is better
    sent to each worker once than with every task.
    """

    X: Any
    y: Any
    fit_params: dict[str, Any]
    splits: Sequence[tuple[Any, Any]]

    def __sizeof__(self) -> int:
        return self._bytes

    @cached_property
    def _bytes(self) -> int:
        return size_of(self.X, self.y, self.fit_params, self.splits)

    def rows(
        self, estimator: Any, split: int, part: str, params: Any
    ) -> tuple[Any, Any, dict[str, Any]]:
        """Return X, y and the parameters that go with the rows of a "train" or "test" part."""
        train, test = self.splits[split]
        chosen = train if part == "train" else test
        X, y = safe_split(estimator, self.X, self.y, chosen, train)
        return X, y, check_method_params(self.X, params=params, indices=chosen)


@dataclass
class Outcome(Raises, KeepsError):
    """What came of a fit.

    Attributes
    ----------
    estimator : estimator or None
        The fitted one; None where there are scores instead.
    error : exception or None
        Why the fit failed.
    seconds : float
        Its time.
    scores : list of Score
        Of the test rows, and of the training rows where these are scored.
    progress : Progress or None
        Where training may go on, where that was asked for.
    """

    estimator: Any
    error: BaseException | None
    seconds: float
    scores: list[Score] = field(default_factory=list)
    progress: Progress | None = None

    def __post_init__(self) -> None:
        # Fits may share an error, and each time it is raised its traceback grows.
        self.traceback = None if self.error is None else self.error.__traceback__

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "traceback": None}

    def raise_error(self) -> None:
        """Raise the error, if there is one, from where it came up; let go of it."""
        if self.error is not None:
            self.error.__traceback__, self.traceback = self.traceback, None
        super().raise_error()


@dataclass
class _Begun(KeepsError):
    """A fit that is prepared, and the jobs of it that wait to be trained."""

    task: Task
    estimator: Any = None
    jobs: list[FitJob] = field(default_factory=list)
    error: BaseException | None = None
    seconds: float = 0.0
    rows: str = ""

    def outcome(self, seconds: float) -> Outcome:
        error = first_error([self, *self.jobs])
        state = self.jobs[0].progress if self.rows else None
        progress = None if state is None or error is not None else Progress(state, self.rows)
        return Outcome(self.estimator, error, self.seconds + seconds, progress=progress)


class StackedFits:
    """The fits of a search that can be stacked, done when their results are asked for.

    Tasks are prepared one by one, up to where the training of their network would begin, as many
    as train together; then these are trained, and the next ones prepared. Only what is in work,
    and what has not been fetched, takes memory.

    Parameters
    ----------
    tasks : sequence of Task
        In the order of :func:`~skdeep.model_selection._tasks.make_tasks`.
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
        self.limit = default_memory() if memory is None else memory
        self.memory = SplitMemory(self.limit / 2)
        self.outcomes: dict[int, Outcome] = {}

    def begin(self) -> None:
        """Do the first fits; raise where the memory limit does not suffice for them."""
        self._train_some()
        errors = (
            outcome
            for number, outcome in self.outcomes.items()
            if self.tasks[number].stacks and isinstance(outcome.error, MemoryError)
        )
        exceeded = next(errors, None)
        if exceeded is not None:
            self.forget()
            exceeded.raise_error()

    def fetch(self, number: int) -> Outcome:
        """Return the outcome of a task, and let it go."""
        while number not in self.outcomes:
            self._train_some()
        return self.outcomes.pop(number)

    def forget(self) -> None:
        """Drop what has not been fetched: tracebacks of errors lead back here."""
        self.outcomes = {}

    def scored(self, scoring: Scoring) -> dict[int, Outcome]:
        """Do all fits, and return their scores by the numbers of their tasks."""
        result: dict[int, Outcome] = {}
        while self.waiting or self.outcomes:
            if not self.outcomes:
                self._train_some()
            for number in list(self.outcomes):
                result[number] = self._scored(number, scoring)
        return result

    def _scored(self, number: int, scoring: Scoring) -> Outcome:
        """Let a fit go, with its scores instead of the fitted estimator."""
        outcome, split = self.outcomes.pop(number), self.tasks[number].split
        fitted, outcome.estimator = outcome.estimator, None
        if outcome.error is None:
            for part in scoring.parts:
                make = partial(self.data.rows, fitted, split, part, scoring.params)
                X, y, params = self.memory.get((split, part), make)
                y = deepcopy(y)  # a metric may work in place
                if is_ours(fitted) and scoring.only_predicts:
                    with sharing(self.memory.get):
                        outcome.scores.append(scoring(fitted, X, y, params))
                else:  # so may these, and other candidates need the same rows
                    outcome.scores.append(scoring(fitted, deepcopy(X), y, params))
        return outcome

    def _train_some(self) -> None:
        """Prepare as many tasks of a family as train at one time, and train them."""
        kind = self.waiting[0].order[0]
        begun: list[_Begun] = []
        room = 1
        while self.waiting and len(begun) < room and self.waiting[0].order[0] == kind:
            begun.append(self._prepare(self.waiting.pop(0)))
            if room == 1 and begun[-1].jobs:
                room = len(begun) - 1 + self._room(fits_at_once(begun[-1].jobs[0]), kind)
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

    def _room(self, size: int, kind: int) -> int:
        """Return how many tasks of a kind to train now, in stacks of up to `size`, equally big."""
        left = 1 + sum(task.order[0] == kind for task in self.waiting)
        return -(-left // -(-left // size))

    def _prepare(self, task: Task) -> _Begun:
        """Fit a task up to the training of its network."""
        started = time.perf_counter()
        begun = _Begun(task)
        try:
            begun.estimator = estimator = task.make()
            X, y, params = self._rows(task, estimator)
            told = self._told(task, estimator, X, y, params)
            sharing_all = self._sharing(estimator) if task.shares else nullcontext()
            waits = partial(trains_last, estimator)
            waiting: Any = deferring(waits) if task.stacks else nullcontext([])
            with told, waiting as begun.jobs, sharing_all:
                estimator.fit(X, **params) if y is None else estimator.fit(X, y, **params)
            if task.keeps_progress and len(begun.jobs) == 1:
                begun.rows = go_on(begun.jobs[0], task.progress, self._word)
        except Exception as raised:
            begun.error = raised
        begun.seconds = time.perf_counter() - started
        return begun

    def _rows(self, task: Task, estimator: Any) -> tuple[Any, Any, dict[str, Any]]:
        """Return what to fit to: the same rows for all who leave them as they are."""
        make = partial(self.data.rows, estimator, task.split, "train", self.data.fit_params)
        if not task.shares:
            return make()
        X, y, params = self.memory.get(task.split, make)
        # Targets that are transformed may be so in place.
        keeps = is_ours(estimator) or isinstance(estimator, Pipeline)
        return X, y if keeps else deepcopy(y), params

    def _word(self, X: Any) -> str:
        """Return a word for the content of rows, found once where many fits share them."""
        # With the rows themselves, whose identity must not be used again.
        word, _ = self.memory.get(("word", id(X)), lambda: (str(joblib.hash(X)), X))
        return str(word)

    @contextmanager
    def _sharing(self, estimator: Any) -> Iterator[None]:
        """Let networks share what they find of the rows, and pipelines what they make of them."""
        given = pipelines(estimator)
        for pipeline in given:
            pipeline.memory = self.memory
        try:
            with sharing(self.memory.get):
                yield
        finally:
            for pipeline in (*given, *pipelines(estimator)):  # they may have been cloned
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
