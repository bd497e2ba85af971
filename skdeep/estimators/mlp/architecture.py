"""The architecture of multilayer perceptrons: dense hidden layers, and the output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from skdeep.estimators.architecture import HiddenArchitecture
from skdeep.estimators.number_layers import feature_scale, learned_activation, number_embedding
from skdeep.nn.blocks import dense_block, dropout, initializers
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.residual import Residual
from skdeep.nn.core.spec import Shape
from skdeep.nn.dense.activation import Activation
from skdeep.nn.dense.dense import Dense


@dataclass(frozen=True, kw_only=True)
class MLPArchitecture(HiddenArchitecture):
    """Dense hidden layers, each with its normalisation, activation and dropout."""

    numeric_embedding: str | None = None
    scaling_layer: bool = False
    parametric_activation: bool = False

    def check(self) -> None:
        super().check()
        if "maxout" not in self.activations():
            return
        for name, value in (
            ("kernel_initializer", self.kernel_initializer == "ntk"),
            ("parametric_activation", self.parametric_activation),
        ):
            if value:
                raise ValueError(
                    f"{name}={getattr(self, name)!r} does not work with activation='maxout'"
                )

    def layers(self, shape: Shape, n_logits: int) -> list[Layer]:
        scheme, activations, rates = self.kernel_initializer, self.activations(), self.rates()
        numbers = number_embedding(self.numeric_embedding)
        layers: list[Layer] = [] if numbers is None else [numbers]
        layers += [feature_scale()] if self.scaling_layer else []
        for k, width in enumerate(self.widths()):
            activation = activations[k]
            names = (f"hidden_{k}", f"{{}}_{k}")
            block = dense_block(width, *names, activation, scheme, self.normalization)
            if self.parametric_activation:
                block = [_learned(layer) for layer in block]
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
        own = [name for name in names if name not in ("numbers", "scale")]
        for name in own[:-1]:
            last[name.rsplit("_", 1)[1]] = name
        return list(last.values())


def _learned(layer: Layer) -> Layer:
    """Return an activation as one that units learn how far to take up, another layer as it is."""
    if not isinstance(layer, Activation):
        return layer
    assert layer.name is not None
    return learned_activation(layer.function, layer.name)
