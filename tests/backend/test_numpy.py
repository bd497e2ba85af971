"""What only the NumPy backend promises: zero copies, recordings per thread, no allocation."""

import threading
import tracemalloc
import warnings

import numpy as np
import pytest

from skdeep.backend.kernel import Kernel, kernel
from skdeep.backend.numpy_backend import NumpyBackend


@pytest.fixture
def ops():
    return NumpyBackend()


@kernel
def double(xp, x):
    """2 x."""
    return 2 * x


def test_adopt_shares_memory_where_it_can(ops):
    x = np.ones((3, 2))
    assert ops.adopt(x, "f8") is x
    assert not np.shares_memory(ops.adopt(x, "f4"), x)


def test_recordings_take_no_memory_that_others_of_theirs_hold(ops):
    x, out = np.ones((1, 200, 300)), np.empty((1, 200, 300))

    def step():
        turned = x.swapaxes(1, 2).reshape(1, 200, 300)
        ops.gemm(x, np.ones((1, 300, 300)), out, accumulate=True)  # by way of a product apart
        ops.launch(double, out, turned)

    def bytes_of(held):
        tracemalloc.start()
        try:
            kept = ops.record(step, held)
            return tracemalloc.get_traced_memory()[0], kept
        finally:
            tracemalloc.stop()

    held = ops.temporaries()
    first, _ = bytes_of(held)
    assert first - bytes_of(held)[0] > 0.9 * out.nbytes


def test_a_recording_within_a_recording_is_refused_and_both_end(ops):
    with pytest.raises(RuntimeError, match="running in this thread"):
        ops.record(lambda: ops.record(lambda: None))
    assert not ops.recording
    ops.record(lambda: None)()


def test_an_error_ends_the_recording(ops):
    with pytest.raises(ZeroDivisionError):
        ops.record(lambda: 1 / 0)
    x = np.ones(3)
    ops.launch(double, x, x)
    np.testing.assert_array_equal(x, 2)


def test_recordings_of_two_threads_do_not_mix(ops):
    x, y = np.ones(3), np.ones(3)
    recording, done = threading.Event(), threading.Event()
    other = threading.Thread(
        target=lambda: (recording.wait(10), ops.launch(double, y, y), done.set())
    )
    other.start()

    def step():
        recording.set()
        assert done.wait(10)
        ops.launch(double, x, x)

    recorded = ops.record(step)
    other.join(10)
    np.testing.assert_array_equal(y, 2)
    np.testing.assert_array_equal(x, 1)
    recorded()
    np.testing.assert_array_equal(x, 2)
    np.testing.assert_array_equal(y, 2)


def test_gather_refuses_what_would_lose_writes_or_go_stale(ops):
    rows = np.arange(10.0)
    with pytest.raises(ValueError, match="cannot be seen as"):
        ops.gather(rows, np.zeros((3, 2), np.intp), np.zeros((2, 3)).T)
    with pytest.raises(ValueError, match="cannot be seen as"):
        ops.gather(rows, np.zeros((2, 3), np.intp).T, np.zeros((3, 2)))


def test_binding_errors_name_the_kernel(ops):
    with pytest.raises(ValueError, match="does not broadcast") as info:
        ops.launch(Kernel(lambda xp, x: x, "twofold"), np.zeros(3), np.zeros(2))
    assert "Kernel(twofold)" in info.value.__notes__[0]


def test_unknown_reduction(ops):
    with pytest.raises(ValueError, match='"sum", "max" or "sumsq", got \'mean\''):
        ops.reduce(np.zeros((1, 2)), np.zeros((1, 1)), axis=1, op="mean")


def test_running_silences_floating_point_warnings(ops):
    x = np.full(3, 1e308)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with ops.running():
            ops.launch(double, x, x)
    assert np.isinf(x).all()


def test_a_recorded_step_allocates_nothing(ops):
    random = np.random.RandomState(0)
    x, w = random.normal(size=(1, 200, 300)), random.normal(size=(1, 300, 100))
    y, grads, row = np.empty((1, 200, 100)), np.zeros((1, 300, 100)), np.empty((1, 1, 100))
    table, index = random.normal(size=(1000, 300)), random.randint(1000, size=(1, 200))
    body = Kernel(lambda xp, y, row: xp.where(y > 0, xp.tanh(y) * row, xp.maximum(y, row)))

    def step():
        ops.gather(table, index, x)
        ops.gemm(x, w, y)
        ops.reduce(y, row, axis=1)
        ops.launch(body, y, y, row)
        ops.gemm(x, y, grads, trans_a=True, accumulate=True)

    recorded = ops.record(step)
    recorded()
    tracemalloc.start()
    try:
        with ops.running():
            recorded()
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024
    finally:
        tracemalloc.stop()
