"""The multilayer perceptron regressor."""

from __future__ import annotations

from numbers import Real
from typing import ClassVar

from sklearn.base import RegressorMixin, _fit_context
from sklearn.metrics import r2_score
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.metaestimators import available_if

from skdeep.data.scores import r_squared
from skdeep.data.targets import RealTarget
from skdeep.estimators._constraints import NETWORK_CONSTRAINTS
from skdeep.estimators._docs import documented
from skdeep.estimators._mlp import MultilayerPerceptron
from skdeep.nn.losses import AbsoluteError, Huber, Loss, Pinball, Poisson, SquaredError

LOSSES = {"squared_error", "poisson", "absolute_error", "huber", "quantile"}


@documented
class MLPRegressor(RegressorMixin, MultilayerPerceptron):
    """Multilayer perceptron regressor: scikit-learn's, faster, with what users missed there.

    Takes every parameter of :class:`sklearn.neural_network.MLPRegressor` with the same meaning
    and default; in float64 it gives the same loss curve and weights. What deviates on purpose is
    listed in the documentation.

    Parameters
    ----------
    loss : str, default='squared_error'
        What is minimised: 'squared_error' (half of it), 'poisson' (half the deviance, with a log
        link, for y >= 0), 'absolute_error', 'huber' or 'quantile' (pinball loss).

    %(NETWORK_PARAMETERS)s

    %(SKLEARN_PARAMETERS)s

    %(MORE_PARAMETERS)s

    huber_delta : float, default=1.0
        Residual up to which 'huber' is quadratic, in the units of the training target.

    quantiles : sequence of float, default=(0.5,)
        Levels in (0, 1) that 'quantile' predicts, each an output of its own.

    standardize_target : bool, default=False
        Whether to train on y with mean 0 and variance 1 per output; predictions come in the
        units of y, losses in those of the standardised y.

    Attributes
    ----------
    %(NETWORK_ATTRIBUTES)s

    See Also
    --------
    MLPClassifier : The same for classes.

    Examples
    --------
    >>> from sklearn.datasets import make_friedman1
    >>> from skdeep import MLPRegressor
    >>> X, y = make_friedman1(500, random_state=0)
    >>> model = MLPRegressor(
    ...     hidden_layer_sizes=(50,),
    ...     learning_rate_init=0.01,
    ...     standardize_target=True,
    ...     random_state=0,
    ... )
    >>> bool(model.fit(X, y).score(X, y) > 0.95)
    True
    >>> model.predict(X[:2]).shape
    (2,)
    """

    _parameter_constraints: ClassVar[dict] = {
        **NETWORK_CONSTRAINTS,
        "loss": [StrOptions(LOSSES)],
        "huber_delta": [Interval(Real, 0, None, closed="neither")],
        "quantiles": ["array-like"],
        "standardize_target": ["boolean"],
    }

    def __init__(
        self,
        loss="squared_error",
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
        dropout=0.0,
        normalization=None,
        residual=False,
        kernel_initializer="sklearn",
        weight_decay=0.0,
        learning_rate_schedule=None,
        gradient_clip_norm=None,
        gradient_clip_value=None,
        ema_decay=None,
        scoring=None,
        validation_split=None,
        initial_weights=None,
        frozen_layers=(),
        transform_layer=-1,
        mc_samples=50,
        device="auto",
        dtype=None,
        huber_delta=1.0,
        quantiles=(0.5,),
        standardize_target=False,
    ):
        self.loss = loss
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.dropout = dropout
        self.normalization = normalization
        self.residual = residual
        self.kernel_initializer = kernel_initializer
        self.weight_decay = weight_decay
        self.learning_rate_schedule = learning_rate_schedule
        self.gradient_clip_norm = gradient_clip_norm
        self.gradient_clip_value = gradient_clip_value
        self.ema_decay = ema_decay
        self.scoring = scoring
        self.validation_split = validation_split
        self.initial_weights = initial_weights
        self.frozen_layers = frozen_layers
        self.transform_layer = transform_layer
        self.mc_samples = mc_samples
        self.device = device
        self.dtype = dtype
        self.huber_delta = huber_delta
        self.quantiles = quantiles
        self.standardize_target = standardize_target

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
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows. A CuPy array trains on its card.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Validation rows, scored after each epoch; with ``early_stopping=True`` instead of
            holding some out of X. In a pipeline, ``Pipeline(steps, transform_input=["X_val"])``
            with metadata routing transforms them too. scikit-learn's searches and
            cross-validation cut every fit parameter that has as many rows as X, these included:
            give them another number of rows there. A fit that gets as many rows as X has warns.
        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            Their y; comes with `X_val`.
        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights.
        groups : array-like of shape (n_samples,), default=None
            Groups of the rows of X, for `validation_split`.

        Returns
        -------
        self : MLPRegressor
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
    def partial_fit(self, X, y, sample_weight=None):
        """Train one epoch more, on these rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights.

        Returns
        -------
        self : MLPRegressor
            The estimator.
        """
        return self._fit(X, y, sample_weight, incremental=True)

    def _check_layers(self) -> None:
        super()._check_layers()
        levels = list(self.quantiles)
        if not levels or not all(isinstance(q, Real) and 0 < float(q) < 1 for q in levels):
            raise ValueError(f"quantiles must lie in (0, 1), got {levels}")
        if self.loss == "poisson" and self.standardize_target:
            raise ValueError("standardize_target=True does not go with loss='poisson'")

    def _make_target(self, y, weight, *, first, incremental, classes=None):
        levels = tuple(map(float, self.quantiles)) if self.loss == "quantile" else (0.5,)
        if first:
            self._target = RealTarget.of(
                y, weight, standardize=self.standardize_target, levels=levels
            )
        elif levels != self._target.levels:
            raise ValueError(
                f"training cannot go on with quantiles={levels}: the model has one output for each "
                f"of {self._target.levels}"
            )
        self._check_target(y)
        self.n_outputs_ = self._target.n_columns
        self.out_activation_ = "exp" if self.loss == "poisson" else "identity"

    def _check_target(self, y):
        super()._check_target(y)
        if self.loss == "poisson" and (y < 0).any():
            raise ValueError(f"loss='poisson' needs y >= 0, got {y.min()}")

    def _loss(self) -> Loss:
        outputs = self._target.n_columns * self._target.n_levels
        # L-BFGS searches along the loss's value, so there value and gradient must agree: both are
        # sums over outputs. scikit-learn's mini-batch losses are means with gradients of sums.
        outputs = 1 if self.solver == "lbfgs" else outputs
        if self.loss == "poisson":
            return Poisson()
        if self.loss == "huber":
            return Huber(outputs, self.huber_delta)
        if self.loss == "quantile":
            return Pinball(self._target.levels, outputs)
        return {"squared_error": SquaredError, "absolute_error": AbsoluteError}[self.loss](outputs)

    def _score_outputs(self, target, output, weight):
        middle = slice(self._target.middle, None, self._target.n_levels)
        return float(r2_score(target[:, middle], output[:, middle], sample_weight=weight))

    def predict(self, X, *, return_std=False):
        """Predict numbers.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        return_std : bool, default=False
            Whether to average over dropout masks and return the standard deviation too.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions; several quantiles are a last axis.
        std : ndarray like y
            Standard deviation over ``mc_samples`` masks; only with `return_std`.

        Raises
        ------
        ValueError
            If `return_std` is asked of a model without dropout.
        """
        if not return_std:
            output = self._forward(X)
            return self._target.decode(output)
        mean, std = self._noisy_outputs(X, self.mc_samples)
        return self._target.decode(mean), self._target.spread(std)

    def score(self, X, y, sample_weight=None):
        """Return R squared; of several quantiles, that of the one nearest the median.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights.

        Returns
        -------
        score : float
            R squared, averaged over outputs.
        """
        predicted = self.predict(X)
        if self._target.n_levels > 1:
            predicted = predicted[..., self._target.middle]
        return r_squared(predicted, y, sample_weight, type(self).__name__)
