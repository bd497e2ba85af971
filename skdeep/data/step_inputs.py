"""What a forecaster reads at a step: lags of series, and what is known of the step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skdeep.data.missing_steps import filled


@dataclass(frozen=True)
class StepInputs:
    """The columns that are read at a step, all of them known before its value.

    They are the steps at `lags` before it; with a season the mean of the season before; where
    steps may be missing, whether the step before was; and inputs that are known.

    Parameters
    ----------
    lags : tuple of int
        How many steps before.
    period : int
        Steps of a season; 1 for none.
    n_channels : int
        Channels F of the series.
    flags : bool
        Whether to say that a step was missing.
    n_known : int
        Known inputs of each step.
    """

    lags: tuple[int, ...]
    period: int
    n_channels: int
    flags: bool
    n_known: int

    @property
    def width(self) -> int:
        """How many numbers a step reads."""
        each = len(self.lags) + (self.period > 1) + self.flags
        return each * self.n_channels + self.n_known

    @property
    def depth(self) -> int:
        """How many steps before are needed."""
        return max(*self.lags, self.period)

    def of(self, z: np.ndarray, known: np.ndarray | None) -> np.ndarray:
        """Return what each step of one series z (T, F), which may have NaN, reads, (T, width)."""
        there, gone = filled(z)
        there = np.concatenate([np.zeros((self.depth, z.shape[1])), there])  # (depth + T, F)
        n, depth = len(z), self.depth
        parts = [there[depth - lag : depth - lag + n] for lag in self.lags]
        if self.period > 1:
            sums = np.cumsum(np.concatenate([np.zeros((1, z.shape[1])), there]), axis=0)
            after = sums[depth : depth + n]
            parts.append(
                (after - sums[depth - self.period : depth - self.period + n]) / self.period
            )
        if self.flags:
            parts.append(np.concatenate([np.ones((1, z.shape[1])), gone[:-1]]))
        if known is not None:
            parts.append(known[:n])
        return np.concatenate(parts, axis=1)

    def next(self, z: np.ndarray, gone: np.ndarray, known: np.ndarray | None) -> np.ndarray:
        """Return what the step behind z (B, depth, F), without NaN, reads, (B, width).

        Whether the last step was missing is `gone` (B, F).
        """
        parts = [z[:, -lag] for lag in self.lags]
        if self.period > 1:
            parts.append(z[:, -self.period :].mean(axis=1))
        if self.flags:
            parts.append(gone)
        if known is not None:
            parts.append(known)
        return np.concatenate(parts, axis=1)
