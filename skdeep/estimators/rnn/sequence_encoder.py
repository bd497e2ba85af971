"""Text in, sequences of integer tokens out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.utils.validation import check_is_fitted

from skdeep.data._compat import fit_context
from skdeep.data.cells import listed
from skdeep.data.naming import shown
from skdeep.estimators.checks.parameters import CheckedParameters
from skdeep.estimators.parameters import estimator_parameters
from skdeep.estimators.parameters.sequences import Vocabulary
from skdeep.estimators.sklearn_bases import TransformerMixin

#: What tokens that stand for no text are called.
START, END, UNKNOWN = "<start>", "<end>", "<unknown>"


@estimator_parameters
class SequenceEncoder(Vocabulary, TransformerMixin, CheckedParameters):
    r"""Turn texts into sequences of integer tokens, one per character or word.

    What comes out is what the recurrent networks embed, so that
    ``make_pipeline(SequenceEncoder(), RNNClassifier())`` classifies raw text.

    Attributes
    ----------
    vocabulary_ : dict of str to int
        The token of each piece of text.

    tokens_ : ndarray of shape (`n_tokens_`,)
        The text of each token; names in angle brackets of those that stand for no text.

    n_tokens_ : int
        Number of tokens. Those without text come first, then the others, the most frequent first.

    start_token_, end_token_, unknown_token_ : int or None
        Tokens that stand for no text; None where there is no such token.

    See Also
    --------
    RNNClassifier : Classifies sequences.
    RNNGenerator : Learns to write more of them.
    sklearn.feature_extraction.text.CountVectorizer : Counts words, without their order.

    Notes
    -----
    Sequences come as an object array of int32 arrays, which scikit-learn's splitters, searches
    and pipelines cut like any array.

    Examples
    --------
    >>> from skdeep import SequenceEncoder
    >>> encoder = SequenceEncoder().fit(["anna", "ada"])
    >>> encoder.vocabulary_
    {'a': 2, 'n': 3, 'd': 4}
    >>> X = encoder.transform(["dana", "eva", ""])
    >>> [x.tolist() for x in X]
    [[0, 4, 2, 3, 2], [0, 1, 1, 2], [0]]
    >>> encoder.inverse_transform(X[:1])
    ['dana']
    """

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Learn the vocabulary.

        Parameters
        ----------
        X : sequence of str
            Texts; of sequences of str with ``unit='token'``.
        y : ignored
            Not used.

        Returns
        -------
        self : SequenceEncoder
            The fitted encoder.

        Raises
        ------
        ValueError
            If a sample is not text, if `token_pattern` is no pattern of tokens, or if no token is
            frequent enough.
        """
        self._learn(self._split(X))
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y=None):
        """Learn the vocabulary and return the tokens of the texts.

        Parameters
        ----------
        X : sequence of str
            Texts; of sequences of str with ``unit='token'``.
        y : ignored
            Not used.

        Returns
        -------
        sequences : ndarray of shape (n_samples,) of ndarray
            As of :meth:`transform`.
        """
        texts = self._split(X)
        self._learn(texts)
        return self._encode(texts)

    def transform(self, X):
        """Return the tokens of texts.

        Parameters
        ----------
        X : sequence of str
            Texts; of sequences of str with ``unit='token'``.

        Returns
        -------
        sequences : ndarray of shape (n_samples,) of ndarray
            Tokens of each text, int32.

        Raises
        ------
        ValueError
            If a sample is not text, or has a token that is not in the vocabulary where
            ``handle_unknown='error'``.
        """
        check_is_fitted(self)
        return self._encode(self._split(X))

    def inverse_transform(self, X):
        """Return the texts that tokens stand for.

        Parameters
        ----------
        X : sequence of array-like of int
            Tokens of each text.

        Returns
        -------
        texts : list of str, or list of list of str
            Characters side by side, words with a space between them; lists of tokens with
            ``unit='token'``. Start and end leave no trace, and unknown tokens are U+FFFD, the
            replacement character, among characters and "<unknown>" among words.

        Raises
        ------
        ValueError
            If a number is no token.
        """
        check_is_fitted(self)
        if isinstance(X, str) or not isinstance(X, Iterable) or getattr(X, "shape", None) == ():
            raise ValueError(f"X must be a list of sequences of tokens, got {X!r:.50}")
        texts = self.tokens_.copy()
        if self.unknown_token_ is not None and self.unit == "character":
            texts[self.unknown_token_] = "\N{REPLACEMENT CHARACTER}"
        silent = [t for t in (self.start_token_, self.end_token_) if t is not None]
        result = []
        for index, sequence in enumerate(X):
            try:
                tokens = np.asarray(sequence)
            except ValueError:  # nested lists
                tokens = np.array(sequence, dtype=object)
            if tokens.ndim != 1 or (tokens.size and tokens.dtype.kind not in "iu"):
                raise ValueError(
                    f"X[{index}] must be a sequence of integer tokens, got dtype {tokens.dtype} "
                    f"and shape {tokens.shape}"
                )
            if tokens.size and not 0 <= tokens.min() <= tokens.max() < self.n_tokens_:
                raise ValueError(
                    f"X[{index}] has tokens from {tokens.min()} to {tokens.max()}; there are "
                    f"{self.n_tokens_} tokens, from 0"
                )
            words = texts[tokens[~np.isin(tokens, silent)].astype(np.intp)].tolist()
            joint = {"character": "", "word": " "}.get(self.unit)
            result.append(words if joint is None else joint.join(words))
        return result

    # ------------------------------------------------------------------ inside

    def _split(self, X: Any) -> list[Sequence[str]]:
        """Return the pieces of each text."""
        X = listed(X)
        shape = getattr(X, "shape", (0,))
        if isinstance(X, str) or not isinstance(X, Iterable) or len(shape) != 1:
            what = "one string" if isinstance(X, str) else f"{type(X).__name__}"
            what += f" of shape {shape}" if len(shape) != 1 else ""
            raise ValueError(f"X must be a list, array or series of texts, got {what}")
        prepare = self._preprocessor()
        texts = list(X)
        if not texts:
            raise ValueError("X must hold at least one text, got none")
        if self.unit == "token":
            return [
                [prepare(self._text(token, f"X[{index}][{k}]")) for k, token in enumerate(sample)]
                for index, sample in enumerate(map(self._tokens, texts, range(len(texts))))
            ]
        prepared = [prepare(self._text(text, f"X[{k}]")) for k, text in enumerate(texts)]
        return prepared if self.unit == "character" else self._words(prepared)

    def _preprocessor(self) -> Callable[[str], Any]:
        """Return what is done to each text, or token, before it is cut."""
        prepare = CountVectorizer(
            lowercase=self.lowercase, strip_accents=self.strip_accents
        ).build_preprocessor()

        def prepared(text: str) -> str:
            found = prepare(text)
            if not isinstance(found, str):  # of a function of the user's
                raise ValueError(
                    f"strip_accents must return a string, but {shown(self.strip_accents)} returned "
                    f"{shown(found)} for {text!r:.50}"
                )
            return found

        return prepared

    def _words(self, texts: Sequence[str]) -> list[Sequence[str]]:
        """Return the words of each text; refuse a pattern that finds no strings, or empty ones."""
        said = f"token_pattern={self.token_pattern!r}"
        try:
            pattern = re.compile(self.token_pattern)
        except re.error as error:
            raise ValueError(f"{said} is no regular expression: {error}") from error
        if pattern.groups > 1:
            raise ValueError(
                f"{said} has {pattern.groups} groups: use (?:...) for all but the one that is the "
                "token"
            )
        result: list[Sequence[str]] = [pattern.findall(text) for text in texts]
        for k, words in enumerate(result):
            if "" in words:
                raise ValueError(f"{said} finds an empty string in X[{k}], which is no token")
        return result

    def _text(self, text: Any, name: str) -> str:
        if not isinstance(text, str):
            hint = " (set unit='token' for lists of tokens)" if _is_list(text) else ""
            raise ValueError(
                f"{name} is not a string: got {type(text).__name__} {text!r:.50}{hint}"
            )
        return text

    def _tokens(self, sample: Any, index: int) -> Sequence[Any]:
        if not _is_list(sample):
            raise ValueError(
                f"X[{index}] must be a list of strings with unit='token', got "
                f"{type(sample).__name__} {sample!r:.50}"
            )
        return sample

    def _learn(self, texts: Sequence[Sequence[str]]) -> None:
        counts = Counter(chain.from_iterable(texts))
        frequent = sorted(
            (token for token, count in counts.items() if count >= self.min_count),
            key=lambda token: (-counts[token], token),
        )[: self.max_tokens]
        if not frequent:
            raise ValueError(
                f"no token is left: the texts have {len(counts)} different ones, none of them "
                f"min_count={self.min_count} times"
            )
        silent = [
            name
            for name, wanted in (
                (START, self.start),
                (END, self.end),
                (UNKNOWN, self.handle_unknown == "token"),
            )
            if wanted
        ]
        places = {name: token for token, name in enumerate(silent)}
        self.start_token_, self.end_token_ = places.get(START), places.get(END)
        self.unknown_token_ = places.get(UNKNOWN)
        self.vocabulary_ = {token: k + len(silent) for k, token in enumerate(frequent)}
        self.tokens_ = np.array([*silent, *frequent], dtype=object)
        self.n_tokens_ = len(self.tokens_)

    def _encode(self, texts: Sequence[Sequence[str]]) -> np.ndarray:
        """Return an object array of int32 arrays."""
        first = [] if self.start_token_ is None else [self.start_token_]
        last = [] if self.end_token_ is None else [self.end_token_]
        result = np.empty(len(texts), dtype=object)
        for index, text in enumerate(texts):
            tokens = self._known(text, index)
            if self.max_length is not None:
                tokens = tokens[: max(self.max_length - len(first) - len(last), 0)]
            sequence = [*first, *tokens, *last][: self.max_length]
            result[index] = np.array(sequence, dtype=np.int32)
        return result

    def _known(self, text: Sequence[str], index: int) -> list[Any]:
        """Return the tokens of a text without start and end."""
        known = self.vocabulary_
        if self.handle_unknown == "ignore":
            return [known[piece] for piece in text if piece in known]
        if self.handle_unknown == "error":
            for place, piece in enumerate(text):
                if piece not in known:
                    raise ValueError(
                        f"X[{index}] has {piece!r} at place {place}, which is not in the vocabulary"
                    )
        return [known.get(piece, self.unknown_token_) for piece in text]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = self.unit != "token"
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []
        return tags


def _is_list(sample: Any) -> bool:
    """Whether a sample is a sequence, but no string."""
    return isinstance(sample, list | tuple) or getattr(sample, "ndim", 0) == 1
