"""Parameters of recurrent autoencoders."""

from __future__ import annotations

from typing import Literal

from skdeep.estimators.parameters._declaration import like, parameter_group, redeclared
from skdeep.estimators.parameters._ranges import FRACTION
from skdeep.estimators.parameters.autoencoder import (
    Code,
    CodeActivation,
    CoderLayers,
    Corruption,
    ReconstructionLoss,
)
from skdeep.estimators.parameters.dense import LayerDropout, Widths
from skdeep.estimators.parameters.recurrent import (
    Directions,
    RecurrentGivenWeights,
    RecurrentInitializer,
    RecurrentLayers,
    RecurrentTraining,
    StateDropout,
    StepPooling,
    Truncation,
)
from skdeep.estimators.parameters.step_networks import ClippedUpdateRules
from skdeep.estimators.parameters.training import (
    LBFGS,
    BatchSize,
    Device,
    Solver,
    Training,
    ValidationScore,
    ValidationSplit,
)


@parameter_group
class SeriesDecoder:
    """Recurrent layers that give series back."""

    decoder_layer_sizes: Widths | None = like(
        CoderLayers,
        doc="""
        Number of units of each recurrent layer of the decoder; None mirrors the encoder.
        """,
    )


@parameter_group
class SeriesCoderDropout(LayerDropout):
    """Dropout behind the recurrent layers of encoder and decoder."""

    dropout: float = like(
        LayerDropout,
        constraint=[FRACTION],
        doc="""
        Fraction of each recurrent layer's outputs that is dropped in training, in all steps of a
        series or in none.
        """,
    )


@parameter_group
class RNNAutoencoderParameters(
    Device,
    RecurrentGivenWeights,
    ValidationSplit,
    ValidationScore,
    ClippedUpdateRules,
    RecurrentInitializer,
    SeriesCoderDropout,
    LBFGS,
    RecurrentTraining,
    Solver,
    Truncation,
    Corruption,
    ReconstructionLoss,
    StateDropout,
    CodeActivation,
    SeriesDecoder,
    StepPooling,
    Directions,
    RecurrentLayers,
    Code,
):
    """All of a recurrent autoencoder."""

    n_components: int = redeclared(Code, default=16, kw_only=False)
    cell: Literal["lstm", "gru", "rnn"] = redeclared(RecurrentLayers, default="gru", kw_only=False)
    pooling: Literal["last", "mean", "max", "attention"] = like(
        StepPooling,
        default="mean",
        doc="""
        What the code is made of: the last recurrent layer's outputs at each series' last step (the
        first, of units that read backwards), their mean or maximum over the steps, or a mean with
        learned weights (Yang et al., 2016).
        """,
    )
    batch_size: BatchSize = like(
        Training,
        doc="""
        Number of series in a mini-batch; 'auto' is 32, or fewer where an epoch would have less than
        16 updates.
        """,
    )
