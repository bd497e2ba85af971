"""Every layer, as the layer contract (tests/nn/test_layer_contract.py) exercises it.

Add a line when you add a layer: its name, a function that makes it, and the shape of one row.
"""

from functools import partial

from skdeep.augmentation import Brightness, Contrast, Erase, Flip, Noise, Rotate, Scale, Shift
from skdeep.nn.attention.add_from_memory import AddFromMemory
from skdeep.nn.attention.additive_attention import AdditiveAttention
from skdeep.nn.attention.blocks import decoder_block, encoder_block
from skdeep.nn.attention.dot_attention import DotAttention
from skdeep.nn.attention.feed_forward import FeedForward
from skdeep.nn.attention.multi_head_attention import CrossAttention, MultiHeadAttention
from skdeep.nn.attention.positions import LearnedPositions, SinusoidalPositions
from skdeep.nn.attention.pre_norm import PreNorm
from skdeep.nn.boltzmann.labelled import ClassRBM
from skdeep.nn.conv.augment import Augment
from skdeep.nn.conv.conv import Conv
from skdeep.nn.conv.global_pooling import GlobalAveragePool, GlobalMaxPool
from skdeep.nn.conv.per_pixel import PerPixel
from skdeep.nn.conv.pooling import AveragePool, MaxPool
from skdeep.nn.conv.reshape import Reshape
from skdeep.nn.conv.step_conv import StepConv
from skdeep.nn.conv.step_pools import StepAveragePool, StepMaxPool
from skdeep.nn.conv.upsample import Upsample
from skdeep.nn.core.in_parts import InParts
from skdeep.nn.core.parallel import Parallel
from skdeep.nn.core.residual import Residual
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.dense.activation import Activation
from skdeep.nn.dense.dense import Dense
from skdeep.nn.dense.maxout import Maxout
from skdeep.nn.dense.nade import NADE
from skdeep.nn.dense.offset import Offset
from skdeep.nn.dense.parametric_activation import ParametricActivation
from skdeep.nn.dense.scaled import Scaled
from skdeep.nn.dense.step_dense import StepDense
from skdeep.nn.dense.tied import Tied
from skdeep.nn.members.member_dense import MemberDense, MemberOutput
from skdeep.nn.members.member_scale import MemberScale, Signs
from skdeep.nn.noise.corruption import GaussianNoise, MaskingNoise, SaltAndPepper
from skdeep.nn.noise.dropout import (
    AlphaDropout,
    BranchDropout,
    Dropout,
    StepDropout,
    TokenDropout,
)
from skdeep.nn.normalization.batch_norm import BatchNorm
from skdeep.nn.normalization.layer_norm import LayerNorm
from skdeep.nn.normalization.step_batch_norm import StepBatchNorm
from skdeep.nn.normalization.step_norm import StepNorm
from skdeep.nn.penalties.activity_penalty import KLActivity, L1Activity
from skdeep.nn.penalties.contractive import ContractiveDense
from skdeep.nn.recurrent.gru import GRU
from skdeep.nn.recurrent.lstm import LSTM
from skdeep.nn.recurrent.repeat_steps import RepeatSteps
from skdeep.nn.recurrent.rnn import RNN
from skdeep.nn.recurrent.step_pooling import AttentionSteps, LastStep, MaxSteps, MeanSteps
from skdeep.nn.recurrent.time_distributed import TimeDistributed
from skdeep.nn.tabular.by_columns import ByColumns
from skdeep.nn.tabular.feature_scale import FeatureScale
from skdeep.nn.tabular.periodic_embedding import PeriodicEmbedding
from skdeep.nn.tabular.piecewise_linear_embedding import PiecewiseLinearEmbedding
from skdeep.nn.tabular.wave_embedding import WaveEmbedding
from skdeep.nn.variational.bounded_log_variance import BoundedLogVariance
from skdeep.nn.variational.gaussian_code import GaussianCode
from skdeep.nn.variational.gaussian_output import GaussianOffset, GaussianOutput
from skdeep.testing.with_memory import WithMemory
from skdeep.testing.with_target import WithTarget

LAYERS = [
    ("dense", lambda: Dense(4), (5,)),
    ("dense_without_bias", lambda: Dense(4, bias=False), (5,)),
    ("activation_reads_y", lambda: Activation("tanh"), (5,)),
    ("activation_reads_x", lambda: Activation("gelu"), (5,)),
    ("parametric_reads_y", lambda: ParametricActivation("selu"), (5,)),
    ("parametric_reads_x", lambda: ParametricActivation("mish"), (5,)),
    ("parametric_of_members", lambda: ParametricActivation("mish", n_members=2), (6,)),
    ("feature_scale", lambda: FeatureScale(), (5,)),
    ("periodic_embedding", lambda: PeriodicEmbedding(4, 6, 0.3), (5,)),
    ("piecewise_linear_embedding", lambda: PiecewiseLinearEmbedding(3, 4), (5,)),
    ("wave_embedding", lambda: WaveEmbedding(3, 4, 0.3), (5,)),
    ("wave_embedding_lite", lambda: WaveEmbedding(3, 4, 0.3, lite=True), (5,)),
    ("member_scale", lambda: MemberScale(3), (5,)),
    ("member_scale_of_columns", lambda: MemberScale(2, init=Signs(), widths=[1, 3, 1]), (5,)),
    ("member_dense", lambda: MemberDense(4, 2), (6,)),
    ("member_dense_with_scales", lambda: MemberDense(4, 2, scales=True), (6,)),
    ("member_output", lambda: MemberOutput(4, 2), (6,)),
    (
        "members_of_columns",
        lambda: ByColumns(
            [4, 4, 4], [MemberDense(3, 2), MemberDense(1, 2, scales=True), MemberOutput(3, 2)]
        ),
        (12,),
    ),
    (
        "by_columns",
        lambda: ByColumns([2, 1, 2], [FeatureScale(), None, PeriodicEmbedding(3, 4)]),
        (5,),
    ),
    ("scaled", lambda: Scaled(2.5), (5,)),
    ("scaled_steps", lambda: Scaled(2.5), (3, 5)),
    ("dropout", lambda: Dropout(0.4), (5,)),
    ("alpha_dropout", lambda: AlphaDropout(0.4), (5,)),
    ("step_dropout", lambda: StepDropout(0.4), (3, 5)),
    ("branch_dropout", lambda: BranchDropout(0.4), (5,)),
    ("token_dropout", lambda: TokenDropout(0.4), (3, 5)),
    ("masking", lambda: MaskingNoise(0.4), (5,)),
    ("salt_and_pepper", lambda: SaltAndPepper(0.4, low=-2.0, high=range(5)), (5,)),
    ("gaussian_noise", lambda: GaussianNoise(0.4), (5,)),
    ("l1_activity", lambda: L1Activity(0.3), (5,)),
    ("kl_activity", lambda: Sequential([Activation("logistic"), KLActivity(0.3, 0.2)]), (5,)),
    ("contractive_reads_y", lambda: ContractiveDense(4, "logistic", 0.3), (5,)),
    ("contractive_reads_x", lambda: ContractiveDense(4, "gelu", 0.3), (5,)),
    ("batch_norm", lambda: BatchNorm(), (5,)),
    ("layer_norm", lambda: LayerNorm(), (5,)),
    ("class_scores", lambda: ClassRBM(3, 4), (5,)),
    ("maxout", lambda: Maxout(4, 3), (5,)),
    ("nade", lambda: WithTarget(NADE(4, 3), 4), (6,)),
    (
        "nade_behind_layers",
        lambda: WithTarget(Sequential([Dense(3), Activation("tanh"), NADE(3, 2)]), 3),
        (5,),
    ),
    ("bounded_log_variance", lambda: BoundedLogVariance(-0.3, 0.2), (4,)),
    ("gaussian_code", lambda: GaussianCode(2), (4,)),
    ("gaussian_output", lambda: GaussianOutput(4), (5,)),
    ("gaussian_offset", GaussianOffset, (5,)),
    ("offset", Offset, (5,)),
    ("sequential", lambda: Sequential([Dense(4), Activation("relu"), Dropout(0.3)]), (5,)),
    (
        "tied",
        lambda: Sequential(
            [
                Dense(4, name="encoder_0"),
                Activation("tanh"),
                ContractiveDense(3, "logistic", 0.1, name="encoder_1"),
                Tied(4, "encoder_1"),
                Activation("relu"),
                Tied(5, "encoder_0"),
            ]
        ),
        (5,),
    ),
    ("residual", lambda: Residual([Dense(5), Dropout(0.3), Activation("tanh")]), (5,)),
    ("residual_projection", lambda: Residual([BatchNorm(), Dense(4)]), (5,)),
    # Each of these would go wrong if an inner layer worked in place on what the shortcut reads.
    ("residual_in_place_first", lambda: Residual([Dropout(0.3), Activation("tanh")]), (5,)),
    ("residual_nested", lambda: Residual([Residual([Activation("tanh"), Dropout(0.3)])]), (5,)),
    (
        "parallel",
        lambda: Parallel(
            [
                Sequential([Dense(3), Activation("tanh"), Dropout(0.3)]),
                Activation("identity"),
                Residual([Dense(5), Activation("gelu")]),
                Maxout(2, 2),
                Sequential([LayerNorm(), Activation("relu")], name="normed"),
            ]
        ),
        (5,),
    ),
    ("rnn", lambda: RNN(3), (4, 2)),
    ("rnn_reverse", lambda: RNN(3, reverse=True, dropout=0.4), (4, 2)),
    ("lstm", lambda: LSTM(3), (4, 2)),
    ("lstm_of_one_step", lambda: LSTM(3, dropout=0.4), (1, 2)),
    ("lstm_reverse", lambda: LSTM(3, reverse=True, dropout=0.4), (4, 2)),
    ("gru", lambda: GRU(3), (4, 2)),
    ("gru_reverse", lambda: GRU(3, reverse=True, dropout=0.4), (4, 2)),
    (
        "bidirectional_layers",
        lambda: Sequential(
            [
                Parallel([LSTM(2), LSTM(2, reverse=True)]),
                Dropout(0.3),
                GRU(3, reverse=True),
                MeanSteps(),
            ]
        ),
        (4, 2),
    ),
    ("last_step", lambda: LastStep(2), (4, 3)),
    ("mean_steps", lambda: MeanSteps(), (4, 3)),
    ("max_steps", lambda: MaxSteps(), (4, 3)),
    ("attention_steps", lambda: AttentionSteps(), (4, 3)),
    (
        "at_steps",
        lambda: TimeDistributed([Dense(4), Activation("tanh"), Dropout(0.3), Dense(2)]),
        (3, 5),
    ),
    (
        "at_steps_behind_recurrence",
        lambda: Sequential([Parallel([GRU(2), GRU(2, reverse=True)]), TimeDistributed([Dense(3)])]),
        (4, 2),
    ),
    ("repeated_mean", lambda: RepeatSteps([MeanSteps()]), (3, 5)),
    (
        "repeated_code",
        lambda: Sequential([RepeatSteps([GRU(3), LastStep(), Dense(2)]), GRU(3)]),
        (4, 2),
    ),
    ("attention", lambda: MultiHeadAttention(2), (4, 6)),
    ("attention_causal", lambda: MultiHeadAttention(3, causal=True, dropout=0.3), (4, 6)),
    ("feed_forward", lambda: FeedForward(5), (4, 3)),
    ("feed_forward_reads_y", lambda: FeedForward(5, activation="relu", dropout=0.3), (4, 3)),
    ("pre_norm", lambda: PreNorm([GRU(3), Activation("tanh")], dropout=0.3), (4, 3)),
    ("sinusoidal_positions", lambda: SinusoidalPositions(dropout=0.3), (4, 3)),
    ("learned_positions", lambda: LearnedPositions(5), (4, 3)),
    ("dense_of_steps", lambda: StepDense(5), (4, 3)),
    ("layer_norm_of_steps", lambda: StepNorm(), (4, 3)),
    (
        "encoder",
        lambda: Sequential(
            [
                LSTM(4),
                InParts([LearnedPositions(4), *encoder_block(2, 5), StepNorm()]),
                MeanSteps(),
            ]
        ),
        (4, 2),
    ),
    ("in_parts", lambda: InParts([StepDense(2), Dropout(0.3)]), (4, 3)),
    ("conv", lambda: Conv(3, 3), (4, 5, 2)),
    ("conv_valid", lambda: Conv(3, (2, 3), strides=(2, 1), padding="valid"), (5, 4, 6)),
    ("conv_strided", lambda: Conv(2, 3, strides=2, dilation=(1, 2), bias=False), (4, 5, 2)),
    ("conv_of_one_pixel", lambda: Conv(3, 1), (2, 3, 2)),
    ("conv_tall", lambda: Conv(2, 9), (8, 8, 4)),
    ("conv_signal", lambda: Conv(3, 4, strides=2, dilation=2), (7, 2)),
    ("max_pool", lambda: MaxPool(2), (4, 5, 2)),
    ("max_pool_signal", lambda: MaxPool(3), (7, 2)),
    ("max_pool_larger_than_the_image", lambda: MaxPool((2, 4)), (1, 3, 2)),
    ("average_pool", lambda: AveragePool((2, 3)), (5, 6, 2)),
    ("average_pool_signal", lambda: AveragePool(2), (6, 2)),
    ("upsample", lambda: Upsample((5, 6)), (2, 3, 2)),
    ("upsample_signal", lambda: Upsample((7,)), (3, 2)),
    ("upsample_by_one", lambda: Upsample((2, 3)), (2, 3, 2)),
    ("global_average_pool", lambda: GlobalAveragePool(), (3, 2, 2)),
    ("global_max_pool", lambda: GlobalMaxPool(), (5, 2)),
    ("conv_of_steps", lambda: StepConv(3, 4, dilation=2), (6, 2)),
    ("conv_of_steps_strided", lambda: StepConv(3, 3, strides=2, bias=False), (7, 2)),
    ("conv_of_steps_valid", lambda: StepConv(2, 3, strides=2, padding="valid"), (8, 2)),
    ("max_pool_of_steps", lambda: StepMaxPool(3), (8, 2)),
    ("average_pool_of_steps", lambda: StepAveragePool(3), (8, 2)),
    ("batch_norm_of_steps", lambda: StepBatchNorm(), (4, 3)),
    (
        "conv_net_of_steps",
        lambda: Sequential(
            [
                GRU(2),
                StepConv(3, 3, strides=2),
                PerPixel(LayerNorm()),
                Activation("tanh"),
                StepMaxPool(2),
                Residual(
                    [StepConv(2, 3, strides=2), StepAveragePool(2)],
                    StepConv(2, 1, strides=4, bias=False),
                ),
                LSTM(2, reverse=True),
                MeanSteps(),
            ]
        ),
        (8, 2),
    ),
    (
        "batch_norm_behind_recurrence",
        lambda: Sequential(
            [
                LSTM(3),
                StepConv(3, 2, padding="valid"),
                StepBatchNorm(),
                Activation("relu"),
                MaxSteps(),
            ]
        ),
        (5, 2),
    ),
    (
        "branches_of_steps",
        lambda: Sequential(
            [
                Parallel([StepConv(2, 3, strides=2), StepConv(2, 2, strides=2)]),
                StepDropout(0.3),
                PreNorm([StepConv(4, 3)]),
                StepNorm(),
                MaxSteps(),
            ]
        ),
        (6, 2),
    ),
    ("batch_norm_of_channels", lambda: PerPixel(BatchNorm()), (3, 2, 2)),
    ("layer_norm_of_channels", lambda: PerPixel(LayerNorm()), (4, 3)),
    ("dense_of_channels", lambda: PerPixel(Dense(3)), (2, 2, 4)),
    ("augment_places", lambda: Augment([Shift(2), Flip(), Flip("vertical")]), (4, 5, 2)),
    ("augment_between_pixels", lambda: Augment([Rotate(30), Scale(0.3), Shift(1)]), (4, 3, 2)),
    (
        "augment_pixels",
        lambda: Augment(
            [Brightness(0.2), Rotate(9, fill="edge"), Contrast(0.5), Noise(0.1), Erase(0.7)]
        ),
        (4, 3, 2),
    ),
    ("augment_signal", lambda: Augment([Shift(1), Flip(), Scale(0.2)]), (5, 2)),
    ("dropout_of_images", lambda: Dropout(0.4), (3, 2, 2)),
    (
        "reshape",
        lambda: Sequential([Reshape((2, 3)), Activation("gelu"), Reshape()]),
        (6,),
    ),
    # The second activation may not overwrite what the first reads again.
    (
        "reshape_of_what_is_kept",
        lambda: Sequential([Activation("tanh"), Reshape((2, 3)), Activation("tanh"), Reshape()]),
        (6,),
    ),
    (
        "reshape_into_a_given_place",
        lambda: Parallel(
            [Sequential([Reshape((2, 3)), Activation("tanh"), Reshape()]), Activation("gelu")]
        ),
        (6,),
    ),
    ("residual_of_images", lambda: Residual([Conv(2, 3), Activation("relu")]), (3, 4, 2)),
    (
        "residual_projection_of_images",
        lambda: Residual([Conv(3, 3, strides=2), PerPixel(BatchNorm()), Activation("tanh")]),
        (3, 5, 2),
    ),
    (
        "conv_autoencoder",
        lambda: Sequential(
            [
                Reshape((5, 4, 1)),
                Conv(2, 3),
                MaxPool(2),
                Activation("tanh"),
                Reshape(),
                Dense(2),
                Dense(8),
                Activation("tanh"),
                Reshape((2, 2, 2)),
                Upsample((5, 4)),
                Conv(1, 3),
                Reshape(),
            ]
        ),
        (20,),
    ),
    (
        "conv_net",
        lambda: Sequential(
            [
                Reshape((4, 4, 1)),
                Conv(2, 3),
                PerPixel(BatchNorm()),
                Activation("tanh"),
                MaxPool(2),
                Conv(3, 2),
                Activation("gelu"),
                GlobalAveragePool(),
                Dense(2),
            ]
        ),
        (16,),
    ),
]

#: Layers of a decoder: as above, and the shape of the memory that they read.
MEMORY_LAYERS = [
    ("dot_attention", lambda: DotAttention(4), (3, 2), (5, 4)),
    ("additive_attention", lambda: AdditiveAttention(4, 3), (3, 2), (5, 4)),
    ("add_from_memory", lambda: AddFromMemory([MeanSteps(), Dense(2)], 4), (3, 2), (5, 4)),
    ("cross_attention", lambda: CrossAttention(2, 4), (3, 6), (5, 4)),
    ("decoder_block", lambda: Sequential(decoder_block(2, 5, 4, dropout=0.3)), (3, 6), (5, 4)),
    (
        "attending_twice",
        lambda: Sequential(
            [
                AddFromMemory([GRU(3), LastStep(), Dense(2), Activation("tanh")], 4),
                GRU(3),
                DotAttention(4),
                StepDropout(0.3),
                AdditiveAttention(4, 2),
                TimeDistributed([Dense(2)]),
            ]
        ),
        (3, 2),
        (5, 4),
    ),
]
LAYERS += [
    (name, partial(lambda make, *shapes: WithMemory(make(), *shapes), make, x, memory), row)
    for name, make, x, memory in MEMORY_LAYERS
    for row in [WithMemory(make(), x, memory).row]
]
