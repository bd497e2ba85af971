"""Score matching: by differences of the log-density, on every device, in any company."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from skdeep.backend import get_backend
from skdeep.train.boltzmann.score_matching import score_matching
from tests.reference.contrastive import SlowRBM

F, H = 4, 3


def draw(dtype=np.float64):
    random = np.random.RandomState(0)
    W, b, c = (random.normal(0, 0.8, shape).astype(dtype) for shape in ((F, H), F, H))
    return W, b, c, random.uniform(0.3, 2, F).astype(dtype), random.normal(0, 2, (6, F))


def test_it_is_the_score_of_the_density(backend):
    W, b, c, s, X = draw()
    machine, h = SlowRBM(W, b, c, s), 1e-4
    expected = []
    for v in X:
        steps = h * np.eye(F)
        up, down = (np.array([-machine.free_energy(v + k * e) for e in steps]) for k in (1, -1))
        first, second = (up - down) / (2 * h), (up + down + 2 * machine.free_energy(v)) / h**2
        expected.append(-np.sum(second + first**2 / 2))
    found = score_matching(X, W, b, c, variances=s, backend=backend)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_float32_and_sparse_rows(backend):
    W, b, c, s, X = draw()
    X[X < 0] = 0
    expected = score_matching(X, W, b, c, variances=s, backend=backend)
    options = {"variances": s, "backend": backend}
    np.testing.assert_allclose(score_matching(csr_array(X), W, b, c, **options), expected)
    single = score_matching(X, *(a.astype(np.float32) for a in (W, b, c)), **options)
    assert single.dtype == np.float64
    np.testing.assert_allclose(single, expected, rtol=1e-4)


@pytest.mark.parametrize("n", [1, 1025])
def test_rows_do_not_depend_on_their_company(backend, n):
    W, b, c, s, X = draw()
    many = np.resize(X, (n, F))
    found = score_matching(many, W, b, c, variances=s, backend=backend)
    alone = score_matching(many[-1:], W, b, c, variances=s, backend=backend)
    np.testing.assert_allclose(found[-1:], alone, rtol=1e-12)


def test_it_is_best_on_average_for_the_density_the_rows_come_from():
    W, b, c, s, _ = draw()
    random = np.random.RandomState(1)
    v = np.zeros((20_000, F))
    for _ in range(30):
        p = 1 / (1 + np.exp(-(c + (v / s) @ W)))
        h = random.uniform(size=p.shape) < p
        v = b + h @ W.T + np.sqrt(s) * random.normal(size=v.shape)
    options = {"variances": s, "backend": get_backend("cpu")}
    best = score_matching(v, W, b, c, **options).mean()
    for changed in ((1.3 * W, b, c), (0.7 * W, b, c), (W, b + 0.3, c), (W, b, c + 2)):
        assert score_matching(v, *changed, **options).mean() < best
