"""Sequences as what a Transformer encoder takes."""

from __future__ import annotations

from typing import Any

from skdeep.estimators.sequences import SequenceInput
from skdeep.train.sequences.sequences import Sequences


class PlacedInput(SequenceInput):
    """Sequences that are not longer than there are learned positions."""

    def check_fit_rows(self, estimator: Any, X: Any, *, reset: bool) -> Sequences:
        """Check samples of a fit."""
        return self._within(estimator, super().check_fit_rows(estimator, X, reset=reset))

    def check(self, estimator: Any, X: Any) -> Sequences:
        """Check samples for a fitted network."""
        return self._within(estimator, super().check(estimator, X))

    @staticmethod
    def _within(estimator: Any, X: Sequences) -> Sequences:
        longest = int(X.lengths.max()) if len(X.lengths) else 0
        if estimator.positions == "learned" and longest > estimator.n_positions:
            raise ValueError(
                f"X has a sequence of {longest} steps, more than n_positions="
                f"{estimator.n_positions!r}: set it, or positions='sinusoidal'"
            )
        return X
