"""What samples are, as the layers of a network say it: rows, arrays of one shape, sequences."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from skdeep.data.channels import warn_of_channels_first
from skdeep.data.image import with_axes
from skdeep.data.sequence import TaggedRows
from skdeep.data.tokens import check_vocabulary
from skdeep.estimators.images import (
    ShapedInput,
    check_same_pixels,
    flat_as_before,
    in_the_form_of,
    learn_range,
    pixels_of_fit,
    with_channels_last,
)
from skdeep.estimators.input_kinds import TableInput
from skdeep.estimators.sequences import FewPerBatch, SequenceInput, check_lengths
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.spec import Shape, ShapeError
from skdeep.nn.core.steps import least_steps
from skdeep.train.sequences.sequences import Sequences

#: Attributes that say what samples a network was fitted on; those of another kind go.
LEARNED = ("sample_shape_", "_sequence_form", "n_tokens_", "_pixels")
CHANGED = (
    "training cannot continue: layers were set that take other samples. Fit anew, with "
    "warm_start=False."
)


def kind_of(layers: Any) -> str:
    """Return what layers read: "arrays", "sequences" or "tokens"."""
    several = isinstance(layers, list | tuple)
    known = [layer.reads for layer in layers if isinstance(layer, Layer)] if several else []
    return next((reads for reads in known if reads != "any"), "arrays")


def seen_shape(layers: Sequence[Layer], shape: Shape) -> tuple[int, Shape]:
    """Return how many of the first layers only give samples another shape, and that shape."""
    for k, layer in enumerate(layers):
        try:
            spec = layer.build(shape)
        except ShapeError:  # which the architecture tells more of
            return k, shape
        if not spec.view:
            return k, shape
        shape = spec.out_shape
    return len(layers), shape


class ArrayInput(ShapedInput):
    """Arrays of one shape: rows of a table, signals, images; sets ``sample_shape_``."""

    name = "arrays"

    def check_parameters(self, estimator: Any) -> None:
        _choose(estimator)
        if getattr(estimator, "missing", None) == "mask":
            raise ValueError(
                "missing='mask' is for sequences: no layer of layers reads them; fill missing "
                "numbers with sklearn.impute.SimpleImputer"
            )

    def _flat(self, estimator: Any, X: Any, *, reset: bool) -> tuple[Any, Shape | None]:
        """Return X with flat samples, and their shape where they have several axes."""
        if not reset:
            if "sample_shape_" not in vars(estimator):
                raise ValueError(CHANGED)
            if len(seen_shape(estimator.layers, tuple(estimator.sample_shape_))[1]) > 1:
                check_same_pixels(estimator)
            return flat_as_before(estimator, X, estimator.sample_shape_), None
        _forget(estimator)
        X, shape = with_axes(X)
        reshaped, seen = seen_shape(estimator.layers, tuple(getattr(X, "shape", (0, 0)))[1:])
        if len(seen) > 1:
            X = pixels_of_fit(estimator, X)
        if reshaped and estimator.data_format == "channels_first":
            raise ValueError(
                f"data_format='channels_first' does not go with {estimator.layers[0]!r} as the "
                "first layer, which takes the numbers of a sample with its channels last: leave "
                "out one of them"
            )
        if shape is None:
            return X, None
        X = with_channels_last(estimator, X, len(shape) - 1)
        return X.reshape(X.shape[0], prod(shape)), tuple(X.shape[1:])

    def _learn(
        self, estimator: Any, X: Any, rows: Any, shape: Shape | None, *, reset: bool
    ) -> None:
        if not reset:
            return
        estimator.sample_shape_ = (int(rows.shape[1]),) if shape is None else shape
        if shape is not None and estimator.data_format == "channels_last":
            warn_of_channels_first(X, shape, parameter=True)
        learn_range(estimator, X, rows)

    def check(self, estimator: Any, X: Any) -> Any:
        return super().check(estimator, flat_as_before(estimator, X, estimator.sample_shape_))

    def like(self, estimator: Any, X: Any, rows: Any) -> Any:
        return in_the_form_of(estimator, X, rows)

    def shape(self, estimator: Any, n_features: int) -> Shape:
        return tuple(estimator.sample_shape_)


class LayeredSequences(SequenceInput):
    """Sequences of numbers, or of the tokens that the first layer embeds."""

    def check_parameters(self, estimator: Any) -> None:
        _choose(estimator)

    def check_fit_rows(self, estimator: Any, X: Any, *, reset: bool) -> Sequences:
        if estimator.data_format == "channels_first":
            raise ValueError(
                "data_format='channels_first' is for arrays of one shape, and layers read "
                "sequences of any length: give arrays (T, C)"
            )
        if reset:
            _forget(estimator)
        elif "_sequence_form" not in vars(estimator):
            raise ValueError(CHANGED)
        X = super().check_fit_rows(estimator, X, reset=reset)
        check_lengths(X, self.shape_inside(estimator, X.width)[0])
        return X

    def check(self, estimator: Any, X: Any) -> Sequences:
        X = super().check(estimator, X)
        check_lengths(X, estimator._network.in_shape[0])
        return X

    def reads_tokens(self, estimator: Any, X: Any, *, reset: bool) -> bool:
        return kind_of(estimator.layers) == "tokens"

    def learn_vocabulary(self, estimator: Any, X: Sequences) -> None:
        tokens = kind_of(estimator.layers) == "tokens"
        embeddings = [layer for layer in estimator.layers if tokens and layer.reads == "tokens"]
        n_tokens = getattr(embeddings[0], "n_tokens", None) if embeddings else None
        if n_tokens is not None:
            check_vocabulary(X, n_tokens, f"n_tokens of {embeddings[0]!r}")
        estimator.n_tokens_ = n_tokens

    def shape_inside(self, estimator: Any, n_features: int) -> Shape:
        """Return the shape of the shortest sequences that the layers take."""
        _, *step = super().shape_inside(estimator, n_features)
        try:
            return (least_steps(estimator.layers, tuple(step)), *step)
        except ShapeError:  # which the architecture tells more of
            return (1, *step)

    shape = shape_inside


class SequencesBack(FewPerBatch, LayeredSequences):
    """Sequences that are to come back, step by step."""


ARRAYS, SEQUENCES = ArrayInput(), LayeredSequences()
SEQUENCES_BACK = SequencesBack(TaggedRows)


def read_as(sequences: LayeredSequences) -> Any:
    """Return the property ``_input`` of networks whose sequences are handled as said."""

    def layered_input(self: Any) -> TableInput:
        """Return what samples are: as the layers said when the fit began, or as they say."""
        kind = vars(self).get("_samples") or kind_of(self.layers)
        return ARRAYS if kind == "arrays" else sequences

    return property(layered_input)


def _choose(estimator: Any) -> None:
    """Take samples, from this fit on, as the layers say."""
    estimator._samples = kind_of(estimator.layers)


def _forget(estimator: Any) -> None:
    for name in LEARNED:
        vars(estimator).pop(name, None)


def names_of(layers: Sequence[Layer], prefix: str = "") -> list[str]:
    """Return the names that layers have in a network: their own, or class and position."""
    return [
        layer.name or f"{prefix}{type(layer).__name__.lower()}_{k}"
        for k, layer in enumerate(layers)
    ]
