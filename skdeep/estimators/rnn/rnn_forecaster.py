"""The recurrent network that continues series of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted

from skdeep.backend import get_backend
from skdeep.data._compat import fit_context
from skdeep.data.cells import objects
from skdeep.data.kinds import as_rows
from skdeep.data.sequence import check_sequences
from skdeep.data.series import as_list, form_of, in_form, in_units, is_one, moments, standardised
from skdeep.data.targets import StepTarget
from skdeep.data.time_order import beginning, check_not_before, check_splits, check_time_order
from skdeep.data.validation_split import ends_held_out
from skdeep.data.whole import is_whole
from skdeep.estimators.checks.memory import check_draws
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.stepwise import ForecasterParameters
from skdeep.estimators.rnn.step_outputs import NextStepNetwork
from skdeep.nn.losses import AbsoluteError, Huber, Loss, SquaredError
from skdeep.train.sequences.generation import continued
from skdeep.train.sequences.sequences import Sequences


@estimator_parameters(attributes=[texts.HISTORY, texts.COUNTS, texts.OUTPUTS, texts.STEP_FEATURES])
class RNNForecaster(ForecasterParameters, NextStepNetwork):
    """Recurrent network that predicts the next values of one or many series.

    It learns to predict each step from all steps before. Forecasts of several steps read their own
    predictions.

    Attributes
    ----------
    mean_, scale_ : ndarray of shape (`n_features_in_`,) or None
        What ``standardize='all'`` subtracts and divides by.

    See Also
    --------
    RNNRegressor : Predicts numbers that are not in the series themselves.
    RNNGenerator : Predicts the next tokens of texts.

    Notes
    -----
    An array (T,) is one series, and an array or data frame (T, F) is one series of F channels. Many
    series are a list of such arrays, of any lengths, or an array (n, T, F). Nested lists are many
    series too: ``[[1, 2, 3], [4, 5, 6]]`` are two.

    Rows of a pandas series or frame must be in the order of their index and have no gaps; working
    days may lack holidays. Validate with :class:`~sklearn.model_selection.TimeSeriesSplit`.

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
    Hewamalage, Bergmeir and Bandara (2021). Recurrent neural networks for time series forecasting:
    current status and future directions. International Journal of Forecasting 37.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import RNNForecaster
    >>> random, t = np.random.default_rng(0), np.arange(1000)
    >>> series = 20 + 5 * np.sin(2 * np.pi * t / 12) + random.normal(size=1000)
    >>> model = RNNForecaster(16, cell="gru", n_iter_no_change=5, random_state=0)
    >>> forecast = model.fit(series[:976]).forecast(24)
    >>> forecast.shape
    (24,)
    >>> errors = {"network": forecast, "two seasons before": series[952:976]}
    >>> {k: round(float(np.sqrt(np.mean((v - series[976:]) ** 2))), 1) for k, v in errors.items()}
    {'network': 1.0, 'two seasons before': 1.4}
    """

    _predicts_steps = True

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None):
        """Learn from one or many series.

        Parameters
        ----------
        X : series
            See the notes of the class.
        y : None
            Present for API consistency by convention: X itself is learned.
        sample_weight : array-like of shape (n_series,), default=None
            Weights of the series; each step has that of its series.

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
        _refuse_y(y)
        return self._fit(X, None, sample_weight)

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, sample_weight=None):
        """Train for one more epoch, on these series, standardised as in the first fit.

        Parameters
        ----------
        X : series
            See the notes of the class.
        y : None
            Present for API consistency by convention: X itself is learned.
        sample_weight : array-like of shape (n_series,), default=None
            Weights of the series.

        Returns
        -------
        self : RNNForecaster
            The estimator.
        """
        _refuse_y(y)
        return self._fit(X, None, sample_weight, incremental=True)

    # ------------------------------------------------------------------ series

    def _read(self, X: Any, *, reset: bool) -> Sequences:
        """Return one or many series, valid, where X lies."""
        check_time_order(X)
        return check_sequences(self, as_list(X), tokens=False, reset=reset, tables=False)

    def _check_data(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        given = self._read(X, reset=reset)
        found = given.to_host()
        # A copy, since what is forecast later must not follow changes of X.
        steps = np.array(found.steps)
        self._history = Sequences(steps, found.lengths, found.starts)
        self._history_form = form_of(X)
        self._history_begin = beginning(X)
        held = self._n_held_out(found)
        if not reset and self.standardize != self._standardized:
            raise ValueError(
                f"training cannot continue with standardize={self.standardize!r}: the model was "
                f"fitted with {self._standardized!r}. Fit anew, with warm_start=False."
            )
        if reset:
            self.mean_ = self.scale_ = None
            self._standardized: str | None = self.standardize
            if self.standardize == "all":
                known = Sequences(found.steps, found.lengths - held, found.starts)
                self.mean_, self.scale_ = moments(np.concatenate(list(known)))
        scaled, _, _ = self._scaled(found, held)
        steps = get_backend(given.device).to_device(scaled.steps)  # where "auto" computes
        return Sequences(steps, scaled.lengths), scaled

    def _n_held_out(self, X: Sequences) -> np.ndarray:
        """Return how many steps at the end of each series are for validation."""
        if not self.early_stopping:
            return np.zeros(len(X), np.intp)
        return ends_held_out(X, self.validation_fraction)

    def _scaled(self, X: Sequences, held: Any = 0) -> tuple[Sequences, np.ndarray, np.ndarray]:
        """Return standardised series, and the mean and scale (n, F) of each.

        Moments of series are those of all but the last `held` steps.
        """
        n, width = X.shape
        mean, scale = np.zeros((n, width)), np.ones((n, width))
        if self._standardized == "all":
            mean[:], scale[:] = self.mean_, self.scale_
        elif self._standardized == "series":
            for k, length in enumerate(X.lengths - held):
                mean[k], scale[k] = moments(X[k][:length])
        return standardised(X, mean, scale), mean, scale

    def _scaled_to_read(self, X: Sequences) -> tuple[Sequences, np.ndarray, np.ndarray]:
        """Return standardised series for the fitted network, and the mean and scale of each."""
        scaled, mean, scale = self._scaled(X)
        as_rows(scaled).check_magnitude(self._values.dtype)
        return scaled, mean, scale

    def _make_target(self, y, weight, *, first, incremental, classes=None):
        if first:
            self._target = StepTarget(y.width)
        self.n_outputs_ = y.width

    def _loss(self) -> Loss:
        outputs = self._target.n_columns
        if self.loss == "huber":
            return Huber(outputs, self.huber_delta)
        return {"squared_error": SquaredError, "absolute_error": AbsoluteError}[self.loss](outputs)

    def _divided(self, X, weight, given, random):
        if not self.early_stopping:
            return X, None
        cuts = X.lengths - self._n_held_out(X)
        return Sequences(X.steps, cuts, X.starts), self._held_out(X, weight, cuts)

    def _check_splits(self, X: Any, splits: Any) -> None:
        """Refuse splits of a search that lose the time of one series."""
        if is_one(X):
            check_splits(splits)

    # ------------------------------------------------------------------ fitted

    def predict(self, X):
        """Predict each step of series from those before it.

        Parameters
        ----------
        X : series
            See the notes of the class.

        Returns
        -------
        predictions : ndarray
            One for each step, in the form of X, an object array of arrays for a list; the first
            ones are made from nothing.
        """
        check_is_fitted(self)
        found = self._read(X, reset=False).to_host()
        predictions = in_form(self._predicted(found), form_of(X))
        return objects(predictions) if isinstance(predictions, list) else predictions

    def _predicted(self, X: Sequences) -> list[np.ndarray]:
        """Return predictions of the steps (T, F) of each series."""
        scaled, mean, scale = self._scaled_to_read(X)
        each = Sequences(self._scored(scaled, "output")[1], scaled.lengths)
        return in_units(each, mean, scale)

    def forecast(self, horizon, X=None):
        """Forecast the next values of series.

        Parameters
        ----------
        horizon : int
            Number of steps.
        X : series, default=None
            What to continue; None: the series of the last fit.

        Returns
        -------
        forecast : ndarray or list of ndarray
            Arrays (horizon,) or (horizon, F): one for one series, a list for a list, and an array
            (n, horizon, F) for an array (n, T, F).

        Raises
        ------
        ValueError
            If `horizon` is no positive integer, or X does not have the channels of the fit.
        """
        check_is_fitted(self)
        if not is_whole(horizon, 1):
            came = repr(horizon) if np.isscalar(horizon) else f"a {type(horizon).__name__}"
            raise ValueError(
                f"horizon must be a positive integer, got {came}; what to continue comes after it"
            )
        if X is None and "_history" not in vars(self):  # as read from a checkpoint
            raise ValueError("this model comes without the series of its fit: give X")
        if X is None:
            found, form = self._history, self._history_form
        else:
            found, form = self._read(X, reset=False).to_host(), form_of(X)
        scaled, mean, scale = self._scaled_to_read(found)
        store, dtype = self._predictor.store, self._values.dtype
        prompts = [np.asarray(one, dtype) for one in scaled]
        check_draws("horizon", horizon, sum(one.shape[-1] for one in prompts), dtype)
        steps = continued(self._network, store, prompts, int(horizon), 0.0, lambda z: z)
        return in_form(in_units(steps, mean, scale), form)

    def score(self, X, y=None):
        """Return R squared of the predictions of each step from those before.

        Parameters
        ----------
        X : series
            See the notes of the class.
        y : None
            Present for API consistency by convention: X itself is learned.

        Returns
        -------
        score : float
            Over all steps but the first of each series, averaged over channels.
        """
        check_is_fitted(self)
        _refuse_y(y)
        truth, guess = (
            np.concatenate(side) for side in zip(*self._predicted_pairs(X), strict=True)
        )
        return float(r2_score(truth, guess))

    def _predicted_pairs(self, X: Any) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the steps behind the first of each series, and what is predicted there."""
        found = self._read(X, reset=False).to_host()
        check_not_before(X, vars(self).get("_history_begin"))
        if found.longest < 2:
            raise ValueError("score needs a series of two steps or more")
        predicted = self._predicted(found)
        pairs = zip(found, predicted, strict=True)
        # Metrics square what they are given, which may be beyond 32 bits.
        return [(one[1:].astype(float), guess[1:].astype(float)) for one, guess in pairs]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = True
        return tags


def _refuse_y(y: Any) -> None:
    if y is not None:
        raise ValueError(
            "y must be None: a forecaster learns the series X itself, and there are no exogenous "
            "columns yet; more columns of X are more channels, which are forecast too"
        )
