"""Series in frames of pandas: long tables of many series, and forecasts with times and names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from skdeep.data.calendar import frequency_of
from skdeep.data.cells import listed
from skdeep.data.columns import is_frame, kind_of
from skdeep.data.sequence_items import is_list
from skdeep.data.series import form_of, in_form, is_one
from skdeep.data.time_order import knows_time


def is_long(X: Any) -> bool:
    """Whether X is of pandas and holds many series, by the levels of its index."""
    return hasattr(X, "iloc") and hasattr(X.index, "levels")


def unstacked(X: Any) -> Any:
    """Return the series of a long table as a list, in their order there; anything else as it is.

    The last level of the index is time, all others say which series a row belongs to.
    """
    return [part for _, part in _groups(X)] if is_long(X) else X


def keys_of(X: Any) -> list[tuple[Any, ...]] | None:
    """Return what a long table calls its series, in their order there; None of anything else."""
    return [as_key(key) for key, _ in _groups(X)] if is_long(X) else None


def as_key(label: Any) -> tuple[Any, ...]:
    """Return the name of a series as the labels of all levels."""
    return label if isinstance(label, tuple) else (label,)


def _groups(X: Any) -> list[tuple[Any, Any]]:
    if not len(X):
        raise ValueError("X is empty: found array with 0 sample(s), a minimum of 1 is required.")
    above = list(range(X.index.nlevels - 1))
    by = above[0] if len(above) == 1 else above
    groups = X.groupby(level=by, sort=False, observed=True)
    return [(key, part.droplevel(above)) for key, part in groups]


#: What a column of a frame is for that holds no numbers.
_WAYS = {
    "dates or times": "make it the index, X.set_index({name!r}), or leave it out",
    "text": (
        "make numbers of them, by pandas.to_numeric; or dates, by pandas.to_datetime, and then the "
        "index, by set_index; or leave the column out"
    ),
}


def check_numbers(X: Any) -> None:
    """Refuse a frame or series of pandas with dates or text for numbers; say where they go."""
    if not hasattr(X, "iloc"):
        return
    for name, column in X.items() if is_frame(X) else [(None, X)]:
        if getattr(column.dtype, "kind", "O") in "biufc":
            continue
        values = np.asarray(column.dropna())
        text = any(isinstance(value, str | bytes) for value in values)
        kind = "text" if text else "dates or times" if kind_of(values) == "times" else None
        if kind is not None and name is None:
            raise ValueError(f"X holds {kind}: its values are to be numbers, and its index times")
        if kind is not None:
            raise ValueError(f"column {name!r} holds {kind}: {_WAYS[kind].format(name=name)}")


class SeriesForm(NamedTuple):
    """How series came, so that forecasts go back in the same way.

    Attributes
    ----------
    form : str
        As of :func:`~skdeep.data.series.form_of`.
    indexes : list
        Of each series its index, or None where there is none that goes on.
    names : list
        Of each series its columns or its name, or None.
    keys : Index or None
        What a long table calls its series.
    """

    form: str
    indexes: list[Any]
    names: list[Any]
    keys: Any = None

    @classmethod
    def of(cls, X: Any) -> SeriesForm:
        """Return the form of valid series."""
        if is_long(X):
            groups = _groups(X)
            parts = [part for _, part in groups]
            keys = [as_key(key) for key, _ in groups]
            flat = " flat" if parts[0].ndim == 1 else ""
            names = list(X.index.names)
            return cls("many" + flat, *_labels(parts), (keys, names))
        if is_one(X):
            return cls(form_of(X), *_labels([X]))
        parts = list(listed(X)) if is_list(listed(X), tables=False) else [None] * len(X)
        return cls(form_of(X), *_labels(parts))

    def forecasts(self, parts: Sequence[np.ndarray], labels: Any = None) -> Any:
        """Return what follows on each series, (H, F) or (H, F, Q), in the form of the series.

        Parameters
        ----------
        parts : sequence of ndarray
            Of each series.
        labels : sequence or None
            What the Q numbers of each forecast are called.
        """
        if labels is not None and self.form.endswith("flat"):
            arrays = in_form([part[:, 0] for part in parts], self.form.removesuffix(" flat"))
        else:
            arrays = in_form(list(parts), self.form)
        if self.form == "array" or all(index is None for index in self.indexes):
            return arrays
        each = [arrays] if self.form.startswith("one") else arrays
        framed = [
            one if index is None else _framed(one, future_index(index, len(one)), names, labels)
            for one, index, names in zip(each, self.indexes, self.names, strict=True)
        ]
        if self.keys is not None:
            import pandas as pd

            keys, names = self.keys
            flat = [key[0] if len(key) == 1 else key for key in keys]
            return pd.concat(framed, keys=flat, names=names)
        return framed[0] if self.form.startswith("one") else framed


def _labels(parts: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Return the index and the columns or the name of each series, as far as it has such."""
    indexes = [one.index if hasattr(one, "iloc") and knows_time(one) else None for one in parts]
    names = [getattr(one, "columns", getattr(one, "name", None)) for one in parts]
    return indexes, names


def _framed(values: np.ndarray, index: Any, names: Any, labels: Any) -> Any:
    """Return a forecast as a series or frame of pandas."""
    import pandas as pd

    if labels is None:
        if values.ndim == 1:
            return pd.Series(values, index, name=names)
        return pd.DataFrame(values, index, columns=names)
    if values.ndim == 2:
        return pd.DataFrame(values, index, columns=labels)
    columns = pd.MultiIndex.from_product([list(names), labels])
    return pd.DataFrame(values.reshape(len(values), -1), index, columns=columns)


def future_index(index: Any, n: int) -> Any:
    """Return the n labels that follow on an index of times or positions."""
    import pandas as pd

    last = index[-1]
    if isinstance(index, pd.PeriodIndex):
        return pd.period_range(last + 1, periods=n, freq=index.freq, name=index.name)
    if isinstance(index, pd.DatetimeIndex):
        frequency = frequency_of(index)
        if frequency is None and len(index) > 2 and _has_weekends_off(index):
            frequency = "B"
        if frequency is not None:
            after = pd.date_range(last, periods=n + 1, freq=frequency, name=index.name)
            return after[after > last][:n]
    if len(index) < 2:
        step: Any = pd.Timedelta(1, "D") if hasattr(index, "asi8") else 1
    else:
        step = pd.Series(index[1:] - index[:-1]).median()
    if not hasattr(index, "asi8"):
        step = int(step) if index.dtype.kind in "iu" else step
        return pd.Index(last + step * np.arange(1, n + 1), name=index.name)
    return type(index)([last + step * k for k in range(1, n + 1)], name=index.name)


def _has_weekends_off(index: Any) -> bool:
    days = index.tz_localize(None).to_numpy().astype("M8[D]")
    return bool(np.is_busday(days).all()) and np.median(np.diff(days)) == np.timedelta64(1)
