"""Free energies against sums over all hidden states."""

import numpy as np
import pytest
import scipy.sparse

from skdeep.backend import get_backend
from skdeep.train.boltzmann.enumeration import exact_log_partition
from skdeep.train.boltzmann.free_energy import free_energy
from tests.reference import boltzmann


@pytest.mark.parametrize("real", [False, True])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-4)])
def test_it_is_the_sum_over_all_hidden_states(backend, real, dtype, tolerance):
    W, b, c = boltzmann.random_rbm(4, 5)
    s = np.linspace(0.5, 2, 4) if real else None
    X = np.random.default_rng(1).uniform(size=(7, 4))
    expected = [boltzmann.free_energy(v, W, b, c, s) for v in X]
    given = [None if a is None else a.astype(dtype) for a in (W, b, c, s)]
    found = free_energy(X, *given[:3], variances=given[3], backend=backend)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


def test_rows_may_be_many_sparse_or_on_the_device(backend):
    W, b, c = boltzmann.random_rbm(6, 3)
    X = (np.random.default_rng(0).uniform(size=(2500, 6)) < 0.4).astype(float)
    found = free_energy(X, W, b, c, backend=backend)
    alone = free_energy(X[2400:2401], W, b, c, backend=backend)
    np.testing.assert_allclose(found[2400:2401], alone, rtol=0, atol=1e-12)
    for given in (scipy.sparse.csr_array(X), backend.to_device(X)):
        np.testing.assert_array_equal(free_energy(given, W, b, c, backend=backend), found)


def test_probabilities_of_all_rows_sum_to_one():
    W, b, c = boltzmann.random_rbm(8, 4)
    cpu = get_backend("cpu")
    log_z = exact_log_partition(W, b, c, backend=cpu).log_z
    log_p = -free_energy(boltzmann.states(8), W, b, c, backend=cpu) - log_z
    assert np.exp(log_p).sum() == pytest.approx(1, abs=1e-12)
