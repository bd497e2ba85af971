"""Traced bodies, run block by block in place, give what their plain evaluation gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skdeep.backend import blocks
from skdeep.backend.blocks import Scratch, bind
from skdeep.backend.kernel import Kernel
from skdeep.optim.adam import Adam
from tests.backend.random_graphs import evaluate, poisoned, random_arrays, random_graph, run

ADAM = Kernel(Adam.update, "adam")


@pytest.fixture
def small_blocks(monkeypatch):
    """Cut even small arrays into many blocks."""
    monkeypatch.setattr(blocks, "MIN_BLOCK", 4)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 64)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("shape", [(1, 1000), (1, 407050), (4, 7510), (4, 65537), (1, 1), (3, 1)])
def test_adam_in_place_with_columns(shape, dtype):
    random = np.random.RandomState(0)
    p, g, m = (random.normal(size=shape).astype(dtype) for _ in range(3))
    v = np.abs(random.normal(size=shape)).astype(dtype)
    columns = [random.uniform(0.5, 0.9, (shape[0], 1)).astype(dtype) for _ in range(4)]
    expected = Adam.update(np, p, g, m, v, *columns)
    run(ADAM, (p, m, v), [p, g, m, v, *columns])
    for found, wanted in zip((p, m, v), expected, strict=True):
        assert wanted.dtype == found.dtype
        np.testing.assert_allclose(found, wanted, rtol=1e-6 if dtype == "f4" else 1e-14)


@pytest.mark.parametrize("shape", [(1, 1000, 7), (3, 300, 200), (2, 1, 5), (4, 9, 1), (1, 1, 1)])
@pytest.mark.parametrize("class_major", [False, True])
def test_rows_and_scalars_of_batches(shape, class_major):
    random = np.random.RandomState(1)
    models, batch, features = shape
    x = random.normal(size=shape)
    out = poisoned((models, features, batch)).swapaxes(1, 2) if class_major else poisoned(shape)
    row, scalar = random.normal(size=(1, 1, features)), random.normal(size=(models, 1, 1))
    column = random.normal(size=(models, batch, 1))

    def body(xp, x, row, scalar, column):
        return (x + row * scalar) * xp.tanh(scalar) - column * (row + 1)

    run(body, out, [x, row, scalar, column])
    np.testing.assert_allclose(out, body(np, x, row, scalar, column), rtol=1e-14)


def test_inputs_may_lack_leading_axes():
    random = np.random.RandomState(2)
    x, row = random.normal(size=(2, 3, 4)), random.normal(size=4)
    out = poisoned(x.shape)
    run(lambda xp, x, row: x * row, out, [x, row])
    np.testing.assert_array_equal(out, x * row)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=400, deadline=None, derandomize=True)
def test_random_graphs_on_random_arrays(seed):
    random = np.random.RandomState(seed)
    graph = random_graph(random, n_inputs=random.randint(1, 5), n_nodes=random.randint(0, 14))
    outs, ins = random_arrays(
        random, graph.n_inputs, len(graph.outputs), dtypes=("f8", "f8", "i4", "u2", "?")
    )
    expected = [np.broadcast_to(value, outs[0].shape).copy() for value in evaluate(graph, ins)]
    saved = blocks.MIN_BLOCK, blocks.BLOCK_BYTES
    blocks.MIN_BLOCK, blocks.BLOCK_BYTES = [(4, 64), (16, 1024), saved][random.randint(3)]
    try:
        calls = bind(graph, outs, ins, Scratch())
    finally:
        blocks.MIN_BLOCK, blocks.BLOCK_BYTES = saved
    for function, arguments in calls:
        function(*arguments)
    for found, wanted in zip(outs, expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


def test_output_is_an_input_that_is_read_later(small_blocks):
    x, y = np.arange(20.0), np.arange(20.0) + 5
    expected_x, expected_y = x + y, (x + y) * x - y
    run(lambda xp, x, y: (x + y, (x + y) * x - y), (x, y), [x, y])
    np.testing.assert_array_equal(x, expected_x)
    np.testing.assert_array_equal(y, expected_y)


def test_outputs_may_exchange_inputs(small_blocks):
    x, y = np.arange(20.0), np.arange(20.0) + 100
    run(lambda xp, x, y: (y, x), (x, y), [x, y])
    assert (x[0], y[0]) == (100, 0)
    np.testing.assert_array_equal(x, y + 100)


def test_output_that_is_an_input_unchanged(small_blocks):
    x, kept = np.arange(20.0), poisoned(20)
    run(lambda xp, x: (x * 2, x), (x, kept), [x])
    np.testing.assert_array_equal(kept, np.arange(20.0))
    np.testing.assert_array_equal(x, 2 * kept)


def test_outputs_that_are_constant_equal_or_smaller_than_the_array():
    x, row = np.ones((2, 3)), np.arange(3.0)
    outs = tuple(poisoned((2, 3)) for _ in range(5))
    run(lambda xp, x, row: (7, row + 1, x + row, x + row, xp.exp(0.0)), outs, [x, row])
    for found, wanted in zip(outs, (7, row + 1, x + row, x + row, 1), strict=True):
        np.testing.assert_array_equal(found, np.broadcast_to(wanted, (2, 3)))


def test_body_without_inputs():
    out = poisoned((2, 3))
    run(lambda xp: 3.0, out, [])
    np.testing.assert_array_equal(out, 3)


@pytest.mark.parametrize("out", ["f4", "f8"])
def test_comparisons_are_factors_of_zero_and_one(out):
    x = np.array([-1.0, 0.5, 2.0, np.nan], "f4")
    for body, expected in [
        (lambda xp, x: (x > 0) * (x < 1), [0, 1, 0, 0]),
        (lambda xp, x: (x > 0) + (x > 1), [0, 1, 2, 0]),
        (lambda xp, x: (x > 0) - (x > 1), [0, 1, 0, 0]),
        (lambda xp, x: -(x > 0), [0, -1, -1, 0]),
        (lambda xp, x: (x >= 0.5) / 4, [0, 0.25, 0.25, 0]),
        (lambda xp, x: x <= 0.5, [1, 1, 0, 0]),
        (lambda xp, x: xp.where(x > 0, 1.0, -1.0), [-1, 1, 1, -1]),
        (lambda xp, x: xp.sqrt(2 * (x > 0)), np.sqrt([0, 2, 2, 0]).astype(out)),
        # In the kernel's own precision: NumPy by itself takes float16 for exp of a bool.
        (lambda xp, x: xp.exp(x > 0), np.exp(np.array([0, 1, 1, 0], "f4"))),
    ]:
        found = poisoned(4, out)
        run(body, found, [x])
        np.testing.assert_allclose(found, expected, rtol=1e-7)


def test_mixed_dtypes():
    total, loss = np.ones((2, 1)), np.full((2, 1), 0.1, "f4")
    run(lambda xp, total, loss: total + loss * 3, total, [total, loss])
    np.testing.assert_array_equal(total, 1 + (loss * np.float32(3)).astype(float))
    tenth = np.full((2, 1), 0.1, "f4")  # a constant is rounded like what it is compared with
    run(lambda xp, total, x: total * (x > 0.1) + xp.equal(x, 0.1), total, [total, tenth])
    np.testing.assert_array_equal(total, 1)
    bits, codes = np.array([[0, 30000, 65535]], "u2"), np.array([[3, -2, 7]], "i4")
    x, out = np.array([[1.5, 2.5, 3.5]], "f4"), poisoned((1, 3), "f4")
    run(lambda xp, x, b, c: x * (b >= 30000) + c * x, out, [x, bits, codes])
    np.testing.assert_array_equal(out, x * (bits >= 30000) + codes * x)
    flags = np.zeros((1, 3), bool)
    run(lambda xp, b: b > 100, flags, [bits])
    np.testing.assert_array_equal(flags, [[False, True, True]])


def test_uint32_wraps_around_among_itself_and_is_a_number_beside_floats():
    words = np.array([1, 2**31, 2**32 - 1], "u4")
    out, number = np.empty(3, "u4"), poisoned(3)
    run(lambda xp, w: (w ^ (w >> 3)) * 0x7FEB352D + w, out, [words])
    with np.errstate(over="ignore"):
        expected = (words ^ (words >> np.uint32(3))) * np.uint32(0x7FEB352D) + words
    np.testing.assert_array_equal(out, expected)
    run(lambda xp, w: w * 2.0**-32, number, [words])
    np.testing.assert_array_equal(number, words / 2.0**32)
    run(lambda xp, x, w: x * w, number, [np.full(3, 0.5), words])
    np.testing.assert_array_equal(number, words / 2)


def test_bits_of_other_dtypes_are_refused():
    with pytest.raises(TypeError, match="defined for uint32 alone"):
        run(lambda xp, x: x >> 3, poisoned(3), [np.ones(3)])


def test_integers_are_compared_exactly():
    big = np.array([2**24, 2**24 + 1], "i4")  # one float32 stands for both
    out = poisoned((2, 2), "f4")
    run(lambda xp, x, a, b: x * xp.equal(a, b), out, [np.ones((2, 2), "f4"), big, big[:, None]])
    np.testing.assert_array_equal(out, np.eye(2))


def test_float32_is_computed_in_float32():
    dtypes = []
    x, codes = np.ones((3, 4), "f4"), np.ones((1, 4), "i4")
    body = Kernel(lambda xp, x, c: x * (0.99 * (x > 0) + 0.01) + c * 2)
    for _, arguments in bind(body.graph(2), [x], [x, codes], Scratch()):
        dtypes += [a.dtype for a in arguments if isinstance(a, np.ndarray)]
    assert not [dtype for dtype in dtypes if dtype == np.float64]


def test_zero_keeps_its_sign_and_nan_and_infinity_are_constants():
    x, out = np.array([1.0, -1.0]), (poisoned(2), poisoned(2), poisoned(2), poisoned(2))
    run(lambda xp, x: (x * 0.0, x * -0.0, x * float("nan"), x * float("inf")), out, [x])
    np.testing.assert_array_equal(np.signbit(out[0]), [False, True])
    np.testing.assert_array_equal(np.signbit(out[1]), [True, False])
    assert np.isnan(out[2]).all()
    np.testing.assert_array_equal(out[3], [np.inf, -np.inf])


@pytest.mark.parametrize("function", ["maximum", "minimum"])
def test_nan_is_handed_on(function):
    a, b = np.array([np.nan, 1.0, 2.0]), np.array([1.0, np.nan, 3.0])
    out = poisoned(3)
    run(lambda xp, a, b: getattr(xp, function)(a, b), out, [a, b])
    np.testing.assert_array_equal(out, getattr(np, function)(a, b))
    run(lambda xp, a: getattr(xp, function)(a, 0.0), out, [a])
    np.testing.assert_array_equal(out, getattr(np, function)(a, 0.0))


@pytest.mark.parametrize("alias", ["condition", "yes", "no", None])
def test_where_may_write_over_its_operands(alias, small_blocks):
    arrays = {"condition": np.arange(30.0) % 2, "yes": np.arange(30.0), "no": -np.arange(30.0)}
    expected = np.where(arrays["condition"], arrays["yes"], arrays["no"])
    out = arrays.get(alias, poisoned(30))
    run(lambda xp, c, yes, no: xp.where(c > 0, yes, no), out, list(arrays.values()))
    np.testing.assert_array_equal(out, expected)
    if alias is None:  # a condition that is a number counts as true where it is not zero
        run(lambda xp, c, yes, no: xp.where(c, yes, no), out, list(arrays.values()))
        np.testing.assert_array_equal(out, expected)
