"""RAdam (Liu et al., 2020): Adam that waits until its second moment can be trusted."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.optim.base import Optimizer


class RAdam(Optimizer):
    """Rectified Adam: momentum alone in the first steps, then Adam with a damped rate.

    Parameters
    ----------
    beta_1, beta_2 : float or ndarray of shape (M,)
        Decay rates of the moments, in [0, 1). Up to beta_2 = 2/3 the rate never adapts.
    epsilon : float or ndarray of shape (M,)
        Added to the root of the second moment, before its bias correction.
    """

    states = ("m", "v")
    columns = ("rate", "beta_1", "beta_2", "adapts", "shift")

    def __init__(self, beta_1: Any = 0.9, beta_2: Any = 0.999, epsilon: Any = 1e-8) -> None:
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def table(self, step, rate):
        b1, b2 = np.asarray(self.beta_1, float), np.asarray(self.beta_2, float)
        correction = 1 - b2**step
        longest = 2 / (1 - b2) - 1  # the paper's rho_inf, and rho_t next
        length = longest - 2 * step * b2**step / correction
        adapts = length > 5.0
        # Where the rate does not adapt the lengths are replaced by any that divide safely.
        n, top = np.where(adapts, length, 6.0), np.where(adapts, longest, 6.0)
        damping = np.sqrt((n - 4) * (n - 2) * top / ((top - 4) * (top - 2) * n))
        root = np.sqrt(1 - b2)
        corrected = rate * (1 - b1) / (1 - b1**step)
        return {
            "rate": corrected * np.where(adapts, damping * np.sqrt(correction) / root, 1.0),
            "beta_1": b1,
            "beta_2": b2,
            "adapts": adapts,
            "shift": np.where(adapts, np.asarray(self.epsilon, float) / root, 1.0),
        }

    @staticmethod
    def update(xp, p, g, m, v, rate, beta_1, beta_2, adapts, shift):
        m = beta_1 * m + g
        v = beta_2 * v + g * g
        return p - rate * (m / (adapts * xp.sqrt(v) + shift)), m, v
