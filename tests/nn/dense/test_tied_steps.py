"""Logits by the vectors that embed tokens: one array of weights, two gradients."""

import numpy as np
import pytest

from skdeep.nn import GRU, Embedding, ShapeError, SoftmaxLogLoss
from skdeep.nn.core.binder import Arena
from skdeep.nn.core.network import Network, Program
from skdeep.nn.core.params import ParamStore
from skdeep.nn.dense.tied_steps import TiedSteps

TOKENS, STEPS, MODELS, BATCH = 5, 4, 2, 3


@pytest.fixture
def program(backend):
    layers = [Embedding(TOKENS, 3, name="embedding"), GRU(3), TiedSteps(TOKENS, "embedding")]
    network = Network(layers, (STEPS,), SoftmaxLogLoss(TOKENS))
    values = network.initial([np.random.RandomState(seed) for seed in range(MODELS)])
    store = ParamStore(backend, network.layout, values)
    program = Program(network, store, Arena(backend), BATCH, training=True)
    random = np.random.default_rng(0)
    for place in (program.x, program.target_rows):
        backend.to_device(random.integers(0, TOKENS, place.shape).astype(np.int32), place)
    weights = np.full(program.weight_rows.shape, 1 / (STEPS * BATCH))
    backend.to_device(weights, program.weight_rows)
    return program


def test_the_embedding_gets_both_gradients(program):
    ops, store = program.ops, program.store
    values = ops.to_host(store.values)
    with ops.running():
        program.loss_and_gradient()
    found = ops.to_host(store.grads)

    def loss(values):
        ops.to_device(values, store.values)
        with ops.running():
            program.loss_value()
        return ops.to_host(program.value).sum(axis=(1, 2))

    for place in range(0, values.shape[1], 3):
        step = np.zeros(values.shape)
        step[:, place] = 1e-6
        slope = (loss(values + step) - loss(values - step)) / 2e-6
        np.testing.assert_allclose(found[:, place], slope, rtol=1e-5, atol=1e-9)


def test_logits_are_products_with_the_vectors(program):
    ops = program.ops
    with ops.running():
        program.forward()
    steps = ops.to_host(program.views.children["gru_1"].y)
    vectors = ops.to_host(program.views.children["embedding"].params.W)
    expected = np.einsum("mbtf,mvf->mvtb", steps, vectors)  # the bias starts at zero
    found = ops.to_host(program.z).reshape(expected.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


def test_it_needs_an_embedding_of_its_width():
    embedding = Embedding(TOKENS, 3, name="embedding")
    with pytest.raises(ShapeError, match="of shape"):
        Network([embedding, GRU(4), TiedSteps(TOKENS, "embedding")], (4,), SoftmaxLogLoss(TOKENS))
