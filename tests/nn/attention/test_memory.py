"""Layers of a decoder: what they read of the memory, and the encoder behind it."""

import numpy as np
import pytest

from skdeep.backend import get_backend
from skdeep.nn import (
    GRU,
    Activation,
    AddFromMemory,
    AdditiveAttention,
    Dense,
    DotAttention,
    Layer,
    MeanSteps,
    Parallel,
    Sequential,
    ShapeError,
    Spec,
    SquaredError,
    TimeDistributed,
)
from skdeep.nn.core.encoder_decoder import EncoderDecoder
from skdeep.nn.core.memory import Source
from skdeep.nn.core.network import Network
from skdeep.testing import check_layer, run_layer
from skdeep.testing.bound import BoundLayer
from skdeep.testing.layer_contract import CHECKS
from tests.reference.attention import additive, attend, dot

random = np.random.default_rng(0)
LENGTHS = [3, 5, 1]


def weights(**shapes):
    return {name: random.normal(size=shape) for name, shape in shapes.items()}


@pytest.mark.parametrize(
    ("layer", "given", "score"),
    [
        (DotAttention(4), weights(W=(4, 2)), dot),
        (AdditiveAttention(4, 3), weights(U=(2, 3), W=(4, 3), b=(1, 3), v=(3, 1)), additive),
    ],
)
def test_each_step_gets_the_mean_of_what_its_scores_point_to(layer, given, score):
    X, memory = random.normal(size=(3, 4, 2)), random.normal(size=(3, 5, 4))
    found = run_layer(layer, X, weights=given, memory=memory, memory_lengths=LENGTHS)
    for x, m, length, y in zip(X, memory, LENGTHS, found, strict=True):
        np.testing.assert_allclose(y, attend(x, m[:length], score(**given))[0], rtol=1e-12)


def test_check_layer_takes_the_shape_of_a_memory():
    check_layer(DotAttention(4), (3, 2), memory_shape=(5, 4))
    with pytest.raises(AssertionError, match="memory, which only"):
        check_layer(DotAttention(4), (3, 2))


class SourceFirst(Layer):
    """Samples that hold the source's steps and then those that the decoder reads."""

    def __init__(self, pair, n_source, source_lengths=None):
        self.pair, self.n_source, self.source_lengths = pair, n_source, source_lengths

    def build(self, in_shape):
        inner = self.pair.build((in_shape[0] - self.n_source, in_shape[1]))
        return Spec(inner.out_shape, children={"pair": (self.pair, inner)})

    def bind(self, spec, v, binder):
        valid, n = None, self.n_source
        if self.source_lengths is not None:
            there = np.arange(n) < np.array(self.source_lengths)[:, None]
            valid = binder.constant(there.astype(binder.dtype)[None])
        source, dsource = v.x[:, :, :n], None if v.dx is None else v.dx[:, :, :n]
        binder.source = Source(source, dsource, valid)
        dx = None if v.dx is None else v.dx[:, :, n:]
        inner, name = spec.children["pair"][1], binder.child("pair")
        child = binder.bind(self.pair, inner, name, v.x[:, :, n:], dx, y=v.y, dy=v.dy)
        v.children["pair"], v.y, v.dy = child, child.y, child.dy

    def forward(self, v, training):
        self.pair.forward(v.children["pair"], training)

    def backward(self, v):
        self.pair.backward(v.children["pair"])


def encoder_decoder(n_source):
    encoder = Parallel([GRU(2), GRU(2, reverse=True)])
    decoder = Sequential(
        [
            AddFromMemory([MeanSteps(), Dense(3)], 4),
            GRU(3),
            DotAttention(4),
            AdditiveAttention(4, 2),
            TimeDistributed([Dense(2), Activation("tanh")]),
        ]
    )
    return EncoderDecoder(encoder, decoder, (n_source, 3))


@pytest.mark.parametrize(
    "check",
    [check for check in CHECKS.values() if check.__name__ != "_value"],  # of the test's own layer
    ids=lambda check: check.__name__.strip("_"),
)
def test_gradients_flow_back_to_the_encoder(backend, check):
    check(SourceFirst(encoder_decoder(4), 4), (7, 3), backend)


def test_a_pair_does_not_depend_on_padding_or_on_other_pairs():
    sources, steps = [4, 2, 3], [3, 1, 2]
    numbers = {"models": 2, "batch": 3}
    ops = get_backend("cpu")
    whole = BoundLayer(ops, SourceFirst(encoder_decoder(4), 4, sources), (7, 3), **numbers)
    for row, n in enumerate(steps):
        whole.dy[:, row, n:] = 0
    found = whole.results()
    grads = 0
    for row, (s, t) in enumerate(zip(sources, steps, strict=True)):
        alone = BoundLayer(ops, SourceFirst(encoder_decoder(s), s), (s + t, 3), models=2, batch=1)
        there = [*range(s), *range(4, 4 + t)]
        one = slice(row, row + 1)
        expected = alone.results(x=whole.x[:, one][:, :, there], dy=whole.dy[:, one, :t])
        np.testing.assert_allclose(found["y"][:, one, :t], expected["y"], rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(found["dx"][:, one][:, :, there], expected["dx"], atol=1e-13)
        grads = grads + expected["grads"]
    np.testing.assert_allclose(found["grads"], grads, atol=1e-12)


def test_what_does_not_fit_together_is_refused_by_name():
    with pytest.raises(ShapeError, match="memory_units=4"):
        EncoderDecoder(GRU(3), DotAttention(4), (5, 2)).build((3, 2))
    with pytest.raises(ShapeError, match="must give steps"):
        EncoderDecoder(MeanSteps(), DotAttention(4), (5, 2)).build((3, 2))
    with pytest.raises(ShapeError, match="reads a memory"):
        Network([DotAttention(4)], (3, 2), SquaredError())
    with pytest.raises(ShapeError, match="must make a row of 2 features"):
        AddFromMemory([MeanSteps()], 4).build((3, 2))
