"""What a forecaster learns of series before its network does, and what the network then reads."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np

from skdeep.data.covariates import Known
from skdeep.data.series import TOO_LARGE, moments
from skdeep.data.series_choice import (
    grows_with_level,
    has_unit_root,
    rate_of,
    season_of,
    usual_lags,
)
from skdeep.data.series_transform import SeriesState, SeriesTransform, Transformed
from skdeep.data.series_trial import differencing_of
from skdeep.data.sharing import shared
from skdeep.data.step_inputs import StepInputs

Series = Sequence[np.ndarray]


def learn_series(estimator: Any, X: Any, series: Series, seasons: Any, counts: bool) -> None:
    """Set the public attributes that say how series are transformed and read.

    Parameters
    ----------
    estimator : RNNForecaster
        Whose parameters say what is found out.
    X : array, list or frame
        What the series were given as: fits that share it find this out once.
    series : sequence of ndarray of shape (T, F)
        Steps that train; NaN where they are missing.
    seasons : sequence of int or None
        Seasons that the calendar of an index knows.
    counts : bool
        Whether series are counts, of which neither logs nor differences are forecast.
    """
    names = ("log", "seasonal_period", "differencing")
    known = None if seasons is None else tuple(seasons)
    lengths = tuple(map(len, series))
    key = ("series", *(getattr(estimator, name) for name in names), known, counts, lengths)
    with np.errstate(over="ignore", invalid="ignore"):  # which standardising refuses
        (found,) = shared(key, (X,), lambda: (_learned(estimator, series, seasons, counts),))
    vars(estimator).update({k: copy(v) for k, v in found.items()})
    lags = lags_of(estimator) or usual_lags(estimator.seasonal_period_, lengths)
    estimator.lags_ = np.array(sorted(lags))


def lags_of(estimator: Any) -> list[int] | None:
    """Return the lags that a forecaster is told to read, in order; None where it chooses."""
    lags = estimator.lags
    if isinstance(lags, str):  # "auto"
        return None
    if np.ndim(lags) == 0:
        lags = range(1, int(lags) + 1)
    return sorted({int(lag) for lag in lags})


def _learned(estimator: Any, series: Series, seasons: Any, counts: bool) -> dict[str, Any]:
    """Return attributes of the transform, by name."""
    n_channels = series[0].shape[1]
    log = np.full(n_channels, estimator.log != "auto" and bool(estimator.log))
    if counts:
        log[:] = False
    elif estimator.log == "auto":
        log = grows_with_level(series)
    check_positive(log, series)
    one = np.ones(n_channels)
    seen = [SeriesTransform(log, 0, 1, one, 0 * one).logs(each) for each in series]
    seen = [np.log1p(each) for each in seen] if counts else seen
    given = estimator.seasonal_period
    period = int(season_of(seen, seasons) if given == "auto" else given or 1)
    steps = estimator.differencing
    if steps == "auto":
        steps = 0
        if not counts:
            steps = differencing_of(seen, period) if period > 1 else int(has_unit_root(seen))
    return {
        "log_": log,
        "seasonal_period_": period,
        "differencing_": int(steps),
        "season_rate_": one if counts else rate_of(seen, period, int(steps)),
        "start_": np.nan_to_num(_means(np.concatenate(seen)), posinf=0.0, neginf=0.0),
    }


def _means(steps: np.ndarray) -> np.ndarray:
    """Return the means of the columns, of what is there; 0 of none."""
    there = ~np.isnan(steps)
    return np.where(there, steps, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)


def check_positive(log: np.ndarray, series: Series) -> None:
    """Refuse values of which there are no logs."""
    for k, one in enumerate(series):
        with np.errstate(invalid="ignore"):
            bad = np.argwhere((one <= 0) & log)
        if len(bad):
            raise ValueError(
                f"X[{k}] has the value {one[tuple(bad[0])]:g} in step {bad[0][0]}, channel "
                f"{bad[0][1]}, but logs are taken of it: set log=False"
            )


def check_counts(series: Series) -> None:
    """Refuse values that are no counts."""
    for k, one in enumerate(series):
        there = np.where(np.isnan(one), 0.0, one)
        bad = np.argwhere((there < 0) | (there != np.floor(there)))
        if len(bad):
            raise ValueError(
                f"X[{k}] has the value {one[tuple(bad[0])]:g} in step {bad[0][0]}, but "
                "output='negative_binomial' is for counts, 0, 1, 2, ..."
            )


class SeriesModel:
    """Series as a fitted forecaster's network reads them, and its outputs as values again.

    Parameters
    ----------
    estimator : RNNForecaster
        One that :func:`learn_series` has seen.
    counts : bool
        Whether series are counts.
    """

    def __init__(self, estimator: Any, counts: bool) -> None:
        self.estimator, self.counts = estimator, counts
        period = 1 if counts else estimator.seasonal_period_
        self.transform = SeriesTransform(
            estimator.log_,
            estimator.differencing_,
            period,
            estimator.season_rate_,
            estimator.start_,
        )
        n_exog, n_static = estimator.n_exog_, estimator.n_static_
        self.moves = period > 1 or estimator.differencing_ > 0
        self.inputs = StepInputs(
            tuple(int(lag) for lag in estimator.lags_),
            estimator.seasonal_period_,
            len(estimator.log_),
            bool(estimator.has_missing_),
            n_exog * (2 if self.moves else 1) + n_static,
        )

    def of(self, series: Series) -> list[Transformed]:
        """Return series, not yet scaled."""
        found = [np.log1p(one) if self.counts else one for one in series]
        with np.errstate(over="ignore", invalid="ignore"):
            result = [self.transform.of(one) for one in found]
        return result

    def scales(self, found: Sequence[Transformed], held: Any = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean and scale (n, F) of each series, without its last `held` steps."""
        held = np.broadcast_to(held, len(found))
        shape = (len(found), found[0].z.shape[1])
        mean, scale = np.zeros(shape), np.ones(shape)
        if self.estimator._standardized == "all":
            mean[:], scale[:] = self.estimator.mean_, self.estimator.scale_
        elif self.estimator._standardized == "series":
            for k, (one, end) in enumerate(zip(found, held, strict=True)):
                mean[k], scale[k] = observed_moments(one.z[: len(one.z) - end])
        return mean, scale

    def rows(
        self, found: Sequence[Transformed], mean: np.ndarray, scale: np.ndarray, known: Any
    ) -> list[np.ndarray]:
        """Return what each step of each series reads, (T, W)."""
        result = []
        for k, one in enumerate(found):
            with np.errstate(over="ignore"):
                z = (one.z - mean[k]) / scale[k]
            if np.isinf(z).any():
                raise ValueError(TOO_LARGE)
            result.append(self.inputs.of(z, None if known is None else known[k]))
        return result

    def known(self, given: Known, lengths: Any) -> list[np.ndarray] | None:
        """Return known inputs of the steps of each series, scaled as in the fit, (T, ...)."""
        if given.exog is None and given.static is None:
            return None
        fitted, result = self.estimator, []
        for k, length in enumerate(lengths):
            parts = []
            if given.exog is not None:
                exog = (given.exog[k] - fitted.exog_mean_) / fitted.exog_scale_
                parts.append(exog)
                if self.moves:
                    parts.append(np.nan_to_num(self._moved(exog).z))
            if given.static is not None:
                static = (given.static[k] - fitted.static_mean_) / fitted.static_scale_
                parts.append(np.broadcast_to(static, (length, len(static))))
            result.append(np.concatenate(parts, axis=1))
        return result

    def _moved(self, exog: np.ndarray) -> Transformed:
        """Return known inputs less what was expected of them, as the series are seen."""
        width, own = exog.shape[1], self.transform
        rate = np.full(width, own.rate.mean())
        off = np.zeros(width, bool)
        moved = SeriesTransform(off, own.differencing, own.period, rate, np.zeros(width))
        return moved.of(exog)

    def values(self, place: np.ndarray, center: Any, mean: Any, scale: Any) -> np.ndarray:
        """Return forecasts in the units of the series."""
        if self.counts:
            return place
        return self.transform.values(self.logs(place, center, mean, scale))

    def logs(self, place: np.ndarray, center: Any, mean: Any, scale: Any) -> np.ndarray:
        """Return forecasts in the units of the series, logs where there are logs."""
        return center + (mean + scale * np.asarray(place, float))

    def scaled(self, place: np.ndarray, mean: Any, scale: Any) -> np.ndarray:
        """Return forecasts as they are read in the next step."""
        return (np.log1p(place) - mean) / scale if self.counts else place

    def state(self, found: Sequence[Transformed], repeats: int) -> SeriesState:
        """Return how series go on, each `repeats` times."""
        return SeriesState.joined([one.state for one in found], repeats)


def observed_moments(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and deviation of channels, of the steps that are there."""
    if not np.isnan(z).any():
        return moments(z)
    columns = [column[~np.isnan(column)] for column in z.T]
    found = [moments(c[:, None]) if len(c) else (np.zeros(1), np.ones(1)) for c in columns]
    mean, scale = (np.concatenate(side) for side in zip(*found, strict=True))
    return mean, scale
