"""Outlier detection by the reconstruction error of an autoencoder."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from skdeep.backend import compute
from skdeep.data._compat import fit_context, weighted_percentile
from skdeep.data.place import to_host
from skdeep.data.weights import check_weight
from skdeep.estimators.autoencoder.autoencoder import Autoencoder
from skdeep.estimators.checks.parameters import CheckedParameters
from skdeep.estimators.feature_names import feature_names_of
from skdeep.estimators.fit.waiting import passing_on
from skdeep.estimators.parameters import estimator_parameters, parameter
from skdeep.estimators.parameters.ensembles import Detection
from skdeep.estimators.reconstruction import ReconstructionEstimator
from skdeep.estimators.sklearn_bases import OutlierMixin

#: How far below the median a score is an outlier's, in distances of the lower quartile from it: 3
#: standard deviations of a normal distribution (of which 0.13 % lie lower).
AUTO = 3 / 0.6744897501960817


@estimator_parameters
class AutoencoderOutlierDetector(Detection, OutlierMixin, CheckedParameters):
    """Outlier detection by the reconstruction error of an autoencoder.

    Attributes
    ----------
    estimator_ : estimator
        The trained autoencoder.

    offset_ : float
        Score below which a sample is an outlier: the quantile `contamination` of the training
        samples' scores, or with 'auto' their median minus 4.45 times its distance from their lower
        quartile.

    n_features_in_ : int
        Number of features.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where all are strings.

    See Also
    --------
    Autoencoder : The transformer.
    sklearn.ensemble.IsolationForest : Outliers as samples that random splits isolate early.

    References
    ----------
    Leys et al. (2013). Detecting outliers: do not use standard deviation around the mean, use
    absolute deviation around the median. J. Experimental Social Psychology 49.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import Autoencoder, AutoencoderOutlierDetector
    >>> random = np.random.default_rng(0)
    >>> angle = random.uniform(0, 2 * np.pi, 200)
    >>> X = np.column_stack([np.cos(angle), np.sin(angle)])
    >>> options = {"solver": "lbfgs", "tol": 0.01, "max_iter": 2000, "random_state": 0}
    >>> coder = Autoencoder(1, hidden_layer_sizes=(32,), **options)
    >>> detector = AutoencoderOutlierDetector(coder, contamination=0.05).fit(X)
    >>> detector.predict([[0.0, 0.0], [2.0, 2.0]])
    array([-1, -1])
    """

    estimator: ReconstructionEstimator | None = parameter(
        default=None,
        constraint=[ReconstructionEstimator, None],
        kind="Autoencoder, VariationalAutoencoder or None",
        doc="""
        What is trained, on all samples; None is ``Autoencoder()``. Its parameters are reached as
        ``estimator__n_components`` and so on.
        """,
        kw_only=False,
    )

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, sample_weight=None):
        """Train the autoencoder and find the threshold.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.
        y : Ignored
            Not used, present for API consistency by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights, of the training and of the threshold.

        Returns
        -------
        self : AutoencoderOutlierDetector
            The fitted estimator.
        """
        coder = clone(self._coder())
        if self.random_state is not None:
            coder.set_params(random_state=self.random_state)
        with passing_on(self, coder) as jobs:
            coder.fit(X, sample_weight=sample_weight)
        if jobs:
            jobs[0].then.append(lambda: self._find_threshold(coder, X, sample_weight))
        else:
            self._find_threshold(coder, X, sample_weight)
        self.estimator_ = coder
        return self

    def _coder(self) -> ReconstructionEstimator:
        """Return what ``fit`` trains a clone of."""
        return Autoencoder() if self.estimator is None else self.estimator

    def _find_threshold(self, coder: Any, X: Any, sample_weight: Any) -> None:
        scores = to_host(coder.score_samples(X))
        weight = check_weight(sample_weight, scores[:, None])
        weight = np.ones(len(scores)) if weight is None else weight
        # Half-way between two rows where it can be, and a little below a row elsewhere, lest
        # rounding decide on which side that row is.
        if self.contamination == "auto":
            quartile, median = (_percentile(scores, weight, rank) for rank in (25, 50))
            offset = median - AUTO * (median - quartile)
        else:
            offset = _percentile(scores, weight, 100.0 * self.contamination)
        if not np.isfinite(offset):
            raise ValueError(
                f"the scores of the training rows give the threshold {offset}: the autoencoder has "
                "diverged, or the rows are too large for its dtype. Scale the features first."
            )
        self._offset = offset - float(np.sqrt(np.finfo(scores.dtype).eps)) * abs(offset)

    @property
    def offset_(self):
        """Score below which a sample is an outlier."""
        self._fitted("n_features_in_")
        return self._offset

    @property
    def n_features_in_(self):
        """Number of features."""
        return self._fitted("n_features_in_")

    feature_names_in_ = feature_names_of("estimator_")

    def _fitted(self, name: str) -> Any:
        if "estimator_" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.estimator_, name)

    def score_samples(self, X):
        """Return the score of each sample under the autoencoder, the lower, the more abnormal.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        scores : array of shape (n_samples,)
            ``estimator_.score_samples(X)``: minus the mean squared reconstruction error of an
            :class:`Autoencoder`.
        """
        check_is_fitted(self)
        return self.estimator_.score_samples(X)

    def decision_function(self, X):
        """Return :meth:`score_samples` minus ``offset_``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        scores : array of shape (n_samples,)
            Negative for outliers; minus infinity for samples that lie so far out that their score
            cannot be computed.
        """
        check_is_fitted(self)
        offset = self.offset_

        def above(xp: Any, scores: Any) -> Any:
            return xp.where(xp.isnan(scores), -xp.inf, scores - offset)

        return compute(above, self.score_samples(X))

    def predict(self, X):
        """Tell outliers from inliers.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        labels : array of shape (n_samples,)
            -1 for outliers, 1 for inliers.
        """
        return compute(lambda xp, d: xp.where(d >= 0, 1, -1), self.decision_function(X))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _percentile(scores: np.ndarray, weight: np.ndarray, rank: float) -> float:
    return float(weighted_percentile(scores, weight, rank, average=True))
