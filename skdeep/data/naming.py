"""Words in errors for a value: how it looks, and which argument it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

#: How NumPy and pandas say that they cannot make numbers of something, without saying of what.
_NO_NUMBERS = ("could not convert", "setting an array element", "argument must be a string")


def shown(value: Any) -> str:
    """Return a value as one short line."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else f"{text[:77]}..."


@contextmanager
def naming(**arrays: Any) -> Iterator[None]:
    """Say in errors of conversion which of some arguments, by name, is not what it must be."""
    try:
        yield
    except (TypeError, ValueError) as error:
        said = str(error)
        if said.startswith("Expected unique column names"):
            raise ValueError(f"X must have columns of different names: {said}") from error
        if not said.startswith(_NO_NUMBERS[:-1]) and _NO_NUMBERS[-1] not in said:
            raise
        name = next((name for name, array in arrays.items() if not _converts(array)), "X")
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{name} must be an array of real numbers: {error}") from error


def _converts(array: Any) -> bool:
    try:
        np.asarray(array, float)
    except (TypeError, ValueError):
        return hasattr(array, "tocsr")
    return True
