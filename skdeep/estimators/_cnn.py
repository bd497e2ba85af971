"""What the two convolutional networks share: images in, and the layers that see them."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.estimators._images import ImageRows, sizes_of
from skdeep.estimators._mlp import MultilayerPerceptron
from skdeep.nn.activation import Activation
from skdeep.nn.batch_norm import BatchNorm
from skdeep.nn.conv import Conv
from skdeep.nn.displacement import Displacement
from skdeep.nn.dropout import AlphaDropout, Dropout
from skdeep.nn.global_pooling import GlobalAveragePool, GlobalMaxPool
from skdeep.nn.images import PerAxis
from skdeep.nn.initializers import get_initializers
from skdeep.nn.layer import Layer, Shape, ShapeError
from skdeep.nn.layer_norm import LayerNorm
from skdeep.nn.pooling import AveragePool, MaxPool, Pool
from skdeep.nn.positions import Positions
from skdeep.nn.reshape import Reshape
from skdeep.nn.residual import Residual
from skdeep.nn.sequential import Sequential

POOLS: dict[str, type[Pool]] = {"max": MaxPool, "average": AveragePool}
GLOBAL_POOLS = {"max": GlobalMaxPool, "average": GlobalAveragePool}
NORMS = {"batch": BatchNorm, "layer": LayerNorm}
#: Activations that never fall: the largest output is that of the largest input.
RISING = frozenset(
    {"logistic", "tanh", "relu", "leaky_relu", "elu", "selu", "softplus", "hard_tanh"}
    | {"hard_sigmoid"}
)


class ConvolutionalNetwork(ImageRows, MultilayerPerceptron):
    """Convolutions before the dense layers; comes before an estimator of rows."""

    # ------------------------------------------------------------------ parameters

    def _n_hidden(self) -> int:
        return len(self.conv_layers) + len(self._sizes())

    def _check_layers(self) -> None:
        self._check_images()
        super()._check_layers()
        if "maxout" in self._per_layer("activation")[: len(self.conv_layers)]:
            raise ValueError("activation='maxout' is for dense layers, and comes here first")
        if self.residual and self.padding == "valid":
            raise ValueError("residual=True needs padding='same', which keeps the image's size")
        moves = np.any(self._shift()) or self.random_flip is not None
        if self.solver == "lbfgs" and moves:
            raise ValueError(
                "random_shift and random_flip do not go with solver='lbfgs', which needs an "
                "objective that is not random: use another solver"
            )

    def _shift(self) -> PerAxis:
        return sizes_of("random_shift", self.random_shift, least=0)

    def _sizes_by_axis(self) -> dict[str, list[PerAxis]]:
        more = {name: self._per_convolution(name) for name in ("strides", "dilation")}
        return {**super()._sizes_by_axis(), **more, "random_shift": [self._shift()]}

    def _noisy_outputs(self, X: Any, n_samples: int) -> tuple[Any, Any]:
        layers = self._network.spec.children if self.__sklearn_is_fitted__() else {}
        drops = [spec.has("noise") for name, (_, spec) in layers.items() if name != "displacement"]
        if layers and not any(drops):
            raise ValueError(
                f"return_std=True needs dropout, and this {type(self).__name__} was fitted with "
                "dropout=0"
            )
        return super()._noisy_outputs(self._fitted_rows(X), n_samples)

    # ------------------------------------------------------------------ layers

    def _layers(self, n_features: int, n_logits: int) -> list[Layer]:
        activations, rates = self._per_layer("activation"), self._per_layer("dropout")
        layers: list[Layer] = [Reshape(self.image_shape_, name="image")]
        shift = self._shift()
        if np.any(shift) or self.random_flip is not None:
            layers.append(Displacement(shift, self.random_flip, name="displacement"))
        n, shape = len(self.conv_layers), self.image_shape_
        for k in range(n):
            block = self._conv_block(k, activations[k], rates[k])
            if self.padding == "valid":
                shape = self._shape_after(k, block, shape)
            layers += block
        if self.global_pooling is None:
            layers.append(Reshape(name="flat"))
        else:
            layers.append(GLOBAL_POOLS[self.global_pooling](name="global_pooling"))
        return [*layers, *self._dense_layers(n_logits, activations[n:], rates[n:])]

    def _shape_after(self, k: int, block: list[Layer], shape: Shape) -> Shape:
        """Return the shape that the k-th block leaves; refuse a kernel that finds no place."""
        try:
            return Sequential(block).build(shape).out_shape
        except ShapeError as error:
            filters, kernel = self._convolutions()[k]
            raise ValueError(
                f"conv_layers[{k}], ({filters}, {kernel}), finds no place for its kernel: "
                f"padding='valid' and the layers before leave {shape} of images "
                f"{self.image_shape_}. Take a smaller one, or padding='same'"
            ) from error

    def _conv_block(self, k: int, activation: str, rate: float) -> list[Layer]:
        """Return convolution k: kernels, normalisation, activation, pooling, dropout."""
        weight, bias = get_initializers(self.kernel_initializer, activation)
        filters, kernel = self._convolutions()[k]
        conv = Conv(
            filters,
            kernel,
            strides=self._per_convolution("strides")[k],
            dilation=self._per_convolution("dilation")[k],
            padding=self.padding,
            bias=self.normalization != "batch",  # which takes the mean away, and any bias with it
            weight_init=weight,
            bias_init=bias,
            name=f"conv_{k}",
        )
        block: list[Layer] = [conv]
        if self.normalization is not None:
            block.append(Positions(NORMS[self.normalization](), name=f"conv_norm_{k}"))
        if activation != "identity":
            block.append(Activation(activation, name=f"conv_activation_{k}"))
        if self.residual:
            block = [Residual(block, weight_init=weight, name=f"conv_block_{k}")]
        window = self._per_convolution("pooling")[k]
        if np.any(np.array(window) > 1):
            pool = POOLS[self.pooling_type](window, name=f"conv_pooling_{k}")
            # Where it makes no difference, pooling comes first and leaves less to activate.
            first = self.pooling_type == "max" and activation in RISING and not self.residual
            block.insert(len(block) - 1 if first else len(block), pool)
        if rate:
            dropout = AlphaDropout if activation == "selu" else Dropout
            block.append(dropout(rate, name=f"conv_dropout_{k}"))
        return block

    def _last_names(self) -> list[str]:
        names: dict[tuple[bool, str], str] = {}
        for name in list(self._network.spec.children)[:-1]:
            number = name.rpartition("_")[2]
            if number.isdigit():
                names[name.startswith("conv_"), number] = name
        return list(names.values())
