"""Weights that two layers share."""

import numpy as np
import pytest

from skdeep.nn.core.parallel import Parallel
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.core.spec import ShapeError
from skdeep.nn.dense.activation import Activation
from skdeep.nn.dense.dense import Dense
from skdeep.nn.dense.maxout import Maxout
from skdeep.nn.dense.tied import Tied
from skdeep.testing.bound import BoundLayer as Bound


def tied():
    return Sequential([Dense(3, name="up"), Activation("tanh"), Tied(5, "up", name="down")])


def test_there_is_one_array_with_the_gradient_of_both(backend):
    bound = Bound(backend, tied(), (5,))
    assert list(bound.layout.slots) == ["up.W", "up.b", "down.b"]
    loose = Bound(backend, Sequential([Dense(3), Activation("tanh"), Dense(5)]), (5,))
    p = {k: bound.layout.view(bound.values, k) for k in bound.layout.slots}
    values = loose.values
    for name, array in {
        "dense_0.W": p["up.W"],
        "dense_0.b": p["up.b"],
        "dense_2.W": p["up.W"].swapaxes(1, 2),
        "dense_2.b": p["down.b"],
    }.items():
        loose.layout.view(values, name)[...] = array
    found = bound.results()
    expected = loose.results(x=bound.x, dy=bound.dy, values=values)
    np.testing.assert_allclose(found["y"], expected["y"], rtol=1e-12)
    np.testing.assert_allclose(found["dx"], expected["dx"], rtol=1e-12)
    both = loose.layout.view(expected["grads"], "dense_0.W") + loose.layout.view(
        expected["grads"], "dense_2.W"
    ).swapaxes(1, 2)
    np.testing.assert_allclose(bound.layout.view(found["grads"], "up.W"), both, rtol=1e-12)


def test_penalties_act_on_shared_weights_once(backend):
    assert Bound(backend, tied(), (5,)).layout.n_weights == 15


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([Tied(5, "up")], "needs 'up.W' of a layer before it"),
        ([Tied(5, "up"), Dense(3, name="up")], "needs 'up.W' of a layer before it"),
        ([Activation("tanh", name="up"), Tied(5, "up")], "needs 'up.W' of a layer before it"),
        ([Maxout(3, 2, name="up"), Tied(5, "up")], "needs 'up.W' of a layer before it"),
        ([Dense(3, name="up"), Tied(4, "up")], r"of shape \(4, 3\), got \(5, 3\)"),
        ([Dense(3, name="up"), Dense(2), Tied(5, "up")], r"of shape \(5, 2\), got \(5, 3\)"),
        (
            [Dense(3, name="up"), Tied(5, "up"), Dense(3), Tied(5, "up")],
            "which another layer shares",
        ),
    ],
)
def test_what_cannot_be_borrowed(layers, message):
    with pytest.raises(ShapeError, match=message):
        Sequential(layers).build((5,))


def test_only_a_sequence_lends(backend):
    layer = Parallel([Dense(5, name="up"), Tied(5, "up")])
    with pytest.raises(ShapeError, match="only a Sequential arranges"):
        Bound(backend, layer, (5,))
