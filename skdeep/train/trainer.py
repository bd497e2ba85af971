"""The training loop that all families share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import Any, NamedTuple, cast

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels.arithmetic import add, multiply
from skdeep.nn.core.params import ParamStore
from skdeep.optim.base import Optimizer
from skdeep.train.clipping import clip_factor, clip_value
from skdeep.train.dataset import Batches, Shuffler
from skdeep.train.model_schedules import ModelSchedules, Schedules
from skdeep.train.objective import Objective, OfLength
from skdeep.train.updates import Updates


class Step(NamedTuple):
    """A recorded step, and what it reads that changes from call to call."""

    run: Callable[[], None]
    index: Array  # (M, B)
    numbers: Array  # (M, columns)
    prepare: Callable[[np.ndarray], None] | None


class Planned(NamedTuple):
    """One step of an epoch: its numbers and row indices, and where these stand on the host."""

    numbers: Array
    rows: Array
    step: Step
    prepare: Callable[[np.ndarray], None] | None
    cut: tuple[slice, slice]


class Trainer:
    """Runs epochs: shuffles, cuts batches, repeats one recorded step per batch size and length.

    Parameters
    ----------
    objective : Objective
        Fills gradients.
    optimizer : Optimizer
        Moves parameters.
    order : Shuffler
        Which rows each model visits, and in which order.
    batch_size : int
        Rows per step; the last batch of an epoch may be shorter and is a step of its own.
    rate : float or ndarray of shape (M,)
        Learning rate, which the caller may change between epochs (attribute ``rate``).
    schedule : callable or sequence of M callables, optional
        Factor of the rate by training progress, an array in [0, 1); None in a sequence is 1.
    total_steps : int or ndarray of shape (M,), optional
        What progress is measured against.
    weight_decay : float or ndarray of shape (M,)
        Decoupled decay: weights shrink by ``rate * weight_decay`` a step.
    decay_schedule, noise_schedule, smoothing_schedule : callable or sequence of callables, optional
        Factors of the decay, of the probabilities of dropout and of label smoothing, like
        `schedule`.
    clip_norm, clip_value : float or ndarray of shape (M,), optional
        Limits of the gradient's norm and entries, before the penalty is added.
    ema_decay : float or ndarray of shape (M,), optional
        Keep an exponential moving average of the parameters.
    frozen : sequence of str
        Layers or parameters that do not move.

    Attributes
    ----------
    steps : ndarray of shape (M,)
        Number of steps taken, over all epochs and fits that this training continues.
    moved : ndarray of bool of shape (M,)
        Whether a step of the last epoch had a rate above 0.
    """

    def __init__(
        self,
        objective: Objective,
        optimizer: Optimizer,
        *,
        order: Shuffler,
        batch_size: int,
        rate: Any,
        schedule: Schedules = None,
        total_steps: Any = 1,
        weight_decay: Any = 0.0,
        decay_schedule: Schedules = None,
        noise_schedule: Schedules = None,
        smoothing_schedule: Schedules = None,
        clip_norm: Any = None,
        clip_value: Any = None,
        ema_decay: Any = None,
        frozen: Sequence[str] = (),
    ) -> None:
        self.objective, self.optimizer = objective, optimizer
        self.ops, self.params = objective.ops, objective.params
        self.order = order
        self.batches = Batches(order.counts, batch_size)
        models = self.params.n_models
        self.rate = np.array(np.broadcast_to(rate, (models,)), float)
        self.schedules = ModelSchedules(schedule, models)
        self.decay_schedules = ModelSchedules(decay_schedule, models)
        #: Schedules of numbers that steps read, by the names of their columns.
        self.level_schedules = {
            name: each
            for name, given in (
                ("noise_level", noise_schedule),
                ("smoothing_level", smoothing_schedule),
            )
            if (each := ModelSchedules(given, models))
        }
        self.total_steps = np.maximum(np.broadcast_to(total_steps, (models,)), 1)
        self.weight_decay = np.asarray(weight_decay, float)
        self._decays = bool(self.weight_decay.any())
        self.steps = np.zeros(models, int)
        #: Set by another thread, to end training as Ctrl-C does in this one.
        self.cut: Event | None = None
        self._allocate(clip_norm, clip_value, ema_decay)
        #: What is trained, (start, stop, penalised), each.
        self.trained = self.params.layout.ranges(frozen)
        self.updates = Updates(
            objective,
            optimizer,
            self.trained,
            self.states,
            self.averages,
            decays=self._decays,
        )
        #: Multiply-adds of a step's largest product, by which a session picks its threads.
        self.work = objective.largest_product(self.batches.sizes.max())
        self._norm: Callable[[], None] | None = None
        self._recorded: dict[tuple[int, int, int, int | None], Step] = {}
        self._temporaries = self.ops.temporaries()
        self._plan: list[Planned] = []

    def _allocate(self, clip_norm: Any, clip_limit: Any, ema_decay: Any) -> None:
        """Make the optimizer's states and the per-step numbers."""
        ops, params = self.ops, self.params
        params.allocate_grads()
        models, dtype = params.n_models, params.values.dtype
        shape = (models, params.layout.n_trainable)
        self.states = {name: ops.zeros(shape, dtype) for name in self.optimizer.states}
        self.constants = {
            name: value
            for name, value in (
                ("clip_norm", clip_norm),
                ("clip_value", clip_limit),
                ("ema", ema_decay),
            )
            if value is not None
        }
        levels = self.level_schedules
        names = (*self.objective.columns, *self.optimizer.columns, *levels, "keep", *self.constants)
        self._column = {name: k for k, name in enumerate(dict.fromkeys(names))}
        self._numbers = ops.empty((models, len(self._column)), dtype)  # (M, K)
        self.columns = {name: self._numbers[:, k : k + 1] for name, k in self._column.items()}
        n_steps = len(self.batches)
        self._offsets = np.arange(1, n_steps + 1, dtype=float)[:, None]
        self._steps_an_epoch = np.count_nonzero(self.batches.sizes, axis=0)
        self._host_table = np.empty((n_steps, models, len(self._column)))
        self._table = ops.empty(self._host_table.shape, dtype)
        self._filled = False
        self.moved: np.ndarray = np.zeros(models, bool)
        self._zero = ops.zeros((models, 1), np.float64)
        self._index = ops.empty((models * self.batches.sizes.max(),), np.intp)
        self._order = ops.empty(self.order.rows.shape, np.intp)
        self._squares = ops.zeros((models, 1), dtype)
        self._part = ops.empty((models, 1), dtype)
        self.averages: Array = None
        self._averaged: ParamStore | None = None
        if ema_decay is not None:
            self.averages = ops.to_device(ops.to_host(params.values[:, : shape[1]]))

    def epoch(self) -> np.ndarray:
        """Train on every row once; return each model's mean loss, float64 (M,)."""
        ops, objective = self.ops, self.objective
        order = self.order.advance()
        ops.to_device(order, self._order)
        self._fill_table(order)
        ops.copy(self._zero, objective.total)
        if self.order.varies or not self._plan:
            self._plan = self._planned()
        with ops.running():
            for numbers, rows, step, prepare, cut in self._plan:
                ops.copy(numbers, step.numbers)
                ops.copy(rows, step.index)
                if prepare is not None:
                    prepare(order[cut])
                step.run()
                if self.cut is not None and self.cut.is_set():
                    raise KeyboardInterrupt
        self.steps += self._steps_an_epoch
        mean: np.ndarray = ops.to_host(objective.total)[:, 0] / self.batches.counts
        return mean

    def bind(self) -> None:
        """Record the steps and take their memory, where it is not done yet.

        Where they differ from epoch to epoch, those of the first step take the memory of all.
        """
        if not self.order.varies:
            self._plan = self._plan or self._planned()
            return
        for models, rows in self.batches.runs(0):
            self._step(rows.stop - rows.start, models, self.order.length(slice(None), slice(None)))

    def _planned(self) -> list[Planned]:
        """Return the steps of an epoch: one per batch, and run of models with equal ones."""
        plan = []
        for k in range(len(self.batches)):
            for models, rows in self.batches.runs(k):
                length = self.order.length(models, rows)
                step = self._step(rows.stop - rows.start, models, length)
                numbers, cut = self._table[k, models], (models, rows)
                plan.append(Planned(numbers, self._order[models, rows], step, step.prepare, cut))
        return plan

    def _fill_table(self, order: np.ndarray) -> None:
        """Compute an epoch's per-step numbers (steps, M, K) in float64; put them on the device."""
        step = self.steps + self._offsets
        rate = self.step_rates(step)
        values = dict(self.optimizer.table(step, rate))
        self.moved = np.any(rate > 0, axis=0)
        if self.objective.varies or not self._filled:
            values |= self.objective.table_columns(order, self.batches)
        if self._decays or not self._filled:
            decay = self.weight_decay * self._factor(self.decay_schedules, step)
            values["keep"] = 1.0 - rate * decay
        for name, schedules in self.level_schedules.items():
            values[name] = self._factor(schedules, step)
        if not self._filled:
            values |= self.constants
        for name, value in values.items():
            self._host_table[:, :, self._column[name]] = value
        self._filled = True
        self.ops.to_device(self._host_table.astype(self.params.values.dtype), self._table)

    def step_rates(self, step: np.ndarray) -> np.ndarray:
        """Return the learning rates of steps (n, M), numbered from 1: (n, M), or (1, M) of all."""
        rates: np.ndarray = self.rate[None] * self._factor(self.schedules, step)
        return rates

    def _factor(self, schedules: ModelSchedules, step: np.ndarray) -> np.ndarray | float:
        """Return what schedules say at steps (n, M), numbered from 1: (n, M), or 1."""
        return schedules.factors(self.progress(step)) if schedules else 1.0

    def progress(self, step: np.ndarray) -> np.ndarray:
        """Return the progress at steps (n, M), numbered from 1."""
        return np.asarray(np.minimum((step - 1) / self.total_steps, 1.0))

    def last_rates(self) -> np.ndarray:
        """Return the learning rates of the last step, (M,)."""
        rates: np.ndarray = self.step_rates(self.steps[None])[-1]
        return rates

    def _step(self, batch: int, models: slice, length: int | None = None) -> Step:
        """Return the recorded step of neighbouring models for batches of this size and length."""
        key = (models.start, models.stop, batch, length)
        if key not in self._recorded:
            shape = (models.stop - models.start, batch)
            index = self._index[: shape[0] * batch].reshape(*shape)
            whole = models == slice(0, self.params.n_models)
            part = self.objective if whole else self.objective.part(models)
            if length is not None:
                part = cast(OfLength, part).of_length(length)
            columns = {name: column[models] for name, column in self.columns.items()}
            gradient = part.bind(batch, index, columns)

            def step() -> None:
                gradient()
                self._clip(models, columns)
                self.updates.move(models, columns)

            prepare = part.prepare if part.prepares else None
            run = self.ops.record(step, self._temporaries)
            self._recorded[key] = Step(run, index, self._numbers[models], prepare)
        return self._recorded[key]

    def _clip(self, models: slice, columns: Mapping[str, Array]) -> None:
        ops, grads = self.ops, self.params.grads[models]
        if "clip_value" in columns:
            ops.launch(clip_value, grads, grads, columns["clip_value"])
        if "clip_norm" in columns:
            self._sum_squares(models)
            squares = self._squares[models]
            ops.launch(clip_factor, squares, squares, columns["clip_norm"])
            ops.launch(multiply, grads, grads, squares)

    def _sum_squares(self, models: slice) -> None:
        """Write each model's squared gradient norm over what is trained.

        Range by range, however updates join them: a model's norm does not depend on its stack.
        """
        grads, squares, part = self.params.grads[models], self._squares[models], self._part[models]
        for k, (start, stop, _) in enumerate(self.trained):
            self.ops.reduce(grads[:, start:stop], part if k else squares, axis=1, op="sumsq")
            if k:
                self.ops.launch(add, squares, squares, part)

    def evaluation_store(self) -> ParamStore:
        """Return the parameters that predictions use: the averages where they are kept."""
        if self.averages is None:
            return self.params
        if self._averaged is None:
            values = self.ops.to_host(self.params.values)
            self._averaged = ParamStore(self.ops, self.params.layout, values)
        self.ops.copy(self.params.values, self._averaged.values)
        self.ops.copy(self.averages, self._averaged.values[:, : self.averages.shape[1]])
        return self._averaged

    def state(self, models: Sequence[int] | None = None) -> dict[str, Any]:
        """Return what continuing exactly needs besides parameters and streams, of some models."""
        models = list(range(self.params.n_models)) if models is None else models
        return {
            "states": {name: self._rows(array, models) for name, array in self.states.items()},
            "averages": None if self.averages is None else self._rows(self.averages, models),
            "rate": self.rate[models],
            "steps": self.steps[models],
            "objective": self.objective.state(models),
        }

    def _rows(self, array: Array, models: Sequence[int]) -> np.ndarray:
        return np.concatenate([self.ops.to_host(array[m : m + 1]) for m in models])

    def values(self, models: Sequence[int]) -> np.ndarray:
        """Return the parameters of some models on the host, (len(models), P)."""
        return self._rows(self.params.values, models)

    def predicting_values(self, model: int) -> np.ndarray:
        """Return the parameters that predictions of a model use, on the host, (1, P)."""
        return self._rows(self.evaluation_store().values, [model])

    def restore(self, state: Mapping[str, Any], model: int | None = None) -> None:
        """Continue from what :meth:`state` returned, all models or one of them."""
        where = slice(None) if model is None else slice(model, model + 1)
        for name, array in self.states.items():
            if name in state["states"]:  # momentum may be new, and begins at rest
                self.ops.to_device(state["states"][name], array[where])
        if self.averages is not None and state["averages"] is not None:
            self.ops.to_device(state["averages"], self.averages[where])
        self.rate[where], self.steps[where] = state["rate"], state["steps"]
        objective = self.objective if model is None else self.objective.part(where)
        objective.restore(state.get("objective", {}))

    def gradient_norm(self) -> np.ndarray:
        """Return the norm of the last step's gradient, (M,), after clipping."""
        if self._norm is None:
            self._norm = self.ops.record(lambda: self._sum_squares(slice(None)))
        with self.ops.running():
            self._norm()
        squares = self.ops.to_host(self._squares)[:, 0].astype(float)
        return np.asarray(np.sqrt(squares))
