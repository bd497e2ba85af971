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

#: Training and validation samples.
Split = tuple[np.ndarray, np.ndarray]


def validation_splits(
    estimator: Any, y: np.ndarray, groups: Any, random: np.random.RandomState, *, classes: bool
) -> list[Split]:
    """Return the folds, or the one split of early stopping; or all samples without validation.

    Classes too rare to be in each part stay in the training part, so that all networks know all
    classes.
    """
    rows = np.arange(len(y))
    if estimator.n_splits is None and not estimator.early_stopping:
        return [(rows, rows[:0])]
    least = 2 if estimator.n_splits is None else estimator.n_splits
    strata = y if classes and y.ndim == 1 else None
    free = rows
    if strata is not None:
        _, codes, counts = np.unique(strata, return_inverse=True, return_counts=True)
        free = rows[counts[codes] >= least]
        strata = codes[free]
        if not len(free):
            free, strata = rows, None
    kept = np.setdiff1d(rows, free)
    groups = None if groups is None else np.asarray(groups)[free]
    found = _parts(estimator, free, strata, groups, random)
    return [(np.concatenate([train, kept]), test) for train, test in found]


def _parts(
    estimator: Any, rows: np.ndarray, strata: Any, groups: Any, random: np.random.RandomState
) -> list[Split]:
    seed = random.randint(np.iinfo(np.int32).max)
    if estimator.n_splits is not None:
        k = estimator.n_splits
        if groups is not None:
            splitter: Any = GroupKFold(k)
        elif strata is not None:
            splitter = StratifiedKFold(k, shuffle=True, random_state=seed)
        else:
            splitter = KFold(k, shuffle=True, random_state=seed)
        cuts = splitter.split(rows, strata, groups)
        return [(rows[train], rows[test]) for train, test in cuts]
    share = estimator.validation_fraction
    if groups is not None:
        splitter = GroupShuffleSplit(1, test_size=share, random_state=seed)
        train, test = next(splitter.split(rows, None, groups))
        return [(rows[train], rows[test])]
    n_test = int(np.ceil(share * len(rows)))
    if strata is not None and min(n_test, len(rows) - n_test) < strata.max() + 1:
        strata = None
    if len(rows) - n_test < 1:
        raise ValueError(
            f"validation_fraction={share} of {len(rows)} samples leaves none to train on: give "
            "more samples, or early_stopping=False"
        )
    train, test = train_test_split(rows, test_size=n_test, stratify=strata, random_state=seed)
    return [(train, test)]
