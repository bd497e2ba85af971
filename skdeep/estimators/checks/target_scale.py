"""Numbers to predict that lie so far from where a network starts that it learns them badly."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.backend.user_warnings import warn
from skdeep.data.targets import RealTarget, moments

#: Root mean square of y from which on predictions arrive late: with Adam's default rate a default
#: network on standardised features has lost a tenth of its R squared or more.
LARGE = 100.0
#: Where the mean is as many standard deviations away, a tenth of that size is too large: training
#: finds the mean, and stops before it finds what differs from it.
OFFSET = 5.0
#: Standard deviation below which the first, random predictions are what training has to get rid
#: of: with 0.04 a default network has an R squared below zero.
SMALL = 0.05
DEFAULT_RATE = 0.001


def warn_of_target_scale(estimator: Any, y: np.ndarray, weight: np.ndarray | None) -> None:
    """Warn where y is far from mean 0 and deviation 1, and nothing brings it there.

    L-BFGS finds its own steps; a loss with a link, as Poisson's, learns a logarithm; outputs
    between two bounds are in the units of y from the start.
    """
    target: RealTarget = estimator._target
    bounded = target.bounds is not None and np.isfinite(target.bounds[1])
    linked = estimator._given_loss.link is not None
    if target.scale is not None or linked or bounded or estimator.solver == "lbfgs":
        return
    if weight is not None and not weight.any():
        return
    mean, deviation = moments(np.asarray(y, float).reshape(len(y), -1), weight)
    if not (np.isfinite(mean).all() and np.isfinite(deviation).all()):
        return  # which is refused elsewhere
    columns = np.flatnonzero(_is_far(mean, deviation, estimator.learning_rate_init))
    if len(columns):
        at = columns[0]
        name = f"column {at} of y" if len(mean) > 1 else "y"
        warn(
            f"{name} has mean {mean[at]:.3g} and standard deviation {deviation[at]:.3g}, and a "
            "network learns best near 0 and 1: set standardize_target=True. Predictions stay in "
            "the units of y",
            UserWarning,
        )


def _is_far(mean: np.ndarray, deviation: np.ndarray, rate: float) -> np.ndarray:
    """Say which columns are too large for the learning rate, or too small for any."""
    large = LARGE * max(1.0, rate / DEFAULT_RATE)
    late = np.hypot(mean, deviation) > large
    offset = (abs(mean) > large / 10) & (abs(mean) > OFFSET * deviation)
    small: np.ndarray = (deviation > 0) & (deviation < SMALL)
    return late | offset | small
