"""Checks of what ``fit`` and ``predict`` are given, for host and device arrays alike."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.model_selection import train_test_split
from sklearn.utils import column_or_1d
from sklearn.utils.validation import (
    _check_sample_weight,
    check_array,
    check_consistent_length,
    validate_data,
)

from skdeep.backend import Backend, device_of, get_backend, is_device_array, validate_device_array
from skdeep.estimators._sharing import shared
from skdeep.estimators._splits import first_split
from skdeep.estimators._wording import naming
from skdeep.train.sequences import Sequences

FLOATS = (np.float64, np.float32)
#: What checking the rows of a fit sets.
LEARNED = ("n_features_in_", "feature_names_in_")


@dataclass
class TrainingData:
    """Rows of one fit on the host or a device, encoded, and which of them train."""

    X: Any
    target: np.ndarray
    weight: np.ndarray | None
    rows: np.ndarray  # indices of training rows
    held_out: np.ndarray | None = None  # indices of validation rows in X
    X_val: Any = None  # or validation rows of their own
    target_val: np.ndarray | None = None
    weight_val: np.ndarray | None = None
    X_unlabeled: Any = None  # rows of pre-training, besides those of X

    @property
    def validates(self) -> bool:
        """Whether there are validation rows."""
        return self.held_out is not None or self.X_val is not None


def check_fit_input(estimator: Any, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
    """Validate X and y; set ``n_features_in_`` and ``feature_names_in_`` where `reset`."""
    if is_device_array(X):
        X = validate_device_array(X)
        _check_width(estimator, X, reset=reset)
        return X, check_fit_target(estimator, X, y)
    X, y = _check_host_input(estimator, X, y, reset=reset)
    return X, _as_target(estimator, y)


def check_fit_target(estimator: Any, X: Any, y: Any) -> Any:
    """Validate y beside rows that are valid."""
    if y is None:
        raise ValueError(
            f"This {type(estimator).__name__} estimator requires y to be passed, but the "
            "target y is None."
        )
    kind = None if is_classifier(estimator) else "numeric"
    y = check_array(
        to_host(y),
        accept_sparse="csr",
        ensure_2d=False,
        dtype=kind,
        input_name="y",
        estimator=estimator,
    )
    check_consistent_length(X, y)
    return _as_target(estimator, y)


def _as_target(estimator: Any, y: Any) -> Any:
    if hasattr(y, "tocsr") and not is_classifier(estimator):
        raise ValueError("y must be dense, got a sparse matrix")
    return column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y


def _check_host_input(estimator: Any, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
    """Validate X and y on the host; fits of a search share what comes of a split."""
    numeric = not is_classifier(estimator)

    def check() -> tuple[Any, ...]:
        options = {"accept_sparse": ["csr", "csc"], "multi_output": True, "dtype": FLOATS}
        with naming(X=X, y=y):
            return validate_data(
                estimator, X, to_host(y), **options, y_numeric=numeric, reset=reset
            )

    if not reset:
        return check()

    def learn() -> tuple[Any, ...]:
        checked = check()
        found = {name: vars(estimator).get(name) for name in LEARNED}
        return (*checked, {name: value for name, value in found.items() if value is not None})

    *checked, learned = shared(f"checked {numeric}", (X, y), learn)
    for name in LEARNED:
        vars(estimator).pop(name, None)
    vars(estimator).update(learned)
    return tuple(checked)


def check_fit_rows(estimator: Any, X: Any, *, reset: bool) -> Any:
    """Validate the rows of a fit without y; set what they tell of the features where `reset`."""
    if not is_device_array(X):
        options = {"accept_sparse": ["csr", "csc"], "dtype": FLOATS}
        with naming(X=X):
            return validate_data(estimator, X, **options, reset=reset)
    X = validate_device_array(X)
    _check_width(estimator, X, reset=reset)
    return X


def check_codes(estimator: Any, X: Any, device: str) -> Any:
    """Validate codes to decode with a model that computes on `device`."""
    if not is_device_array(X):
        return check_array(X, dtype=FLOATS, input_name="X")
    check_beside(estimator, X, device)
    return validate_device_array(X)


def check_rows(estimator: Any, X: Any, device: str) -> Any:
    """Validate rows to predict for a model that computes on `device`."""
    if not is_device_array(X):
        options = {"accept_sparse": ["csr", "csc"], "dtype": FLOATS}
        with naming(X=X):
            X = validate_data(estimator, X, **options, reset=False)
        values = vars(estimator).get("_values")  # an ensemble leaves that to its members
        if values is not None:
            check_magnitude(X, values.dtype)
        return X
    check_beside(estimator, X, device)
    X = validate_device_array(X)
    _check_width(estimator, X, reset=False)
    return X


def check_magnitude(X: Any, dtype: Any) -> None:
    """Refuse finite values of host rows that `dtype`, which is computed in, cannot hold."""
    if on_device(X):
        return
    values = X.data if hasattr(X, "tocsr") else X.steps if isinstance(X, Sequences) else X
    if np.dtype(dtype).itemsize < values.dtype.itemsize and values.size:
        limit = np.finfo(dtype).max
        if values.max() > limit or values.min() < -limit:
            name = np.dtype(dtype).name
            raise ValueError(f"Input X contains infinity or a value too large for dtype({name!r}).")


def check_beside(estimator: Any, X: Any, device: str) -> None:
    """Refuse device arrays that do not lie where a model computes."""
    if place_of(X) not in ("cpu", device):
        name = type(estimator).__name__
        raise ValueError(
            f"X lies on {place_of(X)!r} but this {name} computes on {device!r}. Move the model "
            f"with `to({place_of(X)!r})`, or X to the host."
        )


def _check_width(estimator: Any, X: Any, *, reset: bool) -> None:
    if reset:
        estimator.n_features_in_ = X.shape[1]
        estimator.__dict__.pop("feature_names_in_", None)
    elif X.shape[1] != estimator.n_features_in_:
        raise ValueError(
            f"X has {X.shape[1]} features, but {type(estimator).__name__} is expecting "
            f"{estimator.n_features_in_} features as input."
        )


def place_of(X: Any) -> str:
    """Return the device on which rows lie, "cpu" for the host."""
    return X.device if isinstance(X, Sequences) else device_of(X)


def on_device(X: Any) -> bool:
    """Whether rows lie on a device other than the host."""
    return place_of(X) != "cpu"


def to_host(y: Any) -> Any:
    """Return a device array's values on the host; anything else as it is."""
    if isinstance(y, Sequences):
        return y.to_host()
    return get_backend(device_of(y)).to_host(y) if is_device_array(y) else y


def check_weight(
    weight: Any, X: Any, name: str = "sample_weight", dtype: Any = np.float64
) -> np.ndarray | None:
    """Validate row weights, which are to be added in `dtype`; None stays None."""
    if weight is None:
        return None
    as_rows = is_device_array(X) or isinstance(X, Sequences)
    rows = np.empty((X.shape[0], 1)) if as_rows else X
    try:
        with naming(**{name: weight}):
            found: np.ndarray = _check_sample_weight(to_host(weight), rows, dtype=np.float64)
    except ValueError as error:
        if name == "sample_weight" or str(error).startswith(name):
            raise
        raise ValueError(f"{name}: {error}") from error
    if (found < 0).any():
        row = int(np.argmax(found < 0))
        raise ValueError(f"{name} must be >= 0, got {found[row]:g} for row {row}")
    return weights_in(dtype, found, name)


def weights_in(dtype: Any, weight: np.ndarray, name: str) -> np.ndarray:
    """Return weights >= 0 that `dtype` can add and divide by: what is too small for it is zero."""
    limits, kind = np.finfo(dtype), np.dtype(dtype).name
    with np.errstate(over="ignore"):
        total = weight.sum()
    if total > limits.max:
        raise ValueError(f"{name}: the sum of the weights is too large for {kind}; divide them")
    # One by a weight that is not normal would be infinite.
    small = (weight > 0) & (weight < limits.tiny)
    if not small.any():
        return weight
    if weight.max() < limits.tiny:
        raise ValueError(
            f"{name}: the largest weight, {weight.max():g}, is too small for {kind}; multiply them"
        )
    return np.where(small, 0.0, weight)


def resolve_backend(device: str, X: Any) -> Backend:
    """Return the backend to compute with: "auto" follows the data."""
    if device == "auto":
        return get_backend(place_of(X))
    backend = get_backend(device)
    check_place(X, "X", backend.device, f"device={device!r}")
    return backend


def check_place(X: Any, name: str, device: str, why: str) -> None:
    """Refuse device arrays that lie elsewhere; host arrays go wherever they are needed."""
    if X is not None and place_of(X) not in ("cpu", device):
        raise ValueError(
            f"{name} lies on {place_of(X)!r}, which does not go with {why}: use device='auto', "
            f"or move {name} there or to the host"
        )


def hold_out(
    estimator: Any, data: TrainingData, strata: np.ndarray | None, groups: Any, random: Any, y: Any
) -> None:
    """Split off validation rows as the estimator's parameters say."""
    n = data.X.shape[0]
    if estimator.validation_split is not None:
        split, classifier = estimator.validation_split, is_classifier(estimator)
        data.rows, data.held_out = first_split(split, n, y, groups, classifier=classifier)
    else:
        data.rows, data.held_out = _random_split(estimator, n, strata, random)
    if len(data.held_out) < 2:
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' "
            "or the size of your dataset."
        )
    if data.weight is not None and not data.weight[data.held_out].any():
        raise ValueError("all rows held out for early stopping have a sample_weight of zero")
    if data.weight is not None and not data.weight[data.rows].any():
        raise ValueError("all rows that are not held out have a sample_weight of zero")


def _random_split(
    estimator: Any, n: int, strata: np.ndarray | None, random: Any
) -> list[np.ndarray]:
    size = estimator.validation_fraction
    held_out = int(np.ceil(size * n))
    said = f"early_stopping=True with validation_fraction={size} holds out {held_out} of {n} row(s)"
    if not 0 < held_out < n:
        raise ValueError(f"{said}, but needs some to hold out and some to train on")
    options = {"random_state": random, "test_size": size}
    if strata is None:
        return train_test_split(np.arange(n), **options)
    counts = np.unique(strata, return_counts=True)[1]
    few = counts.min() < 2 or min(held_out, n - held_out) < len(counts)
    if few and strata.ndim == 1:  # several classes; scikit-learn does not stratify
        warnings.warn(
            f"A class has {counts.min()} row(s), too few to hold out {held_out} stratified "
            "rows for early stopping: the validation split is not stratified.",
            UserWarning,
            stacklevel=2,
        )
        return train_test_split(np.arange(n), **options)
    try:
        return train_test_split(np.arange(n), stratify=strata, **options)
    except ValueError as error:
        raise ValueError(
            f"{said}, but a class has {counts.min()} row(s), too few for a stratified split: give "
            f"another validation_fraction, validation_split or X_val. {error}"
        ) from error


def check_validation_input(
    estimator: Any, X: Any, y: Any, train: Any, n_train: int
) -> tuple[Any, Any]:
    """Validate ``X_val`` and ``y_val`` against the `n_train` rows `train` that ``fit`` was given.

    scikit-learn's searches cut every fit parameter that has as many rows as X by the indices of
    the training rows. What arrives then has as many rows as X has here, which is all that can be
    seen of it.
    """
    given = X
    try:
        X, y = estimator._check_data(X, y, reset=False)
        estimator._check_target(y)
    except ValueError as error:
        raise ValueError(f"{', '.join(estimator._validation_names)}: {error}") from error
    if X.shape[0] < 2:
        raise ValueError(f"X_val is too small: it needs two rows, got {X.shape[0]}")
    if given is not train:
        _warn_if_cut("X_val", X, n_train)
    return X, y


def check_unlabeled(estimator: Any, X: Any, n_train: int) -> Any:
    """Validate rows that only pre-training learns from, beside `n_train` others; None stays."""
    if X is None:
        return None
    try:
        X = check_fit_rows(estimator, X, reset=False)
    except ValueError as error:
        raise ValueError(f"X_unlabeled: {error}") from error
    _warn_if_cut("X_unlabeled", X, n_train)
    return X


def _warn_if_cut(name: str, X: Any, n_train: int) -> None:
    """Warn of rows that a search may have cut: there are as many as training rows."""
    if X.shape[0] != n_train:
        return
    warnings.warn(
        f"{name} has as many rows as X ({n_train}). scikit-learn's searches and "
        "cross-validation cut every fit parameter that has as many rows as X: if this fit is "
        "part of one, they have been cut too, and rows of them are missing. Give them "
        "another number of rows there.",
        UserWarning,
        stacklevel=3,
    )
