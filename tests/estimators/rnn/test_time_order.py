"""A forecaster is not trained on what follows the steps that are tested, where that can be seen."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import KFold, ShuffleSplit, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline

from skdeep import RNNForecaster, SequenceScaler
from skdeep.model_selection import GridSearchCV, HalvingGridSearchCV, RandomizedSearchCV

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SERIES = np.sin(np.arange(60))
MODEL = RNNForecaster(2, tbptt_steps=8, max_iter=1, random_state=0)
GRID = {"learning_rate_init": [0.001, 0.01]}
DAYS = pd.date_range("2024-01-01", periods=60)  # a Monday


def indexed(index, n=None):
    return pd.Series(np.sin(np.arange(len(index))), index)


@pytest.mark.parametrize("X", [SERIES, SERIES.tolist(), SERIES[:, None], indexed(DAYS)])
@pytest.mark.parametrize(
    "search",
    [
        GridSearchCV(MODEL, GRID),
        GridSearchCV(MODEL, GRID, cv=KFold(3, shuffle=True, random_state=0)),
        RandomizedSearchCV(MODEL, GRID, n_iter=2, cv=ShuffleSplit(2, random_state=0)),
        HalvingGridSearchCV(MODEL, GRID, resource="max_iter", max_resources=2, cv=3),
        GridSearchCV(MODEL, GRID, cv=[(np.arange(20, 60), np.arange(20))]),
        GridSearchCV(MODEL, GRID, cv=[(np.r_[0:10, 20:40], np.arange(40, 60))]),
        GridSearchCV(MODEL, GRID, cv=[(np.arange(60) < 40, np.arange(60) % 2 > 0)]),
    ],
)
def test_searches_refuse_splits_that_lose_the_time_of_one_series(search, X):
    with pytest.raises(ValueError, match=r"one series: split 0 .*Use cv=TimeSeriesSplit"):
        clone(search).fit(X)


def test_searches_look_into_pipelines():
    X = [SERIES] * 6
    pipeline = make_pipeline(SequenceScaler(), MODEL)
    GridSearchCV(pipeline, {"rnnforecaster__tbptt_steps": [4]}, cv=2).fit(X)
    with pytest.raises(ValueError, match="Use cv=TimeSeriesSplit"):
        GridSearchCV(pipeline, {"rnnforecaster__tbptt_steps": [4]}, cv=2).fit(SERIES[:, None])


@pytest.mark.parametrize("X", [SERIES, indexed(DAYS)])
@pytest.mark.parametrize("cv", [TimeSeriesSplit(2), TimeSeriesSplit(2, gap=3, max_train_size=20)])
def test_searches_take_splits_by_time(X, cv):
    assert np.isfinite(GridSearchCV(MODEL, GRID, cv=cv).fit(X).best_score_)


def test_many_series_are_split_by_series():
    many = [SERIES, SERIES[:30], SERIES[:40], SERIES[:50]]
    for X in (many, np.stack([SERIES[:, None]] * 4)):
        assert np.isfinite(GridSearchCV(MODEL, GRID, cv=2).fit(X).best_score_)


@pytest.mark.filterwarnings("ignore:Scoring failed", "ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.parametrize("index", [DAYS, DAYS.to_period("D"), pd.RangeIndex(60)])
def test_no_fold_of_an_indexed_series_has_a_score_that_knows_the_future(index):
    X = indexed(index)
    scores = cross_val_score(MODEL, X, cv=KFold(3))
    assert np.isnan(scores[:2]).all()  # the last fold trains on what came before
    assert np.isfinite(scores[2])
    assert np.isfinite(cross_val_score(MODEL, X, cv=TimeSeriesSplit(3))).all()
    with pytest.raises(ValueError, match=r"X ends at .* before the series of the fit began"):
        clone(MODEL).fit(X[30:]).score(X[:30])


REGULAR = {
    "days": DAYS,
    "months": pd.date_range("2020-01-31", periods=40, freq="ME"),
    "quarters": pd.period_range("2000Q1", periods=40, freq="Q"),
    "years": pd.date_range("1980", periods=40, freq="YS"),
    "weekdays": pd.bdate_range("2024-01-01", periods=60),
    "weekdays without holidays": pd.bdate_range("2024-01-01", periods=60).delete([10, 30, 31, 32]),
    "a clock that is set": pd.date_range("2024-03-01", periods=60, tz="Europe/Berlin"),
    "hours": pd.date_range("2024-03-30", periods=60, freq="h", tz="Europe/Berlin"),
    "uneven seconds": DAYS[0] + pd.to_timedelta(np.arange(60) + 0.2 * np.sin(np.arange(60)), "s"),
    "time since": pd.timedelta_range("0s", periods=60, freq="s"),
    "every second row": pd.RangeIndex(1990, 2050, 2),
    "names": pd.Index([f"step {k}" for k in range(60)]),
    "one": DAYS[:1],
}
WRONG = {
    "a lost day": (DAYS.delete(20), r"X has a gap: 2024-01-20 .* followed by 2024-01-22"),
    "a lost month": (REGULAR["months"].delete(5), "X has a gap: 2020-05-31"),
    "lost periods": (DAYS.to_period("D").delete([7, 8]), "X has a gap: 2024-01-07"),
    "a closed month": (REGULAR["weekdays"].delete(range(10, 30)), "X has a gap: 2024-01-12"),
    "lost rows": (pd.RangeIndex(60).delete(range(5, 9)), r"X has a gap: 4 is followed by 9"),
    "newest first": (DAYS[::-1], r"not in the order .*: 2024-02-29 .* sort_index"),
    "shuffled rows": (pd.RangeIndex(60)[::-1], r"not in the order .*: 59 is followed by 58"),
    "twice": (DAYS.repeat(2)[:60], "not in the order of their index: 2024-01-01"),
    "no time": (DAYS[:59].append(pd.DatetimeIndex([None])), "the index of X is missing in row 59"),
}


@pytest.mark.parametrize("index", REGULAR.values(), ids=REGULAR)
def test_an_index_in_order_is_taken(index):
    model = clone(MODEL).set_params(seasonal_period=None)  # a calendar suggests one
    model, plain = (clone(model).fit(X) for X in (indexed(index), indexed(index).to_numpy()))
    np.testing.assert_array_equal(model.forecast(3), plain.forecast(3))


@pytest.mark.parametrize(("index", "message"), WRONG.values(), ids=WRONG)
def test_rows_that_do_not_follow_on_each_other_are_refused(index, message):
    X = indexed(index)
    fitted = clone(MODEL).fit(SERIES)
    for call in (clone(MODEL).fit, fitted.predict, fitted.score, lambda X: fitted.forecast(2, X)):
        with pytest.raises(ValueError, match=message):
            call(X)
    with pytest.raises(ValueError, match=message):
        clone(MODEL).fit(X.to_frame("a"))
    clone(MODEL).fit(X.reset_index(drop=True))  # what the messages say


def test_times_count_in_each_of_many_series_and_positions_do_not():
    rest = indexed(pd.Index([1, 2, 9, 11, 12]))  # of a table that holds others, too
    clone(MODEL).fit([rest, rest])
    with pytest.raises(ValueError, match=r"X\[1\] has a gap"):
        clone(MODEL).fit([indexed(DAYS), indexed(DAYS.delete(20))])


def test_many_series_in_the_cells_of_a_series_may_have_any_index():
    cells = np.empty(3, object)
    cells[:] = [SERIES, SERIES[:9], SERIES[:20]]
    clone(MODEL).fit(pd.Series(cells, index=[5, 1, 3]))


def test_a_forecaster_has_no_y():
    exog = np.zeros((60, 2))
    fitted = clone(MODEL).fit(SERIES)
    for call in (
        lambda: clone(MODEL).fit(SERIES, exog),
        lambda: clone(MODEL).fit(X=exog, y=SERIES),
        lambda: fitted.partial_fit(SERIES, exog),
        lambda: fitted.score(exog, SERIES),
        lambda: GridSearchCV(MODEL, GRID, cv=TimeSeriesSplit(2)).fit(exog, SERIES),
    ):
        with pytest.raises(ValueError, match="y must be None: a forecaster learns the series X"):
            call()
