"""Adagrad (Duchi, Hazan and Singer, 2011)."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.optim.base import Optimizer


class Adagrad(Optimizer):
    """The gradient divided by the root of the sum of all its squares so far.

    Parameters
    ----------
    epsilon : float or ndarray of shape (M,)
        Added to the root.
    """

    states = ("squares",)
    columns = ("rate", "epsilon")

    def __init__(self, epsilon: Any = 1e-10) -> None:
        self.epsilon = epsilon

    def table(self, step, rate):
        return {"rate": rate, "epsilon": np.asarray(self.epsilon, float)}

    @staticmethod
    def update(xp, p, g, squares, rate, epsilon):
        squares = squares + g * g
        return p - rate * (g / (xp.sqrt(squares) + epsilon)), squares
