"""What the two convolutional networks share: images in, and the layers that see them."""

from __future__ import annotations

from math import prod
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval, Options, StrOptions

from skdeep.estimators._mlp import MultilayerPerceptron
from skdeep.nn.activation import Activation
from skdeep.nn.batch_norm import BatchNorm
from skdeep.nn.conv import Conv
from skdeep.nn.displacement import Displacement
from skdeep.nn.dropout import AlphaDropout, Dropout
from skdeep.nn.global_pooling import GlobalAveragePool, GlobalMaxPool
from skdeep.nn.images import PerAxis
from skdeep.nn.initializers import get_initializers
from skdeep.nn.layer import Layer, Shape
from skdeep.nn.layer_norm import LayerNorm
from skdeep.nn.pooling import AveragePool, MaxPool
from skdeep.nn.positions import Positions
from skdeep.nn.reshape import Reshape
from skdeep.nn.residual import Residual

POOLS = {"max": MaxPool, "average": AveragePool}
GLOBAL_POOLS = {"max": GlobalMaxPool, "average": GlobalAveragePool}
NORMS = {"batch": BatchNorm, "layer": LayerNorm}
#: Activations that never fall: the largest output is that of the largest input.
RISING = frozenset(
    {"logistic", "tanh", "relu", "leaky_relu", "elu", "selu", "softplus", "hard_tanh"}
    | {"hard_sigmoid"}
)

_SIZES = [Interval(Integral, 1, None, closed="left"), tuple, list]
CNN_CONSTRAINTS: dict = {
    "conv_layers": ["array-like"],
    "pooling": [*_SIZES, None],
    "pooling_type": [StrOptions(set(POOLS))],
    "strides": _SIZES,
    "dilation": _SIZES,
    "padding": [StrOptions({"same", "valid"})],
    "global_pooling": [StrOptions(set(GLOBAL_POOLS)), None],
    "n_dims": [Options(Integral, {1, 2})],
    "image_shape": ["array-like", None],
    "random_shift": [Interval(Integral, 0, None, closed="left"), tuple, list],
    "random_flip": [StrOptions({"horizontal", "vertical", "both"}), None],
}


class ConvolutionalNetwork(MultilayerPerceptron):
    """Convolutions before the dense layers; comes before an estimator of rows.

    Inside, rows stay flat, as scikit-learn has them, and the network's first layer sees them as
    images. So whatever handles rows need not know of images.
    """

    image_shape_: Shape

    # ------------------------------------------------------------------ parameters

    def _convolutions(self) -> list[tuple[int, PerAxis]]:
        """Return filters and kernel size of each convolution."""
        result = []
        for layer in self.conv_layers:
            pair = list(layer) if isinstance(layer, tuple | list | np.ndarray) else [layer]
            if len(pair) != 2 or not _is_whole(pair[0], 1):
                raise ValueError(
                    "conv_layers must be pairs (number of filters, kernel size), such as "
                    f"[(32, 3), (64, (5, 3))], got {layer!r}"
                )
            result.append((int(pair[0]), _sizes_of("conv_layers", pair[1])))
        return result

    def _n_hidden(self) -> int:
        return len(self.conv_layers) + len(self._sizes())

    def _per_convolution(self, name: str) -> list[PerAxis]:
        """Return the sizes that a parameter has for each convolution; only a list has several."""
        value, n = getattr(self, name), len(self.conv_layers)
        values = value if isinstance(value, list) else [value] * n
        if len(values) != n:
            raise ValueError(f"{name} has {len(values)} entries for {n} convolutions")
        return [_sizes_of(name, 1 if size is None else size) for size in values]

    def _check_layers(self) -> None:
        convolutions = self._convolutions()
        for name in ("pooling", "strides", "dilation"):
            self._per_convolution(name)
        shift = _sizes_of("random_shift", self.random_shift, least=0)
        super()._check_layers()
        if "maxout" in self._per_layer("activation")[: len(convolutions)]:
            raise ValueError("activation='maxout' is for dense layers, and comes here first")
        if self.residual and self.padding == "valid":
            raise ValueError("residual=True needs padding='same', which keeps the image's size")
        moves = np.any(shift) or self.random_flip is not None
        if self.solver == "lbfgs" and moves:
            raise ValueError(
                "random_shift and random_flip do not go with solver='lbfgs', which needs an "
                "objective that is not random: use another solver"
            )
        self._given_shape()

    def _given_shape(self) -> Shape | None:
        """Return what ``image_shape`` says as (H, W, C) or (T, C)."""
        if self.image_shape is None:
            return None
        shape = tuple(self.image_shape)
        if not all(_is_whole(n, 1) for n in shape) or not 1 <= len(shape) <= self.n_dims + 1:
            form = "(H, W), (H, W, C) or (T,)" if self.n_dims == 2 else "(T,) or (T, C)"
            raise ValueError(
                f"image_shape must be {form} in positive integers with n_dims={self.n_dims}, got "
                f"{self.image_shape!r}"
            )
        return self._with_channels(tuple(map(int, shape)))

    def _with_channels(self, shape: Shape) -> Shape:
        """Add the one channel that is left out."""
        return (*shape, 1) if len(shape) == 1 or len(shape) == self.n_dims else shape

    # ------------------------------------------------------------------ images

    def _flat(self, X: Any) -> tuple[Any, Shape | None]:
        """Return X with flat rows, and the shape of its images where it has some."""
        if isinstance(X, list | tuple) and _depth(X) > 2:
            X = np.asarray(X)
        dims = tuple(getattr(X, "shape", ()))[1:]
        if len(dims) < 2:
            return X, None
        if len(dims) > self.n_dims + 1:
            forms = "(n, H, W) or (n, H, W, C)" if self.n_dims == 2 else "(n, T, C)"
            raise ValueError(
                f"X has shape {X.shape}, but with n_dims={self.n_dims} it must be {forms}, or flat "
                "rows (n, n_features)"
            )
        # Signals (n, T, C) have all their axes; of images the channel may be left out.
        shape = dims if self.n_dims == 1 else self._with_channels(dims)
        return X.reshape(X.shape[0], prod(dims)), shape

    def _check_data(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        X, shape = self._flat(X)
        if not reset:
            self._check_shape(shape)
        X, y = super()._check_data(X, y, reset=reset)
        if reset:
            self.image_shape_ = self._find_shape(shape, X.shape[1])
        return X, y

    def _find_shape(self, found: Shape | None, n_features: int) -> Shape:
        """Return the shape of the images: that of X, or what ``image_shape`` says."""
        given = self._given_shape()
        if given is not None and found is not None and given != found:
            raise ValueError(
                f"image_shape={self.image_shape!r} is not the shape of the images in X, {found}"
            )
        if given is not None and prod(given) != n_features:
            raise ValueError(
                f"image_shape={self.image_shape!r} stands for {prod(given)} numbers a row, but X "
                f"has {n_features} features"
            )
        return found or given or (n_features, 1)

    def _check_shape(self, shape: Shape | None) -> None:
        """Refuse images of another shape than those of the fit; flat rows have none."""
        if shape is not None and shape != self.image_shape_:
            raise ValueError(
                f"X has images of shape {shape}, but this {type(self).__name__} was fitted on "
                f"images of shape {self.image_shape_}"
            )

    def _fitted_rows(self, X: Any) -> Any:
        """Return X with flat rows, for a fitted model."""
        X, shape = self._flat(X)
        if self.__sklearn_is_fitted__():
            self._check_shape(shape)
        return X

    def _forward(self, X: Any, what: str = "output") -> Any:
        return super()._forward(self._fitted_rows(X), what)

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
        shift = _sizes_of("random_shift", self.random_shift, least=0)
        if np.any(shift) or self.random_flip is not None:
            layers.append(Displacement(shift, self.random_flip, name="displacement"))
        n = len(self.conv_layers)
        for k in range(n):
            layers += self._conv_block(k, activations[k], rates[k])
        if self.global_pooling is None:
            layers.append(Reshape(name="flat"))
        else:
            layers.append(GLOBAL_POOLS[self.global_pooling](name="global_pooling"))
        return [*layers, *self._dense_layers(n_logits, activations[n:], rates[n:])]

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


def _is_whole(value: Any, least: int) -> bool:
    whole = isinstance(value, (Integral, np.integer)) and not isinstance(value, bool)
    return whole and int(value) >= least


def _sizes_of(name: str, value: Any, least: int = 1) -> PerAxis:
    """Return an int, or a tuple with one for each axis; refuse anything else."""
    if _is_whole(value, least):
        return int(value)
    numbers = list(value) if isinstance(value, tuple | list | np.ndarray) else []
    if not 1 <= len(numbers) <= 2 or not all(_is_whole(n, least) for n in numbers):
        raise ValueError(
            f"{name} must be made of integers >= {least} or tuples of one for each axis, got "
            f"{value!r}"
        )
    return tuple(map(int, numbers))


def _depth(X: Any) -> int:
    """Return how deeply lists are nested, by their first entries."""
    depth = 0
    while isinstance(X, list | tuple) and len(X):
        X, depth = X[0], depth + 1
    return depth + len(getattr(X, "shape", ()))
