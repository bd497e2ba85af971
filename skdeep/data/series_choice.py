"""What series themselves say of their logs, their season and their differences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skdeep.data.series_transform import SeriesTransform

Series = Sequence[np.ndarray]

#: Series that are looked at, and the longest season that is searched for without a calendar.
LOOKED_AT, LONGEST = 20, 400

#: Series of so many steps have no season that could be found.
SHORTEST = 5

#: A season must leave less than this part of the variance, and a longer one less than this part of
#: what a shorter one leaves.
LEFT_BY_SEASON, LEFT_BY_LONGER = 0.7, 0.7

#: What the change to a second season must leave of the variance about a line, of twice that, where
#: there is no third one, and how many steps there must be beside two seasons.
LEFT_BY_SECOND, MORE = 0.35, 6

#: Weights of the last season that are tried.
RATES = (0.1, 0.2, 0.3, 0.5, 1.0)

#: Below this statistic of Dickey and Fuller a series has no unit root, at five per cent.
UNIT_ROOT = -2.86

#: From how many steps on that test is asked.
TESTED = 20


def grows_with_level(series: Series) -> np.ndarray:
    """Return which channels have logs that vary more evenly: positive, they vary as their level.

    Blocks of ten parts of each series are compared: the standard deviations of their steps'
    changes, which slow waves do not make, must grow at least as the square root of their means,
    which differ by a third or more; by two standard errors, so that chance does not do it.
    """
    n_channels = series[0].shape[1]
    if not all((one[~np.isnan(one)] > 0).all() for one in series):
        fine = [[bool((c[~np.isnan(c)] > 0).all()) for c in one.T] for one in series]
        positive = np.all(fine, axis=0)
    else:
        positive = np.ones(n_channels, bool)
    points = []
    for one in series[:LOOKED_AT]:
        for block in np.array_split(one, max(1, min(10, len(one) // 4))):
            if not np.isnan(block).any() and len(block) > 2:
                points.append([block.mean(axis=0), np.diff(block, axis=0).std(axis=0)])
    if len(points) < 4 or not positive.any():
        return np.zeros(n_channels, bool)
    mean, deviation = np.array(points).swapaxes(0, 1)  # (blocks, F) each
    result = np.zeros(n_channels, bool)
    for k in np.flatnonzero(positive):
        usable = deviation[:, k] > 1e-9 * mean[:, k]
        x, y = np.log(mean[usable, k]), np.log(deviation[usable, k])
        if len(x) >= 4 and np.ptp(x) > 0.3:
            result[k] = _clearly_rises(x, y)
    return result


def _clearly_rises(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether y grows by half of x or more, and by two standard errors."""
    x, y = x - x.mean(), y - y.mean()
    slope = x @ y / (x @ x)
    left = y - slope * x
    return bool(slope > max(0.5, 2 * np.sqrt(left @ left / (len(x) - 2) / (x @ x))))


def season_of(series: Series, candidates: Sequence[int] | None) -> int:
    """Return the steps of the season, 1 where there is none.

    Parameters
    ----------
    series : sequence of ndarray of shape (T, F)
        Logs where there are logs.
    candidates : sequence of int or None
        Seasons that the calendar knows; None: where autocorrelations of differences have peaks.
    """
    usual = [filled(one) for one in series[:LOOKED_AT] if len(one) > SHORTEST]
    if not usual:
        return 1
    longest = max(map(len, usual))
    tried = _peaks(usual) if candidates is None else candidates
    usable = [period for period in sorted(set(tried)) if 2 <= period <= longest // 3]
    fine = [int(p) for p in usable if _left_by(usual, p, p) < LEFT_BY_SEASON]
    if len(fine) < 2:
        return fine[0] if fine else _seen_twice(usual, candidates or ())
    # Beside one moving level, since a short one takes longer seasons away with it.
    left = [_left_by(usual, period, fine[-1]) for period in fine]
    best = 0
    for k, part in enumerate(left):
        best = k if part < LEFT_BY_LONGER * left[best] else best
    return fine[best]


def _seen_twice(series: Series, candidates: Sequence[int]) -> int:
    """Return the first season that two seasons of series already show, 1 where there is none."""
    for period in sorted(candidates):
        ratios = []
        for one in series:
            if not period + max(period // 2, MORE) <= len(one) < 3 * period:
                continue
            flat, change = _about_line(one), one[period:] - one[:-period]
            moving = flat.var(axis=0) > 1e-12 * np.maximum(np.square(one).mean(axis=0), 1e-300)
            ratios += (change.var(axis=0)[moving] / (2 * flat.var(axis=0)[moving])).tolist()
        if ratios and np.mean(ratios) < LEFT_BY_SECOND:
            return int(period)
    return 1


def _about_line(series: np.ndarray) -> np.ndarray:
    """Return a series less the straight line that is nearest to it."""
    t = np.linspace(-1, 1, len(series))
    slope = t @ series / (t @ t)
    return np.asarray(series - series.mean(axis=0) - t[:, None] * slope)


def filled(series: np.ndarray) -> np.ndarray:
    """Return a series whose missing steps are those between their neighbours."""
    result = series.copy()
    for column in result.T:
        gone = np.isnan(column)
        if gone.any() and not gone.all():
            column[gone] = np.interp(np.flatnonzero(gone), np.flatnonzero(~gone), column[~gone])
    return np.nan_to_num(result)


def _peaks(series: Series) -> list[int]:
    """Return where autocorrelations are high, beside their neighbours."""
    changes = [np.diff(one, axis=0) for one in series]
    flat = [_about_level(one, max(len(one) // 3, 2)) for one in series]
    found: list[int] = []
    for parts in (changes, flat):
        total = _autocorrelations(parts, min(max(map(len, series)) // 3, LONGEST))
        # Four standard deviations of what noise gives.
        least = min(max(0.1, 4 / sum(map(len, series)) ** 0.5), 0.5)
        inner = total[1:-1]
        high = (inner > total[:-2]) & (inner >= total[2:]) & (inner > least)
        peaks = sorted(1 + np.flatnonzero(high), key=lambda k: -total[k])
        first = [k for k in sorted(peaks) if total[k] > 0.5 * total[peaks[0]]]
        found += [int(k) for k in (*peaks[:4], *first[:4])]  # of which others may be multiples
    return found


def _about_level(series: np.ndarray, window: int) -> np.ndarray:
    """Return a series less its mean over a window around each step, without its ends."""
    sums = np.cumsum(np.concatenate([np.zeros((1, series.shape[1])), series]), axis=0)
    level = (sums[window:] - sums[:-window]) / window
    return np.asarray(series[window // 2 :][: len(level)] - level)


def _autocorrelations(series: Series, longest: int) -> np.ndarray:
    """Return the mean autocorrelations of series up to a lag, and one more."""
    total = np.zeros(longest + 2)
    for one in series:
        steps = one - one.mean(axis=0)
        size = 2 * len(steps)
        power = np.abs(np.fft.rfft(steps, size, axis=0)) ** 2
        found = np.fft.irfft(power, size, axis=0)[: len(total)]
        part = (found / np.where(found[0] > 0, found[0], 1.0)).mean(axis=1)
        total[: len(part)] += part / len(series)
    return total


def _left_by(series: Series, period: int, window: int) -> float:
    """Return the part of the variance about a moving level that a season's mean leaves."""
    parts = []
    for one in series:
        if len(one) < 3 * window:
            continue
        flat = _about_level(one, window)
        variance = flat.var(axis=0)
        moving = variance > 1e-12 * np.maximum(np.square(one).mean(axis=0), 1e-300)
        for column, size in zip(flat.T[moving], variance[moving], strict=True):
            tried = _variances(column, period, (0.2, 1.0), behind=window)
            parts.append(min(tried) / size)
    return float(np.mean(parts)) if parts else np.inf


def _variances(
    series: np.ndarray,
    period: int,
    rates: Sequence[float],
    differencing: int = 0,
    behind: int = 0,
) -> list[float]:
    """Return, by rates, the variance of a channel beside the season, behind the second one.

    `behind` is that of a longer season, to compare variances of the same steps.
    """
    behind, width = behind or period, len(rates)
    off = np.zeros(width, bool)
    transform = SeriesTransform(off, differencing, period, np.array(rates), np.zeros(width))
    z = transform.of(np.tile(series[:, None], width)).z
    late = z[2 * behind :] if len(z) > 3 * behind else z[behind:]
    parts = [part[~np.isnan(part)] for part in late.T]
    return [float(part.var()) if len(part) > 1 else np.inf for part in parts]


def rate_of(series: Series, period: int, differencing: int) -> np.ndarray:
    """Return, by channel, which weight of the last season leaves the least variance."""
    n_channels = series[0].shape[1]
    result = np.ones(n_channels)
    if period == 1:
        return result
    for k in range(n_channels):
        costs = [
            np.array(_variances(one[:, k], period, RATES, differencing))
            for one in series[:LOOKED_AT]
        ]
        fine = [cost / cost.min() for cost in costs if np.isfinite(cost).all() and cost.min() > 0]
        if fine:
            result[k] = RATES[int(np.argmin(np.mean(fine, axis=0)))]
    return result


def has_unit_root(series: Series) -> bool:
    """Whether differences are steadier: most series may have a unit root (Dickey, Fuller, 1979).

    Shorter series than that test can tell have one where differences vary by half or less.
    """
    found = [
        _dickey_fuller(column) > UNIT_ROOT
        if len(column) >= TESTED
        else np.diff(column).var() < column.var() / 2
        for one in series[:LOOKED_AT]
        for column in filled(one).T
        if len(column) >= SHORTEST and np.ptp(column) > 0
    ]
    return bool(found) and float(np.mean(found)) > 0.5


def _dickey_fuller(x: np.ndarray) -> float:
    """Return the statistic of the augmented test with a constant."""
    change = np.diff(x)
    n_lags = min(int(12 * (len(x) / 100) ** 0.25), len(x) // 4)
    n = len(change) - n_lags
    columns = [x[n_lags : n_lags + n], np.ones(n)]
    columns += [change[n_lags - k : n_lags - k + n] for k in range(1, n_lags + 1)]
    design = np.stack(columns, axis=1)
    design[:, 0] -= x.mean()
    scale = np.abs(design).max(axis=0)
    design = design / np.where(scale > 0, scale, 1.0)
    inverse = np.linalg.pinv(design.T @ design)
    weights = inverse @ (design.T @ change[n_lags:])
    if abs(weights[0]) <= 1e-9 * np.abs(weights).max():
        return 0.0  # rounding alone: changes do not depend on where a series is, as of lines
    left = change[n_lags:] - design @ weights
    variance = left @ left / max(n - design.shape[1], 1) * inverse[0, 0]
    return float(weights[0] / np.sqrt(variance)) if variance > 0 else -np.inf


def usual_lags(period: int, lengths: Sequence[int]) -> list[int]:
    """Return which steps before are inputs: the nearest ones, and those a season before.

    The nearest ones of series of these lengths are a quarter of the steps to learn from at most.
    """
    if period > 1:
        most = sum(max(n - period, 0) for n in lengths) // 4
        near = range(1, min(period, 24, max(most, 1)) + 1)
        return sorted({*near, period, period + 1})
    return list(range(1, max(2, min(10, max(lengths) // 8)) + 1))
