"""Checks of what changes of images are made with."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import numpy as np


def check_number(owner: Any, said: str, holds: Callable[[float], bool], **numbers: Any) -> None:
    """Set numbers as floats; refuse what are none for which something holds, as `said` puts it."""
    for name, number in numbers.items():
        if not (_is_number(number) and holds(float(number))):
            raise ValueError(f"{name} of {type(owner).__name__} must be {said}, got {number!r}")
        object.__setattr__(owner, name, float(number))


def check_choice(owner: Any, choices: tuple[Any, ...], **values: Any) -> None:
    """Refuse what is none of some values."""
    for name, value in values.items():
        if not any(value is choice or value == choice for choice in choices if _plain(value)):
            raise ValueError(
                f"{name} of {type(owner).__name__} must be among {list(choices)}, got {value!r}"
            )


def _is_number(value: Any) -> bool:
    real = isinstance(value, Real) and not isinstance(value, bool)
    return real and bool(np.isfinite(float(value)))


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, str)


def whole_numbers(owner: Any, name: str, value: Any, least: int = 0) -> tuple[int, ...]:
    """Return whole numbers as a tuple; refuse anything else."""
    items = value.tolist() if hasattr(value, "tolist") else value
    items = list(items) if isinstance(items, list | tuple | range) else [items]
    for item in items:
        whole = isinstance(item, Integral) and not isinstance(item, bool)
        if not (whole and item >= least):
            raise ValueError(
                f"{name} of {type(owner).__name__} must be made of integers >= {least}, got "
                f"{value!r}"
            )
    return tuple(map(int, items))


def amounts(owner: Any, name: str, value: Any) -> tuple[float, float]:
    """Return the smallest and the largest factor: of an amount around one, or of a pair."""
    kind = type(owner).__name__
    pair = list(value) if isinstance(value, list | tuple | np.ndarray) else [value]
    numbers = all(map(_is_number, pair))
    if numbers and len(pair) == 1 and 0 <= pair[0] < 1:
        return 1 - float(pair[0]), 1 + float(pair[0])
    if numbers and len(pair) == 2 and 0 < pair[0] <= pair[1]:
        return float(pair[0]), float(pair[1])
    raise ValueError(
        f"{name} of {kind} must be in [0, 1), for factors that far from 1, or a pair (low, high) "
        f"of factors > 0, got {value!r}"
    )
