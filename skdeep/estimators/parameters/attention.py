"""Parameters of Transformer encoders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from skdeep.estimators.parameters._declaration import like, parameter, parameter_group
from skdeep.estimators.parameters._ranges import COUNT
from skdeep.estimators.parameters.dense import KernelInitializer, LayerDropout, Rates
from skdeep.estimators.parameters.raw_texts import RawTexts, TextStopping
from skdeep.estimators.parameters.recurrent import StepPooling
from skdeep.estimators.parameters.step_networks import (
    ClippedUpdateRules,
    DenseHead,
    HeadNormalization,
    HeadResiduals,
    MissingSteps,
    PooledFeatures,
    TokenDevice,
    Tokens,
)
from skdeep.estimators.parameters.training import (
    LBFGS,
    GivenWeights,
    Schedule,
    Solver,
    Training,
    UpdateRules,
    ValidationScore,
    ValidationSplit,
)


@parameter_group
class EncoderBlocks:
    """Blocks of a Transformer's encoder."""

    n_blocks: int = parameter(
        default=2,
        constraint=[COUNT],
        doc="Number of blocks, each attention and a feed-forward part.",
        kw_only=False,
    )
    n_units: int = parameter(
        default=64,
        constraint=[COUNT],
        doc="Number of features that each step has from block to block.",
        kw_only=False,
    )
    n_heads: int = parameter(
        default=4,
        constraint=[COUNT],
        doc="Number of heads of attention; it must divide `n_units`.",
    )
    n_feed_forward: int | None = parameter(
        default=None,
        constraint=[COUNT, None],
        doc="Number of hidden units of the feed-forward parts; None: four times `n_units`.",
    )
    feed_forward_activation: Literal["gelu", "relu"] = parameter(
        default="gelu", doc="What these hidden units apply."
    )


@parameter_group
class StepPositions:
    """What tells steps apart."""

    positions: Literal["sinusoidal", "learned"] | None = parameter(
        default="sinusoidal",
        doc="""
        What is added to steps so that their order counts: sines and cosines of their place, or a
        learned vector for each place. None: nothing, and a sequence is a bag of steps.
        """,
    )
    n_positions: int = parameter(
        default=512,
        constraint=[COUNT],
        doc="""
        Number of places for ``positions='learned'``; longer sequences are refused. Others may
        have any length.
        """,
    )


@parameter_group
class EncoderPooling:
    """How the steps of a sequence become one vector."""

    pooling: Literal["last", "mean", "max", "attention"] = like(
        StepPooling,
        default="mean",
        doc="""
        What the dense layers get of the last block's outputs: the mean or maximum over the steps
        of each sequence, its last step, or a mean with learned weights (Yang et al., 2016).
        """,
    )


@parameter_group
class EncoderTokens(Tokens):
    """Tokens as input."""

    embedding_dim: int | Literal["auto"] | None = like(
        Tokens,
        doc="""
        Length of the learned vector of each token. With 'auto' sequences (T,) of integers are
        tokens, and the length is `n_units`; floats, and steps with an axis of channels, are
        numbers. An int: steps are tokens, non-negative integers, and a linear map takes their
        vectors to `n_units`. None: steps are numbers, whatever their dtype.
        """,
    )


@parameter_group
class EncoderDropout(LayerDropout):
    """Dropout within blocks and of dense layers."""

    dropout: Rates = like(
        LayerDropout,
        default=0.1,
        doc="""
        Fraction that is dropped in training, one for all, or a list: for the blocks, then the
        dense hidden layers. A block drops attention weights, hidden units of the feed-forward part
        and numbers that each part adds; the first also drops numbers of its input.
        """,
    )


@parameter_group
class EncoderInitializer(KernelInitializer):
    """Initial weights of blocks and dense layers."""

    kernel_initializer: str = like(
        KernelInitializer,
        default="glorot_uniform",
        doc="""
        Distribution of the initial weights of blocks and dense layers, one of {options}. Biases
        start at zero, those of dense layers except with 'sklearn'.
        """,
    )


@parameter_group
class EncoderUpdateRules(ClippedUpdateRules):
    """Rules of each step, with a learning rate that rises at first."""

    learning_rate_schedule: Schedule = like(UpdateRules, default="warmup")
    gradient_clip_norm: float | None = like(
        UpdateRules, default=1.0, doc="Maximum norm of the gradient in each step."
    )


@parameter_group
class EncoderTraining(Training):
    """Training in batches that suit sequences."""

    max_iter: int = like(Training, default=100)


@parameter_group
class EncoderGivenWeights(GivenWeights):
    """Weights to start from and to keep, by the names of an encoder's layers."""

    frozen_layers: Sequence[str] = like(
        GivenWeights,
        doc="""
        Layers ('embedding', 'encoder', 'output') or weights ('embedding.W') that training does not
        change, by the names of ``get_weights`` or parts of them.
        """,
    )


@parameter_group
class AttentionNetworkParameters(
    TextStopping,
    MissingSteps,
    TokenDevice,
    PooledFeatures,
    EncoderGivenWeights,
    ValidationSplit,
    ValidationScore,
    EncoderUpdateRules,
    EncoderInitializer,
    HeadResiduals,
    HeadNormalization,
    EncoderDropout,
    LBFGS,
    EncoderTraining,
    Solver,
    RawTexts,
    EncoderTokens,
    DenseHead,
    EncoderPooling,
    StepPositions,
    EncoderBlocks,
):
    """All of an encoder that predicts once for each sequence, but its targets."""
