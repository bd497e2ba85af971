"""The training loop that all families share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.backend.kernel import Kernel, kernel
from skdeep.kernels.arithmetic import add, multiply
from skdeep.nn.params import ParamStore
from skdeep.optim.base import Optimizer
from skdeep.train.data import Order, batch_slices

#: Parameters up to which one kernel updates weights and biases together.
SMALL = 32 * 1024


class Objective(Protocol):
    """What a step minimises, as the trainer sees it."""

    params: ParamStore
    ops: Backend
    total: Array
    penalises: bool
    #: Whether the numbers of :meth:`table_columns` change from epoch to epoch.
    varies: bool
    #: Whether batches need :meth:`prepare`.
    prepares: bool

    def largest_product(self, batch: int) -> int:
        """Return the multiply-adds of the largest matrix product of a step on so many rows."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the per-step numbers that the objective's steps read."""

    def table_columns(self, order: np.ndarray, batches: Sequence[slice]) -> dict[str, np.ndarray]:
        """Return the objective's per-step numbers for an epoch."""

    def prepare(self, rows: np.ndarray) -> None:
        """Do what a batch needs on the host, before its step."""

    def bind(self, batch: int, index: Array, columns: Mapping[str, Array]) -> Callable[[], None]:
        """Return a step that fills the gradients and adds to ``total``."""


@kernel
def clip_value(xp: Any, g: Any, limit: Any) -> Any:
    """Confine each entry to [-limit, limit]."""
    return xp.maximum(xp.minimum(g, limit), -limit)


@kernel
def clip_factor(xp: Any, squares: Any, limit: Any) -> Any:
    """Limit / max(norm, limit)."""
    return limit / xp.maximum(xp.sqrt(squares), limit)


@kernel
def average(xp: Any, mean: Any, value: Any, decay: Any) -> Any:
    """Exponential moving average."""
    return value + decay * (mean - value)


class Trainer:
    """Runs epochs: shuffles, cuts batches, repeats one recorded step per batch size.

    Parameters
    ----------
    objective : Objective
        Fills gradients.
    optimizer : Optimizer
        Moves parameters.
    order : Order
        Which rows each model visits, and in which order.
    batch_size : int
        Rows per step; the last batch of an epoch may be shorter and is a step of its own.
    rate : float or ndarray of shape (M,)
        Learning rate, which the caller may change between epochs (attribute ``rate``).
    schedule : callable, optional
        Factor of the rate by training progress, an array in [0, 1).
    total_steps : int, optional
        What progress is measured against.
    weight_decay : float or ndarray of shape (M,)
        Decoupled decay: weights shrink by ``rate * weight_decay`` a step.
    clip_norm, clip_value : float, optional
        Limits of the gradient's norm and entries, before the penalty is added.
    ema_decay : float, optional
        Keep an exponential moving average of the parameters.
    frozen : sequence of str
        Layers or parameters that do not move.
    """

    def __init__(
        self,
        objective: Objective,
        optimizer: Optimizer,
        *,
        order: Order,
        batch_size: int,
        rate: Any,
        schedule: Callable[[np.ndarray], np.ndarray] | None = None,
        total_steps: int | None = None,
        weight_decay: Any = 0.0,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        ema_decay: float | None = None,
        frozen: Sequence[str] = (),
    ) -> None:
        self.objective, self.optimizer = objective, optimizer
        self.ops, self.params = objective.ops, objective.params
        self.order = order
        self.n_rows = order.rows.shape[1]
        self.batches = list(batch_slices(self.n_rows, batch_size))
        self.rate = np.array(np.broadcast_to(rate, (self.params.n_models,)), float)
        self.schedule, self.total_steps = schedule, total_steps
        self.weight_decay = np.asarray(weight_decay, float)
        self.ranges = self.params.layout.ranges(frozen)
        #: Number of steps taken, over all epochs and fits that this training continues.
        self.steps = 0
        self._rules = self._choose_rules()
        self._allocate(clip_norm, clip_value, ema_decay)
        #: Multiply-adds of a step's largest product, by which a session picks its threads.
        self.work = objective.largest_product(self.batches[0].stop)
        self._norm: Callable[[], None] | None = None
        self._recorded: dict[int, tuple[Callable[[], None], Array]] = {}

    def _choose_rules(self) -> dict[bool, Rule]:
        """Return the updates of what penalties act on (True) and of the rest.

        In a small network each kernel call costs as much as its arithmetic: there one stretch
        takes all, and a factor of 0 or 1 says where the penalty acts.
        """
        couples, decays = self.objective.penalises, bool(self.weight_decay.any())
        size = self.params.layout.n_trainable
        adjacent = len(self.ranges) == 2 and self.ranges[1][1] - self.ranges[0][0] == size
        self._acts: Array = None
        if adjacent and couples and not decays and size <= SMALL:
            mask = np.zeros((1, size), self.params.values.dtype)
            mask[:, : self.params.layout.n_weights] = 1
            self._acts = self.ops.to_device(mask)
            self.ranges = [(0, size, True)]
        extras = (*(["l2"] if couples else []), *(["keep"] if decays else []))
        extras += () if self._acts is None else ("acts",)
        return {False: plain_rule(self.optimizer), True: penalised_rule(self.optimizer, extras)}

    def _allocate(
        self, clip_norm: float | None, clip_limit: float | None, ema_decay: float | None
    ) -> None:
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
        names = (*self.objective.columns, *self.optimizer.columns, "keep", *self.constants)
        self._column = {name: k for k, name in enumerate(dict.fromkeys(names))}
        self._numbers = ops.empty((models, len(self._column)), dtype)  # (M, K)
        self.columns = {name: self._numbers[:, k : k + 1] for name, k in self._column.items()}
        if self._acts is not None:
            self.columns["acts"] = self._acts
        n_steps = len(self.batches)
        self._offsets = np.arange(1, n_steps + 1, dtype=float)[:, None]
        self._host_table = np.empty((n_steps, models, len(self._column)))
        self._table = ops.empty(self._host_table.shape, dtype)
        self._filled = False
        self._zero = ops.zeros((models, 1), np.float64)
        self._index = ops.empty((models * self.batches[0].stop,), np.intp)
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
        steps = [self._step(batch.stop - batch.start) for batch in self.batches]
        with ops.running():
            for k, (batch, (step, index)) in enumerate(zip(self.batches, steps, strict=True)):
                ops.copy(self._table[k], self._numbers)
                ops.copy(self._order[:, batch], index)
                if objective.prepares:
                    objective.prepare(order[:, batch])
                step()
        self.steps += len(self.batches)
        mean: np.ndarray = ops.to_host(objective.total)[:, 0] / self.n_rows
        return mean

    def _fill_table(self, order: np.ndarray) -> None:
        """Compute an epoch's per-step numbers (steps, M, K) in float64; put them on the device."""
        step = self.steps + self._offsets
        rate = self.step_rates(step)
        values = dict(self.optimizer.table(step, rate))
        if self.objective.varies or not self._filled:
            values |= self.objective.table_columns(order, self.batches)
        if self.weight_decay.any() or not self._filled:
            values["keep"] = 1.0 - rate * self.weight_decay
        if not self._filled:
            values |= self.constants
        for name, value in values.items():
            self._host_table[:, :, self._column[name]] = value
        self._filled = True
        self.ops.to_device(self._host_table.astype(self.params.values.dtype), self._table)

    def step_rates(self, step: np.ndarray) -> np.ndarray:
        """Return the learning rates of steps (n, 1), numbered from 1, as (n, M)."""
        rate = np.broadcast_to(self.rate, (len(step), len(self.rate)))
        if self.schedule is None:
            return rate
        progress = np.minimum((step - 1) / max(self.total_steps or 1, 1), 1.0)
        return np.asarray(rate * self.schedule(progress))

    def _step(self, batch: int) -> tuple[Callable[[], None], Array]:
        """Return the recorded step for batches of this size, and its index array."""
        models = self.params.n_models
        if batch not in self._recorded:
            index = self._index[: models * batch].reshape(models, batch)
            gradient = self.objective.bind(batch, index, self.columns)

            def step() -> None:
                gradient()
                self._clip()
                self._update()

            self._recorded[batch] = (self.ops.record(step), index)
        return self._recorded[batch]

    def _clip(self) -> None:
        ops, grads = self.ops, self.params.grads
        if "clip_value" in self.columns:
            ops.launch(clip_value, grads, grads, self.columns["clip_value"])
        if "clip_norm" in self.columns:
            self._sum_squares()
            ops.launch(clip_factor, self._squares, self._squares, self.columns["clip_norm"])
            ops.launch(multiply, grads, grads, self._squares)

    def _sum_squares(self) -> None:
        """Write each model's squared gradient norm over what is trained."""
        for k, (start, stop, _) in enumerate(self.ranges):
            part = self._part if k else self._squares
            self.ops.reduce(self.params.grads[:, start:stop], part, axis=1, op="sumsq")
            if k:
                self.ops.launch(add, self._squares, self._squares, part)

    def _update(self) -> None:
        """Move the parameters, stretch by stretch, as one kernel each."""
        for start, stop, penalised in self.ranges:
            parts = [self.params.values, *self.states.values()]
            outs = tuple(array[:, start:stop] for array in parts)
            p, *states = outs
            rule = self._rules[penalised]
            columns = [self.columns[name] for name in rule.columns]
            grads = self.params.grads[:, start:stop]
            self.ops.launch(rule.kernel, outs, p, grads, *states, *columns)
            if self.averages is not None:
                mean = self.averages[:, start:stop]
                self.ops.launch(average, mean, mean, p, self.columns["ema"])

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

    def state(self) -> dict[str, Any]:
        """Return what continuing this training exactly needs besides parameters and streams."""
        return {
            "states": {name: self.ops.to_host(array) for name, array in self.states.items()},
            "averages": None if self.averages is None else self.ops.to_host(self.averages),
            "rate": self.rate.copy(),
            "steps": self.steps,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from what :meth:`state` returned."""
        for name, array in self.states.items():
            self.ops.to_device(state["states"][name], array)
        if self.averages is not None and state["averages"] is not None:
            self.ops.to_device(state["averages"], self.averages)
        self.rate, self.steps = state["rate"].copy(), state["steps"]

    def gradient_norm(self) -> np.ndarray:
        """Return the norm of the last step's gradient, (M,), after clipping."""
        if self._norm is None:
            self._norm = self.ops.record(self._sum_squares)
        with self.ops.running():
            self._norm()
        squares = self.ops.to_host(self._squares)[:, 0].astype(float)
        return np.asarray(np.sqrt(squares))


class Rule(NamedTuple):
    """An update as a kernel, and the columns that it reads after the states."""

    kernel: Kernel
    columns: tuple[str, ...]


def plain_rule(optimizer: Optimizer) -> Rule:
    """Return the update of what no penalty acts on."""
    return Rule(Kernel(optimizer.update, type(optimizer).__name__), optimizer.columns)


def penalised_rule(optimizer: Optimizer, extras: Sequence[str]) -> Rule:
    """Return the update with penalties.

    `extras` name what it reads after the optimizer's columns: "l2" adds a coupled L2 gradient,
    "keep" shrinks the parameters (decoupled decay), "acts" is 1 where the L2 gradient acts.
    """
    names = tuple(extras)

    def body(xp: Any, p: Any, g: Any, *rest: Any) -> Any:
        inner, last = rest[: len(rest) - len(names)], rest[len(rest) - len(names) :]
        extra = dict(zip(names, last, strict=True))
        moved = p * extra["keep"] if "keep" in extra else p
        if "l2" in extra:
            pull = extra["l2"] * p
            g = g + (pull * extra["acts"] if "acts" in extra else pull)
        return optimizer.update(xp, moved, g, *inner)

    return Rule(Kernel(body, f"{type(optimizer).__name__}_penalised"), (*optimizer.columns, *names))
