"""Rows of numbers for tokens: what the layer contract asks, with tokens as inputs."""

import tracemalloc

import numpy as np
import pytest

from skdeep.backend import get_backend
from skdeep.nn.conv.reshape import Reshape
from skdeep.nn.core.binder import Arena, Binder
from skdeep.nn.core.network import Network
from skdeep.nn.core.params import ParamStore
from skdeep.nn.core.spec import ShapeError
from skdeep.nn.dense.embedding import Embedding
from skdeep.nn.losses import SquaredError

V, E, T = 7, 3, 5


class Tokens:
    """An embedding of M models on B rows of tokens; model m of a stack is a single with `first`."""

    def __init__(
        self, ops, models=1, batch=4, first=0, dtype=np.float64, recorded=False, size=(V, E)
    ):
        self.ops = ops
        n_tokens, units = size
        layer = Embedding(n_tokens, units, name="embedding")
        network = Network([layer, Reshape()], (T,), SquaredError(T * units))
        assert network.in_dtype == np.int32
        states = [np.random.RandomState(first + m) for m in range(models)]
        self.values = network.initial(states)
        self.store = ParamStore(ops, network.layout, self.values.astype(dtype))
        self.store.allocate_grads()
        ops.to_device(np.full(self.store.grads.shape, np.nan, dtype), self.store.grads)
        binder = Binder(self.store, Arena(ops), batch, training=True)
        tokens = np.stack([s.randint(n_tokens, size=(batch, T)) for s in states])
        self.tokens = tokens.astype(np.int32)
        self.dy = np.stack([s.normal(size=(batch, T, units)) for s in states])
        x = binder.rows("x", (T,), np.int32)
        ops.to_device(np.zeros_like(self.tokens), x)
        views = binder.bind(layer, layer.build((T,)), "embedding", x, None)
        layer_step = lambda: (layer.forward(views, True), layer.backward(views))
        self.step = ops.record(layer_step) if recorded else layer_step
        ops.to_device(self.tokens, x)
        ops.to_device(self.dy.astype(dtype), views.dy)
        with ops.running():
            self.step()
        self.y, self.grads = ops.to_host(views.y), ops.to_host(self.store.grads)


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("models", [1, 3])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_rows_come_out_and_gradients_go_back_to_them(backend, models, dtype, recorded):
    found = Tokens(backend, models, dtype=dtype, recorded=recorded)
    for m in range(models):
        W = found.values[m].reshape(V, E).astype(dtype)
        np.testing.assert_array_equal(found.y[m], W[found.tokens[m]])
        expected = np.zeros((V, E))
        for row, step in np.ndindex(found.tokens[m].shape):
            expected[found.tokens[m, row, step]] += found.dy[m, row, step]
        tolerance = {"rtol": 1e-12} if dtype == np.float64 else {"rtol": 1e-4, "atol": 1e-5}
        np.testing.assert_allclose(found.grads[m].reshape(V, E), expected, **tolerance)


def test_a_stack_equals_its_models(backend):
    stack = Tokens(backend, 3)
    for m in range(3):
        single = Tokens(backend, first=m)
        np.testing.assert_array_equal(stack.y[m], single.y[0])
        np.testing.assert_allclose(stack.grads[m], single.grads[0], rtol=1e-12)


def test_a_warm_step_allocates_no_array_of_steps_nor_of_tokens():
    size = (2000, 3)  # so many tokens that an array of theirs would show
    found = Tokens(get_backend("cpu"), batch=4096, recorded=True, size=size)
    with found.ops.running():
        tracemalloc.start()
        found.step()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 16 * 1024


def test_only_sequences_of_tokens():
    with pytest.raises(ShapeError, match=r"shape \(T,\), got \(2, 3\)"):
        Embedding(V, E).build((2, 3))
