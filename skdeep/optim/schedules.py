"""The schedules of the learning rate by name, and what ``learning_rate_schedule=`` stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from skdeep.optim.schedule import Schedule, ScheduleFunction, last_rise
from skdeep.optim.user_schedule import UserSchedule

__all__ = [
    "SCHEDULES",
    "CosineLogSchedule",
    "CosineSchedule",
    "ExponentialSchedule",
    "FlatCosineSchedule",
    "OneCycleSchedule",
    "Schedule",
    "ScheduleFunction",
    "StepSchedule",
    "WarmupCosineSchedule",
    "WarmupSchedule",
    "last_rise",
    "resolve_schedule",
]


@dataclass(frozen=True)
class StepSchedule(Schedule):
    """Multiply the learning rate by `drop` again and again.

    Parameters
    ----------
    drop : float, default=0.1
        What the rate is multiplied by, in [0, 1].
    every : float, default=1/3
        Fraction of the training between two drops, in (0, 1]. The default drops twice.

    Examples
    --------
    >>> from skdeep.optim.schedules import StepSchedule
    >>> StepSchedule(drop=0.5, every=0.25)([0.0, 0.25, 0.5, 0.9])
    array([1.   , 0.5  , 0.25 , 0.125])
    """

    drop: float = 0.1
    every: float = 1 / 3

    def __post_init__(self) -> None:
        self._check("drop", 0, 1)
        self._check("every", 1e-9, 1)

    def factor(self, progress):
        # Three tenths divided by a tenth is a little less than three.
        drops = np.floor(progress / self.every + 1e-9)
        last = np.ceil(1 / self.every - 1e-9) - 1  # the end itself begins no further range
        return self.drop ** np.minimum(drops, last)


@dataclass(frozen=True)
class ExponentialSchedule(Schedule):
    """Let the learning rate fall by the same ratio in each step.

    Parameters
    ----------
    final : float, default=0.01
        Factor at the end, in (0, 1].

    Examples
    --------
    >>> from skdeep.optim.schedules import ExponentialSchedule
    >>> ExponentialSchedule(final=0.01)([0.0, 0.5, 1.0])
    array([1.  , 0.1 , 0.01])
    """

    final: float = 0.01

    def __post_init__(self) -> None:
        self._check("final", 1e-30, 1)

    def factor(self, progress):
        return self.final**progress


def _half_cosine(position: np.ndarray, start: float, end: float) -> np.ndarray:
    """Go from `start` to `end` along half a cosine, for positions in [0, 1]."""
    return end + (start - end) * 0.5 * (1.0 + np.cos(np.pi * position))


@dataclass(frozen=True)
class CosineSchedule(Schedule):
    """Let the learning rate fall along half a cosine [1]_, once or with warm restarts.

    Parameters
    ----------
    final : float, default=0.0
        Factor at the end, in [0, 1].
    cycles : int, default=1
        How many times it falls, from 1 each time; 2 or more are warm restarts.

    References
    ----------
    .. [1] I. Loshchilov and F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts",
       ICLR 2017, equation 5.

    Examples
    --------
    >>> from skdeep.optim.schedules import CosineSchedule
    >>> CosineSchedule(final=0.1)([0.0, 0.5, 1.0])
    array([1.  , 0.55, 0.1 ])
    """

    final: float = 0.0
    cycles: int = 1

    def __post_init__(self) -> None:
        self._check("final", 0, 1)
        self._check("cycles", 1, float("inf"))
        if self.cycles != int(self.cycles):
            raise ValueError(f"CosineSchedule: cycles must be an integer, got {self.cycles!r}")

    def factor(self, progress):
        position = progress * self.cycles
        cycle = np.minimum(np.floor(position), self.cycles - 1)
        return _half_cosine(position - cycle, 1.0, self.final)


@dataclass(frozen=True)
class OneCycleSchedule(Schedule):
    """Rise to the full learning rate, then fall far below the start [1]_.

    Both ways follow half a cosine. ``learning_rate_init`` is the largest rate, so it may be
    several times what training at a constant rate would bear. Momentum is left as it is.

    Parameters
    ----------
    peak : float, default=0.3
        Progress at which the rate is largest, in [0, 1].
    start : float, default=0.04
        Factor at the first step, in [0, 1].
    final : float, default=4e-6
        Factor at the end, in [0, 1].

    References
    ----------
    .. [1] L. N. Smith and N. Topin, "Super-Convergence: Very Fast Training of Neural Networks
       Using Large Learning Rates", arXiv:1708.07120, 2018.

    Examples
    --------
    >>> from skdeep.optim.schedules import OneCycleSchedule
    >>> OneCycleSchedule()([0.0, 0.15, 0.3, 1.0])
    array([4.0e-02, 5.2e-01, 1.0e+00, 4.0e-06])
    """

    peak: float = 0.3
    start: float = 0.04
    final: float = 4e-6

    def __post_init__(self) -> None:
        for name in ("peak", "start", "final"):
            self._check(name, 0, 1)

    def factor(self, progress):
        rising = progress < self.peak
        up = progress / (self.peak or 1.0)
        down = (progress - self.peak) / ((1.0 - self.peak) or 1.0)
        return np.where(
            rising, _half_cosine(up, self.start, 1.0), _half_cosine(down, 1.0, self.final)
        )


@dataclass(frozen=True)
class WarmupSchedule(Schedule):
    """Let the learning rate rise linearly at first, then follow another schedule.

    Parameters
    ----------
    fraction : float, default=0.1
        Fraction of the training that the rise takes, in [0, 1].
    then : str, callable or None, default=None
        What the rest of the training follows, from its own beginning to its own end: anything
        that ``learning_rate_schedule`` accepts. None keeps the full rate.
    start : float, default=0.01
        Factor at the first step, in [0, 1]; more than 0, so that the first step counts.

    Examples
    --------
    >>> from skdeep.optim.schedules import WarmupSchedule
    >>> WarmupSchedule(fraction=0.5, start=0.0)([0.0, 0.25, 0.5, 0.75])
    array([0. , 0.5, 1. , 1. ])
    >>> WarmupSchedule(fraction=0.2, then="cosine")([0.2, 0.6, 1.0])
    array([1. , 0.5, 0. ])
    """

    fraction: float = 0.1
    then: Any = None
    start: float = 0.01

    def __post_init__(self) -> None:
        self._check("fraction", 0, 1)
        self._check("start", 0, 1)
        resolve_schedule(self.then)

    def factor(self, progress):
        rising = progress < self.fraction
        up = self.start + (1.0 - self.start) * progress / (self.fraction or 1.0)
        then = resolve_schedule(self.then)
        if then is None:
            return np.where(rising, up, 1.0)
        rest = (progress - self.fraction) / ((1.0 - self.fraction) or 1.0)
        return np.where(rising, up, then(np.clip(rest, 0.0, 1.0)))


@dataclass(frozen=True)
class WarmupCosineSchedule(Schedule):
    """Let the learning rate rise linearly at first, then fall to zero along half a cosine.

    It is what Transformers are often trained with: ``WarmupSchedule(then="cosine")``.

    Parameters
    ----------
    fraction : float, default=0.1
        Fraction of the training that the rise takes, in [0, 1].
    start : float, default=0.01
        Factor at the first step, in [0, 1]; more than 0, so that the first step counts.

    Examples
    --------
    >>> from skdeep.optim.schedules import WarmupCosineSchedule
    >>> WarmupCosineSchedule(fraction=0.2)([0.2, 0.6, 1.0])
    array([1. , 0.5, 0. ])
    """

    fraction: float = 0.1
    start: float = 0.01

    def __post_init__(self) -> None:
        self._whole()

    def factor(self, progress):
        return self._whole().factor(progress)

    def _whole(self) -> WarmupSchedule:
        return WarmupSchedule(self.fraction, "cosine", self.start)


@dataclass(frozen=True)
class FlatCosineSchedule(Schedule):
    """Stay at the full value, then fall along half a cosine.

    Parameters
    ----------
    flat : float, default=0.5
        Progress at which the fall begins, in [0, 1).
    final : float, default=0.0
        Factor at the end, in [0, 1].

    Examples
    --------
    >>> from skdeep.optim.schedules import FlatCosineSchedule
    >>> FlatCosineSchedule()([0.0, 0.5, 0.75, 1.0])
    array([1. , 1. , 0.5, 0. ])
    """

    flat: float = 0.5
    final: float = 0.0

    def __post_init__(self) -> None:
        self._check("flat", 0, 1 - 1e-9)
        self._check("final", 0, 1)

    def factor(self, progress):
        position = np.maximum(progress - self.flat, 0.0) / (1.0 - self.flat)
        return _half_cosine(position, 1.0, self.final)


@dataclass(frozen=True)
class CosineLogSchedule(Schedule):
    """Rise and fall several times, in cycles that double in length [1]_.

    The factor is 0 at the end of each cycle, and 1 in the middle of it, on a logarithmic scale.

    Parameters
    ----------
    cycles : int, default=4
        Number of cycles.
    start : float, default=0.01
        Factor at the first step, in [0, 1]; more than 0, so that the first step counts.

    References
    ----------
    .. [1] D. Holzmüller, L. Grinsztajn and I. Steinwart, "Better by Default: Strong Pre-Tuned MLPs
       and Boosted Trees on Tabular Data", NeurIPS 2024.

    Examples
    --------
    >>> from skdeep.optim.schedules import CosineLogSchedule
    >>> CosineLogSchedule()([0.0, 1 / 15, 3 / 15, 7 / 15, 1.0]).round(6) + 0.0
    array([0.01, 0.  , 0.  , 0.  , 0.  ])
    """

    cycles: int = 4
    start: float = 0.01

    def __post_init__(self) -> None:
        self._check("cycles", 1, 50)
        self._check("start", 0, 1)
        if self.cycles != int(self.cycles):
            raise ValueError(f"CosineLogSchedule: cycles must be an integer, got {self.cycles!r}")

    def factor(self, progress):
        cycle = np.log2(1.0 + (2.0**self.cycles - 1.0) * progress)
        factor = 0.5 * (1.0 - np.cos(2.0 * np.pi * cycle))
        return np.where(cycle < 0.5, self.start + (1.0 - self.start) * factor, factor)


#: What each name of ``learning_rate_schedule=`` stands for.
SCHEDULES: dict[str, type[Schedule]] = {
    "step": StepSchedule,
    "exponential": ExponentialSchedule,
    "cosine": CosineSchedule,
    "cosine_log": CosineLogSchedule,
    "flat_cosine": FlatCosineSchedule,
    "one_cycle": OneCycleSchedule,
    "warmup": WarmupSchedule,
    "warmup_cosine": WarmupCosineSchedule,
}


def resolve_schedule(
    value: Any, name: str = "learning_rate_schedule", most: float = np.inf
) -> ScheduleFunction | None:
    """Return what ``learning_rate_schedule=``, or another parameter like it, stands for.

    Parameters
    ----------
    value : str, callable or None
        A name of :data:`SCHEDULES`, a :class:`Schedule`, or any function of training progress in
        [0, 1). The function may take an array or just a number; it is tried out at a few points.
    name : str
        The parameter, for errors.
    most : float
        Largest factor that a function may return.

    Returns
    -------
    schedule : callable or None
        From progress, a float array of any shape, to factors of that shape.

    Raises
    ------
    ValueError
        If there is no such name, or a function returns anything but finite numbers >= 0.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.optim.schedules import resolve_schedule
    >>> halved = resolve_schedule(lambda progress: 1.0 if progress < 0.5 else 0.5)
    >>> halved(np.array([0.0, 0.4, 0.8]))
    array([1. , 1. , 0.5])
    """
    if value is None or isinstance(value, Schedule):
        return value
    if isinstance(value, str) and value in SCHEDULES:
        return SCHEDULES[value]()
    if isinstance(value, str) or not callable(value):
        raise ValueError(
            f"{name} must be one of {list(SCHEDULES)}, a callable of training progress "
            f"or None, got {value!r}"
        )
    schedule = UserSchedule(value, name, most)
    schedule(np.array([0.0, 0.25, 0.5, 0.75]))
    return schedule
