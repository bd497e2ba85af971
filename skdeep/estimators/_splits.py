"""Validation rows that ``validation_split`` chooses."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.model_selection import check_cv

from skdeep.estimators._wording import shown


def first_split(
    split: Any, n: int, y: Any, groups: Any, *, classifier: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of training and of validation rows, of `n`, in the first split.

    Raises
    ------
    ValueError
        If there is none, or its rows are not among those there are.
    """
    said = f"validation_split={shown(split)}"
    try:
        pairs = iter(check_cv(split, y, classifier=classifier).split(np.empty((n, 1)), y, groups))
        pair = next(pairs, None)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{said}: {error}") from error
    if pair is None:
        raise ValueError(f"{said} has no split: one pair (training rows, validation rows) is used")
    try:
        train, held_out = pair
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{said}: a split must be a pair (training rows, validation rows), got {shown(pair)}"
        ) from error
    found = _rows(train, n, f"{said}: its training rows")
    if not len(found):
        raise ValueError(f"{said}: its first split leaves no rows to train on")
    return found, _rows(held_out, n, f"{said}: its validation rows")


def _rows(chosen: Any, n: int, said: str) -> np.ndarray:
    """Return indices; masks and negative numbers become such."""
    if not isinstance(chosen, slice):
        chosen = np.asarray(chosen, None if np.size(chosen) else int)
    try:
        rows: np.ndarray = np.arange(n)[chosen]
    except IndexError as error:
        raise ValueError(f"{said} must be among {n}, by index or as a mask: {error}") from error
    if rows.ndim != 1:
        raise ValueError(f"{said} must be a list of indices, got {shown(chosen)}")
    return rows
