"""Which samples of a table train and which validate."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    StratifiedKFold,
    train_test_split,
)

from skdeep.data.table_cells import MISSING

#: Training and validation samples.
Split = tuple[np.ndarray, np.ndarray]


def validation_splits(
    estimator: Any, y: np.ndarray, groups: Any, random: np.random.RandomState, *, classes: bool
) -> list[Split]:
    """Return the folds, or the one split of early stopping; or all samples without validation."""
    rows = np.arange(len(y))
    if groups is not None:
        groups = _checked_groups(groups, len(y))
        if len(np.unique(groups)) < 2:
            raise ValueError("groups must hold two groups at least, of which one is held out")
    if estimator.n_splits is None and not estimator.early_stopping:
        return [(rows, rows[:0])]
    strata = None
    if classes and y.ndim == 1 and groups is None:
        strata = _strata(y, 2 if estimator.n_splits is None else estimator.n_splits)
    seed = random.randint(np.iinfo(np.int32).max)
    if estimator.n_splits is None:
        return [_one_split(estimator.validation_fraction, rows, strata, groups, seed)]
    k = estimator.n_splits
    if k > len(rows):
        raise ValueError(f"n_splits={k} is more than there are samples: n_samples={len(rows)}")
    if groups is not None:
        splitter: Any = GroupKFold(k, shuffle=True, random_state=seed)
    elif strata is not None:
        splitter = StratifiedKFold(k, shuffle=True, random_state=seed)
    else:
        splitter = KFold(k, shuffle=True, random_state=seed)
    return list(splitter.split(rows, strata, groups))


def _checked_groups(groups: Any, n: int) -> np.ndarray:
    """Return groups (n,), none of which is missing."""
    if np.ndim(groups) != 1 or len(groups) != n:
        raise ValueError(f"groups must have shape ({n},), got {np.shape(groups)}")
    cells = np.asarray(groups, object)
    missing = np.array([type(v).__name__ in MISSING or v != v for v in cells])
    if missing.any():
        raise ValueError(f"groups contains NaN in row {int(missing.argmax())}")
    return np.unique(cells.astype(str), return_inverse=True)[1]


def _strata(y: np.ndarray, least: int) -> np.ndarray | None:
    """Return classes to stratify by: those too rare to be in each part count as the commonest."""
    _, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    codes = np.where(counts[codes] < least, counts.argmax(), codes)
    strata = np.unique(codes, return_inverse=True)[1]
    return strata if counts.max() >= least else None


def _one_split(share: float, rows: np.ndarray, strata: Any, groups: Any, seed: int) -> Split:
    n_test = int(np.ceil(share * len(rows)))
    if len(rows) - n_test < 1:
        raise ValueError(
            f"validation_fraction={share} of {len(rows)} sample(s) leaves none to train on: give "
            "more samples, or early_stopping=False"
        )
    if groups is not None:
        splitter = GroupShuffleSplit(1, test_size=share, random_state=seed)
        train, test = next(splitter.split(rows, None, groups))
        return train, test
    if strata is not None and min(n_test, len(rows) - n_test) < strata.max() + 1:
        strata = None
    train, test = train_test_split(rows, test_size=n_test, stratify=strata, random_state=seed)
    return train, test
