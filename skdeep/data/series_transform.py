"""What is done to series before a network reads them, and undone with what it forecasts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np


class Transformed(NamedTuple):
    """One series (T, F) as a network sees it.

    ``center + z`` is the series, or its logs, at each step: `center` follows from the steps before.
    z is NaN where the step is missing, or where too little came before to know the center well.
    """

    z: np.ndarray
    center: np.ndarray
    state: SeriesState


class SeriesState:
    """What the transform of B series has to remember to go on behind their last steps.

    Parameters
    ----------
    transform : SeriesTransform
        What is done.
    n_series : int
        Number B.
    """

    def __init__(self, transform: SeriesTransform, n_series: int) -> None:
        self.transform, n_channels = transform, len(transform.rate)
        #: The last value that was there, of the logs where there are logs, (B, F).
        self.last = np.full((n_series, n_channels), np.nan)
        shape = (n_series, transform.period, n_channels)
        #: The mean of each place of the season, and of how many, (B, period, F).
        self.seasons, self.counts = np.zeros(shape), np.zeros(shape)
        self.step = np.zeros(n_series, int)

    @property
    def level(self) -> np.ndarray:
        """What a series has come to; its mean, before it begins, (B, F)."""
        return np.where(np.isnan(self.last), self.transform.start, self.last)

    def center(self) -> np.ndarray:
        """Return what z is added to at the next step, (B, F)."""
        transform, rows = self.transform, np.arange(len(self.step))
        base = self.level if transform.differencing else np.zeros_like(self.last)
        if transform.period == 1:
            return base
        place = self.step % transform.period
        naive = np.zeros_like(base) if transform.differencing else self.level
        known = self.counts[rows, place] > 0
        season = self.seasons[rows, place] - self._drift()
        return base + np.where(known, season, naive)

    def _drift(self) -> np.ndarray:
        """Return how much of what seasons rise by, a step, is none of their own, (B, F)."""
        if not self.transform.differencing:
            return np.zeros_like(self.last)
        known = np.maximum((self.counts > 0).sum(axis=1), 1)
        return (1 - self.transform.rate) * self.seasons.sum(axis=1) / known

    def push(self, values: np.ndarray) -> None:
        """Go one step on: `values` (B, F) came, logs where there are logs; NaN where none did."""
        transform, rows = self.transform, np.arange(len(self.step))
        change = values - self.level if transform.differencing else values
        place = self.step % transform.period
        self.seasons[rows, place], self.counts[rows, place] = transform.learned(
            self.seasons[rows, place], self.counts[rows, place], change
        )
        self.last = np.where(np.isnan(values), self.last, values)
        self.step = self.step + 1

    @classmethod
    def joined(cls, states: list[SeriesState], repeats: int = 1) -> SeriesState:
        """Return the states of several series as one, each `repeats` times."""
        joined = cls(states[0].transform, 0)
        for name in ("last", "seasons", "counts", "step"):
            parts = np.concatenate([getattr(state, name) for state in states])
            setattr(joined, name, np.repeat(parts, repeats, axis=0))
        return joined


@dataclass(frozen=True, eq=False)
class SeriesTransform:
    """Logs, differences, and what remains beside the means of the seasons before.

    A season's mean of a place (an hour of the week, a month of the year) is that of the same place
    in all seasons so far, until those are 1 / `rate` of them; then it moves by `rate` times what a
    step differs from it. A rate of one is the seasonal difference. Where steps are differences, the
    mean of all places is what seasons rise by, which a jump leaves in them for long: all but `rate`
    of it is taken out. Everything is known from the steps before, so nothing of the future is in
    it, and all of it is undone exactly.

    Parameters
    ----------
    log : ndarray of shape (F,), bool
        Channels whose logs are taken.
    differencing : int
        1 for differences of neighbouring steps, 0 for none.
    period : int
        Steps of a season; 1 for none.
    rate : ndarray of shape (F,)
        How much the last season counts, in (0, 1].
    start : ndarray of shape (F,)
        What stands for the step before the first.
    """

    log: np.ndarray
    differencing: int
    period: int
    rate: np.ndarray
    start: np.ndarray

    def logs(self, values: np.ndarray) -> np.ndarray:
        """Return values (..., F) with logs where there are logs."""
        if not self.log.any():
            return values
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.log, np.log(np.where(self.log, values, 1.0)), values)

    def values(self, logs: np.ndarray, dtype: Any = np.float64) -> np.ndarray:
        """Undo :meth:`logs`; what is beyond the dtype becomes its largest number."""
        most = np.log(np.finfo(dtype).max)
        powers = np.exp(np.minimum(np.where(self.log, logs, 0.0), most - 1e-3 * abs(most)))
        return np.where(self.log, powers, logs)

    def learned(self, means: Any, counts: Any, values: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return means of places, and of how many, once `values` came; NaN changes nothing."""
        there = ~np.isnan(values)
        weight = np.maximum(self.rate, 1 / (counts + 1))
        weight = np.where(counts > 0, weight, 1.0)
        moved = means + weight * (np.where(there, values, 0.0) - means)
        return np.where(there, moved, means), counts + there

    def of(self, series: np.ndarray) -> Transformed:
        """Return one series (T, F), which may have NaN, as the network sees it."""
        found = self.logs(np.asarray(series, float))
        state = SeriesState(self, 1)
        there = ~np.isnan(found)
        last = _carried(found, self.start)  # the level before each step, and behind the last one
        base = last[:-1] if self.differencing else np.zeros_like(found)
        change, center = found - base, base.copy()
        fine = there.copy()
        if self.differencing:
            fine[0] = False
            fine[1:] &= there[:-1]
        if self.period > 1:
            naive = np.zeros_like(found) if self.differencing else last[:-1]
            means, counts = state.seasons[0], state.counts[0]
            for begin in range(0, len(found), self.period):
                part = slice(begin, begin + self.period)
                n = len(found[part])
                known = counts[:n] > 0
                old, sizes = means.copy(), counts.copy()
                means[:n], counts[:n] = self.learned(means[:n], counts[:n], change[part])
                season = old[:n]
                if self.differencing:
                    drift = _drifts(old, sizes > 0, means, counts > 0)[:n]
                    season = season - (1 - self.rate) * drift
                center[part] += np.where(known, season, naive[part])
                fine[part] &= known
        state.last = np.where(there.any(axis=0), last[-1], np.nan)[None]
        state.step = np.array([len(found)])
        return Transformed(np.where(fine, found - center, np.nan), center, state)


def _drifts(old: np.ndarray, known: np.ndarray, new: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the mean of the places that are known, (period, F), when those before are new."""
    sums = old.sum(axis=0) + np.cumsum(new - old, axis=0) - (new - old)
    more = after.astype(int) - known
    counts = known.sum(axis=0) + np.cumsum(more, axis=0) - more
    return np.asarray(sums / np.maximum(counts, 1))


def _carried(values: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Return, (T + 1, F), the last value that was there before each step; `start` before all."""
    n, n_channels = values.shape
    there = np.where(np.isnan(values), -1, np.arange(n)[:, None])
    index = np.maximum.accumulate(there, axis=0)
    picked = values[np.maximum(index, 0), np.arange(n_channels)]
    carried = np.where(index < 0, start, picked)
    return np.concatenate([np.broadcast_to(start, (1, n_channels)), carried])
