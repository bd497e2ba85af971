"""Which differences of a series with a season forecast best: a trial on its own past."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skdeep.data.series_choice import LOOKED_AT, filled, rate_of, usual_lags
from skdeep.data.series_transform import SeriesTransform

#: From how many steps of the past a season is forecast at most, and the part that trains at least.
ORIGINS, TRAINS = 8, 0.5

#: Differences must be so much better: without them more is known of a series.
BETTER = 0.95


def differencing_of(series: Sequence[np.ndarray], period: int) -> int:
    """Return 1 where differences of neighbours, too, are to be learned beside a season, else 0.

    Both ways forecast a season from several steps of the past, by ridge regression on lags, which
    is fitted to the steps before the first of them. Where a level moves slowly, the forecasts
    without differences drift.
    """
    ratios = []
    for one in series[:LOOKED_AT]:
        for column in filled(one).T:
            errors = [_error(column[:, None], period, differencing) for differencing in (0, 1)]
            if np.isfinite(errors).all() and errors[0] > 0:
                ratios.append(errors[1] / errors[0])
    return int(bool(ratios) and float(np.median(ratios)) < BETTER)


def _error(series: np.ndarray, period: int, differencing: int) -> float:
    """Return the mean absolute error over a season of forecasts of one channel (T, 1)."""
    rate = rate_of([series], period, differencing)
    transform = SeriesTransform(np.zeros(1, bool), differencing, period, rate, np.zeros(1))
    z = transform.of(series).z[:, 0]
    z = z[np.flatnonzero(~np.isnan(z))[0] :] if not np.isnan(z).all() else z[:0]
    lags = np.array(usual_lags(period, [len(series)]))
    first = max(int(TRAINS * len(z)), lags[-1] + 2)
    last = len(z) - period
    if last <= first or first < 3 * len(lags):
        return np.inf
    t = np.arange(lags[-1], first)
    weights, mean = _ridge(z[t[:, None] - lags], z[t])
    origins = np.unique(np.linspace(first, last, ORIGINS).astype(int))
    known = z[origins[:, None] + np.arange(-lags[-1], 0)]
    errors = []
    for step in range(period):
        guess = known[:, known.shape[1] - lags] @ weights + mean
        known = np.concatenate([known, guess[:, None]], axis=1)
        errors.append(guess - z[origins + step])
    found = np.array(errors)  # (period, origins)
    found = np.cumsum(found, axis=0) if differencing else found
    return float(np.abs(found).mean())


def _ridge(inputs: np.ndarray, goal: np.ndarray) -> tuple[np.ndarray, float]:
    """Return weights and the intercept, with a penalty of one of standardised numbers."""
    centre, mean = inputs.mean(axis=0), goal.mean()
    centred, unit = inputs - centre, max(float(goal.var()), 1e-300)
    square = centred.T @ centred / unit
    square[np.diag_indices(len(square))] += 1.0
    weights = np.linalg.solve(square, centred.T @ (goal - mean) / unit)
    return weights, float(mean - centre @ weights)
