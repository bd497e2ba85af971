"""Fits that train side by side: one stacked network, one run of epochs per model.

An ordinary fit is a stack of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skdeep.backend.base import Random
from skdeep.data.kinds import as_rows, joined, same
from skdeep.estimators._jobs import train_parts
from skdeep.estimators._training import Validation
from skdeep.nn.params import ParamStore
from skdeep.nn.stacking import NotStackable
from skdeep.train.data import Table, equal_stretches
from skdeep.train.trainer import SMALL

if TYPE_CHECKING:
    from skdeep.estimators._jobs import FitJob
    from skdeep.train.evaluator import Evaluator

#: Share of a stack's models that must be training still; with fewer it is made smaller.
OCCUPIED = 0.75


def train_jobs(jobs: Sequence[FitJob]) -> None:
    """Train fits that wait, those that go together as one stack.

    Errors stay with their job; whatever stops the process ends all fits and is raised.
    """
    train_parts(jobs, train_jobs)
    for group in group_jobs([job for job in jobs if not job.done]):
        train_group(group)


def train_group(jobs: Sequence[FitJob]) -> None:
    """Train one group as one stack; where memory does not suffice, one half after the other."""
    try:
        stack = _build_stack(jobs)
        if stack is None:
            train_group(jobs[: len(jobs) // 2])
            train_group(jobs[len(jobs) // 2 :])
        else:
            stack.train()
    except BaseException as error:
        for job in jobs:
            if not job.done:
                job.fail(error)
        if not isinstance(error, Exception):
            raise


def _build_stack(jobs: Sequence[FitJob]) -> Stack | None:
    """Return the stack, with all its memory, or None where it does not fit."""
    try:
        return Stack(jobs)
    except MemoryError:
        if len(jobs) == 1:
            raise
        return None


def group_jobs(jobs: Sequence[FitJob]) -> list[list[FitJob]]:
    """Cut jobs into groups that can be stacked, each in the order given."""
    alike: list[tuple[Any, list[FitJob]]] = []
    for job in jobs:
        key = job.estimator._stack_key(job.data, job.backend)
        found = [group for other, group in alike if key is not None and other == key]
        if found:
            found[0].append(job)
        else:
            alike.append((key, [job]))
    return [group for _, jobs in alike for group in _by_network(jobs)]


def _by_network(jobs: list[FitJob]) -> list[list[FitJob]]:
    """Cut jobs into groups whose networks stack."""
    if _fit_together(jobs):
        return [jobs]
    groups: list[list[FitJob]] = []
    for job in jobs:
        for group in groups:
            if _fit_together([group[0], job]):
                group.append(job)
                break
        else:
            groups.append([job])
    return groups


def _fit_together(jobs: Sequence[FitJob]) -> bool:
    try:
        _stacked([job.estimator for job in jobs])
    except NotStackable:
        return False
    return True


def _stacked(estimators: Sequence[Any]) -> Any:
    return estimators[0]._stacked([estimator._network for estimator in estimators])


class Stack:
    """Fits whose networks, solvers and batch sizes agree, as one training.

    Parameters
    ----------
    jobs : sequence of FitJob
        At least one. Several must have passed :func:`group_jobs`.

    Attributes
    ----------
    runs : list of Epochs
        The epochs of each fit, in the order of the model axis.
    trainer : Trainer
        Trains those that go on; remade without finished ones once they are many.
    """

    def __init__(self, jobs: Sequence[FitJob]) -> None:
        # Models with equally many rows stand side by side, those with most of them first.
        jobs = sorted(jobs, key=lambda job: (-len(job.data.rows), -_n_validating(job)))
        self.backend = jobs[0].backend
        self.dtype = jobs[0].estimator._values.dtype
        self.runs = [job.estimator._make_run(job) for job in jobs]
        sources = [(job.data.X, job.data.target, job.data.weight) for job in jobs]
        self.table, shifts = self._share(sources)
        pool: list[Any] | None = None
        if len(jobs) > 1 and jobs[0].estimator._network.layout.size <= SMALL:
            pool = []
        for job, shift in zip(jobs, shifts, strict=True):
            job.shift, job.pool = shift, pool
        self._build(
            self.runs,
            np.concatenate([job.estimator._values for job in jobs]),
            [job.data.rows + job.shift for job in jobs],
        )

    def _share(self, sources: Sequence[tuple[Any, Any, Any]]) -> tuple[Table, list[int]]:
        """Put the rows of all fits into one table, equal ones once; say where each one's begin."""
        parts: list[tuple[Any, Any, Any]] = []
        which = []
        for source in sources:
            found = [k for k, part in enumerate(parts) if _same_rows(part, source)]
            which.append(found[0] if found else len(parts))
            parts += [] if found else [source]
        starts = np.cumsum([0, *(part[0].shape[0] for part in parts)]).tolist()
        if len(parts) > 1 and any(weight is not None for _, _, weight in parts):
            parts = [
                (X, target, as_rows(target).ones() if weight is None else weight)
                for X, target, weight in parts
            ]
        X, target, weight = parts[0]
        if len(parts) > 1:
            X = joined([part[0] for part in parts])
            own = any(target is not rows for rows, target, _ in parts)
            target = joined([part[1] for part in parts]) if own else X
            weight = None if weight is None else joined([part[2] for part in parts])
        table = as_rows(X).dataset(self.backend, target, weight, self.dtype)
        return table, [starts[k] for k in which]

    def _build(self, runs: list[Any], values: np.ndarray, rows: Sequence[np.ndarray]) -> None:
        """Make the trainer of some of the fits, and what scores their validation rows."""
        self.training = runs
        self.network = _stacked([run.est for run in runs])
        store = ParamStore(self.backend, self.network.layout, values)
        batch_size = max(run.batch_size for run in runs)
        order = self.table.order(rows, [run.shuffle for run in runs], batch_size)
        random = Random.joined([run.masks for run in runs])
        given = (runs, self.network, store, self.table, order, random)
        self.trainer = runs[0].est._make_trainer(*given)
        for model, run in enumerate(runs):
            run.attach(self.trainer, model)
        self.trainer.bind()
        self._make_evaluators()

    def _make_evaluators(self) -> None:
        """Make what scores validation rows: one evaluator for neighbours with equally many."""
        self.evaluators: list[tuple[Evaluator, list[Validation]]] = []
        held = [run for run in self.runs if run.job.data.held_out is not None]
        given = [run for run in self.runs if run.job.data.X_val is not None]
        rows: dict[int, np.ndarray] = {}
        for run in held:
            rows[id(run)] = np.asarray(run.job.data.held_out) + run.job.shift
        table = self.table
        if given:
            sources = [run.job.data for run in given]
            table, starts = self._share([(d.X_val, d.target_val, d.weight_val) for d in sources])
            for run, data, start in zip(given, sources, starts, strict=True):
                rows[id(run)] = as_rows(data.X_val).indices() + start
        sizes = [(len(rows.get(id(run), [])), run in given) for run in self.training]
        codes = np.unique(np.array(sizes), axis=0, return_inverse=True)[1]
        store = self.trainer.evaluation_store()
        for models in equal_stretches(np.ravel(codes)):
            runs = self.training[models]
            if not sizes[models.start][0]:
                continue
            where = np.stack([rows[id(run)] for run in runs])
            place = table if sizes[models.start][1] else self.table
            evaluator = self._evaluator(store, models, place, where)
            validations = [Validation(run, evaluator, k) for k, run in enumerate(runs)]
            self.evaluators.append((evaluator, validations))
            for run, validation in zip(runs, validations, strict=True):
                run.validation = validation

    def _evaluator(self, store: ParamStore, models: slice, table: Table, rows: Any) -> Evaluator:
        """Return what evaluates neighbouring models, on rows (M, n) of a table."""
        estimators = [run.est for run in self.training[models]]
        first = estimators[0]
        if len(self.training) == 1:
            rows = rows[0]
        else:
            store = store.part(models)
        numbers = {name: each_of(estimators, name) for name in first._evaluator_numbers}
        evaluator: Evaluator = first._evaluator(self.network, store, table, rows, **numbers)
        return evaluator

    def train(self) -> None:
        """Run the epochs, all fits in lock step, until each has come to its end."""
        for run in self.runs:
            run.begin()
        with self.backend.session(self.trainer.work):
            while self.training:
                self._compact()
                if self.training:
                    self._epoch()

    def _epoch(self) -> None:
        """Train all models for an epoch, and let each fit that goes on take up its own."""
        trainer = self.trainer
        losses = trainer.epoch()
        rates, norms = trainer.last_rates(), trainer.gradient_norm()
        if self.evaluators:
            trainer.evaluation_store()  # brings averaged parameters up to date
        for evaluator, validations in self.evaluators:
            for validation, loss in zip(validations, evaluator(), strict=True):
                validation.loss = float(loss)
        for model, run in enumerate(self.training):
            if not run.over:
                run.take(float(losses[model]), float(rates[model]), float(norms[model]))

    def _compact(self) -> None:
        """Go on with the models that still train, once they are few enough."""
        left = [k for k, run in enumerate(self.training) if not run.over]
        if len(left) > OCCUPIED * len(self.training):
            return
        if not left:
            self.training = []
            return
        old = self.trainer
        rows, state = [old.order.of(k) for k in left], old.state(left)
        self._build([self.training[k] for k in left], old.values(left), rows)
        self.trainer.restore(state)


def _n_validating(job: FitJob) -> int:
    data = job.data
    if data.held_out is not None:
        return len(data.held_out)
    return 0 if data.X_val is None else len(as_rows(data.X_val).indices())


def _same_rows(one: tuple[Any, Any, Any], other: tuple[Any, Any, Any]) -> bool:
    """Whether two fits have the same rows, targets and weights; device rows only by identity."""
    return all(map(same, one, other))


def each_of(estimators: Sequence[Any], name: str) -> np.ndarray | None:
    """Return a parameter of each estimator, (M,); None where it is None in all."""
    values = [getattr(estimator, name) for estimator in estimators]
    return None if values[0] is None else np.array(values, float)
