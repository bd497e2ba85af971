"""The architecture of multilayer perceptrons: dense hidden layers, and the output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from skdeep.estimators.architecture import HiddenArchitecture
from skdeep.nn.blocks import dense_block, dropout, initializers
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.residual import Residual
from skdeep.nn.core.spec import Shape
from skdeep.nn.dense.dense import Dense


@dataclass(frozen=True, kw_only=True)
class MLPArchitecture(HiddenArchitecture):
    """Dense hidden layers, each with its normalisation, activation and dropout."""

    def layers(self, shape: Shape, n_logits: int) -> list[Layer]:
        scheme, activations, rates = self.kernel_initializer, self.activations(), self.rates()
        layers: list[Layer] = []
        for k, width in enumerate(self.widths()):
            activation = activations[k]
            names = (f"hidden_{k}", f"{{}}_{k}")
            block = dense_block(width, *names, activation, scheme, self.normalization)
            block += dropout(rates[k], activation, f"dropout_{k}")
            if self.residual:
                shortcut = initializers(scheme, "identity")["weight_init"]
                block = [Residual(block, weight_init=shortcut, name=f"block_{k}")]
            layers += block
        # scikit-learn's scheme reads the parameter also where there is no hidden layer.
        last = activations[-1] if activations else self.activation
        return [*layers, Dense(n_logits, name="output", **initializers(scheme, last))]

    def hidden_names(self, names: Sequence[str]) -> list[str]:
        last: dict[str, str] = {}
        for name in list(names)[:-1]:
            last[name.rsplit("_", 1)[1]] = name
        return list(last.values())
