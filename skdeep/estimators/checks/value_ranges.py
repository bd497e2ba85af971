"""Ranges of the features of a table, and whether they are those of probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.sparsefuncs import min_max_axis

from skdeep.backend import compute
from skdeep.backend.user_warnings import warn
from skdeep.data.place import to_host

#: How far beyond 0 and 1 a value may lie that was scaled to them. MinMaxScaler leaves a few units
#: in the last place of how far the data lie from zero in units of their range: 4e-15 for years, or
#: 3e-6 in float32. Values stay as they are, since so little changes no probability and no loss
#: (a cross-entropy by at most this much times the logit).
ROUNDING = 1e-5

#: Root mean square of features from which on a step of training changes little of what counts: with
#: Adam's default a weight moves by 0.001.
LARGE = 10.0


def feature_ranges(X: Any, weight: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return the smallest and the largest value of each feature, on the host.

    Rows of weight zero do not count, unless there are no others.
    """
    counts = slice(None) if weight is None or not weight.any() else weight > 0
    if hasattr(X, "tocsr"):
        rows = X.tocsr()
        low, high = min_max_axis(rows if isinstance(counts, slice) else rows[counts], axis=0)
        return low, high
    low, high = compute(lambda xp, rows: _ends(xp, rows, counts), X)
    return to_host(low), to_host(high)


def value_range(X: Any) -> tuple[float, float]:
    """Return the smallest and the largest value of all features."""
    low, high = feature_ranges(X)
    return float(low.min()), float(high.max())


def _ends(xp: Any, rows: Any, counts: Any) -> tuple[Any, Any]:
    if not isinstance(counts, slice):
        rows = rows[xp.asarray(counts)]
    return rows.min(axis=0), rows.max(axis=0)


def within_unit_interval(low: float, high: float) -> bool:
    """Whether values are from 0 to 1, but for what rounding adds in scaling them."""
    return low >= -ROUNDING and high <= 1 + ROUNDING


def warn_outside_unit_interval(X: Any, what: str) -> None:
    """Warn where a loss for probabilities gets other numbers."""
    low, high = value_range(X)
    if not within_unit_interval(low, high):
        warn(
            f"{what} is meant for features in [0, 1], got values from {low:g} to "
            f"{high:g}, whose likelihood has no bound: scale them, for example by "
            "MinMaxScaler(clip=True)",
            UserWarning,
        )


def warn_of_scale(X: Any, why: str) -> None:
    """Warn where features are so large that training hardly moves."""
    values = X.data if hasattr(X, "tocsr") else X
    with np.errstate(over="ignore"):
        size = float(to_host(compute(lambda xp, v: xp.sum(v * v, dtype=float), values)))
    size = float(np.sqrt(size / (X.shape[0] * X.shape[1])))
    if size > LARGE:
        warn(
            f"the features have a root mean square of {size:.3g}, and {why} trains badly on more "
            f"than about {LARGE:g}: scale them, for example by StandardScaler",
            UserWarning,
        )
