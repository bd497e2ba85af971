"""Tracing a body."""

import numpy as np
import pytest

from skdeep.backend.kernel import Kernel, kernel
from tests.backend.random_graphs import poisoned, run


def test_equal_operations_are_merged_and_a_body_is_traced_once():
    traced = []

    @kernel
    def body(xp, x):
        traced.append(1)
        return xp.exp(x) + xp.exp(x)

    assert body.graph(1) is body.graph(1)
    assert len(traced) == 1
    assert [node.op for node in body.graph(1).nodes] == ["exp", "add"]


def test_operations_that_no_output_needs_are_left_out():
    def parts(xp, x):
        e = xp.exp(x)
        return e * e, xp.tanh(e) / x

    whole = Kernel(lambda xp, x: parts(xp, x)[0] + 1).graph(1)
    assert [node.op for node in whole.nodes] == ["exp", "multiply", "add"]
    out = poisoned(2)
    run(lambda xp, x: (x, parts(xp, x)[1])[1], out, [np.array([1.0, 2.0])])
    np.testing.assert_allclose(out, np.tanh(np.exp([1.0, 2.0])) / [1.0, 2.0])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (lambda xp, x: x if x > 0 else -x, "may not branch"),
        (lambda xp, x: np.exp(x), "a function of NumPy.*xp.exp"),
        (lambda xp, x: x * (x == 1), "xp.equal"),
        (lambda xp, x: x * (x != 1), "xp.equal"),
        (lambda xp, x: x + np.ones(3), "unsupported operand|Python numbers"),
        (lambda xp, x: x**2, "unsupported operand"),
        (lambda xp, x: [x], "Python numbers"),
        (lambda xp, x: x + "1", "Python numbers"),
    ],
)
def test_bodies_that_cannot_be_traced(body, message):
    with pytest.raises(TypeError, match=message):
        Kernel(body).graph(1)


def test_numpy_s_numbers_are_numbers():
    out = poisoned(2)
    run(lambda xp, x: np.float64(2) * x + np.float32(0.5) - x * np.int64(3), out, [np.ones(2)])
    np.testing.assert_array_equal(out, -0.5)
