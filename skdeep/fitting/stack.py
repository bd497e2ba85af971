"""Fits that train side by side: one stacked network, one run of epochs per model.

An ordinary fit is a stack of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event
from typing import Any

import numpy as np

from skdeep.backend.base import Random
from skdeep.data.kinds import as_rows, joined, same
from skdeep.fitting.history import History, RBMHistory
from skdeep.fitting.jobs import FitJob, train_parts
from skdeep.fitting.loop import FitLoop
from skdeep.fitting.network_loop import NetworkLoop
from skdeep.fitting.plan import FitPlan, each_of
from skdeep.fitting.rbm_loop import RBMLoop
from skdeep.fitting.together import units_of
from skdeep.fitting.validation import Validation
from skdeep.nn.core.params import ParamStore
from skdeep.nn.core.stacking import NotStackable
from skdeep.train.dataset import Dataset, Shuffler, equal_runs
from skdeep.train.evaluator import Evaluator
from skdeep.train.trainer import Trainer
from skdeep.train.updates import SMALL

#: Share of a stack's models that must be training still; with fewer it is made smaller.
OCCUPIED = 0.75


def train_jobs(jobs: Sequence[FitJob]) -> None:
    """Train fits that wait, those that go together as one stack.

    Errors stay with their job; whatever stops the process ends all fits and is raised.
    """
    train_parts(jobs, train_jobs)
    for group in group_jobs([job for job in jobs if not job.done]):
        train_group(group)


def train_group(jobs: Sequence[FitJob], cut: Event | None = None, *, keeps: bool = False) -> None:
    """Train one group as one stack; where memory does not suffice, one half after the other.

    After Ctrl-C, models of a stack that `keeps` what it has are trained as far as they came. The
    event `cut` is Ctrl-C of another thread.
    """
    stack = None
    try:
        stack = _build_stack(jobs)
        if stack is None:
            units = units_of(jobs)
            for half in (units[: len(units) // 2], units[len(units) // 2 :]):
                train_group([job for unit in half for job in unit], cut, keeps=keeps)
        else:
            stack.listen(cut)
            stack.train()
    except BaseException as error:
        if keeps and stack is not None and isinstance(error, KeyboardInterrupt):
            stack.interrupt()
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
        if len(units_of(jobs)) == 1:
            raise
        return None


def group_jobs(jobs: Sequence[FitJob]) -> list[list[FitJob]]:
    """Cut jobs into groups that can be stacked, each in the order given."""
    alike: list[tuple[Any, list[FitJob]]] = []
    for job in jobs:
        key = job.plan.agreement
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
        _stacked([job.plan for job in jobs])
    except NotStackable:
        return False
    return True


def _stacked(plans: Sequence[FitPlan]) -> Any:
    return plans[0].recipe.stack([plan.network for plan in plans])


class Stack:
    """Fits whose networks, solvers and batch sizes agree, as one training.

    Parameters
    ----------
    jobs : sequence of FitJob
        At least one. Several must have passed :func:`group_jobs`.

    Attributes
    ----------
    loops : list of FitLoop
        The epochs of each fit, in the order of the model axis.
    trainer : Trainer
        Trains those that go on; remade without finished ones once they are many.
    """

    def __init__(self, jobs: Sequence[FitJob]) -> None:
        # Models with equally many rows stand side by side, those with most of them first.
        self._cut: Event | None = None
        jobs = sorted(jobs, key=lambda job: (-job.plan.n_samples, -_n_validating(job)))
        plans = [job.plan for job in jobs]
        self.backend, self.dtype = plans[0].backend, plans[0].values.dtype
        self.loops = [loop_type(type(job.plan.history))(job) for job in jobs]
        sources = [(plan.data.X, plan.data.target, plan.data.weight) for plan in plans]
        self.table, shifts = self._share(sources)
        for job, shift in zip(jobs, shifts, strict=True):
            job.shift = shift
        if len(jobs) > 1 and plans[0].network.layout.size <= SMALL:
            _share_pools(jobs)
        self._build(
            self.loops,
            np.concatenate([plan.values for plan in plans]),
            [job.plan.data.rows + job.shift for job in jobs],
        )

    def _share(self, sources: Sequence[tuple[Any, Any, Any]]) -> tuple[Dataset, list[int]]:
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

    def _build(self, loops: list[FitLoop], values: np.ndarray, rows: Sequence[np.ndarray]) -> None:
        """Make the trainer of some of the fits, and what scores their validation rows."""
        self.training, plans = loops, [loop.plan for loop in loops]
        self.network = _stacked(plans)
        store = ParamStore(self.backend, self.network.layout, values)
        batch_size = max(plan.batch_size for plan in plans)
        order = self.table.order(rows, [loop.shuffle for loop in loops], batch_size)
        random = Random.joined([loop.masks for loop in loops])
        objective = _objective(plans, self.network, store, self.table, random)
        self.trainer = _trainer(plans, objective, order)
        self.trainer.cut = self._cut
        for model, loop in enumerate(loops):
            loop.attach(self.trainer, model)
        self.trainer.bind()
        self._make_evaluators()

    def _make_evaluators(self) -> None:
        """Make what scores validation rows: one evaluator for neighbours with equally many."""
        self.evaluators: list[tuple[Evaluator, list[Validation]]] = []
        rows, place = self._validation_rows()
        sizes = [(len(rows.get(id(loop), [])), id(loop) in place) for loop in self.training]
        codes = np.unique(np.array(sizes), axis=0, return_inverse=True)[1]
        store = self.trainer.evaluation_store()
        for models in equal_runs(np.ravel(codes)):
            loops = self.training[models]
            if not sizes[models.start][0]:
                continue
            where = np.stack([rows[id(loop)] for loop in loops])
            table = place.get(id(loops[0]), self.table)
            evaluator = self._evaluator(store, models, table, where)
            validations = [Validation(loop.plan, evaluator, k) for k, loop in enumerate(loops)]
            self.evaluators.append((evaluator, validations))
            for loop, validation in zip(loops, validations, strict=True):
                loop.validation = validation
        ensembles = (loop.plan.together for loop in self.training)
        self.together = list({id(one): one for one in ensembles if one is not None}.values())
        for one in self.together:
            one.gather(self.training)

    def _validation_rows(self) -> tuple[dict[int, np.ndarray], dict[int, Dataset]]:
        """Return, by the identity of loops, validation rows and the tables of their own."""
        rows: dict[int, np.ndarray] = {}
        for loop in self.loops:
            held_out = loop.plan.data.held_out
            if held_out is not None:
                rows[id(loop)] = np.asarray(held_out) + loop.job.shift
        given = [loop for loop in self.loops if loop.plan.data.X_val is not None]
        if not given:
            return rows, {}
        sources = [loop.plan.data for loop in given]
        table, starts = self._share([(d.X_val, d.target_val, d.weight_val) for d in sources])
        for loop, data, start in zip(given, sources, starts, strict=True):
            rows[id(loop)] = as_rows(data.X_val).indices() + start
        return rows, {id(loop): table for loop in given}

    def _evaluator(self, store: ParamStore, models: slice, table: Dataset, rows: Any) -> Evaluator:
        """Return what evaluates neighbouring models, on rows (M, n) of a table."""
        plans = [loop.plan for loop in self.training[models]]
        if len(self.training) == 1:
            rows = rows[0]
        else:
            store = store.part(models)
        recipe, each = plans[0].recipe, each_of(plans)
        assert recipe.evaluator is not None
        numbers = {name: each(name) for name in recipe.evaluator_numbers}
        evaluator: Evaluator = recipe.evaluator(self.network, store, table, rows, **numbers)
        return evaluator

    def listen(self, cut: Event | None) -> None:
        """Raise KeyboardInterrupt between two steps once the event `cut` is set."""
        self._cut = self.trainer.cut = cut

    def train(self) -> None:
        """Run the epochs, all fits in lock step, until each has come to its end."""
        self.begin()
        with self.backend.session(self.trainer.work) as held, held:
            while self.go_on():
                pass

    def begin(self) -> None:
        """Begin the epochs."""
        for loop in self.loops:
            loop.begin()

    def go_on(self) -> bool:
        """Run one epoch of all fits that are not over; False where there are none."""
        self._compact()
        if not self.training:
            return False
        self._epoch()
        return True

    def interrupt(self) -> None:
        """End all fits that are not over, with what there is."""
        for loop in self.loops:
            if not loop.over:
                loop.interrupt()

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
        for one in self.together:
            one.renew()
        for model, loop in enumerate(self.training):
            if not loop.over:
                loop.take(float(losses[model]), float(rates[model]), float(norms[model]))

    def _compact(self) -> None:
        """Go on with the models that still train, once they are few enough."""
        left = [k for k, loop in enumerate(self.training) if not loop.over]
        if len(left) > OCCUPIED * len(self.training):
            return
        if not left:
            self.training = []
            return
        old = self.trainer
        rows, state = [old.order.of(k) for k in left], old.state(left)
        self._build([self.training[k] for k in left], old.values(left), rows)
        self.trainer.restore(state)


def _share_pools(jobs: Sequence[FitJob]) -> None:
    """Give fits the same pool whose predictions differ in their parameters only."""
    pools: dict[Any, list[Any]] = {}
    for job in jobs:
        loss = getattr(job.plan.network, "loss", None)  # machines have none
        job.pool = pools.setdefault(None if loss is None else loss.meaning, [])


def loop_type(history: type[History]) -> type[FitLoop]:
    """Return what runs the epochs of fits with such a history."""
    return RBMLoop if issubclass(history, RBMHistory) else NetworkLoop


def _objective(
    plans: Sequence[FitPlan], network: Any, store: ParamStore, table: Dataset, random: Random
) -> Any:
    """Return what the models of some plans minimise."""
    recipe, each = plans[0].recipe, each_of(plans)
    numbers = {name: each(name) for name in recipe.objective_numbers}
    return recipe.objective(network, store, table, random=random, **numbers)


def _trainer(plans: Sequence[FitPlan], objective: Any, order: Shuffler) -> Trainer:
    """Return what trains the models of some plans."""
    each = each_of(plans)
    return Trainer(
        objective,
        plans[0].recipe.optimizer(each),
        order=order,
        batch_size=max(plan.batch_size for plan in plans),
        rate=each("rate"),
        schedule=[plan.schedule for plan in plans],
        total_steps=np.array([plan.stopping.max_iter * plan.steps_per_epoch for plan in plans]),
        weight_decay=each("weight_decay"),
        decay_schedule=[plan.decay_schedule for plan in plans],
        noise_schedule=[plan.noise_schedule for plan in plans],
        smoothing_schedule=[plan.smoothing_schedule for plan in plans],
        clip_norm=each("clip_norm"),
        clip_value=each("clip_value"),
        ema_decay=each("ema_decay"),
        frozen=plans[0].frozen,
    )


def _n_validating(job: FitJob) -> int:
    data = job.plan.data
    if data.held_out is not None:
        return len(data.held_out)
    return 0 if data.X_val is None else len(as_rows(data.X_val).indices())


def _same_rows(one: tuple[Any, Any, Any], other: tuple[Any, Any, Any]) -> bool:
    """Whether two fits have the same rows, targets and weights; device rows only by identity."""
    return all(map(same, one, other))


def train_alone(job: FitJob) -> None:
    """Train one fit, after the parts it starts from; an interrupted one keeps what it has."""
    for part in job.parts:
        train_alone(part)
    if job.is_over():
        job.complete()
        return
    if job.plan.solver == "lbfgs":
        from skdeep.fitting.full_batch import FullBatchFit

        FullBatchFit(job).run()
        return
    resumed = None if job.reporter is None else job.reporter.resume_from
    if resumed is not None:
        job.resume(resumed)
    stack = Stack([job])
    try:
        stack.train()
    except KeyboardInterrupt:
        stack.loops[0].interrupt()
    job.raise_error()
