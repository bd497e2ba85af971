"""Parameters of networks that write captions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from skdeep.data._compat import StrOptions
from skdeep.estimators.parameters._declaration import like, parameter_group, redeclared
from skdeep.estimators.parameters.convolution import (
    NAMES,
    ConvGeometry,
    ConvPooling,
    ImageInput,
    Kernels,
    NamedConvLayers,
    RandomImages,
)
from skdeep.estimators.parameters.dense import (
    Activations,
    DenseLayers,
    KernelInitializer,
    LayerNormalization,
    ResidualLayers,
)
from skdeep.estimators.parameters.step_networks import ClippedUpdateRules, TokenDevice
from skdeep.estimators.parameters.training import GivenWeights
from skdeep.estimators.parameters.translation import (
    Decoder,
    TranslationTexts,
    WriterTraining,
    Writing,
    WritingScore,
)


@parameter_group
class CaptionerParameters(
    TokenDevice,
    GivenWeights,
    ClippedUpdateRules,
    WritingScore,
    WriterTraining,
    RandomImages,
    ImageInput,
    Writing,
    TranslationTexts,
    Decoder,
    KernelInitializer,
    ResidualLayers,
    LayerNormalization,
    ConvGeometry,
    ConvPooling,
    NamedConvLayers,
):
    """All of a network that writes captions."""

    conv_layers: Kernels | str = redeclared(
        NamedConvLayers,
        default=((32, 3), (64, 3), (64, 3)),
        kw_only=False,
        doc=f"""
        Number of filters and kernel size of each convolution of the encoder, (height, width) for a
        pair. Each is followed by normalisation, activation and pooling. Empty: X holds features.
        {NAMES}
        """,
    )
    architecture: Literal["gru", "lstm", "transformer"] = redeclared(
        Decoder,
        default="gru",
        kw_only=False,
        doc="""
        What the decoder is made of: gated recurrent units (Cho et al., 2014), long short-term
        memory, or a Transformer's blocks (Vaswani et al., 2017).
        """,
    )
    attention: Literal["dot", "additive"] | None = like(
        Decoder,
        doc="""
        How each step of the decoder looks at the regions of the image: by products (Luong et al.,
        2015), by a small network (Bahdanau et al., 2015), which is slower, or not at all. Whatever
        it is, each step also reads a summary of the whole image. A Transformer has attention of its
        own.
        """,
    )
    units: int = like(
        Decoder,
        default=128,
        doc="Number of units of each layer of the decoder, and of the projection of features.",
    )
    n_hidden_layers: int | None = like(
        Decoder,
        doc="Number of layers of the decoder; None: one, and three blocks of a Transformer.",
    )
    label_smoothing: float = like(Decoder, default=0.0)
    activation: Activations = like(
        DenseLayers,
        doc="""
        Activation of the convolutions, one for all or one for each; names are those of
        :class:`CNNClassifier`.
        """,
    )
    normalization: Literal["layer"] | None = like(
        LayerNormalization,
        default="layer",
        constraint=[StrOptions({"layer"}), None],
        doc="Normalisation over the channels between a convolution and its activation.",
    )
    residual: bool = like(
        ResidualLayers,
        doc="""
        Whether each convolution is added to its input (He et al., 2016), through a linear
        projection where numbers of channels differ.
        """,
    )
    kernel_initializer: str = like(
        KernelInitializer,
        default="he_normal",
        doc="Distribution of the initial weights of convolutions, one of {options}.",
    )
    random_flip: Literal["horizontal", "vertical", "both"] | None = like(
        RandomImages,
        doc="""
        Axes along which half of the images are flipped in a training step, at random. Captions
        stay: leave it where they say left and right.
        """,
    )
    frozen_layers: Sequence[str] = like(
        GivenWeights,
        doc="""
        Layers ('captioner.encoder') or weights ('captioner.decoder.embedding.W') that training
        does not change, by the names of ``get_weights`` or parts of them.
        """,
    )
