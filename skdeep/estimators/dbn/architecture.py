"""The architecture of deep belief networks: logistic layers, and the way back down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from skdeep.estimators.architecture import CodingArchitecture, hidden_index
from skdeep.estimators.mlp.architecture import MLPArchitecture
from skdeep.nn.blocks import initializers
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.spec import Shape
from skdeep.nn.dense.activation import Activation
from skdeep.nn.dense.dense import Dense


@dataclass(frozen=True, kw_only=True)
class DBNArchitecture(MLPArchitecture):
    """A multilayer perceptron of logistic units, as those of the RBMs are."""

    activation: Any = "logistic"


@dataclass(frozen=True, kw_only=True)
class UnrolledArchitecture(DBNArchitecture, CodingArchitecture):
    """The way up encodes, and its mirror image decodes: :class:`skdeep.DBNTransformer`."""

    @property
    def n_layers(self) -> int:
        return 2 * self.n_hidden + 1

    def layers(self, shape: Shape, n_logits: int) -> list[Layer]:
        *encoder, output = super().layers(shape, n_logits)
        inits = initializers(self.kernel_initializer, "logistic")
        decoder: list[Layer] = []
        for k, width in reversed(list(enumerate(self.widths()[:-1]))):
            decoder.append(Dense(width, name=f"decoder_{k}", **inits))
            decoder.append(Activation("logistic", name=f"decoded_{k}"))
        return [*encoder, *decoder, output]

    def hidden_names(self, names: Sequence[str]) -> list[str]:
        return super().hidden_names([name for name in names if not name.startswith("deco")])

    def code_layer(self, names: Sequence[str]) -> str:
        hidden = self.hidden_names(names)
        return hidden[hidden_index(self.transform_layer, len(hidden))]

    def decoder_start(self, names: Sequence[str]) -> str:
        hidden = self.hidden_names(names)
        layer = hidden_index(self.transform_layer, len(hidden))
        return hidden[layer] if layer == len(hidden) - 1 else f"decoded_{layer}"
