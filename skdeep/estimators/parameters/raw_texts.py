"""Parameters of networks that read raw texts."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any, Literal

from skdeep.data._compat import StrOptions
from skdeep.estimators.parameters._declaration import like, parameter, parameter_group
from skdeep.estimators.parameters._ranges import COUNT, FRACTION, NON_NEGATIVE
from skdeep.estimators.parameters.sequences import Texts
from skdeep.estimators.parameters.training import Training

#: Training samples from which on texts are held out where nobody says whether.
FEWEST_TO_HOLD_OUT = 200

#: Lengths of n-grams, the shortest and the longest.
Range = tuple[int, int] | Literal["auto"] | None


@parameter_group
class RawTexts:
    """Raw texts as input."""

    unit: Literal["word", "character", "bpe"] | None = parameter(
        default=None,
        doc="""
        What a token of a text is, where X is a list, array, series or one-column table of strings:
        a word or a mark, a character, or a piece of a word, learned as byte pairs ('bpe'). 'word'
        suits sentences and messages, 'character' names. None: X holds no strings.
        """,
    )
    lowercase: bool = parameter(
        default=True, doc="Whether texts are made lower case first. Only with `unit`."
    )
    min_count: int = parameter(
        default=2,
        constraint=[COUNT],
        doc="""
        Tokens that occur less often in the training texts, equal ones counted once, are unknown,
        and n-grams that are in fewer of them do not count. Only with `unit`.
        """,
    )
    max_tokens: int | None = like(
        Texts, doc="Keep only this many of the most frequent tokens. Only with `unit`."
    )
    max_length: int | None = like(
        Texts,
        doc="""
        Read this many tokens of a text at most, with those that mark its start and its end. N-grams
        are those of the whole text. Only with `unit`.
        """,
    )
    word_ngrams: Range = parameter(
        default="auto",
        constraint=[StrOptions({"auto"}), "array-like", None],
        kind="'auto', (int, int) or None",
        doc="""
        Lengths of the n-grams of words, the least and the largest, that the output reads beside
        what steps are pooled to: each has a learned number for each output, and a text their
        weighted mean. 'auto': (1, 2), and (1, 1) with ``unit='character'``; None: none. Only with
        `unit`.
        """,
    )
    character_ngrams: Range = parameter(
        default="auto",
        constraint=[StrOptions({"auto"}), "array-like", None],
        kind="'auto', (int, int) or None",
        doc="""
        Lengths of the n-grams of characters within words and the spaces around them, likewise.
        'auto': (2, 5), and (1, 5) with ``unit='character'``; None: none. Only with `unit`.
        """,
    )
    max_ngrams: int | None = parameter(
        default=100_000,
        constraint=[COUNT, None],
        doc="""
        Keep only this many of the most frequent n-grams of words, and of characters. Only with
        `unit`.
        """,
    )
    ngram_penalty: float | None = parameter(
        default=0.25,
        constraint=[NON_NEGATIVE, None],
        doc="""
        L2 penalty of the logistic or ridge regression on the n-grams of the training texts, which
        gives their weights: the inverse of `C` of
        :class:`~sklearn.linear_model.LogisticRegression`. They stay then. None: they start at
        zero and are trained with the other layers. Only with `unit`.
        """,
    )
    ngram_dropout: float = parameter(
        default=0.0,
        constraint=[FRACTION],
        doc="""
        Fraction of the samples for which the mean over the training texts stands in place of what
        n-grams say, in training, so that the layers of tokens learn more than to mend what n-grams
        get wrong. Only with `unit`.
        """,
    )
    word_dropout: float = parameter(
        default=0.0,
        constraint=[FRACTION],
        doc="""
        Fraction of the tokens whose vectors are dropped in training (Iyyer et al., 2015). Only
        where steps are tokens.
        """,
    )
    initial_embeddings: str | PathLike[str] | Mapping[str, Any] | None = parameter(
        default=None,
        constraint=[str, PathLike, Mapping, None],
        kind="path, mapping of str to array or None",
        doc="""
        Vectors of words that the embedding starts from: a file in the text format of word2vec, as
        GloVe and fastText write it too, or a mapping. `embedding_dim` 'auto' is their length. Words
        that have none are drawn. Only with ``unit='word'``.
        """,
        stack="each",
    )


@parameter_group
class TextStopping(Training):
    """Early stopping where it matters most."""

    early_stopping: bool | Literal["auto"] = like(  # type: ignore[assignment]
        Training,
        default="auto",
        constraint=["boolean", StrOptions({"auto"})],
        kind="bool or 'auto'",
        doc=f"""
        Whether to hold out validation samples, stop when their score stops improving, and keep the
        weights with the best score. 'auto': with `unit`, where `fit` has {FEWEST_TO_HOLD_OUT}
        samples or more, since recurrent layers learn few texts by heart.
        """,
    )
