"""The restricted Boltzmann machine with binary visible units."""

from __future__ import annotations

import numpy as np

from skdeep.backend.user_warnings import warn
from skdeep.data._compat import fit_context
from skdeep.estimators.checks.value_ranges import value_range, within_unit_interval
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.rbm import BernoulliRBMParameters
from skdeep.estimators.rbm.base import RBMEstimator
from skdeep.estimators.rbm.model import column_means
from skdeep.fitting.history import LikelihoodHistory
from skdeep.kernels.activations import softplus
from skdeep.nn.boltzmann.rbm import RBM
from skdeep.train.boltzmann.pseudo_likelihood import pseudo_likelihood

#: How far initial biases of visible units keep from infinity where a feature never changes.
SMOOTHING = 0.01


@estimator_parameters(attributes=[texts.RBM_ATTRIBUTES], references=texts.RBM_REFERENCES)
class BernoulliRBM(BernoulliRBMParameters, RBMEstimator):
    """Restricted Boltzmann machine with binary visible and hidden units.

    Takes every parameter of :class:`sklearn.neural_network.BernoulliRBM` with the same meaning and
    default; like that it learns by persistent contrastive divergence. Samples are states 0 or 1 of
    the visible units, or probabilities of being 1; features are the probabilities of the hidden
    units. What deviates on purpose is listed in the documentation.

    Attributes
    ----------
    pseudo_likelihood_curve_ : list of float
        After each epoch, scikit-learn's estimate of the log pseudo-likelihood: one flip per
        sample, the same ones in every epoch, on at most 100 samples.

    See Also
    --------
    GaussianRBM : For real-valued features.
    DBNTransformer : Several RBMs on top of each other.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import BernoulliRBM
    >>> X = load_digits().data > 7
    >>> rbm = BernoulliRBM(16, centering=True, n_iter=5, random_state=0).fit(X)
    >>> rbm.transform(X).shape
    (1797, 16)
    >>> exact = rbm.log_likelihood(X).mean()
    >>> estimate = rbm.log_likelihood(X, method="ais", n_betas=1000, random_state=0).mean()
    >>> bool(abs(exact - estimate) < 0.5)
    True
    >>> rbm.sample(3, random_state=0).shape
    (3, 64)
    """

    _history_of_fit = LikelihoodHistory

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Fit the RBM to samples.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples with values in [0, 1].
        y : Ignored
            Not used, present for API consistency by convention.

        Returns
        -------
        self : BernoulliRBM
            The fitted RBM.

        Raises
        ------
        ValueError
            If training diverges, or with ``check_range=True`` if values lie outside [0, 1].
        """
        return self._fit(X, incremental=False)

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None):
        """Go on with one epoch over a chunk of samples, in batches of `batch_size`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples with values in [0, 1], any number of them.
        y : Ignored
            Not used, present for API consistency by convention.

        Returns
        -------
        self : BernoulliRBM
            The fitted RBM.
        """
        return self._fit(X, incremental=True)

    @property
    def pseudo_likelihood_curve_(self):
        """The history; see the class's attributes."""
        return self.monitor_curve_

    def _make_network(self, n_features):
        return RBM(n_features, int(self.n_components))

    def _initial_values(self, rbm, X, values):
        if self.centering:  # offsets and biases start where the data are
            means = np.clip(column_means(X), 0, 1)
            means = (means + SMOOTHING) / (1 + 2 * SMOOTHING)
            rbm.layout.view(values, "b")[...] = np.log(means / (1 - means))

    def _check_values(self, X):
        low, high = value_range(X)
        if within_unit_interval(low, high):
            return
        message = (
            f"BernoulliRBM expects values in [0, 1], got values from {low:.3g} to {high:.3g}. "
            "Scale the features first, for example with MinMaxScaler(clip=True)."
        )
        if self.check_range:
            raise ValueError(message)
        warn(message, UserWarning)

    def _pseudo_score_samples(self, X):
        found = pseudo_likelihood(X, **self._parameters())
        return np.where(np.isnan(found), -np.inf, found)  # so far out that infinities met

    def _monitor(self, rows):
        n, n_features = rows.shape
        flips = np.random.RandomState(0).randint(n_features, size=n)
        change = 1 - 2 * rows[np.arange(n), flips]
        p = self._arrays()
        x = rows @ p["W"] + p["c"]
        flipped = x + change[:, None] * p["W"][flips]
        gain = (softplus(np, x) - softplus(np, flipped)).sum(axis=1) - change * p["b"][flips]
        return "pseudo-likelihood", float(-n_features * softplus(np, -gain).mean())
