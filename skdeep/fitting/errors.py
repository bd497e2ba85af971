"""Errors that are kept until somebody asks, and let go of when they are raised."""

from __future__ import annotations

from collections.abc import Sequence


class KeepsError:
    """Mixin for what keeps an `error` until somebody wants it raised."""

    error: BaseException | None

    def raise_error(self) -> None:
        """Raise the error, if there is one, and let go of it.

        Its traceback leads to all that was in work, and back to who keeps the error: these would
        hold each other, and the buffers of a training, until they are collected.
        """
        error, self.error = self.error, None
        try:
            if error is not None:
                raise error
        finally:
            del error


def first_error(kept: Sequence[KeepsError]) -> BaseException | None:
    """Return the first error of several, of which none keeps its own any more."""
    errors = [one.error for one in kept if one.error is not None]
    for one in kept:
        one.error = None
    return errors[0] if errors else None


def raise_first_error(kept: Sequence[KeepsError]) -> None:
    """Raise the first error of several, if there is one, and let go of all."""
    for one in kept[:1]:
        one.error = first_error(kept)
        one.raise_error()
