"""A fit that fails leaves the estimator as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

#: What belongs to a fit that goes on, not to the model.
TRANSIENT = ("_skl_callbacks", "_parent_callback_ctx", "_callback_fit_ctx")


@contextmanager
def unchanged_on_error(estimator: Any) -> Iterator[None]:
    """Restore the attributes of `estimator` if the block raises, whatever it raises."""
    before = {k: v for k, v in estimator.__dict__.items() if k not in TRANSIENT}
    try:
        yield
    except BaseException:
        now = estimator.__dict__
        kept = {k: v for k, v in now.items() if k in TRANSIENT or k.startswith("_skl_")}
        now.clear()
        now.update(before | kept)
        raise
