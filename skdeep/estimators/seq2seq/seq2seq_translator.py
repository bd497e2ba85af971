"""The network that translates sequences."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep.data._compat import fit_context
from skdeep.data.targets import PairsTarget
from skdeep.data.weights import check_weight
from skdeep.estimators.base import NetworkEstimator
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.translation import TranslatorParameters
from skdeep.estimators.seq2seq.architecture import TRANSFORMER, Seq2SeqArchitecture
from skdeep.estimators.seq2seq.pair_input import PairInput
from skdeep.nn.losses import Loss, SoftmaxLogLoss
from skdeep.train.sequences.beams import Rules
from skdeep.train.sequences.pair_predictor import PairPredictor
from skdeep.train.sequences.pairs import Pairs


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
class Seq2SeqTranslator(TranslatorParameters, NetworkEstimator):
    """Network that makes one sequence of tokens of another, such as a translation.

    An encoder reads the source, and a decoder writes the target token by token. At each step
    it looks up, by attention, what it needs of the source.

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

    _input = PairInput()
    _validation_names = ("X_val", "y_val")

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
        """Learn both vocabularies, and train on pairs of sequences.

        Parameters
        ----------
        X : list of str, or of lists of tokens
            Sources.
        y : list of str, or of lists of tokens
            The sequence to make of each.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the pairs; each token has that of its pair.
        X_val : like X, default=None
            Sources of validation pairs, scored after each epoch; with ``early_stopping=True``
            instead of holding some out.
        y_val : like y, default=None
            Their targets; comes with `X_val`.
        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights.

        Returns
        -------
        self : Seq2SeqTranslator
            The fitted estimator.

        Raises
        ------
        ValueError
            If parameters or data are not valid, before anything is trained; or if training
            diverges. A model that was fitted before stays as it was.
        """
        validation = {"X_val": X_val, "y_val": y_val, "sample_weight_val": sample_weight_val}
        return self._fit(X, y, sample_weight, validation=validation)

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None):
        """Train for one more epoch, on these pairs; the first call learns the vocabularies.

        Parameters
        ----------
        X : list of str, or of lists of tokens
            Sources.
        y : list of str, or of lists of tokens
            The sequence to make of each.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the pairs.

        Returns
        -------
        self : Seq2SeqTranslator
            The estimator.
        """
        return self._fit(X, y, sample_weight, incremental=True)

    # ------------------------------------------------------------------ network

    def _architecture(self) -> Seq2SeqArchitecture:
        n_tokens = len(getattr(self, "source_tokens_", ()))
        return Seq2SeqArchitecture.of(self, n_source_tokens=n_tokens)

    def _make_target(self, y, weight, *, first, incremental, classes=None):
        if first:
            self._target = PairsTarget(len(self.target_tokens_))

    def _loss(self) -> Loss:
        return SoftmaxLogLoss(self._target.n_columns, float(self.label_smoothing))

    def _fitted_outputs(self, rows):
        yield cast(PairPredictor, self._predictor).losses(rows[:100])

    def _score_outputs(self, target, output, weight):
        raise NotImplementedError  # the loss is the score

    # ------------------------------------------------------------------ fitted

    def predict(self, X, return_scores=False):
        """Write the target of each source.

        Parameters
        ----------
        X : list of str, or of lists of tokens
            Sources.
        return_scores : bool, default=False
            Whether to return log-likelihoods, too.

        Returns
        -------
        targets : list of str, or of lists of tokens
            In the form that y had.
        scores : ndarray of shape (n_samples,)
            Log-likelihood of each target with its end, in nats; only with ``return_scores=True``.
        """
        check_is_fitted(self)
        sources = self._input.check(self, X)
        side = self._input.side(self, "target")
        found = cast(PairPredictor, self._predictor).write(sources, self._rules(side.vocabulary))
        targets = side.decode([written.tokens for written in found])
        if not return_scores:
            return targets
        return targets, np.array([written.log_likelihood for written in found])

    def _rules(self, vocabulary: Any) -> Rules:
        """Return how targets are written."""
        unknown = vocabulary.unknown_token
        return Rules(
            vocabulary.start_token,
            vocabulary.end_token,
            (vocabulary.start_token, *([] if unknown is None else [unknown])),
            int(self.beam_width),
            float(self.length_penalty),
            int(self.max_length or self.longest_target_) + 1,  # with the end
        )

    def score(self, X, y, sample_weight=None):
        """Return the mean log-likelihood of a token of the targets, in nats; the higher the better.

        Parameters
        ----------
        X : list of str, or of lists of tokens
            Sources.
        y : list of str, or of lists of tokens
            Their true targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the pairs.

        Returns
        -------
        score : float
            Mean over all tokens of all targets, the ends included.
        """
        check_is_fitted(self)
        pairs, _ = self._input.check_fit(self, X, y, reset=False)
        weight = check_weight(sample_weight, pairs)
        weight = np.ones(len(pairs)) if weight is None else weight
        losses = cast(PairPredictor, self._predictor).losses(pairs)
        return -float(weight @ losses / (weight @ pairs.lengths))

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
        check_is_fitted(self)
        if self.attention is None and self.architecture != TRANSFORMER:
            raise ValueError("attention_weights needs a network that was fitted with attention")
        sources, targets = (self._input.side(self, side) for side in ("source", "target"))
        if y is None:
            pairs = self._written(self._input.check(self, X), targets.vocabulary)
        else:
            pairs, _ = self._input.check_fit(self, X, y, reset=False)
        weights = cast(PairPredictor, self._predictor).attention(pairs)
        return [
            Looks(own, sources.names(source), targets.names(target.ravel()))
            for own, source, target in zip(weights, pairs.source, pairs.next_steps(), strict=True)
        ]

    def _written(self, sources: Any, vocabulary: Any) -> Pairs:
        """Return sources with what is written for them."""
        found = cast(PairPredictor, self._predictor).write(sources, self._rules(vocabulary))
        start, end = [vocabulary.start_token], [vocabulary.end_token]
        return Pairs.of_tokens(sources, [np.array([*start, *w.tokens, *end]) for w in found])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.target_tags.required = True
        return tags
