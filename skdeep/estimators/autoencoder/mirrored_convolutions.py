"""Convolutions that make images small, and their mirror image, which makes them large again."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from skdeep.estimators.cnn.architecture import ConvolutionalArchitecture
from skdeep.nn.blocks import initializers
from skdeep.nn.conv.blocks import conv_block, pooled
from skdeep.nn.conv.conv import Conv
from skdeep.nn.conv.images import PerAxis
from skdeep.nn.conv.upsample import Upsample
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.core.spec import Shape


@dataclass(frozen=True, kw_only=True)
class MirroredConvolutions(ConvolutionalArchitecture):
    """Base of autoencoders of images: convolutions and pooling, larger images and convolutions."""

    activation: str
    kernel_initializer: str
    normalization: str | None = None

    @abstractmethod
    def drops(self, name: str) -> list[Layer]:
        """Return the dropout behind a named layer."""

    def smaller(self, shape: Shape) -> tuple[list[Layer], list[Shape]]:
        """Return the convolutions, and the shapes before each and behind the last."""
        layers: list[Layer] = []
        shapes = [shape]
        for k in range(len(self.conv_layers)):
            block = self._encoder_block(k)
            layers += block
            shapes.append(Sequential(block).build(shapes[-1]).out_shape)
        return layers, shapes

    def larger(self, shapes: list[Shape]) -> list[Layer]:
        """Return the mirror images of convolutions between these shapes, the last one first."""
        layers: list[Layer] = []
        for k in reversed(range(len(self.conv_layers))):
            layers += self._decoder_block(k, shapes[k], shapes[k + 1])
        return layers

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

    def _convolution(self, name: str, filters: int, kernel: PerAxis) -> list[Layer]:
        """Return a convolution with what follows it up to the activation."""
        names, scheme = (name, f"{{}}_{name}"), self.kernel_initializer
        return conv_block(filters, kernel, *names, self.activation, scheme, self.normalization)
