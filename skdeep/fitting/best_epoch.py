"""The epoch whose weights a fit keeps, by its validation scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

#: Share of the differences that is left out on either side, where outliers are to have no say.
TRIMMED = 0.05


class Score(NamedTuple):
    """The validation score of an epoch.

    Attributes
    ----------
    value : float
        The score, greater being better.
    by_sample : ndarray of shape (n_samples,) or None
        What each sample that counts adds to it; None where that is not known.
    """

    value: float
    by_sample: np.ndarray | None = None


class BestEpoch:
    """Keeps the weights of the best epoch, or of a later one that is as good.

    With `standard_errors` an epoch is as good as the best one where its score is worse by no more
    than so many standard errors of the difference, over the validation samples: the one-standard-
    error rule of Breiman et al., "Classification and Regression Trees", 1984, for pairs of epochs.

    Parameters
    ----------
    last_of_ties : bool
        Whether an epoch with an equal score is as good.
    standard_errors : float
        How many standard errors are chance; 0 takes scores as they are.

    Attributes
    ----------
    values : ndarray or None
        The weights that are kept.
    epoch : int
        The number of their epoch, from 1; 0 before there is one.
    score : float
        The best score so far.
    """

    def __init__(self, *, last_of_ties: bool = False, standard_errors: float = 0.0) -> None:
        self.last_of_ties, self.standard_errors = last_of_ties, standard_errors
        self.values: np.ndarray | None = None
        self.epoch, self.score = 0, -np.inf
        self._by_sample: np.ndarray | None = None

    def update(self, epoch: int, score: Score, values: Callable[[], np.ndarray]) -> bool:
        """Take the score of an epoch, keep its weights if it is to be kept, and say so."""
        better = score.value > self.score
        if not (better or self._as_good(score)):
            return False
        if better:
            self.score, self._by_sample = score.value, score.by_sample
        self.epoch, self.values = epoch, values()
        return True

    def _as_good(self, score: Score) -> bool:
        """Say whether a score that is not better is as good as the best one."""
        if self.last_of_ties and score.value == self.score:
            return True
        if not self.standard_errors or score.by_sample is None or self._by_sample is None:
            return False
        return by_chance(self._by_sample - score.by_sample, self.standard_errors)

    def state(self) -> dict[str, Any]:
        """Return what is known, as checkpoints hold it."""
        return {
            "best_values": self.values,
            "best_score": self.score,
            "best_epoch": self.epoch,
            "best_by_sample": self._by_sample,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` returned."""
        self.values, self.score = state["best_values"], state["best_score"]
        # Older checkpoints have neither.
        self.epoch, self._by_sample = state.get("best_epoch", 0), state.get("best_by_sample")


def by_chance(differences: np.ndarray, standard_errors: float) -> bool:
    """Say whether the sum of differences (n,) is within so many standard errors of 0.

    It is of the differences of independent samples, each times its weight. So must be the sum
    without the largest and the smallest of them: a few outliers have an error so large that
    nothing would be beyond it.
    """
    n, largest = len(differences), float(np.abs(differences).max(initial=0.0))
    if n < 2 or not np.isfinite(largest):
        return False
    ordered = np.sort(differences / (largest or 1.0))  # whose squares are finite
    cut = int(TRIMMED * n)
    within = np.clip(ordered, ordered[cut], ordered[n - 1 - cut])
    return _within(float(ordered.sum()), ordered, standard_errors) and _within(
        float(ordered[cut : n - cut].sum()), within, standard_errors
    )


def _within(total: float, differences: np.ndarray, standard_errors: float) -> bool:
    """Say whether a sum is within standard errors of 0 that the spread of differences gives."""
    n = len(differences)
    squares = float(((differences - differences.mean()) ** 2).sum())
    return abs(total) <= standard_errors * float(np.sqrt(squares * n / (n - 1)))
