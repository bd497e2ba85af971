"""Class weights that also hold across calls of ``partial_fit``."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_sample_weight


class RunningClassCounts:
    """Counts of the classes seen so far, for 'balanced' weights in ``partial_fit``.

    A row of class c weighs ``n_seen / (n_classes * count of c)``, scikit-learn's formula on
    all rows so far, those of the present call included.
    """

    def __init__(self, classes: np.ndarray) -> None:
        self.classes = classes
        self.counts = np.zeros(len(classes))

    def weights(self, y: np.ndarray) -> np.ndarray:
        """Count the rows of `y` and return their weights."""
        codes = np.searchsorted(self.classes, y)
        counts = self.counts + np.bincount(codes, minlength=len(self.classes))
        self.counts = counts  # a new array: copies of the estimator keep theirs
        present = (counts > 0).sum()
        return (counts.sum() / (present * np.maximum(counts, 1)))[codes]


def class_weights(class_weight: Any, y: Any) -> np.ndarray:
    """Return the factor of each row of `y`."""
    y = y.toarray() if hasattr(y, "toarray") else y
    if isinstance(class_weight, str) and class_weight != "balanced":
        raise ValueError(f"class_weight must be a dict, 'balanced' or None, got {class_weight!r}")
    return compute_sample_weight(class_weight, y)
