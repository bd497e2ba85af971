"""Long sequences: gradients that stop, and states that go on from chunk to chunk."""

import tracemalloc

import numpy as np
import pytest

from skdeep.backend import get_backend
from skdeep.nn.core.binder import Arena, Binder
from skdeep.nn.core.network import Network, Program
from skdeep.nn.core.parallel import Parallel
from skdeep.nn.core.params import Layout, ParamStore
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.core.spec import Noise
from skdeep.nn.core.state import RecurrentState
from skdeep.nn.dense.dense import Dense
from skdeep.nn.losses import SquaredError
from skdeep.nn.recurrent.gru import GRU
from skdeep.nn.recurrent.lstm import LSTM
from skdeep.nn.recurrent.rnn import RNN
from skdeep.nn.recurrent.step_pooling import LastStep
from skdeep.testing.bound import BoundLayer as Bound
from skdeep.testing.bound import row_keys
from tests.reference.recurrent import Detached

LAYERS = {"lstm": LSTM, "gru": GRU, "rnn": RNN}


def named(layout, values):
    """Return the parameters of one model by name."""
    params = {name: layout.view(values[None], name)[0] for name in layout.slots}
    return {name: a[0] if len(a) == 1 else a for name, a in params.items()}


@pytest.mark.parametrize("truncate", [1, 2, 3, 9])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("cell", list(LAYERS))
def test_gradients_stop_as_in_an_objective_of_ranges(backend, cell, reverse, truncate):
    layer = LAYERS[cell](3, truncate=truncate, reverse=reverse)
    bound = Bound(backend, layer, (7, 2), batch=2)
    found = bound.results()
    base = bound.values[0].astype(float)
    parts = [
        Detached(cell, x, 3, named(bound.layout, base), truncate, reverse=reverse)
        for x in bound.x[0]
    ]

    def objective(values, rows):
        params = named(bound.layout, values)
        pairs = zip(parts, rows, bound.dy[0], strict=True)
        return sum(part.objective(x, params, dy) for part, x, dy in pairs)

    rng, h = np.random.default_rng(0), 1e-6
    for _ in range(3):
        step = rng.normal(size=bound.x.shape)
        up, down = (objective(base, bound.x[0] + sign * h * step[0]) for sign in (1, -1))
        numeric = (up - down) / (2 * h)
        np.testing.assert_allclose(np.sum(found["dx"] * step), numeric, rtol=1e-6, atol=1e-7)
        step = rng.normal(size=base.shape)
        up, down = (objective(base + sign * h * step, bound.x[0]) for sign in (1, -1))
        numeric = (up - down) / (2 * h)
        np.testing.assert_allclose(np.sum(found["grads"][0] * step), numeric, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("wants_dx", [True, False])
@pytest.mark.parametrize("cell", list(LAYERS.values()))
def test_truncation_changes_no_state_and_needs_no_gradient_of_x(backend, cell, wants_dx):
    whole = Bound(backend, cell(3), (5, 2), models=2)
    cut = Bound(backend, cell(3, truncate=2), (5, 2), models=2, wants_dx=wants_dx)
    never = Bound(backend, cell(3, truncate=5), (5, 2), models=2, wants_dx=wants_dx)
    expected, found, same = whole.results(), cut.results(), never.results()
    np.testing.assert_array_equal(found["y"], expected["y"])
    assert abs(found["grads"] - expected["grads"]).max() > 1e-3
    np.testing.assert_allclose(same["grads"], expected["grads"], rtol=1e-12, atol=1e-14)


class Chunks:
    """A layer run over chunks of sequences, one after the other, with states that are carried."""

    def __init__(self, ops, layer, values, batch):
        self.ops, self.layer, self.values, self.batch = ops, layer, values, batch
        self.carry = RecurrentState(ops, len(values), batch, values.dtype)

    def run(self, x, dy=None, valid=None):
        """Return the outputs, and gradients where dy is given, of one chunk (M, B, T, F)."""
        ops, spec = self.ops, self.layer.build(x.shape[2:])
        store = ParamStore(ops, Layout(spec), self.values)
        if dy is not None:
            store.allocate_grads()
        valid = None if valid is None else ops.to_device(valid)
        given = {"training": dy is not None, "valid": valid, "carry": self.carry}
        binder = Binder(store, Arena(ops), self.batch, **given)
        views = binder.bind(self.layer, spec, "", ops.to_device(x), None)

        with ops.running():
            self.layer.forward(views, dy is not None)
            if dy is None:
                return ops.to_host(views.y), None
            ops.to_device(dy, views.dy)
            self.layer.backward(views)
        return ops.to_host(views.y), ops.to_host(store.grads)


def deep(cell, **options):
    return Sequential([cell(4, name="low", **options), cell(3, name="high", **options)])


def drawn(layer, models, steps):
    """Return parameters, rows and gradients of the outputs."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(models, Layout(layer.build((steps, 2))).size))
    return values, rng.normal(size=(models, 3, steps, 2)), rng.normal(size=(models, 3, steps, 3))


@pytest.mark.parametrize("models", [1, 2])
@pytest.mark.parametrize("cell", list(LAYERS.values()))
def test_chunks_give_what_one_long_run_gives(backend, cell, models):
    layer = deep(cell)
    values, x, _ = drawn(layer, models, 7)
    expected = Chunks(backend, layer, values, 3).run(x)[0]
    chunks = Chunks(backend, layer, values, 3)
    cuts = [slice(0, 3), slice(3, 4), slice(4, 5), slice(5, 7)]
    found = [chunks.run(x[:, :, cut])[0] for cut in cuts]
    np.testing.assert_allclose(np.concatenate(found, axis=2), expected, rtol=0, atol=1e-12)
    names = {f"{part}.{name}" for part in ("low", "high") for name in cell.carries}
    assert set(chunks.carry.states) == names
    state = backend.to_host(chunks.carry.states["high.h"])
    np.testing.assert_allclose(state, expected[:, :, -1].swapaxes(1, 2), rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", list(LAYERS.values()))
def test_gradients_of_chunks_are_those_of_a_truncated_run(backend, cell):
    layer = deep(cell, truncate=3)
    values, x, dy = drawn(layer, 2, 6)
    expected = Chunks(backend, layer, values, 3).run(x, dy)[1]
    chunks = Chunks(backend, deep(cell), values, 3)
    found = [chunks.run(x[:, :, k : k + 3], dy[:, :, k : k + 3])[1] for k in (0, 3)]
    np.testing.assert_allclose(sum(found), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("cell", list(LAYERS.values()))
def test_a_row_that_is_reset_starts_anew(backend, cell):
    layer = deep(cell)
    values, x, _ = drawn(layer, 2, 4)
    chunks = Chunks(backend, layer, values, 3)
    chunks.run(x)
    going_on = Chunks(backend, layer, values, 3)
    going_on.run(x)
    fresh = Chunks(backend, layer, values, 3).run(x)[0]
    expected = going_on.run(x)[0]
    expected[0, 1], expected[1, 2] = fresh[0, 1], fresh[1, 2]
    keep = np.ones((2, 1, 3))
    keep[0, 0, 1] = keep[1, 0, 2] = 0
    backend.to_device(keep, chunks.carry.keep)
    np.testing.assert_allclose(chunks.run(x)[0], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("cell", list(LAYERS.values()))
def test_padding_freezes_the_state(backend, cell, training):
    """Rows of 4, 2 and 0 steps, then all go on."""
    layer = deep(cell)
    values, x, dy = drawn(layer, 2, 4)
    lengths = np.array([4, 2, 0])
    valid = np.broadcast_to(np.arange(4) < lengths[:, None], (2, 3, 4)).astype(float)
    chunks = Chunks(backend, layer, values, 3)
    chunks.run(x)  # so that no row starts from zeros
    chunks.run(x, dy * valid[..., None] if training else None, valid)
    together = chunks.run(x)[0]
    for row, length in enumerate(lengths):
        alone = Chunks(backend, layer, values, 1)
        part = x[:, row : row + 1]
        alone.run(part)
        if length:
            alone.run(part[:, :, :length])
        np.testing.assert_allclose(together[:, row], alone.run(part)[0][:, 0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", list(LAYERS.values()))
def test_padding_behind_a_carried_state_gives_no_gradient(backend, cell):
    layer = deep(cell)
    values, x, dy = drawn(layer, 1, 4)
    lengths = np.array([4, 2, 1])
    valid = (np.arange(4) < lengths[:, None]).astype(float)[None]
    dy = dy * valid[..., None]
    found = Chunks(backend, layer, values, 3).run(x, dy, valid)[1]
    expected = np.zeros_like(found)
    for row, length in enumerate(lengths):
        part = slice(row, row + 1), slice(0, length)
        expected += Chunks(backend, layer, values, 1).run(x[:, *part], dy[:, *part])[1]
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_a_stack_carries_what_its_models_carry(backend):
    layer = deep(LSTM)
    values, x, _ = drawn(layer, 3, 4)
    stack = Chunks(backend, layer, values, 3)
    stack.run(x)
    found = stack.run(x)[0]
    for m in range(3):
        alone = Chunks(backend, layer, values[m : m + 1], 3)
        alone.run(x[m : m + 1])
        np.testing.assert_allclose(found[m], alone.run(x[m : m + 1])[0][0], rtol=0, atol=1e-12)


def test_neighbouring_models_carry_states_in_the_memory_of_the_whole(backend):
    layer = deep(LSTM)
    values, x, _ = drawn(layer, 3, 4)
    whole, stack = Chunks(backend, layer, values, 3), Chunks(backend, layer, values, 3)
    head, tail = (Chunks(backend, layer, values[cut], 3) for cut in (slice(1), slice(1, 3)))
    head.carry, tail.carry = stack.carry.part(slice(1)), stack.carry.part(slice(1, 3))
    whole.run(x)
    head.run(x[:1])
    tail.run(x[1:])
    np.testing.assert_allclose(stack.run(x)[0], whole.run(x)[0], rtol=0, atol=1e-12)


def test_programs_of_a_network_share_a_carry(backend):
    """Predicting step by step: a recorded program of one step, after a longer one."""
    network = Network([GRU(3, name="gru"), LastStep(), Dense(2)], (5, 2), SquaredError())
    values = network.initial([np.random.RandomState(0)])
    store = ParamStore(backend, network.layout, values)
    x = np.random.default_rng(0).normal(size=(1, 4, 7, 2))

    def program(steps, carry):
        return Program(network.of_length(steps), store, Arena(backend), 4, carry=carry)

    def run(bound, rows):
        backend.to_device(np.ascontiguousarray(rows), bound.x)
        with backend.running():
            bound.forward()
        return backend.to_host(bound.z)

    expected = run(program(7, None), x)
    carry = RecurrentState(backend, 1, 4, values.dtype)
    run(program(5, carry), x[:, :, :5])
    single = program(1, carry)
    single.forward = backend.record(single.forward)
    for t in (5, 6):
        found = run(single, x[:, :, t : t + 1])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    assert list(carry.states) == ["gru.h"]


@pytest.mark.parametrize("cell", list(LAYERS.values()))
def test_a_warm_step_on_padded_chunks_allocates_no_array(cell):
    ops, batch = get_backend("cpu"), 2048  # a column of one array is 16 KiB
    layer = Sequential([deep(cell, dropout=0.2, truncate=2), LastStep()])
    spec = layer.build((3, 2))
    values = np.random.default_rng(0).normal(size=(1, Layout(spec).size))
    store = ParamStore(ops, Layout(spec), values)
    store.allocate_grads()
    noise = Noise(ops.to_device(row_keys(batch)[None, :, None]), ops.zeros((1, 1, 1), np.uint32))
    valid = np.ones((1, batch, 3))
    valid[:, ::2, 2] = 0
    carry = RecurrentState(ops, 1, batch, values.dtype)
    given = {"training": True, "noise": noise, "valid": valid, "carry": carry}
    binder = Binder(store, Arena(ops), batch, **given)
    views = binder.bind(layer, spec, "", binder.rows("x", (3, 2)), None)
    for array in (views.x, views.dy):
        ops.to_device(np.full(array.shape, 0.1), array)

    def step():
        layer.forward(views, True)
        layer.backward(views)

    step = ops.record(step)
    with ops.running():
        for _ in range(3):
            step()
        tracemalloc.start()
        step()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 16 * 1024


def test_what_cannot_be_carried(backend):
    layer = Parallel([GRU(2), LSTM(2, reverse=True)])
    values, x, _ = drawn(layer, 1, 4)
    with pytest.raises(ValueError, match=r"LSTM\(.*runs in reverse and cannot carry a state"):
        Chunks(backend, layer, values, 3).run(x)
    chunks = Chunks(backend, layer, values, 3)
    chunks.batch = 2
    with pytest.raises(ValueError, match=r"1 model.* on 2 row.* cannot carry .* on 3 row"):
        chunks.run(x[:, :2])


@pytest.mark.parametrize("truncate", [0, -2])
def test_impossible_ranges(truncate):
    with pytest.raises(ValueError, match="truncate of GRU must be at least 1 or None"):
        GRU(2, truncate=truncate)
