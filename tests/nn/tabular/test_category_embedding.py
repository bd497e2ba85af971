"""CategoryEmbedding against plain loops: what it looks up, and where gradients go."""

import numpy as np
import pytest

from skdeep import NetworkClassifier
from skdeep.nn import Dense
from skdeep.nn.core.spec import ShapeError
from skdeep.nn.tabular.by_columns import ByColumns
from skdeep.nn.tabular.category_embedding import CategoryEmbedding
from skdeep.testing import run_layer
from skdeep.testing.bound import BoundLayer as Bound

COUNTS, UNITS = (4, 1, 300), 3


def codes_of(models, batch, seed=0):
    random = np.random.RandomState(seed)
    return np.stack(
        [[[random.randint(n) for n in COUNTS] for _ in range(batch)] for _ in range(models)]
    ).astype(float)


def looked_up(values, codes):
    """Return the vectors (M, B, C * E) and, by a function, gradients of the table (M, N, E)."""
    first = np.cumsum([0, *COUNTS[:-1]])
    tables = values.reshape(len(values), sum(COUNTS), UNITS)
    places = (codes + first).astype(int)
    y = np.stack([table[place] for table, place in zip(tables, places, strict=True)])

    def gradients(dy):
        result = np.zeros_like(tables)
        for m in range(codes.shape[0]):
            for b in range(codes.shape[1]):
                for c in range(codes.shape[2]):
                    result[m, places[m, b, c]] += dy[m, b].reshape(-1, UNITS)[c]
        return result.reshape(len(values), -1)

    return y.reshape(*codes.shape[:2], -1), gradients


@pytest.mark.parametrize("models", [1, 3])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_vectors_and_gradients_are_those_of_loops(backend, models, dtype):
    layer = CategoryEmbedding(COUNTS, UNITS)
    bound = Bound(backend, layer, (3,), models=models, batch=50, dtype=dtype)
    codes = codes_of(models, 50)
    found = bound.results(x=codes)
    y, gradients = looked_up(bound.values, codes)
    np.testing.assert_array_equal(found["y"], y)
    tolerance = 1e-12 if dtype == np.float64 else 1e-4
    np.testing.assert_allclose(found["grads"], gradients(bound.dy), rtol=tolerance, atol=tolerance)
    np.testing.assert_array_equal(found["dx"], 0)


def test_a_stack_is_its_single_models(backend):
    codes = codes_of(2, 20)
    stacked = Bound(backend, CategoryEmbedding(COUNTS, UNITS), (3,), models=2, batch=20)
    single = Bound(backend, CategoryEmbedding(COUNTS, UNITS), (3,), first=1, batch=20)
    both, one = stacked.results(x=codes), single.results(x=codes[1:])
    for name in ("y", "grads"):
        np.testing.assert_array_equal(both[name][1:], one[name])


def test_a_hundred_thousand_categories_are_numbers_that_float32_holds(backend):
    bound = Bound(backend, CategoryEmbedding([100_000], 2), (1,), batch=2, dtype=np.float32)
    y = bound.forward(x=np.array([[[99_999.0], [65_537.0]]]))
    table = bound.values.astype(np.float32).reshape(-1, 2)
    np.testing.assert_array_equal(y[0], table[[99_999, 65_537]])


def test_beside_numbers_that_are_handed_on(backend):
    layer = ByColumns([2, 3], [None, CategoryEmbedding(COUNTS, UNITS)])
    bound = Bound(backend, layer, (5,), batch=8)
    codes = codes_of(1, 8)
    x = np.concatenate([bound.x[..., :2], codes], axis=-1)
    found = bound.results(x=x)
    y, gradients = looked_up(bound.values, codes)
    np.testing.assert_array_equal(found["y"], np.concatenate([x[..., :2], y], axis=-1))
    np.testing.assert_allclose(found["grads"], gradients(bound.dy[..., 2:]), rtol=1e-12)
    np.testing.assert_array_equal(found["dx"][..., :2], bound.dy[..., :2])


def test_other_widths_are_refused():
    with pytest.raises(ShapeError, match="expects 3 features"):
        CategoryEmbedding(COUNTS, UNITS).build((4,))
    with pytest.raises(ValueError, match=r"n_categories\[1\]"):
        CategoryEmbedding([3, 0], 2)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_numbers_of_no_category_touch_no_other_column():
    layer = CategoryEmbedding([3, 2], 2)
    wild = np.array([[-7.0, 9.0], [1e6, -1.0], [2.0, 1.0]])
    tame = np.array([[0.0, 1.0], [2.0, 0.0], [2.0, 1.0]])
    np.testing.assert_array_equal(run_layer(layer, wild), run_layer(layer, tame))
    model = NetworkClassifier([layer, Dense(3)], max_iter=2, random_state=0)
    one, other = (model.fit(x, [0, 1, 1]).get_weights() for x in (wild, tame))
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name])
