"""The one list of optimizers; `tests/optim` holds every entry to the same contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from skdeep.optim.adagrad import Adagrad
from skdeep.optim.adam import Adam
from skdeep.optim.adamw import AdamW
from skdeep.optim.base import Optimizer
from skdeep.optim.lion import Lion
from skdeep.optim.nadam import NAdam
from skdeep.optim.radam import RAdam
from skdeep.optim.rmsprop import RMSprop
from skdeep.optim.sgd import SGD, Momentum, Nesterov
from tests.reference import optimizers as reference


@dataclass(frozen=True)
class Case:
    """An optimizer, its independent loop, and values of each hyper-parameter for three models."""

    make: type[Optimizer]
    reference: Callable[..., Any]
    hyper: Mapping[str, tuple[float, float, float]]

    def single(self, model: int) -> dict[str, float]:
        """Return the hyper-parameters of one model."""
        return {name: values[model] for name, values in self.hyper.items()}

    def __str__(self) -> str:
        return self.make.__name__


MOMENTUM = (0.9, 0.0, 0.5)
BETA_1 = (0.9, 0.0, 0.95)
BETA_2 = (0.999, 0.9, 0.5)  # RAdam: adapts from the sixth step, from the sixth, never
EPSILON = (1e-8, 1e-3, 0.1)

CASES = [
    Case(SGD, reference.sgd, {}),
    Case(Momentum, reference.momentum, {"momentum": MOMENTUM}),
    Case(Nesterov, reference.nesterov, {"momentum": MOMENTUM}),
    Case(Adam, reference.adam, {"beta_1": BETA_1, "beta_2": BETA_2, "epsilon": EPSILON}),
    Case(AdamW, reference.adamw, {"beta_1": BETA_1, "beta_2": BETA_2, "epsilon": EPSILON}),
    Case(
        NAdam,
        reference.nadam,
        {
            "beta_1": BETA_1,
            "beta_2": BETA_2,
            "epsilon": EPSILON,
            "momentum_decay": (0.004, 0.0, 0.1),
        },
    ),
    Case(RAdam, reference.radam, {"beta_1": BETA_1, "beta_2": BETA_2, "epsilon": EPSILON}),
    Case(RMSprop, reference.rmsprop, {"beta_2": BETA_2, "epsilon": EPSILON}),
    Case(Adagrad, reference.adagrad, {"epsilon": EPSILON}),
    Case(Lion, reference.lion, {"beta_1": BETA_1, "beta_2": BETA_2}),
]
