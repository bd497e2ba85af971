"""Lion (Chen et al., 2023): every parameter moves by the rate, up or down."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.optim.base import Optimizer


class Lion(Optimizer):
    """The sign of ``beta_1 * m + (1 - beta_1) * g``.

    The moment is kept as ``m / (1 - beta_2)``, and both terms of the sign are divided by
    ``1 - beta_1``; the factors are part of the column "share". Steps are longer than Adam's:
    the paper takes a learning rate three to ten times smaller.

    Parameters
    ----------
    beta_1 : float or ndarray of shape (M,)
        Fraction of the moment in the step, in [0, 1).
    beta_2 : float or ndarray of shape (M,)
        Decay rate of the moment, in [0, 1).
    """

    states = ("m",)
    columns = ("rate", "share", "beta_2")

    def __init__(self, beta_1: Any = 0.9, beta_2: Any = 0.99) -> None:
        self.beta_1, self.beta_2 = beta_1, beta_2

    def table(self, step, rate):
        b1, b2 = np.asarray(self.beta_1, float), np.asarray(self.beta_2, float)
        return {"rate": rate, "share": b1 * (1 - b2) / (1 - b1), "beta_2": b2}

    @staticmethod
    def update(xp, p, g, m, rate, share, beta_2):
        return p - rate * xp.sign(share * m + g), beta_2 * m + g
