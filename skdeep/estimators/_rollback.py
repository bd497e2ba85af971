"""A fit that fails leaves the estimator as it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

#: What belongs to a fit that goes on, not to the model.
TRANSIENT = ("_skl_callbacks", "_parent_callback_ctx", "_callback_fit_ctx")


@contextmanager
def unchanged_on_error(estimator: Any) -> Iterator[None]:
    """Restore the attributes of `estimator` if the block raises, whatever it raises."""
    before = attributes(estimator)
    try:
        yield
    except BaseException:
        restore(estimator, before)
        raise


def attributes(estimator: Any) -> dict[str, Any]:
    """Return what :func:`restore` sets back."""
    return {k: v for k, v in vars(estimator).items() if k not in TRANSIENT}


def restore(estimator: Any, before: Mapping[str, Any]) -> None:
    """Set the attributes back, except what belongs to the fit that goes on."""
    now = vars(estimator)
    kept = {k: v for k, v in now.items() if k in TRANSIENT or k.startswith("_skl_")}
    now.clear()
    now.update({**before, **kept})


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
