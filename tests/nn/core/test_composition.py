"""Layers made of layers: sequences, residual connections, branches, maxout."""

from itertools import pairwise

import numpy as np
import pytest

from skdeep.nn.core.parallel import Parallel
from skdeep.nn.core.residual import Residual
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.core.spec import ShapeError
from skdeep.nn.dense.activation import Activation
from skdeep.nn.dense.dense import Dense
from skdeep.nn.dense.maxout import Maxout
from skdeep.nn.noise.dropout import Dropout
from skdeep.nn.normalization.batch_norm import BatchNorm
from skdeep.testing.bound import BoundLayer as Bound


def part(bound, name):
    return bound.layout.view(bound.values, name)


def test_a_residual_adds_its_input(backend):
    bound = Bound(backend, Residual([Dense(5), Activation("tanh")]), (5,), models=2)
    assert list(bound.layout.slots) == ["body.dense_0.W", "body.dense_0.b"]
    z = bound.x @ part(bound, "body.dense_0.W") + part(bound, "body.dense_0.b")
    np.testing.assert_allclose(bound.forward(), bound.x + np.tanh(z), rtol=1e-12)


def test_a_residual_projects_where_widths_differ(backend):
    bound = Bound(backend, Residual([Dense(4)]), (5,), models=2)
    assert list(bound.layout.slots) == ["body.dense_0.W", "body.dense_0.b", "shortcut.W"]
    z = bound.x @ part(bound, "body.dense_0.W") + part(bound, "body.dense_0.b")
    expected = z + bound.x @ part(bound, "shortcut.W")
    np.testing.assert_allclose(bound.forward(), expected, rtol=1e-12)


def test_a_residual_without_a_fitting_shortcut():
    with pytest.raises(ShapeError, match=r"Residual.*\(5,\).*\(4,\)"):
        Residual([Dense(4)], projection="never").build((5,))
    with pytest.raises(ValueError, match=r"projection must be .* got 'maybe'"):
        Residual([Dense(4)], projection="maybe")


def test_branches_are_joined_in_order(backend):
    layer = Parallel([Dense(2), Activation("tanh", name="bent"), Sequential([Dense(3)])])
    bound = Bound(backend, layer, (4,), models=2)
    assert list(bound.layout.slots) == [
        "dense_0.W",
        "dense_0.b",
        "sequential_2.dense_0.W",
        "sequential_2.dense_0.b",
    ]
    first = bound.x @ part(bound, "dense_0.W") + part(bound, "dense_0.b")
    name = "sequential_2.dense_0"
    last = bound.x @ part(bound, f"{name}.W") + part(bound, f"{name}.b")
    expected = np.concatenate([first, np.tanh(bound.x), last], axis=2)
    np.testing.assert_allclose(bound.forward(), expected, rtol=1e-12)


@pytest.mark.parametrize("make", [Parallel, Sequential])
def test_names_of_parts(make):
    with pytest.raises(ValueError, match="are called 'same'"):
        make([Dense(2, name="same"), Dense(2, name="same")]).build((3,))
    with pytest.raises(ValueError, match=f"{make.__name__} needs at least one"):
        make([])


def test_branches_whose_shapes_do_not_join():
    class Folded(Activation):
        def build(self, in_shape):
            spec = super().build(in_shape)
            object.__setattr__(spec, "out_shape", (2, 2))
            return spec

    with pytest.raises(ShapeError, match="do not join"):
        Parallel([Folded("tanh"), Activation("tanh")]).build((4,))


@pytest.mark.parametrize("models", [1, 2])
def test_maxout_takes_the_largest_piece(backend, models):
    bound = Bound(backend, Maxout(4, 3), (5,), models=models)
    pieces = [bound.x @ part(bound, f"piece_{k}.W") + part(bound, f"piece_{k}.b") for k in range(3)]
    np.testing.assert_allclose(bound.forward(), np.max(pieces, axis=0), rtol=1e-12)


def test_equal_pieces_hand_the_slope_to_one(backend):
    bound = Bound(backend, Maxout(4, 3), (5,))
    values = np.zeros_like(bound.values)
    found = bound.results(values=values)
    total = [bound.layout.view(found["grads"], f"piece_{k}.b") for k in range(3)]
    np.testing.assert_allclose(total[0][:, 0], bound.dy.sum(axis=1), rtol=1e-12)
    np.testing.assert_array_equal(total[1:], 0)


def test_maxout_needs_pieces():
    with pytest.raises(ValueError, match="pieces of Maxout must be at least 2, got 1"):
        Maxout(3, 1)


def test_traits_reach_the_outside():
    spec = Sequential([Residual([Dense(3), Parallel([Dropout(0.1), BatchNorm()])])]).build((3,))
    assert spec.has("noise")
    assert spec.has("batch")
    assert not Maxout(3).build((3,)).has("noise")


def test_x_may_be_overwritten_only_where_nobody_reads_it_again(backend):
    """Which layers of a chain work in place: never the first, never after a kept output."""
    chain = [Dropout(0.2), Activation("tanh"), Activation("tanh"), Dense(3), Activation("relu")]
    bound = Bound(backend, Sequential(chain), (4,))
    views = list(bound.views.children.values())
    shared = [a.y is b.y for a, b in pairwise(views)]
    assert shared == [True, False, False, True]
    assert views[0].y is not bound.views.x
