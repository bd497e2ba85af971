"""Architectures: which layers the parameters of an estimator describe."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from numbers import Integral, Real
from typing import Any, NoReturn, Self

import numpy as np

from skdeep.estimators.checks.values import (
    check_activation,
    entries_of,
    per_layer,
    registered,
    widths_of,
)
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.spec import Shape

#: Fields that name activations, some of which have other names, too.
ACTIVATION_FIELDS = ("activation", "code_activation")


@dataclass(frozen=True, kw_only=True)
class Architecture(ABC):
    """Base of the families' architectures: some parameters, and the layers that they stand for.

    It knows nothing of data, targets or fits. Only what some estimators have no parameter for has
    a default here.
    """

    @classmethod
    def of(cls, params: Any, **given: Any) -> Self:
        """Return the architecture that the attributes of `params` describe, and those given."""
        names = (field.name for field in fields(cls) if field.name not in given)
        found = {n: getattr(params, n) for n in names if hasattr(params, n)} | given
        for name in found.keys() & set(ACTIVATION_FIELDS):
            found[name] = registered(found[name])
        for name, value in found.items():
            if isinstance(value, np.integer):  # small ones would overflow in products of sizes
                found[name] = int(value)
        return cls(**found)

    def check(self) -> None:  # noqa: B027
        """Refuse parameters that describe no network, before data is looked at."""

    def check_repeatable(self) -> None:  # noqa: B027
        """Refuse noise, for solvers that need an objective that is not random."""

    @abstractmethod
    def layers(self, shape: Shape, n_logits: int) -> list[Layer]:
        """Return the layers from samples of this shape to the logits."""

    def noise_layers(self, target: Any) -> list[Layer]:
        """Return what comes before the layers in training, by what is known of the samples."""
        return []

    @property
    def n_layers(self) -> int | None:
        """Number of layers, input and output included; None where nobody counts them."""
        return None

    def hidden_names(self, names: Sequence[str]) -> list[str]:
        """Return which of the network's layers give hidden features, from their names."""
        return []


@dataclass(frozen=True, kw_only=True)
class HiddenArchitecture(Architecture):
    """Base of architectures whose last hidden layers are dense: what they are made of.

    Fields are parameters of :class:`skdeep.MLPClassifier`.
    """

    hidden_layer_sizes: Any
    activation: Any
    dropout: Any
    kernel_initializer: str
    normalization: str | None = None
    residual: bool = False
    transform_layer: int = -1

    def widths(self) -> list[int]:
        """Return the width of each dense hidden layer."""
        return list(self._widths)

    @cached_property
    def _widths(self) -> list[int]:
        return widths_of("hidden_layer_sizes", self.hidden_layer_sizes)

    @property
    def n_hidden(self) -> int:
        """Number of hidden layers that ``transform`` can give."""
        return len(self.widths())

    @property
    def n_layers(self) -> int:
        return self.n_hidden + 2

    def activations(self) -> list[Any]:
        """Return the activation of each hidden layer that has one."""
        return per_layer("activation", self.activation, self.n_hidden)

    def rates(self) -> list[Any]:
        """Return the dropout behind each hidden layer that may have some."""
        return per_layer("dropout", self.dropout, self.n_hidden)

    def check(self) -> None:
        for value in entries_of("activation", self.activation):  # also without hidden layers
            check_activation("activation", value, more=("maxout",))
        self.activations()
        for value in self.rates():
            if not (isinstance(value, Real) and 0 <= float(value) < 1):
                raise ValueError(f"dropout must be in [0, 1), got {value!r}")
        hidden_index(self.transform_layer, self.n_hidden)

    def check_repeatable(self) -> None:
        if any(self.rates()):
            refuse_noise("dropout", self.dropout, 0)


@dataclass(frozen=True, kw_only=True)
class CodingArchitecture(Architecture):
    """Base of architectures that give samples back through a code."""

    @abstractmethod
    def code_layer(self, names: Sequence[str]) -> str:
        """Return which of the network's layers gives codes."""

    def decoder_start(self, names: Sequence[str]) -> str:
        """Return the name of the layer in whose place codes are decoded."""
        return self.code_layer(names)


def check_architecture(estimator: Any) -> None:
    """Refuse parameters of an estimator that describe no samples, no network or no parts."""
    estimator._input.check_parameters(estimator)
    architecture = estimator._architecture()
    architecture.check()
    if estimator.solver == "lbfgs":
        architecture.check_repeatable()
    estimator._parts.check(estimator)


def refuse_noise(name: str, value: Any, off: Any) -> NoReturn:
    """Refuse a parameter that makes the objective random."""
    raise ValueError(
        f"{name}={value!r} does not work with solver='lbfgs', which needs an objective "
        f"that is not random: use another solver or {name}={off}"
    )


def hidden_index(transform_layer: Any, n: int) -> int:
    """Return which of `n` hidden layers ``transform`` gives; -1 where there are none."""
    whole = isinstance(transform_layer, Integral)
    if not whole or (n and not -n <= int(transform_layer) < n):
        raise ValueError(
            f"transform_layer must be the number of one of {n} hidden layers, got "
            f"{transform_layer!r}"
        )
    return range(n)[int(transform_layer)] if n else -1
