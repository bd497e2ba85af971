"""The classifier of tables as people have them."""

from __future__ import annotations

from typing import Any

from skdeep.data.scores import accuracy
from skdeep.estimators.class_outputs import probabilities
from skdeep.estimators.parameters import estimator_parameters, like, parameter
from skdeep.estimators.parameters.tabular import TableColumns, TabularLayers, TabularTraining
from skdeep.estimators.parameters.targets import ClassWeight, ClassWeights, LabelSmoothing
from skdeep.estimators.parameters.training import ValidationScore
from skdeep.estimators.sklearn_bases import ClassifierMixin
from skdeep.estimators.tabular.base import TabularMLP
from skdeep.estimators.tabular.network import TabularNetworkClassifier
from skdeep.estimators.tabular.splits import Split


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
    classes_ : ndarray of shape (n_classes,) or list of such
        Classes; a list with one entry per output where y has several multiclass columns.
    temperature_ : float
        What logits are divided by; 1 unless `calibrate`.
    oof_predictions_ : ndarray of shape (n_samples, n_classes)
        Probabilities by networks that did not train on the sample; only with `n_splits`.
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
    >>> model.predict(pd.DataFrame({"size": [2.0, 2.0], "colour": ["red", "green"]}))
    array(['yes', 'no'], dtype='<U3')
    """

    class_weight: ClassWeights = like(ClassWeight)
    label_smoothing: float = like(LabelSmoothing, default=0.1)
    scoring: Any = like(ValidationScore)
    calibrate: bool = parameter(
        default=False,
        doc="""
        Whether to divide logits by a temperature that is fitted to the validation samples (Guo et
        al., 2017), for better probabilities.
        """,
    )

    _member = TabularNetworkClassifier
    _classifies = True
    _usual_rate = 0.04

    def _member_options(self) -> dict[str, Any]:
        return {
            "class_weight": self.class_weight,
            "label_smoothing": self.label_smoothing,
            "scoring": self.scoring,
        }

    @property
    def classes_(self):
        """Classes, per output where y has several columns."""
        return self.members_[0].classes_

    def _describe(self, columns: Any, y: Any, splits: list[Split]) -> None:
        pass

    def predict_proba(self, X):
        """Predict probabilities.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table with the columns of the fit.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of ``classes_``; a list with one entry per output where y
            has several multiclass columns.
        """
        return probabilities(self._target, self._forward(X))

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
        return self._target.decode(self._forward(X))

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
        name = type(self).__name__
        return accuracy(self._target, self.predict(X), y, sample_weight, name)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
