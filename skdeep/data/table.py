"""Tables of numbers, dense or sparse, on the host or on a device."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from scipy.sparse import vstack
from sklearn.base import is_classifier
from sklearn.utils.validation import check_array, validate_data

from skdeep.backend import compute, is_device_array, validate_device_array
from skdeep.backend.base import Backend
from skdeep.data.columns import columns_named
from skdeep.data.naming import naming
from skdeep.data.rows import Rows, as_host
from skdeep.data.sharing import shared
from skdeep.data.target_arrays import as_target_array
from skdeep.data.target_kinds import check_target_kind
from skdeep.data.targets import as_target, check_fit_target
from skdeep.train.dataset import Dataset

FLOATS = (np.float64, np.float32)
#: What checking the rows of a fit sets.
LEARNED = ("n_features_in_", "feature_names_in_")


class TableRows(Rows[Any]):
    """The rows of a dense array (n, ...)."""

    def take(self, index: Any) -> Any:
        return compute(lambda xp, held: held[xp.asarray(index)], self.held)

    @classmethod
    def concatenate(cls, parts: Sequence[Any]) -> Any:
        return compute(lambda xp, *arrays: xp.concatenate(arrays), *parts)

    def _equals(self, other: Any) -> bool:
        held = self.held
        on_host = isinstance(held, np.ndarray) and isinstance(other, np.ndarray)
        # Splits differ in their first rows already, mostly.
        return (
            on_host
            and held.shape == other.shape
            and np.array_equal(held[:8], other[:8])
            and bool(np.array_equal(held, other))
        )

    def n_bytes(self, itemsize: int) -> float:
        return float(prod(self.held.shape) * itemsize)

    def contents(self) -> list[np.ndarray]:
        return [self.to_host()]

    def dataset(self, backend: Backend, target: Any, weight: Any, dtype: Any) -> Dataset:
        return Dataset(backend, self.held, target, weight, dtype)


class SparseRows(TableRows):
    """The rows of a sparse matrix; batches are cut for one model."""

    stackable = False

    @property
    def numbers(self) -> Any:
        return self.held.data

    def take(self, index: Any) -> Any:
        return self.held.tocsr()[index]

    @classmethod
    def concatenate(cls, parts: Sequence[Any]) -> Any:
        return vstack(parts, format="csr")

    def _equals(self, other: Any) -> bool:
        return False  # two of them never go into one table

    def n_bytes(self, itemsize: int) -> float:
        pointers, indices, values = self.contents()
        return float(pointers.nbytes + indices.nbytes + values.size * itemsize)

    def contents(self) -> list[np.ndarray]:
        held = self.held.tocsr()
        return [held.indptr, held.indices, held.data]


# ---------------------------------------------------------------------- what fit is given


def check_fit_input(estimator: Any, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
    """Validate X and y; set ``n_features_in_`` and ``feature_names_in_`` where `reset`."""
    if is_device_array(X):
        X = validate_device_array(X)
        _check_width(estimator, X, reset=reset)
        return X, check_fit_target(estimator, X, y)
    X, y = _check_host_input(estimator, X, y, reset=reset)
    return X, as_target(estimator, y)


def _check_host_input(estimator: Any, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
    """Validate X and y on the host; fits of a search share what comes of a split."""
    numeric = not is_classifier(estimator)

    def check() -> tuple[Any, ...]:
        options = {"accept_sparse": ["csr", "csc"], "multi_output": True, "dtype": FLOATS}
        name = type(estimator).__name__
        check_target_kind(y, name, numeric=numeric)
        options |= {"y_numeric": numeric, "reset": reset}
        target = as_target_array(as_host(y), numeric=numeric)
        with columns_named(X, name), naming(X=X, y=y):
            return validate_data(estimator, X, target, **options)

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
        return check_table(estimator, X, reset=reset)
    X = validate_device_array(X)
    _check_width(estimator, X, reset=reset)
    return X


def check_table(estimator: Any, X: Any, *, reset: bool, sparse: bool = True) -> Any:
    """Validate rows on the host; of columns that hold no numbers, the error says which."""
    if not reset and _is_plain(estimator, X):
        return X
    accepted = ["csr", "csc"] if sparse else False
    with columns_named(X, type(estimator).__name__), naming(X=X):
        return validate_data(estimator, X, accept_sparse=accepted, dtype=FLOATS, reset=reset)


def _is_plain(estimator: Any, X: Any) -> bool:
    """Say whether X is what scikit-learn's check would return as it is.

    That check takes longer than a small network's predictions for a few rows. It still looks at all
    else, and says what is wrong.
    """
    if type(X) is not np.ndarray or X.ndim != 2 or not len(X):
        return False
    held = vars(estimator)
    if held.get("n_features_in_") != X.shape[1] or "feature_names_in_" in held:
        return False
    if X.dtype.type not in FLOATS or not X.dtype.isnative:
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(X.sum()))


# ---------------------------------------------------------------------- what predict is given


def check_codes(estimator: Any, X: Any, device: str) -> Any:
    """Validate codes to decode with a model that computes on `device`."""
    if not is_device_array(X):
        with columns_named(X, type(estimator).__name__), naming(X=X):
            return check_array(X, dtype=FLOATS, input_name="X")
    TableRows(X).check_beside(estimator, device)
    return validate_device_array(X)


def check_rows(estimator: Any, X: Any, device: str) -> Any:
    """Validate rows to predict for a model that computes on `device`."""
    if not is_device_array(X):
        X = check_table(estimator, X, reset=False)
        values = vars(estimator).get("_values")  # an ensemble leaves that to its members
        if values is not None:
            rows = SparseRows if hasattr(X, "tocsr") else TableRows
            rows(X).check_magnitude(values.dtype)
        return X
    TableRows(X).check_beside(estimator, device)
    X = validate_device_array(X)
    _check_width(estimator, X, reset=False)
    return X


def _check_width(estimator: Any, X: Any, *, reset: bool) -> None:
    if reset:
        estimator.n_features_in_ = X.shape[1]
        estimator.__dict__.pop("feature_names_in_", None)
    elif X.shape[1] != estimator.n_features_in_:
        raise ValueError(
            f"X has {X.shape[1]} features, but {type(estimator).__name__} is expecting "
            f"{estimator.n_features_in_} features as input."
        )
