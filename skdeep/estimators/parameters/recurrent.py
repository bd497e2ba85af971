"""Parameters of recurrent networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from skdeep.estimators.parameters._declaration import (
    like,
    parameter,
    parameter_group,
)
from skdeep.estimators.parameters._ranges import COUNT, FRACTION
from skdeep.estimators.parameters.dense import (
    KernelInitializer,
    LayerDropout,
    Rates,
    Widths,
)
from skdeep.estimators.parameters.raw_texts import RawTexts, TextStopping
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
    Solver,
    Training,
    ValidationScore,
    ValidationSplit,
)

DROPPED_TOGETHER = """
    Fraction of a layer's outputs that is dropped in training, one for all, or a list: for the
    recurrent layers, then the dense ones. A feature of a recurrent layer is dropped in all steps of
    {} or in none. For 'selu' alpha-dropout (Klambauer et al., 2017).
    """
HIDDEN_TOGETHER = """
    Fraction of a recurrent layer's state that is hidden from its gates in training, the same units
    in all steps of {} (Gal and Ghahramani, 2016).
    """
SEQUENCE, CHUNK = "a sequence", "a chunk of `tbptt_steps`"


@parameter_group
class RecurrentLayers:
    """Recurrent layers."""

    recurrent_layer_sizes: Widths = parameter(
        default=(64,),
        constraint=["array-like", COUNT],
        kind="int or array-like of int",
        doc="Number of units of each recurrent layer.",
        kw_only=False,
    )
    cell: Literal["lstm", "gru", "rnn"] = parameter(
        default="lstm",
        doc="""
        Long short-term memory with forget gates that start open (Hochreiter and Schmidhuber,
        1997), gated recurrent unit (Cho et al., 2014), or plain tanh (Elman, 1990).
        """,
        kw_only=False,
    )


@parameter_group
class Directions:
    """Directions of reading."""

    bidirectional: bool = parameter(
        default=False,
        doc="""
        Whether each recurrent layer also has as many units that read from the end to the beginning
        (Schuster and Paliwal, 1997).
        """,
    )


@parameter_group
class StepPooling:
    """How the steps of a sequence become one vector."""

    pooling: Literal["last", "mean", "max", "attention"] = parameter(
        default="last",
        doc="""
        What the dense layers get of the last recurrent layer's outputs: those of each sequence's
        last step (the first, of units that read backwards), the mean or maximum over its steps,
        or a mean with learned weights (Yang et al., 2016).
        """,
    )


@parameter_group
class StateDropout:
    """Dropout of states."""

    recurrent_dropout: float = parameter(
        default=0.0, constraint=[FRACTION], doc=HIDDEN_TOGETHER.format(SEQUENCE)
    )


@parameter_group
class Truncation:
    """Truncated back-propagation."""

    tbptt_steps: int | None = parameter(
        default=None,
        constraint=[COUNT, None],
        doc="""
        Length of the ranges of steps between which no gradient passes, for long sequences
        (truncated back-propagation through time); states do. None: gradients go all the way.
        """,
    )


@parameter_group
class RecurrentTraining(Training):
    """Training with another learning rate."""

    learning_rate_init: float = like(Training, default=0.005)


@parameter_group
class RecurrentLayerDropout(LayerDropout):
    """Dropout that is the same in all steps."""

    dropout: Rates = like(LayerDropout, doc=DROPPED_TOGETHER.format(SEQUENCE))


@parameter_group
class RecurrentInitializer(KernelInitializer):
    """Initial weights of recurrent networks."""

    kernel_initializer: str = like(
        KernelInitializer,
        default="glorot_uniform",
        doc="""
        Distribution of the initial weights of inputs and dense layers, one of {options}; weights
        of states start orthogonal. Biases start at zero except with 'sklearn'.
        """,
    )


@parameter_group
class RecurrentGivenWeights(GivenWeights):
    """Weights to start from and to keep, by the names of recurrent layers."""

    frozen_layers: Sequence[str] = like(
        GivenWeights,
        doc="""
        Layers ('recurrent_0', 'output') or weights ('recurrent_0.W') that training does not
        change, by the names of ``get_weights`` or parts of them.
        """,
    )


@parameter_group
class RecurrentNetworkParameters(
    TextStopping,
    MissingSteps,
    TokenDevice,
    PooledFeatures,
    RecurrentGivenWeights,
    ValidationSplit,
    ValidationScore,
    ClippedUpdateRules,
    RecurrentInitializer,
    HeadResiduals,
    HeadNormalization,
    RecurrentLayerDropout,
    LBFGS,
    RecurrentTraining,
    Solver,
    Truncation,
    RawTexts,
    Tokens,
    StateDropout,
    DenseHead,
    StepPooling,
    Directions,
    RecurrentLayers,
):
    """All of a recurrent network that predicts once for each sequence, but its targets."""
