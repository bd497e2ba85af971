"""The regressor of tables as people have them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skdeep.data.domain import check_domain, is_bounded
from skdeep.data.scores import r_squared
from skdeep.estimators.checks.parameters import check_coverage
from skdeep.estimators.parameters import estimator_parameters, like, redeclared
from skdeep.estimators.parameters.tabular import TableColumns, TabularLayers, TabularTraining
from skdeep.estimators.parameters.targets import RegressionLoss, RegressionLosses, RegressionTarget
from skdeep.estimators.parameters.training import ValidationScore
from skdeep.estimators.regressor import LOSSES
from skdeep.estimators.sklearn_bases import RegressorMixin
from skdeep.estimators.tabular.base import TabularMLP, beside, one_pass
from skdeep.estimators.tabular.held_out import HeldOut, conformity, margin
from skdeep.estimators.tabular.network import TabularNetworkRegressor


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
    n_iter_ : int
        Epochs of the network that trained longest.
    conformity_scores_ : ndarray of shape (n_held_out, n_outputs)
        How far y of the samples held out lies from predictions, sorted; see
        :meth:`predict_interval`. NaN stands at the end of an output for each missing number.
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
    missing_targets: Any = like(
        RegressionTarget,
        doc="""
        What becomes of NaN in y. 'error': it is refused. 'mask': the loss, scores, intervals, and
        the mean and variance of y, are over the numbers that are there. A sample of which all are
        missing teaches nothing, and each number counts the same.
        """,
    )
    scoring: Any = like(
        ValidationScore,
        doc="""
        Score that chooses the best epoch: a scikit-learn scorer, 'loss' (its negative), or None
        for R squared, and for 'loss' with ``loss="quantile"``. Scorers are given a network and
        encoded samples.
        """,
    )

    _member = TabularNetworkRegressor
    _classifies = False
    _usual_rate = 0.2

    @property
    def _masks(self):
        return self.missing_targets == "mask"

    def _refuse_outside(self, y, name):
        check_domain(LOSSES[self.loss].domain, f"loss={self.loss!r}", y, name)

    def _member_options(self) -> dict[str, Any]:
        return {
            "loss": self.loss,
            "quantiles": self.quantiles,
            "missing_targets": self.missing_targets,
            # R squared of one quantile says little of the others.
            "scoring": "loss" if self.scoring is None and self.loss == "quantile" else self.scoring,
            "standardize_target": not is_bounded(LOSSES[self.loss].domain),
        }

    def _check_parameters(self, *, validates):
        super()._check_parameters(validates=validates)
        levels = list(self.quantiles)
        if self.loss == "quantile" and any(a >= b for a, b in pairwise(levels)):
            raise ValueError(f"quantiles must increase, got {levels}")

    def _tell(self, member: Any, y: np.ndarray, weight: Any, rows: Any, seen: Any = None) -> None:
        """Tell a network the range of the y that it trains on, beside what it has `seen`."""
        known = y[rows]
        if weight is not None and weight[rows].any():
            known = known[weight[rows] > 0]
        known = known if seen is None else np.concatenate([known, seen])
        # Of the numbers that are there.
        member.range_ = np.array([np.fmin.reduce(known), np.fmax.reduce(known)], float)

    def _forget_held_out(self) -> None:
        for name in ("oof_predictions_", "conformity_scores_"):
            self.__dict__.pop(name, None)

    def _learn_held_out(self, found: HeldOut) -> None:
        self.conformity_scores_ = conformity(found, self._target.n_levels)
        if self.n_splits is not None:
            self.oof_predictions_ = found.outputs

    @available_if(one_pass)
    def partial_fit(self, X, y, sample_weight=None):
        """Train for one more epoch, on these samples.

        The first call learns the columns, and the scale of y. There is no validation and no
        schedule; the learning rate is a quarter of `learning_rate_init`. Predictions stay within
        the range of the y that was seen so far.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        self : estimator
            The same estimator.
        """
        self._partial_fit(X, y, sample_weight)
        return self

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
        outputs = self._member_outputs(X)
        mean = np.mean(outputs, axis=0)
        return (
            (beside(X, mean), beside(X, np.std(outputs, axis=0))) if return_std else beside(X, mean)
        )

    def predict_interval(self, X, coverage=0.9):
        """Predict intervals that cover a given fraction of new samples.

        They are split-conformal: on either side of a prediction lies the distance that so many of
        the samples held out keep (Lei et al., 2018). With ``loss="quantile"`` and several
        `quantiles` it is added to the outermost of them, so that intervals are as wide as y
        spreads there (Romano et al., 2019). The fraction holds on average over samples that are
        like those of the fit, and a little less where the epochs were chosen by the samples held
        out.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table with the columns of the fit.
        coverage : float, default=0.9
            Fraction of samples whose y lies within, in (0, 1).

        Returns
        -------
        interval : ndarray of shape (n_samples, 2) or (n_samples, n_outputs, 2)
            Lower and upper end; each output has an interval of its own.

        Raises
        ------
        ValueError
            If no samples were held out, or too few for this `coverage`.

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from skdeep import TabularMLPRegressor
        >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
        >>> model = TabularMLPRegressor(max_iter=30, random_state=0).fit(X, y)
        >>> model.predict_interval(X.head(3), coverage=0.8).shape
        (3, 2)
        """
        check_is_fitted(self)
        coverage = check_coverage(coverage)
        if not hasattr(self, "conformity_scores_"):
            raise ValueError(
                "predict_interval needs samples that were held out: fit with early_stopping=True, "
                "n_splits or X_val"
            )
        extra = margin(self.conformity_scores_, coverage)
        predicted = np.mean(self._member_outputs(X), axis=0)
        n, columns = len(predicted), self._target.n_columns
        bands = predicted.reshape(n, columns, self._target.n_levels)
        low, high = bands[..., 0] - extra, bands[..., -1] + extra
        middle = (low + high) / 2  # ends of a band that shrinks may pass each other
        interval = np.stack([np.minimum(low, middle), np.maximum(high, middle)], axis=-1)
        return beside(X, interval[:, 0] if self._one_column else interval)

    @property
    def _one_column(self) -> bool:
        return self.members_[0].range_.ndim == 1

    def _each_output(self, network, rows):
        # In the units of y, within the range of those that the network was trained on.
        low, high = network.range_
        if several := network._target.n_levels > 1:
            low, high = np.asarray(low)[..., None], np.asarray(high)[..., None]
        each = [
            np.asarray(network._target.decode(output.astype(float)))
            for output in super()._each_output(network, rows)
        ]
        return [np.clip(np.sort(y, axis=-1) if several else y, low, high) for y in each]

    def score(self, X, y, sample_weight=None):
        """Return R squared; of several quantiles, that of the one nearest the median.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table with the columns of the fit.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True numbers; NaN has no say with ``missing_targets='mask'``.
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
        missing, name = self._masks, type(self).__name__
        return r_squared(predicted, y, sample_weight, name, missing=missing)
