"""Architectures of variational autoencoders: to the density of a code, and from a code back."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from skdeep.estimators.architecture import CodingArchitecture
from skdeep.estimators.autoencoder.architecture import decoder_widths
from skdeep.estimators.autoencoder.mirrored_convolutions import MirroredConvolutions
from skdeep.estimators.checks.values import check_activation, widths_of
from skdeep.nn.blocks import dense_block, initializers
from skdeep.nn.conv.reshape import Reshape
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.core.spec import Shape
from skdeep.nn.dense.dense import Dense
from skdeep.nn.variational.bounded_log_variance import BoundedLogVariance
from skdeep.nn.variational.gaussian_code import GaussianCode
from skdeep.nn.variational.likelihoods import BernoulliDecoder, GaussianDecoder, Likelihood


@dataclass(frozen=True, kw_only=True)
class VariationalArchitecture(CodingArchitecture):
    """An encoder to means and variances of a code, and a decoder."""

    n_components: int
    hidden_layer_sizes: Any
    decoder_layer_sizes: Any
    activation: str
    decoder: str
    noise_variance: float | None
    kernel_initializer: str

    def check(self) -> None:
        widths_of("hidden_layer_sizes", self.hidden_layer_sizes)
        decoder_widths(self)
        check_activation("activation", self.activation)
        if self.noise_variance is not None and self.decoder != "gaussian":
            raise ValueError(
                f"noise_variance={self.noise_variance} is the variance of decoder='gaussian', got "
                f"decoder={self.decoder!r}"
            )

    def likelihood(self) -> Likelihood:
        """Return how rows are distributed around what was decoded."""
        if self.decoder == "bernoulli":
            return BernoulliDecoder()
        variance = self.noise_variance
        return GaussianDecoder(None if variance is None else float(variance))

    def layers(self, shape: Shape, n_logits: int) -> list[Layer]:
        encoder, decoder = self._sides(shape)
        code = self._affine(Dense, 2 * self.n_components)
        return [
            Sequential([*encoder, code, BoundedLogVariance(name="bounds")], name="encoder"),
            GaussianCode(self.n_components, name="code"),
            Sequential(decoder, name="decoder"),
        ]

    @abstractmethod
    def _sides(self, shape: Shape) -> tuple[list[Layer], list[Layer]]:
        """Return the layers of the encoder but for the last, and of the decoder."""

    def _hidden(self, sizes: Sequence[int]) -> list[Layer]:
        """Return dense hidden layers of the encoder or the decoder."""
        activation, scheme = self.activation, self.kernel_initializer
        layers: list[Layer] = []
        for k, size in enumerate(sizes):
            layers += dense_block(size, f"hidden_{k}", f"{{}}_{k}", activation, scheme)
        return layers

    def _affine(self, layer: type[Dense], width: int) -> Layer:
        """Return the affine layer that is the last of a side."""
        return layer(width, name="output", **initializers(self.kernel_initializer, self.activation))

    def _widths(self) -> list[int]:
        return widths_of("hidden_layer_sizes", self.hidden_layer_sizes)

    def code_layer(self, names: Sequence[str]) -> str:
        return "code"


@dataclass(frozen=True, kw_only=True)
class VAEArchitecture(VariationalArchitecture):
    """Dense layers to means and variances of a code, and dense layers back.

    Fields are parameters of :class:`skdeep.VariationalAutoencoder`.
    """

    def check_axes(self, shape: Shape) -> None:
        """Take images of any shape, of which dense layers see the pixels."""

    def _sides(self, shape: Shape) -> tuple[list[Layer], list[Layer]]:
        output = self._affine(self.likelihood().output, shape[0])
        return self._hidden(self._widths()), [*self._hidden(decoder_widths(self)), output]


@dataclass(frozen=True, kw_only=True)
class ConvVAEArchitecture(VariationalArchitecture, MirroredConvolutions):
    """Convolutions, then dense layers, to means and variances of a code; back by their mirror.

    Fields are parameters of :class:`skdeep.VariationalAutoencoder`.
    """

    def check(self) -> None:
        super().check()
        self.sizes_by_axis()

    def drops(self, name: str) -> list[Layer]:
        return []

    def _sides(self, shape: Shape) -> tuple[list[Layer], list[Layer]]:
        convolutions, shapes = self.smaller(shape)
        activation, scheme = self.activation, self.kernel_initializer
        encoder = [Reshape(shape, name="image"), *convolutions, Reshape(name="flat")]
        decoder = [
            *self._hidden(decoder_widths(self)),
            *dense_block(prod(shapes[-1]), "small", "{}_small", activation, scheme),
            Reshape(shapes[-1], name="image"),
            *self.larger(shapes),
            Reshape(name="flat"),
            self.likelihood().offset(name="output"),
        ]
        return [*encoder, *self._hidden(self._widths())], decoder
