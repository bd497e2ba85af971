"""The recurrent network that labels each step of a sequence."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from skdeep.estimators import _inputs
from skdeep.estimators._classifier import NetworkClassifier
from skdeep.estimators._docs import documented
from skdeep.estimators._sequences import objects
from skdeep.estimators._step_outputs import STEP_CONSTRAINTS, StepwiseNetwork, usual_batch
from skdeep.estimators._targets import ClassTarget
from skdeep.estimators.mlp_classifier import MLPClassifier
from skdeep.train.sequences import Sequences
from skdeep.train.tagging import StepValues, TaggedEvaluator, TaggedSupervised, TagPredictor


class StepClasses(ClassTarget):
    """Classes of the steps of sequences; y are :class:`StepValues`."""

    def encode(self, y: Any) -> Any:
        """Return the loss's targets at the places of the steps."""
        return StepValues(super().encode(y.steps), y.lengths, y.starts)

    def check(self, y: Any) -> None:
        """Raise if a label is none of the classes."""
        super().check(np.concatenate(list(y)))

    def check_same(self, y: Any) -> None:
        """Raise unless these are the very labels that were found."""
        super().check_same(np.concatenate(list(y)))

    def column_codes(self, y: Any) -> list[np.ndarray]:
        """Return the index of each step's label in the classes."""
        return super().column_codes(y.steps)

    def target_labels(self, target: Any) -> Any:
        """Return a list of label arrays from encoded ones."""
        return [super(StepClasses, self).target_labels(one) for one in target]

    def strata(self, target: Any) -> None:
        """Return None: sequences are not stratified."""


@documented
class RNNTagger(NetworkClassifier, StepwiseNetwork):
    """Recurrent network that gives each step of a sequence a label.

    Parameters
    ----------
    %(STEP_PARAMETERS)s

    bidirectional : bool, default=True
        Whether each recurrent layer also has units that read from the end to the beginning, so
        that a label depends on what follows too (Schuster and Paliwal, 1997).

    %(STEP_TOKEN_PARAMETERS)s

    %(TAGGER_TRAINING_PARAMETERS)s

    %(STEP_LAYER_PARAMETERS)s

    %(RNN_INITIALIZER_PARAMETERS)s

    %(STEP_RULE_PARAMETERS)s

    scoring : 'loss', callable or None, default=None
        What ``validation_scores_`` holds and early stopping watches: None for the accuracy, 'loss'
        for the negative loss, or a function of estimator, X and y.

    %(RNN_DEVICE_PARAMETERS)s

    loss : {'log_loss', 'focal'}, default='log_loss'
        What is minimised; 'focal' counts easy steps less (Lin et al., 2017).

    focal_gamma : float, default=2.0
        Exponent of the focal loss.

    label_smoothing : float, default=0.0
        Share of the target spread evenly over the classes (Szegedy et al., 2016).

    class_weight : dict, 'balanced' or None, default=None
        Factors of the weights of steps by their label.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.

    %(RNN_ATTRIBUTES)s

    See Also
    --------
    RNNClassifier : One label for each sequence.
    SequenceEncoder : Makes tokens of words, with ``unit='token'`` and ``start=False``.

    Notes
    -----
    X has the forms that :class:`RNNClassifier` takes, and y is a list with a sequence of labels for
    each, of the same length, or an array (n, T). Every step counts as much as every other, in the
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

    _parameter_constraints: ClassVar[dict] = {
        **STEP_CONSTRAINTS,
        **{
            name: MLPClassifier._parameter_constraints[name]
            for name in ("loss", "focal_gamma", "label_smoothing")
        },
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "scoring": [StrOptions({"loss"}), callable, None],
        "bidirectional": ["boolean"],
    }

    def __init__(
        self,
        recurrent_layer_sizes=(64,),
        cell="lstm",
        *,
        bidirectional=True,
        hidden_layer_sizes=(),
        activation="relu",
        recurrent_dropout=0.0,
        embedding_dim=None,
        n_tokens=None,
        tbptt_steps=None,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.005,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        dropout=0.0,
        kernel_initializer="glorot_uniform",
        weight_decay=0.0,
        learning_rate_schedule=None,
        gradient_clip_norm=1.0,
        gradient_clip_value=None,
        ema_decay=None,
        scoring=None,
        initial_weights=None,
        frozen_layers=(),
        device="auto",
        dtype=None,
        loss="log_loss",
        focal_gamma=2.0,
        label_smoothing=0.0,
        class_weight=None,
    ):
        self.recurrent_layer_sizes = recurrent_layer_sizes
        self.cell = cell
        self.bidirectional = bidirectional
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.recurrent_dropout = recurrent_dropout
        self.embedding_dim = embedding_dim
        self.n_tokens = n_tokens
        self.tbptt_steps = tbptt_steps
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.dropout = dropout
        self.kernel_initializer = kernel_initializer
        self.weight_decay = weight_decay
        self.learning_rate_schedule = learning_rate_schedule
        self.gradient_clip_norm = gradient_clip_norm
        self.gradient_clip_value = gradient_clip_value
        self.ema_decay = ema_decay
        self.scoring = scoring
        self.initial_weights = initial_weights
        self.frozen_layers = frozen_layers
        self.device = device
        self.dtype = dtype
        self.loss = loss
        self.focal_gamma = focal_gamma
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight

    @_fit_context(prefer_skip_nested_validation=True)
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

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None, classes=None):
        """Train one epoch more, on these sequences.

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

    # ------------------------------------------------------------------ labels

    def _check_data(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        X = self._check_sequences(X, reset=reset)
        y = _labels(y, X, type(self).__name__)
        if reset:
            self._learn_vocabulary(X)
        return X, y

    def _find_target(self, y: Any, classes: Any = None) -> ClassTarget:
        return StepClasses.of(np.concatenate(list(y)), classes)

    def _make_target(self, y, weight, *, first, incremental, classes=None):
        options = {"first": first, "incremental": incremental, "classes": classes}
        super()._make_target(y, weight, **options)
        self.out_activation_ = "softmax" if self._target.kind == "multiclass" else "logistic"

    def _weights_of(self, y, weight, *, incremental=False, validation=False):
        steps = weight if weight is None else y.spread(np.repeat(weight, y.lengths))
        options = {"incremental": incremental, "validation": validation}
        steps = super()._weights_of(y, steps, **options)
        return None if steps is None else StepValues(steps, y.lengths, y.starts)

    # ------------------------------------------------------------------ training

    def _rows_per_batch(self, n: int) -> int:
        return usual_batch(n) if self.batch_size == "auto" else super()._rows_per_batch(n)

    def _objective(self, network: Any, store: Any, table: Any, **options: Any) -> Any:
        return TaggedSupervised(network, store, table, **options)

    def _evaluator(self, network: Any, store: Any, table: Any, rows: Any, **numbers: Any) -> Any:
        return TaggedEvaluator(network, store, table, rows)

    def _fitted_outputs(self, rows):
        yield self._forward(rows, "logits")
        yield self._forward(rows)

    def _make_predictor(self, values: Any, backend: Any) -> Any:
        return TagPredictor(self._network, values, backend)

    def _score_outputs(self, target, output, weight):
        longest = output.shape[1] // self._network.n_logits
        there = np.arange(longest) < target.lengths[:, None]
        steps = output.reshape(len(output), longest, -1)[there]
        right = (self._target.codes(steps) == np.concatenate(list(target))).all(axis=1)
        weight = None if weight is None else np.concatenate(list(weight))
        return float(np.average(right, weights=weight))

    # ------------------------------------------------------------------ fitted

    def _forward(self, X: Any, what: str = "output") -> Any:
        predictor: Any = self._predictor
        return predictor.at_steps(X, what)

    def _by_sequence(self, X: Any, compute_steps: Any) -> np.ndarray:
        """Return what is computed of all steps, in an array for each sequence."""
        check_is_fitted(self)
        X = self._check_rows(X)
        return objects(np.split(compute_steps(X), np.cumsum(X.lengths)[:-1]))

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
        return self._by_sequence(X, super().predict)

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
        return self._by_sequence(X, lambda steps: self._columns(self._forward(steps)))

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
        return self._by_sequence(X, super().predict_log_proba)

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
        return self._by_sequence(X, super().decision_function)

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
            Share of the steps whose label is right.
        """
        check_is_fitted(self)
        X = self._check_rows(X)
        y = _labels(y, X, type(self).__name__)
        right = np.concatenate(self.predict(X)) == np.concatenate(list(y))
        weight = _inputs.check_weight(sample_weight, X)
        weight = None if weight is None else np.repeat(weight, X.lengths)
        return float(np.average(right, weights=weight))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = False
        tags.classifier_tags.multi_label = False
        return tags


def _labels(y: Any, X: Sequences, name: str) -> StepValues:
    """Return labels at the places of the steps; refuse others than one for each step."""
    if y is None:
        raise ValueError(
            f"This {name} estimator requires y to be passed, but the target y is None."
        )
    if isinstance(y, StepValues):
        return y
    if not hasattr(y, "__len__") or isinstance(y, str):
        raise ValueError(f"y must be a list of sequences of labels, got {type(y).__name__}")
    if len(y) != len(X):
        raise ValueError(f"y has labels for {len(y)} sequences, but X has {len(X)}")
    parts: list[np.ndarray] = []
    kinds: dict[bool, int] = {}  # the first sequence that has labels of a kind
    for k, (labels, length) in enumerate(zip(_inputs.to_host(y), X.lengths, strict=True)):
        given, labels = labels, labels if isinstance(labels, str) else np.asarray(labels)
        if isinstance(labels, str) or labels.ndim != 1:
            shape = "a string" if isinstance(labels, str) else f"shape {labels.shape}"
            raise ValueError(f"y[{k}] must be a sequence of labels, one for each step, got {shape}")
        if len(labels) != length:
            raise ValueError(f"y[{k}] has {len(labels)} labels, but X[{k}] has {length} steps")
        parts.append(labels)
        for is_text in _are_text(given, labels):
            kinds.setdefault(is_text, k)
    if len(kinds) > 1:
        raise ValueError(
            f"y mixes labels that are strings, in y[{kinds[True]}], with others, in "
            f"y[{kinds[False]}]: make all of one kind"
        )
    flat = np.concatenate(parts)
    return StepValues(X.spread(flat), X.lengths, X.starts)


def _are_text(given: Any, labels: np.ndarray) -> set[bool]:
    """Return whether labels are strings: both answers where some are.

    NumPy makes strings of all labels of a list in which one is.
    """
    if labels.dtype.kind in ("U" if isinstance(given, list | tuple) else "") + "O":
        return {isinstance(label, str) for label in given}
    return {labels.dtype.kind in "US"}
