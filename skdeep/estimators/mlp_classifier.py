"""The multilayer perceptron classifier."""

from __future__ import annotations

import warnings

from sklearn.base import _fit_context
from sklearn.utils.metaestimators import available_if

from skdeep.estimators import _texts
from skdeep.estimators._classifier import NetworkClassifier
from skdeep.estimators._mlp import MultilayerPerceptron
from skdeep.estimators.parameters import estimator_parameters
from skdeep.estimators.parameters.dense import DenseLayers
from skdeep.estimators.parameters.networks import Classification, NetworkTraining


class BaseNetworkClassifier(NetworkClassifier, MultilayerPerceptron):
    """Base of the networks that predict the class of each sample."""

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
        groups=None,
    ):
        """Train on X and y.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), images or sequences
            Samples, in a form that the notes of the class name. CuPy arrays train on their GPU.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Classes; a 0/1 indicator of labels; or several columns of classes.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.
        X_val : like X, default=None
            Validation samples, scored after each epoch; with ``early_stopping=True`` instead of
            holding some out of X. In a pipeline, ``Pipeline(steps, transform_input=["X_val"])``
            with metadata routing transforms them too. scikit-learn's searches and
            cross-validation cut every fit parameter that has as many samples as X, these included:
            give another number of samples there. A fit that gets as many as X has warns.
        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            Their y; comes with `X_val`.
        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights.
        groups : array-like of shape (n_samples,), default=None
            Groups of the samples of X, for `validation_split`.

        Returns
        -------
        self : MLPClassifier
            The fitted estimator.

        Raises
        ------
        ValueError
            If parameters or data are not valid, before anything is trained; or if training
            diverges. A model that was fitted before stays as it was.
        """
        validation = {
            "X_val": X_val,
            "y_val": y_val,
            "sample_weight_val": sample_weight_val,
            "groups": groups,
        }
        return self._fit(X, y, sample_weight, validation=validation)

    @available_if(MultilayerPerceptron._stochastic_only)
    @_fit_context(prefer_skip_nested_validation=True)
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
        self : MLPClassifier
            The estimator.
        """
        return self._fit(X, y, sample_weight, incremental=True, classes=classes)

    def _make_target(self, y, weight, *, first, incremental, classes=None):
        options = {"first": first, "incremental": incremental, "classes": classes}
        super()._make_target(y, weight, **options)
        several = self._target.kind in ("multiclass", "multioutput")
        self.out_activation_ = "softmax" if several else "logistic"

    def _check_combinations(self, incremental: bool) -> None:
        super()._check_combinations(incremental)
        if self.loss == "focal" and self.label_smoothing:
            warnings.warn("label_smoothing has no effect with loss='focal'", stacklevel=4)

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
            with one entry per output where y has several multiclass columns.
        std : ndarray like proba
            Standard deviation over ``mc_samples`` masks; only with `return_std`.

        Raises
        ------
        ValueError
            If `return_std` is asked of a model without dropout.
        """
        if not return_std:
            return self._columns(self._forward(X))
        mean, std = self._noisy_outputs(X, self.mc_samples)
        return self._columns(mean), self._columns(std, complement=False)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


@estimator_parameters(attributes=[_texts.CLASSES, *_texts.NETWORK], notes=_texts.TABLE)
class MLPClassifier(Classification, NetworkTraining, DenseLayers, BaseNetworkClassifier):
    """Multilayer perceptron classifier: scikit-learn's, faster, with what users missed there.

    Takes every parameter of :class:`sklearn.neural_network.MLPClassifier` with the same meaning
    and default; in float64 it gives the same loss curve and weights. What deviates on purpose is
    listed in the documentation.

    See Also
    --------
    MLPRegressor : The same for numbers.

    Notes
    -----
    Classes are predicted by a softmax over several, by a logistic function for two and for each
    label of a multilabel y.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from skdeep import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((32,), learning_rate_init=0.01, random_state=0).fit(scale(X), y)
    >>> model.score(scale(X), y) > 0.95
    True
    >>> model.predict_proba(scale(X)[:2]).shape
    (2, 3)
    """
