"""Parameters of transformers of sequences."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from typing import Literal

from skdeep.data._compat import Interval, StrOptions
from skdeep.estimators.parameters._declaration import parameter, parameter_group
from skdeep.estimators.parameters._ranges import COUNT, POSITIVE

#: Levels of a wave that are worth telling apart: those of 16 bits.
MOST_LEVELS = 65536


@parameter_group
class Texts:
    """How texts become tokens."""

    unit: Literal["character", "word", "token", "bpe"] = parameter(
        default="character",
        doc="""
        What a token is: each character of a string; each match of `token_pattern` in a string;
        each string of a sample that is a sequence of strings already, such as a list of words; or
        a piece of a word, learned as byte pairs ('bpe').
        """,
        kw_only=False,
    )
    lowercase: bool = parameter(
        default=False, doc="Whether to convert the text to lower case first."
    )
    strip_accents: Literal["ascii", "unicode"] | Callable[[str], str] | None = parameter(
        default=None,
        constraint=[StrOptions({"ascii", "unicode"}), callable, None],
        doc="""
        Remove accents first, as in :class:`~sklearn.feature_extraction.text.CountVectorizer`.
        """,
    )
    token_pattern: str = parameter(
        default=r"(?u)\w+|[^\w\s]",
        doc="""
        Regular expression of a token for ``unit='word'``: words and single punctuation marks.
        scikit-learn's vectorizers leave out punctuation and words of one letter. Where it has a
        group, a token is what the group captures; it may not have several, nor match nothing.
        """,
    )
    max_tokens: int | None = parameter(
        default=None,
        constraint=[COUNT, None],
        doc="""
        Keep only this many of the most frequent tokens. With ``unit='bpe'`` pairs are joined until
        there are this many, by default 4000; all characters are kept.
        """,
    )
    min_count: int = parameter(
        default=1,
        constraint=[COUNT],
        doc="""
        Keep only tokens that occur at least this often. With ``unit='bpe'`` join only pairs that
        do, and at least twice.
        """,
    )
    handle_unknown: Literal["token", "ignore", "error"] = parameter(
        default="token",
        doc="""
        What becomes of a token that is not in the vocabulary: the token ``unknown_token_``, which
        all of them share; nothing; or an error. A network learns what unknown tokens mean only
        where `min_count` or `max_tokens` make some in the training texts.
        """,
    )
    start: bool = parameter(
        default=True,
        doc="""
        Whether each sequence begins with the token ``start_token_``. It is what makes an empty
        string a sequence of one step, which every estimator takes; without it an empty string has
        no steps, which they refuse. Must be False for :class:`RNNTagger`, whose labels go with
        the tokens of the text alone.
        """,
    )
    end: bool = parameter(
        default=False,
        doc="""
        Whether each sequence ends with the token ``end_token_``, from which
        :class:`RNNGenerator` learns where texts end.
        """,
    )
    max_length: int | None = parameter(
        default=None,
        constraint=[COUNT, None],
        doc="Cut sequences to this many tokens, with start and end.",
    )


@parameter_group
class MissingNumbers:
    """What NaN means to a scaler."""

    missing: Literal["error", "mask"] = parameter(
        default="error",
        doc="""
        What NaN means. 'error': nothing, and it is refused. 'mask': a missing number, or padding;
        moments are those of the others, and NaN stay NaN, for a network with ``missing='mask'``.
        """,
    )


@parameter_group
class Moments:
    """What is standardised."""

    with_mean: bool = parameter(default=True, doc="Whether to subtract each channel's mean.")
    with_std: bool = parameter(
        default=True,
        doc="""
        Whether to divide each channel by its standard deviation. A channel that is constant is
        divided by one.
        """,
    )


@parameter_group
class MuLaw:
    """Levels of waves."""

    n_levels: int = parameter(
        default=256,
        constraint=[Interval(Integral, 2, MOST_LEVELS, closed="both")],
        doc="Number of levels, which are the tokens 0 to ``n_levels - 1``.",
        kw_only=False,
    )
    amplitude: float | None = parameter(
        default=None,
        constraint=[POSITIVE, None],
        doc="""
        What waves are divided by, so that they lie between -1 and 1; None takes the largest
        absolute value in ``fit``. What is louder is cut.
        """,
    )
