"""Resuming a saved training: what a file must hold, whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np


class CheckpointError(ValueError):
    """A file is no whole checkpoint, or one of another fit."""


@contextmanager
def taking_up(what: str) -> Iterator[None]:
    """Make a :class:`CheckpointError` of whatever goes wrong with what `what` names."""
    try:
        yield
    except CheckpointError:
        raise
    except Exception as error:
        raise CheckpointError(
            f"{what} holds no checkpoint that can be used: {type(error).__name__}: {error}"
        ) from error


def rows_of(
    state: Mapping[str, Any], n: int, own: np.ndarray
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the training rows and the held-out rows, of `n`, that a saved state names.

    Chunks of series repeat as often as they do in the fit's own rows, `own`; others never.
    """
    with taking_up("the file"):
        held_out = state.get("held_out")
        rows = _indices(state["rows"], n)
        if _n_repeated(rows) != _n_repeated(own):
            raise ValueError("rows repeat, as those of a member of an ensemble with bootstrap=True")
        return rows, None if held_out is None else _indices(held_out, n)


def _n_repeated(rows: np.ndarray) -> int:
    return len(rows) - len(np.unique(rows))


def _indices(rows: Any, n: int) -> np.ndarray:
    found = np.asarray(rows)
    if found.ndim != 1 or found.dtype.kind not in "iu" or not len(found):
        raise ValueError("rows are no list of indices")
    if found.min() < 0 or found.max() >= n:
        raise ValueError(f"rows from {found.min()} to {found.max()}, of {n}")
    return found
