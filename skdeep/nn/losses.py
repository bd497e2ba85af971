"""Losses of numbers, and the names of all losses, under which models were pickled.

What a loss is stands in ``loss.py``; those of classes are in ``class_losses.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from types import SimpleNamespace
from typing import ClassVar

import numpy as np

from skdeep.kernels import losses as bodies
from skdeep.nn.class_losses import (
    LogisticFocalLoss,
    LogisticLogLoss,
    MultiSoftmax,
    SoftmaxFocalLoss,
    SoftmaxLogLoss,
)
from skdeep.nn.loss import Loss, loss_kernel

__all__ = [
    "AbsoluteError",
    "Huber",
    "LogisticFocalLoss",
    "LogisticLogLoss",
    "Loss",
    "MultiSoftmax",
    "Pinball",
    "Poisson",
    "SoftmaxFocalLoss",
    "SoftmaxLogLoss",
    "SquaredError",
]


@dataclass(frozen=True)
class SquaredError(Loss):
    """Half the squared error: its value is the mean over outputs, its gradient that of the sum.

    This is scikit-learn's convention; more outputs do not weaken the gradient of each.

    Parameters
    ----------
    n_outputs : int
        Number of outputs, over which the value is a mean.

    Examples
    --------
    >>> from skdeep.nn import SquaredError
    >>> from skdeep.testing import run_loss
    >>> value, output = run_loss(SquaredError(), [[1.0], [3.0]], [0.0, 3.0])
    >>> round(value, 3), output.round(3).tolist()
    (0.25, [[1.0], [3.0]])
    """

    n_outputs: int = 1

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        kernel = loss_kernel(bodies.squared_error, share=1 / self.n_outputs)
        ops.launch(kernel, (value, delta), z, target, w)


@dataclass(frozen=True)
class AbsoluteError(Loss):
    """The absolute error, whose minimiser is the median; a mean over outputs.

    Parameters
    ----------
    n_outputs : int
        Number of outputs, over which the value is a mean.

    Examples
    --------
    >>> from skdeep.nn import AbsoluteError
    >>> from skdeep.testing import run_loss
    >>> value, output = run_loss(AbsoluteError(), [[1.0], [3.0]], [0.0, 3.0])
    >>> round(value, 3), output.round(3).tolist()
    (0.5, [[1.0], [3.0]])
    """

    n_outputs: int = 1

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        kernel = loss_kernel(bodies.absolute_error, share=1 / self.n_outputs)
        ops.launch(kernel, (value, delta), z, target, w)


@dataclass(frozen=True)
class Huber(Loss):
    """Half the squared error up to `delta`, linear beyond (Huber, 1964).

    Parameters
    ----------
    n_outputs : int
        Number of outputs, over which the value is a mean.
    delta : float
        Error up to which the loss is a square.

    Examples
    --------
    >>> from skdeep.nn import Huber
    >>> from skdeep.testing import run_loss
    >>> value, output = run_loss(Huber(delta=0.5), [[1.0], [3.0]], [0.0, 3.0])
    >>> round(value, 3), output.round(3).tolist()
    (0.188, [[1.0], [3.0]])
    """

    n_outputs: int = 1
    delta: float = 1.0

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        kernel = loss_kernel(bodies.huber, share=1 / self.n_outputs, delta=self.delta)
        ops.launch(kernel, (value, delta), z, target, w)


@dataclass(frozen=True)
class Poisson(Loss):
    """Half the Poisson deviance, summed over outputs, with a log link.

    Examples
    --------
    >>> from skdeep.nn import Poisson
    >>> from skdeep.testing import run_loss
    >>> value, output = run_loss(Poisson(), [[0.0], [1.0]], [1.0, 2.0])
    >>> round(value, 3), output.round(3).tolist()
    (0.052, [[1.0], [2.718]])
    """

    link = bodies.exponential
    out_activation: ClassVar[str] = "exp"
    domain = (0.0, inf)

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        ops.launch(loss_kernel(bodies.poisson), (value, delta), z, target, w)


@dataclass(frozen=True)
class Pinball(Loss):
    """The quantile loss (Koenker and Bassett, 1978) at several levels.

    Logits are ordered level by level within an output: column ``k * len(levels) + q``. The target
    repeats each output as often; ``n_outputs`` counts the logits that the value is a mean over.

    Parameters
    ----------
    levels : tuple of float
        Levels of the quantiles, between 0 and 1.
    n_outputs : int
        Number of logits that the value is a mean over.

    Examples
    --------
    >>> from skdeep.nn import Pinball
    >>> from skdeep.testing import run_loss
    >>> value, output = run_loss(Pinball(levels=(0.9,)), [[1.0], [3.0]], [0.0, 3.0])
    >>> round(value, 3), output.round(3).tolist()
    (0.05, [[1.0], [3.0]])
    """

    levels: tuple[float, ...] = (0.5,)
    n_outputs: int = 1

    def n_logits(self, n_outputs):
        return n_outputs * len(self.levels)

    def bind(self, binder, n_logits):
        levels = np.tile(np.array(self.levels, binder.dtype), n_logits // len(self.levels))
        return SimpleNamespace(levels=binder.constant(levels.reshape(1, -1, 1)))

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        kernel = loss_kernel(bodies.pinball, share=1 / self.n_outputs)
        ops.launch(kernel, (value, delta), z, target, w, work.levels)
