"""The attributes of an estimator: set back after a fit that failed, and changed in a copy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_CONTEXTS = ("_parent_callback_ctx", "_callback_fit_ctx")
#: What scikit-learn's callbacks have set, which a fit that failed leaves as it is.
TRANSIENT = ("_skl_callbacks", *_CONTEXTS)
#: What belongs to a fit that goes on, not to the model: no copy and no pickle has it.
OF_A_FIT = ("_reporter", "_skl_callbacks_to_teardown", *_CONTEXTS)


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


def copy_with(estimator: Any, changes: Mapping[str, Any]) -> Any:
    """Return a copy of an estimator with other attributes; it may run after every epoch.

    Unlike one by :mod:`copy`, it makes no predictor, and moves no parts, of a model before.
    """
    copied = object.__new__(type(estimator))
    kept = {k: v for k, v in vars(estimator).items() if k not in OF_A_FIT}
    vars(copied).update({**kept, **changes})
    return copied
