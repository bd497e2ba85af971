"""Sequences in long frames of pandas: a row for each step, by an index of samples and steps."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from skdeep.data.cells import listed
from skdeep.data.columns import columns_named
from skdeep.data.sequence_items import real_numbers
from skdeep.data.series_frames import is_long
from skdeep.train.sequences.sequences import Sequences


class LongOrder(NamedTuple):
    """Where the steps of each sample stand in a long frame.

    Attributes
    ----------
    rows : ndarray of shape (n_rows,)
        Rows of the frame, those of the first sample first.
    lengths : ndarray of shape (n_samples,)
        How many steps each sample has.
    keys : Index
        What the samples are called, in the order of their first rows.
    """

    rows: np.ndarray
    lengths: np.ndarray
    keys: Any


def order_of(X: Any, name: str = "X") -> LongOrder:
    """Return the order of a long frame or series.

    The last level of the index is the step, all others say which sample a row belongs to.

    Raises
    ------
    ValueError
        If there are no rows, the index says no step, a label is missing, or steps of a sample are
        not in order or twice.
    """
    import pandas as pd

    if not len(X):
        raise ValueError(
            f"{name} is empty: found array with 0 sample(s), a minimum of 1 is required."
        )
    index = X.index
    if index.nlevels < 2:
        raise ValueError(
            f"the index of {name} has one level: a long frame has the sample and the step of each "
            "row. A table has a plain index, as reset_index(drop=True) gives it"
        )
    gone = np.any([np.asarray(codes) < 0 for codes in index.codes], axis=0)
    if gone.any():
        raise ValueError(f"the index of {name} is missing in row {int(np.argmax(gone))}")
    if index.has_duplicates:
        sample, step = _named(index[index.duplicated()][0])
        raise ValueError(f"{name} has step {step} of sample {sample} twice")
    sample, keys = pd.factorize(index.droplevel(-1))
    rows = np.argsort(sample, kind="stable")
    step, _ = pd.factorize(index.get_level_values(-1), sort=True)
    back = (np.diff(step[rows]) < 0) & (np.diff(sample[rows]) == 0)
    if back.any():
        at = int(np.argmax(back))
        (key, before), (_, after) = (_named(index[row]) for row in rows[at : at + 2])
        raise ValueError(
            f"the steps of sample {key} in {name} are not in order: {before} is followed by "
            f"{after}. Sort them, as by sort_index()"
        )
    return LongOrder(rows, np.bincount(sample), keys)


def _named(label: tuple[Any, ...]) -> tuple[str, str]:
    """Write the sample and the step of a row as Python writes them."""
    *sample, step = (part.item() if isinstance(part, np.generic) else part for part in label)
    return repr(sample[0] if len(sample) == 1 else tuple(sample)), repr(step)


def long_sequences(X: Any) -> Sequences:
    """Return the sequences of a long frame, in the order of their first rows; NaN may be there."""
    order = order_of(X)
    table = X if X.ndim == 2 else ()
    with columns_named(table, "this network"):
        steps = real_numbers(X.to_numpy(), "X").reshape(len(X), -1)
    if not steps.shape[1]:
        raise ValueError("Found array with 0 feature(s) while a minimum of 1 is required: X")
    return Sequences(np.ascontiguousarray(steps[order.rows]), order.lengths)


def lengths_of(X: Any) -> np.ndarray:
    """Return how many steps sequences have, in whatever form they are."""
    if is_long(X):
        return order_of(X).lengths
    X = listed(X)
    if len(getattr(X, "shape", ())) > 1:
        return np.full(X.shape[0], X.shape[1])
    return np.array([len(x) for x in X])


def long_items(X: Any) -> list[np.ndarray]:
    """Return the values of each sample of a long frame or series."""
    order = order_of(X)
    return np.split(X.to_numpy()[order.rows], np.cumsum(order.lengths)[:-1])


def as_long(X: Any, steps: np.ndarray) -> Any:
    """Return steps, one sample after the other, in the form of a long frame."""
    result = np.empty_like(steps)
    result[order_of(X).rows] = steps
    if X.ndim == 1:
        return type(X)(result[:, 0], X.index, name=X.name)
    return type(X)(result, X.index, columns=X.columns)


def beside_samples(X: Any, values: Any, name: str) -> Any:
    """Return what goes with the samples of a long frame, such as y, in their order there.

    What has an index is found by it. All else is in the order of the samples' first rows.

    Raises
    ------
    ValueError
        If the index does not name each sample once.
    """
    if not is_long(X) or not hasattr(values, "iloc"):
        return values
    keys, index = order_of(X).keys, values.index
    if index.has_duplicates:
        raise ValueError(f"{name} has sample {index[index.duplicated()][0]!r} twice in its index")
    for these, others, what in (
        (keys, index, f"{name} has no entry for sample"),
        (index, keys, "X has no steps of sample"),
    ):
        lacks = ~these.isin(others)
        if lacks.any():
            raise ValueError(
                f"{what} {these[int(np.argmax(lacks))]!r}: the index of {name} must name the "
                f"samples of X. Where {name} is in the order of their first rows, give it without "
                "an index, as .to_numpy()"
            )
    return values.loc[keys]


def labels_beside(X: Any, y: Any) -> Any:
    """Return labels of the steps of a long frame by sample, where they have its index."""
    if not is_long(X) or not is_long(y):
        return y
    if not y.index.equals(X.index):
        raise ValueError("y must have the index of X, row by row: y.reindex(X.index) has it")
    return long_items(y)
