"""The recurrent network that continues series of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted

from skdeep.data._compat import fit_context
from skdeep.data.cells import objects
from skdeep.data.chunked import ChunkRows
from skdeep.data.covariates import Covariates, given
from skdeep.data.series import form_of, in_form, is_one
from skdeep.data.series_frames import unstacked
from skdeep.data.targets import StepTarget
from skdeep.data.time_order import check_splits
from skdeep.data.training_data import TrainingData
from skdeep.estimators.checks.parameters import check_coverage
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.stepwise import ForecasterParameters
from skdeep.estimators.rnn.forecast_outputs import check_forecaster, output_of
from skdeep.estimators.rnn.forecasts import forecasts
from skdeep.estimators.rnn.linear_start import start_from_ridge
from skdeep.estimators.rnn.series_input import (
    SeriesInput,
    n_held_out,
    predicted_pairs,
    predicted_steps,
    read_series,
    refuse_y,
)
from skdeep.estimators.rnn.step_outputs import NextStepNetwork
from skdeep.nn.losses import Loss
from skdeep.nn.observed_loss import ObservedLoss
from skdeep.train.sequences.sequences import Sequences


@estimator_parameters(attributes=[texts.HISTORY, texts.COUNTS, texts.OUTPUTS, texts.STEP_FEATURES])
class RNNForecaster(ForecasterParameters, NextStepNetwork):
    """Recurrent network that predicts the next values of one or many series.

    It finds out whether to take logs, the season and differences, learns what remains of each step
    from all steps before, and undoes all of it in its forecasts. Those of several steps read their
    own predictions.

    Attributes
    ----------
    log_ : ndarray of shape (`n_features_in_`,), bool
        Channels whose logs are taken.
    seasonal_period_, differencing_ : int
        Steps of the season, 1 where there is none; 1 for differences of neighbours, else 0.
    season_rate_ : ndarray of shape (`n_features_in_`,)
        How much the last season counts in the mean of those before; the one of some rates that
        leaves the least variance.
    start_ : ndarray of shape (`n_features_in_`,)
        Means, of logs where there are logs: what stands before the first step.
    lags_ : ndarray
        Steps before that are inputs.
    mean_, scale_ : ndarray of shape (`n_features_in_`,) or None
        What ``standardize='all'`` subtracts from what remains and divides it by.
    has_missing_ : bool
        Whether steps of the fit were missing.
    n_exog_, n_static_ : int
        Numbers of known inputs of a step and of a series.
    exog_mean_, exog_scale_, static_mean_, static_scale_ : ndarray or None
        What standardises them.

    See Also
    --------
    RNNRegressor : Predicts numbers that are not in the series themselves.
    RNNGenerator : Predicts the next tokens of texts.

    Notes
    -----
    An array (T,) is one series, and an array or data frame (T, F) is one series of F channels. Many
    series are a list of such arrays, of any lengths, or an array (n, T, F). Nested lists are many
    series too: ``[[1, 2, 3], [4, 5, 6]]`` are two. A frame or series of pandas with a MultiIndex is
    a long table of many: its last level is time, the others name the series.

    NaN says that a step is missing: it is not learned, and read as what was expected, with a flag
    where the fit had such steps. Each channel of a series needs steps.

    Rows of a pandas series or frame must be in the order of their index and have no gaps; working
    days may lack holidays. Validate with :class:`~sklearn.model_selection.TimeSeriesSplit`: logs,
    seasons, scales and weights are those of the steps that train.

    Quantiles of several steps are those of paths that are drawn step by step, each reading what was
    drawn before; between `quantiles` of the next step lie lines, and beyond them tails of normal
    distributions. Paths do not know that weights are uncertain, so that intervals are narrow where
    series are short. The channels of a step are drawn independently of each other.

    With ``early_stopping=True`` the end of each series is held out, never steps within it: the
    last `validation_fraction` of its steps. ``validation_scores_`` are minus the loss there, behind
    four chunks of the steps before. A model for use is best fitted anew on all steps, with the
    number of epochs found.

    Weights of series count in the loss and in validation. The moments that standardise are of all
    steps alike, whatever their weights.

    Series that are cut into parts, to fill the chunks of a batch, begin each part with an empty
    state; forecasts and scores always know all that came before.

    A fitted model keeps a copy of the series of its last fit, to continue them, and so do pickles
    of it.

    References
    ----------
    Salinas, Flunkert, Gasthaus and Januschowski (2020). DeepAR: Probabilistic forecasting with
    autoregressive recurrent networks. International Journal of Forecasting 36.

    Lai, Chang, Yang and Liu (2018). Modeling long- and short-term temporal patterns with deep
    neural networks. SIGIR.

    Hewamalage, Bergmeir and Bandara (2021). Recurrent neural networks for time series forecasting:
    current status and future directions. International Journal of Forecasting 37.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import RNNForecaster
    >>> random, t = np.random.default_rng(0), np.arange(1000)
    >>> series = 20 + 5 * np.sin(2 * np.pi * t / 12) + random.normal(size=1000)
    >>> model = RNNForecaster(output="gaussian", random_state=0).fit(series[:976])
    >>> model.seasonal_period_
    12
    >>> forecast = model.forecast(24)
    >>> forecast.shape
    (24,)
    >>> model.predict_interval(24, random_state=0).shape
    (24, 2)
    >>> errors = {"network": forecast, "two seasons before": series[952:976]}
    >>> {k: round(float(np.sqrt(np.mean((v - series[976:]) ** 2))), 1) for k, v in errors.items()}
    {'network': 1.1, 'two seasons before': 1.4}
    """

    _predicts_steps = True
    _aligned = True
    _warns_of_too_few_epochs = False  # it starts from a forecaster
    _input = SeriesInput(ChunkRows)

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None, *, exog=None, static=None):
        """Learn from one or many series.

        Parameters
        ----------
        X : series
            See the notes of the class.
        y : None
            Present for API consistency by convention: X itself is learned.
        sample_weight : array-like of shape (n_series,), default=None
            Weights of the series; each step has that of its series.
        exog : series, default=None
            Inputs that are known of each step before it comes, such as holidays or prices: rows
            (T, E) beside those of X, or (T,); a list of such for many series.
        static : array-like of shape (n_series, n_static), default=None
            Numbers of each series that do not change.

        Returns
        -------
        self : RNNForecaster
            The fitted estimator.

        Raises
        ------
        ValueError
            If parameters or data are not valid, before anything is trained; or if training
            diverges. A model that was fitted before stays as it was.
        """
        refuse_y(y)
        return self._fit(X, given(exog, static), sample_weight)

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, sample_weight=None, *, exog=None, static=None):
        """Train for one more epoch, on these series, transformed as in the first fit.

        Parameters
        ----------
        X : series
            See the notes of the class.
        y : None
            Present for API consistency by convention: X itself is learned.
        sample_weight : array-like of shape (n_series,), default=None
            Weights of the series.
        exog : series, default=None
            Known inputs, as in `fit`.
        static : array-like of shape (n_series, n_static), default=None
            Numbers of each series.

        Returns
        -------
        self : RNNForecaster
            The estimator.
        """
        refuse_y(y)
        return self._fit(X, given(exog, static), sample_weight, incremental=True)

    def _check_parameters(self, incremental: bool) -> None:
        super()._check_parameters(incremental)
        check_forecaster(self)

    def _check_data(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        return self._input.check_fit(self, X, y, reset=reset)

    def _make_target(self, y, weight, *, first, incremental, classes=None):
        if first:
            there = ~np.isnan(y.steps)
            masked = bool((there.any(axis=1) != there.all(axis=1)).any())
            self._target = StepTarget(y.width, output_of(self).repeats, masked)
        self.n_outputs_ = y.width

    def _loss(self) -> Loss:
        loss = output_of(self).loss(self._target.n_columns)
        return ObservedLoss(loss) if self._target.masked else loss

    def _step_weights(self, X, y, weight):
        rows = super()._step_weights(X, y, weight)
        there = (~np.isnan(y.steps)).any(axis=1)
        if there.all():
            return rows
        rows = np.ones(len(there)) if rows is None else rows
        return rows * there

    def _scored_target(self, X):
        columns = self._network.loss.n_targets(self._network.n_logits)
        return np.zeros((len(X.steps), columns), self._values.dtype)

    def _divided(self, X, y, weight, given, random):
        if not self.early_stopping:
            return X, None
        cuts = X.lengths - n_held_out(self, X)
        held = self._held_out(X, y, weight, cuts)
        return Sequences(X.steps, cuts, X.starts), held

    def _check_splits(self, X: Any, splits: Any) -> None:
        """Refuse splits of a search that lose the time of one series."""
        if is_one(X):
            check_splits(splits)

    def _fit_first_weights(self, data: TrainingData, random: Any) -> None:
        if self.linear_part:
            start_from_ridge(self, data, output_of(self))

    def _shared_name(self, name: str) -> str:
        return name.removeprefix("network.body.")

    def predict(self, X, *, exog=None, static=None):
        """Predict each step of series from those before it.

        Parameters
        ----------
        X : series
            See the notes of the class.
        exog : series, default=None
            Known inputs of the steps of X, where the fit had such.
        static : array-like of shape (n_series, n_static), default=None
            Numbers of each series, where the fit had such.

        Returns
        -------
        predictions : ndarray
            One for each step, in the form of X, an object array of arrays for a list; the first
            ones are made from nothing, or from the step before until there was a season.
        """
        check_is_fitted(self)
        found = read_series(self, X, reset=False).to_host()
        predicted = predicted_steps(self, found, X, Covariates(exog, static))
        predictions = in_form(predicted, form_of(unstacked(X)))
        return objects(predictions) if isinstance(predictions, list) else predictions

    def forecast(
        self,
        horizon,
        X=None,
        *,
        exog=None,
        static=None,
        quantiles=None,
        n_samples=None,
        random_state=None,
    ):
        """Forecast the next values of series.

        Parameters
        ----------
        horizon : int
            Number of steps.
        X : series, default=None
            What to continue; None: the series of the last fit.
        exog : series, default=None
            Known inputs, where the fit had such: of the steps to come where X is None; else of
            those of X and, behind them, of the steps to come.
        static : array-like of shape (n_series, n_static), default=None
            Numbers of each series of X, where the fit had such.
        quantiles : array-like of float, default=None
            Levels between 0 and 1; what is returned has them along a last axis. They are those of
            paths that are drawn, where there is a distribution: an `output` but 'point', or two
            `quantiles` of the next step or more.
        n_samples : int, default=None
            Number of paths that are drawn; 200 for quantiles. Without `quantiles`, paths along
            the last axis are returned.
        random_state : int, RandomState instance or None, default=None
            Seed of what is drawn.

        Returns
        -------
        forecast : ndarray, Series, DataFrame or list of such
            Arrays (horizon,) or (horizon, F): one for one series, a list for a list, and an array
            (n, horizon, F) for an array (n, T, F). Series and frames of pandas whose index holds
            times or positions come back as such, with the index of the steps to come; those of a
            long table as a long table.

        Raises
        ------
        ValueError
            If `horizon` is no positive integer, X does not have the channels of the fit, known
            inputs do not fit, or there is no distribution to draw from.
        """
        check_is_fitted(self)
        drawn = {"quantiles": quantiles, "n_samples": n_samples, "random_state": random_state}
        return forecasts(self, horizon, X, Covariates(exog, static), **drawn)

    def predict_interval(
        self,
        horizon,
        X=None,
        *,
        coverage=0.9,
        exog=None,
        static=None,
        n_samples=None,
        random_state=None,
    ):
        """Forecast intervals that hold the next values with some probability, each by itself.

        Parameters
        ----------
        horizon : int
            Number of steps.
        X : series, default=None
            What to continue; None: the series of the last fit.
        coverage : float, default=0.9
            The probability, between 0 and 1.
        exog, static, n_samples, random_state
            As in :meth:`forecast`.

        Returns
        -------
        intervals : ndarray, DataFrame or list of such
            Lower and upper ends along the last axis of what :meth:`forecast` returns for
            quantiles.

        Raises
        ------
        ValueError
            As :meth:`forecast` does, and if `coverage` is not between 0 and 1.
        """
        coverage = check_coverage(coverage)
        ends = [round((1 - coverage) / 2, 12), round((1 + coverage) / 2, 12)]
        drawn = {"quantiles": ends, "n_samples": n_samples, "random_state": random_state}
        return self.forecast(horizon, X, exog=exog, static=static, **drawn)

    def score(self, X, y=None, *, exog=None, static=None):
        """Return R squared of the predictions of each step from those before.

        Parameters
        ----------
        X : series
            See the notes of the class.
        y : None
            Present for API consistency by convention: X itself is learned.
        exog : series, default=None
            Known inputs of the steps of X, where the fit had such.
        static : array-like of shape (n_series, n_static), default=None
            Numbers of each series, where the fit had such.

        Returns
        -------
        score : float
            Over all steps that are there but the first of each series; a mean over channels.
        """
        check_is_fitted(self)
        refuse_y(y)
        pairs = self._predicted_pairs(X, exog=exog, static=static)
        truth, guess = (np.concatenate(side) for side in zip(*pairs, strict=True))
        return float(r2_score(truth, guess))

    def _predicted_pairs(
        self, X: Any, *, exog: Any = None, static: Any = None
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the steps behind the first of each series, and what is predicted there."""
        return predicted_pairs(self, X, Covariates(exog, static))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = True
        tags.input_tags.allow_nan = True
        return tags
