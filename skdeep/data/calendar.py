"""How long the steps of an index of times are, and what seasons such steps have."""

from __future__ import annotations

import warnings
from typing import Any

#: Steps of a season by how long a step is, in the letters of pandas.
CALENDAR = {
    "h": (24, 168),
    "D": (7,),
    "B": (5,),
    "W": (52,),
    "M": (12,),
    "Q": (4,),
    "min": (60, 1440),
    "s": (60,),
}


def frequency_of(index: Any) -> Any:
    """Return the offset between the labels of an index of times, None where there is none."""
    if not hasattr(index, "asi8"):
        return None
    known = getattr(index, "freq", None)
    if known is not None or len(index) < 3:
        return known
    from pandas.tseries.frequencies import to_offset

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a release to come, which gives the offset itself
        return to_offset(index.inferred_freq)


def calendar_seasons(index: Any) -> tuple[int, ...] | None:
    """Return the seasons that the steps of an index of times have, None where it knows none."""
    frequency = frequency_of(index)
    if frequency is None:
        return None
    name = getattr(frequency, "freqstr", "").split("-")[0]
    digits = "".join(c for c in name if c.isdigit())
    unit = name[len(digits) :]
    unit = unit[:-1] if unit in ("ME", "MS", "QE", "QS", "BMS", "BME") else unit
    unit = {"BM": "M"}.get(unit, unit)
    every = int(digits or 1)
    found = CALENDAR.get(unit)
    if unit == "min":  # a day of minutes, and a week of quarters of an hour
        found = (60, 1440, 10080)
    if not found:
        return None
    return tuple(n // every for n in found if n % every == 0 and n // every > 1) or None
