"""Paths, intervals and counts of a forecaster, against slow forms."""

import numpy as np
import pytest
from scipy import stats
from sklearn.base import clone

from skdeep import RNNForecaster
from skdeep.estimators.rnn.series_input import series_model
from skdeep.train.sequences.sequences import Sequences
from tests.estimators.rnn.series import SMALL, monthly


def counts(n=200, seed=0):
    t = np.arange(n)
    mean = np.exp(1.5 + np.sin(2 * np.pi * t / 7))
    return np.random.default_rng(seed).negative_binomial(5, 5 / (5 + mean)).astype(float)


class Normals:
    """Gives numbers that are known in place of random ones."""

    def __init__(self, numbers):
        self.numbers = list(numbers)

    def standard_normal(self, shape):
        return np.full(shape, self.numbers.pop(0))


def test_a_path_is_drawn_step_by_step(monkeypatch):
    X, horizon = monthly(), 14
    draws = np.random.default_rng(3).normal(size=horizon)
    model = RNNForecaster(4, output="gaussian", **SMALL).fit(X)
    assert (model.seasonal_period_, model.log_[0]) == (12, True)
    monkeypatch.setattr("skdeep.estimators.rnn.forecasts.check_seed", lambda _: Normals(draws))
    found = model.forecast(horizon, n_samples=1)[:, 0]
    # One step at a time: the mean and scale of the next step are read off a longer series, and
    # the step that is drawn is put behind it.
    path = X.copy()
    for draw in draws:
        series = series_model(model)
        one = series.of([np.append(path, 1.0)[:, None]])[0]
        z = (one.z - model.mean_) / model.scale_
        rows = series.inputs.of(z, None)
        mean, scale = model._scored(Sequences(rows, [len(rows)]), "output")[1][-1]
        log = one.center[-1, 0] + model.mean_[0] + model.scale_[0] * (mean + scale * draw)
        path = np.append(path, np.exp(log))
    np.testing.assert_allclose(found, path[len(X) :], rtol=1e-8)


@pytest.mark.parametrize(
    "output",
    [{"output": "gaussian"}, {"output": "student_t"}, {"quantiles": [0.05, 0.2, 0.5, 0.8, 0.95]}],
)
def test_intervals_of_the_next_step_hold_what_comes(output):
    X = 10 + np.random.default_rng(0).normal(size=1500)
    model = RNNForecaster(4, **output, **SMALL, seasonal_period=None, differencing=0).fit(X[:1000])
    low, high = model.predict_interval(500, coverage=0.9, random_state=0).T
    assert 0.85 < np.mean((low < X[1000:]) & (X[1000:] < high)) < 0.95
    paths = model.forecast(2, n_samples=4000, random_state=0)
    assert paths.shape == (2, 4000)
    expected = stats.norm.ppf([0.02, 0.1, 0.5, 0.9, 0.98], 10, 1)
    quantiles = np.quantile(paths[0], [0.02, 0.1, 0.5, 0.9, 0.98])
    np.testing.assert_allclose(quantiles, expected, atol=0.25)
    again = model.forecast(2, n_samples=4000, random_state=0, quantiles=[0.1, 0.9])
    np.testing.assert_allclose(again, np.quantile(paths, [0.1, 0.9], axis=1).T)


def test_intervals_of_a_walk_widen_as_the_root_of_time():
    X = np.cumsum(np.random.default_rng(0).normal(size=1000))
    model = RNNForecaster(4, output="gaussian", **SMALL).fit(X)
    assert model.differencing_ == 1
    low, high = model.predict_interval(25, n_samples=2000, random_state=0).T
    width = high - low
    np.testing.assert_allclose(width[24] / width[0], 5, rtol=0.2)


def test_counts_stay_counts():
    X = [counts(), counts(seed=1)]
    model = RNNForecaster(4, output="negative_binomial", **SMALL).fit(X)
    assert model.seasonal_period_ == 7
    paths = model.forecast(14, n_samples=300, random_state=0)
    assert all((one == np.floor(one)).all() and (one >= 0).all() for one in paths)
    means = np.exp(1.5 + np.sin(2 * np.pi * np.arange(200, 214) / 7))
    assert np.corrcoef(np.mean(paths, axis=(0, 2)), means)[0, 1] > 0.8
    np.testing.assert_allclose(np.mean(paths), means.mean(), rtol=0.25)
    with pytest.raises(ValueError, match=r"X\[0\] has the value 0.5 in step 3, but output="):
        clone(model).fit(np.array([1, 2, 0, 0.5, 1.0]))


@pytest.mark.parametrize("rate", [0.0, 0.05, 3.0])
def test_rare_counts_start_from_their_mean(rate):
    X = np.random.default_rng(0).poisson(rate, 300).astype(float)
    model = RNNForecaster(4, output="negative_binomial", max_iter=1, random_state=0).fit(X)
    np.testing.assert_allclose(model.forecast(5).mean(), X.mean(), atol=0.01, rtol=0.15)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"quantiles": [0.9, 0.1]}, "quantiles must be numbers between 0 and 1 that increase"),
        ({"quantiles": [0.0, 0.5]}, "quantiles must be numbers between 0 and 1"),
        ({"quantiles": [0.5], "output": "gaussian"}, "do not go together"),
        ({"lags": [0, 1]}, "lags must be 'auto' or positive integers"),
        ({"lags": []}, "lags must be 'auto' or positive integers"),
        ({"output": "negative_binomial", "log": True}, "log=True does not work with"),
        ({"output": "negative_binomial", "differencing": 1}, "differencing=1 does not work with"),
        ({"log": True}, r"X\[0\] has the value -1 in step 0, channel 0, but logs are taken"),
        ({"seasonal_period": 40}, "X has no step to learn from: the longest series has 30"),
        ({"seasonal_period": 1}, "seasonal_period"),
    ],
)
def test_parameters_that_do_not_fit(parameters, message):
    with pytest.raises(ValueError, match=message):
        RNNForecaster(3, **SMALL, **parameters).fit(np.arange(-1.0, 29.0))


def test_draws_that_cannot_be():
    X = np.random.default_rng(0).normal(size=40)
    model, point = (RNNForecaster(3, output=o, **SMALL).fit(X) for o in ("gaussian", "point"))
    for call in (point.predict_interval, lambda h: point.forecast(h, n_samples=3)):
        with pytest.raises(ValueError, match="no distribution to draw from: fit it with output="):
            call(2)
    for wrong in (0, 1, 1.5, "a", None):
        with pytest.raises(ValueError, match=r"coverage must be a number in \(0, 1\)"):
            model.predict_interval(2, coverage=wrong)
    for wrong in ([0.9, 0.1], 0.5, [1.0], []):
        with pytest.raises(ValueError, match="quantiles must be numbers between 0 and 1"):
            model.forecast(2, quantiles=wrong)
    for wrong in (0, -1, 1.5, True):
        with pytest.raises(ValueError, match="n_samples must be a positive integer"):
            model.forecast(2, n_samples=wrong)


@pytest.mark.parametrize("X", [np.full(20, 3.0), np.ones(1), np.arange(3.0), np.zeros((20, 2))])
def test_series_that_say_little(X):
    model = RNNForecaster(3, output="gaussian", **SMALL).fit(X)
    assert np.isfinite(model.forecast(4)).all()
    assert np.isfinite(model.predict_interval(4, random_state=0)).all()


def test_more_steps_or_paths_than_memory_holds_are_refused_before_they_are_made():
    model = RNNForecaster(2, output="gaussian", **SMALL).fit(monthly())
    with pytest.raises(ValueError, match="horizon=1000000000000000000000000000000 would take"):
        model.forecast(10**30)
    with pytest.raises(ValueError, match="n_samples=1000000000000 would take"):
        model.forecast(2, n_samples=10**12)
    assert model.predict_interval(2, coverage=np.float32(0.5)).shape == (2, 2)
