"""Recurrent layers against loops; padding, masks and pooling over the steps that are there."""

import numpy as np
import pytest

from skdeep.nn.core.binder import Arena, Binder
from skdeep.nn.core.parallel import Parallel
from skdeep.nn.core.params import Layout, ParamStore
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.core.spec import ShapeError
from skdeep.nn.recurrent.gru import GRU
from skdeep.nn.recurrent.lstm import LSTM
from skdeep.nn.recurrent.rnn import RNN
from skdeep.nn.recurrent.step_pooling import AttentionSteps, LastStep, MaxSteps, MeanSteps
from skdeep.testing.bound import BoundLayer as Bound
from tests.reference.recurrent import CELLS, run

LAYERS = {"lstm": LSTM, "gru": GRU, "rnn": RNN}
LENGTHS = np.array([5, 1, 3, 5, 2])
POOLS = [lambda: LastStep(3), lambda: MeanSteps(), lambda: MaxSteps(), lambda: AttentionSteps()]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("cell", list(LAYERS))
def test_states_are_those_of_a_loop(backend, cell, reverse):
    bound = Bound(backend, LAYERS[cell](3, reverse=reverse), (5, 2), models=2)
    found = bound.forward()
    for m in range(2):
        params = {name: bound.layout.view(bound.values, name)[m] for name in bound.layout.slots}
        params = {name: a[0] if len(a) == 1 else a for name, a in params.items()}
        for row, sequence in enumerate(bound.x[m]):
            expected = run(cell, sequence, 3, params, reverse=reverse)
            np.testing.assert_allclose(found[m, row], expected, rtol=1e-11, atol=1e-13)


class Padded:
    """A layer on sequences of several lengths; padding holds what should not matter."""

    def __init__(self, ops, layer, values, x, lengths, dy):
        self.ops, self.layer = ops, layer
        spec = layer.build(x.shape[2:])
        store = ParamStore(ops, Layout(spec), values)
        store.allocate_grads()
        valid = (np.arange(x.shape[2]) < lengths[:, None]).astype(float)[None]
        binder = Binder(store, Arena(ops), len(lengths), training=True, valid=ops.to_device(valid))
        device = ops.to_device(x)
        dx = binder.rows("dx", x.shape[2:])
        self.views = binder.bind(layer, spec, "", device, dx)
        ops.to_device(dy, self.views.dy)
        with ops.running():
            layer.forward(self.views, True)
            layer.backward(self.views)
        self.y, self.dx, self.grads = map(ops.to_host, (self.views.y, dx, store.grads))


def stack(cell):
    return Sequential(
        [
            Parallel([cell(3), cell(3, reverse=True, name="reversed")]),
            Parallel([cell(3), cell(3, reverse=True, name="reversed")]),
        ]
    )


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("cell", list(LAYERS.values()))
def test_padding_and_company_change_nothing(backend, cell, pool):
    layer = Sequential([stack(cell), pool()])
    rng = np.random.default_rng(0)
    values = rng.normal(size=(1, Layout(layer.build((5, 2))).size))
    x = rng.normal(size=(1, len(LENGTHS), 5, 2))
    dy = rng.normal(size=(1, len(LENGTHS), 6))
    together = Padded(backend, layer, values, x, LENGTHS, dy)
    grads = np.zeros_like(together.grads)
    for row, length in enumerate(LENGTHS):
        part = x[:, row : row + 1, :length]
        alone = Padded(backend, layer, values, part, np.array([length]), dy[:, row : row + 1])
        np.testing.assert_allclose(together.y[:, row], alone.y[:, 0], rtol=1e-11, atol=1e-12)
        np.testing.assert_allclose(
            together.dx[:, row, :length], alone.dx[:, 0], rtol=1e-10, atol=1e-12
        )
        assert not together.dx[:, row, length:].any()
        grads += alone.grads
    np.testing.assert_allclose(together.grads, grads, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("pool", POOLS)
def test_pools_of_a_ragged_batch(backend, pool):
    rng = np.random.default_rng(1)
    layer = pool()
    values = rng.normal(size=(1, Layout(layer.build((5, 6))).size))
    x = rng.normal(size=(1, len(LENGTHS), 5, 6))
    found = Padded(backend, layer, values, x, LENGTHS, np.zeros((1, len(LENGTHS), 6))).y[0]
    for row, length in enumerate(LENGTHS):
        steps = x[0, row, :length]
        if isinstance(layer, LastStep):
            expected = np.concatenate([steps[-1, :3], steps[0, 3:]])
        elif isinstance(layer, AttentionSteps):
            share = np.exp(steps @ values[0])
            expected = share @ steps / share.sum()
        else:
            expected = steps.mean(axis=0) if isinstance(layer, MeanSteps) else steps.max(axis=0)
        np.testing.assert_allclose(found[row], expected, rtol=1e-12)


def test_equal_largest_steps_share_the_gradient(backend):
    bound = Bound(backend, MaxSteps(), (3, 2), batch=1)
    x = np.array([[[[1.0, 2.0], [1.0, 0.0], [0.0, 2.0]]]])
    found = bound.results(x=x, dy=np.array([[[1.0, 4.0]]]))["dx"]
    np.testing.assert_array_equal(found[0, 0], [[0.5, 2.0], [0.5, 0.0], [0.0, 2.0]])


@pytest.mark.parametrize("cell", list(LAYERS))
def test_state_dropout_hides_the_same_units_in_all_steps(backend, cell):
    """The last step reads the state through the mask that the loop finds by trying all."""
    layer = LAYERS[cell](3, dropout=0.5)
    bound = Bound(backend, layer, (2, 2), batch=8)
    found = bound.forward()
    params = {name: bound.layout.view(bound.values, name)[0] for name in bound.layout.slots}
    params = {name: a[0] if len(a) == 1 else a for name, a in params.items()}
    explained = [
        [
            mask
            for mask in np.ndindex(2, 2, 2)
            if np.allclose(states[1], second(cell, sequence, params, mask), atol=1e-9)
        ]
        for states, sequence in zip(found[0], bound.x[0], strict=True)
    ]
    assert [len(masks) for masks in explained] == [1] * 8
    assert len({masks[0] for masks in explained}) > 1  # each row has one of its own


def second(cell, sequence, params, mask):
    """Return the state after two steps, the second of which sees the first's state masked."""
    h, c = CELLS[cell](sequence[0], np.zeros(3), np.zeros(3), **params)
    hidden = h * 2 * np.array(mask)
    more = {"old": h} if cell == "gru" else {}
    return CELLS[cell](sequence[1], hidden, c, **params, **more)[0]


def test_chunks_of_the_weight_gradient_add_up(backend, monkeypatch):
    expected = Bound(backend, GRU(3), (5, 2)).results()
    monkeypatch.setattr("skdeep.nn.recurrent.recurrent.CHUNK", 250)
    bound = Bound(backend, GRU(3), (5, 2))
    assert bound.views.work.chunk == 2
    for name, array in bound.results().items():
        np.testing.assert_allclose(array, expected[name], rtol=1e-11, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("in_shape", [(3,), (0, 2), (2, 0), (2, 3, 4)])
@pytest.mark.parametrize("layer", [LSTM(2), GRU(2), RNN(2), MaxSteps()])
def test_rows_that_are_no_sequences(layer, in_shape):
    with pytest.raises(ShapeError, match=f"{type(layer).__name__}.*expects sequences of steps"):
        layer.build(in_shape)


@pytest.mark.parametrize(("bad", "word"), [({"units": 0}, "units"), ({"dropout": 1.0}, "dropout")])
def test_impossible_layers(bad, word):
    with pytest.raises(ValueError, match=f"{word} of LSTM"):
        LSTM(**{"units": 2, **bad})
