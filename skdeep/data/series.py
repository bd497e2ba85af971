"""One or many series of numbers: the forms in which they come, and their standardisation."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.data.cells import listed
from skdeep.data.sequence_items import is_list
from skdeep.train.sequences.sequences import Sequences

TOO_LARGE = "Input X contains a value too large to standardise: its square is infinite"


def as_list(X: Any) -> Any:
    """Return one series (T,) or (T, F) as a list of one; anything else as it is."""
    X = listed(X)
    if is_list(X, tables=False):
        return X
    if isinstance(X, list | tuple) or hasattr(X, "__array__"):
        X = X if hasattr(X, "shape") else np.asarray(X)
    return [X] if len(getattr(X, "shape", ())) in (1, 2) else X


def is_one(X: Any) -> bool:
    """Whether X is one series, whose rows are steps."""
    return not is_list(listed(X), tables=False) and _n_axes(X) in (1, 2)


def form_of(X: Any) -> str:
    """Return "one", "many" or "array", and whether channels are left out ("flat")."""
    X = listed(X)
    if is_list(X, tables=False):
        return "many" if _n_axes(next(iter(X))) > 1 else "many flat"
    return {1: "one flat", 2: "one", 3: "array"}[_n_axes(X)]


def _n_axes(X: Any) -> int:
    return len(X.shape) if hasattr(X, "shape") else np.ndim(X)


def in_form(parts: list[np.ndarray], form: str) -> Any:
    """Return an array (T, F) for each series in the form in which the series came."""
    if form.endswith("flat"):
        parts = [part[:, 0] for part in parts]
    if form.startswith("one"):
        return parts[0]
    return np.stack(parts) if form == "array" else parts


def moments(steps: np.ndarray, name: str = "X") -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of channels; 1 of those that are constant."""
    steps = np.asarray(steps, float)
    with np.errstate(over="ignore", invalid="ignore"):
        mean, scale = steps.mean(axis=0), steps.std(axis=0)
    if not np.isfinite(mean + scale).all():
        raise ValueError(TOO_LARGE.replace("Input X", f"Input {name}"))
    # The mean of equal numbers is rounded, so that they seem to vary about it.
    rounding = len(steps) * np.finfo(float).eps * np.abs(mean)
    return mean, np.where(scale > rounding, scale, 1.0)


def standardised(X: Sequences, mean: np.ndarray, scale: np.ndarray) -> Sequences:
    """Return series on the host with the mean and scale (n, F) of each taken out, as a copy."""
    shifts, factors = (np.repeat(each, X.lengths, axis=0) for each in (mean, scale))
    with np.errstate(over="ignore"):
        steps = ((np.concatenate(list(X)) - shifts) / factors).astype(X.dtype)
    if not np.isfinite(steps).all():
        raise ValueError(TOO_LARGE)
    return Sequences(steps, X.lengths)


def in_units(each: Any, mean: np.ndarray, scale: np.ndarray) -> list[np.ndarray]:
    """Return standardised series in their own units, in the dtype that they have."""
    triples = zip(each, mean, scale, strict=True)
    return [(one * s + m).astype(one.dtype) for one, m, s in triples]
