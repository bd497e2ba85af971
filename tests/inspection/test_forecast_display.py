"""What a forecast's picture shows: the end of the series, its forecast, the interval, what came."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from skdeep import MLPRegressor, RNNForecaster
from skdeep.inspection import ForecastDisplay

mpl.use("agg")

T = np.arange(72)
SERIES = 10 + np.sin(2 * np.pi * T / 12) + 0.1 * np.random.default_rng(0).normal(size=72)
SHORT = {"max_iter": 1, "random_state": 0}


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def model():
    return RNNForecaster(3, output="gaussian", **SHORT).fit(SERIES[:60])


def test_lines_are_the_numbers(model):
    display = ForecastDisplay.from_estimator(
        model, SERIES[:60], 12, truth=SERIES[60:], n_steps=30, random_state=3
    )
    lines = {name: line.get_xydata() for name, line in display.lines_.items()}
    np.testing.assert_allclose(lines["history"][:, 1], SERIES[30:60])
    np.testing.assert_allclose(lines["forecast"][:, 1], model.forecast(12, SERIES[:60]))
    np.testing.assert_allclose(lines["truth"], np.stack([T[60:], SERIES[60:]], axis=1))
    ends = model.predict_interval(12, SERIES[:60], random_state=3)
    corners = display.band_.get_paths()[0].vertices
    assert (corners[:, 1].min(), corners[:, 1].max()) == (ends.min(), ends.max())
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()][-1] == "90% interval"


def test_times_are_those_of_the_index(model):
    X = pd.Series(SERIES[:60], pd.date_range("2020-01", periods=60, freq="MS"))
    display = ForecastDisplay.from_estimator(model, X, 2, ax=Figure().subplots(), color="red")
    assert display.lines_["forecast"].get_xdata()[1] == np.datetime64("2025-02-01")
    assert display.lines_["forecast"].get_color() == "red"


def test_a_channel_of_a_model_without_a_distribution():
    X = np.stack([SERIES, -SERIES], axis=1)
    point = RNNForecaster(3, **SHORT).fit(X)
    display = ForecastDisplay.from_estimator(point, X, 3, channel=1)
    assert display.band_ is None
    assert (display.lines_["forecast"].get_ydata() < 0).all()
    both = RNNForecaster(3, output="gaussian", **SHORT).fit(X)
    drawn = ForecastDisplay.from_estimator(both, X, 3, channel=1)
    np.testing.assert_allclose(drawn.interval, both.predict_interval(3, X, random_state=0)[:, 1])


def test_what_cannot_be_shown(model):
    with pytest.raises(ValueError, match="X must be one series, got many"):
        ForecastDisplay.from_estimator(model, [SERIES, SERIES], 3)
    with pytest.raises(ValueError, match="channel must be one of those of X"):
        ForecastDisplay.from_estimator(model, SERIES, 3, channel=1)
    with pytest.raises(ValueError, match="truth has 12 steps, but the forecast has 3"):
        ForecastDisplay.from_estimator(model, SERIES[:60], 3, truth=SERIES[60:])
    with pytest.raises(TypeError, match="expected a fitted forecaster"):
        ForecastDisplay.from_estimator(MLPRegressor(max_iter=1), SERIES, 3)
