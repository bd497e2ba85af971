"""Checks of parameters as scikit-learn makes them, with errors that say what was meant."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import (
    Interval,
    InvalidParameterError,
    StrOptions,
    validate_parameter_constraints,
)

from skdeep.estimators._together import free_memory
from skdeep.estimators._wording import did_you_mean, shown
from skdeep.kernels.activations import ACTIVATIONS, activation_name
from skdeep.nn.params import Layout

#: The parameter of the widths of dense layers.
SIZES = "hidden_layer_sizes"
#: Bytes of which nobody needs to ask whether they are free.
SMALL = 2**28


class CheckedParameters(BaseEstimator):
    """An estimator whose parameters are checked here."""

    def _validate_params(self) -> None:
        check_parameters(self, self.get_params(deep=False))


def check_parameters(estimator: Any, params: Mapping[str, Any]) -> None:
    """Check some parameters of an estimator.

    Raises
    ------
    InvalidParameterError
        Naming the parameter, what was expected and what came, and what may have been meant.
    """
    kind = type(estimator)
    for name, value in params.items():
        check_parameter(name, value, estimator._parameter_constraints.get(name), kind)


def check_parameter(name: str, value: Any, constraints: Any, kind: type) -> None:
    """Check one parameter of a class by its constraints."""
    if constraints is None or constraints == "no_validation":
        return
    _refuse_truth(name, value, constraints, kind)
    try:
        validate_parameter_constraints({name: constraints}, {name: value}, kind.__name__)
    except InvalidParameterError as error:
        hint = _hint(name, value, constraints, kind)
        if not hint:
            raise
        raise InvalidParameterError(f"{error}{hint}") from None


def _refuse_truth(name: str, value: Any, constraints: Any, kind: type) -> None:
    """Refuse True and False, which Python counts as 1 and 0, for a count."""
    if not isinstance(value, bool) or any(isinstance(rule, str) for rule in constraints):
        return
    if any(isinstance(rule, Interval) and rule.type is Integral for rule in constraints):
        raise InvalidParameterError(
            f"The {name!r} parameter of {kind.__name__} must be a number, not a truth value. Got "
            f"{value} instead."
        )


def _hint(name: str, value: Any, constraints: Any, kind: type) -> str:
    """Return what may have been meant by a value that is refused."""
    names: set[Any] = set()
    for rule in constraints:
        if isinstance(rule, StrOptions):
            names |= rule.options
    order = list(signature(kind).parameters)
    if order[0] == name != SIZES and SIZES in order and _are_sizes(value):
        return (
            f" The first parameter of {kind.__name__} is {name!r}; widths of hidden layers are "
            f"given by name: {SIZES}={value!r}."
        )
    return did_you_mean(value, names)


def _are_sizes(value: Any) -> bool:
    several = isinstance(value, list | tuple | np.ndarray) and not is_single(value)
    many = list(value) if several else [value]
    return bool(many) and all(isinstance(v, Integral) and not isinstance(v, bool) for v in many)


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
    for size in sizes:
        if isinstance(size, bool | np.bool_) or not isinstance(size, Integral):
            raise ValueError(f"{name} must be integers, got {sizes}.")
    if any(size <= 0 for size in sizes):
        raise ValueError(f"{name} must be > 0, got {sizes}.")
    return [int(size) for size in sizes]


def check_activation(name: str, value: Any, more: tuple[str, ...] = ()) -> None:
    """Refuse what is no activation, nor one of `more`."""
    known = {*ACTIVATIONS, *more}
    if not isinstance(value, str) or activation_name(value) not in known:
        raise ValueError(
            f"{name} must be among {sorted(known)}, got {value!r}.{did_you_mean(value, known)}"
        )


def check_seed(random_state: Any) -> np.random.RandomState:
    """Return the generator of a ``random_state`` that a method is given.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        return check_random_state(random_state)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "random_state must be an integer from 0 to 2**32 - 1, a RandomState instance or None, "
            f"got {random_state!r}"
        ) from error


def check_memory(what: str, numbers: int, dtype: Any, advice: str) -> None:
    """Refuse arrays that the memory of this machine does not hold, before it is asked for.

    Parameters
    ----------
    what : str
        What there is so much of, as the beginning of the error.
    numbers : int
        Elements of the arrays.
    dtype : dtype
        What they are to be held in.
    advice : str
        What to do instead, as the end of the error.
    """
    total = numbers * np.dtype(dtype).itemsize
    if total >= SMALL and total > 2 * free_memory():
        size = f"{total / 2**30:,.1f} GiB"
        raise ValueError(f"{what} would take {size}, more memory than is free: {advice}")


def check_model_size(layout: Layout, dtype: Any) -> None:
    """Refuse models that the memory of this machine does not hold."""
    largest = max(layout.slots.values(), key=lambda slot: slot.stop - slot.start)
    advice = (
        f"the largest of its parameters, {largest.name!r}, has shape {largest.param.shape}. Take "
        "smaller layers or kernels, or fewer features"
    )
    check_memory("the model", layout.size, dtype, advice)
