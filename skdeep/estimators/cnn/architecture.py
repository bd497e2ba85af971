"""The architecture of convolutional networks: blocks of convolutions, then dense layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np

from skdeep.data.naming import shown
from skdeep.data.whole import is_whole
from skdeep.estimators.architecture import Architecture, HiddenArchitecture
from skdeep.estimators.augmented import change_layer, changes_of, check_changed
from skdeep.estimators.checks.values import entries_of
from skdeep.estimators.mlp.architecture import MLPArchitecture
from skdeep.estimators.named_convolutions import expanded
from skdeep.estimators.parameters._parameter import parameters_of
from skdeep.estimators.parameters.convolution import ConvGeometry, ConvPooling
from skdeep.nn.blocks import dropout, initializers
from skdeep.nn.conv.blocks import OF_IMAGES, Layers, conv_block, pooled
from skdeep.nn.conv.global_pooling import GlobalAveragePool, GlobalMaxPool
from skdeep.nn.conv.images import PerAxis
from skdeep.nn.conv.reshape import Reshape
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.residual import Residual
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.core.spec import Shape, ShapeError
from skdeep.nn.initializers import Initializer

GLOBAL_POOLS = {"max": GlobalMaxPool, "average": GlobalAveragePool}
#: The largest size of a kernel, a stride and so on: more pixels no image has along an axis.
MOST = 2**31 - 1
#: How errors name the second numbers of ``conv_layers``.
KERNEL = "the kernel size in conv_layers"


@dataclass(frozen=True, kw_only=True)
class ConvolutionalArchitecture(Architecture):
    """Base of architectures of images: parameters with a value for each convolution."""

    conv_layers: Any
    pooling: Any
    pooling_type: str

    def convolutions(self) -> list[tuple[int, PerAxis]]:
        """Return filters and kernel size of each convolution."""
        result = []
        for layer in self.conv_layers:
            pair = list(layer) if isinstance(layer, tuple | list | np.ndarray) else [layer]
            if len(pair) != 2 or not is_whole(pair[0], 1):
                raise ValueError(
                    "conv_layers must be pairs (number of filters, kernel size), such as "
                    f"[(32, 3), (64, (5, 3))], got {layer!r}"
                )
            result.append((int(pair[0]), sizes_of(KERNEL, pair[1])))
        return result

    def per_convolution(self, name: str) -> list[PerAxis]:
        """Return the sizes that a parameter has for each convolution; only a list has several."""
        value, n = getattr(self, name), len(self.conv_layers)
        values = value if isinstance(value, list) else [value] * n
        if len(values) != n:
            raise ValueError(f"{name} has {len(values)} entries for {n} convolutions")
        return [sizes_of(name, 1 if size is None else size) for size in values]

    def sizes_by_axis(self) -> dict[str, list[PerAxis]]:
        """Return what may have one number for each axis, by the name of its parameter."""
        kernels = [kernel for _, kernel in self.convolutions()]
        return {KERNEL: kernels, "pooling": self.per_convolution("pooling")}

    def check_axes(self, shape: Shape) -> None:
        """Refuse sizes for more or fewer axes than images of this shape have."""
        n_axes = len(shape) - 1
        for name, sizes in self.sizes_by_axis().items():
            for size in sizes:
                if not isinstance(size, int) and len(size) != n_axes:
                    raise ValueError(
                        f"{name} has {size} for the {n_axes} axes of images of shape {shape}: "
                        f"give an integer, or a tuple of {n_axes}"
                    )


@dataclass(frozen=True, kw_only=True)
class CNNArchitecture(ConvolutionalArchitecture, HiddenArchitecture):
    """Convolutions, and the dense layers of a perceptron on what they find.

    Fields are parameters of :class:`skdeep.CNNClassifier`; `numeric` says whether y holds numbers,
    which may have to follow images that are changed, and `target` what they are, once it is known.
    """

    made_of: ClassVar[Layers] = OF_IMAGES

    strides: Any
    dilation: Any
    padding: str
    global_pooling: str | None
    random_shift: Any
    random_flip: str | None
    augment: Any
    numeric: bool = False
    target: Any = None
    #: The name that the convolutions came by.
    named: str | None = None

    @classmethod
    def of(cls, params: Any, **given: Any) -> Self:
        if isinstance(name := params.conv_layers, str):
            given = {**_of_name(params, name), "named": name, **given}
        return super().of(params, **given)

    # ------------------------------------------------------------------ parameters

    @property
    def n_hidden(self) -> int:
        return len(self.conv_layers) + len(self.widths())

    @property
    def dense(self) -> MLPArchitecture:
        """The dense hidden layers."""
        n, activation = len(self.conv_layers), self.activation
        activation = activation if isinstance(activation, str) else self.activations()[n:]
        return MLPArchitecture.of(self, activation=activation, dropout=self.rates()[n:])

    def sizes_by_axis(self) -> dict[str, list[PerAxis]]:
        more = {name: self.per_convolution(name) for name in ("strides", "dilation")}
        return {**super().sizes_by_axis(), **more, "random_shift": [self._shift()]}

    def check_axes(self, shape: Shape) -> None:
        super().check_axes(shape)
        check_changed(self.changes(), shape)
        needed = self.least_size(len(shape) - 1)
        if self.named and any(np.less(shape[:-1], needed)):
            raise ValueError(
                f"conv_layers={self.named!r} needs {_pixels(needed)} at least, got images of shape "
                f"{shape}: make them larger, for example by ImageResizer, or list smaller "
                "convolutions"
            )

    def least_size(self, n_axes: int) -> tuple[int, ...]:
        """Return the smallest images of which the convolutions and pools leave a pixel."""
        sizes = self.sizes_by_axis()
        least = np.ones(n_axes, object)  # of Python's integers, which do not overflow
        for k in reversed(range(len(self.conv_layers))):
            kernel, stride, dilation, pool = (
                np.broadcast_to(np.array(sizes[name][k], object), n_axes)
                for name in (KERNEL, "strides", "dilation", "pooling")
            )
            least = (least * pool - 1) * stride + 1
            if self.padding == "valid":
                least = least + (kernel - 1) * dilation
        return tuple(map(int, least))

    def _shift(self) -> PerAxis:
        return sizes_of("random_shift", self.random_shift, least=0)

    def changes(self) -> tuple[Any, ...]:
        """Return what changes images in training."""
        given = (self._shift(), self.random_flip, self.augment)
        return changes_of(*given, numeric=self.numeric)

    def check(self) -> None:
        self.sizes_by_axis()
        self.changes()
        super().check()
        if "maxout" in self.activations()[: len(self.conv_layers)]:
            raise ValueError("activation='maxout' is for dense layers, and comes here first")
        if self.residual and self.padding == "valid":
            raise ValueError("residual=True needs padding='same', which keeps the image's size")

    def check_repeatable(self) -> None:
        super().check_repeatable()
        if self.changes():
            raise ValueError(
                "random_shift, random_flip and augment do not work with solver='lbfgs', which "
                "needs an objective that is not random: use another solver"
            )

    # ------------------------------------------------------------------ layers

    def layers(self, shape: Shape, n_logits: int) -> list[Layer]:
        layers = self.grid(shape)
        if self.global_pooling in (None, "auto"):
            layers.append(Reshape(name="flat"))
        else:
            layers.append(GLOBAL_POOLS[self.global_pooling](name="global_pooling"))
        return [*layers, *self.dense.layers(shape, n_logits)]

    def grid(self, shape: Shape) -> list[Layer]:
        """Return the layers from flat images of this shape to the outputs of the convolutions."""
        layers: list[Layer] = [Reshape(shape, name="image")]
        layers += self._augment()
        reached = shape
        for k in range(len(self.conv_layers)):
            block = self._conv_block(k)
            if self.padding == "valid":
                reached = self._shape_after(k, block, reached, shape)
            layers += block
        return layers

    def _augment(self) -> list[Layer]:
        """Return what changes images in training."""
        changes = self.changes()
        return [change_layer(changes, self.target)] if changes else []

    def _conv_block(self, k: int) -> list[Layer]:
        """Return convolution k: kernels, normalisation, activation, pooling, dropout."""
        activation, scheme = self.activations()[k], self.kernel_initializer
        block = conv_block(
            *self.convolutions()[k],
            f"conv_{k}",
            f"conv_{{}}_{k}",
            activation,
            scheme,
            self.normalization,
            self.made_of,
            strides=self.per_convolution("strides")[k],
            dilation=self.per_convolution("dilation")[k],
            padding=self.padding,
        )
        if self.residual:
            shortcut = initializers(scheme, activation)["weight_init"]
            given = {"projection": self._shortcut(k, shortcut), "weight_init": shortcut}
            block = [Residual(block, **given, name=f"conv_block_{k}")]
        window = self.per_convolution("pooling")[k]
        block = pooled(block, self.pooling_type, window, f"conv_pooling_{k}", self.made_of)
        return block + dropout(self.rates()[k], activation, f"conv_dropout_{k}")

    def _shortcut(self, k: int, start: Initializer) -> str | Layer:
        """Return what leads around convolution k, whose weights start in this way."""
        return "auto"

    def _shape_after(self, k: int, block: list[Layer], reached: Shape, shape: Shape) -> Shape:
        """Return the shape that the k-th block leaves; refuse a kernel that finds no place."""
        try:
            return Sequential(block).build(reached).out_shape
        except ShapeError as error:
            filters, kernel = self.convolutions()[k]
            needed = _pixels(self.least_size(len(shape) - 1))
            raise ValueError(
                f"conv_layers[{k}], ({filters}, {kernel}), finds no place for its kernel: "
                f"padding='valid' and the layers before leave {reached} of images {shape}. Take a "
                f"smaller one, images of {needed}, or padding='same'"
            ) from error

    def hidden_names(self, names: Sequence[str]) -> list[str]:
        last: dict[tuple[bool, str], str] = {}
        for name in list(names)[:-1]:
            number = name.rpartition("_")[2]
            if number.isdigit():
                last[name.startswith("conv_"), number] = name
        return list(last.values())


def _of_name(params: Any, name: str) -> dict[str, Any]:
    """Return what named convolutions set; refuse other values of it."""
    result = expanded(name)
    defaults = {**parameters_of(ConvPooling), **parameters_of(ConvGeometry)}
    for other in result.keys() - {"conv_layers"}:
        given, default = getattr(params, other), defaults[other].default
        if not isinstance(given, Integral | str) or given != default:
            raise ValueError(
                f"conv_layers={name!r} sets {other} itself: leave it at {default!r}, got "
                f"{shown(given)}"
            )
    return result


def _pixels(size: tuple[int, ...]) -> str:
    return " by ".join(map(str, size)) + " pixels"


def sizes_of(name: str, value: Any, least: int = 1) -> PerAxis:
    """Return an int, or a tuple with one for each axis; refuse anything else."""
    if is_whole(value, least) and value <= MOST:
        return int(value)
    numbers = entries_of(name, value) if isinstance(value, tuple | list | np.ndarray) else []
    if not 1 <= len(numbers) <= 2 or not all(is_whole(n, least) and n <= MOST for n in numbers):
        raise ValueError(
            f"{name} must be made of integers >= {least}, at most {MOST:,}, or tuples of one for "
            f"each axis, got {shown(value)}"
        )
    return tuple(map(int, numbers))
