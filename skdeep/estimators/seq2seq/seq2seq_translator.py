"""The network that translates sequences."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.translation import TranslatorParameters
from skdeep.estimators.seq2seq.architecture import Seq2SeqArchitecture
from skdeep.estimators.writing.pair_input import TextPairs
from skdeep.estimators.writing.sequence_writer import SequenceWriter


class Looks(NamedTuple):
    """Where a decoder looked when it read a target.

    Attributes
    ----------
    weights : ndarray of shape (T, S)
        The weight of each token of the source when each token of the target was predicted; rows
        add to one.
    source : list of str
        The S tokens of the source.
    target : list of str
        The T tokens of the target, the end included.
    """

    weights: np.ndarray
    source: list[str]
    target: list[str]


@estimator_parameters(attributes=(texts.HISTORY, texts.COUNTS))
class Seq2SeqTranslator(TranslatorParameters, SequenceWriter):
    """Network that makes one sequence of tokens of another, such as a translation.

    An encoder reads the source, and a decoder writes the target token by token. At each step
    it looks up, by attention, what it needs of the source. Both are Transformers, or recurrent.

    Attributes
    ----------
    source_tokens_, target_tokens_ : ndarray of str
        The tokens of both sides; names in angle brackets of those that stand for no text.

    longest_target_ : int
        Number of tokens of the longest target of the training data.

    n_features_in_ : int
        One, the token of a step.

    See Also
    --------
    RNNGenerator : Writes sequences of one kind.
    RNNTagger : Makes a sequence of equal length.

    Notes
    -----
    X and y are lists of strings, which `unit` says how to cut, or of lists of tokens (strings or
    integers), which are taken as they are; one may be strings and the other lists. What is
    predicted has the form of y. Words and marks keep the space before them, so that strings come
    back as they would be written; runs of white space count as one space.

    In training the decoder reads the true tokens before each one. All tokens, the end of each
    target included, count as much as each other, but for the weights of their samples. Pairs of
    like lengths share a batch, and no result depends on padding. Validation scores are those of
    :meth:`score`: nothing is written while training.

    References
    ----------
    Sutskever, Vinyals and Le (2014). Sequence to sequence learning with neural networks. NIPS.

    Bahdanau, Cho and Bengio (2015). Neural machine translation by jointly learning to align and
    translate. ICLR.

    Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser and Polosukhin (2017). Attention is
    all you need. NIPS.

    Luong, Pham and Manning (2015). Effective approaches to attention-based neural machine
    translation. EMNLP.

    Examples
    --------
    Numbers as words to digits:

    >>> from skdeep import Seq2SeqTranslator
    >>> tens, ones = ["twenty", "thirty", "forty"], ["one", "two", "three", "four", "five"]
    >>> X = [f"{ten} {one}" for ten in tens for one in ones]
    >>> y = [f"{k + 2}{j + 1}" for k in range(3) for j in range(5)]
    >>> model = Seq2SeqTranslator(
    ...     "gru",
    ...     units=16,
    ...     embedding_dim=16,
    ...     unit="character",
    ...     dropout=0.0,
    ...     batch_size=5,
    ...     learning_rate_init=0.02,
    ...     max_iter=100,
    ...     tol=0.01,
    ...     n_iter_no_change=3,
    ...     random_state=0,
    ... ).fit(X, y)
    >>> model.predict(["forty two", "twenty five"])
    ['42', '25']
    """

    _input = TextPairs()

    def _architecture(self) -> Seq2SeqArchitecture:
        n_tokens = len(getattr(self, "source_tokens_", ()))
        return Seq2SeqArchitecture.of(self, n_source_tokens=n_tokens)

    def attention_weights(self, X, y=None):
        """Return where the decoder looks as it reads each target.

        Parameters
        ----------
        X : list of str, or of lists of tokens
            Sources.
        y : list of str, or of lists of tokens, default=None
            Their targets; None: what :meth:`predict` writes.

        Returns
        -------
        looks : list of named tuples
            Of each pair its ``weights``, an array (T, S) whose rows add to one, and the tokens of
            its ``source`` (S) and its ``target`` (T), the end included.

        Raises
        ------
        ValueError
            If the network has no attention.
        """
        pairs, weights = self._attention(X, y)
        sources, targets = (self._input.side(self, side) for side in ("source", "target"))
        return [
            Looks(own, sources.names(source), targets.names(target.ravel()))
            for own, source, target in zip(weights, pairs.source, pairs.next_steps(), strict=True)
        ]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        return tags
