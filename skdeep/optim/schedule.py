"""What a schedule is: factors of the learning rate by training progress.

Progress runs from 0 at the first step to 1 at the end of ``max_iter`` epochs, whether or not
training stops before. Every schedule takes an array of any shape and returns one like it; the
factor 1 stands for ``learning_rate_init``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

#: What the trainer calls: progress (any shape) to factors of that shape.
ScheduleFunction = Callable[[np.ndarray], np.ndarray]
#: At how many points :func:`last_rise` looks for one.
MOST_POINTS = 1000


class Schedule(ABC):
    """A factor of the learning rate, as a function of training progress."""

    @abstractmethod
    def factor(self, progress: np.ndarray) -> np.ndarray:
        """Return the factors at an array of progress values in [0, 1]."""

    def __call__(self, progress: Any) -> np.ndarray:
        """Return the factors at a number or an array; progress beyond 1 counts as 1."""
        return self.factor(np.clip(np.asarray(progress, float), 0.0, 1.0))

    def _check(self, name: str, low: float, high: float) -> None:
        """Raise unless a field lies in [low, high]."""
        value = getattr(self, name)
        if not low <= value <= high:
            raise ValueError(
                f"{type(self).__name__}: {name} must be in [{low:g}, {high:g}], got {value!r}"
            )


def last_rise(schedule: ScheduleFunction, max_iter: int) -> float:
    """Return after how many of `max_iter` epochs a schedule rises no more.

    Parameters
    ----------
    schedule : callable
        As :func:`resolve_schedule` returns it.
    max_iter : int
        Number of epochs that the schedule spans.

    Returns
    -------
    epochs : float
        ``-inf`` where it never rises.

    Examples
    --------
    >>> from skdeep.optim.schedules import CosineSchedule, OneCycleSchedule, last_rise
    >>> last_rise(OneCycleSchedule(peak=0.3), 100)
    30.0
    >>> last_rise(CosineSchedule(), 100), last_rise(CosineSchedule(cycles=4), 100)
    (-inf, 75.0)
    """
    # A function of Python's own is called number by number, so long trainings share points.
    points = np.linspace(0.0, 1.0, min(max_iter, MOST_POINTS), endpoint=False)
    factors = np.asarray(schedule(points), float)
    rises = np.flatnonzero(np.diff(factors) > 1e-6 * factors.max(initial=0.0))
    return float(max_iter * points[rises[-1] + 1]) if len(rises) else -np.inf
