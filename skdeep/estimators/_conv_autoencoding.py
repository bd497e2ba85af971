"""What a convolutional autoencoder's parameters mean: blocks to a code, and their mirror images."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from skdeep.estimators._cnn import NORMS, POOLS, RISING
from skdeep.estimators._denoising import DenoisingEstimator
from skdeep.estimators._images import ImageRows, as_one_array
from skdeep.nn.activation import Activation
from skdeep.nn.conv import Conv
from skdeep.nn.dense import Dense
from skdeep.nn.images import PerAxis
from skdeep.nn.layer import Layer, Shape
from skdeep.nn.positions import Positions
from skdeep.nn.reshape import Reshape
from skdeep.nn.sequential import Sequential
from skdeep.nn.upsample import Upsample


class ConvAutoencodingEstimator(ImageRows, DenoisingEstimator):
    """Convolutions and pooling to a code, and back by larger images and convolutions."""

    _on_or_off = frozenset({"corruption_level"})

    def _check_layers(self) -> None:
        super()._check_layers()
        self._check_images()

    # ------------------------------------------------------------------ network

    def _layers(self, n_features: int, n_logits: int) -> list[Layer]:
        layers = [*self._corruption_layers(), Reshape(self.image_shape_, name="image")]
        shapes = [self.image_shape_]  # what each convolution gets
        for k in range(len(self.conv_layers)):
            block = self._encoder_block(k)
            layers += block
            shapes.append(Sequential(block).build(shapes[-1]).out_shape)
        layers += [
            Reshape(name="flat"),
            Dense(
                self.n_components, name="code", **self._inits(self._activation("code_activation"))
            ),
            *self._activations(self._activation("code_activation"), "code"),
            *self._decoder_start_layers(shapes[-1]),
        ]
        for k in reversed(range(len(self.conv_layers))):
            layers += self._decoder_block(k, shapes[k], shapes[k + 1])
        return [*layers, Reshape(name="output")]

    def _encoder_block(self, k: int) -> list[Layer]:
        filters, kernel = self._convolutions()[k]
        window = self._per_convolution("pooling")[k]
        block = self._convolution(f"conv_{k}", filters, kernel)
        if np.any(np.array(window) > 1):
            pool = POOLS[self.pooling_type](window, name=f"pooling_conv_{k}")
            first = self.pooling_type == "max" and self._activation() in RISING
            place = len(block) - 1 if first else len(block)
            block.insert(place, pool)
        return [*block, *self._dropout(f"conv_{k}")]

    def _decoder_start_layers(self, shape: Shape) -> list[Layer]:
        """Return the way from the code to the smallest images."""
        return [
            Dense(prod(shape), name="decoder", **self._inits(self._activation())),
            *self._activations(self._activation(), "decoder"),
            Reshape(shape, name="decoder_image"),
        ]

    def _decoder_block(self, k: int, large: Shape, small: Shape) -> list[Layer]:
        """Return the mirror image of convolution k: to the size and the channels that it got."""
        _, kernel = self._convolutions()[k]
        layers: list[Layer] = []
        if large[:-1] != small[:-1]:
            layers.append(Upsample(large[:-1], name=f"upsample_{k}"))
        if k:
            name = f"decoder_conv_{k}"
            return [*layers, *self._convolution(name, large[-1], kernel), *self._dropout(name)]
        inits = self._inits("identity")
        return [*layers, Conv(large[-1], kernel, name="decoder_conv_0", **inits)]

    def _convolution(self, name: str, filters: int, kernel: PerAxis) -> list[Layer]:
        """Return a convolution with what follows it up to the activation."""
        # Batch normalisation takes the mean away, and any bias with it.
        bias = self.normalization != "batch"
        conv = Conv(filters, kernel, bias=bias, name=name, **self._inits(self._activation()))
        layers: list[Layer] = [conv]
        if self.normalization is not None:
            layers.append(Positions(NORMS[self.normalization](), name=f"norm_{name}"))
        return [*layers, *self._activations(self._activation(), name)]

    @staticmethod
    def _activations(activation: str, name: str) -> list[Layer]:
        return (
            [] if activation == "identity" else [Activation(activation, name=f"activation_{name}")]
        )

    def _code_layer(self) -> str:
        """Return the last layer before the decoder."""
        names = list(self._network.spec.children)
        return names[names.index("decoder") - 1]

    # ------------------------------------------------------------------ images

    def reconstruct(self, X: Any) -> Any:
        """Return rows or images as they come back from their codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or images as in ``fit``
            Rows or images.

        Returns
        -------
        X_reconstructed : array of the shape of X
            What the network makes of them, in the dtype of the model.
        """
        X = as_one_array(X)
        rows = super().reconstruct(X)
        return rows.reshape(np.shape(X))

    def score_samples(self, X: Any) -> Any:
        """Return minus the mean squared reconstruction error of each row or image.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or images as in ``fit``
            Rows or images.

        Returns
        -------
        scores : array of shape (n_samples,)
            Means over the features, whatever the loss; 0 is perfect.
        """
        return super().score_samples(self._fitted_rows(X))
