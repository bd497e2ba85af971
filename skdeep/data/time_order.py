"""Whether the rows of series follow on each other in time, as an index or a split says it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from skdeep.data.cells import listed
from skdeep.data.sequence_items import is_list
from skdeep.data.series import is_one

#: A step of this many usual ones is a gap: months and leap years differ by less.
GAP = 1.5

#: Weekdays that may be left out between two others, where series have no weekends.
HOLIDAYS = 5

EQUAL_STEPS = "where rows are equal steps all the same, give X.reset_index(drop=True)"
CUT = f"give the stretches between gaps as a list of series; {EQUAL_STEPS}"


def check_time_order(X: Any) -> None:
    """Refuse series of pandas whose rows are not in the order of their index, or have gaps.

    Times count in every series, positions in one series alone: those of many are what a larger
    table left of them. Names, and arrays, say nothing.
    """
    if is_one(X):
        _check(X, "X", positions=True)
    elif is_list(listed(X), tables=False):
        for k, one in enumerate(listed(X)):
            _check(one, f"X[{k}]", positions=False)


def beginning(X: Any) -> Any:
    """Return the first label of one series that is indexed by times or positions, or None."""
    return X.index[0] if is_one(X) and knows_time(X) else None


def check_not_before(X: Any, first: Any) -> None:
    """Refuse one series that ends before `first`, where the series of the fit began."""
    if first is None or not (is_one(X) and knows_time(X)):
        return
    last = X.index[-1]
    if _is_earlier(last, first):
        raise ValueError(
            f"X ends at {last}, before the series of the fit began, at {first}: a score of what "
            "was known tells nothing of forecasts. Split with cv=TimeSeriesSplit(...)"
        )


def _is_earlier(one: Any, other: Any) -> bool:
    try:
        return bool(one < other)
    except (TypeError, ValueError):  # times with and without a zone, periods of two lengths
        return False


def check_splits(splits: Iterable[tuple[Any, Any]]) -> None:
    """Refuse splits of one series that train on what follows the steps that are tested, or skip."""
    for k, parts in enumerate(splits):
        train, test = (
            np.flatnonzero(part) if part.dtype == bool else part for part in map(np.asarray, parts)
        )
        if not len(train) or not len(test):
            continue
        wrong = f"trains on step {train.max()} and tests step {test.min()}"
        if train.max() < test.min():
            skips = [part for part in (train, test) if (np.diff(part) != 1).any()]
            if not skips:
                continue
            at = int(np.flatnonzero(np.diff(skips[0]) != 1)[0])
            wrong = f"puts step {skips[0][at + 1]} right behind step {skips[0][at]}"
        raise ValueError(
            f"cv does not keep the time of X, which is one series: split {k} {wrong}. Use "
            "cv=TimeSeriesSplit(...), or give many series, as a list, to be split by series"
        )


def knows_time(X: Any) -> bool:
    """Whether an index holds times or positions."""
    if not hasattr(X, "iloc") or not len(X):
        return False
    index = X.index
    return hasattr(index, "asi8") or getattr(index.dtype, "kind", "O") in "iuf"


def _check(X: Any, name: str, *, positions: bool) -> None:
    if not hasattr(X, "iloc"):
        return
    index = X.index
    if hasattr(index, "levels"):
        raise ValueError(
            f"{name} has a MultiIndex, but one series has one row for each time: many series are a "
            "list, [group.droplevel(0) for _, group in X.groupby(level=0)]"
        )
    if knows_time(X) and (positions or hasattr(index, "asi8")):
        _check_index(index, name)


def _check_index(index: Any, name: str) -> None:
    if index.hasnans:
        at = int(np.flatnonzero(index.isna())[0])
        raise ValueError(f"the index of {name} is missing in row {at}")
    if hasattr(index, "to_timestamp"):  # periods
        index = index.to_timestamp()
    steps = np.diff(index.asi8 if hasattr(index, "asi8") else index.to_numpy())
    if not len(steps):
        return
    if (steps <= 0).any():
        at = int(np.flatnonzero(steps <= 0)[0])
        raise ValueError(
            f"the rows of {name} are not in the order of their index: {index[at]} is followed by "
            f"{index[at + 1]}. Sort them, with sort_index(); {EQUAL_STEPS}"
        )
    wide = _gaps(index, steps)
    if wide.any():
        at = int(np.flatnonzero(wide)[0])
        raise ValueError(
            f"{name} has a gap: {index[at]} is followed by {index[at + 1]}. Fill it, or {CUT}"
        )


def check_follows(X: Any, name: str, before: Any = None) -> None:
    """Refuse rows with times that are not in order, have gaps, or do not follow on an index."""
    if not hasattr(X, "iloc") or not hasattr(X.index, "asi8") or hasattr(X.index, "levels"):
        return
    if before is None:
        _check(X, name, positions=False)
        return
    joined = before.append(X.index) if type(before) is type(X.index) else X.index[:0]
    if not hasattr(joined, "asi8") or not len(joined):
        raise ValueError(
            f"{name} must have an index that follows on that of its series, which ends at "
            f"{before[-1]}, got one that begins with {X.index[0]}"
        )
    try:
        _check_index(joined, name)
    except ValueError as error:
        raise ValueError(f"{name} does not follow on its series: {error}") from error


def _gaps(index: Any, steps: np.ndarray) -> np.ndarray:
    """Return which steps of an index in order are longer than usual."""
    if hasattr(index, "tz_localize"):
        days = index.tz_localize(None).to_numpy().astype("M8[D]")
        if np.is_busday(days).all() and np.median(np.diff(days)) == np.timedelta64(1):
            return np.asarray(np.busday_count(days[:-1], days[1:]) > 1 + HOLIDAYS)
    return np.asarray(steps > GAP * np.median(steps))
