"""The architecture of convolutional autoencoders: blocks to a code, and their mirror images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from skdeep.estimators.autoencoder.architecture import DenoisingArchitecture
from skdeep.estimators.cnn.architecture import ConvolutionalArchitecture
from skdeep.nn.blocks import dense_block, initializers
from skdeep.nn.conv.blocks import conv_block, pooled
from skdeep.nn.conv.conv import Conv
from skdeep.nn.conv.images import PerAxis
from skdeep.nn.conv.reshape import Reshape
from skdeep.nn.conv.upsample import Upsample
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.core.spec import Shape


@dataclass(frozen=True, kw_only=True)
class ConvAutoencoderArchitecture(ConvolutionalArchitecture, DenoisingArchitecture):
    """Convolutions and pooling to a code, and back by larger images and convolutions.

    Fields are parameters of :class:`skdeep.ConvAutoencoder`.
    """

    def check(self) -> None:
        super().check()
        self.sizes_by_axis()

    def layers(self, shape: Shape, n_logits: int) -> list[Layer]:
        layers: list[Layer] = [Reshape(shape, name="image")]
        shapes = [shape]  # what each convolution gets
        for k in range(len(self.conv_layers)):
            block = self._encoder_block(k)
            layers += block
            shapes.append(Sequential(block).build(shapes[-1]).out_shape)
        layers += [
            Reshape(name="flat"),
            *self._dense("code", self.n_components, self.code_activation),
            *self._dense("decoder", prod(shapes[-1]), self.activation),
            Reshape(shapes[-1], name="decoder_image"),
        ]
        for k in reversed(range(len(self.conv_layers))):
            layers += self._decoder_block(k, shapes[k], shapes[k + 1])
        return [*layers, Reshape(name="output")]

    def _encoder_block(self, k: int) -> list[Layer]:
        filters, kernel = self.convolutions()[k]
        window = self.per_convolution("pooling")[k]
        block = self._convolution(f"conv_{k}", filters, kernel)
        block = pooled(block, self.pooling_type, window, f"pooling_conv_{k}")
        return [*block, *self.drops(f"conv_{k}")]

    def _decoder_block(self, k: int, large: Shape, small: Shape) -> list[Layer]:
        """Return the mirror image of convolution k: to the size and the channels that it got."""
        _, kernel = self.convolutions()[k]
        layers: list[Layer] = []
        if large[:-1] != small[:-1]:
            layers.append(Upsample(large[:-1], name=f"upsample_{k}"))
        if k:
            name = f"decoder_conv_{k}"
            return [*layers, *self._convolution(name, large[-1], kernel), *self.drops(name)]
        inits = initializers(self.kernel_initializer, "identity")
        return [*layers, Conv(large[-1], kernel, name="decoder_conv_0", **inits)]

    def _dense(self, name: str, width: int, activation: str) -> list[Layer]:
        return dense_block(width, name, f"{{}}_{name}", activation, self.kernel_initializer)

    def _convolution(self, name: str, filters: int, kernel: PerAxis) -> list[Layer]:
        """Return a convolution with what follows it up to the activation."""
        names, scheme = (name, f"{{}}_{name}"), self.kernel_initializer
        return conv_block(filters, kernel, *names, self.activation, scheme, self.normalization)

    def code_layer(self, names: Sequence[str]) -> str:
        return names[list(names).index("decoder") - 1]
