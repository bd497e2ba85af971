"""The base of networks that write a sequence for each sample."""

from __future__ import annotations

from typing import Any, ClassVar, cast

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep.data._compat import fit_context
from skdeep.data.targets import PairsTarget
from skdeep.data.weights import check_weight
from skdeep.estimators.base import NetworkEstimator
from skdeep.estimators.writing.pair_input import PairInput
from skdeep.nn.losses import Loss, SoftmaxLogLoss
from skdeep.train.sequences.beams import Rules, Written
from skdeep.train.sequences.pair_predictor import PairPredictor
from skdeep.train.sequences.pairs import Pairs


class SequenceWriter(NetworkEstimator):
    """Base of networks of an encoder and a decoder, which write a sequence for each sample.

    A subclass says what samples are (``_input``, a :class:`PairInput`), and its architecture.
    """

    _input: ClassVar[PairInput]
    _validation_names = ("X_val", "y_val")

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
        """Learn the vocabulary, and train on pairs of a sample and a sequence.

        Parameters
        ----------
        X : samples
            What sequences are to be written for.
        y : list of str, or of lists of tokens
            The sequence to write for each.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the pairs; each token has that of its pair.
        X_val : like X, default=None
            Samples of validation pairs, scored after each epoch; with ``early_stopping=True``
            instead of holding some out.
        y_val : like y, default=None
            Their targets; comes with `X_val`.
        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights.

        Returns
        -------
        self : estimator
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
        """Train for one more epoch, on these pairs; the first call learns the vocabulary.

        Parameters
        ----------
        X : samples
            What sequences are to be written for.
        y : list of str, or of lists of tokens
            The sequence to write for each.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the pairs.

        Returns
        -------
        self : estimator
            The estimator.
        """
        return self._fit(X, y, sample_weight, incremental=True)

    # ------------------------------------------------------------------ network

    def _make_target(self, y, weight, *, first, incremental, classes=None):
        if first:
            self._target = PairsTarget(len(self.target_tokens_))

    def _as_scored(self, target, weight):
        texts = self._input.side(self, "target").decode([steps.ravel() for steps in target])
        return texts, None if weight is None else np.array([steps[0] for steps in weight])

    def _loss(self) -> Loss:
        return SoftmaxLogLoss(self._target.n_columns, float(self.label_smoothing))

    def _fitted_outputs(self, rows):
        yield cast(PairPredictor, self._predictor).losses(rows[:100])

    def _score_outputs(self, target, output, weight):
        return -float(output.sum(dtype=float))  # of each pair its share of the mean loss

    # ------------------------------------------------------------------ fitted

    def predict(self, X, return_scores=False):
        """Write a sequence for each sample.

        Parameters
        ----------
        X : samples
            What sequences are to be written for.
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
        found = self._written(self._input.check(self, X))
        side = self._input.side(self, "target")
        targets = side.decode([written.tokens for written in found])
        if not return_scores:
            return targets
        return targets, np.array([written.log_likelihood for written in found])

    def _written(self, sources: Any) -> list[Written]:
        """Return the tokens that are written for sources."""
        rules = self._rules(self._input.side(self, "target").vocabulary)
        return cast(PairPredictor, self._predictor).write(sources, rules)

    def _rules(self, vocabulary: Any) -> Rules:
        """Return how targets are written."""
        self._validate_params()  # some may be set after the fit
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
        X : samples
            What sequences are to be written for.
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

    def _attention(self, X: Any, y: Any) -> tuple[Pairs, list[np.ndarray]]:
        """Return pairs, with what predict writes where there is no y, and their weights (T, S)."""
        check_is_fitted(self)
        if y is None:
            sources = self._input.check(self, X)
            rules = self._rules(self._input.side(self, "target").vocabulary)
            ends = np.array([rules.start, rules.end])
            written = [np.insert(ends, 1, one.tokens) for one in self._written(sources)]
            pairs = Pairs.of_tokens(sources, written)
        else:
            pairs, _ = self._input.check_fit(self, X, y, reset=False)
        return pairs, cast(PairPredictor, self._predictor).attention(pairs)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.target_tags.required = True
        return tags
