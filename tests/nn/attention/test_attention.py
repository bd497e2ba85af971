"""Attention against loops; chunks, parts and masks that change nothing or what they are to."""

import numpy as np
import pytest

import skdeep.nn.attention.dot_products as dot_products
import skdeep.nn.core.in_parts as in_parts
from skdeep.backend.numpy_backend import NumpyBackend
from skdeep.nn import (
    CrossAttention,
    InParts,
    LearnedPositions,
    MultiHeadAttention,
    Sequential,
    ShapeError,
    SinusoidalPositions,
    StepNorm,
    decoder_block,
    encoder_block,
)
from skdeep.nn.core.binder import Arena, Binder
from skdeep.nn.core.memory import Following, Memory
from skdeep.nn.core.params import Layout, ParamStore
from skdeep.nn.core.state import RecurrentState
from skdeep.testing import run_layer
from skdeep.testing.bound import BoundLayer as Bound
from skdeep.testing.bound import row_keys
from tests.reference import attention as loops


def params_of(bound, model):
    """Return the parameters of a model by name, rows as vectors."""
    views = {name: bound.layout.view(bound.values, name)[model] for name in bound.layout.slots}
    return {name: array[0] if len(array) == 1 else array for name, array in views.items()}


@pytest.mark.parametrize("causal", [False, True])
def test_attention_is_that_of_a_loop(backend, causal):
    bound = Bound(backend, MultiHeadAttention(2, causal=causal), (5, 6), models=2)
    found = bound.forward()
    for m in range(2):
        for row, x in enumerate(bound.x[m]):
            expected = loops.attention(x, **params_of(bound, m), heads=2, causal=causal)
            np.testing.assert_allclose(found[m, row], expected, rtol=1e-11, atol=1e-13)


def test_an_encoder_block_is_that_of_a_loop(backend):
    bound = Bound(backend, Sequential(encoder_block(2, 7)), (4, 6), batch=2)
    found, params = bound.forward(), params_of(bound, 0)
    parts = [
        {name.partition(".")[2]: a for name, a in params.items() if name.startswith(part)}
        for part in ("prenorm_0", "prenorm_1")
    ]
    for row, x in enumerate(bound.x[0]):
        expected = loops.encoder_block(x, parts, heads=2)
        np.testing.assert_allclose(found[0, row], expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("most_kept", [0, 1 << 24])
@pytest.mark.parametrize("elements", [1, 70, 300])
@pytest.mark.parametrize("causal", [False, True])
def test_chunks_change_nothing(monkeypatch, causal, elements, most_kept):
    layer = MultiHeadAttention(3, causal=causal, dropout=0.3)
    options = {"models": 2, "batch": 4, "lengths": [7, 2, 5, 7]}
    whole = Bound(NumpyBackend(), layer, (7, 6), **options)
    assert len(whole.views.work.core.chunks) == 1
    expected = whole.results()
    monkeypatch.setattr(dot_products, "MOST_KEPT", most_kept)
    monkeypatch.setattr(dot_products, "STRETCH", 1)
    ops = NumpyBackend()
    ops.chunk_elements = elements
    cut = Bound(ops, layer, (7, 6), **options)
    assert len(cut.views.work.core.chunks) > 1
    recorded = ops.record(cut.step)
    for name, array in cut.results(recorded).items():
        np.testing.assert_allclose(array, expected[name], rtol=1e-9, atol=1e-12, err_msg=name)


def test_memory_of_long_sequences_stays_within_a_bound():
    def scores(steps):
        layer = MultiHeadAttention(1)
        bound = Bound(NumpyBackend(), layer, (steps, 1), batch=1, dtype=np.float32)
        buffers = bound.arena._buffers.items()
        return sum(array.size for (name, _), array in buffers if "scores" in name)

    assert scores(100) == 100 * 100
    assert scores(5000) < 5000 * 5000 / 10


@pytest.mark.parametrize("batch", [2, 5])
def test_parts_of_a_batch_change_nothing(monkeypatch, backend, batch):
    layers = [LearnedPositions(5, dropout=0.2), *encoder_block(2, 5, dropout=0.3), StepNorm()]
    options = {"models": 2, "batch": batch, "lengths": [4, 1, 3, 2, 4][:batch]}
    whole = Bound(backend, InParts(layers), (4, 6), **options)
    assert len(whole.views.work.parts) == 1
    monkeypatch.setattr(in_parts, "PART_WORK", 1)
    cut = Bound(backend, InParts(layers), (4, 6), **options)
    assert len(cut.views.work.parts) == 2
    expected, found = whole.results(), cut.results(backend.record(cut.step))
    for name, array in found.items():
        np.testing.assert_allclose(array, expected[name], rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("layer", encoder_block(2, 5, dropout=0.4), ids=["attention", "hidden"])
def test_masks_depend_neither_on_padding_nor_on_company(backend, layer):
    whole = Bound(backend, layer, (5, 6), batch=3, lengths=[3, 5, 2])
    together = whole.forward()
    alone = Bound(backend, layer, (3, 6), batch=1, keys=row_keys(3)[:1])
    found = alone.forward(x=whole.x[:, :1, :3])
    np.testing.assert_allclose(found[:, 0], together[:, 0, :3], rtol=1e-10, atol=1e-12)
    before = found.copy()
    alone.next_step(1)
    assert not np.allclose(alone.forward(x=whole.x[:, :1, :3]), before)


def test_dropout_drops_weights_at_its_rate_and_scales_the_others(backend):
    layer = MultiHeadAttention(2, dropout=0.25)
    bound = Bound(backend, layer, (40, 2), batch=8)
    bound.forward()
    kept = bound.host(bound.views.work.core.kept[0])
    assert set(np.unique(kept)) == {0.0, 1 / 0.75}
    assert abs((kept == 0).mean() - 0.25) < 0.01
    for axis in (1, 2, 3, 4):  # no place of a key, sample, head or query has a mask of its own
        assert np.ptp((kept == 0).mean(axis=axis)) > 0


def test_positions():
    ops = NumpyBackend()
    bound = Bound(ops, SinusoidalPositions(), (9, 5), batch=1)
    found = bound.forward() - bound.x
    for t in range(9):
        angles = [t / 10_000 ** (k / 3) for k in range(3)]
        expected = [*np.sin(angles), *np.cos(angles)][:5]
        np.testing.assert_allclose(found[0, 0, t], expected, atol=1e-12)
    learned = Bound(ops, LearnedPositions(9), (4, 5), batch=2)
    added = learned.forward() - learned.x
    np.testing.assert_allclose(added[0, 1], learned.values.reshape(9, 5)[:4], atol=1e-12)


def test_what_does_not_fit_names_the_layer():
    with pytest.raises(ShapeError, match="needs a multiple of 4 features"):
        MultiHeadAttention(4).build((3, 6))
    with pytest.raises(ShapeError, match=r"LearnedPositions\(longest=3\) knows 3 places"):
        LearnedPositions(3).build((4, 2))
    with pytest.raises(ValueError, match="heads of MultiHeadAttention must be a positive"):
        MultiHeadAttention(0)
    with pytest.raises(ValueError, match="dropout of MultiHeadAttention"):
        MultiHeadAttention(1, dropout=1.0)


def test_cross_attention_is_that_of_a_loop():
    rng = np.random.default_rng(0)
    shapes = {"W": (6, 6), "W_memory": (4, 12), "W_out": (6, 6)}
    weights = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    weights |= {name: rng.normal(size=(1, n)) for name, n in (("b", 6), ("b_memory", 6))}
    weights["b_out"] = rng.normal(size=(1, 6))
    X, memory, lengths = rng.normal(size=(3, 4, 6)), rng.normal(size=(3, 5, 4)), [3, 5, 1]
    options = {"weights": weights, "memory": memory, "memory_lengths": lengths}
    found = run_layer(CrossAttention(2, 4), X, **options)
    for x, m, length, y in zip(X, memory, lengths, found, strict=True):
        expected = loops.cross_attention(x, m[:length], **weights, heads=2)
        np.testing.assert_allclose(y, expected, rtol=1e-10, atol=1e-12)


class Decoder:
    """A decoder of M = 2 models, bound for all steps at once or one at a time."""

    def __init__(self, ops, layer, memory, lengths, steps, carry=None):
        self.ops, self.layer = ops, layer
        spec = layer.build((steps, 6))
        layout = Layout(spec)
        values = np.stack([layout.initial(np.random.RandomState(k)) for k in range(2)])
        store = ParamStore(ops, layout, values + 0.1)
        binder = Binder(store, Arena(ops), len(lengths), training=False, carry=carry)
        valid = np.arange(memory.shape[2]) < np.array(lengths)[:, None]
        valid = ops.to_device(np.tile(valid.astype(float)[None], (2, 1, 1)))
        self.following = Following()
        binder.memory = Memory(ops.to_device(memory), None, valid, self.following)
        self.x = binder.rows("x", (steps, 6))
        self.views = binder.bind(layer, spec, "", self.x, None)
        with ops.running():
            self.following.forward()

    def run(self, x):
        self.ops.to_device(np.ascontiguousarray(x), self.x)
        with self.ops.running():
            self.layer.forward(self.views, False)
        return self.ops.to_host(self.views.y)


@pytest.mark.parametrize("positions", [SinusoidalPositions(), LearnedPositions(4)])
def test_a_decoder_writes_step_by_step_what_it_gives_at_once(backend, positions):
    layer = Sequential([positions, *decoder_block(2, 5, 3), *decoder_block(3, 5, 3), StepNorm()])
    rng = np.random.default_rng(0)
    x, memory = rng.normal(size=(2, 3, 4, 6)), rng.normal(size=(2, 3, 5, 3))
    lengths = [5, 2, 3]
    expected = Decoder(backend, layer, memory, lengths, 4).run(x)
    carry = RecurrentState(backend, 2, 3, np.float64, longest=4)
    one = Decoder(backend, layer, memory, lengths, 1, carry)
    for t in range(4):
        backend.to_device(np.full((2, 3, 1), float(t)), carry.step)
        found = one.run(x[:, :, t : t + 1])[:, :, 0]
        np.testing.assert_allclose(found, expected[:, :, t], rtol=1e-10, atol=1e-12)


def test_what_a_step_looked_at_is_there_without_training(backend):
    rng = np.random.default_rng(0)
    x, memory = rng.normal(size=(2, 3, 4, 6)), rng.normal(size=(2, 3, 5, 3))
    decoder = Decoder(backend, CrossAttention(2, 3), memory, [5, 2, 3], 4)
    decoder.run(x)
    share = backend.to_host(decoder.views.work.share)
    assert share.shape == (2, 3, 2, 4, 5)
    np.testing.assert_allclose(share.sum(axis=-1), 1)
    assert not share[:, 1, :, :, 2:].any()
    assert np.ptp(share[:, 0]) > 0


def test_what_cannot_be_read_step_by_step_says_so():
    carry = RecurrentState(NumpyBackend(), 2, 3, np.float64, longest=4)
    memory = np.zeros((2, 3, 5, 3))
    with pytest.raises(ValueError, match="it cannot read one at a time"):
        Decoder(NumpyBackend(), MultiHeadAttention(2), memory, [5, 2, 3], 1, carry)
    with pytest.raises(ValueError, match="4 places are too many"):
        Decoder(NumpyBackend(), LearnedPositions(3), memory, [5, 2, 3], 1, carry)
