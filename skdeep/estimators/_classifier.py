"""What classifiers on the engine share: classes in, probabilities and scores out."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.multiclass import _check_partial_fit_first_call

from skdeep.backend import compute
from skdeep.estimators import _inputs
from skdeep.estimators._class_weight import ClassFactors
from skdeep.estimators._sharing import shared
from skdeep.estimators._targets import ClassTarget, is_nested
from skdeep.estimators._wording import shown
from skdeep.nn.losses import (
    LogisticFocalLoss,
    LogisticLogLoss,
    Loss,
    MultiSoftmax,
    SoftmaxFocalLoss,
    SoftmaxLogLoss,
)


class NetworkClassifier(ClassifierMixin):
    """Classes of all the kinds of :class:`ClassTarget`; comes before a network estimator."""

    classes_: Any

    def _make_target(self, y, weight, *, first, incremental, classes=None):
        if incremental and self._is_first_call(classes):
            self._target = self._find_target(y, classes if is_nested(classes) else self.classes_)
        elif first:
            self._target = self._find_target(y)
        elif self.warm_start and not incremental:
            self._target.check_same(y)
        if incremental or not first:
            self._target.check(y)
        self.classes_ = self._target.classes
        self.n_outputs_ = self._target.n_outputs

    def _find_target(self, y: Any, classes: Any = None) -> ClassTarget:
        """Return what `y` is, with the classes that it holds or those given."""
        if classes is not None:
            return ClassTarget.of(y, classes)
        target: ClassTarget = shared("target", (y,), lambda: (ClassTarget.of(y),))[0]
        return target

    def _is_first_call(self, classes: Any) -> bool:
        """Say whether ``partial_fit`` begins a model; check `classes` against those known."""
        if isinstance(classes, str | bytes) or not (classes is None or hasattr(classes, "__len__")):
            raise ValueError(f"classes must be an array of all classes, got {shown(classes)}")
        if not is_nested(classes):
            return _check_partial_fit_first_call(self, classes)
        if getattr(self, "classes_", None) is None:
            return True
        columns = [np.unique(column) for column in classes]
        if len(columns) != len(self.classes_) or not all(
            map(np.array_equal, columns, self.classes_)
        ):
            raise ValueError(
                f"`classes={classes!r}` is not the same as on last call to partial_fit, was: "
                f"{self.classes_!r}"
            )
        return False

    def _loss(self) -> Loss:
        focal = self.loss == "focal"
        if self._target.kind in ("binary", "multilabel"):
            if focal:
                return LogisticFocalLoss(self.focal_gamma)
            return LogisticLogLoss(self.label_smoothing)
        lengths = [len(self.classes_)]
        if self._target.kind == "multioutput":
            lengths = [len(c) for c in self.classes_]
        parts = tuple(
            SoftmaxFocalLoss(n, self.focal_gamma)
            if focal
            else SoftmaxLogLoss(n, self.label_smoothing)
            for n in lengths
        )
        return parts[0] if self._target.kind == "multiclass" else MultiSoftmax(parts)

    def _weights_of(self, y, weight, *, incremental=False, validation=False):
        if self.class_weight is None:
            return weight
        codes = self._target.column_codes(y)
        if not validation:
            factors = self.__dict__.get("_class_factors") if incremental else None
            factors = factors or ClassFactors(self.class_weight, self._target.columns)
            self._class_factors = factors.counted(codes, weight)
        factors = self._class_factors.rows(codes)
        return factors if weight is None else factors * weight

    def _score_outputs(self, target, output, weight):
        right = (self._target.codes(output) == target).all(axis=1)
        return float(np.average(right, weights=weight))

    def predict(self, X):
        """Predict classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Classes, in the form of the y that was fitted.
        """
        output = self._forward(X)
        return self._target.decode(output)

    def _columns(self, output: Any, *, complement: bool = True) -> Any:
        """Return one column per class from the loss's outputs (n, K)."""
        if self._target.kind == "multioutput":
            return self._target.split(output)
        if self._target.kind != "binary":
            return output

        def both(xp: Any, positive: Any) -> Any:
            return xp.concatenate([1 - positive if complement else positive, positive], axis=1)

        return compute(both, output)

    def predict_log_proba(self, X):
        """Predict the logarithms of the probabilities, from the logits.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes) or list of such
            Like :meth:`predict_proba`; finite where a probability is too small for its dtype.
        """
        logits = self._forward(X, "logits")
        if self._target.kind == "multioutput":
            return [compute(log_softmax, part) for part in self._target.split(logits)]
        function = {"binary": log_both, "multilabel": log_logistic, "multiclass": log_softmax}
        return compute(function[self._target.kind], logits)

    def decision_function(self, X):
        """Return the logits.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            One number per row for two classes (positive means ``classes_[1]``), else one per
            class or label; a list with one entry per output for several multiclass columns.
        """
        logits = self._forward(X, "logits")
        if self._target.kind == "multioutput":
            return self._target.split(logits)
        return logits[:, 0] if self._target.kind == "binary" else logits

    def score(self, X, y, sample_weight=None):
        """Return the accuracy; with several outputs all must be right.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True classes.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights.

        Returns
        -------
        score : float
            Share of rows that are right in every output.
        """
        return accuracy(self._target, self.predict(X), y, sample_weight)


def accuracy(target: ClassTarget, predicted: Any, y: Any, weight: Any) -> float:
    """Return the share of rows that are right in every output."""
    predicted, y = _inputs.to_host(predicted), _inputs.to_host(y)
    if weight is None and _are_codes(predicted, y):
        return float(np.mean(predicted == y))  # what scikit-learn would say after many checks
    if target.kind != "multioutput":
        return accuracy_score(y, predicted, sample_weight=weight)
    right = (predicted == np.asarray(y)).all(axis=1)
    return float(np.average(right, weights=weight))


def _are_codes(predicted: Any, y: Any) -> bool:
    """Whether both are arrays of as many integers, with which nothing can be wrong."""
    both = isinstance(y, np.ndarray) and isinstance(predicted, np.ndarray)
    return (
        both
        and y.shape == predicted.shape == (len(y),)
        and y.dtype.kind in "iub"
        and y.dtype.kind == predicted.dtype.kind
        and len(y) > 0
    )


def log_softmax(xp: Any, logits: Any) -> Any:
    """Return the logarithms of a softmax over the last axis."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - xp.log(xp.exp(shifted).sum(axis=1, keepdims=True))


def log_logistic(xp: Any, logits: Any) -> Any:
    """Return log(1 / (1 + exp(-z))), accurate for small probabilities."""
    small = xp.minimum(logits, 0) - xp.log1p(xp.exp(-xp.abs(logits)))
    # log p where p is large keeps what scikit-learn gives where p rounds to 1.
    large = xp.log(1 / (1 + xp.exp(-xp.maximum(logits, 0))))
    return xp.where(logits > 0, large, small)


def log_both(xp: Any, logits: Any) -> Any:
    """Return the logarithms of both classes' probabilities from logits (n, 1)."""
    return xp.concatenate([log_logistic(xp, -logits), log_logistic(xp, logits)], axis=1)
