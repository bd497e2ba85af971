"""The recurrent network that labels each step of a sequence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep.data._compat import fit_context
from skdeep.data.cells import objects
from skdeep.data.class_target import ClassTarget
from skdeep.data.scores import accuracy
from skdeep.data.sequence import TaggedRows
from skdeep.data.sequence_frames import labels_beside, lengths_of
from skdeep.data.step_labels import check_step_labels
from skdeep.data.targets import StepClasses
from skdeep.data.weights import check_weight
from skdeep.estimators import supervised
from skdeep.estimators.base import NetworkEstimator
from skdeep.estimators.class_outputs import decisions, log_probabilities, probabilities
from skdeep.estimators.classifier import (
    classification_loss,
    learn_classes,
    warn_of_smoothing,
)
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.stepwise import TaggerParameters
from skdeep.estimators.rnn.architecture import StepArchitecture
from skdeep.estimators.sequences import FewPerBatch, SequenceInput
from skdeep.estimators.sklearn_bases import ClassifierMixin
from skdeep.nn.losses import Loss
from skdeep.train.sequences.sequences import Sequences
from skdeep.train.sequences.tagging import TagPredictor


class TaggedInput(FewPerBatch, SequenceInput):
    """Sequences with a label for each step."""


@estimator_parameters(attributes=texts.SEQUENCE_NETWORK)
class RNNTagger(TaggerParameters, ClassifierMixin, NetworkEstimator):
    """Recurrent network that gives each step of a sequence a label.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.

    See Also
    --------
    RNNClassifier : One label for each sequence.
    SequenceEncoder : Makes tokens of words, with ``unit='token'`` and ``start=False``.

    Notes
    -----
    X has the forms that :class:`RNNClassifier` takes, and y is a list with a sequence of labels for
    each, of the same length, or an array (n, T). With ``missing='mask'`` labels of padding are not
    looked at, and may be left out. Every step counts as much as every other, in the
    loss and in scores.

    References
    ----------
    Graves and Schmidhuber (2005). Framewise phoneme classification with bidirectional LSTM and
    other neural network architectures. Neural Networks 18.

    Examples
    --------
    Which steps of a walk lie between its highest point and its end:

    >>> import numpy as np
    >>> from skdeep import RNNTagger
    >>> random = np.random.default_rng(0)
    >>> X = [random.normal(size=n).cumsum() for n in random.integers(5, 15, 300)]
    >>> y = [np.where(np.arange(len(x)) > x.argmax(), "after", "before") for x in X]
    >>> model = RNNTagger(
    ...     16, batch_size=20, learning_rate_init=0.02, tol=0.01, n_iter_no_change=3, random_state=0
    ... )
    >>> model = model.fit(X[:200], y[:200])
    >>> bool(model.score(X[200:], y[200:]) > 0.9)
    True
    >>> [labels.shape for labels in model.predict(X[:2])] == [x.shape for x in X[:2]]
    True
    """

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
        """Train on sequences and the labels of their steps.

        Parameters
        ----------
        X : sequences
            See the notes of the class.
        y : list of sequences of labels
            As many for each sequence as it has steps.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the sequences; each step has that of its sequence.
        X_val : sequences, default=None
            Validation sequences, scored after each epoch; with ``early_stopping=True`` instead of
            holding some out of X.
        y_val : list of sequences of labels, default=None
            Their labels; comes with `X_val`.
        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights.

        Returns
        -------
        self : RNNTagger
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
    def partial_fit(self, X, y, sample_weight=None, classes=None):
        """Train for one more epoch, on these sequences.

        Parameters
        ----------
        X : sequences
            See the notes of the class.
        y : list of sequences of labels
            Not all need occur.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the sequences.
        classes : array of shape (n_classes,), default=None
            All labels, needed in the first call.

        Returns
        -------
        self : RNNTagger
            The estimator.
        """
        return self._fit(X, y, sample_weight, incremental=True, classes=classes)

    _input = TaggedInput(TaggedRows)
    _predicts_steps = True
    out_activation_ = supervised.out_activation_

    # ------------------------------------------------------------------ labels

    def _architecture(self) -> StepArchitecture:
        return StepArchitecture.of(self)

    def _describe_network(self) -> None:
        self.n_layers_ = self._architecture().n_layers

    def _check_data(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        y, given = labels_beside(X, y), X
        X = self._input.check_fit_rows(self, X, reset=reset)
        return X, check_step_labels(self, y, X, self._lengths_given(given))

    def _lengths_given(self, X: Any) -> Any:
        """Return how many steps sequences have with their padding; None where none is padded."""
        padded = self.missing == "mask" and not self._sequence_form.tokens
        return lengths_of(X) if padded and not isinstance(X, Sequences) else None

    def _find_target(self, y: Any, classes: Any = None) -> ClassTarget:
        return StepClasses.of(np.concatenate(list(y)), classes)

    def _make_target(self, y, weight, *, first, incremental, classes=None):
        learn_classes(self, y, first=first, incremental=incremental, classes=classes)

    def _loss(self) -> Loss:
        return classification_loss(self)

    def _check_parameters(self, incremental: bool) -> None:
        super()._check_parameters(incremental)
        warn_of_smoothing(self)

    # ------------------------------------------------------------------ training

    def _fitted_outputs(self, rows):
        predictor = cast(TagPredictor, self._predictor)
        yield predictor.at_steps(rows, "logits")
        yield predictor.at_steps(rows, "output")

    def _score_outputs(self, target, output, weight):
        longest = output.shape[1] // self._network.n_logits
        there = np.arange(longest) < target.lengths[:, None]
        steps = output.reshape(len(output), longest, -1)[there]
        right = (self._target.codes(steps) == np.concatenate(list(target))).all(axis=1)
        weight = None if weight is None else np.concatenate(list(weight))
        return float(np.average(right, weights=weight))

    # ------------------------------------------------------------------ fitted

    def _by_sequence(self, X: Any, what: str, of_steps: Callable[..., Any]) -> np.ndarray:
        """Return what is made of the outputs of all steps, in an array for each sequence."""
        check_is_fitted(self)
        X = self._input.check(self, X)
        return objects(np.split(self._at_steps(X, what, of_steps), np.cumsum(X.lengths)[:-1]))

    def _at_steps(self, X: Sequences, what: str, of_steps: Callable[..., Any]) -> Any:
        """Return what is made of the outputs of all steps of valid sequences."""
        return of_steps(self._target, cast(TagPredictor, self._predictor).at_steps(X, what))

    def predict(self, X):
        """Predict the label of each step.

        Parameters
        ----------
        X : sequences
            See the notes of the class.

        Returns
        -------
        labels : ndarray of shape (n_samples,), of arrays
            An array (T_i,) for each sequence.
        """
        return self._by_sequence(X, "output", StepClasses.decode)

    def predict_proba(self, X):
        """Predict the probabilities of the labels of each step.

        Parameters
        ----------
        X : sequences
            See the notes of the class.

        Returns
        -------
        proba : ndarray of shape (n_samples,), of arrays
            An array (T_i, n_classes) for each sequence, columns in the order of ``classes_``.
        """
        return self._by_sequence(X, "output", probabilities)

    def predict_log_proba(self, X):
        """Predict the logarithms of the probabilities, from the logits.

        Parameters
        ----------
        X : sequences
            See the notes of the class.

        Returns
        -------
        log_proba : ndarray of shape (n_samples,), of arrays
            Like :meth:`predict_proba`.
        """
        return self._by_sequence(X, "logits", log_probabilities)

    def decision_function(self, X):
        """Return the logits of each step.

        Parameters
        ----------
        X : sequences
            See the notes of the class.

        Returns
        -------
        scores : ndarray of shape (n_samples,), of arrays
            Arrays (T_i,) for two labels (positive means ``classes_[1]``), else (T_i, n_classes).
        """
        return self._by_sequence(X, "logits", decisions)

    def score(self, X, y, sample_weight=None):
        """Return the accuracy over all steps.

        Parameters
        ----------
        X : sequences
            See the notes of the class.
        y : list of sequences of labels
            True labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the sequences.

        Returns
        -------
        score : float
            Fraction of the steps whose label is right.
        """
        check_is_fitted(self)
        y = labels_beside(X, y)
        weight = self._input.beside(self, X, sample_weight, "sample_weight")
        given, X = self._lengths_given(X), self._input.check(self, X)
        y = check_step_labels(self, y, X, given)
        weight = check_weight(weight, X)
        weight = None if weight is None else np.repeat(weight, X.lengths)
        predicted = self._at_steps(X, "output", StepClasses.decode)
        true = np.concatenate(list(y))
        return accuracy(self._target, predicted, true, weight, type(self).__name__)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        return tags
