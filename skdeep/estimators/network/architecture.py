"""The architectures of listed layers: what comes before, between and behind them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from skdeep.data.naming import shown
from skdeep.estimators.architecture import Architecture, CodingArchitecture
from skdeep.estimators.augmented import (
    change_layer,
    changes_of,
    check_any_length,
    check_changed,
)
from skdeep.estimators.network.samples import kind_of, names_of, seen_shape
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.parallel import Parallel
from skdeep.nn.core.residual import Residual
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.core.settings import settings
from skdeep.nn.core.spec import Shape, ShapeError, Spec
from skdeep.nn.dense.dense import Dense
from skdeep.nn.initializers import Constant, Initializer, get_initializers

#: So many lengths show what layers with strides make of any length.
DIFFERENT = 16
#: Names of what is added to the layers that are given.
OURS = ("input", "augmentation", "codes", "flat", "decoder_flat", "output", "steps")


FEWER = (
    "{} give fewer steps than they read, and every step is to come back: set strides=1 and "
    "padding='same', and leave out pools, or end layers with one that gives one vector for each "
    "sequence, such as MeanSteps()"
)


@dataclass(frozen=True, kw_only=True)
class NetworkArchitecture(Architecture):
    """Layers that the user lists, and a dense one that gives the outputs.

    Parameters
    ----------
    given : list of Layer
        The user's layers.
    repeatable : bool
        Whether the objective may not be random.
    output_initializer, augment, transform_layer
        Parameters of :class:`skdeep.NetworkClassifier`.
    numeric : bool
        Whether y holds numbers, which may have to follow images that are changed.
    target : RealTarget or None
        What these are, once it is known.
    """

    given: Any
    repeatable: bool
    output_initializer: str | Initializer
    augment: Any
    transform_layer: int = -1
    numeric: bool = False
    target: Any = None

    @property
    def n_layers(self) -> int:
        return len(self.given) + 2

    def changes(self) -> tuple[Any, ...]:
        """Return what changes images in training."""
        return changes_of(0, None, self.augment, numeric=self.numeric)

    def check(self) -> None:
        check_layers("layers", self.given)
        if self.changes():
            self._check_changes()
        n = len(self._hidden(names_of(self.given)))
        if n and not (
            isinstance(self.transform_layer, Integral) and -n <= self.transform_layer < n
        ):
            raise ValueError(
                f"transform_layer must be the number of one of {n} layers that give one "
                f"vector for each sample, got {self.transform_layer!r}"
            )

    def _check_changes(self) -> None:
        """Refuse changes of what is no image or signal, or where nothing may be random."""
        if kind_of(self.given) == "tokens":
            raise ValueError(
                "augment changes images and signals, and layers read tokens: leave it out"
            )
        if kind_of(self.given) == "sequences":
            check_any_length(self.changes())
        if self.repeatable:
            raise ValueError(
                "augment does not work with solver='lbfgs', which needs an objective that is not "
                "random: use another solver"
            )

    def _changed(self, shape: Shape) -> list[Layer]:
        """Return the layers that see samples in their shape, and change those of training."""
        steps, changes, own = kind_of(self.given) != "arrays", self.changes(), named(self.given)
        first = [] if steps else [*seen_as(shape, "input")]
        if not changes:
            return [*first, *own]
        reshaped, seen = (0, shape) if steps else seen_shape(self.given, shape)
        check_changed(changes, seen)
        return [*first, *own[:reshaped], change_layer(changes, self.target), *own[reshaped:]]

    def layers(self, shape: Shape, n_logits: int) -> list[Layer]:
        kind = kind_of(self.given)
        layers = self._changed(shape)
        spec = built(layers, shape, "layers", self.repeatable, steps=kind != "arrays")
        if kind != "arrays":
            check_steps(self.given, shape)
        if len(spec.out_shape) > 1:
            if kind != "arrays":
                raise ValueError(
                    f"layers give {spec.out_shape[-1]} features at each step: add a layer that "
                    "gives one vector for each sequence, such as LastStep() or MeanSteps()"
                )
            layers += seen_as(None, "flat")
        return [*layers, output_layer(n_logits, self.output_initializer)]

    def hidden_names(self, names: Sequence[str]) -> list[str]:
        return self._hidden(names_of(self.given))

    def _hidden(self, names: Sequence[str]) -> list[str]:
        """Return the names of the layers whose outputs can be features."""
        steps = [k for k, one in enumerate(self.given) if one.reads in ("sequences", "tokens")]
        return list(names)[steps[-1] if steps and kind_of(self.given) != "arrays" else 0 :]


@dataclass(frozen=True, kw_only=True)
class CoderArchitecture(CodingArchitecture):
    """Layers to a code, and layers from there to the samples.

    Parameters
    ----------
    given, decoder : list of Layer
        The user's layers.
    repeatable : bool
        Whether the objective may not be random.
    """

    given: Any
    decoder: Any
    repeatable: bool
    output_initializer: str | Initializer

    def check(self) -> None:
        check_layers("layers", self.given)
        if self.decoder is not None:
            check_layers("decoder_layers", self.decoder)
        if kind_of(self.given) == "tokens":
            raise ValueError(
                "NetworkTransformer gives sequences of numbers back, not tokens, which "
                f"{self.given[0]!r} reads: RNNGenerator learns sequences of tokens without y"
            )

    def layers(self, shape: Shape, n_logits: int) -> list[Layer]:
        if kind_of(self.given) == "sequences":
            return self._layers_of_steps(shape, n_logits)
        encoder = [*seen_as(shape, "input"), *named(self.given)]
        spec = built(encoder, shape, "layers", self.repeatable)
        if len(spec.out_shape) > 1:
            encoder += seen_as(None, "codes")
        decoder, code = self._decoder(), built(encoder, shape, "layers", self.repeatable).out_shape
        decoded = built(decoder, code, "decoder_layers", self.repeatable).out_shape
        if len(decoded) > 1 and decoded == shape:
            return [*encoder, *decoder, *seen_as(None, "output")]
        if len(decoded) > 1:
            decoder += seen_as(None, "decoder_flat")
        return [*encoder, *decoder, output_layer(n_logits, self.output_initializer)]

    def _layers_of_steps(self, shape: Shape, n_logits: int) -> list[Layer]:
        """Return the layers from sequences to sequences, through codes of steps or of the whole."""
        from skdeep.nn.recurrent.repeat_steps import RepeatSteps  # others load nothing recurrent
        from skdeep.nn.recurrent.time_distributed import TimeDistributed

        encoder, decoder = named(self.given), self._decoder()
        code = built(encoder, shape, "layers", self.repeatable, steps=True).out_shape
        check_steps(self.given, shape)
        if len(code) == 1:
            encoder, code = [RepeatSteps(encoder, name="codes")], (shape[0], *code)
        elif not gives_every_step(encoder, shape):
            raise ValueError(FEWER.format("layers"))
        options = {"repeatable": self.repeatable, "steps": True}
        decoded = built(decoder, code, "decoder_layers", **options).out_shape
        if check_steps(decoder, code) and len(decoded) == 1:
            raise ValueError(
                "decoder_layers must give something for each step of a sequence, and give "
                f"{decoded[0]} features of the whole"
            )
        if decoder and not gives_every_step(decoder, code):
            raise ValueError(FEWER.format("decoder_layers"))
        output = output_layer(n_logits, self.output_initializer)
        return [*encoder, *decoder, TimeDistributed([output], name="steps")]

    def _decoder(self) -> list[Layer]:
        return named(self.decoder or (), "decoder_")

    def code_layer(self, names: Sequence[str]) -> str:
        behind = {*names_of(self.decoder or (), "decoder_"), "decoder_flat", "output", "steps"}
        return list(names)[min(k for k, name in enumerate(names) if name in behind) - 1]


def output_layer(units: int, initializer: str | Initializer) -> Layer:
    """Return the dense layer that follows, with initial weights of some distribution."""
    if isinstance(initializer, str):
        weight, bias = get_initializers(initializer)
    else:
        weight, bias = initializer, Constant(0.0)
    return Dense(units, weight_init=weight, bias_init=bias, name="output")


def check_layers(name: str, layers: Any) -> None:
    """Refuse what is no list of layers, or has names twice."""
    for k, layer in enumerate(layers):
        if not isinstance(layer, Layer):
            hint = f"; an instance: {layer.__name__}(...)" if isinstance(layer, type) else ""
            raise ValueError(
                f"{name} must be a list of layers of skdeep.nn or of your own (derived from "
                f"skdeep.nn.Layer), but {name}[{k}] is {shown(layer)}{hint}"
            )
        settings(layer)
    names = names_of(layers)
    for k, one in enumerate(names):
        if one in names[:k]:
            raise ValueError(f"{name}[{k}] is called {one!r}, as is {name}[{names.index(one)}]")
        if one in OURS or "." in one or "__" in one:
            raise ValueError(f"{name}[{k}] may not be called {one!r}: take another name")


def named(layers: Sequence[Layer], prefix: str = "") -> list[Layer]:
    """Return the layers with their names in the network."""
    result = []
    for layer, name in zip(layers, names_of(layers, prefix), strict=True):
        one = copy.copy(layer)
        vars(one)["name"] = name
        result.append(one)
    return result


def seen_as(shape: Shape | None, name: str) -> list[Layer]:
    """Return what sees flat samples in a shape, or samples of any shape as flat ones (None)."""
    if shape is not None and len(shape) == 1:
        return []
    from skdeep.nn.conv.reshape import Reshape  # networks of flat rows load no convolutions

    return [Reshape(shape, name=name)]


def built(
    layers: Sequence[Layer], shape: Shape, name: str, repeatable: bool, *, steps: bool = False
) -> Spec:
    """Return what layers declare for samples of this shape; refuse what does not fit them."""
    if not layers:
        return Spec(shape)
    flat = Sequential(layers).layers[0]
    start = (_size(shape),) if flat.name == "input" else shape
    try:
        spec = Sequential(layers).build(start)
    except ShapeError as error:
        to_rows = "Reshape() makes samples flat"
        to_rows = "TimeDistributed([...]) applies layers to each step" if steps else to_rows
        hint = f". {to_rows}" if "rows of features" in str(error) else ""
        raise ValueError(f"{name} do not fit samples of shape {shape}: {error}{hint}") from error
    if repeatable and spec.has("noise"):
        raise ValueError(
            f"{name} with noise, such as Dropout, do not work with solver='lbfgs', which searches "
            "along a line and needs an objective that is not random: use another solver"
        )
    return spec


def _size(shape: Shape) -> int:
    size = 1
    for n in shape:
        size *= n
    return size


def _check_joined(layer: Parallel, shape: Shape) -> None:
    """Refuse branches that leave different numbers of steps of a sequence."""
    try:
        layer.build(shape)
    except ShapeError as error:
        raise ValueError(f"of a sequence of {shape[0]} steps, {error}") from error


def gives_every_step(layers: Sequence[Layer], shape: Shape) -> bool:
    """Whether layers give as many steps as they read, of sequences of any length."""
    lengths = range(shape[0], shape[0] + DIFFERENT)
    return all(Sequential(layers).build((n, *shape[1:])).out_shape[0] == n for n in lengths)


def check_steps(layers: Sequence[Layer], shape: Shape) -> Shape:
    """Refuse layers that would take the padding behind a sequence for steps; return the shape."""
    for layer in layers:
        if isinstance(layer, Sequential):
            shape = check_steps(layer.layers, shape)
            continue
        if isinstance(layer, Residual):
            check_steps(layer.layers, shape)
        elif isinstance(layer, Parallel):
            for branch in layer.branches:
                check_steps([branch], shape)
            for more in range(DIFFERENT) if len(shape) > 1 else ():
                _check_joined(layer, (shape[0] + more, *shape[1:]))
        elif len(shape) > 1 and layer.reads == "arrays":
            raise ValueError(
                f"{layer!r} reads arrays of one shape, and here it would read sequences of any "
                "length: put it inside TimeDistributed([...]), or behind a layer that gives one "
                "vector for each sequence, such as LastStep() or MeanSteps(). Convolutions of "
                "sequences are StepConv, StepMaxPool, StepAveragePool and StepBatchNorm"
            )
        shape = layer.build(shape).out_shape
    return shape
