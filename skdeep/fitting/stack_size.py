"""Many fits at once: how many models make a stack."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

from skdeep.backend.free_memory import free_memory
from skdeep.data.kinds import as_rows
from skdeep.fitting.beside import may_train_beside, run_beside
from skdeep.fitting.jobs import FitJob, train_parts
from skdeep.fitting.plan import each_of
from skdeep.fitting.stack import group_jobs, train_group
from skdeep.fitting.staged import StagedJob
from skdeep.fitting.together import units_of
from skdeep.nn.core.network import Network
from skdeep.train.parts import network_parts

if TYPE_CHECKING:
    from skdeep.nn.core.spec import Spec

#: Arrays of its outputs' size that a recurrent layer holds, for each of y and dy.
RECURRENT = 5


def train_together(
    jobs: Sequence[FitJob | StagedJob],
    memory: float | None = None,
    *,
    keeps: bool = False,
    beside: bool = False,
) -> None:
    """Train fits that wait: stacks of as many models as are fast together.

    Parameters
    ----------
    jobs : sequence of FitJob or StagedJob
        Fits of any kinds; those that cannot be stacked train by themselves. Of fits in stages,
        those of a stage train together.
    memory : float, optional
        Bytes that all training at one time may take; default: half of what is free.
    keeps : bool
        Whether models that train when Ctrl-C comes keep what they have learned.
    beside : bool
        Whether stacks may train at the same time, on threads.

    Raises
    ------
    MemoryError
        If `memory` does not suffice for one model.
    """
    staged = [job for job in jobs if isinstance(job, StagedJob)]
    networks = [job for job in jobs if isinstance(job, FitJob)]
    _train([*networks, *(one for job in staged for one in job.waiting)], memory, keeps, beside)
    while staged := [job for job in staged if not job.done and job.go_on()]:
        _train([one for job in staged for one in job.waiting], memory, keeps, beside)


def _train(jobs: Sequence[FitJob], memory: float | None, keeps: bool, beside: bool = False) -> None:
    jobs = [job for job in jobs if not job.done]
    if not jobs:
        return
    memory = default_memory() if memory is None else memory
    for unit in units_of(jobs):
        check_memory(unit, memory)
    train_parts(jobs, lambda parts: _train(parts, memory, False))
    groups = group_jobs([job for job in jobs if not job.done])
    chunks = [chunk for group in groups for chunk in cut_group(group, memory)]
    fits = sum(_needed([job], ()) for chunk in chunks for job in chunk) <= memory
    if beside and fits and may_train_beside(chunks):
        run_beside([partial(train_group, chunk, keeps=keeps) for chunk in chunks])
        return
    for chunk in chunks:
        train_group(chunk, keeps=keeps)


def cut_group(jobs: Sequence[FitJob], memory: float) -> list[list[FitJob]]:
    """Cut fits that can be stacked into stacks of equal size that are fast and fit in memory."""
    size = stack_size(jobs[0])
    n_stacks = -(-len(jobs) // size)
    size = -(-len(jobs) // n_stacks)
    chunks: list[list[FitJob]] = [[]]
    held: set[int] = set()
    taken = 0.0
    for unit in units_of(jobs):
        needed = _needed(unit, held)
        if chunks[-1] and (len(chunks[-1]) + len(unit) > size or taken + needed > memory):
            chunks.append([])
            held, taken = set(), 0.0
            needed = _needed(unit, held)
        chunks[-1] += unit
        held |= {id(job.plan.data.X) for job in unit}
        taken += needed
    return chunks


def _needed(unit: Sequence[FitJob], held: Collection[int]) -> float:
    """Return the memory that models take with those of their rows that are not held yet."""
    rows = {id(job.plan.data.X): job for job in unit if id(job.plan.data.X) not in held}
    return sum(map(model_bytes, unit)) + sum(map(_data_bytes, rows.values()))


def stack_size(job: FitJob) -> int:
    """Return how many models like this one train fastest together."""
    plan = job.plan
    return max(1, int(plan.backend.stack_bytes(plan.recipe.cache_factor) // step_bytes(job)))


def fits_at_once(job: FitJob | StagedJob) -> int:
    """Return how many fits like this one to prepare before they are trained together.

    They may be several stacks where parts come first, of which more train fast together.
    """
    if isinstance(job, StagedJob):
        return max(1, fits_at_once(job.waiting[0]) // len(job.waiting)) if job.waiting else 1
    plan = job.plan
    numbers = plan.recipe.part_numbers
    if not numbers:
        return stack_size(job)
    parts = plan.backend.stack_bytes() // (numbers * plan.values.itemsize)
    return max(stack_size(job), int(parts))


def step_bytes(job: FitJob, whole: bool = False) -> float:
    """Return the memory that a training step of this model touches.

    A recurrent network touches it step by step: that of one is meant, unless it is to be `whole`.
    """
    plan = job.plan
    network = _network(job) if whole else plan.network
    n_parts = 1
    if isinstance(network, Network):  # machines have one
        n_parts = len(network_parts(network, plan.batch_size, plan.backend.n_parts))
    arrays: int = 1 + n_parts + len(plan.recipe.optimizer(each_of([plan])).states)  # gradients
    numbers = network.layout.size * arrays
    numbers += plan.recipe.step_numbers(network, plan.batch_size)
    return float(numbers * plan.values.itemsize)


def model_bytes(job: FitJob) -> float:
    """Return the memory that this model takes while it trains, apart from its rows."""
    data, network = job.plan.data, _network(job)
    n_val = 0 if data.held_out is None else len(data.held_out)
    n_val = n_val if data.X_val is None else data.X_val.shape[0]
    kept = 3 * network.layout.size
    if n_val:
        rows = as_rows(data.X if data.X_val is None else data.X_val)
        kept += rows.evaluation_numbers(n_val, network.n_logits, row_numbers(network))
    return step_bytes(job, whole=True) + float(
        kept * job.plan.values.itemsize + 24 * len(data.rows)
    )


def check_memory(unit: Sequence[FitJob], memory: float) -> None:
    """Raise where not even this model alone may be trained, or those that stop with it."""
    needed = sum(map(model_bytes, unit))
    if needed > memory:
        what = "one model of this search" if len(unit) == 1 else f"{len(unit)} models together"
        takes = "which takes" if len(unit) == 1 else "which take"
        raise MemoryError(
            f"memory_limit={memory / 2**20:.3g} MiB does not suffice for {what}, {takes} "
            f"{needed / 2**20:.3g} MiB: give at least so much"
        )


def default_memory() -> float:
    """Return half of the memory that is free, in bytes: others take some while fits train."""
    return free_memory() / 2


def _network(job: FitJob) -> Any:
    """Return the network as it is bound, for as many steps as a chunk or the longest row has."""
    return as_rows(job.plan.data.X).bind(job.plan.network)


def row_numbers(network: Any) -> int:
    """Return how many numbers a row takes in the buffers of a training step."""
    return int(prod(network.in_shape) + 2 * widths(network.spec) + 4 * network.n_logits)


def widths(spec: Spec) -> int:
    """Return how many numbers a row takes in the outputs of layers."""
    if spec.children:
        return sum(widths(inner) for _, inner in spec.children.values())
    # A recurrent layer keeps gates, states and inputs of each step.
    kept = RECURRENT if spec.step_major and spec.params else 1
    return 0 if spec.in_place else kept * prod(spec.out_shape)


def _data_bytes(job: FitJob) -> float:
    return as_rows(job.plan.data.X).n_bytes(job.plan.values.itemsize)
