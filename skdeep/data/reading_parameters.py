"""Parameters that say how samples are read, which stay as they are while training goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def reading_parameters(params: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return parameters of an estimator as plain values."""
    return {name: _plain(getattr(params, name, None)) for name in names}


def check_same_reading(before: Mapping[str, Any], params: Any) -> None:
    """Refuse to continue where samples would be read in another way than before.

    Raises
    ------
    ValueError
        If a parameter differs; it names the first.
    """
    here = reading_parameters(params, tuple(before))
    changed = next((name for name in before if here[name] != before[name]), None)
    if changed is not None:
        raise ValueError(
            f"training cannot continue: {changed} was set, so that X would be something else. Fit "
            "anew, with warm_start=False."
        )


def _plain(value: Any) -> Any:
    """Return whole numbers as a list, whatever holds them, and all else as it is."""
    if value is None or isinstance(value, str):
        return value
    return np.asarray(value).tolist()
