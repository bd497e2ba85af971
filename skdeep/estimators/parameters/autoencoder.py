"""Parameters of autoencoders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from skdeep.estimators.parameters._declaration import like, parameter, parameter_group, redeclared
from skdeep.estimators.parameters._ranges import (
    COUNT,
    FRACTION,
    NON_NEGATIVE,
    POSITIVE,
    WITHIN_0_AND_1,
)
from skdeep.estimators.parameters.convolution import (
    ConvLayers,
    ConvPooling,
    ImageInput,
    ImagePixels,
    Kernels,
)
from skdeep.estimators.parameters.dense import (
    ACTIVATION_NAMES,
    DenseLayers,
    KernelInitializer,
    LayerDropout,
    LayerNormalization,
    Normalization,
    Widths,
)
from skdeep.estimators.parameters.layers import HIDDEN, Layers, OutputLayer
from skdeep.estimators.parameters.networks import FineControl, Optimization
from skdeep.estimators.parameters.training import Device
from skdeep.nn.core.layer import Layer
from skdeep.nn.dense.dense import Dense


@parameter_group
class Code:
    """The code."""

    n_components: int = parameter(
        default=2, constraint=[COUNT], doc="Number of units of the code.", kw_only=False
    )


@parameter_group
class CoderLayers:
    """Dense layers of an encoder and its decoder."""

    hidden_layer_sizes: Widths = like(
        DenseLayers, doc="Number of units of each hidden layer of the encoder; may be empty."
    )
    decoder_layer_sizes: Widths | None = parameter(
        default=None,
        constraint=["array-like", COUNT, None],
        kind="int, array-like of int or None",
        doc="Number of units of each hidden layer of the decoder; None mirrors the encoder.",
    )
    activation: str = like(
        DenseLayers,
        constraint=[str],
        doc=f"""
        Activation of all hidden layers: {ACTIVATION_NAMES}, or a name given to
        :func:`skdeep.register_activation`.
        """,
    )


@parameter_group
class CodeActivation:
    """Activation of the code."""

    code_activation: str = parameter(default="identity", doc="Activation of the code.")


@parameter_group
class ReconstructionLoss:
    """Loss of the reconstructions."""

    loss: Literal["squared_error", "log_loss", "poisson"] = parameter(
        default="squared_error",
        doc="""
        Loss to minimise, summed over the features: half the squared error for real numbers, the
        cross-entropy for zeros and ones or probabilities, half the Poisson deviance (with a log
        link) for counts.
        """,
    )


@parameter_group
class TiedWeights:
    """Weights that encoder and decoder share."""

    tied_weights: bool = parameter(
        default=False,
        doc="Whether the weights of the decoder are those of the encoder, transposed.",
    )


@parameter_group
class Corruption:
    """Noise to be undone."""

    corruption: Literal["gaussian", "masking", "salt_and_pepper"] | None = parameter(
        default=None,
        doc="""
        Noise on the training input, to be undone (Vincent et al., 2010): normal noise is added,
        features are set to zero, or to the smallest or largest value that the feature has in the
        training samples.
        """,
    )
    corruption_level: float = parameter(
        default=0.3,
        constraint=[NON_NEGATIVE],
        doc="Standard deviation of the noise, or fraction of the features that are set.",
        stack="switch",
    )


@parameter_group
class CodePenalties:
    """Penalties on codes."""

    sparsity_penalty: Literal["l1", "kl"] = parameter(
        default="l1",
        doc="""
        How codes are made sparse where `sparsity_cost` is not zero: by the mean of their absolute
        values, or by the divergence of each unit's mean activity from `sparsity_target`. 'kl'
        needs a `code_activation` with values in [0, 1], such as 'logistic'.
        """,
    )
    sparsity_cost: float = parameter(
        default=0.0,
        constraint=[NON_NEGATIVE],
        doc="Factor of the penalty, which is summed over the units.",
        stack="switch",
    )
    sparsity_target: float = parameter(
        default=0.05,
        constraint=[WITHIN_0_AND_1],
        doc="Desired mean activity of each unit, for 'kl'.",
        stack="each",
    )
    contraction_cost: float = parameter(
        default=0.0,
        constraint=[NON_NEGATIVE],
        doc="""
        Strength of the penalty ``contraction_cost / 2 * |dh / dx|^2``, all slopes of an encoder
        layer's outputs along its inputs squared and summed up; a mean over the samples, and the
        sum over the layers (Rifai et al., 2011).
        """,
        stack="switch",
    )


@parameter_group
class LayerwisePretraining:
    """Layers that are trained one by one first."""

    pretrain: Literal["layerwise", "rbm"] | None = parameter(
        default=None,
        doc="""
        How the layers start: as drawn (None), each with its counterpart as an autoencoder of what
        the layers below give ('layerwise'), or as RBMs, for ``activation='logistic'`` (Hinton and
        Salakhutdinov, 2006). With 'rbm' the code layer starts as with 'layerwise' unless it is
        logistic too.
        """,
    )
    pretrain_max_iter: int = parameter(
        default=10,
        constraint=[COUNT],
        doc="Number of epochs of pre-training for each layer.",
        stack="each",
    )
    pretrain_learning_rate_init: float | None = parameter(
        default=None,
        constraint=[POSITIVE, None],
        doc="""
        Learning rate of pre-training; None takes `learning_rate_init`; for RBMs 0.1, and 0.01
        where the first has normal visible units (``loss='squared_error'``).
        """,
        stack="each",
    )


@parameter_group
class CoderRegularization(KernelInitializer, LayerNormalization, LayerDropout):
    """What goes with the hidden layers of an autoencoder."""

    dropout: float = like(
        LayerDropout,
        constraint=[FRACTION],
        doc="""
        Fraction of each hidden layer's outputs that is dropped in training; for 'selu'
        alpha-dropout (Klambauer et al., 2017).
        """,
    )


@parameter_group
class ConvCoderActivation:
    """Activation of the layers of a convolutional autoencoder."""

    activation: str = like(
        CoderLayers,
        doc="""
        Activation of all layers but the code and the output; names are those of
        :class:`Autoencoder`.
        """,
    )


@parameter_group
class ConvCoderRegularization(CoderRegularization):
    """What goes with the convolutions of an autoencoder."""

    normalization: Normalization = like(
        LayerNormalization,
        doc="Normalisation over the channels between a convolution and its activation.",
    )


@parameter_group
class AutoencoderParameters(
    Device,
    FineControl,
    CoderRegularization,
    Optimization,
    LayerwisePretraining,
    CodePenalties,
    Corruption,
    TiedWeights,
    ReconstructionLoss,
    CodeActivation,
    CoderLayers,
    Code,
):
    """All of an autoencoder with dense layers."""


@parameter_group
class ConvAutoencoderParameters(
    Device,
    FineControl,
    ConvCoderRegularization,
    Optimization,
    Corruption,
    ImageInput,
    ConvPooling,
    ReconstructionLoss,
    CodeActivation,
    ConvCoderActivation,
    ConvLayers,
    Code,
):
    """All of a convolutional autoencoder."""

    conv_layers: Kernels = redeclared(
        ConvLayers,
        default=((32, 3), (64, 3)),
        kw_only=False,
        doc="""
        Number of filters and kernel size of each convolution, (height, width) for a pair. Each is
        followed by normalisation, activation, pooling and dropout. Zeros around the image keep its
        size.
        """,
    )


@parameter_group
class CoderOfLayers(
    OutputLayer, Device, FineControl, Optimization, ReconstructionLoss, ImagePixels, Layers
):
    """All of a network of listed layers that gives its samples back."""

    _layer_lists = ("layers", "decoder_layers")

    layers: Sequence[Layer] = redeclared(
        Layers,
        default=(*HIDDEN, Dense(2)),
        kw_only=False,
        doc="""
        Layers of :mod:`skdeep.nn`, or of your own, from the samples to the codes; what has several
        axes is made flat. What a layer takes is a parameter, too: ``layers__0__units``, or
        ``layers__name__units`` for a layer with a name.
        """,
    )
    decoder_layers: Sequence[Layer] | None = parameter(
        default=HIDDEN,
        constraint=[list, tuple, None],
        kind="list of Layer or None",
        doc="""
        Layers from the codes back, with parameters like those of `layers`. A dense layer called
        'output' follows that gives the samples, unless these layers give arrays (H, W, C) or (T,
        C) of the samples' own shape. None: that dense layer alone.
        """,
        kw_only=False,
    )
