"""The architecture of autoencoders of rows: dense layers to a code and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from skdeep.estimators.architecture import CodingArchitecture, refuse_noise
from skdeep.estimators.checks.values import check_activation, widths_of
from skdeep.nn.blocks import after, dense_block, dropout, initializers
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.spec import Shape
from skdeep.nn.dense.dense import Dense
from skdeep.nn.dense.tied import Tied
from skdeep.nn.noise.corruption import GaussianNoise, MaskingNoise, SaltAndPepper
from skdeep.nn.penalties.activity_penalty import KLActivity, L1Activity
from skdeep.nn.penalties.contractive import ContractiveDense

#: Units whose values are probabilities.
PROBABILITIES = ("logistic", "hard_sigmoid")


@dataclass(frozen=True, kw_only=True)
class DenoisingArchitecture(CodingArchitecture):
    """Base of autoencoders whose samples may go in corrupted."""

    n_components: int
    activation: str
    code_activation: str
    corruption: str | None
    corruption_level: float
    dropout: float
    normalization: str | None
    kernel_initializer: str

    def check(self) -> None:
        for name in ("activation", "code_activation"):
            check_activation(name, getattr(self, name))
        if self.corruption not in (None, "gaussian") and self.corruption_level >= 1:
            raise ValueError(
                f"corruption={self.corruption!r} needs corruption_level in [0, 1), the fraction of "
                f"the features that are set, got {self.corruption_level}"
            )

    def check_repeatable(self) -> None:
        for name, off in (("dropout", 0), ("corruption", None)):
            if getattr(self, name) != off:
                refuse_noise(name, getattr(self, name), off)

    def noise_layers(self, target: Any) -> list[Layer]:
        level, name = self.corruption_level, "corruption"
        if self.corruption is None or not level:
            return []
        if self.corruption == "gaussian":
            return [GaussianNoise(level, name=name)]
        if self.corruption == "masking":
            return [MaskingNoise(level, name=name)]
        return [SaltAndPepper(level, target.low.tolist(), target.high.tolist(), name=name)]

    def drops(self, name: str) -> list[Layer]:
        """Return the dropout behind a named layer."""
        return dropout(self.dropout, self.activation, f"dropout_{name}")


@dataclass(frozen=True, kw_only=True)
class AutoencoderArchitecture(DenoisingArchitecture):
    """Dense layers to a code, and their mirror image.

    Fields are parameters of :class:`skdeep.Autoencoder`.
    """

    hidden_layer_sizes: Any
    decoder_layer_sizes: Any
    tied_weights: bool
    sparsity_penalty: str
    sparsity_cost: float
    sparsity_target: float
    contraction_cost: float
    pretrain: str | None

    def widths(self) -> list[int]:
        """Return the width of each hidden layer of the encoder."""
        return widths_of("hidden_layer_sizes", self.hidden_layer_sizes)

    def decoder_widths(self) -> list[int]:
        """Return the width of each hidden layer of the decoder, which mirrors the encoder."""
        return decoder_widths(self)

    # ------------------------------------------------------------------ checks

    def check(self) -> None:
        super().check()
        sizes = self.widths()
        if self.decoder_widths() != sizes[::-1] and self.tied_weights:
            raise ValueError(
                f"tied_weights=True needs a decoder that mirrors {sizes}, got "
                f"decoder_layer_sizes={self.decoder_layer_sizes}: use None"
            )
        if self.sparsity_cost and self.sparsity_penalty == "kl":
            if self.code_activation not in PROBABILITIES:
                raise ValueError(
                    "sparsity_penalty='kl' needs a code_activation with values in [0, 1], one of "
                    f"{list(PROBABILITIES)}, got {self.code_activation!r}"
                )
        if self.contraction_cost and self.normalization is not None:
            raise ValueError(
                f"contraction_cost={self.contraction_cost} needs normalization=None, got "
                f"{self.normalization!r}: the slopes of normalised layers have no closed form"
            )
        if self.pretrain is not None:
            self._check_pretraining(f"pretrain={self.pretrain!r}", sizes)

    def _check_pretraining(self, what: str, sizes: list[int]) -> None:
        """Refuse networks whose layers have no counterpart to be trained with."""
        if self.decoder_widths() != sizes[::-1]:
            raise ValueError(
                f"{what} needs a decoder that mirrors {sizes}, got "
                f"decoder_layer_sizes={self.decoder_layer_sizes}: use None"
            )
        if self.normalization is not None:
            raise ValueError(f"{what} needs normalization=None, got {self.normalization!r}")
        if self.pretrain == "rbm" and sizes and self.activation != "logistic":
            raise ValueError(
                f"{what} needs activation='logistic', the units of the RBMs, got "
                f"{self.activation!r}"
            )

    # ------------------------------------------------------------------ layers

    def layers(self, shape: Shape, n_logits: int) -> list[Layer]:
        """Return the layers; the j-th map of the decoder mirrors the j-th last of the encoder."""
        layers: list[Layer] = []
        for k, width in enumerate(self.widths()):
            name = f"encoder_{k}"
            layers += self._encode(name, width, self.activation, self.normalization)
            layers += self.drops(name)
        layers += self._encode("code", self.n_components, self.code_activation, None)
        layers += self._sparsity_layers()
        decoder = self.decoder_widths()
        for k, width in enumerate(decoder):
            name = f"decoder_{k}"
            layers.append(self._decode(name, width, k))
            layers += after(f"{{}}_{name}", self.activation, self.normalization)
            layers += self.drops(name)
        return [*layers, self._decode("output", n_logits, len(decoder))]

    def _sparsity_layers(self) -> list[Layer]:
        if not self.sparsity_cost:
            return []
        if self.sparsity_penalty == "l1":
            return [L1Activity(self.sparsity_cost, name="sparsity")]
        return [KLActivity(self.sparsity_cost, self.sparsity_target, name="sparsity")]

    def _encode(self, name: str, width: int, activation: str, norm: str | None) -> list[Layer]:
        """Return an affine map with what follows it up to the activation."""
        scheme = self.kernel_initializer
        if self.contraction_cost:
            inits = initializers(scheme, activation)
            return [ContractiveDense(width, activation, self.contraction_cost, name=name, **inits)]
        return dense_block(width, name, f"{{}}_{name}", activation, scheme, norm)

    def _decode(self, name: str, width: int, k: int) -> Layer:
        """Return the k-th affine map of the decoder, with the weights of its mirror where tied."""
        inits = initializers(self.kernel_initializer, self.activation)
        if self.tied_weights:
            owner = f"encoder_{len(self.widths()) - k}" if k else "code"
            return Tied(width, owner, bias_init=inits["bias_init"], name=name)
        return Dense(width, name=name, **inits)

    def code_layer(self, names: Sequence[str]) -> str:
        return names[min(k for k, name in enumerate(names) if name in ("decoder_0", "output")) - 1]


def decoder_widths(architecture: Any) -> list[int]:
    """Return the width of each hidden layer of a decoder; None mirrors the encoder."""
    sizes = architecture.decoder_layer_sizes
    if sizes is None:
        return widths_of("hidden_layer_sizes", architecture.hidden_layer_sizes)[::-1]
    return widths_of("decoder_layer_sizes", sizes)
