"""What is known besides the series: inputs of every step, and numbers of each series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from skdeep.data.sequence_items import as_array, is_list, real_numbers
from skdeep.data.series import is_one
from skdeep.data.series_frames import SeriesForm, as_key, is_long, keys_of, unstacked
from skdeep.data.time_order import check_follows
from skdeep.data.whole import is_whole


class Covariates(NamedTuple):
    """What users give besides series: `exog` for each step, and `static` for each series."""

    exog: Any = None
    static: Any = None


def given(exog: Any, static: Any) -> Covariates | None:
    """Return what is known besides series; None where nothing is."""
    return None if exog is None and static is None else Covariates(exog, static)


class Known(NamedTuple):
    """The same, valid: of each series an array (T, E), and all series' numbers (n, K).

    `names` are those of the columns of both, None where they came as arrays.
    """

    exog: list[np.ndarray] | None = None
    static: np.ndarray | None = None
    names: tuple[Any, Any] = (None, None)

    @property
    def widths(self) -> tuple[int, int]:
        """How many inputs there are of each step and of each series."""
        return (
            0 if self.exog is None else self.exog[0].shape[1],
            0 if self.static is None else self.static.shape[1],
        )

    def joined(self, later: Known) -> Known:
        """Return what was known of the series, and then what is known of the steps to come."""
        if self.exog is None or later.exog is None:
            return self
        pairs = zip(self.exog, later.exog, strict=True)
        return Known([np.concatenate(pair) for pair in pairs], self.static, self.names)


def check_covariates(
    given: Covariates,
    X: Any,
    lengths: Any,
    *,
    steps: str,
    fitted: Any = None,
    before: SeriesForm | None = None,
) -> Known:
    """Return valid inputs beside `lengths` steps of each series; refuse others by name.

    Parameters
    ----------
    given : Covariates
        As users gave them.
    X : series or None
        What they go with, of which an index must agree; None: the future of series.
    lengths : sequence of int
        Steps that each series needs.
    steps : str
        Which steps these are, for errors.
    fitted : estimator or None
        Whose fit had how many inputs, by what names; None: this is the fit.
    before : SeriesForm or None
        The form of the series that the rows follow on, where X is None.
    """
    if before is not None:
        names, indexes = None if before.keys is None else before.keys[0], before.indexes
    else:
        names, indexes = keys_of(X), [None] * len(lengths)
    _check_series("exog", keys_of(given.exog), names)
    _check_series("static", _labels(given.static), names)
    found = Known(
        _exog(given.exog, X, lengths, steps, indexes),
        None if given.static is None else _static(given.static, len(lengths)),
        (_names(given.exog), _names(given.static)),
    )
    if fitted is None:
        return found
    widths = (fitted.n_exog_, fitted.n_static_ if X is not None else 0)
    each = zip(
        ("exog", "static"), widths, found.widths, fitted._known_names, found.names, strict=True
    )
    for name, width, here, known, names in each:
        if width and not here:
            raise ValueError(f"{name} is missing: the fit had {width} such inputs")
        if here and not width:
            raise ValueError(f"{name} must be None, since the fit had none")
        if here != width:
            raise ValueError(f"{name} has {here} columns, but the fit had {width}")
        if None not in (known, names) and names != known:
            raise ValueError(
                f"{name} has the columns {names}, but the fit had {known}: give them by these "
                f"names, in this order"
            )
    return found


def _check_series(name: str, here: list[Any] | None, there: list[Any] | None) -> None:
    """Refuse names of series that are not those of X."""
    if here is not None and there is not None and here != there:
        raise ValueError(
            f"{name} has the series {here[:4]}, but X has {there[:4]}: give them in the same order"
        )


def _labels(static: Any) -> list[Any] | None:
    """Return which series the rows of a frame belong to, where its index says it."""
    if not hasattr(static, "iloc") or hasattr(static.index, "step"):  # rows that are counted
        return None
    return [as_key(label) for label in static.index]


def _names(given: Any) -> list[Any] | None:
    """Return the names of the columns of what is given, where it has such."""
    if isinstance(given, list | tuple) and given:
        return _names(given[0])
    return list(given.columns) if hasattr(given, "columns") else None


def _exog(
    exog: Any, X: Any, lengths: Any, steps: str, before: Sequence[Any]
) -> list[np.ndarray] | None:
    if exog is None:
        return None
    parts = _parts(exog, len(lengths))
    series = _parts(X, len(lengths)) if X is not None else [None] * len(lengths)
    result: list[np.ndarray] = []
    for k, (part, one, length) in enumerate(zip(parts, series, lengths, strict=True)):
        name = "exog" if len(lengths) == 1 else f"exog[{k}]"
        array = _numbers(part, name)
        if len(array) != length:
            raise ValueError(f"{name} has {len(array)} rows, but there are {length} {steps}")
        if result and array.shape[1] != result[0].shape[1]:
            raise ValueError(
                f"{name} has {array.shape[1]} columns, but exog[0] has {result[0].shape[1]}"
            )
        same = hasattr(part, "iloc") and hasattr(one, "iloc") and hasattr(one.index, "asi8")
        if same and not part.index[: len(one)].equals(one.index):
            raise ValueError(f"{name} and its series do not have the same index")
        if same or before[k] is not None:
            check_follows(part, name, before[k])
        pair = (_names(part), _names(parts[0]))
        if None not in pair and pair[0] != pair[1]:
            raise ValueError(f"{name} has the columns {pair[0]}, but exog[0] has {pair[1]}")
        result.append(array)
    return result


def _parts(given: Any, n: int) -> list[Any]:
    """Return what belongs to each of n series."""
    if is_long(given):
        given = unstacked(given)
    shape = getattr(given, "shape", None)
    if isinstance(given, str) or not (hasattr(given, "__len__") or shape):
        raise ValueError(f"exog must be an array with a row for each step, got {given!r:.50}")
    many = len(given) > 0 and (is_list(given, tables=False) or len(shape or ()) == 3)
    if n == 1 and (not many or is_one(given) or _is_table(given)):
        return [given]
    if not many or len(given) != n:
        came = f"{len(given)} items" if many else "one table"
        raise ValueError(f"exog must hold an array for each of the {n} series, got {came}")
    return list(given)


def _is_table(given: Any) -> bool:
    """Whether nested lists are the rows of one table."""
    return isinstance(given, list | tuple) and np.ndim(given) == 2 and len(given) > 1


def _numbers(part: Any, name: str) -> np.ndarray:
    """Return one series' inputs as finite numbers (T, E)."""
    array = real_numbers(as_array(part, name), name).astype(float)
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or not array.shape[1]:
        raise ValueError(f"{name} must be an array (T, E) or (T,), got shape {array.shape}")
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        raise ValueError(
            f"{name} must be finite, got {array[tuple(bad[0])]} in row {bad[0][0]}, column "
            f"{bad[0][1]}: known inputs have no missing steps"
        )
    return array


def _static(static: Any, n: int) -> np.ndarray:
    array = real_numbers(as_array(static, "static"), "static").astype(float)
    if array.ndim == 1:
        array = array[None] if n == 1 else array[:, None]
    if array.ndim != 2 or len(array) != n or not array.shape[1]:
        raise ValueError(
            f"static must have a row of numbers for each of the {n} series, got shape "
            f"{np.shape(static)}"
        )
    if not np.isfinite(array).all():
        raise ValueError("static must be finite: it holds NaN or infinity")
    return array


def check_horizon(horizon: Any) -> int:
    """Return how many steps to forecast."""
    if not is_whole(horizon, 1):
        came = repr(horizon) if np.isscalar(horizon) else f"a {type(horizon).__name__}"
        raise ValueError(
            f"horizon must be a positive integer, got {came}; what to continue comes after it"
        )
    return int(horizon)
