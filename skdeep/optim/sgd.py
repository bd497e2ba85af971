"""Stochastic gradient descent with momentum (Polyak, 1964; Nesterov, 1983)."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.optim.base import Optimizer


class SGD(Optimizer):
    """Plain gradient descent, which remembers nothing."""

    columns = ("rate",)

    def table(self, step, rate):
        return {"rate": rate}

    @staticmethod
    def update(xp, p, g, rate):
        return p - rate * g


class Momentum(Optimizer):
    """Gradient descent with a velocity; momentum 0 makes it plain.

    Parameters
    ----------
    momentum : float or ndarray of shape (M,)
        Fraction of the velocity that is kept, in [0, 1].
    """

    states = ("velocity",)
    columns = ("rate", "momentum")

    def __init__(self, momentum: Any = 0.9) -> None:
        self.momentum = momentum

    def table(self, step, rate):
        return {"rate": rate, "momentum": np.asarray(self.momentum, float)}

    @staticmethod
    def update(xp, p, g, velocity, rate, momentum):
        velocity = momentum * velocity - rate * g
        return p + velocity, velocity


class Nesterov(Momentum):
    """The same, looking ahead: the step is taken with the velocity of the next one."""

    @staticmethod
    def update(xp, p, g, velocity, rate, momentum):
        step = rate * g
        velocity = momentum * velocity - step
        return p + (momentum * velocity - step), velocity
