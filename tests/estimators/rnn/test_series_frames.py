"""Times, names, gaps and long tables of series, and what a forecaster makes of them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import TimeSeriesSplit

from skdeep import RNNForecaster
from tests.estimators.rnn.series import SMALL, monthly


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


@pytest.mark.parametrize("place", ["X", "one of X", "exog"])
def test_masked_cells_are_refused(place):
    plain = monthly()
    masked = np.ma.masked_greater(plain, 100.0)
    X = {"X": masked, "one of X": [plain, masked], "exog": plain}[place]
    exog = masked if place == "exog" else None
    with pytest.raises(ValueError, match="contains masked cells"):
        RNNForecaster(2, **SMALL).fit(X, exog=exog)
