"""Parameters of recurrent networks that predict at every step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any, Literal

from skdeep.data._compat import Interval, Options, StrOptions
from skdeep.estimators.parameters._declaration import (
    like,
    parameter,
    parameter_group,
    redeclared,
)
from skdeep.estimators.parameters._ranges import COUNT
from skdeep.estimators.parameters.dense import LayerDropout, Rates, Widths
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
    MissingSteps,
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
class SeriesTransforms:
    """What is done to series before the network reads them."""

    seasonal_period: int | Literal["auto"] | None = parameter(
        default="auto",
        constraint=[Interval(Integral, 2, None, closed="left"), StrOptions({"auto"}), None],
        kind="'auto', int or None",
        doc="""
        Steps of a season, such as 12 months or 168 hours. The network then learns what differs
        from the mean of the same place in the seasons before. 'auto' tries what the times of an
        index suggest, or the peaks of autocorrelations, and takes what leaves less than 70 % of
        the variance. A season must be there three times; one and a half times is enough for what
        the index suggests, where it is plain. None: no season.
        """,
    )
    differencing: Literal["auto", 0, 1] = parameter(
        default="auto",
        constraint=[StrOptions({"auto"}), Options(Integral, {0, 1})],
        kind="'auto', 0 or 1",
        doc="""
        1: the network learns the differences of neighbouring steps. 'auto' is 1 where there is no
        season and a test of Dickey and Fuller (5 %) does not refuse a unit root (of fewer than 20
        steps: where differences vary by half or less), and where beside a season a ridge
        regression of differences forecast the past better, a season ahead.
        """,
    )
    log: bool | Literal["auto"] = parameter(
        default="auto",
        constraint=["boolean", StrOptions({"auto"})],
        kind="'auto' or bool",
        doc="""
        Whether logs are taken first. 'auto' does so for channels that are positive and change the
        more from step to step the higher they are. Forecasts are powers again, without a
        correction: where the network's forecast is a mean of logs, that is a median of values,
        below their mean.
        """,
    )
    lags: int | Sequence[int] | Literal["auto"] = parameter(
        default="auto",
        constraint=["array-like", COUNT, StrOptions({"auto"})],
        kind="'auto', int or array-like of int",
        doc="""
        Steps before that are inputs, besides what the state remembers: so many, or which. 'auto'
        is up to 24 within a season, and the two a season before; 10 where there is none. Of few
        steps it is fewer.
        """,
    )
    linear_part: bool = parameter(
        default=True,
        doc="""
        Whether a linear autoregression on the inputs is added to the recurrent layers (Lai et al.,
        2018). Ridge regression gives its first weights, and the others start from forecasting
        nothing besides.
        """,
    )


@parameter_group
class SeriesLoss:
    """Scale, output and loss of a forecaster."""

    standardize: Literal["auto", "all", "series"] | None = parameter(
        default="auto",
        doc="""
        Whether what is learned is standardised inside: by the moments over all training steps, by
        those of each series, for series of different levels, or not at all. 'auto' is 'series'
        where the fit has several, else 'all'. With 'series', a series
        that is continued or scored is standardised by its own moments, of all steps that are given:
        ``predict`` and ``score`` then know something of the steps to come, and are optimistic.
        """,
        stack="each",
    )
    output: Literal["point", "gaussian", "student_t", "negative_binomial"] = parameter(
        default="point",
        doc="""
        What the network says of the next step: a number, by `loss`; or a distribution, of which
        it maximises the likelihood: normal, Student's t, or negative binomial for counts, of which
        neither logs nor differences are taken.
        """,
    )
    quantiles: Sequence[float] | None = parameter(
        default=None,
        constraint=["array-like", None],
        kind="array-like of float or None",
        doc="""
        Levels of the next step's quantiles that the network predicts instead of one number, such
        as ``[0.05, 0.5, 0.95]``.
        """,
    )
    loss: Literal["squared_error", "absolute_error", "huber"] = parameter(
        default="squared_error",
        doc="""
        Loss of standardised values to minimise where ``output='point'``: half the squared error
        (its best prediction is the mean), the absolute error (the median), or Huber's loss.
        """,
    )
    huber_delta: float = like(RegressionTarget, doc="Residual up to which 'huber' is quadratic.")


@parameter_group
class TaggerParameters(
    Classification,
    MissingSteps,
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
    SeriesTransforms,
    ChunkLength,
    ChunkStateDropout,
    DenseHead,
    RecurrentLayers,
):
    """All of a network that forecasts numbers."""

    recurrent_layer_sizes: Widths = redeclared(RecurrentLayers, default=(32,), kw_only=False)
    cell: Literal["lstm", "gru", "rnn"] = redeclared(RecurrentLayers, default="gru", kw_only=False)
    alpha: float = like(StepwiseTraining, default=1.0)
    learning_rate_init: float = like(RecurrentTraining, default=0.002)
    max_iter: int = like(StepwiseTraining, default=20)


@parameter_group
class ChordOutput:
    """How the entries of a step depend on each other."""

    output: Literal["independent", "nade"] = parameter(
        default="nade",
        doc="""
        How the entries of a step of a piano roll depend on each other, given the steps before: each
        on those before it, by a neural autoregressive distribution whose biases the recurrent state
        gives (RNN-NADE, Boulanger-Lewandowski et al., 2012); or not at all, which is faster where
        there are many. Of tokens there is one a step, and nothing to choose.
        """,
    )
    nade_units: int = parameter(
        default=100,
        constraint=[COUNT],
        doc="Hidden units of the distribution over a step's entries where ``output='nade'``.",
    )


@parameter_group
class GeneratorParameters(
    TokenDevice,
    RecurrentGivenWeights,
    ChunkTraining,
    ChordOutput,
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
        piano rolls, rows of 0 and 1.
        """,
    )
