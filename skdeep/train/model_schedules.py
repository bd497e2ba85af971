"""Schedules of the models of a stack, one for all or one each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skdeep.optim.schedule import ScheduleFunction

#: What is given: one for all models, or one each, where None is the factor 1.
Schedules = ScheduleFunction | Sequence[ScheduleFunction | None] | None


class ModelSchedules:
    """The schedule of each model; false where no model has one."""

    def __init__(self, given: Schedules, models: int) -> None:
        each: list[ScheduleFunction | None] = []
        each += [given] * models if callable(given) else given or []
        self._each = each if any(each) else []

    def __bool__(self) -> bool:
        return bool(self._each)

    def factors(self, progress: np.ndarray) -> np.ndarray | float:
        """Return what the schedules say at progress (n, M): (n, M), or 1."""
        if not self._each:
            return 1.0
        factors = np.ones(progress.shape)
        for m, schedule in enumerate(self._each):
            if schedule is not None:
                factors[:, m : m + 1] = schedule(progress[:, m : m + 1])
        return factors
