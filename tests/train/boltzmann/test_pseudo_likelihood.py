"""The pseudo-likelihood against one flip after the other, and against scikit-learn's draws."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.neural_network import BernoulliRBM

import skdeep.train.boltzmann.pseudo_likelihood as module
from skdeep.backend import get_backend
from skdeep.train.boltzmann.pseudo_likelihood import pseudo_likelihood
from tests.reference import boltzmann


def rows(kind, n=9, n_features=5):
    """Return rows of bits, of probabilities, or of both."""
    random = np.random.default_rng(3)
    X = random.uniform(size=(n, n_features))
    bits = {"bits": n, "probabilities": 0, "both": n // 2}[kind]
    X[:bits] = np.round(X[:bits])
    return X


@pytest.mark.parametrize("kind", ["bits", "probabilities", "both"])
@pytest.mark.parametrize("n_hidden", [1, 3, 9])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 2e-5)])
def test_it_is_the_sum_over_all_flips(backend, kind, n_hidden, dtype, tolerance):
    W, b, c = (p.astype(dtype) for p in boltzmann.random_rbm(5, n_hidden, scale=2))
    X = rows(kind).astype(dtype)
    wide = [np.asarray(p, float) for p in (W, b, c)]
    expected = [boltzmann.pseudo_likelihood(v.astype(float), *wide) for v in X]
    found = pseudo_likelihood(X, W, b, c, backend=backend)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("kind", ["bits", "probabilities", "both"])
def test_a_row_does_not_depend_on_its_company(kind, monkeypatch):
    W, b, c = boltzmann.random_rbm(5, 40)
    X, cpu = rows(kind, 50), get_backend("cpu")
    found = pseudo_likelihood(X, W, b, c, backend=cpu)
    alone = np.concatenate(
        [pseudo_likelihood(X[k : k + 1], W, b, c, backend=cpu) for k in range(50)]
    )
    np.testing.assert_allclose(found, alone, rtol=0, atol=1e-12)
    monkeypatch.setattr(module, "CHUNK_SIZE", 2000)
    np.testing.assert_allclose(pseudo_likelihood(X, W, b, c, backend=cpu), found, atol=1e-12)


def test_bits_and_almost_bits_agree():
    """The two ways of computing are continuous with each other."""
    W, b, c = boltzmann.random_rbm(5, 40)
    X, cpu = rows("bits"), get_backend("cpu")
    almost = np.where(X == 1, 1 - 1e-13, 1e-13)
    found = [pseudo_likelihood(given, W, b, c, backend=cpu) for given in (X, almost)]
    np.testing.assert_allclose(*found, rtol=1e-9)


@pytest.mark.parametrize("scale", [5, 30, 1e3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_weights_neither_overflow_nor_vanish(scale, dtype):
    W, b, c = (p.astype(dtype) for p in boltzmann.random_rbm(5, 9, scale=scale))
    X = rows("both").astype(dtype)
    wide = [np.asarray(p, float) for p in (W, b, c)]
    expected = [boltzmann.pseudo_likelihood(v.astype(float), *wide) for v in X]
    found = pseudo_likelihood(X, W, b, c, backend=get_backend("cpu"))
    tolerance = 2e-5 if dtype == np.float32 else 1e-10
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=scale * tolerance)


def test_rows_may_be_sparse_or_on_the_device(backend):
    W, b, c = boltzmann.random_rbm(5, 7)
    X = rows("both", 30)
    found = pseudo_likelihood(X, W, b, c, backend=backend)
    for given in (scipy.sparse.csr_array(X), scipy.sparse.csc_array(X), backend.to_device(X)):
        np.testing.assert_array_equal(pseudo_likelihood(given, W, b, c, backend=backend), found)


def test_parameters_that_are_not_numbers_give_none():
    W, b, c = boltzmann.random_rbm(5, 7)
    W[2, 3] = np.nan
    assert np.isnan(pseudo_likelihood(rows("both"), W, b, c, backend=get_backend("cpu"))).all()


def test_it_is_the_mean_of_scikit_learns_draws():
    """Which flips one random feature of each row and multiplies by the number of features."""
    X = rows("both", 12)
    twin = BernoulliRBM(7, n_iter=1, random_state=0).fit(X)
    W, b, c = boltzmann.random_rbm(5, 7)
    twin.components_, twin.intercept_visible_, twin.intercept_hidden_ = W.T, b, c
    twin.random_state = np.random.RandomState(1)
    draws = np.array([twin.score_samples(X) for _ in range(800)])
    error = draws.std(axis=0, ddof=1) / np.sqrt(len(draws))
    found = pseudo_likelihood(X, W, b, c, backend=get_backend("cpu"))
    z = (draws.mean(axis=0) - found) / error
    assert np.abs(z).max() < 4
    assert error.max() < 0.4
