"""The variational objective beside plain loops, differences, and itself put otherwise."""

import tracemalloc

import numpy as np
import pytest

from skdeep.backend import get_backend
from skdeep.kernels import variational as bodies
from skdeep.nn.variational.bounded_log_variance import BoundedLogVariance
from skdeep.nn.variational.likelihoods import log_variance, noise_variance
from skdeep.testing import run_layer
from tests.train.variational.vae import (
    LIKELIHOODS,
    Objective,
    bound,
    conv_network,
    network,
    rows,
    slots,
)

KINDS = pytest.mark.parametrize("kind", LIKELIHOODS)
DRAWS = pytest.mark.parametrize("k", [1, 3])


def options(k, models):
    """A factor of the divergence for each model, where there is one."""
    return {"n_samples": k, "beta": np.array([1.0, 0.3][:models]) if k == 1 else 1.0}


@KINDS
@DRAWS
@pytest.mark.parametrize("models", [1, 2])
def test_the_loss_is_the_bound_as_it_is_defined(backend, kind, k, models):
    objective = Objective(backend, kind, seeds=range(models), **options(k, models))
    loss, _ = objective.run()
    X, weight = rows()
    noise, beta = objective.noise, np.broadcast_to(options(k, models)["beta"], models)
    for m in range(models):
        p = slots(objective.net, objective.values[m])
        found = [bound(p, kind, x, noise[m, :, b], beta[m]) for b, x in enumerate(X)]
        np.testing.assert_allclose(loss[m], -np.average(found, weights=weight), rtol=1e-12)


@KINDS
@DRAWS
@pytest.mark.parametrize(("make", "models"), [(network, 1), (network, 2), (conv_network, 2)])
def test_gradients_agree_with_differences(backend, kind, k, make, models):
    objective = Objective(backend, kind, seeds=range(models), make=make, **options(k, models))
    values = objective.values
    _, gradient = objective.run()
    h = 1e-6
    for p in range(values.shape[1]):
        step = np.zeros_like(values)
        step[:, p] = h
        slope = (objective.run(values + step)[0] - objective.run(values - step)[0]) / (2 * h)
        np.testing.assert_allclose(gradient[:, p], slope, rtol=1e-6, atol=1e-8)


@KINDS
@DRAWS
def test_a_stack_equals_its_models(backend, kind, k):
    loss, gradient = Objective(backend, kind, seeds=(0, 1), **options(k, 2)).run()
    for m, beta in enumerate(np.broadcast_to(options(k, 2)["beta"], 2)):
        alone = Objective(backend, kind, seeds=(m,), n_samples=k, beta=beta)
        found, slopes = alone.run()
        np.testing.assert_allclose(loss[m], found[0], rtol=1e-12)
        np.testing.assert_allclose(gradient[m], slopes[0], rtol=1e-9, atol=1e-12)


@KINDS
@DRAWS
@pytest.mark.parametrize("binarize", [False, True])
def test_a_row_of_weight_two_is_two_rows(backend, kind, k, binarize):
    X, _ = rows()
    counts = np.random.RandomState(1).randint(0, 4, len(X))
    given = {"n_samples": k, "binarize": binarize}
    weighted = Objective(backend, kind, table=(X, counts.astype(float)), **given).run()
    repeated = Objective(backend, kind, table=(np.repeat(X, counts, axis=0), None), **given).run()
    np.testing.assert_allclose(weighted[0], repeated[0], rtol=1e-12)
    np.testing.assert_allclose(weighted[1], repeated[1], rtol=1e-9, atol=1e-12)


@DRAWS
def test_draws_depend_on_the_row_and_the_step_alone(backend, k):
    X, weight = rows()
    whole = Objective(backend, n_samples=k)
    whole.run()
    part = Objective(backend, n_samples=k, table=(X[3:8], weight[3:8]))
    part.run()
    np.testing.assert_array_equal(part.noise, whole.noise[:, :, 3:8])
    first = whole.noise
    whole.objective.prepare(whole.order)
    whole.run()
    assert not (whole.noise == first).any()


@DRAWS
def test_draws_do_not_depend_on_dtype(backend, k):
    single, double = (Objective(backend, n_samples=k, dtype=d) for d in (np.float32, np.float64))
    results = single.run(), double.run()
    assert single.noise.dtype == np.float32
    np.testing.assert_allclose(single.noise, double.noise, atol=1e-3)
    np.testing.assert_allclose(results[0][0], results[1][0], rtol=1e-4)


def test_rows_are_binarised_anew_in_each_step(backend):
    X = np.tile(np.linspace(0, 1, 5), (4000, 1)) + 1e-9 * np.arange(4000)[:, None]
    X = np.clip(X, 0, 1)
    X[:, 1:4] += np.random.RandomState(0).uniform(-1e-3, 1e-3, (4000, 3))
    objective = Objective(backend, binarize=True, table=(X, None))
    objective.run()
    first = backend.to_host(objective.program.x)[0]
    assert set(np.unique(first)) == {0.0, 1.0}
    assert not first[:, 0].any()
    assert first[:, 4].all()
    np.testing.assert_allclose(first.mean(axis=0), np.linspace(0, 1, 5), atol=0.03)
    objective.objective.prepare(objective.order)
    objective.run()
    second = backend.to_host(objective.program.x)[0]
    assert 0.4 < (first[:, 2] != second[:, 2]).mean() < 0.6


def test_noise_is_standard_normal():
    X = np.random.RandomState(0).normal(size=(20000, 5))
    objective = Objective(get_backend("cpu"), table=(X, None), n_samples=2)
    objective.run()
    noise = objective.noise.reshape(2, 20000, 2)
    draws = np.concatenate([noise[0], noise[1]], axis=1)  # (rows, 4)
    np.testing.assert_allclose(draws.mean(axis=0), 0, atol=0.03)
    np.testing.assert_allclose(np.cov(draws.T), np.eye(4), atol=0.05)
    np.testing.assert_allclose(np.mean(draws**4), 3, atol=0.15)
    assert np.abs(draws).max() < 6.8


@KINDS
@DRAWS
def test_nothing_is_read_before_it_is_written(backend, kind, k):
    objective = Objective(backend, kind, n_samples=k, binarize=True)
    expected = objective.run()
    for array in objective.objective.arena._buffers.values():
        bad = np.nan if np.dtype(array.dtype).kind == "f" else np.iinfo(array.dtype).max
        backend.to_device(np.full(array.shape, bad, array.dtype), array)
    for before, after in zip(expected, objective.run(), strict=True):
        np.testing.assert_array_equal(before, after)


@KINDS
@DRAWS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_warm_step_allocates_next_to_nothing(kind, k, dtype):
    X = np.random.RandomState(0).uniform(size=(8192, 5))
    objective = Objective(get_backend("cpu"), kind, n_samples=k, dtype=dtype, table=(X, None))
    for _ in range(2):
        objective.run()
    with objective.ops.running():
        tracemalloc.start()
        objective.step()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 16 * 1024


def test_what_learns_a_variance_has_a_slot_for_it():
    assert "decoder.output.log_variance" in network(LIKELIHOODS["learned"]).layout.slots
    assert "decoder.output.log_variance" not in network(LIKELIHOODS["fixed"]).layout.slots


@pytest.mark.parametrize("number", [-20.0, 3.0, 29.9, 30.1, 35.0, 1e3])
def test_the_slope_of_a_learned_variance(backend, number):
    """The log likelihood and its slope, also where the variance no longer grows exponentially."""

    def arrays(log_variance):
        return [np.full((1, 1, 1, 1), value) for value in (0.1 * 1e13, log_variance, 5.0)]

    def cost(log_variance):
        out = backend.empty((1, 1, 1, 1), np.float64)
        backend.launch(bodies.gaussian_cost, out, *map(backend.to_device, arrays(log_variance)))
        return backend.to_host(out).item()

    squares, held, width = map(backend.to_device, arrays(number))
    slope = backend.empty((1, 1, 1, 1), np.float64)
    with backend.running():
        one = backend.to_device(np.ones((1, 1, 1, 1)))
        backend.launch(bodies.gaussian_variance_slope, slope, squares, held, one, width)
        h = 1e-5
        rise = (cost(number + h) - cost(number - h)) / (2 * h)
    np.testing.assert_allclose(backend.to_host(slope).item(), rise, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("variance", [1e-5, 1.0, 1e12, 1e14, 1e30])
def test_a_log_variance_stands_for_its_variance(variance):
    np.testing.assert_allclose(noise_variance(log_variance(variance)), variance + 1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_log_variances_in_the_ordinary_range_are_as_they_were(dtype):
    x = np.random.default_rng(0).uniform(-10, 5, (50, 8)).astype(dtype)
    np.testing.assert_array_equal(run_layer(BoundedLogVariance(), x), x)
    x[:, :4] *= 1e6  # means
    np.testing.assert_array_equal(run_layer(BoundedLogVariance(), x), x)
    far = np.tile([-1e30, -100, 100, 1e30], 2)[None].astype(dtype)
    found = run_layer(BoundedLogVariance(), far)[0, 4:]
    np.testing.assert_allclose(np.exp(found[1:3]), [np.exp(-10) / 91, np.exp(5) * 96], rtol=1e-5)
    assert np.isfinite(np.exp(found)).all()
