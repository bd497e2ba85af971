"""Rows that are held out of a fit, or given to it, to validate with; and such as have no y."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.model_selection import check_cv, train_test_split

from skdeep.backend.user_warnings import warn
from skdeep.data.naming import shown
from skdeep.data.table import check_fit_rows
from skdeep.data.training_data import TrainingData

if TYPE_CHECKING:
    from skdeep.train.sequences.sequences import Sequences


def hold_out(
    estimator: Any, data: TrainingData, strata: np.ndarray | None, groups: Any, random: Any, y: Any
) -> None:
    """Split off validation rows as the estimator's parameters say."""
    n = data.X.shape[0]
    split = getattr(estimator, "validation_split", None)
    if split is not None:
        classifier = is_classifier(estimator)
        data.rows, data.held_out = first_split(split, n, y, groups, classifier=classifier)
    else:
        data.rows, data.held_out = _random_split(estimator, n, strata, random)
    if len(data.held_out) < 2:
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' "
            "or the size of your dataset."
        )
    if data.weight is not None and not data.weight[data.held_out].any():
        raise ValueError("all validation samples have a sample_weight of zero")
    if data.weight is not None and not data.weight[data.rows].any():
        raise ValueError("all training samples have a sample_weight of zero")


def first_split(
    split: Any, n: int, y: Any, groups: Any, *, classifier: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of training and of validation rows, of `n`, in the first split.

    Raises
    ------
    ValueError
        If there is none, or its rows are not among those there are.
    """

    def said(what: str = "") -> str:  # arrays take long to show
        return f"validation_split={shown(split)}{what}"

    try:
        pairs = iter(check_cv(split, y, classifier=classifier).split(np.empty((n, 1)), y, groups))
        pair = next(pairs, None)
    except (TypeError, ValueError) as error:
        raise ValueError(said(f": {error}")) from error
    if pair is None:
        raise ValueError(said(" has no split: one pair (training, validation samples) is used"))
    try:
        train, held_out = pair
    except (TypeError, ValueError) as error:
        raise ValueError(
            said(f": a split must be a pair (training, validation samples), got {shown(pair)}")
        ) from error
    found = _indices(train, n, partial(said, ": its training samples"))
    if not len(found):
        raise ValueError(said(": its first split leaves no samples to train on"))
    return found, _indices(held_out, n, partial(said, ": its validation samples"))


def _indices(chosen: Any, n: int, said: Callable[[], str]) -> np.ndarray:
    """Return indices; masks and negative numbers become such."""
    if not isinstance(chosen, slice):
        chosen = np.asarray(chosen, None if np.size(chosen) else int)
    try:
        rows: np.ndarray = np.arange(n)[chosen]
    except IndexError as error:
        raise ValueError(f"{said()} must be among {n}, by index or as a mask: {error}") from error
    if rows.ndim != 1:
        raise ValueError(f"{said()} must be a list of indices, got {shown(chosen)}")
    return rows


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
        warn(
            f"A class has {counts.min()} row(s), too few to hold out {held_out} stratified "
            "rows for early stopping: the validation split is not stratified.",
            UserWarning,
        )
        return train_test_split(np.arange(n), **options)
    try:
        return train_test_split(np.arange(n), stratify=strata, **options)
    except ValueError as error:
        raise ValueError(
            f"{said}, but a class has {counts.min()} row(s), too few for a stratified split: give "
            f"another validation_fraction, validation_split or X_val. {error}"
        ) from error


def hold_out_sequences(
    X: Sequences, fraction: float, random: Any
) -> tuple[Sequences, np.ndarray, int]:
    """Hold some sequences out, or the end of the only one.

    Returns
    -------
    kept : Sequences
        What to train on.
    held_out : ndarray of int
        Which sequences validate.
    begin : int
        The first step of these that counts.
    """
    if len(X) > 1:
        rows = np.arange(len(X))
        kept, held_out = train_test_split(rows, random_state=random, test_size=fraction)
        return X[kept], held_out, 0
    n = X.longest
    cut = n - int(np.ceil(fraction * n))
    if not 0 < cut < n:
        raise ValueError(
            f"the only sequence has {n} steps, of which validation_fraction={fraction} leaves none "
            "to train on, or to validate with"
        )
    return type(X)(X.steps, [cut], X.starts), np.arange(1), cut


def ends_held_out(X: Sequences, fraction: float) -> np.ndarray:
    """Return how many steps at the end of each series are for validation."""
    held: np.ndarray = np.ceil(fraction * X.lengths).astype(np.intp)
    bad = np.flatnonzero((held < 1) | (held >= X.lengths))
    if len(bad):
        raise ValueError(
            f"X[{bad[0]}] has {X.lengths[bad[0]]} steps, of which validation_fraction={fraction} "
            "leaves none to train on, or to validate with"
        )
    return held


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
        estimator._target.check(y)
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
    warn(
        f"{name} has as many rows as X ({n_train}). scikit-learn's searches and "
        "cross-validation cut every fit parameter that has as many rows as X: if this fit is "
        "part of one, they have been cut too, and rows of them are missing. Give them "
        "another number of rows there.",
        UserWarning,
    )
