"""The restricted Boltzmann machine with binary visible units."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from sklearn.base import _fit_context

from skdeep.backend import compute
from skdeep.backend.user_warnings import warn
from skdeep.estimators._docs import documented
from skdeep.estimators._ranges import value_range, within_unit_interval
from skdeep.estimators._rbm import RBM_CONSTRAINTS, RBMEstimator
from skdeep.estimators._rbm_model import column_means
from skdeep.kernels.activations import softplus
from skdeep.nn.rbm import RBM
from skdeep.train.pseudo_likelihood import pseudo_likelihood

#: How far initial biases of visible units keep from infinity where a feature never changes.
SMOOTHING = 0.01


@documented
class BernoulliRBM(RBMEstimator):
    """Restricted Boltzmann machine with binary visible and hidden units.

    Takes every parameter of :class:`sklearn.neural_network.BernoulliRBM` with the same meaning and
    default; like that it learns by persistent contrastive divergence. Rows are states 0 or 1 of
    the visible units, or probabilities of being 1; features are the probabilities of the hidden
    units. What deviates on purpose is listed in the documentation.

    Parameters
    ----------
    n_components : int, default=256
        Number of hidden units.

    %(RBM_PARAMETERS)s

    check_range : bool, default=False
        Whether ``fit`` refuses values outside [0, 1] instead of warning. Up to 1e-5 outside counts
        as rounding, and is taken as it is.

    Attributes
    ----------
    pseudo_likelihood_curve_ : list of float
        After each epoch, scikit-learn's estimate of the log pseudo-likelihood: one flip a row, the
        same ones in every epoch, on at most 100 rows.

    %(RBM_ATTRIBUTES)s

    See Also
    --------
    GaussianRBM : For real-valued rows.
    DBNTransformer : Several machines on top of each other.

    References
    ----------
    %(RBM_REFERENCES)s

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

    _monitor_sign = -1
    _parameter_constraints: ClassVar[dict] = {**RBM_CONSTRAINTS, "check_range": ["boolean"]}

    def __init__(
        self,
        n_components=256,
        *,
        learning_rate=0.1,
        batch_size=10,
        n_iter=10,
        verbose=0,
        random_state=None,
        algorithm="pcd",
        n_gibbs_steps=1,
        centering=False,
        mean_field=False,
        solver="sgd",
        momentum=0.0,
        nesterovs_momentum=True,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        learning_rate_schedule=None,
        weight_decay=0.0,
        sparsity_target=0.1,
        sparsity_cost=0.0,
        ema_decay=None,
        shuffle=False,
        warm_start=False,
        likelihood="pseudo",
        check_range=False,
        device="auto",
        dtype=None,
    ):
        self.n_components = n_components
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.n_iter = n_iter
        self.verbose = verbose
        self.random_state = random_state
        self.algorithm = algorithm
        self.n_gibbs_steps = n_gibbs_steps
        self.centering = centering
        self.mean_field = mean_field
        self.solver = solver
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.learning_rate_schedule = learning_rate_schedule
        self.weight_decay = weight_decay
        self.sparsity_target = sparsity_target
        self.sparsity_cost = sparsity_cost
        self.ema_decay = ema_decay
        self.shuffle = shuffle
        self.warm_start = warm_start
        self.likelihood = likelihood
        self.check_range = check_range
        self.device = device
        self.dtype = dtype

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Fit the machine to rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows with values in [0, 1].
        y : Ignored
            There for scikit-learn's convention.

        Returns
        -------
        self : BernoulliRBM
            The fitted machine.

        Raises
        ------
        ValueError
            If training diverges, or with ``check_range=True`` if values lie outside [0, 1].
        """
        return self._fit(X, incremental=False)

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None):
        """Go on with one epoch over a chunk of rows, in batches of `batch_size`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows with values in [0, 1], any number of them.
        y : Ignored
            There for scikit-learn's convention.

        Returns
        -------
        self : BernoulliRBM
            The fitted machine.
        """
        return self._fit(X, incremental=True)

    def gibbs(self, v, n_steps=1, random_state=None):
        """Take steps of block Gibbs sampling.

        Parameters
        ----------
        v : {array-like, sparse matrix} of shape (n_samples, n_features)
            Visible units to start from.
        n_steps : int, default=1
            How many steps.
        random_state : int, RandomState instance or None, default=None
            Seed; None goes on with the generator of the fit.

        Returns
        -------
        v_new : array of bool of shape (n_samples, n_features)
            Visible units after the last step.
        """
        states = self._gibbs(v, n_steps, random_state)
        return compute(lambda xp, values: values > 0.5, states)

    @property
    def pseudo_likelihood_curve_(self):
        """The history; see the class's attributes."""
        return self.monitor_curve_

    def _make_network(self, n_features):
        return RBM(n_features, self.n_components)

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
        return pseudo_likelihood(X, **self._parameters())

    def _monitor(self, rows):
        n, n_features = rows.shape
        flips = np.random.RandomState(0).randint(n_features, size=n)
        change = 1 - 2 * rows[np.arange(n), flips]
        p = self._machine()
        x = rows @ p["W"] + p["c"]
        flipped = x + change[:, None] * p["W"][flips]
        gain = (softplus(np, x) - softplus(np, flipped)).sum(axis=1) - change * p["b"][flips]
        return "pseudo-likelihood", float(-n_features * softplus(np, -gain).mean())
