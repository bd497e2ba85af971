"""Intervals, known inputs, missing steps and frames of a forecaster, against slow forms."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import stats
from sklearn.base import clone
from sklearn.model_selection import TimeSeriesSplit, cross_val_score

from skdeep import RNNForecaster
from skdeep.estimators.rnn.series_input import series_model
from skdeep.train.sequences.sequences import Sequences

SMALL = {"max_iter": 2, "tbptt_steps": 16, "dtype": "float64", "random_state": 0}


def monthly(n=96, seed=0, level=100.0):
    t = np.arange(n)
    noise = 0.05 * np.random.default_rng(seed).normal(size=n)
    return level * np.exp(0.01 * t + 0.3 * np.sin(2 * np.pi * t / 12) + noise)


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
    ("change", "message"),
    [
        ({}, r"column 'day' holds dates or times: make it the index, X.set_index\('day'\)"),
        ({"day": "1 May"}, "column 'day' holds text: make numbers of them, by pandas.to_numeric"),
        ({"day": 1.0, "sold": "3"}, "column 'sold' holds text: make numbers of them"),
    ],
)
def test_columns_without_numbers_are_told_where_they_go(change, message):
    table = pd.DataFrame({"day": pd.date_range("2024", periods=9), "sold": np.arange(9.0)})
    with pytest.raises(ValueError, match=message):
        RNNForecaster().fit(table.assign(**change))
    with pytest.raises(ValueError, match="X holds dates or times: its values are to be numbers"):
        RNNForecaster().fit(table["day"])


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


def test_missing_steps_are_masked():
    X = np.stack([monthly(), monthly(seed=1)], axis=1)
    gone = X.copy()
    gone[[20, 21, 50]] = np.nan
    gone[70, 1] = np.nan  # one channel of two
    model = RNNForecaster(4, lags=3, differencing=0, log=True, seasonal_period=12, **SMALL)
    fitted = clone(model).fit(gone)
    assert fitted.has_missing_
    # What stands where steps are missing has no part in it, however it gets there.
    other = clone(model).fit(pd.DataFrame(gone).to_numpy(copy=True))
    np.testing.assert_array_equal(fitted.forecast(5), other.forecast(5))
    error = np.abs(fitted.forecast(12) / np.stack([monthly(108)] * 2, 1)[96:] - 1).mean()
    assert error < 0.1
    assert np.isfinite(fitted.predict(gone)).all()
    assert np.isfinite(fitted.score(gone))
    ends = clone(model).fit(gone[:52])  # the last step but one is missing
    assert np.isfinite(ends.forecast(3)).all()


def test_a_fit_learns_nothing_of_steps_that_are_missing():
    random = np.random.default_rng(0)
    X = 3 + 0.1 * random.normal(size=300)
    X[random.random(300) < 0.5] = np.nan  # what stands there would pull forecasts to zero
    plain = {"standardize": None, "seasonal_period": None, "differencing": 0, "log": False}
    model = RNNForecaster(4, lags=1, **plain, **SMALL).fit(X)
    np.testing.assert_allclose(model.forecast(5), 3, atol=0.2)


FREQUENCIES = ["MS", "ME", "h", "B", "D", "W", "QS"]


@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_times_and_names_come_back(frequency):
    index = pd.date_range("2020-01-31", periods=108, freq=frequency, name="when")
    X = pd.Series(monthly(108), index, name="sold")
    model = RNNForecaster(3, output="gaussian", **SMALL).fit(X[:96])
    forecast = model.forecast(12)
    pd.testing.assert_index_equal(forecast.index, index[96:], exact="equiv", check_names=True)
    assert forecast.name == "sold"
    np.testing.assert_array_equal(forecast, model.forecast(12, X[:96]))
    interval = model.predict_interval(12, random_state=0)
    assert interval.columns.tolist() == [0.05, 0.95]
    assert interval.index.equals(index[96:])


def test_frames_of_channels_and_other_indexes():
    X = pd.DataFrame(
        {"a": monthly(), "b": monthly(seed=1)}, pd.period_range("2020", periods=96, freq="M")
    )
    model = RNNForecaster(3, output="gaussian", **SMALL).fit(X)
    forecast = model.forecast(3)
    assert forecast.columns.tolist() == ["a", "b"]
    assert forecast.index.astype(str).tolist() == ["2028-01", "2028-02", "2028-03"]
    ends = model.forecast(3, quantiles=[0.1, 0.9], random_state=0)
    assert ends.columns.tolist() == [("a", 0.1), ("a", 0.9), ("b", 0.1), ("b", 0.9)]
    plain = model.forecast(3, quantiles=[0.1, 0.9], random_state=0, X=X.reset_index(drop=True))
    assert plain.index.tolist() == [96, 97, 98]
    np.testing.assert_array_equal(plain.to_numpy(), ends.to_numpy())
    assert isinstance(model.forecast(3, X.set_axis([f"row {k}" for k in range(96)])), np.ndarray)


def test_a_long_table_holds_many_series():
    index = pd.date_range("2020-01-01", periods=96, freq="MS")
    parts = {"north": monthly(), "south": monthly(80, seed=1, level=5)}
    long = pd.concat(
        {key: pd.DataFrame({"sold": x}, index[: len(x)]) for key, x in parts.items()},
        names=["shop", "month"],
    )
    model = RNNForecaster(3, **SMALL).fit(long)
    forecast = model.forecast(2)
    assert forecast.index.names == ["shop", "month"]
    assert forecast.loc["south"].index[0] == pd.Timestamp("2026-09-01")
    each = RNNForecaster(3, **SMALL).fit([long.loc[key] for key in parts]).forecast(2)
    np.testing.assert_array_equal(forecast.to_numpy(), np.concatenate(each))
    exog = pd.DataFrame({"price": np.arange(len(long)) % 5.0}, long.index)
    known = RNNForecaster(3, **SMALL).fit(long, exog=exog)
    assert known.forecast(2, exog=[[[1.0], [2.0]]] * 2).shape == (4, 1)
    with pytest.raises(ValueError, match=r"X\[1\] has a gap"):
        clone(model).fit(long.drop(long.index[130]))


def test_folds_of_time_know_nothing_of_what_is_tested():
    X = monthly()
    model = RNNForecaster(3, **SMALL)
    for train, test in TimeSeriesSplit(3).split(X):
        changed = X.copy()
        changed[test[0] :] = 1e3
        first, second = (clone(model).fit(one[train]) for one in (X, changed))
        for name, value in vars(first).items():
            if name.endswith("_") and isinstance(value, np.ndarray):
                np.testing.assert_array_equal(value, getattr(second, name))
        np.testing.assert_array_equal(first.forecast(9), second.forecast(9))


def test_a_pickle_continues_the_series_with_what_is_known():
    exog = np.arange(96.0) % 4
    X = pd.Series(monthly(), pd.date_range("2020", periods=96, freq="MS"))
    model = RNNForecaster(3, output="student_t", **SMALL).fit(X, exog=exog)
    copied = pickle.loads(pickle.dumps(model))
    given = {"exog": [0.0, 1.0], "quantiles": [0.5], "random_state": 0}
    pd.testing.assert_frame_equal(copied.forecast(2, **given), model.forecast(2, **given))


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


@pytest.mark.parametrize("place", ["X", "one of X", "exog"])
def test_masked_cells_are_refused(place):
    plain = monthly()
    masked = np.ma.masked_greater(plain, 100.0)
    X = {"X": masked, "one of X": [plain, masked], "exog": plain}[place]
    exog = masked if place == "exog" else None
    with pytest.raises(ValueError, match="contains masked cells"):
        RNNForecaster(2, **SMALL).fit(X, exog=exog)


def test_more_steps_or_paths_than_memory_holds_are_refused_before_they_are_made():
    model = RNNForecaster(2, output="gaussian", **SMALL).fit(monthly())
    with pytest.raises(ValueError, match="horizon=1000000000000000000000000000000 would take"):
        model.forecast(10**30)
    with pytest.raises(ValueError, match="n_samples=1000000000000 would take"):
        model.forecast(2, n_samples=10**12)
    assert model.predict_interval(2, coverage=np.float32(0.5)).shape == (2, 2)


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
