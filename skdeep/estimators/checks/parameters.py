"""Checks of parameters as scikit-learn makes them, with errors that say what was meant."""

from __future__ import annotations

from inspect import signature
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skdeep.data._compat import (
    Interval,
    InvalidParameterError,
    StrOptions,
    validate_parameter_constraints,
)
from skdeep.data.whole import is_whole
from skdeep.estimators.checks.values import is_single
from skdeep.estimators.checks.wording import did_you_mean
from skdeep.estimators.parameters import parameters_of
from skdeep.estimators.pickles import take_state, with_version
from skdeep.estimators.sklearn_bases import BaseEstimator

#: The parameter of the widths of dense layers.
SIZES = "hidden_layer_sizes"


class CheckedParameters(BaseEstimator):
    """An estimator whose parameters are checked here, in its pickles too."""

    def _validate_params(self) -> None:
        check_parameters(self)

    def __getstate__(self) -> dict[str, Any]:
        return with_version(super().__getstate__())

    def __setstate__(self, state: dict[str, Any]) -> None:
        take_state(self, state)


def check_parameters(estimator: Any) -> None:
    """Check the parameters of an estimator, but for those that are the defaults.

    Raises
    ------
    InvalidParameterError
        Naming the parameter, what was expected and what came, and what may have been meant.
    """
    kind = type(estimator)
    known = parameters_of(kind)
    for name, value in estimator.get_params(deep=False).items():
        if name not in known or value is not known[name].default:
            check_parameter(name, value, estimator._parameter_constraints.get(name), kind)


def check_parameter(name: str, value: Any, constraints: Any, kind: type) -> None:
    """Check one parameter of a class by its constraints."""
    if constraints is None or constraints == "no_validation":
        return
    # An array of no axes is one value, not an array-like.
    if isinstance(value, np.ndarray) and not value.ndim and value.dtype != object:
        value = value.item()
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
    return bool(many) and all(map(is_whole, many))


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


def check_coverage(coverage: Any) -> float:
    """Return the coverage of intervals that a method is given.

    Raises
    ------
    ValueError
        If it is no number between 0 and 1.
    """
    is_number = isinstance(coverage, Real) and not isinstance(coverage, bool)
    if not is_number or not 0 < float(coverage) < 1:
        raise ValueError(f"coverage must be a number in (0, 1), got {coverage!r}")
    return float(coverage)
