"""Parameters of networks of steps, recurrent or not."""

from __future__ import annotations

from typing import Literal

from skdeep.data._compat import StrOptions
from skdeep.estimators.parameters._declaration import (
    like,
    parameter,
    parameter_group,
)
from skdeep.estimators.parameters._ranges import COUNT
from skdeep.estimators.parameters.dense import (
    Activations,
    DenseLayers,
    HiddenFeatures,
    LayerNormalization,
    Normalization,
    ResidualLayers,
    Widths,
)
from skdeep.estimators.parameters.networks import Features
from skdeep.estimators.parameters.training import (
    Device,
    DType,
    UpdateRules,
)


@parameter_group
class Tokens:
    """Tokens as input."""

    embedding_dim: int | Literal["auto"] | None = parameter(
        default="auto",
        constraint=[COUNT, StrOptions({"auto"}), None],
        kind="'auto', int or None",
        doc="""
        Length of the learned vector of each token. With 'auto' sequences (T,) of integers are
        tokens, and the length is the first power of two from 4 to 64 whose square reaches the
        number of tokens; floats, and steps with an axis of channels, are numbers. An int: steps
        are tokens, non-negative integers. None: steps are numbers, whatever their dtype.
        """,
    )
    n_tokens: int | None = parameter(
        default=None,
        constraint=[COUNT, None],
        doc="""
        Number of tokens, which are 0 to ``n_tokens - 1``; None: one more than the largest of the
        training data. Larger tokens are refused later.
        """,
    )


@parameter_group
class DenseHead:
    """Dense layers behind what steps are pooled to."""

    hidden_layer_sizes: Widths = like(
        DenseLayers,
        default=(),
        doc="Number of units of each dense hidden layer behind what steps are pooled to.",
    )
    activation: Activations = like(
        DenseLayers,
        doc="""
        Activation of the dense hidden layers, one for all or one for each layer; names are those
        of :class:`MLPClassifier`.
        """,
    )


@parameter_group
class MissingSteps:
    """What NaN means."""

    missing: Literal["error", "mask"] = parameter(
        default="error",
        doc="""
        What NaN in sequences of numbers means. 'error': nothing, and it is refused. 'mask': steps
        of nothing but NaN at the end of a sequence are padding. Other NaN are missing numbers,
        which are read as the mean of their channel; where there are some in the fit, the network
        also reads, for each channel, whether its number is missing.
        """,
    )


@parameter_group
class ClippedUpdateRules(UpdateRules):
    """Rules of each step, with a limit of the gradient."""

    gradient_clip_norm: float | None = like(
        UpdateRules,
        default=1.0,
        doc="""
        Maximum norm of the gradient in each step; gradients through many steps may explode
        (Pascanu, Mikolov and Bengio, 2013).
        """,
    )


@parameter_group
class TokenDevice(Device):
    """Where and in what to compute."""

    dtype: DType = like(
        Device,
        doc="Floating-point type to compute in; None follows X, and is float32 for tokens.",
    )


@parameter_group
class HeadNormalization(LayerNormalization):
    """Normalisation of dense hidden layers."""

    normalization: Normalization = like(
        LayerNormalization,
        doc="Normalisation between a dense hidden layer's affine map and its activation.",
    )


@parameter_group
class HeadResiduals(ResidualLayers):
    """Shortcuts past dense hidden layers."""

    residual: bool = like(
        ResidualLayers,
        doc="""
        Whether each dense hidden layer is added to its input (He et al., 2016), through a linear
        projection where widths differ.
        """,
    )


@parameter_group
class PooledFeatures(Features):
    """What ``transform`` gives, and the uncertainty of predictions."""

    transform_layer: int = like(
        HiddenFeatures,
        doc="""
        Index of the hidden layer whose outputs ``transform`` returns: the first is what a
        sequence's steps are pooled to, the dense ones follow.
        """,
    )
