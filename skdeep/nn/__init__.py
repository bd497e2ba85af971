"""Layers, how their weights start, and losses: what networks are made of.

Lists of layers make a network in :class:`skdeep.NetworkClassifier`,
:class:`skdeep.NetworkRegressor` and :class:`skdeep.NetworkTransformer`. A class derived from
:class:`Layer` is a layer of your own; :func:`skdeep.testing.check_layer` checks it, and
:func:`skdeep.testing.run_layer` shows what a layer computes.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skdeep.backend.kernel import Kernel, kernel
    from skdeep.nn.attention.add_from_memory import AddFromMemory
    from skdeep.nn.attention.additive_attention import AdditiveAttention
    from skdeep.nn.attention.blocks import decoder_block, encoder_block
    from skdeep.nn.attention.dot_attention import DotAttention
    from skdeep.nn.attention.feed_forward import FeedForward
    from skdeep.nn.attention.multi_head_attention import CrossAttention, MultiHeadAttention
    from skdeep.nn.attention.positions import LearnedPositions, SinusoidalPositions
    from skdeep.nn.attention.pre_norm import PreNorm
    from skdeep.nn.conv.conv import Conv
    from skdeep.nn.conv.global_pooling import GlobalAveragePool, GlobalMaxPool
    from skdeep.nn.conv.per_pixel import PerPixel
    from skdeep.nn.conv.pooling import AveragePool, MaxPool
    from skdeep.nn.conv.reshape import Reshape
    from skdeep.nn.conv.step_conv import StepConv
    from skdeep.nn.conv.step_pools import StepAveragePool, StepMaxPool
    from skdeep.nn.conv.upsample import Upsample
    from skdeep.nn.core.in_parts import InParts
    from skdeep.nn.core.layer import Layer
    from skdeep.nn.core.parallel import Parallel
    from skdeep.nn.core.residual import Residual
    from skdeep.nn.core.sequential import Sequential
    from skdeep.nn.core.spec import Param, ShapeError, Spec, Views, Work
    from skdeep.nn.dense.activation import Activation
    from skdeep.nn.dense.bag_of_tokens import BagOfTokens
    from skdeep.nn.dense.dense import Dense
    from skdeep.nn.dense.embedding import Embedding
    from skdeep.nn.dense.maxout import Maxout
    from skdeep.nn.dense.parametric_activation import ParametricActivation
    from skdeep.nn.dense.step_dense import StepDense
    from skdeep.nn.initializers import (
        Constant,
        Initializer,
        Normal,
        Orthogonal,
        SklearnGlorot,
        Uniform,
        VarianceScaling,
    )
    from skdeep.nn.likelihood_losses import (
        GaussianLikelihood,
        NegativeBinomialLikelihood,
        StudentTLikelihood,
    )
    from skdeep.nn.losses import (
        AbsoluteError,
        Huber,
        LogisticFocalLoss,
        LogisticLogLoss,
        Loss,
        Pinball,
        Poisson,
        SoftmaxFocalLoss,
        SoftmaxLogLoss,
        SquaredError,
    )
    from skdeep.nn.members.member_dense import MemberDense, MemberOutput
    from skdeep.nn.members.member_loss import MemberLoss
    from skdeep.nn.members.member_scale import MemberScale, Signs
    from skdeep.nn.noise.corruption import GaussianNoise, MaskingNoise
    from skdeep.nn.noise.dropout import AlphaDropout, Dropout, StepDropout, TokenDropout
    from skdeep.nn.normalization.batch_norm import BatchNorm
    from skdeep.nn.normalization.layer_norm import LayerNorm
    from skdeep.nn.normalization.step_batch_norm import StepBatchNorm
    from skdeep.nn.normalization.step_norm import StepNorm
    from skdeep.nn.penalties.activity_penalty import KLActivity, L1Activity
    from skdeep.nn.recurrent.gru import GRU
    from skdeep.nn.recurrent.lstm import LSTM
    from skdeep.nn.recurrent.repeat_steps import RepeatSteps
    from skdeep.nn.recurrent.rnn import RNN
    from skdeep.nn.recurrent.step_pooling import AttentionSteps, LastStep, MaxSteps, MeanSteps
    from skdeep.nn.recurrent.time_distributed import TimeDistributed
    from skdeep.nn.tabular.by_columns import ByColumns
    from skdeep.nn.tabular.category_embedding import CategoryEmbedding
    from skdeep.nn.tabular.feature_scale import FeatureScale
    from skdeep.nn.tabular.periodic_embedding import PeriodicEmbedding
    from skdeep.nn.tabular.piecewise_linear_embedding import PiecewiseLinearEmbedding
    from skdeep.nn.tabular.quantiles import quantile_edges
    from skdeep.nn.tabular.wave_embedding import WaveEmbedding

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "AbsoluteError",
    "Activation",
    "AddFromMemory",
    "AdditiveAttention",
    "AlphaDropout",
    "AttentionSteps",
    "AveragePool",
    "BagOfTokens",
    "BatchNorm",
    "ByColumns",
    "CategoryEmbedding",
    "Constant",
    "Conv",
    "CrossAttention",
    "Dense",
    "DotAttention",
    "Dropout",
    "Embedding",
    "FeatureScale",
    "FeedForward",
    "GaussianLikelihood",
    "GaussianNoise",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Huber",
    "InParts",
    "Initializer",
    "KLActivity",
    "Kernel",
    "L1Activity",
    "LastStep",
    "Layer",
    "LayerNorm",
    "LearnedPositions",
    "LogisticFocalLoss",
    "LogisticLogLoss",
    "Loss",
    "MaskingNoise",
    "MaxPool",
    "MaxSteps",
    "Maxout",
    "MeanSteps",
    "MemberDense",
    "MemberLoss",
    "MemberOutput",
    "MemberScale",
    "MultiHeadAttention",
    "NegativeBinomialLikelihood",
    "Normal",
    "Orthogonal",
    "Parallel",
    "Param",
    "ParametricActivation",
    "PerPixel",
    "PeriodicEmbedding",
    "PiecewiseLinearEmbedding",
    "Pinball",
    "Poisson",
    "PreNorm",
    "RepeatSteps",
    "Reshape",
    "Residual",
    "Sequential",
    "ShapeError",
    "Signs",
    "SinusoidalPositions",
    "SklearnGlorot",
    "SoftmaxFocalLoss",
    "SoftmaxLogLoss",
    "Spec",
    "SquaredError",
    "StepAveragePool",
    "StepBatchNorm",
    "StepConv",
    "StepDense",
    "StepDropout",
    "StepMaxPool",
    "StepNorm",
    "StudentTLikelihood",
    "TimeDistributed",
    "TokenDropout",
    "Uniform",
    "Upsample",
    "VarianceScaling",
    "Views",
    "WaveEmbedding",
    "Work",
    "decoder_block",
    "encoder_block",
    "kernel",
    "quantile_edges",
]

#: Where each public name is defined: it is imported when it is first asked for.
_HOMES = {
    "GaussianLikelihood": "skdeep.nn.likelihood_losses",
    "NegativeBinomialLikelihood": "skdeep.nn.likelihood_losses",
    "StudentTLikelihood": "skdeep.nn.likelihood_losses",
    "MultiHeadAttention": "skdeep.nn.attention.multi_head_attention",
    "FeedForward": "skdeep.nn.attention.feed_forward",
    "PreNorm": "skdeep.nn.attention.pre_norm",
    "StepNorm": "skdeep.nn.normalization.step_norm",
    "StepAveragePool": "skdeep.nn.conv.step_pools",
    "StepBatchNorm": "skdeep.nn.normalization.step_batch_norm",
    "StepConv": "skdeep.nn.conv.step_conv",
    "StepMaxPool": "skdeep.nn.conv.step_pools",
    "SinusoidalPositions": "skdeep.nn.attention.positions",
    "LearnedPositions": "skdeep.nn.attention.positions",
    "StepDense": "skdeep.nn.dense.step_dense",
    "InParts": "skdeep.nn.core.in_parts",
    "encoder_block": "skdeep.nn.attention.blocks",
    "decoder_block": "skdeep.nn.attention.blocks",
    "CrossAttention": "skdeep.nn.attention.multi_head_attention",
    "AddFromMemory": "skdeep.nn.attention.add_from_memory",
    "AdditiveAttention": "skdeep.nn.attention.additive_attention",
    "DotAttention": "skdeep.nn.attention.dot_attention",
    "MemberDense": "skdeep.nn.members.member_dense",
    "MemberLoss": "skdeep.nn.members.member_loss",
    "MemberOutput": "skdeep.nn.members.member_dense",
    "MemberScale": "skdeep.nn.members.member_scale",
    "Signs": "skdeep.nn.members.member_scale",
    "PeriodicEmbedding": "skdeep.nn.tabular.periodic_embedding",
    "PiecewiseLinearEmbedding": "skdeep.nn.tabular.piecewise_linear_embedding",
    "WaveEmbedding": "skdeep.nn.tabular.wave_embedding",
    "quantile_edges": "skdeep.nn.tabular.quantiles",
    "ParametricActivation": "skdeep.nn.dense.parametric_activation",
    "FeatureScale": "skdeep.nn.tabular.feature_scale",
    "CategoryEmbedding": "skdeep.nn.tabular.category_embedding",
    "ByColumns": "skdeep.nn.tabular.by_columns",
    "AbsoluteError": "skdeep.nn.losses",
    "Activation": "skdeep.nn.dense.activation",
    "AlphaDropout": "skdeep.nn.noise.dropout",
    "TimeDistributed": "skdeep.nn.recurrent.time_distributed",
    "AttentionSteps": "skdeep.nn.recurrent.step_pooling",
    "AveragePool": "skdeep.nn.conv.pooling",
    "BagOfTokens": "skdeep.nn.dense.bag_of_tokens",
    "BatchNorm": "skdeep.nn.normalization.batch_norm",
    "Constant": "skdeep.nn.initializers",
    "Conv": "skdeep.nn.conv.conv",
    "Dense": "skdeep.nn.dense.dense",
    "Dropout": "skdeep.nn.noise.dropout",
    "Embedding": "skdeep.nn.dense.embedding",
    "GRU": "skdeep.nn.recurrent.gru",
    "GaussianNoise": "skdeep.nn.noise.corruption",
    "GlobalAveragePool": "skdeep.nn.conv.global_pooling",
    "GlobalMaxPool": "skdeep.nn.conv.global_pooling",
    "Huber": "skdeep.nn.losses",
    "Initializer": "skdeep.nn.initializers",
    "KLActivity": "skdeep.nn.penalties.activity_penalty",
    "Kernel": "skdeep.backend.kernel",
    "L1Activity": "skdeep.nn.penalties.activity_penalty",
    "LSTM": "skdeep.nn.recurrent.lstm",
    "LastStep": "skdeep.nn.recurrent.step_pooling",
    "Layer": "skdeep.nn.core.layer",
    "LayerNorm": "skdeep.nn.normalization.layer_norm",
    "LogisticFocalLoss": "skdeep.nn.losses",
    "LogisticLogLoss": "skdeep.nn.losses",
    "Loss": "skdeep.nn.losses",
    "MaskingNoise": "skdeep.nn.noise.corruption",
    "MaxPool": "skdeep.nn.conv.pooling",
    "MaxSteps": "skdeep.nn.recurrent.step_pooling",
    "Maxout": "skdeep.nn.dense.maxout",
    "MeanSteps": "skdeep.nn.recurrent.step_pooling",
    "Normal": "skdeep.nn.initializers",
    "Orthogonal": "skdeep.nn.initializers",
    "Parallel": "skdeep.nn.core.parallel",
    "Param": "skdeep.nn.core.spec",
    "Pinball": "skdeep.nn.losses",
    "Poisson": "skdeep.nn.losses",
    "PerPixel": "skdeep.nn.conv.per_pixel",
    "RepeatSteps": "skdeep.nn.recurrent.repeat_steps",
    "RNN": "skdeep.nn.recurrent.rnn",
    "Reshape": "skdeep.nn.conv.reshape",
    "Residual": "skdeep.nn.core.residual",
    "Sequential": "skdeep.nn.core.sequential",
    "ShapeError": "skdeep.nn.core.spec",
    "SklearnGlorot": "skdeep.nn.initializers",
    "SoftmaxFocalLoss": "skdeep.nn.losses",
    "SoftmaxLogLoss": "skdeep.nn.losses",
    "Spec": "skdeep.nn.core.spec",
    "SquaredError": "skdeep.nn.losses",
    "StepDropout": "skdeep.nn.noise.dropout",
    "TokenDropout": "skdeep.nn.noise.dropout",
    "Uniform": "skdeep.nn.initializers",
    "Upsample": "skdeep.nn.conv.upsample",
    "VarianceScaling": "skdeep.nn.initializers",
    "Views": "skdeep.nn.core.spec",
    "Work": "skdeep.nn.core.spec",
    "kernel": "skdeep.backend.kernel",
}

if not TYPE_CHECKING:  # type checkers read the imports above, and find misspelt names

    def __getattr__(name):
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_HOMES[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
