"""The classifier of tables as people have them."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.metaestimators import available_if

from skdeep.data._compat import StrOptions
from skdeep.data.place import to_host
from skdeep.data.scores import accuracy
from skdeep.estimators.parameters import estimator_parameters, like, parameter
from skdeep.estimators.parameters.tabular import TableColumns, TabularLayers, TabularTraining
from skdeep.estimators.parameters.targets import ClassWeight, ClassWeights, LabelSmoothing
from skdeep.estimators.parameters.training import Schedule, ValidationScore
from skdeep.estimators.sklearn_bases import ClassifierMixin
from skdeep.estimators.tabular.base import TabularMLP, beside, one_pass
from skdeep.estimators.tabular.held_out import (
    HeldOut,
    fit_temperature,
    likelihoods,
    tempered,
)
from skdeep.estimators.tabular.network import TabularNetworkClassifier


@estimator_parameters
class TabularMLPClassifier(
    TabularTraining, TabularLayers, TableColumns, ClassifierMixin, TabularMLP
):
    """Classifier of tables as they come: mixed columns, missing values, new categories.

    A multilayer perceptron by the recipe of RealMLP [1]_: robustly scaled numbers and waves of
    them, indicators or embeddings of categories, a learned scale of each feature, activations that
    units take up as far as they learn to, and schedules of rate, dropout and decay. All that is
    learned of columns is learned of training samples.

    Attributes
    ----------
    members_ : list of estimator
        The networks.
    encoders_ : list
        What each split has learned of the columns: ``means_``, ``categories_``, ``layout_``.
    n_iter_ : int
        Epochs of the network that trained longest.
    classes_ : ndarray of shape (n_classes,) or list of such
        Classes; a list with one entry per output where y has several multiclass columns.
    temperature_ : float
        What logits are divided by; 1 where `calibrate` fits none.
    oof_predictions_ : ndarray of shape (n_samples, n_classes)
        Probabilities by networks that did not train on the sample; only with `n_splits`. A list
        with one entry per output where y has several multiclass columns.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of str
        Names of the features, where X has any.

    See Also
    --------
    TabularMLPRegressor : The same for numbers.
    MLPClassifier : A network for arrays of scaled numbers, as scikit-learn has it.

    References
    ----------
    .. [1] D. Holzmüller, L. Grinsztajn and I. Steinwart, "Better by Default: Strong Pre-Tuned MLPs
       and Boosted Trees on Tabular Data", NeurIPS 2024.
    .. [2] E. Berta, D. Holzmüller, M. I. Jordan and F. Bach, "Rethinking Early Stopping: Refine,
       Then Calibrate", arXiv:2501.19195, 2025.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skdeep import TabularMLPClassifier
    >>> random = np.random.default_rng(0)
    >>> X = pd.DataFrame({"size": random.normal(size=300), "colour": ["red", None, "blue"] * 100})
    >>> y = np.where((X["size"] > 0) & (X["colour"] == "red"), "yes", "no")
    >>> X.loc[::7, "size"] = np.nan
    >>> model = TabularMLPClassifier(max_iter=30, random_state=0).fit(X, y)
    >>> model.predict(pd.DataFrame({"size": [2.0, -2.0], "colour": ["red", "green"]}))
    array(['yes', 'no'], dtype='<U3')
    """

    class_weight: ClassWeights = like(ClassWeight)
    label_smoothing: float = like(LabelSmoothing, default=0.0)
    label_smoothing_schedule: Schedule = like(LabelSmoothing)
    scoring: Any = like(
        ValidationScore,
        doc="""
        Score that chooses the best epoch: a scikit-learn scorer, 'loss' (its negative), or None
        for the accuracy minus the log loss, this one at the temperature that suits it best [2]_.
        Scorers are given a network and encoded samples.
        """,
    )
    calibrate: Any = parameter(
        default="auto",
        constraint=[StrOptions({"auto"}), "boolean"],
        kind="bool or 'auto'",
        doc="""
        Whether to divide logits by a temperature that is fitted to the validation samples (Guo et
        al., 2017), for better probabilities. Of few samples it stays near 4, which suits small
        tables. 'auto' does where there are validation samples.
        """,
    )

    _member = TabularNetworkClassifier
    _classifies = True
    _usual_rate = 0.04

    def _member_options(self) -> dict[str, Any]:
        return {
            "class_weight": self.class_weight,
            "label_smoothing": self.label_smoothing,
            "label_smoothing_schedule": self.label_smoothing_schedule,
            "scoring": self.scoring,
        }

    @property
    def classes_(self):
        """Classes, per output where y has several columns."""
        return self.members_[0].classes_

    def _forget_held_out(self) -> None:
        self.temperature_ = 1.0  # of new networks nobody has found one
        self.__dict__.pop("oof_predictions_", None)

    def _learn_held_out(self, found: HeldOut) -> None:
        if self.calibrate:
            self.temperature_ = fit_temperature(self._target, found)
        if self.n_splits is not None:
            self.oof_predictions_ = self._by_output(
                tempered(self._target, found.outputs, self.temperature_)
            )

    @available_if(one_pass)
    def partial_fit(self, X, y, sample_weight=None, classes=None):
        """Train for one more epoch, on these samples.

        The first call learns the columns: scales, categories and what else `encoders_` hold.
        There is no validation and no schedule; the learning rate is a quarter of
        `learning_rate_init`.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Classes; not all need occur.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.
        classes : array of shape (n_classes,) or list of such, default=None
            All classes, needed in the first call.

        Returns
        -------
        self : estimator
            The same estimator.
        """
        self._partial_fit(X, y, sample_weight, classes=classes)
        return self

    def _each_output(self, network, rows):
        # Of logits in float64, so that few probabilities round to 0 or 1.
        logits = np.asarray(to_host(network._predictor(rows, "logits")[0]), float)
        return [likelihoods(self._target, each) for each in network._by_member(logits)]

    def _likelihoods(self, X: Any) -> np.ndarray:
        """Return the networks' mean probabilities (n, C) in float64."""
        mean = np.mean(self._member_outputs(X), axis=0)
        return tempered(self._target, mean, self.temperature_)

    def _by_output(self, proba: np.ndarray) -> Any:
        """Return probabilities in the dtype of the networks, those of several outputs as a list."""
        proba = proba.astype(self.members_[0].dtype)
        return self._target.split(proba) if self._target.kind == "multioutput" else proba

    def predict_proba(self, X, *, return_std=False):
        """Predict probabilities.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table with the columns of the fit.
        return_std : bool, default=False
            Whether to return the standard deviation over the networks too.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of ``classes_``; a list with one entry per output where y
            has several multiclass columns.
        std : ndarray like proba
            Standard deviation over networks, before calibration, which says how far they agree;
            only with `return_std`.
        """
        if not return_std:
            proba = self._likelihoods(X)
            return beside(X, self._by_output(proba))
        outputs = self._member_outputs(X)
        mean = tempered(self._target, np.mean(outputs, axis=0), self.temperature_)
        std = np.std(outputs, axis=0)
        return beside(X, self._by_output(mean)), beside(X, self._by_output(std))

    def predict_log_proba(self, X):
        """Predict the logarithms of the probabilities.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table with the columns of the fit.

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes) or list of such
            Like :meth:`predict_proba`; finite.
        """
        proba = self._likelihoods(X)
        logs = np.log(np.maximum(proba, np.finfo(float).tiny))
        return beside(X, self._by_output(logs))

    def predict(self, X):
        """Predict classes.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table with the columns of the fit.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Classes, in the form of the y that was fitted.
        """
        proba = self._likelihoods(X)
        output = proba[:, 1:] if self._target.kind == "binary" else proba
        return beside(X, self._target.decode(output))

    def score(self, X, y, sample_weight=None):
        """Return the accuracy.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table with the columns of the fit.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True classes.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        score : float
            Fraction of the samples that are right in every output.
        """
        predicted, name = self.predict(X), type(self).__name__
        return accuracy(self._target, predicted, y, sample_weight, name)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
