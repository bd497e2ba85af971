"""Forecasts against exact predictors, naive ones, and one step at a time."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import r2_score
from sklearn.model_selection import cross_val_predict

from skdeep import RNNForecaster

#: Values as they are, of which the step before is read.
PLAIN = {"log": False, "seasonal_period": None, "differencing": 0, "lags": 1}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def autoregressive(n, seed=0):
    """An AR(2) process around 10 with noise of variance one."""
    rng = np.random.default_rng(seed)
    x = np.zeros(n + 200)
    for k in range(2, len(x)):
        x[k] = 1.5 * x[k - 1] - 0.8 * x[k - 2] + rng.normal()
    return x[200:] + 10


def test_an_autoregressive_process_is_predicted_nearly_as_well_as_can_be():
    train, test = autoregressive(3000), autoregressive(1000, seed=1)
    model = RNNForecaster(
        16, "gru", tbptt_steps=50, max_iter=30, learning_rate_schedule="cosine", random_state=0
    )
    model.fit(train)
    best = 10 * 0.3 + 1.5 * test[1:-1] - 0.8 * test[:-2]
    errors = (test - model.predict(test))[2:]
    optimum = np.mean((test[2:] - best) ** 2)
    assert np.mean(errors[50:] ** 2) < 1.06 * optimum
    # Six steps ahead, from many places, against the exact predictor.
    found, exact, truth = [], [], []
    histories = [test[:end] for end in range(300, 900, 30)]
    for history, forecast in zip(histories, model.forecast(6, histories), strict=True):
        a, b = history[-2] - 10, history[-1] - 10
        for _ in range(6):
            a, b = b, 1.5 * b - 0.8 * a
            exact.append(b + 10)
        found += forecast.tolist()
        truth += test[len(history) : len(history) + 6].tolist()
    found, exact, truth = map(np.array, (found, exact, truth))
    assert np.mean((found - truth) ** 2) < 1.15 * np.mean((exact - truth) ** 2)
    assert np.mean((found - exact) ** 2) < 0.1 * np.var(truth)


def seasonal(n=460, seed=0):
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    clean = 50 + 10 * np.sin(2 * np.pi * t / 12) + 5 * np.sin(2 * np.pi * t / 30)
    return clean + 2 * rng.normal(size=n)


def test_a_seasonal_series_is_continued_better_than_naively():
    series = seasonal(1060)
    known, future = series[:1000], series[1000:]
    model = RNNForecaster(
        24, "gru", max_iter=20, learning_rate_init=0.01, seasonal_period=60, random_state=0
    )
    forecast = model.fit(known).forecast(60)

    def error(guess):
        return np.sqrt(np.mean((guess - future) ** 2))

    assert error(forecast) < 0.9 * error(known[-60:])  # a whole period of both; 0.71 is best
    assert error(forecast) < 0.5 * error(known[-1])


@pytest.fixture(scope="module")
def two_channels():
    rng = np.random.default_rng(0)
    X = [np.cumsum(rng.normal(size=(n, 2)), axis=0) * 0.1 + [3, -5] for n in (30, 7, 50)]
    model = RNNForecaster(
        5, tbptt_steps=8, max_iter=5, standardize="all", dtype="float64", random_state=0, **PLAIN
    )
    return model.fit(X), X


def test_forecasts_read_their_own_predictions(two_channels):
    model, X = two_channels
    for history, forecast in zip(X, model.forecast(3, X), strict=True):
        for k in range(3):
            # The last step of what is predicted from is not read.
            extended = np.concatenate([history, forecast[:k], np.zeros((1, 2))])
            np.testing.assert_allclose(model.predict([extended])[0][-1], forecast[k], rtol=1e-9)


def test_the_series_of_the_fit_are_continued_by_default(two_channels):
    model, X = two_channels
    for one, other in zip(model.forecast(4), model.forecast(4, X), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_score_is_of_steps_ahead(two_channels):
    model, X = two_channels
    truth = np.concatenate([x[1:] for x in X])
    guess = np.concatenate([p[1:] for p in model.predict(X)])
    np.testing.assert_allclose(model.score(X), r2_score(truth, guess))


FORMS = {
    "one": (np.arange(20.0), (4,), (20,)),
    "one list": (np.arange(20.0).tolist(), (4,), (20,)),
    "one series": (pd.Series(np.arange(20.0)), (4,), (20,)),
    "channels": (np.arange(40.0).reshape(20, 2), (4, 2), (20, 2)),
    "frame": (pd.DataFrame({"a": np.arange(20.0), "b": 1.0}), (4, 2), (20, 2)),
    "array": (np.arange(60.0).reshape(2, 10, 3), (2, 4, 3), (2, 10, 3)),
}


@pytest.mark.parametrize("name", list(FORMS))
def test_forms_of_series(name):
    X, forecast, prediction = FORMS[name]
    model = RNNForecaster(3, max_iter=2, random_state=0).fit(X)
    assert model.forecast(4).shape == forecast
    assert model.forecast(4, X).shape == forecast
    assert model.predict(X).shape == prediction
    assert np.isfinite(model.score(X))


@pytest.mark.parametrize("flat", [False, True])
def test_lists_of_series(flat):
    X = [np.arange(n, dtype=float).reshape((n,) if flat else (n, 1)) for n in (5, 9)]
    model = RNNForecaster(3, max_iter=2, random_state=0).fit(X)
    shape = (4,) if flat else (4, 1)
    assert [f.shape for f in model.forecast(4)] == [shape, shape]
    assert [p.shape for p in model.predict(X)] == [x.shape for x in X]
    assert model.n_features_in_ == 1


@pytest.mark.parametrize("X", [[[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5]]])
def test_nested_lists_are_many_series_of_any_lengths(X):
    model = RNNForecaster(3, max_iter=2, random_state=0).fit(X)
    assert [f.shape for f in model.forecast(2)] == [(2,), (2,)]
    assert [p.shape for p in model.predict(X)] == [(len(x),) for x in X]
    assert [f.shape for f in model.forecast(2, [[1, 2]])] == [(2,)]


@pytest.mark.parametrize("standardize", ["all", "series"])
def test_units_do_not_matter(standardize):
    X = [seasonal(60), seasonal(40, seed=1)]
    model = RNNForecaster(
        4,
        max_iter=3,
        standardize=standardize,
        seasonal_period=12,
        log=False,
        dtype="float64",
        tbptt_steps=16,
        random_state=0,
    )
    expected = clone(model).fit(X).forecast(5)
    shifts, factors = ([7.0, 7.0], [0.1, 0.1]) if standardize == "all" else ([7.0, -3.0], [0.1, 9])
    changed = [x * b + a for x, a, b in zip(X, shifts, factors, strict=True)]
    found = clone(model).fit(changed).forecast(5)
    for f, e, a, b in zip(found, expected, shifts, factors, strict=True):
        np.testing.assert_allclose(f, e * b + a, rtol=1e-8)


def test_forecasts_do_not_follow_changes_of_the_series():
    X = np.arange(60.0).reshape(2, 10, 3)
    model = RNNForecaster(3, max_iter=2, random_state=0).fit(X)
    expected = model.forecast(2)
    X += 100
    np.testing.assert_array_equal(model.forecast(2), expected)


def test_moments():
    X = [seasonal(60), seasonal(40, seed=1)]
    model = RNNForecaster(3, max_iter=1, standardize="all", **PLAIN).fit(X)
    np.testing.assert_allclose(model.mean_, np.concatenate(X).mean())
    np.testing.assert_allclose(model.scale_, np.concatenate(X).std())
    assert RNNForecaster(3, max_iter=1, standardize=None).fit(X).mean_ is None
    assert RNNForecaster(3, max_iter=1).fit(X).mean_ is None  # many series have their own
    constant = RNNForecaster(3, max_iter=1).fit(np.full(10, 5.0))
    assert constant.scale_ == 1
    assert np.isfinite(constant.forecast(3)).all()


@pytest.mark.parametrize("standardize", ["all", "series", None])
def test_the_end_of_time_validates_and_nothing_else_knows_it(standardize):
    X = [seasonal(100) / 50, seasonal(60, seed=1) / 50]
    model = RNNForecaster(
        4,
        tbptt_steps=8,
        max_iter=4,
        standardize=standardize,
        early_stopping=True,
        validation_fraction=0.2,
        random_state=0,
    )
    first = clone(model).fit(X)
    changed = [x.copy() for x in X]
    for x in changed:
        x[-len(x) // 5 :] += 100
    second = clone(model).fit(X[:1]).fit(changed)  # nor what an earlier fit left
    assert first.loss_curve_ == second.loss_curve_
    assert first.validation_scores_[-1] > second.validation_scores_[-1] + 1
    known = clone(model).set_params(early_stopping=False).fit([X[0][:80], X[1][:48]])
    np.testing.assert_allclose(known.loss_curve_, first.loss_curve_, rtol=1e-12)


def test_validation_losses_are_those_of_predictions():
    X = seasonal(200)
    model = RNNForecaster(
        4,
        tbptt_steps=64,
        max_iter=3,
        n_iter_no_change=9,
        early_stopping=True,
        dtype="float64",
        random_state=0,
    )
    model.fit(X)
    best = int(np.argmax(model.validation_scores_))
    errors = ((X - model.predict(X)) / model.scale_)[180:]
    np.testing.assert_allclose(-model.validation_scores_[best], 0.5 * np.mean(errors**2), rtol=1e-9)


@pytest.mark.parametrize("loss", ["absolute_error", "huber"])
def test_losses(loss):
    x = seasonal(200)
    x[50] = 1e4  # an outlier
    model = RNNForecaster(8, loss=loss, max_iter=5, random_state=0).fit(x)
    assert np.isfinite(model.forecast(3)).all()
    assert model.loss_curve_[-1] < model.loss_curve_[0]


def test_what_cannot_be_forecast(two_channels):
    model, _ = two_channels
    with pytest.raises(ValueError, match="X has 3 features, but RNNForecaster is expecting 2"):
        model.forecast(2, np.ones((5, 3)))
    with pytest.raises(ValueError, match="score needs a series of two steps"):
        model.score(np.ones((1, 2)))
    with pytest.raises(ValueError, match=r"X\[1\] has 1 steps, of which validation_fraction=0.1"):
        RNNForecaster(early_stopping=True).fit([np.ones(9), np.ones(1)])
    with pytest.raises(ValueError, match=r"infinity: in X\[0\], step 2"):
        RNNForecaster().fit(np.array([1.0, 2.0, np.inf]))
    with pytest.raises(ValueError, match=r"X\[1\] has nothing but NaN in channel 0"):
        RNNForecaster().fit([np.ones(9), np.full(9, np.nan)])


def test_predictions_of_folds_can_be_joined():
    X = [seasonal(n) for n in (20, 30, 25, 35)]
    joined = cross_val_predict(RNNForecaster(3, max_iter=2, random_state=0), X, cv=2)
    assert [p.shape for p in joined] == [x.shape for x in X]


def test_columns_of_a_frame_are_channels_with_names():
    X = pd.DataFrame({"a": seasonal(30), "b": seasonal(30, seed=1)})
    model = RNNForecaster(3, max_iter=2, random_state=0).fit(X)
    assert model.feature_names_in_.tolist() == ["a", "b"]
    assert np.isfinite(model.score(X))
    assert model.forecast(2).shape == model.forecast(2, X).shape == (2, 2)
    for method in (model.predict, model.score, lambda X: model.forecast(2, X)):
        with pytest.raises(ValueError, match="must be in the same order as they were in fit"):
            method(X[["b", "a"]])


def test_weights_of_series_count_in_validation():
    X = [seasonal(60), seasonal(50, seed=1)]
    model = RNNForecaster(
        4, tbptt_steps=8, max_iter=3, early_stopping=True, n_iter_no_change=9, dtype="float64"
    ).set_params(random_state=0, learning_rate_init=1e-9, validation_fraction=0.2)
    model.set_params(linear_part=False)  # which is fitted with weights
    one, other, both, equal = (
        clone(model).fit(X, sample_weight=w).validation_scores_[0]
        for w in ([1, 0], [0, 1], [3, 1], None)
    )
    assert abs(one - other) > 1e-3
    np.testing.assert_allclose(both, (3 * 12 * one + 10 * other) / (3 * 12 + 10), rtol=1e-6)
    np.testing.assert_allclose(equal, (12 * one + 10 * other) / 22, rtol=1e-6)


def test_a_constant_channel_whose_mean_is_rounded_has_scale_one():
    X = np.column_stack([np.full(30, 0.1), np.arange(30.0)])
    assert X[:, 0].std() > 0
    model = RNNForecaster(3, max_iter=1, random_state=0).fit(X)
    assert model.scale_[0] == 1
    near = X + np.array([1e-9, 0.0])
    np.testing.assert_allclose(model.forecast(2, near), model.forecast(2), atol=1e-6)
    tiny = RNNForecaster(3, max_iter=1, differencing=0).fit(X * 1e-150)
    assert tiny.scale_[1] < 1e-140


@pytest.mark.parametrize("standardize", ["all", "series"])
def test_values_that_are_too_large_are_refused(standardize):
    series = seasonal(40)
    model = RNNForecaster(
        3, max_iter=1, standardize=standardize, dtype="float32", random_state=0, **PLAIN
    ).fit(series)
    with pytest.raises(ValueError, match="value too large to standardise"):
        model.fit(series * 1e200)
    for method in (model.predict, model.score, lambda X: model.forecast(2, X)):
        with pytest.raises(ValueError, match="value too large"):
            method(series * 1e300)
    assert np.isfinite(model.forecast(2)).all()
    with pytest.raises(ValueError, match="value too large"):
        model.set_params(standardize=None).fit(series).forecast(2, series * 1e50)


@pytest.mark.parametrize("standardize", ["all", "series", None])
def test_a_fitted_model_standardizes_as_in_its_fit(standardize):
    series = seasonal(60) / 50
    model = RNNForecaster(3, max_iter=2, standardize=standardize, warm_start=True, random_state=0)
    expected, score = model.fit(series).forecast(4), model.score(series)
    for other in {"all", "series", None} - {standardize}:
        model.set_params(standardize=other)
        np.testing.assert_array_equal(model.forecast(4), expected)
        assert model.score(series) == score
        for go_on in (model.partial_fit, model.fit):
            with pytest.raises(ValueError, match="training cannot continue: standardize was set"):
                go_on(series)
    model.set_params(standardize=standardize).partial_fit(series)
    model.set_params(warm_start=False, standardize="series").fit(series)


@pytest.mark.parametrize(
    ("name", "other"),
    [("seasonal_period", None), ("differencing", 1), ("log", True), ("lags", [1, 2, 12])],
)
def test_a_fitted_model_goes_on_with_the_series_that_it_began_with(name, other):
    series = seasonal(60) / 50 + 9
    model = RNNForecaster(3, max_iter=1, log=False, differencing=0, random_state=0).fit(series)
    before = getattr(model, name)
    with pytest.raises(ValueError, match=f"training cannot continue: {name} was set"):
        model.set_params(**{name: other}).partial_fit(series)
    model.set_params(**{name: before}).partial_fit(series)


def test_training_goes_on_where_parameters_say_what_was_found():
    series = seasonal(60) / 50 + 9
    model = RNNForecaster(3, max_iter=1, random_state=0).fit(series)
    found = {
        "seasonal_period": np.int64(model.seasonal_period_),
        "differencing": np.int64(model.differencing_),
        "log": np.bool_(model.log_[0]),
        "lags": tuple(model.lags_[::-1]),
        "standardize": "all",
    }
    assert found["seasonal_period"] > 1
    model.set_params(**found).partial_fit(series)
    few = RNNForecaster(3, max_iter=1, lags=3, random_state=0).fit(series)
    few.set_params(lags=[1, 2, 3]).partial_fit(series)


def test_lags_as_an_array():
    series = seasonal(60)
    model = RNNForecaster(3, max_iter=1, lags=np.array([1, 3]), random_state=0).fit(series)
    assert list(model.lags_) == [1, 3]
    model.set_params(lags=(1, 3)).partial_fit(series)


def test_chunks_of_predictions_do_not_follow_a_parameter_that_is_set_later():
    model = RNNForecaster(3, max_iter=1, random_state=0).fit(seasonal(60))
    expected = model.predict(seasonal(90))
    model.set_params(tbptt_steps=None)
    np.testing.assert_array_equal(model.predict(seasonal(90)), expected)


@pytest.mark.parametrize("horizon", [True, None, 0, -1, 1.0, 1.5, "2", np.arange(30.0)])
def test_a_horizon_is_a_positive_integer(two_channels, horizon):
    model, X = two_channels
    with pytest.raises(ValueError, match="horizon must be a positive integer, got") as error:
        model.forecast(horizon, X)
    assert len(str(error.value)) < 100
