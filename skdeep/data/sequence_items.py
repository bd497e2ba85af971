"""Checks of sequences one by one, as a list or an array of objects holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from numbers import Number
from typing import Any, Literal

import numpy as np

from skdeep.backend import compute, is_device_array, validate_device_array
from skdeep.data._compat import is_pandas_na
from skdeep.data.cells import is_sequence, unnested
from skdeep.data.columns import columns_named, has_masked, holds_times, is_frame
from skdeep.data.table import FLOATS
from skdeep.train.sequences.sequences import Sequences

ENCODE = "encode text with skdeep.SequenceEncoder first"
MASK = ". Where numbers are missing, set missing='mask'"
PADDED = "Where NaN only fills up shorter sequences, give a list of arrays, each of its own length."
FORMS = "sequences are an array (n, T, F) or (n, T), or a list of arrays (T_i, F) or (T_i,)"


def is_list(X: Any, *, tables: bool = True) -> bool:
    """Whether X is a list, an array or a series of objects that are sequences themselves.

    With `tables`, nested lists of numbers that make a table are one, as everywhere in scikit-learn;
    but a list of arrays is a list of sequences also where their lengths happen to agree.
    """
    if holds_objects(X):
        return not len(X) or any(map(is_sequence, np.asarray(X)))
    if not isinstance(X, list | tuple):
        return False
    check_some(X)
    if not any(map(is_sequence, X)):
        return False
    rows = tables and all(isinstance(item, list | tuple) for item in X)
    if not rows or any(is_sequence(step) for item in X for step in item[:1]):
        return True
    return len({len(item) for item in X}) > 1


def check_some(X: Any) -> None:
    """Refuse what is empty."""
    if not len(X):
        raise ValueError("X is empty: found array with 0 sample(s), a minimum of 1 is required.")


def holds_objects(X: Any) -> bool:
    """Whether X is an array or a series of objects."""
    if len(getattr(X, "shape", ())) != 1:
        return False
    # Types of columns that are not NumPy's, as those of polars, need not say their kind.
    dtype = X.dtype if hasattr(X.dtype, "kind") else np.asarray(X).dtype
    return bool(dtype.kind == "O")


def check_listed(X: Any) -> None:
    """Refuse what is no array, and lists of what are no sequences."""
    if isinstance(X, list | tuple):
        if not any(map(is_sequence, X)):
            raise ValueError(f"X[0] is {_shown(X[0])}, no sequence: {FORMS}")
    elif not any(hasattr(X, name) for name in ("shape", "__array__", "__array_interface__")):
        raise ValueError(f"X is {_shown(X)}: {FORMS}")


def _shown(value: Any) -> str:
    """Return a number or None as it is written, and the type of anything else."""
    if value is None or isinstance(value, str | Number):
        return repr(value)[:50]
    return f"of type {type(value).__name__}"


def of_items(X: Any, check: Callable[[Any, str], Any]) -> Sequences:
    """Validate a list of sequences, one by one by `check`, and put them one after the other."""
    check_some(X)
    items = [check(item, f"X[{k}]") for k, item in enumerate(X)]
    device = is_device_array(items[0])
    for k, item in enumerate(items):
        if item.shape[1:] != items[0].shape[1:]:
            raise ValueError(
                f"X[{k}] has {item.shape[1]} features, but X[0] has {items[0].shape[1]}: sequences "
                "may differ in their length alone"
            )
        if is_device_array(item) != device:
            raise ValueError(f"X[{k}] does not lie where X[0] does: move all to one place")
    lengths = [item.shape[0] for item in items]
    return Sequences(compute(lambda xp, *parts: xp.concatenate(parts), *items), lengths)


def number_items(X: Any, *, missing: Literal["series", "steps"] | None = None) -> Sequences:
    """Validate a list of sequences of numbers."""
    found = of_items(X, _float_item)
    if is_device_array(found.steps):
        return found
    if found.steps.dtype not in FLOATS:
        found.steps = found.steps.astype(np.float64)
    return finite(found, missing=missing)


def _float_item(item: Any, name: str) -> Any:
    """Return one sequence as an array (T, F) of numbers."""
    if is_device_array(item):
        item = validate_device_array(item, name, ndim=(1, 2))
    else:
        item = item if is_frame(item) else as_array(item, name)
        table = item if is_frame(item) or (item.ndim == 2 and item.dtype == object) else ()
        with columns_named(table, "this network"):
            item = as_array(item, name)
            check_item_shape(item, name, (1, 2), "(T, F) or (T,)")
            item = real_numbers(item, name)
    return item if len(item.shape) == 2 else item.reshape(len(item), 1)


def check_item_shape(item: Any, name: str, allowed: tuple[int, ...], form: str) -> None:
    """Refuse a sequence with other axes than those `allowed`, or without steps."""
    if item.ndim not in allowed:
        came = f"shape {item.shape}" if item.ndim else _shown(item.item())
        raise ValueError(f"{name} must be an array {form}, got {came}")
    if not item.shape[0]:
        raise ValueError(f"{name} has length zero: every sequence needs a step")
    if 0 in item.shape:
        raise ValueError(f"{name} has shape {item.shape}: every step needs a feature")


def as_array(item: Any, name: str) -> np.ndarray:
    """Return one sequence as an array; refuse strings, sparse matrices and ragged lists."""
    if isinstance(item, str | bytes):
        raise ValueError(f"{name} is a string, {item[:20]!r}: {ENCODE}")
    if hasattr(item, "tocsr"):
        raise TypeError(f"{name} is sparse, but dense sequences are required")
    refuse_masked(item, name)
    try:
        return unnested(np.asarray(item))
    except ValueError as error:  # NumPy refuses ragged lists
        raise ValueError(
            f"{name} is ragged: the steps of a sequence must have equally many features"
        ) from error


def refuse_masked(item: Any, name: str) -> None:
    """Refuse masked cells, whose values mean nothing."""
    if has_masked(item):
        raise ValueError(
            f"{name} contains masked cells: fill them, with .filled(...); NaN where missing steps "
            "may be"
        )


def real_numbers(array: np.ndarray, name: str) -> np.ndarray:
    """Return real numbers; float32 and float64 stay as they are."""
    if array.dtype.kind in "US":
        raise ValueError(f"{name} holds strings: {ENCODE}")
    if array.dtype.kind == "O":
        if any(isinstance(value, str | bytes) for value in array.ravel()[:1]):
            raise ValueError(f"{name} holds strings: {ENCODE}")
        if holds_times(array):
            raise ValueError(f"{name} must hold real numbers, got dates or times")
        gone = np.frompyfunc(is_pandas_na, 1, 1)(array).astype(bool)
        try:
            array = np.where(gone, np.nan, array).astype(np.float64)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{name} must hold real numbers: {error}") from error
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {name} must hold real numbers")
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers, got dtype {array.dtype}")
    return array if array.dtype in FLOATS else array.astype(np.float64)


def finite(found: Sequences, *, missing: Literal["series", "steps"] | None = None) -> Sequences:
    """Refuse NaN and infinity, and name the sample.

    NaN may be, where it is not all there is of a channel ("series") or of a sequence ("steps",
    which is found later).
    """
    fine = np.isfinite(found.steps)
    if missing and not fine.all():
        fine |= np.isnan(found.steps)
        for k, one in enumerate(found if missing == "series" else ()):
            empty = np.flatnonzero(np.isnan(one).all(axis=0))
            if len(empty):
                raise ValueError(
                    f"X[{k}] has nothing but NaN in channel {empty[0]}: every series needs steps"
                )
    if not fine.all():
        step, channel = np.argwhere(~fine)[0]
        sample = found.sample_of(step)
        kind = "NaN" if np.isnan(found.steps[step, channel]) else "infinity"
        raise ValueError(
            f"Input X contains {kind}: in X[{sample}], step {step - found.starts[sample]}, "
            f"feature {channel}"
        )
    return found


@contextmanager
def told_of_padding() -> Iterator[None]:
    """Say in errors of NaN that sequences need no padding."""
    try:
        yield
    except ValueError as error:
        if "contains NaN" not in str(error):
            raise
        raise ValueError(f"{str(error).rstrip('.')}. {PADDED.rstrip('.')}") from error


@contextmanager
def told_of_missing(estimator: Any) -> Iterator[None]:
    """Say in errors of NaN what an estimator does about missing numbers."""
    try:
        yield
    except ValueError as error:
        if "contains NaN" not in str(error):
            raise
        how = MASK
        if not hasattr(estimator, "missing"):
            name = type(estimator).__name__
            how = f". {name} takes no missing numbers: fill them, or leave those sequences out"
        raise ValueError(f"{str(error).rstrip('.')}{how}") from error
