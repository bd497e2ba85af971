"""The schedules of an estimator: what changes with the progress of a training."""

from __future__ import annotations

from typing import Any

from skdeep.optim.schedules import ScheduleFunction, resolve_schedule

#: The parameters that are schedules, and the largest factor of each.
SCHEDULED = {
    "learning_rate_schedule": float("inf"),
    "weight_decay_schedule": float("inf"),
    "dropout_schedule": 1.0,
    "label_smoothing_schedule": 1.0,
}


def schedule_of(estimator: Any, name: str) -> ScheduleFunction | None:
    """Return the schedule that a parameter stands for, None where there is none.

    Raises
    ------
    ValueError
        If its factors are none.
    """
    return resolve_schedule(getattr(estimator, name, None), name, SCHEDULED[name])


def check_schedules(estimator: Any) -> None:
    """Refuse schedules that are none."""
    for name in SCHEDULED:
        schedule_of(estimator, name)


def goes_by_progress(estimator: Any) -> bool:
    """Say whether an epoch depends on how many there will be: a schedule spans all of them."""
    return any(getattr(estimator, name, None) is not None for name in SCHEDULED)
