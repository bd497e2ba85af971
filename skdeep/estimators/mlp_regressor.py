"""The multilayer perceptron regressor."""

from __future__ import annotations

from numbers import Real

from sklearn.base import _fit_context
from sklearn.metrics import r2_score
from sklearn.utils.metaestimators import available_if

from skdeep.estimators import _inputs, _texts
from skdeep.estimators._mlp import MultilayerPerceptron
from skdeep.estimators._sklearn_bases import RegressorMixin
from skdeep.estimators._targets import RealTarget
from skdeep.estimators.parameters import estimator_parameters, redeclared
from skdeep.estimators.parameters.dense import DenseLayers
from skdeep.estimators.parameters.networks import NetworkTraining
from skdeep.estimators.parameters.targets import RegressionLoss, RegressionLosses, RegressionTarget
from skdeep.nn.losses import AbsoluteError, Huber, Loss, Pinball, Poisson, SquaredError


class BaseNetworkRegressor(RegressorMixin, MultilayerPerceptron):
    """Base of the networks that predict numbers for each sample."""

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
            Numbers.
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
        """Train for one more epoch, on these samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), images or sequences
            Samples, in a form that the notes of the class name.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

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
        X : array-like of shape (n_samples, n_features), images or sequences
            Samples, in a form that the notes of the class name.
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
        X : array-like of shape (n_samples, n_features), images or sequences
            Samples, in a form that the notes of the class name.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        score : float
            R squared, averaged over outputs.
        """
        predicted, y = _inputs.to_host(self.predict(X)), _inputs.to_host(y)
        if self._target.n_levels > 1:
            predicted = predicted[..., self._target.middle]
        return r2_score(y, predicted, sample_weight=sample_weight)


@estimator_parameters(attributes=_texts.NETWORK, notes=_texts.TABLE)
class MLPRegressor(
    RegressionTarget, NetworkTraining, DenseLayers, RegressionLoss, BaseNetworkRegressor
):
    """Multilayer perceptron regressor: scikit-learn's, faster, with what users missed there.

    Takes every parameter of :class:`sklearn.neural_network.MLPRegressor` with the same meaning
    and default; in float64 it gives the same loss curve and weights. What deviates on purpose is
    listed in the documentation.

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

    loss: RegressionLosses = redeclared(
        RegressionLoss,
        default="squared_error",
        kw_only=False,
    )
