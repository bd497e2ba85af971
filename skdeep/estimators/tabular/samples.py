"""Tables and targets of the tabular estimators: what a fit learns of them, and what comes later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from typing import Any, ClassVar, NamedTuple

import numpy as np

from skdeep.backend import device_of, is_device_array
from skdeep.backend.user_warnings import warn
from skdeep.data.columns import has_masked
from skdeep.data.gaps import filled, with_gaps
from skdeep.data.mixed_table import as_matrix, is_frame, labels_of, read_table, selected
from skdeep.data.place import to_host
from skdeep.data.table_cells import (
    MISSING,
    Column,
    as_learned,
    expanded,
    holds_numbers_as_text,
    missing_column,
)
from skdeep.data.target_arrays import as_target_array
from skdeep.data.targets import check_fit_target
from skdeep.data.weights import check_weight
from skdeep.estimators.checks.parameters import CheckedParameters


class Samples(NamedTuple):
    """Samples of a fit, valid."""

    columns: list[Column]
    y: Any
    weight: np.ndarray | None

    @property
    def n(self) -> int:
        """Number of samples; a sparse y has no length."""
        return len(self.columns[0].values)


class LearnsTables(CheckedParameters):
    """Reads tables, and knows the columns of its fit by name and kind."""

    #: Whether y are classes.
    _classifies: ClassVar[bool]

    @property
    def _masks(self) -> bool:
        """Whether numbers of y may be missing."""
        return False

    def _refuse_outside(self, y: Any, name: str) -> None:
        """Refuse y that the loss is not one of."""

    def _learn_samples(self, X: Any, y: Any, weight: Any) -> Samples:
        """Return the samples of a first fit, valid; learn the features and their kinds."""
        columns = [
            # Nothing says what a column without a value is, whatever its dtype.
            missing_column(column.name, "missing", len(column)) if column.is_empty else column
            for column in read_table(X, self.categorical_features)
        ]
        _warn_of_text(columns, self.categorical_features)
        for name in ("n_features_in_", "feature_names_in_"):
            self.__dict__.pop(name, None)
        names = _names(X)
        if names is not None:
            self.feature_names_in_ = np.array(names, dtype=object)
        self.n_features_in_ = len(columns)
        self._categorical = self.categorical_features
        self._place = device_of(X) if is_device_array(X) else "cpu"
        self._kinds = [(column.name, column.kind, column.used) for column in columns]
        return self._samples(expanded(columns), y, weight)

    def _samples(self, columns: list[Column], y: Any, weight: Any) -> Samples:
        y = self._checked_target(columns, y, "y")
        weight = check_weight(weight, columns[0].values, dtype=np.dtype(float))
        return Samples(columns, y, weight)

    def _checked_target(self, columns: list[Column], y: Any, name: str) -> Any:
        """Return y beside valid columns, valid."""
        if not self._classifies and (column := _categorical_column(y)) is not None:
            raise ValueError(
                f"{name}{column} must hold real numbers for {type(self).__name__}, got "
                "categories: their codes mean nothing; convert them, with y.astype(float), where "
                "they are numbers"
            )
        there = None
        if self._masks:
            y, there = filled(y)
        _refuse_missing(y, name, "" if self._classifies else ", or set missing_targets='mask'")
        try:
            found = with_gaps(check_fit_target(self, columns[0].values, y), there)
        except ValueError as error:
            if name == "y":
                raise
            raise ValueError(f"{name}: {error}") from error
        self._refuse_outside(found, name)
        return found

    def _check_given(self, samples: Samples, validation: Any) -> Samples | None:
        """Return the validation samples that ``fit`` was given, if there are any."""
        X_val, y_val, weight_val = validation
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val go together: one of them is missing")
        if X_val is None:
            if weight_val is not None:
                raise ValueError("sample_weight_val weighs X_val, which is missing")
            return None
        if self.n_splits is not None:
            raise ValueError("give X_val or n_splits, not both")
        columns = self._columns_of(X_val, "X_val")
        y_val = self._checked_target(columns, y_val, "y_val")
        weight_val = check_weight(weight_val, columns[0].values, "sample_weight_val")
        return Samples(columns, y_val, weight_val)

    def _columns_of(self, X: Any, name: str = "X") -> list[Column]:
        """Return the columns of a table like that of the fit, or say which are not there."""
        X = self._in_order(X, name)
        columns = read_table(X, self._categorical, name=name)
        named = [
            as_learned(_called(column, label), kind, categories, name)
            for column, (label, kind, categories) in zip(columns, self._kinds, strict=True)
        ]
        return expanded(named)

    def _in_order(self, X: Any, name: str) -> Any:
        """Return a table with the columns of the fit in its order, or say what is wrong with X."""
        names, who = _names(X), type(self).__name__
        known = getattr(self, "feature_names_in_", None)
        if known is not None and names is not None:
            wanted = known.tolist()
            if names == wanted:
                return X
            missing = [column for column in wanted if column not in set(names)]
            if missing:
                raise ValueError(f"{name} lacks the column {missing[0]!r} of the fit")
            unknown = [column for column in names if column not in set(wanted)]
            if unknown:
                raise ValueError(f"{name} has the column {unknown[0]!r}, which the fit had not")
            if len(names) > len(wanted):
                twice = next(column for column in wanted if names.count(column) > 1)
                raise ValueError(f"{name} has several columns called {twice!r}")
            return selected(X, wanted)
        elif (known is None) != (names is None):
            if known is None:
                warn(f"{name} has feature names, but {who} was fitted without feature names")
            else:
                warn(
                    f"{name} does not have valid feature names, but {who} was fitted with feature "
                    "names"
                )
        X = self._by_labels(X, name) if is_frame(X) and names is None else X
        X = X if is_frame(X) else as_matrix(X, name)
        n = len(labels_of(X)) if is_frame(X) else X.shape[1]
        if n != self.n_features_in_:
            raise ValueError(
                f"{name} has {n} features, but {who} is expecting {self.n_features_in_} features "
                "as input"
            )
        return X

    def _by_labels(self, X: Any, name: str) -> Any:
        """Return a frame whose labels are no strings, such as years, in the order of the fit.

        By place go those that number the columns, as a frame of an array has them.
        """
        labels = [str(label) for label in labels_of(X)]
        wanted = [column for column, *_ in self._kinds]
        unnamed = labels == [str(k) for k in range(len(labels))]
        missing = [column for column in wanted if column not in set(labels)]
        if not missing and len(labels) == len(wanted):
            return X.iloc[:, [labels.index(column) for column in wanted]]
        if missing and not unnamed and wanted[0] != "x0":
            raise ValueError(f"{name} lacks the column {missing[0]} of the fit")
        return X


def _called(column: Column, name: str) -> Column:
    """Return a column by a name, itself where it has it: a copy of each would take a row long."""
    return column if column.name == name else replace(column, name=name)


def _names(X: Any) -> list[str] | None:
    """Return the names of the columns of a frame, or None where X has none that are strings."""
    if not is_frame(X):
        return None
    labels = labels_of(X)
    strings = [isinstance(label, str) for label in labels]
    if any(strings) and not all(strings):
        raise TypeError(
            "Feature names are only supported if all input features have string names, but the "
            f"columns are {labels[:5]}: use X.columns = X.columns.astype(str)"
        )
    return labels if labels and all(strings) else None


def _refuse_missing(y: Any, name: str, remedy: str) -> None:
    """Say in which row y is missing, or infinite, and what else than leaving it out would do."""
    if y is None or hasattr(y, "tocsr") or isinstance(y, str | Mapping | Set):
        return
    if hasattr(y, "column_names"):
        y = as_target_array(y, numeric=True)
    array = np.array(y, object) if isinstance(y, list | tuple) else np.asarray(to_host(y))
    masked = has_masked(y)
    if (array.dtype.kind not in "fOcmM" and not masked) or not array.ndim:
        return
    if array.dtype.kind == "O":
        numbers = np.array([v if isinstance(v, float) else 0.0 for v in array.flat], float)
        numbers = numbers.reshape(array.shape)
        named = np.array([type(v).__name__ in MISSING for v in array.flat], bool)
        missing = np.isnan(numbers) | named.reshape(array.shape)
    else:
        numbers, missing = array, array != array
    infinite = np.isinf(numbers) if numbers.dtype.kind == "f" else np.zeros_like(missing)
    if masked:
        missing = missing | np.ma.getmaskarray(y)
    for found, what, more in ((missing, "NaN", remedy), (infinite, "infinity", "")):
        if found.any():
            row = int(np.argmax(found.reshape(len(array), -1).any(axis=1)))
            raise ValueError(
                f"Input {name} contains {what} in row {row}: leave out such rows{more}"
            )


def _categorical_column(y: Any) -> str | None:
    """Say which column of y is of categories, by their dtype: "" of a vector; None if none is."""
    if not hasattr(y, "columns") or not hasattr(y, "dtypes"):
        return "" if _is_categorical(getattr(y, "dtype", None)) else None
    found = (
        label for label, kind in zip(y.columns, y.dtypes, strict=True) if _is_categorical(kind)
    )
    label = next(found, None)
    return None if label is None else f", column {label!r},"


def _is_categorical(dtype: Any) -> bool:
    return type(dtype).__name__ in ("CategoricalDtype", "Categorical", "Enum")


def _warn_of_text(columns: Sequence[Column], categorical: Any) -> None:
    """Warn of numbers that are text, which hardly any is a category of."""
    if not isinstance(categorical, str):
        return
    for column in columns:
        if column.kind == "category" and holds_numbers_as_text(column):
            warn(
                f"column {column.name!r} of X holds numbers as text, such as "
                f"{column.categories[0]!r}, each of which is a category: use pandas.to_numeric, or "
                "name the categories in categorical_features"
            )
