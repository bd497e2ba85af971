"""The common parent of networks that classify, and what all classifiers share."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.metaestimators import available_if

from skdeep.backend.user_warnings import warn
from skdeep.data._compat import check_partial_fit_first_call, fit_context
from skdeep.data.class_target import ClassTarget, is_nested
from skdeep.data.naming import shown
from skdeep.data.scores import accuracy
from skdeep.data.sharing import shared
from skdeep.estimators import supervised
from skdeep.estimators.base import NetworkEstimator
from skdeep.estimators.class_outputs import decisions, log_probabilities, probabilities
from skdeep.estimators.outputs import noisy_outputs
from skdeep.estimators.own_losses import loss_of_classes
from skdeep.estimators.sklearn_bases import (
    ClassifierMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from skdeep.estimators.supervised import stochastic_only
from skdeep.nn.losses import (
    LogisticFocalLoss,
    LogisticLogLoss,
    Loss,
    MultiSoftmax,
    SoftmaxFocalLoss,
    SoftmaxLogLoss,
)


class BaseNetworkClassifier(
    ClassifierMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, NetworkEstimator
):
    """Common parent of the classifiers; a subclass has parameters and an architecture.

    Classes are of all the kinds of :class:`~skdeep.data.class_target.ClassTarget`.
    """

    classes_: Any

    fit = supervised.fit

    @available_if(stochastic_only)
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None, classes=None):
        """Train for one more epoch, on these samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), images or sequences
            Samples, in a form that the notes of the class name.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Classes; not all need occur.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.
        classes : array of shape (n_classes,) or list of such, default=None
            All classes, needed in the first call; a list with one array per column where y has
            several multiclass columns, ``range(n_labels)`` for labels.

        Returns
        -------
        self : estimator
            The same estimator.
        """
        return self._fit(X, y, sample_weight, incremental=True, classes=classes)

    # ------------------------------------------------------------------ classes

    def _find_target(self, y: Any, classes: Any = None) -> ClassTarget:
        """Return what `y` is, with the classes that it holds or those given."""
        if classes is not None:
            return ClassTarget.of(y, classes)
        target: ClassTarget = shared("target", (y,), lambda: (ClassTarget.of(y),))[0]
        return target

    def _make_target(self, y, weight, *, first, incremental, classes=None):
        learn_classes(self, y, first=first, incremental=incremental, classes=classes)

    def _loss(self) -> Loss:
        return classification_loss(self)

    def _check_parameters(self, incremental: bool) -> None:
        super()._check_parameters(incremental)
        warn_of_smoothing(self)

    def _describe_network(self) -> None:
        supervised.describe_hidden(self)

    def _fitted_outputs(self, rows):
        yield from super()._fitted_outputs(rows)
        yield from supervised.hidden_outputs(self, rows)

    def _score_outputs(self, target, output, weight):
        right = (self._target.codes(output) == target).all(axis=1)
        return float(np.average(right, weights=weight))

    # ------------------------------------------------------------------ fitted

    def predict(self, X):
        """Predict classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), images or sequences
            Samples, in a form that the notes of the class name.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Classes, in the form of the y that was fitted.
        """
        output = self._forward(X)
        return self._target.decode(output)

    def predict_proba(self, X, *, return_std=False):
        """Predict the probabilities of the classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), images or sequences
            Samples, in a form that the notes of the class name.
        return_std : bool, default=False
            Whether to average over dropout masks and return the standard deviation too.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of ``classes_`` (of the labels for a multilabel y); a list
            with one entry per output where y has several multiclass columns. A single class has
            one column of ones, but two columns in MLPClassifier, as in scikit-learn.
        std : ndarray like proba
            Standard deviation over ``mc_samples`` masks; only with `return_std`.

        Raises
        ------
        ValueError
            If `return_std` is asked of a model without dropout.
        """
        if not return_std:
            output = self._forward(X)
            return probabilities(self._target, output)
        mean, std = noisy_outputs(self, X, self.mc_samples)
        each = probabilities(self._target, mean)
        return each, probabilities(self._target, std, complement=False)

    def predict_log_proba(self, X):
        """Predict the logarithms of the probabilities, from the logits.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), images or sequences
            Samples, in a form that the notes of the class name.

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes) or list of such
            Like :meth:`predict_proba`; finite where a probability is too small for its dtype.
        """
        logits = self._forward(X, "logits")
        return log_probabilities(self._target, logits)

    def decision_function(self, X):
        """Return the logits.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), images or sequences
            Samples, in a form that the notes of the class name.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            One number per sample for two classes (positive means ``classes_[1]``), else one per
            class or label; a list with one entry per output for several multiclass columns.
        """
        logits = self._forward(X, "logits")
        return decisions(self._target, logits)

    def score(self, X, y, sample_weight=None):
        """Return the accuracy; with several outputs all must be right.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), images or sequences
            Samples, in a form that the notes of the class name.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True classes.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        score : float
            Fraction of samples that are right in every output.
        """
        predicted, name = self.predict(X), type(self).__name__
        y = self._input.beside(self, X, y, "y")
        sample_weight = self._input.beside(self, X, sample_weight, "sample_weight")
        return accuracy(self._target, predicted, y, sample_weight, name)

    out_activation_ = supervised.out_activation_
    transform = supervised.transform
    _n_features_out = supervised.n_features_out

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        self._input.tag(self, tags.input_tags)
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.classifier_tags.multi_label = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def learn_classes(
    estimator: Any, y: Any, *, first: bool, incremental: bool, classes: Any = None
) -> None:
    """Set the classes that y has, or check y against those that an estimator knows."""
    if incremental and _is_first_call(estimator, classes):
        known = classes if is_nested(classes) else estimator.classes_
        estimator._target = estimator._find_target(y, known)
    elif first:
        estimator._target = estimator._find_target(y)
    elif estimator.warm_start and not incremental:
        estimator._target.check_same(y)
    if incremental or not first:
        estimator._target.check(y)
    estimator.classes_ = estimator._target.classes
    estimator.n_outputs_ = estimator._target.n_outputs


def _is_first_call(estimator: Any, classes: Any) -> bool:
    """Say whether ``partial_fit`` begins a model; check `classes` against those known."""
    if isinstance(classes, str | bytes) or not (classes is None or hasattr(classes, "__len__")):
        raise ValueError(f"classes must be an array of all classes, got {shown(classes)}")
    if not is_nested(classes):
        return check_partial_fit_first_call(estimator, classes)
    if getattr(estimator, "classes_", None) is None:
        return True
    columns = [np.unique(column) for column in classes]
    if len(columns) != len(estimator.classes_) or not all(
        map(np.array_equal, columns, estimator.classes_)
    ):
        raise ValueError(
            f"`classes={classes!r}` is not the same as on last call to partial_fit, was: "
            f"{estimator.classes_!r}"
        )
    return False


def classification_loss(estimator: Any) -> Loss:
    """Return the loss of an estimator's classes, by its parameters."""
    if isinstance(estimator.loss, Loss):
        return loss_of_classes(estimator.loss, estimator._target)
    target, focal = estimator._target, estimator.loss == "focal"
    gamma, smoothing = estimator.focal_gamma, estimator.label_smoothing
    if target.kind in ("binary", "multilabel"):
        return LogisticFocalLoss(gamma) if focal else LogisticLogLoss(smoothing)
    several = target.kind == "multioutput"
    parts = tuple(
        SoftmaxFocalLoss(len(classes), gamma) if focal else SoftmaxLogLoss(len(classes), smoothing)
        for classes in (target.classes if several else [target.classes])
    )
    return MultiSoftmax(parts) if several else parts[0]


def warn_of_smoothing(estimator: Any) -> None:
    """Warn where the loss has no use for ``label_smoothing``."""
    loss = getattr(estimator, "loss", None)
    if (loss == "focal" or isinstance(loss, Loss)) and estimator.label_smoothing:
        warn(f"label_smoothing has no effect with loss={loss!r}")
