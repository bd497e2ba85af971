"""Which samples of a table train and which validate."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    StratifiedKFold,
    train_test_split,
)

from skdeep.data.table_cells import MISSING

#: Samples of which some are held out for early stopping, at least: fewer would say nothing.
FEW = 10

#: Training and validation samples.
Split = tuple[np.ndarray, np.ndarray]


class Part(NamedTuple):
    """Networks that read a table in one way.

    Attributes
    ----------
    rows : ndarray of shape (n,)
        Samples that teach of the columns: all that any of the networks trains on.
    splits : list of Split
        What each network trains on, and what it validates on.
    """

    rows: np.ndarray
    splits: list[Split]


def holds_out(estimator: Any, n: int) -> bool:
    """Say whether some of `n` samples are held out."""
    return estimator.n_splits is not None or (estimator.early_stopping and n >= FEW)


def whole(n: int, k: int) -> list[Part]:
    """Return the one part of `k` networks that train on all samples."""
    rows = np.arange(n)
    return [Part(rows, [(rows, rows[:0])] * k)]


def parts_of(
    estimator: Any,
    y: np.ndarray,
    groups: Any,
    random: np.random.RandomState,
    *,
    classes: bool,
    k: int,
) -> list[Part]:
    """Return a part of `k` networks for each fold of `n_splits`, or the one of early stopping."""
    groups = None if groups is None else _checked_groups(groups, len(y))
    if not holds_out(estimator, len(y)):
        return whole(len(y), k)
    if groups is not None and len(np.unique(groups)) < 2:
        raise ValueError("groups must hold two groups at least, of which one is held out")
    labels = y if classes and y.ndim == 1 and groups is None else None
    seed = random.randint(np.iinfo(np.int32).max)
    if estimator.n_splits is not None:
        if estimator.n_splits > len(y):
            raise ValueError(
                f"n_splits={estimator.n_splits} is more than there are samples: n_samples={len(y)}"
            )
        folds = _folds(estimator.n_splits, len(y), labels, groups, seed)
        return [Part(train, [(train, test)] * k) for train, test in folds]
    if _each_its_own(estimator):
        splits = _windows(estimator.validation_fraction, len(y), labels, groups, seed, k)
        if all(len(train) and len(test) for train, test in splits):  # unless there are too few
            rows = splits[0][0] if k == 1 else np.arange(len(y))
            return [Part(rows, splits)]
    split = _one_split(estimator.validation_fraction, len(y), labels, groups, seed)
    return [Part(split[0], [split] * k)]


def _each_its_own(estimator: Any) -> bool:
    """Say whether each network is to hold out other samples."""
    alike = estimator.member_sharing != "none" or estimator.stop_together
    return estimator.held_out == "own" and not alike


def _windows(
    share: float, n: int, labels: np.ndarray | None, groups: np.ndarray | None, seed: int, k: int
) -> list[Split]:
    """Return `k` splits, each of which holds out a share of the samples next to the one before.

    The samples stand in a circle, in random order, each class evenly spread over it, or groups one
    after the other.
    """
    random = np.random.RandomState(seed)
    order = random.permutation(n)
    if groups is not None:
        shuffled = random.permutation(groups.max() + 1)[groups]
        sizes = np.bincount(shuffled)
        place = (np.cumsum(sizes) - sizes / 2)[shuffled] / n
    else:
        if labels is not None:
            order = order[_evenly(np.unique(labels[order], return_inverse=True)[1])]
        place = np.empty(n)
        place[order] = np.arange(n) / n
    held = [(place - share * j) % 1.0 < share - 1e-9 for j in range(k)]
    return [(np.flatnonzero(~out), np.flatnonzero(out)) for out in held]


def _evenly(codes: np.ndarray) -> np.ndarray:
    """Return an order in which each class is evenly spread, and that of its samples stays."""
    counts = np.bincount(codes)
    by_class = np.argsort(codes, kind="stable")
    rank = np.empty(len(codes))
    rank[by_class] = np.arange(len(codes)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.argsort((rank + 0.5) / counts[codes], kind="stable")


def _folds(
    k: int, n: int, labels: np.ndarray | None, groups: np.ndarray | None, seed: int
) -> list[Split]:
    """Return `k` splits, whose validation samples are all samples once."""
    strata = None if labels is None else _strata(labels, k)
    if groups is not None:
        splitter: Any = GroupKFold(k, shuffle=True, random_state=seed)
    elif strata is not None:
        splitter = StratifiedKFold(k, shuffle=True, random_state=seed)
    else:
        splitter = KFold(k, shuffle=True, random_state=seed)
    return list(splitter.split(np.arange(n), strata, groups))


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


def _one_split(share: float, n: int, labels: Any, groups: Any, seed: int) -> Split:
    rows, strata = np.arange(n), None if labels is None else _strata(labels, 2)
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
