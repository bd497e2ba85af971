"""Inputs of a forecaster that are known: of steps, ahead too, and of each series."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.model_selection import TimeSeriesSplit, cross_val_score

from skdeep import RNNForecaster
from tests.estimators.rnn.series import SMALL, monthly


@pytest.mark.parametrize("output", ["point", "gaussian"])
def test_what_is_known_of_the_future_is_forecast(output):
    random = np.random.default_rng(0)
    exog = random.normal(size=(400, 2))
    X = 5 + 3 * exog[:, 0] - exog[:, 1] + 0.1 * random.normal(size=400)
    model = RNNForecaster(4, output=output, **SMALL).fit(X[:360], exog=exog[:360])
    forecast = model.forecast(40, exog=exog[360:])
    assert np.abs(forecast - X[360:]).mean() < 0.3
    np.testing.assert_allclose(forecast, model.forecast(40, X[:360], exog=exog), rtol=1e-9)
    assert model.score(X, exog=exog) > 0.9 > clone(model).fit(X).score(X)
    np.testing.assert_array_equal(model.predict(X, exog=exog).shape, X.shape)


def test_a_seasonal_series_knows_what_is_known():
    random = np.random.default_rng(0)
    holiday = (random.random(240) < 0.1).astype(float)
    X = monthly(240) * np.exp(-0.5 * holiday)
    model = RNNForecaster(4, **SMALL).fit(X[:216], exog=holiday[:216])
    assert model.seasonal_period_ == 12
    blind = RNNForecaster(4, **SMALL).fit(X[:216])
    known, unknown = model.forecast(24, exog=holiday[216:]), blind.forecast(24)
    assert np.abs(known - X[216:]).mean() < 0.7 * np.abs(unknown - X[216:]).mean()


def test_numbers_of_each_series():
    random = np.random.default_rng(0)
    kinds = np.arange(8) % 2
    X = [random.normal(size=80) + 6 * kind for kind in kinds]
    model = RNNForecaster(
        4, standardize="all", differencing=0, lags=1, **SMALL | {"max_iter": 1}
    ).fit(X, static=kinds)
    new = model.forecast(1, [[3.0, 3.0], [3.0, 3.0]], static=[0, 1])
    assert new[1][0] > new[0][0] + 4
    assert len(model.forecast(2)) == 8
    with pytest.raises(ValueError, match="static is known of the series of the fit"):
        model.forecast(1, static=kinds)
    with pytest.raises(ValueError, match="static is missing: the fit had 1 such inputs"):
        model.forecast(1, [[3.0, 3.0]])


def test_known_inputs_are_metadata_of_scikit_learn():
    exog = np.random.default_rng(0).normal(size=(120, 1))
    X = 3 * exog[:, 0] + np.random.default_rng(1).normal(size=120)
    with sklearn.config_context(enable_metadata_routing=True):
        model = RNNForecaster(3, **SMALL).set_fit_request(exog=True).set_score_request(exog=True)
        scores = cross_val_score(model, X, params={"exog": exog}, cv=TimeSeriesSplit(3))
    assert scores.shape == (3,)
    assert scores.min() > 0.6
    first = clone(model).fit(X[:30], exog=exog[:30])
    np.testing.assert_allclose(scores[0], first.score(X[30:60], exog=exog[30:60]))


def test_a_pickle_continues_the_series_with_what_is_known():
    exog = np.arange(96.0) % 4
    X = pd.Series(monthly(), pd.date_range("2020", periods=96, freq="MS"))
    model = RNNForecaster(3, output="student_t", **SMALL).fit(X, exog=exog)
    copied = pickle.loads(pickle.dumps(model))
    given = {"exog": [0.0, 1.0], "quantiles": [0.5], "random_state": 0}
    pd.testing.assert_frame_equal(copied.forecast(2, **given), model.forecast(2, **given))


DAYS = pd.date_range("2024-01-01", periods=30)


@pytest.mark.parametrize(
    ("exog", "message"),
    [
        (np.ones((29, 1)), "exog has 29 rows, but there are 30 steps of X"),
        (np.full((30, 1), np.nan), "exog must be finite, got nan in row 0, column 0"),
        (np.ones((2, 30, 1)), "exog must"),
        ("holiday", "exog must be an array with a row for each step, got 'holiday'"),
        (3.0, "exog must be an array with a row for each step, got 3.0"),
        ([["a"]] * 30, "exog holds strings"),
        (pd.Series(np.ones(30), DAYS + pd.Timedelta(1, "D")), "exog and its series do not have"),
    ],
)
def test_known_inputs_that_do_not_fit(exog, message):
    X = pd.Series(np.random.default_rng(0).normal(size=30), DAYS)
    with pytest.raises(ValueError, match=message):
        RNNForecaster(3, **SMALL).fit(X, exog=exog)


def test_known_inputs_that_are_missing_later():
    X, exog = np.random.default_rng(0).normal(size=(2, 30))
    model = RNNForecaster(3, **SMALL).fit(X, exog=exog)
    for call in (lambda: model.forecast(3), lambda: model.predict(X), lambda: model.score(X)):
        with pytest.raises(ValueError, match="exog is missing: the fit had 1 such inputs"):
            call()
    with pytest.raises(ValueError, match="exog has 2 rows, but there are 3 steps"):
        model.forecast(3, exog=np.ones(2))
    with pytest.raises(ValueError, match="exog has 30 rows, but there are 33 steps of X and the"):
        model.forecast(3, X, exog=exog)
    with pytest.raises(ValueError, match="exog has 2 columns, but the fit had 1"):
        model.forecast(3, exog=np.ones((3, 2)))
    with pytest.raises(ValueError, match="exog must be None, since the fit had none"):
        RNNForecaster(3, **SMALL).fit(X).forecast(3, exog=np.ones(3))
    with pytest.raises(ValueError, match=r"exog must hold an array for each of the 2 series"):
        RNNForecaster(3, **SMALL).fit([X, X], exog=[exog])


def test_known_inputs_go_by_the_names_and_times_of_the_fit():
    days = pd.date_range("2025-01-01", periods=66)
    exog = pd.DataFrame(np.random.default_rng(0).normal(size=(66, 2)), days, ["a", "b"])
    X, ahead = pd.Series(monthly(60), days[:60]), exog[60:]
    model = RNNForecaster(2, **SMALL).fit(X, exog=exog[:60])
    assert model.forecast(6, exog=ahead).equals(model.forecast(6, X, exog=exog))
    wrong = {
        r"exog has the columns \['b', 'a'\]": ahead[["b", "a"]],
        "exog does not follow on its series: exog has a gap": ahead.shift(2, freq="D"),
        "exog does not follow on its series: the rows": ahead.shift(-6, freq="D"),
        "index that follows": ahead.tz_localize("UTC"),
    }
    for said, given in wrong.items():
        with pytest.raises(ValueError, match=said):
            model.forecast(6, exog=given)
    with pytest.raises(ValueError, match="exog has a gap"):
        model.forecast(6, X, exog=pd.concat([exog[:60], ahead.shift(2, freq="D")]))
    with pytest.raises(ValueError, match=r"exog has the columns \['a', 'c'\]"):
        model.predict(X, exog=exog[:60].rename(columns={"b": "c"}))


def test_known_inputs_of_a_long_table_are_those_of_its_series():
    days = pd.date_range("2025-01-01", periods=46)
    whole = pd.concat({k: pd.Series(monthly(46, k), days) for k in (3, 5)}, names=["shop", "day"])
    X = whole.groupby(level=0).head(40)
    exog, static = X.to_frame("e") * 0.5, pd.DataFrame({"size": [1.0, 2.0]}, pd.Index([3, 5]))
    model = RNNForecaster(2, **SMALL).fit(X, exog=exog, static=static)
    ahead = whole.groupby(level=0).tail(6).to_frame("e")
    assert model.forecast(6, exog=ahead).index.equals(ahead.index)
    with pytest.raises(ValueError, match="exog has the series"):
        model.forecast(6, exog=ahead.loc[[5, 3]])
    with pytest.raises(ValueError, match="exog has the series"):
        model.predict(X, exog=exog.loc[[5, 3]], static=static)
    with pytest.raises(ValueError, match="static has the series"):
        model.predict(X, exog=exog, static=static.loc[[5, 3]])
