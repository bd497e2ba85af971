"""The wrapper of SciPy's L-BFGS."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from skdeep.optim.lbfgs import minimise


def rosenbrock(x):
    return optimize.rosen(x), optimize.rosen_der(x)


START = np.array([-1.2, 1.0, 0.5])


def test_it_is_scipys_search_with_scikit_learns_options():
    found = minimise(rosenbrock, START, max_iter=500, max_fun=1000, tol=1e-6)
    options = {"maxiter": 500, "maxfun": 1000, "gtol": 1e-6}
    expected = optimize.minimize(rosenbrock, START, jac=True, method="L-BFGS-B", options=options)
    np.testing.assert_array_equal(found.x, expected.x)
    assert (found.value, found.n_iter, found.n_calls) == (
        expected.fun,
        expected.nit,
        expected.nfev,
    )
    assert found.converged
    np.testing.assert_allclose(found.x, 1.0, atol=1e-4)


def test_losses_and_callback_tell_each_iteration():
    seen = []
    found = minimise(rosenbrock, START, callback=lambda x, loss: seen.append((x.copy(), loss)))
    assert len(found.losses) == found.n_iter == len(seen)
    assert [loss for _, loss in seen] == found.losses
    assert [optimize.rosen(x) for x, _ in seen] == pytest.approx(found.losses)
    assert found.losses[-1] == found.value
    assert (np.diff(found.losses) <= 0).all()


@pytest.mark.parametrize("limits", [{"max_iter": 3}, {"max_fun": 4}])
def test_a_limit_ends_it_without_convergence(limits):
    found = minimise(rosenbrock, START, **limits)
    assert not found.converged
    assert "REACHED LIMIT" in found.message or "EXCEEDS LIMIT" in found.message
    assert found.n_iter <= limits.get("max_iter", 200)
    assert len(found.losses) == found.n_iter


def test_a_loose_tolerance_ends_early():
    loose = minimise(rosenbrock, START, tol=1.0)
    assert loose.converged
    assert np.abs(optimize.rosen_der(loose.x)).max() <= 1.0
    assert loose.n_iter < minimise(rosenbrock, START, tol=1e-6).n_iter


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_function_may_work_in_float32_in_one_buffer(dtype):
    """The caller's gradient array is written anew by each call, as the engine does."""
    scales = np.array([1.0, 10.0, 100.0], dtype)
    buffer = np.empty((1, 3), dtype)
    points = []

    def function(x):
        points.append(x.dtype)
        difference = x.astype(dtype) - 2
        np.multiply(scales, difference, out=buffer[0])
        return dtype(0.5) * (scales * difference**2).sum(), buffer

    start = np.zeros(3, dtype)
    found = minimise(function, start, tol=1e-3)
    assert found.converged
    assert found.x.dtype == np.float64
    assert set(points) == {np.dtype(np.float64)}
    assert isinstance(found.value, float)
    np.testing.assert_allclose(found.x, 2.0, atol=1e-2)
    assert not start.any()

    def copying(x):
        value, gradient = function(x)
        return value, gradient[0].astype(float, copy=True)

    np.testing.assert_array_equal(minimise(copying, start, tol=1e-3).x, found.x)


def test_a_callback_may_stop_it_or_fail():
    def stop(x, loss):
        if loss < 1.0:
            raise StopIteration

    found = minimise(rosenbrock, START, callback=stop)
    assert not found.converged
    assert found.value < 1.0
    assert found.losses[-2] >= 1.0

    def fail(x, loss):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        minimise(rosenbrock, START, callback=fail)
