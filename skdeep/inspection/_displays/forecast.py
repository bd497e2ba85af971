"""Forecasts behind the series that they continue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from skdeep.data.series import is_one
from skdeep.estimators.one_fit import of_moment
from skdeep.estimators.rnn.forecast_outputs import output_from
from skdeep.inspection._bound import last_step
from skdeep.inspection._displays.drawing import axes_for, check_number


class ForecastDisplay:
    """The end of a series, its forecast, and the interval that holds what comes.

    Parameters
    ----------
    history : array-like of shape (n_steps,)
        The series; with the index of a pandas series as its times.
    forecast : array-like of shape (horizon,)
        What follows on it.
    interval : array-like of shape (horizon, 2), default=None
        Lower and upper ends.
    coverage : float, default=None
        The probability of the interval, for the legend.

    Attributes
    ----------
    ax_ : Axes
        The axes.
    figure_ : Figure
        The figure.
    lines_ : dict of str to Line2D
        Lines of "history", "forecast" and "truth".
    band_ : FillBetweenPolyCollection or None
        The interval.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import RNNForecaster
    >>> from skdeep.inspection import ForecastDisplay
    >>> t = np.arange(96)
    >>> series = 10 + np.sin(2 * np.pi * t / 12) + 0.1 * np.random.default_rng(0).normal(size=96)
    >>> model = RNNForecaster(8, output="gaussian", random_state=0).fit(series[:84])
    >>> display = ForecastDisplay.from_estimator(model, series[:84], 12, truth=series[84:])
    >>> list(display.lines_)
    ['history', 'forecast', 'truth']
    """

    def __init__(
        self, history: Any, forecast: Any, interval: Any = None, coverage: float | None = None
    ) -> None:
        self.history, self.forecast = history, forecast
        self.interval, self.coverage = interval, coverage

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        horizon: int,
        *,
        exog: Any = None,
        coverage: float | None = 0.9,
        n_samples: int | None = None,
        random_state: Any = 0,
        channel: int = 0,
        **options: Any,
    ) -> ForecastDisplay:
        """Forecast with a fitted estimator, and plot it.

        Parameters
        ----------
        estimator : RNNForecaster
            A fitted one. Of a pipeline it is the last step.
        X : array-like of shape (n_steps,) or (n_steps, n_channels)
            The one series to continue.
        horizon : int
            Number of steps.
        exog : series, default=None
            Known inputs of the steps of X and, behind them, of those to come, as in
            :meth:`skdeep.RNNForecaster.forecast`.
        coverage : float, default=0.9
            Probability of the interval; it is left out where the model has no distribution.
            None: none.
        n_samples : int, default=None
            Paths that are drawn for the interval.
        random_state : int, RandomState instance or None, default=0
            Seed of the paths.
        channel : int, default=0
            Which channel is shown.
        **options
            Options of :meth:`plot`.

        Returns
        -------
        display : ForecastDisplay
            The display, plotted.

        Raises
        ------
        TypeError
            If `estimator` does not forecast.
        ValueError
            If X is not one series, or there is no such channel.
        """
        model = of_moment(last_step(estimator))
        if not hasattr(type(model), "forecast"):
            raise TypeError(f"expected a fitted forecaster of skdeep, got {model!r}")
        if not is_one(X):
            raise ValueError("X must be one series, got many: give the one to be shown")
        shape = np.shape(X)
        if not 0 <= channel < (shape[1] if len(shape) > 1 else 1):
            raise ValueError(f"channel must be one of those of X, {shape}, from 0, got {channel!r}")
        forecast = model.forecast(horizon, X, exog=exog)
        interval = None
        if coverage is not None and output_from(model._output_read).draws:
            ends = model.predict_interval(
                horizon,
                X,
                coverage=coverage,
                exog=exog,
                n_samples=n_samples,
                random_state=random_state,
            )
            width = len(shape) > 1  # of channels, of which each has two ends
            interval = np.asarray(ends).reshape(horizon, -1, 2)[:, channel if width else 0]
        shown = _channel(X, channel), _channel(forecast, channel)
        return cls(*shown, interval, coverage).plot(**options)

    def plot(
        self, *, truth: Any = None, n_steps: int | None = None, ax: Any = None, **options: Any
    ) -> ForecastDisplay:
        """Draw the series and what follows.

        Parameters
        ----------
        truth : array-like of shape (horizon,), default=None
            What came.
        n_steps : int, default=None
            How many of the last steps of the series to show; None: three times the horizon, or
            24.
        ax : Axes, default=None
            Where to draw; None makes a figure.
        **options
            Of the line of the forecast.

        Returns
        -------
        self : ForecastDisplay
            The display.

        Raises
        ------
        ValueError
            If `n_steps` is no positive integer, or there is more truth than forecast.
        """
        horizon = len(self.forecast)
        n = max(3 * horizon, 24) if n_steps is None else check_number("n_steps", n_steps)
        if truth is not None and len(truth) > horizon:
            raise ValueError(f"truth has {len(truth)} steps, but the forecast has {horizon}")
        axes = axes_for(self, ax, (9.0, 3.6))
        past, ahead = _times(self.history, self.forecast)
        n = min(n, len(past))
        lines: dict[str, Any] = {}
        (lines["history"],) = axes.plot(past[-n:], np.asarray(self.history)[-n:], color="0.25")
        given: Mapping[str, Any] = {"color": "C0", "label": "forecast", **options}
        (lines["forecast"],) = axes.plot(ahead, np.asarray(self.forecast), **given)
        if truth is not None:
            came = np.asarray(truth)
            (lines["truth"],) = axes.plot(ahead[: len(came)], came, color="0.25", ls=":")
            lines["truth"].set_label("what came")
        self.lines_, self.band_ = lines, None
        if self.interval is not None:
            low, high = np.asarray(self.interval).T
            label = None if self.coverage is None else f"{self.coverage:.0%} interval"
            colour = lines["forecast"].get_color()
            self.band_ = axes.fill_between(
                ahead, low, high, color=colour, alpha=0.2, linewidth=0, label=label
            )
        axes.grid(alpha=0.3)
        axes.legend(frameon=False, loc="upper left")
        return self


def _times(history: Any, forecast: Any) -> tuple[Any, Any]:
    """Return the times of steps: an index of pandas where both have one, else counts."""
    n = len(history)
    indexes: list[Any] = [getattr(one, "index", None) for one in (history, forecast)]
    if all(hasattr(index, "dtype") for index in indexes):
        past, ahead = (i.to_timestamp() if hasattr(i, "to_timestamp") else i for i in indexes)
        return np.asarray(past), np.asarray(ahead)
    return np.arange(n), np.arange(n, n + len(forecast))


def _channel(values: Any, channel: int) -> Any:
    """Return one channel of a series, with its index where it has one."""
    if len(np.shape(values)) == 1:
        return values
    return values.iloc[:, channel] if hasattr(values, "iloc") else np.asarray(values)[:, channel]
