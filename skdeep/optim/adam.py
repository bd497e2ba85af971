"""Adam (Kingma and Ba, 2015), in scikit-learn's form: epsilon is added before bias correction."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.optim.base import Optimizer


class Adam(Optimizer):
    """Adam.

    The moments are kept as ``m / (1 - beta_1)`` and ``v / (1 - beta_2)``, which saves two passes
    over the parameters; the factors are part of the columns "rate" and "epsilon".

    Parameters
    ----------
    beta_1, beta_2 : float or ndarray of shape (M,)
        Decay rates of the moments, in [0, 1).
    epsilon : float or ndarray of shape (M,)
        Added to the root of the second moment.
    """

    states = ("m", "v")
    columns = ("rate", "beta_1", "beta_2", "epsilon")

    def __init__(self, beta_1: Any = 0.9, beta_2: Any = 0.999, epsilon: Any = 1e-8) -> None:
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def table(self, step, rate):
        b1, b2 = np.asarray(self.beta_1, float), np.asarray(self.beta_2, float)
        corrected = rate * np.sqrt(1 - b2**step) / (1 - b1**step)
        root = np.sqrt(1 - b2)
        return {
            "rate": corrected * (1 - b1) / root,
            "beta_1": b1,
            "beta_2": b2,
            "epsilon": np.asarray(self.epsilon, float) / root,
        }

    @staticmethod
    def update(xp, p, g, m, v, rate, beta_1, beta_2, epsilon):
        m = beta_1 * m + g
        v = beta_2 * v + g * g
        return p - rate * (m / (xp.sqrt(v) + epsilon)), m, v
