"""Logs, differences and seasons of series: undone exactly, step by step and as a whole."""

import numpy as np
import pandas as pd
import pytest

from skdeep.data.calendar import calendar_seasons
from skdeep.data.series_choice import (
    grows_with_level,
    has_unit_root,
    rate_of,
    season_of,
    usual_lags,
)
from skdeep.data.series_transform import SeriesState, SeriesTransform
from skdeep.data.series_trial import differencing_of

RANDOM = np.random.default_rng(0)


def transform(log=(False, True), differencing=0, period=1, rate=(0.3, 1.0)):
    return SeriesTransform(
        np.array(log), differencing, period, np.array(rate), np.array([4.0, -1.0])
    )


def series(missing):
    X = np.exp(RANDOM.normal(size=(40, 2)))
    if missing:
        X[[0, 7, 8, 20, 21]] = np.nan
        X[30, 0] = X[12, 1] = np.nan
    return X


def slow(own, X):
    """Return z, center and the seasons of a series, step by step and channel by channel."""
    z, center = np.full(X.shape, np.nan), np.zeros(X.shape)
    seasons = np.zeros((own.period, X.shape[1]))
    for f in range(X.shape[1]):
        values = np.log(X[:, f]) if own.log[f] else X[:, f]
        last, seen, counts = own.start[f], False, np.zeros(own.period)
        for t, value in enumerate(values):
            k = t % own.period
            base = last if own.differencing else 0.0
            if own.period > 1:
                naive = 0.0 if own.differencing else last
                known = [seasons[j, f] for j in range(own.period) if counts[j]]
                rise = np.mean(known) if own.differencing and known else 0.0
                rise *= 1 - own.rate[f]
                center[t, f] = base + (seasons[k, f] - rise if counts[k] else naive)
            else:
                center[t, f] = base
            fine = not np.isnan(value) and (seen or not own.differencing)
            if fine and (own.period == 1 or counts[k]):
                z[t, f] = value - center[t, f]
            if not np.isnan(value):
                counts[k] += 1
                weight = max(own.rate[f], 1 / counts[k]) if counts[k] > 1 else 1.0
                seasons[k, f] += weight * (value - base - seasons[k, f])
                last = value
            seen = not np.isnan(value)
    return z, center, seasons


KINDS = [(0, 1), (1, 1), (0, 7), (1, 7)]


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize(("differencing", "period"), KINDS)
def test_a_series_is_what_a_loop_makes_of_it_and_comes_back(differencing, period, missing):
    own, X = transform(differencing=differencing, period=period), series(missing)
    found = own.of(X)
    z, center, seasons = slow(own, X)
    np.testing.assert_allclose(found.z, z, rtol=1e-12)
    np.testing.assert_allclose(found.center, center, rtol=1e-12)
    if period > 1:
        np.testing.assert_allclose(found.state.seasons[0], seasons, rtol=1e-12)
    there = ~np.isnan(z)
    assert there.sum() > 30
    back = own.values(found.z + found.center)
    np.testing.assert_allclose(back[there], X[there], rtol=1e-12)


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize(("differencing", "period"), KINDS)
def test_the_state_goes_on_as_the_series_would(differencing, period, missing):
    own, X = transform(differencing=differencing, period=period), series(missing)
    whole, short = own.of(X), own.of(X[:25])
    state = SeriesState.joined([short.state, own.of(X[:17]).state], 2)
    for t in range(25, 40):
        np.testing.assert_allclose(state.center()[:2], whole.center[[t, t]], rtol=1e-12)
        step = own.logs(X[t : t + 1])
        state.push(np.concatenate([step, step, step * 0, step * 0]))
    np.testing.assert_allclose(state.last[0], whole.state.last[0])


def test_nothing_of_the_future_is_in_it():
    own, X = transform(period=7), series(False)
    changed = X.copy()
    changed[25:] *= 9
    np.testing.assert_array_equal(own.of(X).z[:25], own.of(changed).z[:25])
    np.testing.assert_array_equal(own.of(X).center[:26], own.of(changed).center[:26])


def walk(n=300, seed=1):
    return np.cumsum(np.random.default_rng(seed).normal(size=n))[:, None]


def monthly(n=120):
    t = np.arange(n)
    return (
        (100 + 2 * t)
        * (1 + 0.3 * np.sin(2 * np.pi * t / 12))
        * np.exp(0.05 * np.random.default_rng(2).normal(size=n))
    )


def test_logs_are_taken_of_what_grows_with_its_level():
    levels = [np.exp(k + 0.3 * RANDOM.normal(size=(50, 1))) for k in range(5)]
    assert grows_with_level([monthly()[:, None]]).all()
    assert grows_with_level(levels).all()
    assert not grows_with_level([one - one.mean() for one in levels]).any()
    assert not grows_with_level([20 + walk()]).any()
    slow = 20 + 10 * np.sin(np.arange(200) / 25) + RANDOM.normal(size=200)
    assert not grows_with_level([slow[:, None]]).any()  # whose slopes are steep where it is high
    both = [np.concatenate([one, -one], axis=1) for one in levels]
    np.testing.assert_array_equal(grows_with_level(both), [True, False])


def test_seasons_are_found():
    t, noise = np.arange(600), np.random.default_rng(0).normal(size=600)
    week = np.array([0, 1, 3, 2, 5, 9, 8])[t % 7]
    assert season_of([np.log(monthly())[:, None]], None) == 12
    assert season_of([(week + walk(600)[:, 0] / 2 + noise)[:, None]], None) == 7
    day = 3 * np.sin(2 * np.pi * t / 24) + 2 * (t // 24 % 7 > 4)
    assert season_of([(day + 0.5 * noise)[:, None]], (24, 168)) == 168
    assert season_of([(day * 0 + 3 * np.sin(2 * np.pi * t / 24) + noise)[:, None]], (24, 168)) == 24
    for none in (noise[:, None], walk(), np.full((40, 1), 3.0), t[:30, None] / 2):
        assert season_of([none], None) == 1
    gone = np.log(monthly())[:, None]
    gone[[30, 31, 50]] = np.nan
    assert season_of([gone], None) == 12


def test_two_seasons_show_one_that_the_calendar_knows():
    t, random = np.arange(110), np.random.default_rng(0)
    year = 3 * np.sin(2 * np.pi * t / 52) + 0.05 * t
    assert season_of([(year + random.normal(size=110))[:, None]], (52,)) == 52
    assert season_of([(year[:70] + random.normal(size=70))[:, None]], (52,)) == 1  # half of it
    for _ in range(20):
        assert season_of([random.normal(size=(110, 1))], (52,)) == 1
        assert season_of([np.cumsum(random.normal(size=(110, 1)), axis=0)], (52,)) == 1


def test_a_level_that_jumps_once_makes_no_slope_of_the_seasons():
    t = np.arange(70)
    week = np.sin(2 * np.pi * t / 7)
    own = SeriesTransform(np.zeros(1, bool), 1, 7, np.full(1, 0.1), np.zeros(1))
    state = own.of((week + 10.0 * (t >= 40))[:, None]).state
    level = state.level.copy()
    for _ in range(7):
        state.push(state.center())
    np.testing.assert_allclose(state.level, level, atol=0.2)  # a week before, it rose by one


def test_few_steps_have_few_lags():
    assert usual_lags(52, [104]) == [*range(1, 14), 52, 53]
    assert usual_lags(52, [60, 60]) == [1, 2, 3, 4, 52, 53]
    assert usual_lags(12, [400]) == [*range(1, 14)]
    assert usual_lags(1, [400, 9]) == [*range(1, 11)]


def test_means_of_seasons_remember_more_where_there_is_more_noise():
    t = np.arange(700)
    steady = [(np.sin(2 * np.pi * t / 7) + RANDOM.normal(size=700))[:, None]]
    moving = [walk(100, 3).repeat(7)[:, None] + np.sin(2 * np.pi * t / 7)[:, None]]
    assert rate_of(steady, 7, 0)[0] < rate_of(moving, 7, 0)[0]


def test_differences_are_for_series_without_a_level():
    assert has_unit_root([walk()])
    assert not has_unit_root([RANDOM.normal(size=(300, 1))])
    assert not has_unit_root([np.ones((30, 1)), np.ones((5, 1))])
    few = np.random.default_rng(3).normal(size=(9, 1))
    assert all(has_unit_root([np.arange(float(n))[:, None]]) for n in (40, 50, 100, 200))
    assert has_unit_root([2 * np.arange(9.0)[:, None] + few])
    assert not has_unit_root([few])


def test_beside_a_season_differences_are_for_a_level_that_moves_slowly():
    t, random = np.arange(480), np.random.default_rng(0)
    day = 5 * np.sin(2 * np.pi * t / 24)
    slopes = np.repeat(random.normal(size=(8, 20)), 24, axis=1)  # one for each day
    moves = [day + np.cumsum(one) / 2 + random.normal(size=480) / 3 for one in slopes]
    moves, stays = (
        [one[:, None] for one in group] for group in (moves, day + random.normal(size=(8, 480)))
    )
    assert differencing_of(moves, 24) == 1
    assert differencing_of(stays, 24) == 0
    assert differencing_of([*moves, *stays, *stays], 24) == 0  # as most of them
    moves[0][100:110] = np.nan
    assert differencing_of(moves, 24) == 1
    assert differencing_of([one[:60] for one in moves], 24) == 0  # too short for a trial
    assert differencing_of([np.ones((480, 1))], 24) == 0


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (pd.date_range("2024", periods=30, freq="h"), (24, 168)),
        (pd.date_range("2024", periods=30, freq="15min"), (4, 96, 672)),
        (pd.date_range("2024", periods=30, freq="MS"), (12,)),
        (pd.period_range("2024", periods=30, freq="Q"), (4,)),
        (pd.date_range("2024", periods=30, freq="D"), (7,)),
        (pd.date_range("2024", periods=30, freq="YS"), None),
        (pd.RangeIndex(30), None),
    ],
)
def test_the_calendar_suggests_seasons(index, expected):
    assert calendar_seasons(index) == expected
