"""How traced bodies run: in place, block by block, with no call and no allocation too many."""

import tracemalloc

import numpy as np
import pytest

from skdeep.backend import blocks
from skdeep.backend.blocks import Scratch, bind
from skdeep.backend.kernel import Kernel
from skdeep.backend.memory import as_view, block_slices, collapse
from skdeep.optim.adam import Adam
from tests.backend.random_graphs import poisoned, run

ADAM = Kernel(Adam.update, "adam")


@pytest.fixture
def small_blocks(monkeypatch):
    """Cut even small arrays into many blocks."""
    monkeypatch.setattr(blocks, "MIN_BLOCK", 4)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 64)


def test_a_call_list_can_be_repeated(small_blocks):
    x, out = np.arange(50.0), poisoned(50)
    calls = bind(Kernel(lambda xp, x: xp.tanh(x) * x + 1).graph(1), [out], [x], Scratch())
    for shift in (0, 3):
        x += shift
        for function, arguments in calls:
            function(*arguments)
        np.testing.assert_allclose(out, np.tanh(x) * x + 1, rtol=1e-14)


def allocated(calls):
    """Return the peak of what NumPy allocates while calls run for the second time."""
    for function, arguments in calls:
        function(*arguments)
    tracemalloc.start()
    try:
        for function, arguments in calls:
            function(*arguments)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_broadcasts_casts_and_cuts_allocate_no_buffers():
    """NumPy reads short rows, strided cuts and other dtypes through buffers that it allocates."""
    random = np.random.RandomState(0)
    y, row, column = random.normal(size=(4, 200, 90)), np.ones((4, 1, 90)), np.ones((4, 200, 1))
    turned = np.zeros((4, 90, 200)).swapaxes(1, 2)
    rows = random.normal(size=(15, 700))[:, 5:695]
    bits = random.randint(0, 9, size=(4, 200, 90)).astype("u2")

    def relu(xp, dy, y):
        return dy * (y > 0)

    def plus(xp, y, b):
        return y + b

    for body, out, ins in [
        (plus, y, [y, row]),
        (plus, y, [y, column]),
        (plus, turned, [turned, row]),
        (relu, y, [y, y]),
        (relu, turned, [turned, y]),
        (lambda xp, y, b: y * (b >= 3.5), y, [y, bits]),
        (lambda xp, y, b: y * xp.equal(b, 3), y, [y, bits]),
        (lambda xp, p: p - 0.1 * (p * p), rows, [rows]),
        (lambda xp, y, a, b: xp.where(y > 0, a, b), y, [y, row, column]),
    ]:
        calls = bind(Kernel(body).graph(len(ins)), [out], ins, Scratch())
        assert allocated(calls) < 2048


def test_running_allocates_nothing():
    random = np.random.RandomState(0)
    p, g, m, v = (np.abs(random.normal(size=(1, 407050))).astype("f4") for _ in range(4))
    columns = [np.full((1, 1), value, "f4") for value in (0.01, 0.9, 0.99, 1e-8)]
    calls = bind(ADAM.graph(8), [p, m, v], [p, g, m, v, *columns], Scratch())
    assert allocated(calls) < 2048


def test_scratch_is_shared_by_kernels_of_different_sizes():
    scratch, body = Scratch(), Kernel(lambda xp, x: xp.tanh(x) * x + xp.exp(x) * x)
    pairs = [(np.linspace(-1, 1, n), poisoned(n)) for n in (10, 1000, 100)]
    calls = [call for x, out in pairs for call in bind(body.graph(1), [out], [x], scratch)]
    for function, arguments in calls:
        function(*arguments)
    for x, out in pairs:
        np.testing.assert_allclose(out, np.tanh(x) * x + np.exp(x) * x, rtol=1e-13)


@pytest.mark.parametrize(
    ("outs", "ins", "message"),
    [
        ([(2, 3), (2, 4)], [(2, 3), (1,)], "outputs must have one shape"),
        ([(2, 3), (2, 3)], [(2, 4), (1,)], r"input 0 of shape \(2, 4\) does not broadcast"),
        ([(2, 3), (2, 3)], [(2, 3), (1, 2, 3)], "input 1 of shape"),
        ([(1, 3), (1, 3)], [(2, 3), (1,)], "input 0 of shape"),
        ([(2, 3)], [(2, 3), (1,)], "has 2 outputs, got 1 arrays"),
        ([(2, 3)] * 3, [(2, 3), (1,)], "has 2 outputs, got 3 arrays"),
    ],
)
def test_shapes_that_do_not_fit(outs, ins, message):
    body = Kernel(lambda xp, x, y: (x + y, x * y))
    arrays = [[np.zeros(shape) for shape in shapes] for shapes in (outs, ins)]
    with pytest.raises(ValueError, match=message):
        bind(body.graph(2), *arrays, Scratch())


def test_a_reshape_that_would_copy_raises():
    turned = np.zeros((3, 4)).T
    with pytest.raises(ValueError, match="cannot be seen as"):
        as_view(turned, (12,))
    assert as_view(turned, (4, 1, 3)).base is not None


@pytest.mark.parametrize(
    ("shape", "arrays", "merged"),
    [
        ((2, 3, 4), [np.zeros((2, 3, 4))], (24,)),
        ((2, 3, 4), [np.zeros((2, 3, 4)), np.zeros((1, 1, 4))], (6, 4)),
        ((2, 3, 4), [np.zeros((2, 3, 4)), np.zeros((2, 1, 1))], (2, 12)),
        ((2, 3, 4), [np.zeros((2, 4, 3)).swapaxes(1, 2)], (2, 3, 4)),
        ((1, 3, 4), [np.zeros((1, 4, 3)).swapaxes(1, 2)], (3, 4)),
        ((2, 3), [np.zeros((2, 5))[:, :3]], (2, 3)),
        ((2, 1, 3), [np.zeros((2, 1, 3))], (6,)),
        ((1, 1), [np.zeros((1, 1))], (1,)),
        ((2, 3), [np.broadcast_to(np.zeros(()), (2, 3))], (6,)),
    ],
)
def test_axes_that_are_walked_as_one_merge(shape, arrays, merged):
    found, views = collapse(shape, arrays)
    assert found == merged
    for view, array in zip(views, arrays, strict=True):
        assert view.ndim == len(merged)
        assert np.shares_memory(view, array)


@pytest.mark.parametrize("shape", [(10,), (3, 7), (2, 3, 5), (4, 1, 9)])
@pytest.mark.parametrize("block", [1, 2, 5, 8, 1000])
def test_blocks_cover_everything_once(shape, block):
    count = np.zeros(shape, int)
    for box in block_slices(shape, block):
        assert count[box].size <= block
        count[box] += 1
    assert (count == 1).all()


def test_copies_of_short_rows_fit_the_operation_that_reads_them(monkeypatch):
    """The same row is spread to three shapes: of two small values and of the blocks."""
    monkeypatch.setattr(blocks, "MIN_BLOCK", 21)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 8)
    random = np.random.RandomState(0)
    shapes = [(5, 7, 3), (1, 7, 1), (5, 1, 1), (1, 1, 3)]
    x, row, column, last = (random.normal(size=shape) for shape in shapes)

    for body in (
        lambda xp, x, row, column, last: (column * row) * x + (row + last) * (x - row),
        lambda xp, x, row, column, last: (row + last) * x + (column * row) * (x - row),
    ):
        out = poisoned(x.shape)
        run(body, out, [x, row, column, last])
        np.testing.assert_allclose(out, body(np, x, row, column, last), rtol=1e-12)


def test_no_call_is_wasted():
    def n_calls(body, out, ins):
        return len(bind(Kernel(body).graph(len(ins)), [out], ins, Scratch()))

    x = np.zeros((2, 30, 20))
    turned, row = np.zeros((2, 20, 30)).swapaxes(1, 2), np.zeros((1, 1, 20))
    assert n_calls(lambda xp, x: x, x, [x]) == 0
    assert n_calls(lambda xp, x: xp.tanh(x), x, [x]) == 1
    assert n_calls(lambda xp, x: xp.tanh(x), turned, [turned]) == 1
    assert n_calls(lambda xp, x, b: x + b, turned, [turned, row]) == 2  # the row is spread once
    assert n_calls(lambda xp, x, b: (x + b) * b, x, [x, row]) == 3
