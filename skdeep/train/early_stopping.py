"""Early stopping: no improvement for too many epochs, for each model."""

from __future__ import annotations

import numpy as np


class EarlyStopping:
    """Counts epochs without improvement, by scikit-learn's rule.

    An epoch counts as stalled where the value is above ``best - tol``; training is exhausted once
    more than `patience` epochs in a row stalled.

    Parameters
    ----------
    n_models : int
        M.
    tol : float or ndarray of shape (M,)
        Improvement that counts.
    patience : float or ndarray of shape (M,)
        Number of epochs in a row without improvement before training stops; may be infinite.

    Attributes
    ----------
    best : ndarray of shape (M,)
        Lowest value so far.
    stalled : ndarray of shape (M,)
        Stalled epochs in a row.
    """

    def __init__(self, n_models: int, tol: float, patience: float) -> None:
        self.tol, self.patience = tol, patience
        self.best = np.full(n_models, np.inf)
        self.stalled = np.zeros(n_models, int)

    def update(self, value: np.ndarray) -> np.ndarray:
        """Take the values (M,) of an epoch, lower being better; say where they are new bests."""
        value = np.asarray(value, float)
        self.stalled = np.where(value > self.best - self.tol, self.stalled + 1, 0)
        improved = value < self.best
        self.best = np.where(improved, value, self.best)
        return improved

    @property
    def exhausted(self) -> np.ndarray:
        """Where patience has run out, (M,)."""
        return self.stalled > self.patience
