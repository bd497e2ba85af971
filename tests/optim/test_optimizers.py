"""The contract that every optimizer of `tests/contracts/optimizers.py` keeps."""

from __future__ import annotations

import importlib
import pkgutil

import numpy as np
import pytest

import skdeep.optim
from skdeep.backend.blocks import Scratch, bind
from skdeep.backend.kernel import Kernel
from skdeep.optim.base import Optimizer
from tests.contracts.optimizers import CASES
from tests.optim.driving import Driven, trajectory

STEPS, PARAMS = 40, 7

every_optimizer = pytest.mark.parametrize("case", CASES, ids=str)


@pytest.fixture
def problem():
    """First parameters (3, P), gradients (T, 3, P), of which some are zero, and rates (T, 3)."""
    random = np.random.RandomState(0)
    p = random.normal(size=(3, PARAMS))
    grads = random.normal(size=(STEPS, 3, PARAMS)) * 10.0 ** random.randint(-3, 2, PARAMS)
    grads[random.uniform(size=grads.shape) < 0.1] = 0.0
    grads[:, :, -1] = 0.0  # a dead unit
    rates = np.array([0.1, 0.01, 0.03]) * random.uniform(0.5, 1, size=(STEPS, 1))
    return p, grads, rates


def stacked(case):
    return case.make(**{name: np.array(values) for name, values in case.hyper.items()})


def test_every_optimizer_is_in_the_contract_list():
    for module in pkgutil.iter_modules(skdeep.optim.__path__, "skdeep.optim."):
        importlib.import_module(module.name)
    found, new = set(), [Optimizer]
    while new:
        new = [child for parent in new for child in parent.__subclasses__()]
        found.update(kind for kind in new if kind.__module__.startswith("skdeep."))
    assert found == {case.make for case in CASES}


@every_optimizer
def test_trajectory_equals_an_independent_loop(case, backend, problem):
    p, grads, rates = problem
    for model in range(3):
        single = case.make(**case.single(model))
        part = slice(model, model + 1)
        got = trajectory(backend, single, p[part], grads[:, part], rates[:, part])[:, 0]
        expected = case.reference(p[model], grads[:, model], rates[:, model], **case.single(model))
        np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-12)


@every_optimizer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_models_with_different_numbers_equal_single_runs_to_the_bit(case, backend, problem, dtype):
    p, grads, rates = problem
    together = trajectory(backend, stacked(case), p.astype(dtype), grads, rates)
    for model in range(3):
        single, part = case.make(**case.single(model)), slice(model, model + 1)
        alone = trajectory(backend, single, p[part].astype(dtype), grads[:, part], rates[:, part])
        np.testing.assert_array_equal(together[:, part], alone)


@every_optimizer
def test_float32_stays_float32_and_close(case, backend, problem):
    p, grads, rates = problem
    exact = trajectory(backend, stacked(case), p, grads, rates)
    single = trajectory(backend, stacked(case), p.astype(np.float32), grads, rates)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, exact, rtol=1e-4, atol=1e-4)


@every_optimizer
def test_no_float64_between_float32_arrays(case):
    n_states, n_columns = len(case.make.states), len(case.make.columns)
    arrays = [np.ones((3, PARAMS), np.float32) for _ in range(2 + n_states)]
    columns = [np.ones((3, 1), np.float32) for _ in range(n_columns)]
    graph = Kernel(case.make.update).graph(2 + n_states + n_columns)
    outs = (arrays[0], *arrays[2:])
    for _, arguments in bind(graph, outs, [*arrays, *columns], Scratch()):
        kinds = {a.dtype for a in arguments if isinstance(a, np.ndarray)}
        assert kinds <= {np.dtype(np.float32), np.dtype(bool)}


@every_optimizer
def test_steps_may_be_tabled_in_pieces(case, problem):
    """An epoch's table continues the one before it: nothing depends on where it is cut."""
    rates = problem[2]
    step = np.arange(1.0, STEPS + 1)[:, None]
    whole = stacked(case).table(step, rates)
    for part in (slice(0, 13), slice(13, 14), slice(14, None)):
        piece = stacked(case).table(step[part], rates[part])
        for name in case.make.columns:
            expected = np.broadcast_to(whole[name], rates.shape)[part]
            np.testing.assert_array_equal(np.broadcast_to(piece[name], expected.shape), expected)


@every_optimizer
def test_columns_are_float64_finite_and_do_not_take_the_trainers_names(case):
    steps = 10.0 ** np.arange(0, 6)[:, None]  # far beyond the underflow of beta ** step
    table = stacked(case).table(steps, np.full((len(steps), 3), 0.1))
    assert set(table) == set(case.make.columns)
    assert all(np.isfinite(np.asarray(column, float)).all() for column in table.values())
    taken = {"l2", "penalty", "keep", "rows", "inverse_weight", "clip_norm", "clip_value", "ema"}
    assert not taken & set(case.make.columns)


@every_optimizer
def test_a_dead_unit_does_not_move_and_nan_shows(case, backend, problem):
    p, grads, rates = problem
    path = trajectory(backend, stacked(case), p.astype(np.float32), grads, rates)
    np.testing.assert_array_equal(path[-1][:, -1], p.astype(np.float32)[:, -1])
    grads[3, 0, 0] = np.nan
    path = trajectory(backend, stacked(case), p, grads, rates)
    assert np.isnan(path[-1][0, 0])
    assert np.isfinite(path[-1].ravel()[1:]).all()


@every_optimizer
def test_the_trainer_runs_it_as_the_bare_kernel_does(case, backend):
    random = np.random.RandomState(1)
    layout_size = 3 * 4 + 4 * 2 + 4 + 2
    p, grads = random.normal(size=(3, layout_size)), random.normal(size=(9, 3, layout_size))
    rates = np.array([0.1, 0.01, 0.03])
    expected = trajectory(backend, stacked(case), p, grads, np.tile(rates, (9, 1)))
    driven = Driven(backend, stacked(case), p, rate=rates)
    for gradient, after in zip(grads, expected, strict=True):
        np.testing.assert_allclose(driven.step(gradient), after, rtol=1e-13)


@every_optimizer
def test_repr_names_the_hyper_parameters(case):
    shown = repr(case.make(**case.single(0)))
    assert shown.startswith(case.make.__name__ + "(")
    assert all(f"{name}={value!r}" in shown for name, value in case.single(0).items())
