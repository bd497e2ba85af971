"""Parameters that are one value or several: their entries, and those of each layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from skdeep.data.naming import shown
from skdeep.data.whole import is_whole
from skdeep.estimators.checks.wording import did_you_mean
from skdeep.kernels.activations import ACTIVATIONS, activation_name


def is_single(value: Any) -> bool:
    """Whether a parameter is one value, not several; NumPy has arrays that are one."""
    if isinstance(value, np.ndarray):
        return not value.ndim
    return isinstance(value, str | bytes) or not hasattr(value, "__iter__")


def entries_of(name: str, value: Any) -> list[Any]:
    """Return the entries of a parameter that is one value or several in order.

    Raises
    ------
    ValueError
        For what has entries in no order, or only once.
    """
    if is_single(value):
        return [value.item() if isinstance(value, np.ndarray) else value]
    if isinstance(value, Mapping | set | frozenset) or not hasattr(value, "__len__"):
        raise ValueError(
            f"{name} must be one value, a list, a tuple or an array, got {shown(value)}"
        )
    return list(value)


def widths_of(name: str, value: Any) -> list[int]:
    """Return the widths of layers; refuse what are no positive whole numbers."""
    sizes = entries_of(name, value)
    if not all(map(is_whole, sizes)):
        raise ValueError(f"{name} must be integers, got {sizes}.")
    if any(size <= 0 for size in sizes):
        raise ValueError(f"{name} must be > 0, got {sizes}.")
    return [int(size) for size in sizes]


def check_activation(name: str, value: Any, more: tuple[str, ...] = ()) -> None:
    """Refuse what is no activation, nor one of `more`."""
    known = {*ACTIVATIONS, *more}
    if not isinstance(value, str) or value not in known:
        raise ValueError(
            f"{name} must be among {sorted(known)}, got {value!r}.{did_you_mean(value, known)}"
        )


def per_layer(
    name: str, value: Any, n: int, layers: str = "hidden layers", one: str = "hidden layer"
) -> list[Any]:
    """Return a parameter's value for each of `n` layers, of which there is one or one each."""
    values = entries_of(name, value)
    if is_single(value):
        return values * n
    if len(values) != n:
        raise ValueError(
            f"{name} has {len(values)} entries for {n} {layers}: give one value, or one per {one}"
        )
    return values


def registered(value: Any) -> Any:
    """Return the activations of a parameter by the names under which they are registered."""
    if isinstance(value, list | tuple):
        return list(map(activation_name, value))
    return activation_name(value)
