"""Checks of what layers are made with, each in words that name the layer and the field."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from numbers import Real
from typing import Any

from skdeep.nn.core.layer import Layer, is_count
from skdeep.nn.core.spec import Shape


def check_numbers(layer: Layer, said: str, holds: Callable[[Any], bool], **numbers: Any) -> None:
    """Refuse what are no numbers for which something holds, as `said` puts it."""
    for name, number in numbers.items():
        if not (_is_real(number) and holds(number)):
            raise ValueError(f"the {name} of {type(layer).__name__} must be {said}, got {number!r}")


def by_model(
    layer: Layer, said: str, holds: Callable[[Any], bool], **numbers: Any
) -> float | tuple[float, ...]:
    """Return a number for all models, or a tuple with one for each of a stack."""
    ((name, given),) = numbers.items()
    given = given.tolist() if hasattr(given, "tolist") else given
    each = given if isinstance(given, list | tuple) else [given]
    for number in each:
        if not (_is_real(number) and holds(number)):
            raise ValueError(f"the {name} of {type(layer).__name__} must be {said}, got {given!r}")
    return tuple(map(float, each)) if each is given else float(given)


def check_shape(layer: Layer, shape: Any) -> Shape:
    """Return the shape of a row; refuse what is none."""
    if not isinstance(shape, list | tuple) or not shape or not all(map(is_count, shape)):
        raise ValueError(
            f"the shape of {type(layer).__name__} must be a tuple of positive integers, "
            f"got {shape!r}"
        )
    return tuple(shape)


def check_layers(layer: Layer, layers: Any, what: str) -> tuple[Layer, ...]:
    """Return layers within another; refuse what are none."""
    name = type(layer).__name__
    listed = isinstance(layers, Sequence) and all(isinstance(inner, Layer) for inner in layers)
    if not listed:
        raise ValueError(f"{name} needs a list of layers, got {layers!r}")
    if not layers:
        raise ValueError(f"{name} needs at least one {what}")
    return tuple(layers)


def is_one_of(value: Any, names: Collection[str]) -> bool:
    """Whether something is one of some names; arrays are not compared with them."""
    return isinstance(value, str) and value in names


def _is_real(number: Any) -> bool:
    return isinstance(number, Real) and not isinstance(number, bool)
