"""Layers of members that share weights, against plain loops over the members."""

import numpy as np
import pytest

from skdeep.nn import (
    MemberDense,
    MemberLoss,
    MemberOutput,
    MemberScale,
    ParametricActivation,
    Sequential,
    ShapeError,
    Signs,
    SquaredError,
)
from skdeep.testing import run_layer, run_loss
from skdeep.testing.bound import BoundLayer as Bound

K, FEATURES, UNITS = 3, 4, 5


def network(scales):
    """Return what TabM is made of, or its "mini" where there are no scales."""
    return Sequential(
        [
            MemberScale(K, name="first"),
            MemberDense(UNITS, K, scales=scales, name="hidden"),
            ParametricActivation("tanh", n_members=1 if scales else K, name="act"),
            MemberOutput(2, K, name="output"),
        ]
    )


def loops(x, p, scales):
    """Return what the members give, one after the other."""
    rows = []
    for row in x:
        joined = []
        for i in range(K):
            r = p["hidden.r"][i] if scales else np.ones(FEATURES)
            s = p["hidden.s"][i] if scales else np.ones(UNITS)
            b = p["hidden.b"][i if scales else 0]
            h = s * ((r * (p["first.r"][i] * row)) @ p["hidden.W"]) + b
            a = p["act.a"][0].reshape(-1, UNITS)[i if scales else 0]
            h = h + a * (np.tanh(h) - h)
            joined += list(h @ p["output.W"][i] + p["output.b"][i])
        rows.append(joined)
    return np.array(rows)


@pytest.mark.parametrize("scales", [False, True], ids=["mini", "batch"])
def test_members_are_those_of_loops(backend, scales):
    bound = Bound(backend, network(scales), (FEATURES,), models=2, batch=6)
    found = bound.results()
    for m in range(2):
        weights = {name: bound.layout.view(bound.values, name)[m] for name in bound.layout.slots}
        expected = loops(bound.x[m], weights, scales)
        np.testing.assert_allclose(found["y"][m], expected, rtol=1e-12, atol=1e-12)


def test_the_loss_is_the_mean_of_the_members_own():
    z = np.array([[1.0, 3.0, 8.0], [0.0, 2.0, 5.0]])
    y = np.array([2.0, 4.0])
    value, output = run_loss(MemberLoss(SquaredError(), 3), z, y)
    each = [run_loss(SquaredError(), z[:, i : i + 1], y)[0] for i in range(3)]
    assert value == pytest.approx(np.mean(each))
    np.testing.assert_array_equal(output, z)
    of_the_mean = run_loss(SquaredError(), z.mean(axis=1, keepdims=True), y)[0]
    assert value > of_the_mean


def test_factors_start_alike_in_the_columns_of_a_feature():
    x = np.ones((1, 6))
    y = run_layer(MemberScale(4, init=Signs(), widths=[3, 1, 2]), x).reshape(4, 6)
    assert set(np.abs(y).ravel()) == {1.0}
    for start, stop in ((0, 3), (4, 6)):
        assert (y[:, start:stop] == y[:, start : start + 1]).all()
    assert len(np.unique(y, axis=0)) > 1  # members differ
    with pytest.raises(ShapeError, match="expects 6 features"):
        MemberScale(4, widths=[3, 3]).build((5,))


@pytest.mark.parametrize("layer", [MemberDense(2, 3), MemberOutput(2, 3)])
def test_features_that_members_cannot_divide(layer):
    with pytest.raises(ShapeError, match="a multiple of 3 features"):
        layer.build((4,))
