"""NAdam (Dozat, 2016): Adam with Nesterov's look-ahead, its momentum warming up."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.optim.base import Optimizer


class NAdam(Optimizer):
    """NAdam, with Dozat's schedule ``mu_t = beta_1 * (1 - 0.96 ** (t * momentum_decay) / 2)``.

    Parameters
    ----------
    beta_1, beta_2 : float or ndarray of shape (M,)
        Decay rates of the moments, in [0, 1).
    epsilon : float or ndarray of shape (M,)
        Added to the root of the corrected second moment.
    momentum_decay : float or ndarray of shape (M,)
        How fast ``mu_t`` rises from half of ``beta_1`` to ``beta_1``.
    """

    states = ("m", "v")
    columns = ("rate", "look_ahead", "beta_1", "beta_2", "epsilon")
    rates = ("rate", "look_ahead")

    def __init__(
        self,
        beta_1: Any = 0.9,
        beta_2: Any = 0.999,
        epsilon: Any = 1e-8,
        momentum_decay: Any = 0.004,
    ) -> None:
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.momentum_decay = momentum_decay

    def _mu(self, step: np.ndarray) -> np.ndarray:
        decay = 0.96 ** (step * np.asarray(self.momentum_decay, float))
        mu: np.ndarray = np.asarray(self.beta_1, float) * (1 - 0.5 * decay)
        return mu

    def table(self, step, rate):
        b1, b2 = np.asarray(self.beta_1, float), np.asarray(self.beta_2, float)
        # The correction is a product over all steps so far. Computing it anew is cheap, and it
        # leaves nothing to carry along but the step number.
        past = np.arange(1.0, step.max() + 1)[:, None]
        products = np.cumprod(self._mu(past), axis=0)
        products = np.broadcast_to(products, (len(products), rate.shape[1]))
        product = np.take_along_axis(products, step.astype(int) - 1, axis=0)
        mu, following = self._mu(step), self._mu(step + 1)
        root = np.sqrt((1 - b2) / (1 - b2**step))
        return {
            "rate": rate * (1 - mu) / (1 - product) / root,
            "look_ahead": rate * following * (1 - b1) / (1 - product * following) / root,
            "beta_1": b1,
            "beta_2": b2,
            "epsilon": np.asarray(self.epsilon, float) / root,
        }

    @staticmethod
    def update(xp, p, g, m, v, rate, look_ahead, beta_1, beta_2, epsilon):
        m = beta_1 * m + g
        v = beta_2 * v + g * g
        return p - (rate * g + look_ahead * m) / (xp.sqrt(v) + epsilon), m, v
