"""The common parent of networks that predict numbers."""

from __future__ import annotations

from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils.metaestimators import available_if

from skdeep.backend import compute
from skdeep.backend.user_warnings import warn
from skdeep.data._compat import fit_context
from skdeep.data.domain import is_bounded, needs
from skdeep.data.gaps import filled, with_gaps
from skdeep.data.place import to_host
from skdeep.data.scores import counted, observed_r2, r2_in_float64, r_squared
from skdeep.data.targets import RealTarget
from skdeep.data.weighted_mean import in_ordinary_units
from skdeep.estimators import supervised
from skdeep.estimators.base import NetworkEstimator
from skdeep.estimators.checks.finite import refuse_overflow
from skdeep.estimators.checks.target_scale import warn_of_target_scale
from skdeep.estimators.output_activation import (
    activated,
    check_output_activation,
    function_and_bounds,
)
from skdeep.estimators.outputs import noisy_outputs
from skdeep.estimators.own_losses import levels_of
from skdeep.estimators.sklearn_bases import (
    ClassNamePrefixFeaturesOutMixin,
    RegressorMixin,
    TransformerMixin,
)
from skdeep.estimators.supervised import stochastic_only
from skdeep.nn.losses import AbsoluteError, Huber, Loss, Pinball, Poisson, SquaredError
from skdeep.nn.observed_loss import ObservedLoss

#: Losses by their names.
LOSSES: dict[str, type[Loss]] = {
    "squared_error": SquaredError,
    "absolute_error": AbsoluteError,
    "huber": Huber,
    "quantile": Pinball,
    "poisson": Poisson,
}

#: What an error of a y with NaN adds.
OF_MISSING = "With missing_targets='mask' a fit learns from the numbers of y that are there."


class BaseNetworkRegressor(
    RegressorMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, NetworkEstimator
):
    """Common parent of the regressors; a subclass has parameters and an architecture."""

    fit = supervised.fit

    @available_if(stochastic_only)
    @fit_context(prefer_skip_nested_validation=True)
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
        self : estimator
            The same estimator.
        """
        return self._fit(X, y, sample_weight, incremental=True)

    # ------------------------------------------------------------------ numbers

    def _check_parameters(self, incremental: bool) -> None:
        super()._check_parameters(incremental)
        levels = list(self.quantiles)
        if not levels or not all(isinstance(q, Real) and 0 < float(q) < 1 for q in levels):
            raise ValueError(f"quantiles must lie in (0, 1), got {levels}")
        domain = self._given_loss.domain
        if is_bounded(domain) and self.standardize_target:
            raise ValueError(
                f"standardize_target=True does not work with loss={self.loss!r}, which needs "
                f"{needs(domain)}"
            )
        check_output_activation(self.output_activation, self.loss)

    @property
    def _masks(self) -> bool:
        """Whether numbers of y may be missing."""
        return getattr(self, "missing_targets", "error") == "mask"

    def _check_data(self, X, y, *, reset):
        there = None
        if self._masks:
            y, there = filled(self._input.beside(self, X, y, "y"))
        try:
            X, y = super()._check_data(X, y, reset=reset)
        except ValueError as error:
            if "Input y" in str(error) and "NaN" in str(error) and not self._masks:
                raise ValueError(f"{error}\n{OF_MISSING}") from error
            raise
        if there is not None and isinstance(self.scoring, str) and self.scoring != "loss":
            raise ValueError(
                f"scoring={self.scoring!r} does not take the missing numbers of y: use None, "
                "'loss' or a function of your own"
            )
        return X, with_gaps(y, there)

    def _make_target(self, y, weight, *, first, incremental, classes=None):
        levels = self._levels()
        if first:
            self._target = self._described(y, weight, standardize=self.standardize_target)
            self._target.check_columns(y, weight)
        elif levels != self._target.levels:
            raise ValueError(
                f"training cannot continue with quantiles={levels}: the model has one output for "
                f"each of {self._target.levels}"
            )
        bounds = function_and_bounds(self.output_activation)[1]
        domain, said = self._given_loss.domain, f"loss={self.loss!r}"
        self._target = replace(
            self._target, domain=domain, loss=said, bounds=bounds, masked=self._masks
        )
        self._target.check(y)
        if first:
            warn_of_target_scale(self, y, weight)
        else:
            self._check_same_outputs()
        self.n_outputs_ = self._target.n_columns

    def _check_scored(self, data):
        if not data.validates or not self._target.masked:
            return
        if data.held_out is None:
            who, y, weight = "y_val", data.target_val, data.weight_val
        else:
            who, y = "y of the samples held out", data.target[data.held_out]
            weight = None if data.weight is None else data.weight[data.held_out]
        least, rule = (2, "R squared needs two") if self.scoring is None else (1, "it needs one")
        weight = None if weight is None else to_host(weight)
        if not counted(self._target.observed(to_host(y)), weight, least):
            raise ValueError(f"{who}: too many numbers are missing, {rule} of a column")

    def _learn_of_training_rows(self, data, y, weight):
        weight = None if weight is None else weight[data.rows]
        if self._masks:
            self._target.check_columns(y[data.rows], weight, " in the samples that train")
        if self._target.scale is None:
            return
        own = self._described(y[data.rows], weight, standardize=True)
        self._target = replace(self._target, mean=own.mean, scale=own.scale)
        data.target = self._target.encode(y)
        self._network = self._make_network(self.n_features_in_)

    def _described(self, y: np.ndarray, weight: Any, *, standardize: bool) -> RealTarget:
        """Return what y is, standardised or not."""
        return RealTarget.of(
            y, weight, standardize=standardize, levels=self._levels(), masked=self._masks
        )

    @property
    def _given_loss(self) -> Loss | type[Loss]:
        """The loss that is given, or the class of the one that is named."""
        return self.loss if isinstance(self.loss, Loss) else LOSSES[self.loss]

    def _levels(self) -> tuple[float, ...]:
        """Return the level of each prediction of an output."""
        if isinstance(self.loss, Loss):
            return levels_of(self.loss)
        return tuple(map(float, self.quantiles)) if self.loss == "quantile" else (0.5,)

    def _check_same_outputs(self) -> None:
        """Refuse to go on from weights whose logits meant other predictions."""
        now, before = self._loss(), self._network.loss
        if now.meaning != before.meaning:
            raise ValueError(
                f"training cannot continue with output_activation={self.output_activation!r} and "
                f"loss={self.loss!r}: the weights there are of a model with {_said(before)}, which "
                f"would give other predictions with {_said(now)}. Fit anew, with warm_start=False."
            )

    def _loss(self) -> Loss:
        outputs = self._target.n_columns * self._target.n_levels
        # L-BFGS searches along the loss's value, so there value and gradient must agree: both are
        # sums over outputs. scikit-learn's mini-batch losses are means with gradients of sums.
        outputs = 1 if self.solver == "lbfgs" else outputs
        loss = activated(self._plain_loss(outputs), self.output_activation, self._target)
        return ObservedLoss(loss) if self._masks else loss

    def _plain_loss(self, outputs: int) -> Loss:
        """Return the loss of predictions in the units that are learned."""
        if isinstance(self.loss, Loss):
            return self.loss
        if self.loss == "poisson":
            return Poisson()
        if self.loss == "huber":
            return Huber(outputs, self.huber_delta)
        if self.loss == "quantile":
            return Pinball(self._target.levels, outputs)
        return SquaredError(outputs) if self.loss == "squared_error" else AbsoluteError(outputs)

    def _describe_network(self) -> None:
        supervised.describe_hidden(self)
        if not self.t_ and getattr(self, "random_flip", None) is not None:  # once for a model
            warn(
                "random_flip turns images round and leaves their y: where y has a direction (a "
                "position, an angle, a motion), it is wrong for half of them. Give "
                "augment=[Flip(y=...)] of skdeep.augmentation, which says what becomes of y",
                UserWarning,
            )

    def _fitted_outputs(self, rows):
        yield self._predictor(rows, "logits")[0]
        predicted = self._target.decode(self._predictor(rows)[0])
        # Squared in float64, as scores have it.
        yield compute(lambda xp, y: y.astype(np.float64) ** 2, predicted)
        yield from supervised.hidden_outputs(self, rows)

    def _score_outputs(self, target, output, weight):
        middle = slice(self._target.middle, None, self._target.n_levels)
        unit = in_ordinary_units(weight)
        r2 = observed_r2 if self._masks else r2_in_float64
        return r2(self._target.observed(target)[:, middle], output[:, middle], unit)

    # ------------------------------------------------------------------ fitted

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
            If `return_std` is asked of a model without dropout, or predictions are too large for
            the dtype.
        """
        if not return_std:
            output = self._forward(X)
            return refuse_overflow(self._target.decode(output))
        mean, std = noisy_outputs(self, X, self.mc_samples)
        return (
            refuse_overflow(self._target.decode(mean)),
            refuse_overflow(self._target.spread(std)),
        )

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
        predicted = self.predict(X)
        if self._target.n_levels > 1:
            predicted = predicted[..., self._target.middle]
        y = self._input.beside(self, X, y, "y")
        sample_weight = self._input.beside(self, X, sample_weight, "sample_weight")
        missing, name = self._target.masked, type(self).__name__
        return r_squared(predicted, y, sample_weight, name, missing=missing)

    out_activation_ = supervised.out_activation_
    transform = supervised.transform
    _n_features_out = supervised.n_features_out

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        self._input.tag(self, tags.input_tags)
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _said(loss: Loss) -> str:
    """Return what makes predictions of logits, for an error."""
    name, *numbers = loss.meaning
    return f"{name!r} (shift {numbers[0]}, factor {numbers[1]})" if numbers else repr(name)
