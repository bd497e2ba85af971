"""A plan serves every launch like the one it was made for, and no other."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skdeep.backend import blocks
from skdeep.backend.blocks import bind
from skdeep.backend.checked import CheckedBackend
from skdeep.backend.kernel import Kept, Kernel
from skdeep.backend.memory import Scratch, address
from skdeep.backend.plan import Writer
from tests.backend.random_graphs import evaluate, poisoned, random_arrays, random_graph, run


def n_plans(graph):
    return len({id(plan) for plan in graph.plans.values()})


def elsewhere(arrays, random):
    """Return arrays of the same layouts, the same ones among them, in memory of their own."""
    made = {}
    for array in arrays:
        if id(array) not in made:
            base = array if array.base is None else array.base
            offset = address(array) - address(base)
            memory = bytearray(base.nbytes)
            new = np.ndarray(array.shape, array.dtype, memory, offset, array.strides)
            new[...] = np.abs(random.randint(-8, 9, array.shape) / 4).astype(array.dtype)
            made[id(array)] = new
    return [made[id(array)] for array in arrays]


def by_a_fresh_plan(graph, outs, ins):
    """Evaluate on copies of the arrays without the plans that are there."""
    kept = {id(a): a.copy(order="K") for a in (*outs, *ins)}
    copies = [[kept[id(a)] for a in arrays] for arrays in (outs, ins)]
    plans, graph.plans = graph.plans, Kept()
    try:
        for function, arguments in bind(graph, *copies, Scratch()):
            function(*arguments)
    finally:
        graph.plans = plans
    return copies[0]


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_random_graphs_on_one_array_after_another(seed):
    """Launches of one recording, on other layouts, dtypes and aliases, and each again elsewhere."""
    random = np.random.RandomState(seed)
    graph = random_graph(random, n_inputs=random.randint(1, 5), n_nodes=random.randint(0, 14))
    scratch, launches = Scratch(), []
    saved = blocks.MIN_BLOCK, blocks.BLOCK_BYTES
    blocks.MIN_BLOCK, blocks.BLOCK_BYTES = [(4, 64), (16, 1024), saved][random.randint(3)]
    try:
        for _ in range(4):
            outs, ins = random_arrays(
                random, graph.n_inputs, len(graph.outputs), dtypes=("f8", "f8", "f4", "i4", "u2")
            )
            again = elsewhere([*outs, *ins], random)
            for pair in ((outs, ins), (again[: len(outs)], again[len(outs) :])):
                fresh, plain = by_a_fresh_plan(graph, *pair), evaluate(graph, pair[1])
                found = n_plans(graph)
                exact = not any(a.dtype == "f4" for a in pair[1])
                launches.append((bind(graph, *pair, scratch), pair[0], fresh, plain, exact))
            assert n_plans(graph) == found
    finally:
        blocks.MIN_BLOCK, blocks.BLOCK_BYTES = saved
    for calls, outs, fresh, plain, exact in launches:
        with np.errstate(all="ignore"):
            for function, arguments in calls:
                function(*arguments)
        for found, same, wanted in zip(outs, fresh, plain, strict=True):
            np.testing.assert_array_equal(found, same)
            if exact:  # nothing was rounded to float32 on the way
                wanted = np.broadcast_to(wanted, found.shape)
                np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("first", range(3))
def test_what_arrays_share_is_part_of_a_plan(first):
    """Outputs apart, in place and crosswise, in any order: each has to save other inputs."""
    body = Kernel(lambda xp, x, y: ((x + y) * x, x * (x + y) - y * x))
    for k in range(first, first + 3):
        x, y = np.arange(20.0), np.arange(20.0) + 5
        outs = [(poisoned(20), poisoned(20)), (x, y), (y, x)][k % 3]
        expected = (x + y) * x, x * (x + y) - y * x
        run(body, outs, [x, y])
        for found, wanted in zip(outs, expected, strict=True):
            np.testing.assert_array_equal(found, wanted)
    assert n_plans(body.graph(2)) == 3


def test_columns_of_one_array_are_told_from_the_very_same_column():
    body = Kernel(lambda xp, x, y: (y * 2, x + y))
    for columns in ((0, 1, 2, 3), (2, 3, 0, 1), (0, 1, 0, 1), (1, 0, 0, 1), (0, 2, 1, 0)):
        table = np.arange(40.0).reshape(10, 4)
        outs, ins = [[table[:, c] for c in pair] for pair in (columns[:2], columns[2:])]
        expected = ins[1] * 2, ins[0] + ins[1]
        run(body, tuple(outs), ins)
        for found, wanted in zip(outs, expected, strict=True):
            np.testing.assert_array_equal(found, wanted)


def test_overlaps_are_refused_after_a_launch_of_like_arrays_was_right():
    ops = CheckedBackend()
    body = Kernel(lambda xp, x: xp.tanh(x) * x)
    line = ops.to_device(np.arange(30.0))
    ops.launch(body, line[:10], line[10:20])
    ops.launch(body, line[:10], line[:10])
    for _ in range(2):
        with pytest.raises(ValueError, match="output 0 overlaps input 0"):
            ops.launch(body, line[:10], line[5:15])


def test_shapes_are_refused_after_ones_that_fit():
    body = Kernel(lambda xp, x, y: x + y)
    run(body, poisoned((2, 3)), [np.ones((2, 3)), np.ones(3)])
    for _ in range(2):
        with pytest.raises(ValueError, match="input 1 of shape"):
            run(body, poisoned((2, 3)), [np.ones((2, 3)), np.ones(2)])


def test_steps_of_arrays_of_different_lengths_share_a_plan():
    """The stride of a single model depends on the number of steps, and nobody walks it."""
    body = Kernel(lambda xp, x, row: xp.tanh(x) + row)
    for steps in (3, 5, 9):
        x, row = np.ones((1, steps, 4, 6)), np.ones((1, steps, 4, 1))
        for t in range(steps):
            run(body, x[:, t], [x[:, t], row[:, t]])
        np.testing.assert_array_equal(x, np.tanh(1.0) + 1)
    assert n_plans(body.graph(2)) == 1


def test_nothing_of_a_launch_is_left_in_its_plan():
    body = Kernel(lambda xp, x, row: xp.maximum(x, 0.5) * row + (row + 1))
    results = []
    for scale in (1.0, 2.0):
        x, row, out = np.full((4, 6), scale), np.full((1, 6), scale), poisoned((4, 6))
        results.append((bind(body.graph(2), [out], [x, row], Scratch()), out))
    for calls, out in results:
        for function, arguments in calls:
            function(*arguments)
        assert np.isfinite(out).all()
    assert (results[0][1] == 3).all()
    assert (results[1][1] == 7).all()


def test_plans_are_not_kept_without_end(monkeypatch):
    monkeypatch.setattr(Kept, "limit", 30)
    body = Kernel(lambda xp, x: xp.tanh(x) * x + 1)
    for size in range(1, 100):
        x, out = np.ones(size), poisoned(size)
        run(body, out, [x])
        np.testing.assert_array_equal(out, np.tanh(1.0) + 1)
        assert sum(map(len, body.graph(1).plans.values())) <= 30


def test_threads_share_plans(monkeypatch):
    monkeypatch.setattr(Kept, "limit", 30)
    body, sizes = Kernel(lambda xp, x: xp.tanh(x) * x + 1), list(range(1, 60))

    def work(seed):
        for size in np.random.RandomState(seed).permutation(sizes):
            x, out = np.full(size, float(seed)), poisoned(size)
            run(body, out, [x])
            np.testing.assert_allclose(out, np.tanh(x) * x + 1)
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(8)))


def test_what_is_taken_from_a_slot_again_is_its_present_memory():
    scratch, double = Scratch(), np.dtype(float)
    small = scratch.take("slot", (10, 10), double)
    large = scratch.take("slot", (200,), double)
    again = scratch.take("slot", (10, 10), double)
    assert again is not small
    assert np.shares_memory(again, large)
    assert scratch.take("slot", (10, 10), double) is again


def test_views_of_a_slot_in_one_plan_lie_in_one_memory():
    plan, double = Writer(), np.dtype(float)
    views = [plan.temporary("slot", (size,), double) for size in (2, 100, 3)]
    plan.call(np.add, *views)
    ((_, arrays),) = plan.finish().bind([], Scratch())
    assert [array.size for array in arrays] == [2, 100, 3]
    assert len({address(array) for array in arrays}) == 1


def test_dtypes_are_part_of_a_plan():
    body = Kernel(lambda xp, x, k: x + k * (k > 2))
    x, out = np.ones((3, 4), "f4"), poisoned((3, 4), "f4")
    for dtype in ("f4", "i4", "u4"):
        k = np.arange(12).reshape(3, 4).astype(dtype)
        calls = bind(body.graph(2), [out], [x, k], Scratch())
        copies = [arguments[1] for function, arguments in calls if function is np.copyto]
        assert any(array.dtype == dtype for array in copies) == (dtype != "f4")
        for function, arguments in calls:
            function(*arguments)
        np.testing.assert_array_equal(out, 1 + k * (k > 2))
