"""Parts of a model, which train before the whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skdeep.backend import Backend
from skdeep.data.training_data import TrainingData
from skdeep.fitting.jobs import FitJob


class Parts:
    """Nothing trains before the whole; a family that has parts derives from this."""

    #: Attributes that they leave.
    left: tuple[str, ...] = ()

    def check(self, estimator: Any) -> None:
        """Refuse parameters that describe no parts, before data is looked at."""

    def count(self, estimator: Any) -> int:
        """Return how many may report to callbacks as tasks."""
        return 0

    def are_all(self, estimator: Any) -> bool:
        """Say whether nothing is trained after them."""
        return False

    def numbers(self, estimator: Any) -> int:
        """Return how many numbers a training step of the largest part touches; 0: no part.

        A family may say 0 of parts of which no more train fast together than of the whole.
        """
        return 0

    def train(
        self, estimator: Any, data: TrainingData, backend: Backend, random: Any
    ) -> Iterator[FitJob]:
        """Replace the initial parameters by ones that are learned from the training rows.

        Yields the jobs of parts whose training waits, so that it may be done beside that of other
        models' parts, and expects them trained when it is resumed.
        """
        return iter(())

    def move(self, estimator: Any, device: str) -> None:
        """Let the trained parts compute on a device."""
