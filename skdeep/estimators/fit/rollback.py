"""A fit that fails leaves the estimator as it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
