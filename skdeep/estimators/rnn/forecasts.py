"""What follows on series: points, quantiles or paths, in the form of the series."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.data.covariates import Covariates, check_horizon
from skdeep.estimators.checks.memory import check_draws
from skdeep.estimators.checks.parameters import check_seed
from skdeep.estimators.rnn.forecast_outputs import check_drawn, output_from
from skdeep.estimators.rnn.rollout import Rollout
from skdeep.estimators.rnn.series_input import series_to_continue

#: Arrays of all steps that are there at once: as the network reads them, their values, and copies.
ARRAYS = 4


def forecasts(
    estimator: Any,
    horizon: Any,
    X: Any,
    given: Covariates,
    *,
    quantiles: Any,
    n_samples: Any,
    random_state: Any,
) -> Any:
    """Return the forecasts of a fitted forecaster, as its method ``forecast`` says."""
    horizon = check_horizon(horizon)
    output = output_from(estimator._output_read)
    levels, n_paths = check_drawn(output, quantiles, n_samples)
    _check_size(horizon, n_paths, estimator.n_features_in_)  # lengths may be beyond integers
    found, form, seen = series_to_continue(estimator, X, given, horizon)
    model, parts, mean, scale, inputs = seen
    store, dtype = estimator._predictor.store, found.dtype
    _check_size(horizon, n_paths, len(parts) * found.width)
    rows = Rollout(estimator._network, store, model, output)
    random = None if n_paths is None else check_seed(random_state)
    paths = rows(parts, mean, scale, inputs, horizon, n_paths=n_paths or 1, random=random)
    most = np.finfo(dtype).max
    paths = np.clip(paths, -most, most).astype(dtype)  # (n, paths, horizon, F)
    if n_paths is None:
        return form.forecasts(list(paths[:, 0]))
    if levels is None:
        return form.forecasts(list(np.moveaxis(paths, 1, -1)), list(range(n_paths)))
    drawn = np.quantile(paths.astype(float), levels, axis=1).astype(dtype)
    return form.forecasts(list(np.moveaxis(drawn, 0, -1)), levels)


def _check_size(horizon: int, n_paths: int | None, width: int) -> None:
    """Refuse more steps of `width` numbers, on so many paths, than memory holds."""
    if n_paths is None:
        check_draws("horizon", horizon, ARRAYS * width, float)
    else:
        check_draws("n_samples", n_paths, ARRAYS * width * horizon, float)
