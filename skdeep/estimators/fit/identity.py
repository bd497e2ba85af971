"""The identity of a fit: its estimator, parameters, data and where it starts from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import joblib
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from skdeep.data.kinds import as_rows
from skdeep.data.training_data import TrainingData
from skdeep.estimators.fit.schedules import goes_by_progress

#: Most classes that an error shows.
SHOWN = 20


def identity(estimator: Any, data: TrainingData) -> dict[str, Any]:
    """Return, as JSON's types, all that decides what a fit computes, apart from its length."""
    # Unseeded initial weights differ in each process; the checkpoint has its own.
    seeded = estimator.random_state is not None or estimator.t_ > 0
    return {
        "estimator": type(estimator).__name__,
        "parameters": parameters_told(estimator),
        "X": fingerprint(data.X),
        "y": fingerprint(data.target),
        "classes": _classes(estimator),
        "sample_weight": fingerprint(data.weight),
        "X_val": fingerprint(data.X_val),
        "y_val": fingerprint(data.target_val),
        "sample_weight_val": fingerprint(data.weight_val),
        "X_unlabeled": fingerprint(data.X_unlabeled),
        "initial weights": fingerprint(estimator._values) if seeded else None,
        "rows seen before": int(estimator.t_),
    }


def parameters_told(estimator: Any) -> dict[str, Any]:
    """Return, as JSON's types, the parameters that decide what a fit computes."""
    parameters = estimator.get_params(deep=False)
    parameters.pop("verbose", None)  # a subclass may have few parameters
    if not goes_by_progress(estimator):
        parameters.pop(estimator.epochs_parameter, None)
    return {name: describe(value) for name, value in parameters.items()}


def _classes(estimator: Any) -> Any:
    """Return the classes of each output, whatever the dtype; a hash of them where they are many."""
    classes = getattr(estimator, "classes_", [])
    given = [one.tolist() for one in (classes if isinstance(classes, list) else [classes])]
    return given if sum(map(len, given)) <= SHOWN else joblib.hash(given)


def is_fitted(estimator: Any) -> bool:
    """Say whether an estimator is fitted, without an error that says it is not."""
    try:
        check_is_fitted(estimator)
    except NotFittedError:
        return False
    return True


def fingerprint(array: Any) -> str | None:
    """Return shape, dtype and hash of an array as one word."""
    if array is None:
        return None
    shape = "x".join(map(str, array.shape))
    return f"{shape} {array.dtype} {as_rows(array).content_hash()}"


def describe(value: Any) -> Any:
    """Return a parameter's value as JSON's types, alike in every process."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple)):
        return [describe(entry) for entry in value]
    if isinstance(value, Mapping):
        return {str(key): describe(entry) for key, entry in value.items()}
    if isinstance(value, BaseEstimator) and not is_fitted(value):  # a template
        return {type(value).__name__: describe(value.get_params(deep=False))}
    if hasattr(value, "get_weights"):  # a fitted model that gives its weights
        return {type(value).__name__: describe(value.get_weights())}
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return fingerprint(value)
    if isinstance(value, np.random.RandomState):
        return describe(value.get_state(legacy=False))
    kind = value if hasattr(value, "__qualname__") else type(value)  # a function, or an object
    name = f"{kind.__module__}.{kind.__qualname__}"
    return name if kind is value else {name: describe(getattr(value, "__dict__", {}))}


def differences(saved: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    """Say, entry by entry, what differs between two identities."""
    if saved["estimator"] == here["estimator"]:  # else the parameters are others anyway
        saved, here = ({**tree, **tree["parameters"]} for tree in (saved, here))
    return [
        f"{name} is {here.get(name)!r}, there it was {saved.get(name)!r}"
        for name in sorted({*saved, *here} - {"parameters"})
        if saved.get(name) != here.get(name)
    ]
