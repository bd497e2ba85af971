"""Bounds on the log likelihood: as defined, exact where posteriors are, alike in any company."""

import tracemalloc

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import multivariate_normal

from skdeep.backend import get_backend
from skdeep.nn.core.network import Network
from skdeep.nn.core.params import ParamStore
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.dense.dense import Dense
from skdeep.nn.variational.gaussian_code import GaussianCode
from skdeep.nn.variational.likelihoods import GaussianDecoder
from skdeep.train.dataset import Dataset
from skdeep.train.variational.elbo import BoundEstimator, BoundEvaluator
from tests.train.variational.vae import (
    LIKELIHOODS,
    N_COMPONENTS,
    N_FEATURES,
    bound,
    encoded,
    log_likelihood,
    network,
    rows,
    slots,
)

KINDS = pytest.mark.parametrize("kind", LIKELIHOODS)
VARIANCE = 0.3


def estimator(backend, kind="bernoulli", models=1, dtype=np.float64):
    """Return the estimator of random models, and their parameters on the host."""
    net = network(LIKELIHOODS[kind])
    values = net.initial([np.random.RandomState(m) for m in range(models)])
    store = ParamStore(backend, net.layout, values.astype(dtype))
    return BoundEstimator(net, LIKELIHOODS[kind], store), values


def noise_of(found, k):
    """Return the noise (k, M, H) of k draws, which is the same for all rows."""
    draws = []
    for s in range(k):
        found(np.zeros((1, N_FEATURES)), s + 1)  # the last draw is number s
        held = found._chunks[1].program.views["code"].work.noise
        draws.append(found.ops.to_host(held)[:, 0, 0])
    return np.array(draws)


@KINDS
@pytest.mark.parametrize("models", [1, 2])
def test_bounds_are_what_loops_give(backend, kind, models):
    found, values = estimator(backend, kind, models)
    noise = noise_of(found, 4)
    X, _ = rows()
    bounds = found(X, 4)
    for m in range(models):
        p = slots(found.network, values[m])
        for b, x in enumerate(X):
            mean, log_variance = encoded(p, x)
            draws = [
                log_likelihood(p, kind, x, mean + np.exp(log_variance / 2) * e) for e in noise[:, m]
            ]
            kl = 0.5 * np.sum(mean**2 + np.exp(log_variance) - log_variance - 1)
            np.testing.assert_allclose(bounds.log_likelihood[m, b], np.mean(draws))
            np.testing.assert_allclose(bounds.divergence[m, b], kl)
            np.testing.assert_allclose(bounds.elbo(0.5)[m, b], np.mean(draws) - 0.5 * kl)
            expected = bound(p, kind, x, noise[:, m])
            np.testing.assert_allclose(bounds.importance[m, b], expected, rtol=1e-11)


class Linear:
    """Probabilistic PCA as a network, with its exact posterior or one that is off."""

    def __init__(self, backend, off=0.0):
        random = np.random.RandomState(4)
        basis = np.linalg.qr(random.normal(size=(N_FEATURES, N_COMPONENTS)))[0]
        W, mean = (basis * [1.5, 0.7]).T, random.normal(size=N_FEATURES)  # orthogonal directions
        self.density = multivariate_normal(mean, W.T @ W + VARIANCE * np.eye(N_FEATURES))
        posterior = VARIANCE / (np.sum(W**2, axis=1) + VARIANCE)
        likelihood = GaussianDecoder(VARIANCE)
        net = Network(
            [
                Sequential([Dense(2 * N_COMPONENTS, name="output")], name="encoder"),
                GaussianCode(N_COMPONENTS, name="code"),
                Sequential([Dense(N_FEATURES, name="output")], name="decoder"),
            ],
            (N_FEATURES,),
            likelihood.loss(N_FEATURES),
        )
        values = np.zeros((1, net.layout.size))
        p = {name: net.layout.view(values, name)[0] for name in net.layout.slots}
        project = W.T * posterior / VARIANCE
        p["encoder.output.W"][:, :N_COMPONENTS] = project
        p["encoder.output.b"][0] = np.concatenate([-mean @ project + off, np.log(posterior) + off])
        p["decoder.output.W"][:], p["decoder.output.b"][0] = W, mean
        self.bounds = BoundEstimator(net, likelihood, ParamStore(backend, net.layout, values))
        self.X = self.density.rvs(300, random_state=0)
        self.exact = self.density.logpdf(self.X)


def test_every_draw_is_exact_where_the_posterior_is(backend):
    model = Linear(backend)
    for k in (1, 7):
        bounds = model.bounds(model.X, k)
        np.testing.assert_allclose(bounds.importance[0], model.exact, rtol=1e-10)
    # The evidence lower bound is exact, but its likelihood term is a mean over draws.
    elbo = model.bounds(model.X, 4000).elbo()[0]
    np.testing.assert_allclose(elbo, model.exact, atol=0.15)


def test_the_importance_weighted_bound_rises_to_the_likelihood(backend):
    model = Linear(backend, off=0.4)
    elbo = model.bounds(model.X, 1000).elbo().mean()
    means = [model.bounds(model.X, k).importance.mean() for k in (10, 100, 3000)]
    exact = model.exact.mean()
    assert elbo < exact - 0.2
    assert elbo < means[0] < exact
    np.testing.assert_allclose(means[1:], exact, atol=0.03)
    np.testing.assert_allclose(model.bounds(model.X, 3000).importance[0], model.exact, atol=0.2)


def test_a_row_does_not_depend_on_its_company_nor_on_chunks(backend):
    found, _ = estimator(backend)
    X = np.random.RandomState(0).uniform(size=(1500, N_FEATURES))
    whole = np.stack(found(X, 3))
    np.testing.assert_allclose(np.stack(found(X[1490:1400:-1], 3)), whole[..., 1490:1400:-1])
    np.testing.assert_array_equal(np.stack(found(X, 3)), whole)
    S = X * (X > 0.5)
    for kind in (sparse.csr_matrix, sparse.csc_array):
        np.testing.assert_array_equal(np.stack(found(kind(S), 3)), np.stack(found(S, 3)))


def test_float32_agrees(backend):
    X, _ = rows()
    single, double = (np.stack(estimator(backend, dtype=d)[0](X, 5)) for d in (np.float32, float))
    np.testing.assert_allclose(single, double, rtol=1e-4, atol=1e-5)


def test_improbable_rows_do_not_underflow(backend):
    found, _ = estimator(backend, "fixed")
    bounds = found(np.full((2, N_FEATURES), 1e4), 3)
    assert (bounds.importance < -1e8).all()
    assert np.isfinite(bounds.importance).all()


def test_memory_does_not_grow_with_the_draws():
    found, _ = estimator(get_backend("cpu"))
    X = np.random.RandomState(0).uniform(size=(1000, N_FEATURES))
    found(X, 2)
    tracemalloc.start()
    found(X, 500)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 500_000  # draws of all rows would take 4 MB


@pytest.mark.parametrize("is_sparse", [False, True])
def test_the_evaluator_takes_the_held_out_rows(backend, is_sparse):
    found, _ = estimator(backend)
    X, weight = rows()
    held_out = np.array([2, 5, 9])
    given = sparse.csr_matrix(X) if is_sparse else X
    evaluate = BoundEvaluator(
        found.network,
        found.likelihood,
        found.store,
        Dataset(backend, given, given, weight, np.float64),
        held_out,
        n_samples=3,
        loss=lambda bounds: -bounds.elbo(0.5),
        score=lambda bounds: bounds.importance,
    )
    bounds = found(X[held_out], 3)
    expected = np.average(-bounds.elbo(0.5)[0], weights=weight[held_out])
    np.testing.assert_allclose(evaluate(), [expected])
    outputs = backend.to_host(evaluate.outputs)
    np.testing.assert_allclose(outputs, bounds.importance[:, :, None])
