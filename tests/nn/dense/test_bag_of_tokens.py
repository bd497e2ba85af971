"""A weighted mean of the rows of tokens, and its gradient, beside plain loops."""

import numpy as np
import pytest

from skdeep.nn.core.binder import Arena, Binder
from skdeep.nn.core.network import Network
from skdeep.nn.core.params import ParamStore
from skdeep.nn.core.spec import ShapeError
from skdeep.nn.dense.bag_of_tokens import BagOfTokens
from skdeep.nn.dense.embedding import Embedding
from skdeep.nn.losses import SquaredError
from skdeep.testing import run_layer

V, E, T, C, B = 7, 3, 4, 3, 5


class Bag:
    """A bag of M models on B rows of steps of C tokens, the first of which it does not read."""

    def __init__(self, ops, models=1, first=0, recorded=False):
        layer = BagOfTokens(V, E, first=1, name="bag")
        network = Network([layer], (T, C), SquaredError(E))
        states = [np.random.RandomState(first + m) for m in range(models)]
        values = network.initial(states)
        self.scale = np.stack([s.uniform(0.5, 2.0, V) for s in states])
        for m in range(models):
            network.layout.view(values[m : m + 1], "bag.scale")[0, :, 0] = self.scale[m]
        self.W = network.layout.view(values, "bag.W").copy()
        self.store = ParamStore(ops, network.layout, values)
        self.store.allocate_grads()
        self.tokens = np.stack([s.randint(V, size=(B, T, C)) for s in states]).astype(np.int32)
        lengths = np.stack([s.randint(1, T + 1, B) for s in states])
        self.valid = (np.arange(T) < lengths[..., None]).astype(float)
        self.dy = np.stack([s.normal(size=(B, E)) for s in states])
        valid = ops.to_device(self.valid)
        binder = Binder(self.store, Arena(ops), B, training=True, valid=valid)
        x = binder.rows("x", (T, C), np.int32)
        ops.to_device(np.zeros_like(self.tokens), x)
        views = binder.bind(layer, layer.build((T, C)), "bag", x, None)
        layer_step = lambda: (layer.forward(views, True), layer.backward(views))
        step = ops.record(layer_step) if recorded else layer_step
        ops.to_device(self.tokens, x)
        ops.to_device(self.dy, views.dy)
        with ops.running():
            step()
        self.y = ops.to_host(views.y)
        self.dW = network.layout.view(ops.to_host(self.store.grads), "bag.W")


def by_loops(bag, m):
    """Return outputs and gradients of model m."""
    y, dW = np.zeros((B, E)), np.zeros((V, E))
    for row in range(B):
        there = [
            int(token)
            for step in range(T)
            for token in bag.tokens[m, row, step, 1:]
            if bag.valid[m, row, step] and token
        ]
        norm = np.sqrt(sum(bag.scale[m, token] ** 2 for token in there) + 1e-12)
        for token in there:
            y[row] += bag.scale[m, token] / norm * bag.W[m, token]
            dW[token] += bag.scale[m, token] / norm * bag.dy[m, row]
    return y, dW


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("models", [1, 3])
def test_a_bag_is_what_loops_say(backend, models, recorded):
    bag = Bag(backend, models, recorded=recorded)
    for m in range(models):
        y, dW = by_loops(bag, m)
        np.testing.assert_allclose(bag.y[m], y, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(bag.dW[m], dW, rtol=1e-9, atol=1e-12)


def test_a_stack_equals_its_models(backend):
    stack = Bag(backend, 2)
    for m in range(2):
        single = Bag(backend, first=m)
        np.testing.assert_allclose(stack.y[m], single.y[0], rtol=1e-12)
        np.testing.assert_allclose(stack.dW[m], single.dW[0], rtol=1e-12)


def test_equal_scales_give_tfidf_of_unit_length():
    weights = {"W": np.eye(4), "scale": [[0.0], [1.0], [1.0], [1.0]]}
    y = run_layer(BagOfTokens(4, 4), [[1, 3, 0], [0, 0, 0]], weights=weights)
    np.testing.assert_allclose(y, [[0, 0.5**0.5, 0, 0.5**0.5], [0, 0, 0, 0]])


def test_only_sequences_of_tokens():
    with pytest.raises(ShapeError, match=r"\(T, C\), got \(2, 1\)"):
        BagOfTokens(V, E, first=1).build((2, 1))
    with pytest.raises(ShapeError, match=r"shape \(T, C\), got \(3,\)"):
        Embedding(V, E, column=0).build((3,))


def test_an_embedding_reads_one_of_the_tokens_of_a_step():
    X = [[[1, 5], [2, 6]]]
    whole = run_layer(Embedding(V, E), [[1, 2]])
    np.testing.assert_array_equal(run_layer(Embedding(V, E, column=0), X), whole)
