"""Targets of sequences that are to come back, with their lengths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from skdeep.backend import compute
from skdeep.data.targets import StepsTarget
from skdeep.train.sequences.tagging import StepValues


@dataclass(frozen=True)
class SizedStepsTarget(StepsTarget):
    """The steps of sequences, and behind each step's channels the log of the sequence's length.

    Parameters
    ----------
    center, spread : float
        Mean and standard deviation of that log, by which it is standardised.
    longest : int
        Steps of the longest sequence.
    """

    center: float
    spread: float
    longest: int

    @classmethod
    def of(cls, sequences: Any, weight: Any, low: np.ndarray, high: np.ndarray) -> SizedStepsTarget:
        """Return what is to come back of sequences, by the ranges of their channels."""
        lengths = np.asarray(sequences.lengths)
        if weight is not None:
            lengths, weight = lengths[weight > 0], weight[weight > 0]
        logs = np.log(lengths)
        center = float(np.average(logs, weights=weight))
        spread = float(np.sqrt(np.average((logs - center) ** 2, weights=weight))) or 1.0
        spread = 1.0 if np.ptp(lengths) == 0 else spread  # whatever rounding says
        return cls(sequences.width, low, high, center, spread, int(lengths.max()))

    def encode(self, sequences: Any) -> StepValues:
        logs = (np.log(sequences.lengths) - self.center) / self.spread
        each = sequences.spread(np.repeat(logs, sequences.lengths))[:, None]

        def beside(xp: Any, steps: Any) -> Any:
            return xp.concatenate([steps, xp.asarray(each.astype(steps.dtype))], axis=1)

        steps = compute(beside, sequences.steps)
        return StepValues(steps, sequences.lengths, sequences.starts)

    def length(self, column: np.ndarray) -> int:
        """Return how long a sequence is that goes on until its mean prediction is reached."""
        counts = np.arange(1, len(column) + 1)
        means = np.cumsum(column.astype(float)) / counts
        reached = counts + 0.5 > np.exp(np.minimum(means * self.spread + self.center, 50.0))
        return int(np.argmax(reached)) + 1 if reached.any() else len(column)
