"""Annealed importance sampling from both ends: its values, and how far off it says it is."""

import numpy as np
import pytest

from skdeep.backend import get_backend
from skdeep.kernels.partition import anneal_hidden
from skdeep.train.boltzmann.annealing import (
    annealed_log_partition,
    reverse_annealed_log_partition,
    schedule,
)
from skdeep.train.boltzmann.enumeration import exact_log_partition
from skdeep.train.boltzmann.free_energy import free_energy
from tests.reference import boltzmann

CPU = get_backend("cpu")


def seed(number):
    return np.random.SeedSequence(number)


def draws(W, b, c, n, number):
    """Return exact draws of a small RBM."""
    V = boltzmann.states(len(b))
    log_p = -free_energy(V, W, b, c, backend=CPU)
    p = np.exp(log_p - np.logaddexp.reduce(log_p))
    return V[np.random.default_rng(number).choice(len(V), n, p=p / p.sum())]


def errors(number, n_betas, scale=1.0, shape=(8, 6), n_chains=100, n_gibbs_steps=0):
    """Return both estimates of a random RBM less the truth, over their standard errors."""
    W, b, c = boltzmann.random_rbm(*shape, number, scale)
    exact = exact_log_partition(W, b, c, backend=CPU).log_z
    options = {"backend": CPU, "n_betas": n_betas, "base_means": np.full(len(b), 0.4)}
    forward = annealed_log_partition(W, b, c, seed=seed([number, 0]), n_chains=n_chains, **options)
    starts = draws(W, b, c, n_chains, number)
    reverse = reverse_annealed_log_partition(
        W, b, c, seed=seed([number, 1]), starts=starts, n_gibbs_steps=n_gibbs_steps, **options
    )
    return [(found.log_z - exact) / found.std_error for found in (forward, reverse)]


def test_estimates_are_within_their_errors_of_the_truth():
    z = np.array([errors(number, 100, n_gibbs_steps=number) for number in range(12)])
    assert np.abs(z).max() < 4
    assert 0.4 < z.std() < 1.6


@pytest.mark.long
@pytest.mark.parametrize("scale", [0.3, 1.0, 2.0])
def test_standard_errors_are_calibrated(scale):
    z = np.array([errors(number, 300, scale) for number in range(200)])
    assert (np.abs(z) < 3).mean() > 0.97
    np.testing.assert_allclose(z.std(axis=0), 1, atol=0.2)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=0.3)


def test_with_too_few_steps_the_two_err_to_either_side():
    """Single chains bracket the truth on average, however badly they are annealed."""
    sides = []
    for number in range(5):
        W, b, c = boltzmann.random_rbm(8, 6, number, 2.0)
        exact = exact_log_partition(W, b, c, backend=CPU).log_z
        options = {"backend": CPU, "seed": seed(number), "n_betas": 4}
        forward = annealed_log_partition(W, b, c, n_chains=50, **options)
        starts = draws(W, b, c, 50, number)
        reverse = reverse_annealed_log_partition(W, b, c, starts=starts, n_gibbs_steps=0, **options)
        sides.append([forward.per_chain.mean() - exact, reverse.per_chain.mean() - exact])
        assert forward.log_z >= forward.per_chain.mean()
        assert reverse.log_z <= reverse.per_chain.mean()
    below, above = np.transpose(sides)
    assert (below < -0.3).all()
    assert (above > 0.3).all()


def test_reverse_annealing_from_one_mode_tells_that_forward_chains_missed_it():
    """A deep mode of 3e-4 of the base model's rows: few chains find it, data know it."""
    W, b, c = np.full((24, 8), 3.0), np.full(24, -14.0), np.full(8, -30.0)
    exact = exact_log_partition(W, b, c, backend=CPU).log_z
    options = {"backend": CPU, "seed": seed(0), "n_betas": 8}
    forward = annealed_log_partition(W, b, c, n_chains=20, **options)
    reverse = reverse_annealed_log_partition(W, b, c, starts=np.ones((20, 24)), **options)
    assert forward.log_z < exact - 1
    assert reverse.log_z > exact


@pytest.mark.parametrize("n_features", [1, 3])
def test_real_visible_units(backend, n_features):
    W, b, c = boltzmann.random_rbm(n_features, 4)
    s = np.linspace(0.5, 2, n_features)
    exact = exact_log_partition(W, b, c, backend=backend, variances=s).log_z
    options = {"backend": backend, "variances": s, "base_means": b + 0.5, "n_betas": 200}
    forward = annealed_log_partition(W, b, c, seed=seed(0), **options)
    starts = np.random.default_rng(0).normal(size=(100, n_features))
    reverse = reverse_annealed_log_partition(
        W, b, c, seed=seed(1), starts=starts, n_gibbs_steps=50, **options
    )
    for found in (forward, reverse):
        assert abs(found.log_z - exact) < 4 * found.std_error
        assert found.std_error < 0.1


def test_where_the_base_model_is_the_rbm_every_chain_is_exact(backend):
    W, b, c = np.zeros((2, 3)), np.array([0.3, -2.0]), np.array([1.0, -0.5, 0.0])
    s = np.array([0.5, 2.0])
    found = annealed_log_partition(
        W, b, c, backend=backend, seed=seed(0), variances=s, n_betas=2, dtype=np.float64
    )
    exact = exact_log_partition(W, b, c, backend=backend, variances=s).log_z
    assert found.log_z == pytest.approx(exact, abs=1e-12)
    assert found.std_error < 1e-12


def test_draws_depend_on_neither_device_nor_dtype():
    W, b, c = boltzmann.random_rbm(6, 5)
    options = {"seed": seed(3), "n_chains": 20, "n_betas": 30}
    found = annealed_log_partition(W, b, c, backend=CPU, **options)
    again = annealed_log_partition(W, b, c, backend=CPU, **options)
    checked = annealed_log_partition(W, b, c, backend=get_backend("checked"), **options)
    wide = annealed_log_partition(W, b, c, backend=CPU, dtype=np.float64, **options)
    np.testing.assert_array_equal(found.per_chain, again.per_chain)
    np.testing.assert_array_equal(found.per_chain, checked.per_chain)
    np.testing.assert_allclose(found.per_chain, wide.per_chain, atol=1e-4)
    other = annealed_log_partition(W, b, c, backend=CPU, **{**options, "seed": seed(4)})
    assert (other.per_chain != found.per_chain).all()


def test_starts_between_0_and_1_are_drawn(backend):
    """With one beta step left and no weights, a chain's weight tells the sum of its first state."""
    W, b, c = np.zeros((40, 1)), np.full(40, 2.0), np.zeros(1)
    starts = np.repeat([[0.25], [1.0]], 40, axis=1)
    found = reverse_annealed_log_partition(
        W, b, c, starts=starts, backend=backend, seed=seed(0), n_betas=2, n_gibbs_steps=0
    )
    total = (found.per_chain - 41 * np.log(2)) / 2
    assert total[1] == pytest.approx(40, abs=1e-4)
    assert total[0] == pytest.approx(np.round(total[0]), abs=1e-4)
    assert 3 < total[0] < 20


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_gain_is_exact_for_small_and_large_steps(backend, dtype):
    x = np.array([-800, -90, -20, -1, -1e-3, 0, 1e-3, 1, 20, 90, 800], dtype)[None, None]
    words = np.zeros(x.shape, np.uint32)
    for previous, beta in ((0.5, 0.500001), (0.999, 1.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)):
        betas = [np.full((1, 1, 1), number, dtype) for number in (previous, beta)]
        first, last = (float(number[0, 0, 0]) for number in betas)
        wide = x.astype(np.longdouble)
        expected = np.logaddexp(0, last * wide) - np.logaddexp(0, first * wide)
        arrays = [backend.to_device(a) for a in (x, np.zeros_like(x), words, *betas)]
        gain, h = (backend.empty(x.shape, dtype) for _ in range(2))
        with backend.running():
            backend.launch(anneal_hidden, (gain, h), *arrays)
        eps = np.finfo(dtype).eps
        np.testing.assert_allclose(backend.to_host(gain), expected, rtol=4 * eps, atol=2 * eps)


def test_parameters_that_are_not_numbers_give_none():
    W, b, c = boltzmann.random_rbm(4, 3)
    for factor in (np.nan, np.inf, 1e300):  # the last overflows in the chains' float32
        found = annealed_log_partition(W * factor, b, c, backend=CPU, seed=seed(0), n_betas=5)
        assert np.isnan(found.log_z)


def test_bad_arguments_are_named():
    W, b, c = boltzmann.random_rbm(4, 3)
    options = {"backend": CPU, "seed": seed(0)}
    with pytest.raises(ValueError, match="n_chains must be at least 2"):
        annealed_log_partition(W, b, c, n_chains=1, **options)
    with pytest.raises(ValueError, match="n_betas must be at least 2, got 1"):
        annealed_log_partition(W, b, c, n_betas=1, **options)
    with pytest.raises(ValueError, match=r"base_means must have shape \(4,\), got \(3,\)"):
        annealed_log_partition(W, b, c, base_means=np.zeros(3), **options)
    with pytest.raises(ValueError, match="starts must have 2 rows or more of 4 features"):
        reverse_annealed_log_partition(W, b, c, starts=np.zeros((1, 4)), **options)
    with pytest.raises(ValueError, match="starts must have 2 rows or more of 4 features"):
        reverse_annealed_log_partition(W, b, c, starts=np.zeros((9, 3)), **options)


def test_the_schedule_runs_from_0_to_1():
    for n in (2, 3, 100):
        betas = schedule(n)
        assert (betas[0], betas[-1], len(betas)) == (0, 1, n)
        assert (np.diff(betas) > 0).all()
