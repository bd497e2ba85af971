"""What training rows teach of one column of numbers: its scale, its ranks, what is missing."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from skdeep.nn.tabular.quantiles import quantiles

#: Scaled numbers beyond this are hardly told apart when they are bent, and from which share of
#: them on a column is ranked.
OUTLYING, MANY = 1000.0, 0.01
#: Numbers of a column that its ranks are interpolated between, at most.
KNOTS = 256


def filled(values: np.ndarray, weight: np.ndarray | None) -> tuple[np.ndarray, float, bool]:
    """Return numbers with their mean where one is missing, the mean, and whether one is.

    No numbers, and a mean of 0, where all are missing.
    """
    missing = np.isnan(values)
    known = np.asarray(values[~missing], float)
    if not len(known):
        return known, 0.0, True
    with np.errstate(over="ignore"):
        mean = float(np.average(known, weights=None if weight is None else weight[~missing]))
    mean = mean if np.isfinite(mean) else float((known / len(known)).sum())
    has_missing = len(known) < len(values)
    return (np.where(missing, mean, values) if has_missing else known), mean, has_missing


def robust_scale(values: np.ndarray, weight: np.ndarray | None) -> tuple[float, float]:
    """Return the median, and 1 over the range of quartiles.

    Where most rows have one value, that range is 0: 2 over the median distance of the others then.
    """
    if not len(values):
        return 0.0, 0.0
    quarter = values * 0.25  # of which the ranges are finite
    low, median, high = quantiles(quarter, [0.25, 0.5, 0.75], weight)
    if high > low:
        width = high - low
    else:
        others = quarter != median
        kept = None if weight is None else weight[others]
        apart = others.any() and (kept is None or kept.any())
        width = 0.5 * quantiles(abs(quarter[others] - median), 0.5, kept) if apart else 0.0
    with np.errstate(over="ignore"):
        factor = 0.25 / width if width > 0 else 0.0
    return float(median * 4), min(float(factor), 1e300)


def has_heavy_tails(
    values: np.ndarray, scale: tuple[float, float], weight: np.ndarray | None
) -> bool:
    """Say whether many numbers lie so far out that bending them would make them equal."""
    if not len(values):
        return False
    center, factor = scale
    with np.errstate(over="ignore"):
        far = abs(values * 0.5 - center * 0.5) * factor > 0.5 * OUTLYING
    return bool(np.average(far, weights=weight) > MANY)


def ranks(values: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Return a quarter of numbers, from low to high, and their normal scores: (2, n_knots).

    Scores have a range of quartiles of 1, and equal numbers have the mean of their scores' levels.
    """
    levels = (np.arange(KNOTS) + 0.5) / KNOTS
    places, first, counts = np.unique(
        quantiles(values * 0.25, levels, weight), return_index=True, return_counts=True
    )
    middle = (first + 0.5 * counts) / KNOTS
    return np.stack([places, ndtri(middle) / (2 * ndtri(0.75))])
