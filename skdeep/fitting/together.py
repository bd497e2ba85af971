"""Fits whose mean prediction is scored: one stopping rule for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skdeep.fitting.best_epoch import Score
from skdeep.fitting.jobs import FitJob

if TYPE_CHECKING:
    from skdeep.fitting.loop import FitLoop
    from skdeep.fitting.validation import Validation


class Together:
    """Fits whose predictions are averaged, and that stop together, by the score of the mean.

    They validate on the same samples by the same rules, and train in one stack, so that each epoch
    is scored once, after all of them have done it.
    """

    def __init__(self) -> None:
        self._loops: list[FitLoop] = []
        self._score: Score | None = None

    def gather(self, loops: Sequence[FitLoop]) -> None:
        """Take those loops of a stack that belong here."""
        self._loops = [loop for loop in loops if loop.plan.together is self]

    def renew(self) -> None:
        """Forget the score, as all have trained for another epoch."""
        self._score = None

    def score(self) -> Score:
        """Return the score of the mean prediction after this epoch."""
        if self._score is None:
            self._score = self._scored()
        return self._score

    def _scored(self) -> Score:
        """Score the mean of those that have not diverged."""
        found: list[tuple[FitLoop, Validation, np.ndarray]] = []
        for loop in self._loops:
            validation = loop.validation
            assert validation is not None
            output = validation.output()
            if not loop.over and np.isfinite(output).all():
                found.append((loop, validation, output))
        if not found:
            return Score(float("nan"))
        loops, validations, outputs = zip(*found, strict=True)
        mean = np.mean(np.stack(outputs), axis=0, dtype=float).astype(outputs[0].dtype)
        loss = float(np.mean([validation.loss for validation in validations]))
        models = [loop.model for loop in loops]
        first: Validation = validations[0]
        return first.score(mean, loss, models)


def units_of(jobs: Sequence[FitJob]) -> list[list[FitJob]]:
    """Return the jobs that must train in one stack, in the order of the first of each."""
    units: dict[Any, list[FitJob]] = {}
    for job in jobs:
        key = job if job.plan.together is None else job.plan.together
        units.setdefault(id(key), []).append(job)
    return list(units.values())
