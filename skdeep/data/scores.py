"""Checks of the y and the weights that ``score`` is given, against what was predicted."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.validation import check_array, check_consistent_length

from skdeep.data.class_target import ClassTarget, of_one_kind
from skdeep.data.gaps import filled, with_gaps
from skdeep.data.place import to_host
from skdeep.data.target_arrays import as_target_array, of_their_type
from skdeep.data.target_kinds import check_target_kind
from skdeep.data.weighted_mean import in_ordinary_units
from skdeep.data.weights import check_weight


def check_scored(
    predicted: Any, y: Any, weight: Any, who: str, *, numeric: bool
) -> tuple[Any, np.ndarray | None]:
    """Return y and the row weights, valid beside predictions on the host.

    y has the shape of the predictions, but one column may also be (n, 1). Classes that no
    prediction has are wrong predictions, no error.
    """
    if y is None:
        raise ValueError(f"score of {who} needs y, got None")
    y = to_host(y)
    wanted = f"y must have the shape of the predictions of {who}, {predicted.shape}"
    if not hasattr(y, "tocsr") and _n_axes(y, wanted) == 0:
        raise ValueError(f"{wanted}, got {y!r}")
    check_target_kind(y, who, numeric=numeric)
    y = check_array(
        as_target_array(y, numeric=numeric),
        accept_sparse=False if numeric else "csr",
        ensure_2d=False,
        allow_nd=True,  # what is wrong with the shape is said below
        dtype="numeric" if numeric else None,
        input_name="y",
    )
    check_consistent_length(predicted, y)
    if y.shape == (*predicted.shape, 1):
        y = (y.toarray() if hasattr(y, "tocsr") else y).reshape(predicted.shape)
    if y.shape != predicted.shape:
        raise ValueError(f"{wanted}, got {y.shape}")
    return y, in_ordinary_units(check_weight(weight, predicted))


def accuracy(target: ClassTarget, predicted: Any, y: Any, weight: Any, who: str) -> float:
    """Return the share of rows that are right in every output."""
    predicted, y = to_host(predicted), to_host(y)
    if weight is None and _are_codes(predicted, y):
        return float(np.mean(predicted == y))  # what scikit-learn would say after many checks
    y, weight = check_scored(predicted, y, weight, who, numeric=False)
    with of_one_kind():
        if target.kind != "multioutput":
            return float(accuracy_score(y, predicted, sample_weight=weight))
        for k in range(y.shape[1]):
            # Refuses what are no classes of such a kind.
            accuracy_score(of_their_type(y[:, k]), of_their_type(predicted[:, k]))
    right = (predicted == y).all(axis=1)
    return float(np.average(right, weights=weight))


def r_squared(predicted: Any, y: Any, weight: Any, who: str, *, missing: bool = False) -> float:
    """Return R squared, averaged over outputs; of what is there, where numbers may be missing."""
    predicted = to_host(predicted)
    y, there = filled(y) if missing else (y, None)
    y, weight = check_scored(predicted, y, weight, who, numeric=True)
    if there is None:
        return r2_in_float64(y, predicted, weight)
    return observed_r2(with_gaps(y, there), predicted, weight)


def observed_r2(y: Any, predicted: Any, weight: Any = None) -> float:
    """Return R squared of the numbers that are there, averaged over outputs with two or more.

    Raises
    ------
    ValueError
        If no output has as many.
    """
    predicted = np.reshape(predicted, (len(predicted), -1))
    found = []
    for k, there in counted(y, weight):
        column = np.reshape(y, (len(y), -1))[there, k]
        weights = None if weight is None else weight[there]
        found.append(r2_in_float64(column, predicted[there, k], weights))
    if not found:
        raise ValueError("R squared needs two numbers of a column of y, and more are missing")
    return float(np.mean(found))


def r2_by_sample(y: Any, predicted: Any, weight: Any = None) -> np.ndarray:
    """Return what each sample that counts adds to R squared, averaged over outputs, in float64.

    Numbers of y may be missing; outputs that have none are left out. So are samples without
    a number or without weight, which say nothing of chance.

    Raises
    ------
    ValueError
        If no output has two numbers.
    """
    y, predicted = (np.reshape(np.asarray(v, np.float64), (len(v), -1)) for v in (y, predicted))
    found, columns = np.zeros(len(y)), counted(y, weight)
    if not columns:
        raise ValueError("R squared needs two numbers of a column of y, and there are fewer")
    has_weight = np.ones(len(y), bool) if weight is None else weight > 0
    counts = np.zeros(len(y), bool)
    for k, there in columns:
        there = there & has_weight
        counts |= there
        true, given = y[there, k], predicted[there, k]
        weights = None if weight is None else in_ordinary_units(weight[there])
        share = np.ones(len(true)) if weights is None else weights
        share = share / share.sum()
        with np.errstate(over="ignore"):  # far off, R squared is minus infinity
            true, given = _near_1(true, given)
            middle = np.average(true, weights=weights)  # exact where all numbers are the same
            errors, spread = (true - given) ** 2, share @ (true - middle) ** 2
        if spread > 0:
            found[there] += share * (1.0 - errors / spread)
        else:  # as scikit-learn says of numbers that are all the same
            found[there] += share * float(not (share @ errors))
    return found[counts] / len(columns)


def counted(y: Any, weight: Any = None, least: int = 2) -> list[tuple[int, np.ndarray]]:
    """Return the columns that have `least` numbers or more, with the rows that have them."""
    found = []
    for k, column in enumerate(np.reshape(y, (len(y), -1)).T):
        there = ~np.isnan(column)
        if there.sum() >= least and (weight is None or weight[there].any()):
            found.append((k, there))
    return found


def r2_in_float64(y: Any, predicted: Any, weight: Any = None) -> float:
    """Return R squared, averaged over outputs: in 64 bits, and of numbers near 1 in every unit."""
    y, predicted = (np.asarray(side, np.float64) for side in (y, predicted))
    if weight is not None and not weight.all():  # what has no weight sets no unit
        y, predicted = y.copy(), predicted.copy()
        y[weight == 0] = predicted[weight == 0] = 0.0
    with np.errstate(over="ignore"):  # far off, R squared is minus infinity
        y, predicted = _near_1(y, predicted)
        if weight is None and y.shape == predicted.shape and len(y) > 1:
            columns, found = y.reshape(len(y), -1), predicted.reshape(len(y), -1)
            left = ((columns - found) ** 2).sum(axis=0)
            spread = ((columns - columns.mean(axis=0)) ** 2).sum(axis=0)
            if np.isfinite(left).all() and spread.all():
                # What scikit-learn would say after many checks.
                return float(np.mean(1 - left / spread))
        return float(r2_score(y, predicted, sample_weight=weight))


def _near_1(y: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both times a power of two by which the largest number of each column of y is near 1.

    So no square of y is infinite or 0, whatever its unit, and R squared stays the same to the bit.
    """
    _, power = np.frexp(np.abs(y).max(axis=0))
    return np.ldexp(y, -power), np.ldexp(predicted, -power)


def _n_axes(y: Any, wanted: str) -> int:
    try:
        return np.ndim(y)
    except ValueError:  # which NumPy says in its own words
        raise ValueError(f"{wanted}, got rows of different lengths") from None


def _are_codes(predicted: Any, y: Any) -> bool:
    """Whether both are arrays of as many integers, with which nothing can be wrong."""
    both = isinstance(y, np.ndarray) and isinstance(predicted, np.ndarray)
    return (
        both
        and y.shape == predicted.shape == (len(y),)
        and y.dtype.kind in "iub"
        and y.dtype.kind == predicted.dtype.kind
        and len(y) > 0
    )
