"""Embeddings of numbers against plain loops, and the edges of bins."""

from itertools import pairwise
from math import cos, pi, sin

import numpy as np
import pytest

from skdeep.backend import get_backend
from skdeep.nn import PiecewiseLinearEmbedding, WaveEmbedding, quantile_edges
from skdeep.nn.core.spec import ShapeError
from skdeep.testing import run_layer
from skdeep.testing.bound import BoundLayer as Bound

UNITS, N_BINS, COLUMNS = 3, 4, 2
#: The second column has bins of width 0; neither has all its values between the outer edges.
EDGES = np.array([[-1.0, -0.5, 0.0, 0.25, 1.0], [-0.5, 0.5, 0.5, 0.5, 0.75]])


def code_of(x, edges):
    """Return the shares of the bins that lie below a number."""
    shares = []
    for j, (low, high) in enumerate(pairwise(edges)):
        share = (x - low) / (high - low) if high > low else 0.0
        if j > 0:
            share = max(share, 0.0)
        if j < len(edges) - 2:
            share = min(share, 1.0)
        shares.append(share)
    return shares


def piecewise_linear(x, p):
    y = np.zeros((len(x), COLUMNS, UNITS))
    for b, row in enumerate(x):
        for c, number in enumerate(row):
            for u in range(UNITS):
                y[b, c, u] = number * p["w"][c, 0, u] + p["b"][c, 0, u]
                for j, share in enumerate(code_of(number, EDGES[c])):
                    y[b, c, u] += share * p["V"][c, j, u]
    return y.reshape(len(x), -1)


def waves(x, p):
    y = np.zeros((len(x), COLUMNS, UNITS))
    for b, row in enumerate(x):
        for c, number in enumerate(row):
            angles = [2 * pi * f * number for f in p["f"][c, 0]]
            read = [cos(angle) for angle in angles] + [sin(angle) for angle in angles]
            own = c if len(p["W"]) > 1 else 0
            for u in range(UNITS):
                total = p["c"][own, 0, u]
                for k, number_read in enumerate(read):
                    total += number_read * p["W"][own, k, u]
                y[b, c, u] = max(total, 0.0)
    return y.reshape(len(x), -1)


CASES = {
    "piecewise linear": (PiecewiseLinearEmbedding(UNITS, N_BINS, EDGES), piecewise_linear),
    "waves": (WaveEmbedding(UNITS, 5, 0.4), waves),
    "waves, lite": (WaveEmbedding(UNITS, 5, 0.4, lite=True), waves),
}


@pytest.mark.parametrize("case", CASES)
def test_vectors_are_those_of_loops(backend, case):
    layer, loops = CASES[case]
    bound = Bound(backend, layer, (COLUMNS,), models=2, batch=20)
    found = bound.results()
    for m in range(2):
        names = {name: bound.layout.view(bound.values, name)[m] for name in bound.layout.slots}
        np.testing.assert_allclose(found["y"][m], loops(bound.x[m], names), rtol=1e-12, atol=1e-12)


def test_slopes_are_those_of_differences_where_bins_are_empty():
    layer = PiecewiseLinearEmbedding(UNITS, N_BINS, EDGES)
    bound = Bound(get_backend("cpu"), layer, (COLUMNS,), models=1, batch=7)
    found, step = bound.results(), 1e-6

    def total(**changed):
        return float((bound.forward(**changed) * bound.dy).sum())

    for name, size in (("values", bound.layout.n_trainable), ("x", bound.x.size)):
        slopes = found["grads" if name == "values" else "dx"].ravel()
        for k in range(size):
            up, down = getattr(bound, name).copy(), getattr(bound, name).copy()
            up.flat[k] += step
            down.flat[k] -= step
            slope = (total(**{name: up}) - total(**{name: down})) / (2 * step)
            assert slopes[k] == pytest.approx(slope, rel=1e-6, abs=1e-7)


def test_edges_do_not_learn_and_the_first_vector_is_linear():
    layer = PiecewiseLinearEmbedding(UNITS, N_BINS, EDGES)
    bound = Bound(get_backend("cpu"), layer, (COLUMNS,), models=1, batch=7)
    np.testing.assert_array_equal(bound.results()["state"][0], EDGES.ravel())
    x = np.array([[-2.0, 0.1], [0.0, 0.2], [2.0, 0.3]])
    y = run_layer(layer, x)
    np.testing.assert_allclose(y[0] + y[2], 2 * y[1])


def test_bins_hold_equally_many_and_repeated_values_make_fewer():
    random = np.random.RandomState(0)
    values = random.normal(size=4000)
    edges = quantile_edges(values, 8)
    np.testing.assert_array_equal(np.histogram(values, edges)[0], 500)
    twice = quantile_edges(values, 8, np.where(values < 0, 2.0, 0.0))
    assert twice[-1] == values[values < 0].max()
    np.testing.assert_allclose(twice, quantile_edges(np.repeat(values[values < 0], 2), 8))
    two = quantile_edges(np.array([0.0, 1.0] * 9), 4)
    np.testing.assert_array_equal(two, [0.0, 0.5, 0.5, 0.5, 1.0])
    np.testing.assert_array_equal(quantile_edges(np.ones(9), 3), 1)
    rare = np.array([0.0] * 50 + [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(np.unique(quantile_edges(rare, 8)), [0, 1, 2, 3])


def test_a_value_of_most_rows_takes_one_bin_and_the_others_share_the_rest():
    random = np.random.RandomState(0)
    gains = np.where(random.uniform(size=4000) < 0.9, 0.0, random.uniform(3, 9, 4000))
    edges = quantile_edges(gains, 8)
    np.testing.assert_allclose(edges[1:], np.linspace(3, 9, 8), atol=0.3)
    weight = random.randint(1, 3, 4000)
    weighted = quantile_edges(gains, 8, weight.astype(float))
    np.testing.assert_allclose(weighted, quantile_edges(np.repeat(gains, weight), 8))


def test_bins_that_go_on_beyond_their_edges_are_not_narrow():
    capped = np.minimum(np.arange(1000.0), 900.0)
    capped[:100] = 100.0 - 1e-9 * np.arange(100.0)
    widths = np.diff(quantile_edges(capped, 16))
    assert min(widths[0], widths[-1]) >= 0.25 * 800 / 16


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ([[0.0, 1.0]], "n_bins"),
        ([[0.0, 2.0, 1.0]], "rise"),
        ([[0.0, np.nan, 1.0]], "finite"),
        ("nope", "edges"),
    ],
)
def test_edges_that_are_none(edges, message):
    with pytest.raises(ValueError, match=message):
        PiecewiseLinearEmbedding(2, 2, edges)


def test_edges_of_another_number_of_columns():
    with pytest.raises(ShapeError, match="edges of 1 columns"):
        PiecewiseLinearEmbedding(2, 2, [[0.0, 1.0, 2.0]]).build((3,))
