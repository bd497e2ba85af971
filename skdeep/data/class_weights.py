"""Class weights that also hold for validation rows and across calls of ``partial_fit``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_class_weight


class ClassWeights:
    """The factor of each class, per column of y; a row's factor is the product of its columns'.

    "balanced" gives a class ``total / (n_present * its count)``, scikit-learn's formula, where
    rows count by their weights and all rows counted so far matter.

    Parameters
    ----------
    class_weight : dict, list of dict or "balanced"
        The parameter; a list has one entry per column of y.
    classes : list of ndarray
        Classes of each column.

    Raises
    ------
    ValueError
        If `class_weight` does not fit the columns, or has weights that are negative, not finite
        or all zero.
    """

    def __init__(self, class_weight: Any, classes: Sequence[np.ndarray]) -> None:
        self.classes = list(classes)
        per_column = class_weight if isinstance(class_weight, list) else [class_weight]
        if not isinstance(class_weight, list) and (class_weight == "balanced"):
            per_column = ["balanced"] * len(self.classes)
        if len(per_column) != len(self.classes):
            raise ValueError(
                f"class_weight must be 'balanced' or a list of {len(self.classes)} dicts, one per "
                f"output, got {class_weight!r}"
            )
        for given in per_column:
            if not (given is None or isinstance(given, Mapping) or given == "balanced"):
                raise ValueError(
                    f"class_weight must be made of 'balanced', None or dicts, got {given!r}"
                )
        self.counts = [np.zeros(len(c)) for c in self.classes]
        self._given = [
            None if given == "balanced" else _given_weights(given, c)
            for given, c in zip(per_column, self.classes, strict=True)
        ]

    def counted(self, codes: Sequence[np.ndarray], weight: np.ndarray | None) -> ClassWeights:
        """Return factors that have also seen these rows; copies of an estimator keep theirs."""
        seen = ClassWeights.__new__(ClassWeights)
        seen.__dict__.update(self.__dict__)
        seen.counts = [
            count + np.bincount(code, weight, minlength=len(count))
            for count, code in zip(self.counts, codes, strict=True)
        ]
        return seen

    def rows(self, codes: Sequence[np.ndarray]) -> np.ndarray:
        """Return the factor of each row from the class codes of each column."""
        columns = zip(self._given, self.counts, codes, strict=True)
        return np.prod(
            [(_balanced(n) if given is None else given)[code] for given, n, code in columns], axis=0
        )


def _given_weights(given: Any, classes: np.ndarray) -> np.ndarray:
    """Return the weight of each class; refuse weights that nothing can be trained with."""
    weights: np.ndarray = compute_class_weight(given, classes=classes, y=classes)
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        k = int(np.argmax(wrong))
        raise ValueError(
            f"class_weight must be finite and >= 0, got {weights[k]:g} for class {classes[k]!s}"
        )
    if not weights.any():
        raise ValueError(f"class_weight is zero for all classes, got {given!r}")
    return weights


def _balanced(counts: np.ndarray) -> np.ndarray:
    present = counts > 0
    return np.where(present, counts.sum() / (present.sum() * np.where(present, counts, 1.0)), 1.0)
