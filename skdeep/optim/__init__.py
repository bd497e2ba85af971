"""How parameters move: optimizers, learning-rate schedules and L-BFGS.

An optimizer is one file here and one line in :data:`SOLVERS`, which makes it a ``solver=``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from skdeep.optim.adagrad import Adagrad
from skdeep.optim.adam import Adam
from skdeep.optim.adamw import AdamW
from skdeep.optim.base import Optimizer
from skdeep.optim.lion import Lion
from skdeep.optim.nadam import NAdam
from skdeep.optim.radam import RAdam
from skdeep.optim.rmsprop import RMSprop
from skdeep.optim.sgd import SGD, Momentum, Nesterov

__all__ = ["SOLVERS", "SolverOptions", "make_optimizer"]


@dataclass(frozen=True)
class SolverOptions:
    """The estimators' parameters that solvers read, each a float or an ndarray of shape (M,)."""

    momentum: Any = 0.9
    nesterovs_momentum: bool = True
    beta_1: Any = 0.9
    beta_2: Any = 0.999
    epsilon: Any = 1e-8


def _sgd(options: SolverOptions) -> Optimizer:
    if not np.any(options.momentum):
        return SGD()
    return (Nesterov if options.nesterovs_momentum else Momentum)(options.momentum)


#: What each ``solver=`` of the estimators stands for.
SOLVERS: dict[str, Callable[[SolverOptions], Optimizer]] = {
    "sgd": _sgd,
    "adam": lambda o: Adam(o.beta_1, o.beta_2, o.epsilon),
    "adamw": lambda o: AdamW(o.beta_1, o.beta_2, o.epsilon),
    "nadam": lambda o: NAdam(o.beta_1, o.beta_2, o.epsilon),
    "radam": lambda o: RAdam(o.beta_1, o.beta_2, o.epsilon),
    "rmsprop": lambda o: RMSprop(o.beta_2, o.epsilon),
    "adagrad": lambda o: Adagrad(o.epsilon),
    "lion": lambda o: Lion(o.beta_1, o.beta_2),
}


def make_optimizer(
    solver: str,
    *,
    momentum: Any = SolverOptions.momentum,
    nesterovs_momentum: bool = SolverOptions.nesterovs_momentum,
    beta_1: Any = SolverOptions.beta_1,
    beta_2: Any = SolverOptions.beta_2,
    epsilon: Any = SolverOptions.epsilon,
) -> Optimizer:
    """Return the optimizer that a ``solver=`` stands for.

    Parameters
    ----------
    solver : str
        A name in :data:`SOLVERS`.
    momentum : float or ndarray of shape (M,), default=0.9
        Fraction of the velocity that is kept; "sgd" only.
    nesterovs_momentum : bool, default=True
        Whether "sgd" looks ahead.
    beta_1 : float or ndarray of shape (M,), default=0.9
        Decay rate of the mean gradient; in "lion" its share in the step.
    beta_2 : float or ndarray of shape (M,), default=0.999
        Decay rate of the mean squared gradient; in "lion" of the mean gradient.
    epsilon : float or ndarray of shape (M,), default=1e-8
        Added to the denominator of every rule that divides.

    Returns
    -------
    optimizer : Optimizer
        The rule, with the parameters that it reads.

    Raises
    ------
    ValueError
        If there is no such solver.

    Examples
    --------
    >>> from skdeep.optim import make_optimizer
    >>> make_optimizer("rmsprop", beta_2=0.99)
    RMSprop(beta_2=0.99, epsilon=1e-08)
    """
    if solver not in SOLVERS:
        raise ValueError(f"solver must be one of {sorted(SOLVERS)}, got {solver!r}")
    options = SolverOptions(momentum, nesterovs_momentum, beta_1, beta_2, epsilon)
    return SOLVERS[solver](options)
