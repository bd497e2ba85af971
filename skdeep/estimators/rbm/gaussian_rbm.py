"""The restricted Boltzmann machine with real-valued visible units."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.backend import compute
from skdeep.data._compat import fit_context
from skdeep.data.place import to_host
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.rbm import GaussianRBMParameters
from skdeep.estimators.rbm.base import RBMEstimator
from skdeep.estimators.rbm.model import column_means
from skdeep.kernels.activations import logistic
from skdeep.nn.boltzmann.rbm import RBM
from skdeep.nn.boltzmann.visible import GaussianVisible
from skdeep.nn.initializers import Uniform
from skdeep.train.boltzmann.score_matching import score_matching

#: Initial weight of the normal density of one firing unit beside that of none.
SHARE = 0.01


@estimator_parameters(attributes=[texts.RBM_ATTRIBUTES], references=texts.RBM_REFERENCES)
class GaussianRBM(GaussianRBMParameters, RBMEstimator):
    """Restricted Boltzmann machine with real-valued visible and binary hidden units.

    Each visible unit is normal given the hidden ones, with a variance of its own that is learned
    with the weights (Cho, Ilin and Raiko, 2011), so that the model is a mixture of as many normal
    densities as there are states of the hidden units. Features are the probabilities of the hidden
    units. Standardise the samples first.

    Attributes
    ----------
    variances_ : ndarray of shape (n_features,)
        Variances of the visible units given the hidden ones.

    reconstruction_error_curve_ : list of float
        After each epoch, the mean squared error of ``reconstruct`` on at most 100 samples.

    See Also
    --------
    BernoulliRBM : For zeros and ones.

    Notes
    -----
    The energy is ``sum((v - b) ** 2 / (2 s)) - c h - (v / s) W h`` with variances s. A visible
    unit has the mean ``b + W h``, a hidden unit fires with probability ``logistic(c + (v / s) W)``.

    Weights start where single hidden units share a hundredth of the probability each (Melchior,
    Wang and Wiskott, 2017): from small weights, samples without correlations teach nothing.

    The default of `likelihood` needs no normalising constant: ``score_samples`` is minus the score
    of Hyvarinen (2005), which is least on average for the true density. A log pseudo-likelihood has
    no closed form for real values.

    References
    ----------
    Cho, Ilin and Raiko (2011). Improved learning of Gaussian-Bernoulli restricted Boltzmann
    machines. ICANN.

    Melchior, Wang and Wiskott (2017). Gaussian-binary restricted Boltzmann machines for modeling
    natural image statistics. PLoS ONE 12.

    Hyvarinen (2005). Estimation of non-normalized statistical models by score matching. JMLR 6.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from skdeep import GaussianRBM
    >>> X = scale(load_iris().data)
    >>> rbm = GaussianRBM(4, n_iter=200, random_state=0).fit(X)
    >>> rbm.transform(X).shape
    (150, 4)
    >>> bool((rbm.variances_ < 1).all())  # of what the hidden units leave unexplained
    True
    >>> bool(rbm.log_likelihood(X).mean() > -5)  # a normal density gives -5.7 without correlations
    True
    """

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Fit the RBM to samples.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, best standardised.
        y : Ignored
            Not used, present for API consistency by convention.

        Returns
        -------
        self : GaussianRBM
            The fitted RBM.

        Raises
        ------
        ValueError
            If training diverges.
        """
        return self._fit(X, incremental=False)

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None):
        """Go on with one epoch over a chunk of samples, in batches of `batch_size`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, any number of them. Those of the first call set where biases and, with
            ``initial_variance=None``, variances start.
        y : Ignored
            Not used, present for API consistency by convention.

        Returns
        -------
        self : GaussianRBM
            The fitted RBM.
        """
        return self._fit(X, incremental=True)

    @property
    def variances_(self):
        """Variances of the visible units; see the class's attributes."""
        self._own("log_variance")  # raises where nothing is fitted
        return self._parameters()["variances"]

    @property
    def reconstruction_error_curve_(self):
        """The history; see the class's attributes."""
        return self.monitor_curve_

    def _make_network(self, n_features):
        bound = np.sqrt(6 / (n_features + self.n_components))
        visible = GaussianVisible(float(self.min_variance))
        return RBM(n_features, int(self.n_components), visible, weight_init=Uniform(bound))

    def _initial_values(self, rbm, X, values):
        means = column_means(X)
        spread = column_variances(X, means)
        variances = spread if self.initial_variance is None else self.initial_variance
        start = rbm.views(values)
        start.b[...] = means
        start.log_variance[...] = rbm.visible.log_variance(variances)
        start.W[...] *= np.sqrt(spread)[:, None]
        # How much likelier rows are where one unit fires is up to its weights: take it away.
        b, s = start.b.swapaxes(1, 2), rbm.visible.variances(start).swapaxes(1, 2)
        gain = (start.W * (start.W + 2 * b) / (2 * s)).sum(axis=1, keepdims=True)
        start.c[...] = np.log(SHARE) - gain

    def _frozen(self):
        return () if self.learn_variance else ("log_variance",)

    def _check_values(self, X):
        if self.initial_variance is not None and self.initial_variance <= self.min_variance:
            raise ValueError(
                f"initial_variance must be above min_variance={self.min_variance}, got "
                f"{self.initial_variance}"
            )

    def _pseudo_score_samples(self, X):
        return score_matching(X, **self._parameters())

    def _monitor(self, rows):
        p = self._arrays()
        h = logistic(np, p["c"] + (rows / p["variances"]) @ p["W"])
        return "reconstruction error", float(np.mean((rows - p["b"] - h @ p["W"].T) ** 2))


def column_variances(X: Any, means: np.ndarray) -> np.ndarray:
    """Return the variance of each feature about its mean, on the host, (F,)."""
    if hasattr(X, "tocsr"):
        squares = np.asarray(X.multiply(X).mean(axis=0), float).ravel()
        return np.maximum(squares - means**2, 0)
    return to_host(compute(lambda xp, rows: rows.var(axis=0), X)).astype(float)
