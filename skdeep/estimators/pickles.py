"""Pickles of estimators: the version that wrote them, and no array twice."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

import numpy as np
from sklearn.exceptions import InconsistentVersionWarning

from skdeep.backend.user_warnings import warn
from skdeep.estimators.parameters import parameters_of

#: The version of the package, which imports all estimators: no import by name.
VERSION: str = import_module("skdeep").__version__

_VERSION_KEY = "_skdeep_version"
#: In the pickled state of a training: how many leading weights an array there equals, by its name.
_AS_WEIGHTS = "as_weights"
#: Arrays of that state which often equal the model's weights, or the first of them.
_OFTEN_WEIGHTS = ("values", "averages")


class OldPickleWarning(InconsistentVersionWarning):
    """A pickle was written by another version of skdeep; parameters may be missing there.

    Parameters
    ----------
    estimator : str
        The class of the estimator.
    version : str or None
        The version that wrote the pickle; None is one that wrote none.
    new : iterable of str
        Parameters that the pickle does not have.
    """

    def __init__(self, estimator: str, version: str | None, new: Iterable[str]) -> None:
        super().__init__(
            estimator_name=estimator,
            current_sklearn_version=VERSION,
            original_sklearn_version=version or "unknown",
        )
        self.new = tuple(new)

    def __str__(self) -> str:
        told = f" Parameters that are new have their defaults: {', '.join(self.new)}."
        return (
            f"Trying to unpickle estimator {self.estimator_name} from version "
            f"{self.original_sklearn_version} of skdeep when using version {VERSION}. This "
            f"might lead to breaking code or invalid results.{told if self.new else ''}"
        )


def with_version(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state of an estimator as it is pickled."""
    return {**state, _VERSION_KEY: VERSION}


def take_state(estimator: Any, state: Mapping[str, Any]) -> None:
    """Set the state of an estimator from a pickle, and warn where another version wrote it."""
    held = dict(state)
    version = held.pop(_VERSION_KEY, None)
    vars(estimator).update(held)
    new = _missing(estimator)
    vars(estimator).update(new)
    if version != VERSION or new:
        warn(OldPickleWarning(type(estimator).__name__, version, new))


def _missing(estimator: Any) -> dict[str, Any]:
    """Return the parameters that the estimator does not have, with their defaults.

    A user's subclass has parameters of its own, and those of its base where its constructor
    does not take them.
    """
    cls = type(estimator)
    defaults = {name: declared.default for name, declared in parameters_of(cls).items()}
    for name, taken in inspect.signature(cls).parameters.items():
        if taken.default is not inspect.Parameter.empty:
            defaults[name] = taken.default
    held = vars(estimator)
    return {
        name: default
        for name, default in defaults.items()
        if name not in held and not hasattr(cls, name)
    }


# ---------------------------------------------------------------------- the state of a training


def without_weights(training: Any, weights: Any) -> Any:
    """Return the state of a training without the arrays that equal the weights (1, P) to the bit.

    Weights are what predictions use; the state has them once more where training goes on from
    them, or their averages.
    """
    if training is None or not isinstance(weights, np.ndarray):
        return training
    lengths = {
        name: training[name].shape[1]
        for name in _OFTEN_WEIGHTS
        if _begins(weights, training.get(name))
    }
    if not lengths:
        return training
    return {**{k: v for k, v in training.items() if k not in lengths}, _AS_WEIGHTS: lengths}


def with_weights(training: Any, weights: Any) -> Any:
    """Return the state of a training as it was before :func:`without_weights`."""
    if training is None or _AS_WEIGHTS not in training:
        return training
    copies = {name: weights[:, :n].copy() for name, n in training[_AS_WEIGHTS].items()}
    return {**{k: v for k, v in training.items() if k != _AS_WEIGHTS}, **copies}


def _begins(weights: np.ndarray, values: Any) -> bool:
    """Say whether the weights begin with these values, to the bit."""
    if not isinstance(values, np.ndarray) or values.ndim != 2 or values.dtype != weights.dtype:
        return False
    first = weights[:, : values.shape[1]]
    return first.shape == values.shape and first.tobytes() == values.tobytes()
