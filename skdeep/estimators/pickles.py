"""What pickles of estimators carry: the version that wrote them."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from sklearn.exceptions import InconsistentVersionWarning

from skdeep.backend.user_warnings import warn
from skdeep.estimators.parameters import parameters_of

#: The version of the package, which imports all estimators: no import by name.
VERSION: str = import_module("skdeep").__version__

_VERSION_KEY = "_skdeep_version"


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
