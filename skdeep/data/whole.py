"""The test of what is a whole number."""

from __future__ import annotations

from numbers import Integral
from typing import Any


def is_whole(number: Any, least: int | None = None) -> bool:
    """Whether what was given is an integer, of `least` or more, and no truth value."""
    whole = isinstance(number, Integral) and not isinstance(number, bool)
    return whole and (least is None or int(number) >= least)
