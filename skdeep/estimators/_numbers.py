"""Checks of single numbers that users give."""

from numbers import Integral
from typing import Any


def is_whole(value: Any, least: int | None = None) -> bool:
    """Say whether a value is an integer, no truth value, and not below `least`."""
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    return whole and (least is None or int(value) >= least)
