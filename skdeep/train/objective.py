"""What a step minimises, as the trainer sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.nn.core.params import ParamStore
from skdeep.train.dataset import Batches


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

    @property
    def on_threads(self) -> bool:
        """Whether threads of this process share the steps, so that BLAS has one."""

    def largest_product(self, batch: int) -> int:
        """Return the multiply-adds of the largest matrix product of a step on so many rows."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the per-step numbers that the objective's steps read."""

    def table_columns(self, order: np.ndarray, batches: Batches) -> dict[str, np.ndarray]:
        """Return the objective's per-step numbers for an epoch."""

    def part(self, models: slice) -> Objective:
        """Return the objective of neighbouring models, on the same memory."""

    def state(self, models: Sequence[int]) -> dict[str, np.ndarray]:
        """Return what else than parameters goes on from step to step, of some models."""

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Continue from what :meth:`state` returned."""

    def prepare(self, rows: np.ndarray) -> None:
        """Do what a batch needs on the host, before its step."""

    def bind(self, batch: int, index: Array, columns: Mapping[str, Array]) -> Callable[[], None]:
        """Return a step that fills the gradients and adds to ``total``."""


class OfLength(Protocol):
    """An objective whose rows have different lengths."""

    def of_length(self, length: int) -> Objective:
        """Return the objective for programs of so many steps, on the same memory."""
