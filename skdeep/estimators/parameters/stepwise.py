"""Parameters of recurrent networks that predict at every step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from skdeep.data._compat import StrOptions
from skdeep.estimators.parameters._declaration import like, parameter, parameter_group
from skdeep.estimators.parameters._ranges import COUNT
from skdeep.estimators.parameters.dense import LayerDropout, Rates
from skdeep.estimators.parameters.networks import Classification
from skdeep.estimators.parameters.recurrent import (
    CHUNK,
    DROPPED_TOGETHER,
    HIDDEN_TOGETHER,
    Directions,
    RecurrentGivenWeights,
    RecurrentInitializer,
    RecurrentLayerDropout,
    RecurrentLayers,
    RecurrentTraining,
    StateDropout,
    Truncation,
)
from skdeep.estimators.parameters.step_networks import (
    ClippedUpdateRules,
    DenseHead,
    TokenDevice,
    Tokens,
)
from skdeep.estimators.parameters.targets import ClassWeight, RegressionTarget
from skdeep.estimators.parameters.training import (
    MINI_BATCH_SOLVERS,
    BatchSize,
    Solver,
    Training,
    ValidationScore,
)


@parameter_group
class StepwiseTraining(
    ClippedUpdateRules,
    RecurrentInitializer,
    RecurrentLayerDropout,
    RecurrentTraining,
    Solver,
):
    """Training of networks that predict at every step, by mini-batches."""

    solver: str = like(
        Solver,
        constraint=MINI_BATCH_SOLVERS,
        doc="Solver that optimises the weights, one of {options}.",
    )
    alpha: float = like(
        Solver,
        doc="""
        Strength of the L2 penalty ``alpha / 2 * sum(W ** 2)``, which is divided by the sum of the
        weights of the batch's steps. Biases and scales are not penalised.
        """,
    )
    batch_size: BatchSize = like(
        Training,
        doc="""
        Number of sequences in a mini-batch; 'auto' is 32, or fewer where an epoch would have less
        than 16 updates.
        """,
    )
    max_iter: int = like(Training, doc="Maximum number of epochs.")
    shuffle: bool = like(Training, doc="Whether to shuffle the sequences in each epoch.")
    tol: float = like(
        Training,
        doc="""
        Tolerance of the optimisation: an epoch counts as no improvement when the loss (or
        validation score) does not improve by more than this.
        """,
    )
    validation_fraction: float = like(Training, doc="Fraction that early stopping holds out.")


@parameter_group
class StepScore(ValidationScore):
    """What validation sequences are scored by."""

    scoring: Literal["loss"] | Callable[..., Any] | None = like(
        ValidationScore,
        constraint=[StrOptions({"loss"}), callable, None],
        kind="'loss', callable or None",
        doc="""
        Score that ``validation_scores_`` holds and early stopping watches: None for the accuracy,
        'loss' for the negative loss, or a function of estimator, X and y.
        """,
    )


@parameter_group
class ChunkLength(Truncation):
    """Chunks of steps."""

    tbptt_steps: int = like(
        Truncation,
        default=64,
        constraint=[COUNT],
        doc="""
        Number of steps of a chunk. Training goes through sequences chunk by chunk, with an update
        for each batch of chunks; states go on from chunk to chunk, gradients do not.
        """,
    )


@parameter_group
class ChunkTraining(StepwiseTraining):
    """Training chunk by chunk."""

    batch_size: BatchSize = like(
        Training,
        doc="""
        Number of chunks in a mini-batch, of as many sequences or parts of sequences; 'auto' is 32,
        or fewer where an epoch would have less than 16 updates.
        """,
    )
    dropout: Rates = like(LayerDropout, doc=DROPPED_TOGETHER.format(CHUNK))


@parameter_group
class ChunkStateDropout(StateDropout):
    """Dropout of states that is the same in all steps of a chunk."""

    recurrent_dropout: float = like(StateDropout, doc=HIDDEN_TOGETHER.format(CHUNK))


@parameter_group
class SeriesLoss:
    """Scale and loss of a forecaster."""

    standardize: Literal["all", "series"] | None = parameter(
        default="all",
        doc="""
        Whether channels are standardised inside: by the moments over all training steps, by those
        of each series, for series of different levels, or not at all. With 'series', a series that
        is continued or scored is standardised by its own moments, of all steps that are given:
        ``predict`` and ``score`` then know something of the steps to come, and are optimistic.
        """,
        stack="each",
    )
    loss: Literal["squared_error", "absolute_error", "huber"] = parameter(
        default="squared_error",
        doc="""
        Loss of standardised values to minimise: half the squared error (its best
        prediction is the mean), the absolute error (the median), or Huber's loss.
        """,
    )
    huber_delta: float = like(RegressionTarget, doc="Residual up to which 'huber' is quadratic.")


@parameter_group
class TaggerParameters(
    Classification,
    TokenDevice,
    RecurrentGivenWeights,
    StepScore,
    StepwiseTraining,
    Truncation,
    Tokens,
    StateDropout,
    DenseHead,
    Directions,
    RecurrentLayers,
):
    """All of a network that labels each step."""

    bidirectional: bool = like(
        Directions,
        default=True,
        doc="""
        Whether each recurrent layer also has as many units that read from the end to the
        beginning, so that a label depends on what follows too (Schuster and Paliwal, 1997).
        """,
    )
    class_weight: Mapping[Any, float] | Literal["balanced"] | None = like(
        ClassWeight,
        constraint=[dict, StrOptions({"balanced"}), None],
        kind="dict, 'balanced' or None",
        doc="Factors of the weights of steps by their label.",
    )


@parameter_group
class ForecasterParameters(
    TokenDevice,
    RecurrentGivenWeights,
    ChunkTraining,
    SeriesLoss,
    ChunkLength,
    ChunkStateDropout,
    DenseHead,
    RecurrentLayers,
):
    """All of a network that forecasts numbers."""


@parameter_group
class GeneratorParameters(
    TokenDevice,
    RecurrentGivenWeights,
    ChunkTraining,
    ChunkLength,
    Tokens,
    ChunkStateDropout,
    DenseHead,
    RecurrentLayers,
):
    """All of a network that writes sequences."""

    embedding_dim: int | Literal["auto"] | None = like(
        Tokens,
        doc="""
        Length of the learned vector of each token. With 'auto' sequences (T,) of integers are
        tokens, and the length is the first power of two from 4 to 64 whose square reaches the
        number of tokens; all others are piano rolls. An int: steps are tokens. None: steps are
        piano rolls, rows of 0 and 1, whose entries are predicted as independent of each other
        given the steps before.
        """,
    )
