"""The regressor of tables as people have them."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.data.scores import r_squared
from skdeep.estimators.parameters import estimator_parameters, like, redeclared
from skdeep.estimators.parameters.tabular import TableColumns, TabularLayers, TabularTraining
from skdeep.estimators.parameters.targets import RegressionLoss, RegressionLosses, RegressionTarget
from skdeep.estimators.parameters.training import ValidationScore
from skdeep.estimators.sklearn_bases import RegressorMixin
from skdeep.estimators.tabular.base import TabularMLP
from skdeep.estimators.tabular.network import TabularNetworkRegressor
from skdeep.estimators.tabular.splits import Split


@estimator_parameters
class TabularMLPRegressor(TabularTraining, TabularLayers, TableColumns, RegressorMixin, TabularMLP):
    """Regressor of tables as they come: mixed columns, missing values, new categories.

    A multilayer perceptron by the recipe of RealMLP [1]_, as :class:`TabularMLPClassifier`. It
    trains on y with mean 0 and variance 1, and its predictions stay within the range of y.

    Attributes
    ----------
    members_ : list of estimator
        The networks.
    encoders_ : list
        What each split has learned of the columns: ``means_``, ``categories_``, ``layout_``.
    oof_predictions_ : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Predictions by networks that did not train on the sample; only with `n_splits`.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of str
        Names of the features, where X has any.

    See Also
    --------
    TabularMLPClassifier : The same for classes.
    MLPRegressor : A network for arrays of scaled numbers, as scikit-learn has it.

    References
    ----------
    .. [1] D. Holzmüller, L. Grinsztajn and I. Steinwart, "Better by Default: Strong Pre-Tuned MLPs
       and Boosted Trees on Tabular Data", NeurIPS 2024.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skdeep import TabularMLPRegressor
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> model = TabularMLPRegressor(max_iter=30, random_state=0).fit(X, y)
    >>> model.predict(X.head(2)).shape
    (2,)
    """

    loss: RegressionLosses = redeclared(RegressionLoss, default="squared_error", kw_only=True)
    quantiles: Any = like(RegressionTarget)
    scoring: Any = like(ValidationScore)

    _member = TabularNetworkRegressor
    _classifies = False
    _usual_rate = 0.2

    def _member_options(self) -> dict[str, Any]:
        return {
            "loss": self.loss,
            "quantiles": self.quantiles,
            "scoring": self.scoring,
            "standardize_target": self.loss != "poisson",
        }

    def _describe(self, columns: Any, y: Any, splits: list[Split]) -> None:
        self._range = np.min(y, axis=0), np.max(y, axis=0)

    def predict(self, X, *, return_std=False):
        """Predict numbers.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table with the columns of the fit.
        return_std : bool, default=False
            Whether to return the standard deviation over the members too.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions, within the range of the y of the fit; several quantiles are a last axis.
        std : ndarray like y
            Standard deviation over members, which says how far they agree and nothing of the noise
            in y; only with `return_std`.
        """
        outputs = [self._decoded(output) for output in self._member_outputs(X)]
        mean = np.mean(outputs, axis=0)
        return (mean, np.std(outputs, axis=0)) if return_std else mean

    def _decoded(self, output: np.ndarray) -> np.ndarray:
        """Return predictions of one member in the units of y, within its range."""
        found = np.asarray(self._target.decode(output), float)
        low, high = self._range
        if self._target.n_levels > 1:
            low, high = np.asarray(low)[..., None], np.asarray(high)[..., None]
            found = np.sort(found, axis=-1)
        return np.clip(found, low, high)

    def score(self, X, y, sample_weight=None):
        """Return R squared; of several quantiles, that of the one nearest the median.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table with the columns of the fit.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        score : float
            R squared, averaged over outputs.
        """
        predicted = self.predict(X)
        if self._target.n_levels > 1:
            predicted = predicted[..., self._target.middle]
        return r_squared(predicted, y, sample_weight, type(self).__name__)
