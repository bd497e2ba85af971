"""Parameters of networks that make sequences of others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from skdeep.data._compat import StrOptions
from skdeep.estimators.parameters._declaration import like, parameter, parameter_group
from skdeep.estimators.parameters._ranges import COUNT, FRACTION, NON_NEGATIVE
from skdeep.estimators.parameters.sequences import Texts
from skdeep.estimators.parameters.step_networks import ClippedUpdateRules, TokenDevice
from skdeep.estimators.parameters.targets import LabelSmoothing
from skdeep.estimators.parameters.training import (
    MINI_BATCH_SOLVERS,
    BatchSize,
    GivenWeights,
    Schedule,
    Solver,
    Training,
    UpdateRules,
    ValidationScore,
)
from skdeep.metrics._scorers import NAMES


@parameter_group
class Decoder:
    """The layers of a decoder."""

    architecture: Literal["gru", "lstm", "transformer"] = parameter(
        default="gru",
        doc="""
        What encoder and decoder are made of: gated recurrent units (Cho et al., 2014), long
        short-term memory, or a Transformer's blocks (Vaswani et al., 2017), with normalisation
        before each part.
        """,
        kw_only=False,
    )
    attention: Literal["dot", "additive"] | None = parameter(
        default="dot",
        constraint=[StrOptions({"dot", "additive"}), None],
        doc="""
        How each step of the decoder looks up what it needs of the source: by products (Luong et
        al., 2015), by a small network (Bahdanau et al., 2015), which is slower, or not at all.
        Whatever it is, each step also reads a summary of the source. A Transformer has attention
        of its own.
        """,
    )
    units: int = parameter(
        default=256,
        constraint=[COUNT],
        doc="""
        Number of units of each layer, and of each direction of a recurrent encoder; the width of a
        Transformer.
        """,
    )
    embedding_dim: int | None = parameter(
        default=None,
        constraint=[COUNT, None],
        doc="Length of the learned vector of each token; None: as many as `units`.",
    )
    n_hidden_layers: int | None = parameter(
        default=None,
        constraint=[COUNT, None],
        doc="""
        Number of layers of the encoder and of the decoder; None: one, and three blocks of a
        Transformer.
        """,
    )
    n_heads: int = parameter(
        default=8, constraint=[COUNT], doc="Heads of each attention of a Transformer."
    )
    feedforward_units: int | None = parameter(
        default=None,
        constraint=[COUNT, None],
        doc="Hidden units of a Transformer's feed-forward parts; None: twice `units`.",
    )
    dropout: float = parameter(
        default=0.1,
        constraint=[FRACTION],
        doc="""
        Fraction of the features of embeddings and layers that is dropped in training: of
        recurrent networks the same ones in all steps of a sequence (Gal and Ghahramani, 2016).
        A Transformer also drops weights of attention. More wants more epochs.
        """,
        stack="each",
    )
    tied_embeddings: bool = parameter(
        default=True,
        doc="""
        Whether the weights of the output are the vectors that embed the tokens written (Press and
        Wolf, 2017).
        """,
    )
    label_smoothing: float = like(
        LabelSmoothing,
        default=0.1,
        doc="""
        Fraction of each target that is spread over all tokens in training (Szegedy et al., 2016);
        scores are those of the targets themselves.
        """,
    )


@parameter_group
class Writing:
    """How sequences are written."""

    beam_width: int = parameter(
        default=1,
        constraint=[COUNT],
        doc="""
        Number of hypotheses that are followed at a time; with 1, each token is the most probable
        one.
        """,
        stack="each",
    )
    length_penalty: float = parameter(
        default=1.0,
        constraint=[NON_NEGATIVE],
        doc="""
        Hypotheses compare by their log-likelihood over this power of their length: 0 prefers short
        ones, larger numbers long ones.
        """,
        stack="each",
    )
    max_length: int | None = parameter(
        default=None,
        constraint=[COUNT, None],
        doc="""
        Number of tokens that are written at most; None: as many as the longest target of the
        training data has.
        """,
        stack="each",
    )


@parameter_group
class WritingScore(ValidationScore):
    """What validation samples are scored by."""

    scoring: str | Callable[..., Any] | None = like(
        ValidationScore,
        constraint=[StrOptions({"loss", *NAMES}), callable, None],
        doc="""
        Score that ``validation_scores_`` holds and early stopping watches: None or 'loss' for the
        mean log-likelihood of a token, for which nothing is written; 'bleu', 'chrf',
        'neg_token_error_rate' or 'sequence_accuracy' of what is written, which takes longer; or a
        function of estimator, X, whose samples are tokens, and y.
        """,
    )


@parameter_group
class TranslationTexts:
    """How texts become tokens, on both sides."""

    unit: Literal["word", "character", "char", "bpe"] = parameter(
        default="word",
        doc="""
        What a token of a string is: a word or a mark, with the space before it; a character
        ('char' for short); or a piece of a word that is learned (byte pairs, Sennrich et al.,
        2016). Samples that are lists of tokens are taken as they are.
        """,
    )
    lowercase: bool = like(Texts)
    min_count: int = like(
        Texts,
        doc="""
        Keep only tokens that occur at least this often on their side; all others share one. With
        2, a network learns what to make of words that it does not know.
        """,
    )
    max_tokens: int | None = like(Texts)


@parameter_group
class WriterTraining(Training, Solver):
    """How networks train that write sequences; a sample is a pair, or an image with its caption."""

    solver: str = like(
        Solver,
        constraint=MINI_BATCH_SOLVERS,
        doc="Solver that optimises the weights, one of {options}.",
    )
    alpha: float = like(
        Solver,
        default=0.0,
        doc="""
        Strength of the L2 penalty ``alpha / 2 * sum(W ** 2)``, which is divided by the sum of the
        weights of the batch's tokens.
        """,
    )
    batch_size: BatchSize = like(
        Training,
        doc="""
        Number of samples in a mini-batch; 'auto' is 64, or fewer where an epoch would have less
        than 16 updates.
        """,
    )
    max_iter: int = like(Training, default=20, doc="Maximum number of epochs.")
    tol: float = like(
        Training,
        doc="""
        Tolerance of the optimisation: an epoch counts as no improvement when the loss (or
        validation score) does not improve by more than this.
        """,
    )
    shuffle: bool = like(Training, doc="Whether to shuffle the samples in each epoch.")
    validation_fraction: float = like(
        Training, doc="Fraction of the samples that early stopping holds out."
    )


@parameter_group
class TranslatorParameters(
    TokenDevice,
    GivenWeights,
    ClippedUpdateRules,
    WritingScore,
    WriterTraining,
    Writing,
    TranslationTexts,
    Decoder,
):
    """All of a network that translates."""

    bidirectional: bool = parameter(
        default=True,
        doc="""
        Whether each layer of the encoder also has as many units that read from the end to the
        beginning (Schuster and Paliwal, 1997).
        """,
    )
    learning_rate_schedule: Schedule = like(
        UpdateRules,
        default="warmup",
        doc="""
        Factor of the learning rate by training progress: {options}, a schedule of
        :mod:`skdeep.optim.schedules`, a function of progress in [0, 1), or None. It spans
        `max_iter` epochs; `n_iter_no_change` counts from its last rise. The default rises in the
        first tenth, which a Transformer needs; 'warmup_cosine' then falls to zero, which is
        better where you train for `max_iter` epochs and no longer.
        """,
    )
    frozen_layers: Sequence[str] = like(
        GivenWeights,
        doc="""
        Layers ('translator.encoder') or weights ('translator.decoder.embedding.W') that training
        does not change, by the names of ``get_weights`` or parts of them.
        """,
    )
