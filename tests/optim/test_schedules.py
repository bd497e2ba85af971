"""``learning_rate_schedule=``: names, dataclasses and users' functions."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest

from skdeep.optim.schedules import (
    SCHEDULES,
    CosineSchedule,
    ExponentialSchedule,
    OneCycleSchedule,
    Schedule,
    StepSchedule,
    WarmupSchedule,
    resolve_schedule,
)
from skdeep.optim.sgd import Momentum
from tests.optim.driving import Driven

by_name = pytest.mark.parametrize("name", SCHEDULES)


@by_name
def test_a_name_is_the_schedule_with_its_defaults(name):
    assert resolve_schedule(name) == SCHEDULES[name]()


def test_every_schedule_has_a_name():
    assert set(SCHEDULES.values()) == set(Schedule.__subclasses__())


@by_name
def test_factors_have_the_shape_of_progress_and_stay_in_bounds(name):
    schedule = resolve_schedule(name)
    progress = np.linspace(0, 1, 600, endpoint=False)
    factors = schedule(progress)
    assert factors.dtype == np.float64
    assert factors.shape == progress.shape
    assert ((factors >= 0) & (factors <= 1)).all()
    assert factors.max() == pytest.approx(1.0, abs=1e-4)
    np.testing.assert_array_equal(schedule(progress.reshape(-1, 1))[:, 0], factors)
    np.testing.assert_allclose([float(schedule(p)) for p in progress], factors, rtol=1e-13)
    assert schedule(1.5) == schedule(1.0)  # training that goes on beyond its end


@by_name
def test_the_first_step_counts(name):
    assert resolve_schedule(name)([0.0])[0] > 0


@by_name
def test_schedules_are_values(name):
    schedule = SCHEDULES[name]()
    assert pickle.loads(pickle.dumps(schedule)) == schedule == copy.deepcopy(schedule)
    assert hash(schedule) == hash(SCHEDULES[name]())
    assert repr(schedule).startswith(type(schedule).__name__)


def test_step_drops_exactly_where_it_says():
    steps = 300
    factors = StepSchedule(drop=0.5, every=0.1)(np.arange(steps) / steps)
    expected = [0.5 ** (k // 30) for k in range(steps)]
    np.testing.assert_allclose(factors, expected, rtol=1e-15)
    assert StepSchedule()([0.0, 1 / 3, 2 / 3, 1.0]).tolist() == pytest.approx([1, 0.1, 0.01, 0.01])


def test_exponential_has_a_constant_ratio():
    factors = ExponentialSchedule(final=0.2)(np.linspace(0, 1, 11))
    np.testing.assert_allclose(factors[1:] / factors[:-1], 0.2**0.1)


def test_cosine_follows_the_papers_equation():
    final, cycles, steps = 0.1, 3, 90
    expected = [
        final + 0.5 * (1 - final) * (1 + math.cos(math.pi * (k % 30) / 30)) for k in range(steps)
    ]
    got = CosineSchedule(final, cycles)(np.arange(steps) / steps)
    np.testing.assert_allclose(got, expected, atol=1e-12)
    assert CosineSchedule(final, cycles)(1.0) == pytest.approx(final)


def test_one_cycle_rises_then_falls():
    schedule = OneCycleSchedule(peak=0.25, start=0.1, final=0.001)
    np.testing.assert_allclose(schedule([0, 0.125, 0.25, 0.625, 1]), [0.1, 0.55, 1, 0.5005, 0.001])
    factors = schedule(np.linspace(0, 1, 401))
    assert (np.diff(factors[:101]) > 0).all()
    assert (np.diff(factors[100:]) < 0).all()


@pytest.mark.parametrize("peak", [0.0, 1.0])
def test_one_cycle_may_have_one_side_only(peak):
    factors = OneCycleSchedule(peak=peak)(np.linspace(0, 1, 11))
    assert np.isfinite(factors).all()
    assert factors[int(10 * peak)] == 1.0


def test_warmup_gives_the_rest_of_the_training_to_what_follows():
    progress = np.linspace(0, 1, 101)
    factors = WarmupSchedule(0.2, then=CosineSchedule(0.5), start=0.0)(progress)
    np.testing.assert_allclose(factors[:20], progress[:20] / 0.2)
    np.testing.assert_allclose(factors[20:], CosineSchedule(0.5)((progress[20:] - 0.2) / 0.8))
    scalar = WarmupSchedule(0.2, then=lambda p: 1.0 if p < 0.5 else 0.25)
    assert scalar([0.5, 0.7]).tolist() == [1.0, 0.25]
    assert WarmupSchedule(0.0)(0.0) == WarmupSchedule(1.0)(1.0) == 1.0


@pytest.mark.parametrize(
    "function",
    [
        lambda p: 1.0 if p < 0.5 else 0.1,
        lambda p: np.where(np.asarray(p) < 0.5, 1.0, 0.1),
        lambda p: np.where(p < 0.5, 1.0, 0.1)[()],
        lambda p: {True: 1, False: 0.1}[bool(p < 0.5)],
        lambda p: 0.1 if math.floor(2 * p) else 1,
    ],
)
@pytest.mark.parametrize("n_steps", [1, 2, 10])
def test_users_functions_may_take_numbers_or_arrays(function, n_steps):
    progress = np.arange(n_steps)[:, None] / n_steps
    factors = resolve_schedule(function)(progress)
    assert factors.dtype == np.float64
    np.testing.assert_array_equal(factors, np.where(progress < 0.5, 1.0, 0.1))


def test_a_constant_function_is_spread():
    assert resolve_schedule(lambda p: 0.5)(np.zeros((3, 1))).tolist() == [[0.5]] * 3


def test_a_function_that_writes_into_its_argument_does_no_harm():
    def decay(p):
        p *= -0.5
        p += 1.0
        return p

    def decay_then_branch(p):
        p *= 0.5
        return 1.0 if p < 0.2 else 0.75

    progress = np.array([0.0, 0.5])
    for function in (decay, decay_then_branch):
        assert resolve_schedule(function)(progress).tolist() == [1.0, 0.75]
        assert progress.tolist() == [0.0, 0.5]


@pytest.mark.parametrize(
    "function",
    [
        lambda p: -1.0,
        lambda p: math.nan,
        lambda p: p * np.inf,
        lambda p: None,
        lambda p: "0.5",
        lambda p: 1j,
        lambda p: [p],
        lambda p: [p, p],
        lambda p: np.ones(3),
        lambda p: 1.0 if p < 0.6 else -0.1,
        StepSchedule,
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_a_wrong_result_is_told_before_training(function):
    with pytest.raises(ValueError, match=r"learning_rate_schedule must return .* at progress"):
        resolve_schedule(function)


def test_a_result_that_turns_wrong_later_is_told_then():
    schedule = resolve_schedule(lambda p: 1.0 if p < 0.9 else math.nan)
    with pytest.raises(ValueError, match=r"learning_rate_schedule .*nan.* progress 0.95"):
        schedule(np.array([0.2, 0.95]))


def test_an_error_inside_a_users_function_passes_through():
    def broken(progress):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        resolve_schedule(broken)


@pytest.mark.parametrize("value", ["cosines", 0.5, ["step"], True])
def test_anything_else_is_refused_with_the_choices(value):
    with pytest.raises(ValueError, match=r"learning_rate_schedule must be one of .*'one_cycle'"):
        resolve_schedule(value)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: StepSchedule(drop=1.5), "drop"),
        (lambda: StepSchedule(every=0.0), "every"),
        (lambda: ExponentialSchedule(final=0.0), "final"),
        (lambda: CosineSchedule(final=-0.1), "final"),
        (lambda: CosineSchedule(cycles=0), "cycles"),
        (lambda: CosineSchedule(cycles=1.5), "cycles"),
        (lambda: OneCycleSchedule(peak=math.nan), "peak"),
        (lambda: WarmupSchedule(fraction=2.0), "fraction"),
        (lambda: WarmupSchedule(then="slowly"), "learning_rate_schedule"),
    ],
)
def test_parameters_out_of_range_are_named(make, name):
    with pytest.raises(ValueError, match=name):
        make()


def test_no_schedule():
    assert resolve_schedule(None) is None


def test_the_trainer_multiplies_each_models_rate(backend):
    """Plain descent along ones moves by the rate itself."""
    total, rates = 5, np.array([0.1, 0.4])
    driven = Driven(
        backend,
        Momentum(0.0),
        np.zeros((2, 26)),
        rate=rates,
        schedule=resolve_schedule(lambda p: 1.0 - p),
        total_steps=total,
    )
    before = driven.values
    for k in range(total):
        after = driven.step(np.ones((2, 26)))
        expected = np.tile(rates[:, None] * (1 - k / total), 26)
        np.testing.assert_allclose(before - after, expected, rtol=1e-12)
        before = after
