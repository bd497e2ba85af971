"""The architecture of captions: a decoder that looks at the grid of a convolutional encoder."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from skdeep.estimators.cnn.architecture import CNNArchitecture
from skdeep.estimators.seq2seq.architecture import DecoderArchitecture
from skdeep.nn.attention.positions import LearnedPositions
from skdeep.nn.conv.reshape import Reshape
from skdeep.nn.core.encoder_decoder import EncoderDecoder
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.network import Network
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.core.spec import Shape
from skdeep.nn.dense.activation import Activation
from skdeep.nn.dense.dense import Dense
from skdeep.nn.initializers import Constant, VarianceScaling
from skdeep.nn.recurrent.time_distributed import TimeDistributed

#: The layer that makes steps of the regions of a grid.
REGIONS = "regions"


@dataclass(frozen=True, kw_only=True)
class CaptionArchitecture(DecoderArchitecture):
    """Convolutions, whose last images are the memory of a decoder of tokens.

    Fields are parameters of :class:`skdeep.ImageCaptioner`.
    """

    conv_layers: Any
    activation: Any
    pooling: Any
    pooling_type: str
    strides: Any
    dilation: Any
    padding: str
    normalization: str | None
    residual: bool
    kernel_initializer: str
    random_shift: Any
    random_flip: str | None
    augment: Any

    @property
    def convolutional(self) -> CNNArchitecture:
        """The convolutions."""
        return CNNArchitecture.of(self, hidden_layer_sizes=(), dropout=0.0, global_pooling=None)

    @property
    def takes_features(self) -> bool:
        """Whether samples are features already."""
        return not len(self.conv_layers)

    def check(self) -> None:
        super().check()
        self.convolutional.check()

    def check_axes(self, shape: Shape) -> None:
        """Refuse sizes for more or fewer axes than images of this shape have."""
        if not self.takes_features:
            self.convolutional.check_axes(shape)

    # ------------------------------------------------------------------ layers

    def layers(self, shape: Shape, n_logits: int) -> list[Layer]:
        layers = self._features(shape)
        *grid, width = Sequential(layers).build((prod(shape),)).out_shape
        layers.append(Reshape((prod(grid), width), name=REGIONS))
        if self.takes_features:
            dense = Dense(self.units, weight_init=VarianceScaling(), bias_init=Constant())
            layers.append(TimeDistributed([dense, Activation("tanh")], name="projection"))
            width = self.units
        if len(grid) > 1 or not self.takes_features:  # where regions have places
            layers.append(LearnedPositions(prod(grid), name="positions"))
        decoder = self.decoder(n_logits, width)
        return [EncoderDecoder(Sequential(layers), decoder, (prod(shape),), name="captioner")]

    def _features(self, shape: Shape) -> list[Layer]:
        """Return the layers from flat samples to features with their axes."""
        if self.takes_features:
            return [Reshape(shape, name="features")]
        return self.convolutional.grid(shape)


def grid_shape(network: Network) -> Shape:
    """Return the axes of the regions that a decoder looks at: (H, W) or (R,)."""
    ((_, captioner),) = network.spec.children.values()
    layers = captioner.children["encoder"][1].children
    names = list(layers)
    _, before = layers[names[names.index(REGIONS) - 1]]
    return before.out_shape[:-1]
