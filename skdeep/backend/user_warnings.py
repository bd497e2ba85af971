"""Warnings that name the line of the user's code that led to them."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType

#: Where warnings go that another thread is to give; None: they are given at once.
_COLLECTED: ContextVar[list[Warning] | None] = ContextVar("collected", default=None)

#: Whose frames may lie between a user's call and the line that warns: never blamed.
_BETWEEN = (
    "skdeep",
    "sklearn",
    "joblib",
    "concurrent.futures",
    "contextlib",
    "functools",
    "multiprocessing",
    "pickle",
    "threading",
)


def warn(message: str | Warning, category: type[Warning] = UserWarning) -> None:
    """Warn of what the user did, at the line of the user's code that is being executed.

    That is the first line up the stack outside of skdeep, scikit-learn and joblib, however many
    of their frames lie between. Where there is none, as in a worker process or in a thread that
    runs ``fit`` itself, it is the line of skdeep that warns.

    Parameters
    ----------
    message : str or Warning
        What to say; a warning has its kind.
    category : type of Warning, default=UserWarning
        The kind of warning.
    """
    held = _COLLECTED.get()
    if held is not None:
        held.append(message if isinstance(message, Warning) else category(message))
        return
    warnings.warn(message, category, stacklevel=1 + _user_level(sys._getframe(1)))


@contextmanager
def collected(into: list[Warning]) -> Iterator[None]:
    """Keep warnings of this thread in a list, for the thread of the user's code to give them."""
    token = _COLLECTED.set(into)
    try:
        yield
    finally:
        _COLLECTED.reset(token)


def give(kept: Iterable[Warning]) -> None:
    """Warn of what :func:`collected` kept, in order."""
    held = _COLLECTED.get()
    if held is not None:
        held.extend(kept)
        return
    level = 1 + _user_level(sys._getframe(1))
    for warning in kept:
        warnings.warn(warning, stacklevel=level)


def _user_level(frame: FrameType | None) -> int:
    """Return how many frames up from `frame`, which counts as 1, the user's code lies."""
    between = _places()
    level = 1
    while frame is not None:
        if not frame.f_code.co_filename.startswith(between):
            return level
        frame, level = frame.f_back, level + 1
    return 1


def _places() -> tuple[str, ...]:
    """Return how the file names of the modules in :data:`_BETWEEN` begin.

    Files tell more than the names of modules: a doctest has the name of the module whose
    docstring it is, and a user's folder may be called as a package is.
    """
    # Frozen modules (runpy, importlib) start and import what the user wrote.
    places = ["<frozen "]
    for name in _BETWEEN:
        file = getattr(sys.modules.get(name), "__file__", None)
        if file is not None:
            folder, base = os.path.split(file)
            places.append(folder + os.sep if base.startswith("__init__.") else file)
    return tuple(places)
