"""The architecture of convolutional autoencoders: blocks to a code, and their mirror images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from skdeep.estimators.autoencoder.architecture import DenoisingArchitecture
from skdeep.estimators.autoencoder.mirrored_convolutions import MirroredConvolutions
from skdeep.nn.blocks import dense_block
from skdeep.nn.conv.reshape import Reshape
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.spec import Shape


@dataclass(frozen=True, kw_only=True)
class ConvAutoencoderArchitecture(DenoisingArchitecture, MirroredConvolutions):
    """Convolutions and pooling to a code, and back by larger images and convolutions.

    Fields are parameters of :class:`skdeep.ConvAutoencoder`.
    """

    def check(self) -> None:
        super().check()
        self.sizes_by_axis()

    def layers(self, shape: Shape, n_logits: int) -> list[Layer]:
        convolutions, shapes = self.smaller(shape)
        return [
            Reshape(shape, name="image"),
            *convolutions,
            Reshape(name="flat"),
            *self._dense("code", self.n_components, self.code_activation),
            *self._dense("decoder", prod(shapes[-1]), self.activation),
            Reshape(shapes[-1], name="decoder_image"),
            *self.larger(shapes),
            Reshape(name="output"),
        ]

    def _dense(self, name: str, width: int, activation: str) -> list[Layer]:
        return dense_block(width, name, f"{{}}_{name}", activation, self.kernel_initializer)

    def code_layer(self, names: Sequence[str]) -> str:
        return names[list(names).index("decoder") - 1]
