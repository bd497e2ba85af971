"""Text in, sequences of integer tokens out."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep.data._compat import fit_context
from skdeep.data.vocabulary import Vocabulary
from skdeep.estimators.checks.parameters import CheckedParameters
from skdeep.estimators.other_outputs import NoTableMixin
from skdeep.estimators.parameters import estimator_parameters
from skdeep.estimators.parameters.sequences import Texts
from skdeep.estimators.sklearn_bases import TransformerMixin


@estimator_parameters
class SequenceEncoder(Texts, NoTableMixin, TransformerMixin, CheckedParameters):
    r"""Turn texts into sequences of integer tokens, one per character, word or piece of a word.

    What comes out is what the recurrent networks embed, so that
    ``make_pipeline(SequenceEncoder(), RNNClassifier())`` classifies raw text.

    Attributes
    ----------
    vocabulary_ : dict of str to int
        The token of each piece of text.

    tokens_ : ndarray of shape (`n_tokens_`,)
        The text of each token; names in angle brackets of those that stand for no text.

    n_tokens_ : int
        Number of tokens. Those without text come first, then the others, the most frequent first;
        before these, with ``unit='bpe'``, pieces that occur only inside longer ones.

    start_token_, end_token_, unknown_token_ : int or None
        Tokens that stand for no text; None where there is no such token.

    merges_ : list of tuple of str or None
        Pairs of pieces that are joined, in this order; None but with ``unit='bpe'``.

    See Also
    --------
    RNNClassifier : Classifies sequences.
    RNNGenerator : Learns to write more of them.
    sklearn.feature_extraction.text.CountVectorizer : Counts words, without their order.

    Notes
    -----
    Sequences come as an object array of int32 arrays, which scikit-learn's splitters, searches
    and pipelines cut like any array.

    Byte pairs [1]_ are learned from words with the space before them: at first each character is a
    piece, then the pair of pieces that occurs most often becomes one, again and again. A frequent
    word is one token in the end, and a rare one is several. No character that was seen is unknown,
    and :meth:`inverse_transform` gives the text back as it was.

    References
    ----------
    .. [1] R. Sennrich, B. Haddow and A. Birch (2016). Neural machine translation of rare words with
       subword units. ACL, 1715-1725.

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

    Pieces of words:

    >>> encoder = SequenceEncoder("bpe", start=False).fit(["low lower", "slow slowest"])
    >>> encoder.merges_
    [('l', 'o'), ('lo', 'w'), (' ', 'low'), (' ', 's'), (' s', 'low')]
    >>> encoder.tokens_[encoder.transform(["lowest  slow"])[0]].tolist()
    [' low', 'e', 's', 't', ' ', ' slow']
    >>> encoder.inverse_transform(encoder.transform(["lowest  slow"]))
    ['lowest  slow']
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
        self._learn(X)
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
        return self._learn(X)

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
        return self._learned().encode(X)

    def inverse_transform(self, X):
        """Return the texts that tokens stand for.

        Parameters
        ----------
        X : sequence of array-like of int
            Tokens of each text.

        Returns
        -------
        texts : list of str, or list of list of str
            Characters and pieces of words side by side, words with a space between them; lists of
            tokens with ``unit='token'``. Start and end leave no trace, and unknown tokens are
            U+FFFD, the replacement character, among characters and "<unknown>" among words.

        Raises
        ------
        ValueError
            If a number is no token.
        """
        return self._learned().decode(X)

    # ------------------------------------------------------------------ inside

    def _learn(self, X: Any) -> np.ndarray:
        """Learn the vocabulary and return the tokens of the texts."""
        found, sequences = Vocabulary.learned(self, X)
        self.vocabulary_, self.tokens_ = found.vocabulary, found.tokens
        self.n_tokens_ = found.n_tokens
        self.start_token_, self.end_token_ = found.start_token, found.end_token
        self.unknown_token_ = found.unknown_token
        self.merges_ = found.merges if self.unit == "bpe" else None
        return sequences

    def _learned(self) -> Vocabulary:
        """Return the vocabulary as it is now."""
        check_is_fitted(self)
        return Vocabulary(
            self,
            self.vocabulary_,
            self.tokens_,
            self.start_token_,
            self.end_token_,
            self.unknown_token_,
            self.merges_ or (),
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = self.unit != "token"
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []
        return tags
