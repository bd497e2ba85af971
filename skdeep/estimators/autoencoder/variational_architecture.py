"""The architecture of variational autoencoders: to the density of a code, and from a code back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from skdeep.estimators.architecture import CodingArchitecture
from skdeep.estimators.autoencoder.architecture import decoder_widths
from skdeep.estimators.checks.values import check_activation, widths_of
from skdeep.nn.blocks import dense_block, initializers
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.core.spec import Shape
from skdeep.nn.dense.dense import Dense
from skdeep.nn.variational.bounded_log_variance import BoundedLogVariance
from skdeep.nn.variational.gaussian_code import GaussianCode
from skdeep.nn.variational.likelihoods import BernoulliDecoder, GaussianDecoder, Likelihood


@dataclass(frozen=True, kw_only=True)
class VAEArchitecture(CodingArchitecture):
    """Dense layers to means and variances of a code, and dense layers back.

    Fields are parameters of :class:`skdeep.VariationalAutoencoder`.
    """

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
        encoder = widths_of("hidden_layer_sizes", self.hidden_layer_sizes)
        output = self.likelihood().output
        return [
            Sequential(
                [
                    *self._side(encoder, Dense, 2 * self.n_components),
                    BoundedLogVariance(name="bounds"),
                ],
                name="encoder",
            ),
            GaussianCode(self.n_components, name="code"),
            Sequential(self._side(decoder_widths(self), output, shape[0]), name="decoder"),
        ]

    def _side(self, sizes: Sequence[int], output: type[Dense], width: int) -> list[Layer]:
        """Return hidden layers and an affine one, of the encoder or the decoder."""
        activation, scheme = self.activation, self.kernel_initializer
        layers: list[Layer] = []
        for k, size in enumerate(sizes):
            layers += dense_block(size, f"hidden_{k}", f"{{}}_{k}", activation, scheme)
        return [*layers, output(width, name="output", **initializers(scheme, activation))]

    def code_layer(self, names: Sequence[str]) -> str:
        return "code"
