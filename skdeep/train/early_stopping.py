"""Early stopping: no improvement for too many epochs."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

import numpy as np


class EarlyStopping:
    """Counts a model's epochs without improvement, by scikit-learn's rule.

    An epoch counts as stalled where the value is above ``best - tol``; training is exhausted once
    more than `patience` epochs in a row stalled.

    Parameters
    ----------
    tol : float
        Improvement that counts.
    patience : float
        Number of epochs in a row without improvement before training stops; may be infinite.

    Attributes
    ----------
    best : float
        Lowest value so far.
    stalled : int
        Stalled epochs in a row.
    """

    def __init__(self, tol: float, patience: float) -> None:
        self.tol, self.patience = tol, patience
        self.best, self.stalled = inf, 0

    def update(self, value: float) -> None:
        """Take the value of an epoch, lower being better."""
        self.stalled = self.stalled + 1 if value > self.best - self.tol else 0
        if value < self.best:
            self.best = value

    @property
    def exhausted(self) -> bool:
        """Whether patience has run out."""
        return self.stalled > self.patience

    def state(self) -> dict[str, np.ndarray]:
        """Return what has been counted, as pickles and checkpoints hold it."""
        return {"best": np.array([self.best]), "stalled": np.array([self.stalled])}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from what :meth:`state` returned."""
        self.best, self.stalled = float(state["best"][0]), int(state["stalled"][0])
