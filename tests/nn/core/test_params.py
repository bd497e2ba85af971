"""Where each named parameter lies in the flat array, and what an optimizer moves of it."""

from itertools import pairwise

import numpy as np
import pytest

from skdeep.nn import Normal, Param
from skdeep.nn.core.params import Layout, ParamStore
from skdeep.nn.core.residual import Residual
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.dense.activation import Activation
from skdeep.nn.dense.dense import Dense
from skdeep.nn.normalization.batch_norm import BatchNorm
from skdeep.nn.normalization.layer_norm import LayerNorm

CHAIN = Sequential(
    [
        Dense(3, name="first"),
        BatchNorm(name="norm"),
        Activation("relu"),
        Residual([LayerNorm(name="inner"), Dense(2, name="wide")], name="skip"),
        Dense(1, bias=False, name="last"),
    ]
)
#: Named parameters in the order of the layers, with their sizes.
SIZES = {
    "first.W": 12,
    "first.b": 3,
    "norm.scale": 3,
    "norm.shift": 3,
    "norm.mean": 3,
    "norm.variance": 3,
    "skip.body.inner.scale": 3,
    "skip.body.inner.shift": 3,
    "skip.body.wide.W": 6,
    "skip.body.wide.b": 2,
    "skip.shortcut.W": 6,
    "last.W": 2,
}


@pytest.fixture(scope="module")
def layout():
    return Layout(CHAIN.build((4,)))


def test_slots_are_named_in_the_order_of_the_layers(layout):
    assert {name: slot.stop - slot.start for name, slot in layout.slots.items()} == SIZES
    assert list(layout.slots) == list(SIZES)


def test_the_array_is_ordered_by_kind_then_layer(layout):
    by_place = sorted(layout.slots.values(), key=lambda slot: slot.start)
    assert [slot.name for slot in by_place] == [
        "first.W", "skip.body.wide.W", "skip.shortcut.W", "last.W",
        "first.b", "norm.shift", "skip.body.inner.shift", "skip.body.wide.b",
        "norm.scale", "skip.body.inner.scale",
        "norm.mean", "norm.variance",
    ]  # fmt: skip
    assert by_place[0].start == 0
    assert all(a.stop == b.start for a, b in pairwise(by_place))
    assert layout.size == by_place[-1].stop == sum(SIZES.values())
    assert layout.n_weights == 12 + 6 + 6 + 2
    assert layout.n_trainable == layout.size - 6


def test_views_share_memory(layout):
    array = np.zeros((2, layout.size))
    for k, name in enumerate(layout.slots):
        view = layout.view(array, name)
        assert view.shape == (2, *layout.slots[name].param.shape)
        view += k + 1
    assert (array != 0).all()
    sums = {name: layout.view(array, name)[1].sum() for name in layout.slots}
    assert sums == {name: (k + 1) * size for k, (name, size) in enumerate(SIZES.items())}


def test_views_on_a_device(backend, layout):
    store = ParamStore(backend, layout, np.zeros((2, layout.size), np.float32))
    view = layout.view(store.values, "skip.shortcut.W")
    backend.to_device(np.ones((2, 3, 2), np.float32), view)
    values = backend.to_host(store.values)
    assert values.sum() == 12
    slot = layout.slots["skip.shortcut.W"]
    assert (values[:, slot.start : slot.stop] == 1).all()
    assert store.n_models == 2
    assert store.grads is None
    store.allocate_grads()
    assert store.grads.shape == (2, layout.n_trainable)
    assert store.grads.dtype == np.float32
    held = store.grads
    store.allocate_grads()
    assert store.grads is held


def test_initial_values_are_drawn_layer_by_layer(layout):
    row = layout.initial(np.random.RandomState(3))[None]
    random = np.random.RandomState(3)
    for name, slot in layout.slots.items():
        expected = slot.param.init(random, slot.param.shape, slot.param.fans)
        np.testing.assert_array_equal(layout.view(row, name)[0], expected)
    assert (layout.view(row, "norm.variance") == 1).all()
    assert (layout.view(row, "norm.mean") == 0).all()


def moved(layout, frozen=()):
    """Return the names that the ranges cover, checking that each covers whole slots."""
    names, covered = [], np.zeros(layout.size, int)
    for start, stop, penalised in layout.ranges(frozen):
        covered[start:stop] += 1
        for slot in layout.slots.values():
            if start <= slot.start and slot.stop <= stop:
                names.append(slot.name)
                assert penalised == slot.name.endswith("W")
    assert covered.max() <= 1
    assert covered.sum() == sum(SIZES[name] for name in names)
    return set(names)


STATE = {"norm.mean", "norm.variance"}


@pytest.mark.parametrize(
    ("frozen", "still"),
    [
        ((), set()),
        (("first",), {"first.W", "first.b"}),
        (("first.W",), {"first.W"}),
        (("last", "norm"), {"last.W", "norm.scale", "norm.shift"}),
        (("skip.body.inner",), {"skip.body.inner.scale", "skip.body.inner.shift"}),
    ],
)
def test_what_an_optimizer_moves(layout, frozen, still):
    assert moved(layout, frozen) == set(SIZES) - STATE - still


def test_neighbours_are_one_range(layout):
    assert layout.ranges() == [(0, 26, True), (26, 43, False)]


def test_fans_are_those_of_the_shape():
    assert Param((5, 3), "weight", Normal()).fans == (5, 3)
    assert Param((2, 3, 4, 6), "weight", Normal()).fans == (24, 6)
    assert Param((5, 3), "weight", Normal(), (1, 3)).fans == (1, 3)
    assert (
        Param((1, 3), "bias", Normal()).fans == Param((4, 3), "embedding", Normal()).fans == (1, 1)
    )
