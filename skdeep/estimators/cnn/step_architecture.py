"""The architecture of convolutional networks that read sequences of any length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from skdeep.estimators.architecture import hidden_index
from skdeep.estimators.augmented import check_any_length
from skdeep.estimators.cnn.architecture import CNNArchitecture
from skdeep.nn.conv.blocks import OF_STEPS, Layers
from skdeep.nn.conv.step_conv import StepConv
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.spec import Shape
from skdeep.nn.core.steps import least_steps
from skdeep.nn.initializers import Initializer


@dataclass(frozen=True, kw_only=True)
class StepCNNArchitecture(CNNArchitecture):
    """Convolutions over steps, what they are pooled to, and dense layers.

    The shape of a sample is that of a sequence, (T, C), of any number of steps.
    """

    made_of: ClassVar[Layers] = OF_STEPS

    def layers(self, shape: Shape, n_logits: int) -> list[Layer]:
        if self.global_pooling is None:
            raise ValueError(
                "global_pooling=None is for images of one size, and X holds sequences of any "
                "length: set 'average' or 'max'"
            )
        check_any_length(self.changes())
        hidden_index(self.transform_layer, 1 + len(self.widths()))
        from skdeep.nn.recurrent.step_pooling import MaxSteps, MeanSteps  # images load neither

        pool = (MaxSteps if self.global_pooling == "max" else MeanSteps)(name="global_pooling")
        return [*self.grid(shape), pool, *self.dense.layers(shape, n_logits)]

    def grid(self, shape: Shape) -> list[Layer]:
        """Return the layers from sequences to the outputs of the convolutions."""
        layers = self._augment()
        for k in range(len(self.conv_layers)):
            layers += self._conv_block(k)
        return layers

    def least_steps(self, channels: int) -> int:
        """Return the length of the shortest sequences that convolutions take."""
        if self.padding == "same":
            return 1
        return least_steps(self.grid((1, channels)), (channels,))

    def _shortcut(self, k: int, start: Initializer) -> str | Layer:
        strides = self.per_convolution("strides")[k]
        if strides in (1, (1,)):
            return "auto"
        filters, _ = self.convolutions()[k]
        return StepConv(filters, 1, strides=strides, bias=False, weight_init=start)

    def hidden_names(self, names: Sequence[str]) -> list[str]:
        """Return what gives one row for each sequence: what is pooled, and the dense layers."""
        last: dict[str, str] = {}
        names = list(names)[:-1]
        for name in names[names.index("global_pooling") :]:
            last[name.rpartition("_")[2]] = name
        return list(last.values())
