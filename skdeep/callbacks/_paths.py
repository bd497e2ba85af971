"""Paths that users give, and errors of the file system that say what was to be done."""

from __future__ import annotations

import os


def checked_path(path: str | os.PathLike[str], name: str) -> str:
    """Return a path as a string; refuse an empty one, and what is no path."""
    if not isinstance(path, str | bytes | os.PathLike):
        raise TypeError(f"{name} must be a str or path-like, got {path!r}")
    found = os.fsdecode(path)
    if not found:
        raise ValueError(f"{name} must not be empty")
    return found


def named(error: OSError, what: str, path: str) -> OSError:
    """Return an error of the same kind that says what was to be done."""
    return OSError(error.errno, f"{what}: {error.strerror or error}", path)
