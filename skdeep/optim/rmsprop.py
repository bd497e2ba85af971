"""RMSprop (Tieleman and Hinton, 2012)."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.optim.base import Optimizer


class RMSprop(Optimizer):
    """The gradient divided by the root of a running mean of its squares.

    As in Adam the mean is kept as ``v / (1 - beta_2)``. It starts from zero and is not
    corrected for that, so the first steps are up to ``1 / sqrt(1 - beta_2)`` times the rate.

    Parameters
    ----------
    beta_2 : float or ndarray of shape (M,)
        Decay rate of the mean of squares, in [0, 1).
    epsilon : float or ndarray of shape (M,)
        Added to the root.
    """

    states = ("v",)
    columns = ("rate", "beta_2", "epsilon")

    def __init__(self, beta_2: Any = 0.99, epsilon: Any = 1e-8) -> None:
        self.beta_2, self.epsilon = beta_2, epsilon

    def table(self, step, rate):
        b2 = np.asarray(self.beta_2, float)
        root = np.sqrt(1 - b2)
        return {
            "rate": rate / root,
            "beta_2": b2,
            "epsilon": np.asarray(self.epsilon, float) / root,
        }

    @staticmethod
    def update(xp, p, g, v, rate, beta_2, epsilon):
        v = beta_2 * v + g * g
        return p - rate * (g / (xp.sqrt(v) + epsilon)), v
