"""Parameters that say how samples are read, which stay as they are while training goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def reading_parameters(params: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return parameters of an estimator as plain values."""
    return {name: _plain(getattr(params, name, None)) for name in names}


def check_same_reading(
    before: Mapping[str, Any], here: Mapping[str, Any], learned: Mapping[str, Any] | None = None
) -> None:
    """Refuse to continue where samples would be read in another way than before.

    Parameters
    ----------
    before, here : mapping
        Parameters of the first fit and of now, as :func:`reading_parameters` returns them.
    learned : mapping, optional
        What the first fit has found for parameters; these may say so now.

    Raises
    ------
    ValueError
        If a parameter differs; it names the first.
    """
    same = {name: [value] for name, value in before.items()}
    for name, value in (learned or {}).items():
        same[name].append(value)
    changed = next((name for name, values in same.items() if here[name] not in values), None)
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
