"""Series as what a forecaster takes, and its predictions of their steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.backend import get_backend
from skdeep.data.calendar import calendar_seasons
from skdeep.data.covariates import Covariates, Known, check_covariates
from skdeep.data.kinds import as_rows
from skdeep.data.reading_parameters import check_same_reading, reading_parameters
from skdeep.data.sequence import check_sequences
from skdeep.data.series import TOO_LARGE, as_list, moments
from skdeep.data.series_frames import SeriesForm, check_numbers, unstacked
from skdeep.data.time_order import beginning, check_not_before, check_time_order
from skdeep.data.validation_split import ends_held_out
from skdeep.estimators.rnn.forecast_outputs import (
    output_from,
    output_of,
)
from skdeep.estimators.rnn.series_model import (
    SeriesModel,
    check_counts,
    check_positive,
    lags_of,
    learn_series,
    observed_moments,
)
from skdeep.estimators.rnn.step_outputs import ChunkInput
from skdeep.nn.core.spec import Shape
from skdeep.train.sequences.sequences import Sequences

#: Parameters that say how series are read.
READ_BY = ("seasonal_period", "differencing", "log", "lags", "standardize")


def read_series(estimator: Any, X: Any, *, reset: bool) -> Sequences:
    """Return one or many series, valid but for NaN, where X lies."""
    check_numbers(X)
    X = unstacked(X)
    check_time_order(X)
    return check_sequences(
        estimator, as_list(X), tokens=False, reset=reset, tables=False, missing="series"
    )


def refuse_y(y: Any) -> None:
    """Raise where a target was handed in."""
    if y is not None:
        raise ValueError(
            "y must be None: a forecaster learns the series X itself; what is known of each step "
            "before it comes goes to exog=, and more columns of X are channels, which are forecast"
        )


def n_held_out(estimator: Any, X: Sequences) -> np.ndarray:
    """Return how many steps at the end of each series are for validation."""
    if not estimator.early_stopping:
        return np.zeros(len(X), np.intp)
    return ends_held_out(X, estimator.validation_fraction)


def series_model(estimator: Any) -> SeriesModel:
    """Return how a fitted forecaster sees series."""
    return SeriesModel(estimator, output_from(estimator._output_read).counts)


class SeriesInput(ChunkInput):
    """Series of numbers, of which a step reads what is known before it."""

    def shape_inside(self, estimator: Any, n_features: int) -> Shape:
        """Return the shape of what a step reads."""
        return (1, series_model(estimator).inputs.width)

    shape = shape_inside

    def check_fit(self, estimator: Any, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        """Return what the steps of series read, and what they are to be, NaN where nobody knows."""
        given = read_series(estimator, X, reset=reset)
        found = given.to_host()
        output = output_of(estimator)
        # A copy, since what is forecast later must not follow changes of X.
        estimator._history = Sequences(np.array(found.steps), found.lengths, found.starts)
        estimator._history_form = SeriesForm.of(X)
        estimator._history_begin = beginning(X)
        held = n_held_out(estimator, found)
        if not reset:
            check_same_reading(estimator._read_by, _reading(estimator), _found(estimator))
        estimator._history_known = known = check_covariates(
            y or Covariates(),
            X,
            found.lengths,
            steps="steps of X",
            fitted=None if reset else estimator,
        )
        series = list(found)
        if output.counts:
            check_counts(series)
        ends = [one[: len(one) - n] for one, n in zip(series, held, strict=True)]
        if reset:
            _learn(estimator, X, ends, known, output.counts)
        check_positive(estimator.log_, series)
        estimator._output_read = output.read_as
        model = series_model(estimator)
        seen = model.of(series)
        if reset:
            estimator.mean_ = estimator.scale_ = None
            if estimator._standardized == "all":
                parts = [one.z[: len(one.z) - n] for one, n in zip(seen, held, strict=True)]
                estimator.mean_, estimator.scale_ = observed_moments(np.concatenate(parts))
        mean, scale = model.scales(seen, held)
        rows = model.rows(seen, mean, scale, model.known(known, found.lengths))
        target = [
            np.where(np.isnan(one.z), np.nan, raw) if output.counts else (one.z - m) / s
            for one, raw, m, s in zip(seen, series, mean, scale, strict=True)
        ]
        y = Sequences(np.concatenate(target).astype(found.dtype), found.lengths)
        if not (~np.isnan(y.steps)).any():
            raise ValueError(
                f"X has no step to learn from: the longest series has {found.longest}, of a "
                f"season of {estimator.seasonal_period_} and differencing={estimator.differencing_}"
            )
        steps = np.concatenate(rows).astype(found.dtype)
        if not np.isfinite(steps).all():
            raise ValueError(TOO_LARGE)
        steps = get_backend(given.device).to_device(steps)  # where "auto" computes
        return Sequences(steps, found.lengths), y


def _learn(estimator: Any, X: Any, series: Any, known: Known, counts: bool) -> None:
    """Set what a fit learns before its network does."""
    indexes = estimator._history_form.indexes
    seasons = next((calendar_seasons(i) for i in indexes if i is not None), None)
    learn_series(estimator, X, series, seasons, counts)
    missing = [np.isnan(one) for one in series]
    estimator.has_missing_ = bool(any(one.any() for one in missing))
    estimator._read_by = _reading(estimator)
    estimator._standardized = estimator.standardize
    if estimator.standardize == "auto":
        estimator._standardized = "series" if len(series) > 1 and not counts else "all"
    estimator.n_exog_, estimator.n_static_ = known.widths
    estimator._known_names = known.names
    estimator.exog_mean_ = estimator.exog_scale_ = estimator.static_mean_ = (
        estimator.static_scale_
    ) = None
    if known.exog is not None:
        parts = [e[: len(s)] for e, s in zip(known.exog, series, strict=True)]
        estimator.exog_mean_, estimator.exog_scale_ = moments(np.concatenate(parts), "exog")
    if known.static is not None:
        estimator.static_mean_, estimator.static_scale_ = moments(known.static, "static")


def _reading(estimator: Any) -> dict[str, Any]:
    """Return what parameters say of how series are read."""
    return reading_parameters(estimator, READ_BY) | {"lags": lags_of(estimator)}


def _found(estimator: Any) -> dict[str, Any]:
    """Return the parameters that say what a fit has found."""
    period, log = int(estimator.seasonal_period_), estimator.log_
    return {
        "seasonal_period": period if period > 1 else None,
        "differencing": int(estimator.differencing_),
        "log": bool(log[0]) if (log == log[0]).all() else "auto",
        "lags": estimator.lags_.tolist(),
        "standardize": estimator._standardized,
    }


def seen_series(estimator: Any, found: Sequences, X: Any, given: Covariates, n_ahead: int) -> Any:
    """Return series as the network sees them, and what is known of their steps."""
    series = list(found)
    check_positive(estimator.log_, series)
    if output_from(estimator._output_read).counts:
        check_counts(series)
    lengths = found.lengths + n_ahead
    steps = "steps of X and the horizon" if n_ahead else "steps of X"
    known = check_covariates(given, X, lengths, steps=steps, fitted=estimator)
    return as_seen(estimator, series, known, lengths)


def as_seen(estimator: Any, series: Any, known: Known, lengths: Any) -> Any:
    """Return the same of series and known inputs that are valid."""
    model = series_model(estimator)
    seen = model.of(series)
    mean, scale = model.scales(seen)
    if not np.isfinite(mean + scale).all():
        raise ValueError(TOO_LARGE)
    return model, seen, mean, scale, model.known(known, lengths)


def predicted_steps(
    estimator: Any, found: Sequences, X: Any, given: Covariates
) -> list[np.ndarray]:
    """Return predictions of the steps (T, F) of each series."""
    model, seen, mean, scale, known = seen_series(estimator, found, X, given, 0)
    rows = Sequences(np.concatenate(model.rows(seen, mean, scale, known)), found.lengths)
    as_rows(rows).check_magnitude(estimator._values.dtype)
    outputs = Sequences(estimator._scored(rows, "output")[1], found.lengths)
    output, n = output_from(estimator._output_read), found.width
    return [
        model.values(output.place(one, n), t.center, m, s).astype(found.dtype)
        for one, t, m, s in zip(outputs, seen, mean, scale, strict=True)
    ]


def predicted_pairs(
    estimator: Any, X: Any, given: Covariates
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the steps behind the first of each series, and what is predicted there."""
    found = read_series(estimator, X, reset=False).to_host()
    check_not_before(X, vars(estimator).get("_history_begin"))
    if found.longest < 2:
        raise ValueError("score needs a series of two steps or more")
    predicted = predicted_steps(estimator, found, X, given)
    result = []
    for one, guess in zip(found, predicted, strict=True):
        there = ~np.isnan(one[1:]).any(axis=1)
        # Metrics square what they are given, which may be beyond 32 bits.
        result.append((one[1:][there].astype(float), guess[1:][there].astype(float)))
    return result


def series_to_continue(
    estimator: Any, X: Any, given: Covariates, horizon: int
) -> tuple[Sequences, SeriesForm, Any]:
    """Return series of a user's, or of the fit, their form, and both as the network sees them."""
    if X is not None:
        found = read_series(estimator, X, reset=False).to_host()
        return found, SeriesForm.of(X), seen_series(estimator, found, X, given, horizon)
    if "_history" not in vars(estimator):  # as read from a checkpoint
        raise ValueError("this model comes without the series of its fit: give X")
    if given.static is not None:
        raise ValueError("static is known of the series of the fit: give it with X alone")
    found, known = estimator._history, estimator._history_known
    ends, form = len(found) * [horizon], estimator._history_form
    ahead = check_covariates(given, None, ends, steps="steps", fitted=estimator, before=form)
    lengths = found.lengths + horizon
    seen = as_seen(estimator, list(found), known.joined(ahead), lengths)
    return found, form, seen
