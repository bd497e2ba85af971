"""The architecture of recurrent autoencoders: steps to a code, and steps of the code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from skdeep.estimators.autoencoder.architecture import DenoisingArchitecture
from skdeep.estimators.checks.values import widths_of
from skdeep.estimators.rnn.architecture import CELLS, RNNArchitecture
from skdeep.nn.blocks import dense_block, initializers
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.spec import Shape
from skdeep.nn.dense.dense import Dense
from skdeep.nn.initializers import get_initializers
from skdeep.nn.noise.dropout import StepDropout
from skdeep.nn.recurrent.repeat_steps import RepeatSteps
from skdeep.nn.recurrent.time_distributed import TimeDistributed


@dataclass(frozen=True, kw_only=True)
class RNNAutoencoderArchitecture(RNNArchitecture, DenoisingArchitecture):
    """Recurrent layers to a code, which others read at each step to give the sequence back.

    Fields are parameters of :class:`skdeep.RNNAutoencoder`.
    """

    decoder_layer_sizes: Any
    hidden_layer_sizes: Any = ()
    activation: Any = "relu"
    normalization: str | None = None

    def decoder_units(self) -> list[int]:
        """Return how many units each recurrent layer of the decoder has."""
        if self.decoder_layer_sizes is None:
            return self.units()[::-1]
        sizes = widths_of("decoder_layer_sizes", self.decoder_layer_sizes)
        if not sizes:
            raise ValueError("decoder_layer_sizes must be one or more positive integers, got []")
        return sizes

    @property
    def n_layers(self) -> int:
        return len(self.units()) + len(self.decoder_units()) + 3

    def check(self) -> None:
        self.units()
        self.decoder_units()
        DenoisingArchitecture.check(self)

    def check_repeatable(self) -> None:
        DenoisingArchitecture.check_repeatable(self)
        RNNArchitecture.check_repeatable(self)

    # ------------------------------------------------------------------ layers

    def layers(self, shape: Shape, n_logits: int) -> list[Layer]:
        units = self.units()
        encoder = self.recurrent(shape, [self.dropout] * len(units))
        encoder.append(self.pool(units[-1] if self.bidirectional else 0))
        code = ("code", "{}_code", self.code_activation, self.kernel_initializer)
        encoder += dense_block(self.n_components, *code)
        output = Dense(n_logits, name="output", **initializers(self.kernel_initializer, "identity"))
        return [
            RepeatSteps(encoder, name="codes"),
            *self._decoder(),
            TimeDistributed([output], name="steps"),
        ]

    def _decoder(self) -> list[Layer]:
        """Return layers that read the code at each step; they know no later steps."""
        weight, _ = get_initializers(self.kernel_initializer, "tanh")
        options: dict[str, Any] = {"dropout": self.recurrent_dropout, "weight_init": weight}
        if self.tbptt_steps is not None:
            options["truncate"] = self.tbptt_steps
        layers: list[Layer] = []
        for k, width in enumerate(self.decoder_units()):
            layers.append(CELLS[self.cell](width, **options, name=f"decoder_{k}"))
            if self.dropout:
                layers.append(StepDropout(self.dropout, name=f"decoder_dropout_{k}"))
        return layers

    def code_layer(self, names: Sequence[str]) -> str:
        return "codes"
