"""Each primitive against plain NumPy, on every backend, at once and within a recording."""

from functools import partial

import numpy as np
import pytest
import scipy.sparse

from skdeep.backend.base import SparseBatch
from skdeep.backend.kernel import kernel


@pytest.fixture(params=["at once", "recorded"])
def do(request, backend):
    """Call a step, or record it and play the recording twice."""

    def run(step):
        repeated = backend.record(step) if request.param == "recorded" else step
        with backend.running():  # BLAS may read behind a vector, where floats are no numbers
            repeated()
            repeated()

    return run


def normal(*shape, seed=0, dtype="f8"):
    return np.random.RandomState(seed).normal(size=shape).astype(dtype)


def close(found, expected, dtype="f8"):
    np.testing.assert_allclose(found, expected, rtol=1e-4 if dtype == "f4" else 1e-12, atol=1e-5)


def place(backend, shape, layout, dtype):
    """Return a poisoned output of `shape`: contiguous, class-major, or a cut of longer rows."""
    models, rows, columns = shape
    if layout == "columns":  # but for the last ones, as what is mixed beside x in embeddings
        return backend.to_device(np.full((models, rows, columns + 2), np.nan, dtype))[..., :-2]
    if layout == "class-major":
        return backend.to_device(np.full((models, columns, rows), np.nan, dtype)).swapaxes(1, 2)
    if layout == "parameters":  # rows of a longer array, as the slots of stacked models are
        flat = backend.to_device(np.full((models, rows * columns + 5), np.nan, dtype))
        return flat[:, 3 : 3 + rows * columns].reshape(shape)
    return backend.to_device(np.full(shape, np.nan, dtype))


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("layout", ["contiguous", "class-major", "parameters", "columns"])
@pytest.mark.parametrize("models", [1, 3])
@pytest.mark.parametrize("trans", [(False, False), (True, False), (False, True), (True, True)])
def test_gemm(backend, do, dtype, layout, models, trans):
    flags = {"trans_a": trans[0], "trans_b": trans[1]}
    for m, k, n in [(4, 5, 6), (1, 5, 6), (4, 1, 6), (4, 5, 1), (1, 1, 1)]:
        a, b = normal(models, m, k, dtype=dtype), normal(models, k, n, seed=1, dtype=dtype)
        given = [
            backend.to_device(np.ascontiguousarray(x.swapaxes(1, 2)) if transposed else x)
            for x, transposed in zip((a, b), trans, strict=True)
        ]
        out = place(backend, (models, m, n), layout, dtype)
        do(lambda given=given, out=out: backend.gemm(*given, out, **flags))
        close(backend.to_host(out), a @ b, dtype)


def test_gemm_of_few_rows_and_a_large_transposed_matrix(backend, do):
    a, b = normal(1, 10, 300, dtype="f4"), normal(1, 400, 300, seed=1, dtype="f4")
    out = backend.zeros((1, 10, 400), np.dtype("f4"))
    a_, b_ = backend.to_device(a), backend.to_device(b)
    do(lambda: backend.gemm(a_, b_, out, trans_b=True))
    close(backend.to_host(out), a @ b.swapaxes(1, 2), "f4")


@pytest.mark.parametrize("layout", ["contiguous", "class-major", "parameters"])
@pytest.mark.parametrize("models", [1, 3])
def test_gemm_that_adds(backend, layout, models):
    a, b, c = normal(models, 4, 5), normal(models, 5, 6, seed=1), normal(models, 4, 6, seed=2)
    out = place(backend, c.shape, layout, "f8")
    backend.to_device(c, out)
    a_, b_ = backend.to_device(a), backend.to_device(b)
    step = backend.record(lambda: backend.gemm(a_, b_, out, accumulate=True))
    for times in (1, 2):
        step()
        close(backend.to_host(out), c + times * (a @ b))


@pytest.mark.parametrize("shared", ["a", "b"])
def test_gemm_broadcasts_a_shared_operand(backend, do, shared):
    a = normal(1 if shared == "a" else 3, 4, 5)
    b = normal(1 if shared == "b" else 3, 5, 6, seed=1)
    out = place(backend, (3, 4, 6), "contiguous", "f8")
    a_, b_ = backend.to_device(a), backend.to_device(b)
    do(lambda: backend.gemm(a_, b_, out))
    close(backend.to_host(out), a @ b)


def test_gemm_reads_class_major_and_cut_operands(backend, do):
    values = normal(3, 40)
    a, delta = normal(3, 7, 4), normal(3, 5, 7, seed=1)
    weights = backend.to_device(values)[:, 4:24].reshape(3, 4, 5)
    dy = backend.to_device(delta).swapaxes(1, 2)  # (M, B, K)
    out, grads = (place(backend, s, "contiguous", "f8") for s in ((3, 7, 4), (3, 4, 5)))
    x = backend.to_device(a)

    def step():
        backend.gemm(dy, weights, out, trans_b=True)
        backend.gemm(x, dy, grads, trans_a=True)

    do(step)
    w, dy = values[:, 4:24].reshape(3, 4, 5), delta.swapaxes(1, 2)
    close(backend.to_host(out), dy @ w.swapaxes(1, 2))
    close(backend.to_host(grads), a.swapaxes(1, 2) @ dy)


@pytest.mark.parametrize("trans", [False, True])
@pytest.mark.parametrize("layout", ["contiguous", "class-major", "parameters"])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_sparse_gemm_reads_the_batch_of_the_moment(backend, trans, layout, dtype):
    place_for = SparseBatch()
    b = normal(1, 6 if trans else 9, 4, dtype=dtype)
    out = place(backend, (1, 9 if trans else 6, 4), layout, dtype)
    device_b = backend.to_device(b)
    step = backend.record(lambda: backend.sparse_gemm(place_for, device_b, out, trans_a=trans))
    for seed in (0, 1):
        matrix = scipy.sparse.random(6, 9, density=0.4, format="csr", random_state=seed)
        place_for.matrix = backend.sparse(matrix, dtype)
        step()
        expected = (matrix.T if trans else matrix).toarray() @ b[0].astype(float)
        close(backend.to_host(out)[0], expected, dtype)
    once = backend.to_host(out)[0].astype(float)
    backend.sparse_gemm(place_for, device_b, out, trans_a=trans, accumulate=True)
    close(backend.to_host(out)[0], once + expected, dtype)


@pytest.mark.parametrize(
    ("source", "models"), [((10,), 1), ((10,), 3), ((10, 4), 1), ((10, 4), 3), ((10, 2, 3), 2)]
)
@pytest.mark.parametrize("dtype", ["f4", "f8", "i4"])
def test_gather(backend, do, source, models, dtype):
    rows = (normal(*source) * 10).astype(dtype)
    index = np.random.RandomState(1).randint(10, size=(models, 5))
    out = backend.empty((models, 5, *source[1:]), dtype)
    source_, index_ = backend.to_device(rows), backend.to_device(index)
    do(lambda: backend.gather(source_, index_, out))
    np.testing.assert_array_equal(backend.to_host(out), rows[index])


def test_gather_reads_the_index_when_it_runs(backend):
    rows = backend.to_device(np.arange(10.0))
    index, out = backend.to_device(np.zeros((1, 3), np.intp)), backend.empty((1, 3), "f8")
    step = backend.record(lambda: backend.gather(rows, index, out))
    for values in ([1, 2, 3], [9, 0, 9]):
        backend.to_device(np.array([values]), index)
        step()
        np.testing.assert_array_equal(backend.to_host(out), [values])


@pytest.mark.parametrize("models", [1, 3])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_scatter(backend, do, models, dtype):
    host = normal(models, 40, 5, dtype=dtype)
    index = np.random.RandomState(1).randint(7, size=(models, 40)).astype(np.int32)
    index[index == 3] = 4  # a row that nothing belongs to
    expected = np.zeros((models, 7, 5), dtype)
    for m, b in np.ndindex(models, 40):
        expected[m, index[m, b]] += host[m, b]
    grads = backend.to_device(np.full((models, 50), np.nan, dtype))
    out = grads[:, 10:45].reshape(models, 7, 5)
    source_, index_ = backend.to_device(host), backend.to_device(index)
    do(lambda: backend.scatter(source_, index_, out))
    close(backend.to_host(out), expected, dtype)


def test_scatter_reads_the_index_when_it_runs(backend):
    source = backend.to_device(np.ones((1, 2, 1)))
    index = backend.to_device(np.zeros((1, 2), np.int32))
    out = backend.empty((1, 3, 1), "f8")
    step = backend.record(lambda: backend.scatter(source, index, out))
    for values, expected in (([1, 1], [0, 2, 0]), ([2, 0], [1, 0, 1])):
        backend.to_device(np.array([values], np.int32), index)
        step()
        np.testing.assert_array_equal(backend.to_host(out)[0, :, 0], expected)


#: Strides, dilation, kernel, size of the images.
WINDOWS = [
    ((1, 1), (1, 1), (3, 2), (6, 9)),
    ((2, 3), (1, 1), (1, 3), (6, 9)),
    ((1, 2), (2, 3), (2, 2), (6, 9)),
    ((2, 2), (1, 1), (3, 5), (6, 9)),
    ((2, 2), (1, 1), (3, 5), (10, 12)),
    ((2, 2), (1, 1), (1, 3), (10, 12)),
]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("strides", "dilation", "kernel", "size"), WINDOWS)
@pytest.mark.parametrize(("dtype", "channels"), [("f4", 1), ("f8", 3), ("f4", 16)])
def test_unfold_and_fold(backend, do, dtype, strides, dilation, kernel, size, turned, channels):
    x = normal(2, *size, channels, dtype=dtype)
    out = tuple(
        (n - (k - 1) * d - 1) // s + 1
        for n, k, d, s in zip(size, kernel, dilation, strides, strict=True)
    )
    shape = (2, *out, *kernel, channels)
    expected, sums = np.zeros(shape, dtype), np.zeros(x.shape, dtype)
    patches = normal(*shape, seed=1, dtype=dtype)
    for b, i, j, k, m in np.ndindex(shape[:-1]):
        pixel = (b, i * strides[0] + k * dilation[0], j * strides[1] + m * dilation[1])
        expected[b, i, j, k, m] = x[pixel]
        sums[pixel] += patches[b, i, j, k, m]

    def place(values):
        if not turned:
            return backend.to_device(values)
        array = backend.to_device(np.ascontiguousarray(values.transpose(3, 4, 5, 0, 1, 2)))
        return array.swapaxes(0, 3).swapaxes(1, 4).swapaxes(2, 5)

    images, found = backend.to_device(x), place(np.full(shape, np.nan, dtype))
    do(lambda: backend.unfold(images, found, strides=strides, dilation=dilation))
    np.testing.assert_array_equal(backend.to_host(found), expected)
    held, total = place(patches), backend.to_device(np.full_like(x, np.nan))
    do(lambda: backend.fold(held, total, strides=strides, dilation=dilation))
    close(backend.to_host(total), sums, dtype)


@pytest.mark.parametrize("axes", [(0, 1, 2, 3), (2, 1, 0, 3), (1, 0, 3, 2)])
@pytest.mark.parametrize("cut", [slice(None), slice(2, 5), slice(None, None, 2)])
@pytest.mark.parametrize("source", ["f4", "f8"])
def test_copies_of_cut_and_turned_arrays(backend, do, axes, cut, source):
    host, found = normal(4, 5, 6, 16, dtype=source), np.full((4, 7, 8, 16), np.nan, "f4")

    def view(array):
        return turned(array[:, 1:6, 1:7][:, cut], axes)

    def turned(array, axes):
        for place, axis in enumerate(axes):
            if axis > place:
                array = array.swapaxes(place, axis)
        return array

    x, out = backend.to_device(host), backend.to_device(found)
    do(lambda: backend.copy(turned(x[:, cut], axes), view(out)))
    found[:, 1:6, 1:7][:, cut] = host[:, cut]
    np.testing.assert_array_equal(backend.to_host(out), found)


@pytest.mark.parametrize("op", ["sum", "max", "sumsq"])
@pytest.mark.parametrize("shape", [(1, 7, 5), (3, 7, 5), (1, 1, 5), (3, 7, 1), (2, 9), (1, 9)])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("class_major", [False, True])
def test_reduce(backend, do, op, shape, dtype, class_major):
    host = normal(*shape, dtype=dtype)
    x = backend.to_device(np.ascontiguousarray(host.swapaxes(-1, -2))).swapaxes(-1, -2)
    x = x if class_major else backend.to_device(host)
    for axis in range(-1, len(shape)):
        expected = {
            "sum": host.sum(axis, keepdims=True, dtype=float),
            "max": host.max(axis, keepdims=True),
            "sumsq": np.square(host, dtype=float).sum(axis, keepdims=True),
        }[op]
        out = backend.to_device(np.full(expected.shape, np.nan, dtype))
        do(lambda out=out, axis=axis: backend.reduce(x, out, axis=axis, op=op))
        close(backend.to_host(out), expected, dtype)


@pytest.mark.parametrize("models", [1, 3])
def test_reduce_into_cuts_of_longer_rows(backend, do, models):
    host = normal(models, 6, 4)
    grads = backend.to_device(np.full((models, 10), np.nan))
    out = grads[:, 5:9].reshape(models, 1, 4)
    x = backend.to_device(host)
    do(lambda: backend.reduce(x, out, axis=1))
    close(backend.to_host(out), host.sum(1, keepdims=True))
    assert np.isnan(backend.to_host(grads)[:, [0, 4, 9]]).all()


def test_reduce_of_float32_into_float64(backend, do):
    host = normal(2, 6, dtype="f4")
    x, out = backend.to_device(host), backend.empty((2, 1), "f8")
    do(lambda: backend.reduce(x, out, axis=1))
    close(backend.to_host(out), host.sum(1, keepdims=True, dtype=float), "f4")


def test_max_hands_on_nan(backend, do):
    x, out = backend.to_device(np.array([[1.0, np.nan, 2.0]])), backend.empty((1, 1), "f8")
    do(lambda: backend.reduce(x, out, axis=1, op="max"))
    assert np.isnan(backend.to_host(out)).all()


@kernel
def body(xp, x, row):
    """Two outputs."""
    return x * row + 1, xp.tanh(x)


def test_launch(backend):
    x, row = normal(2, 3, 4), normal(1, 1, 4, seed=1)
    x_, row_, out = backend.to_device(x), backend.to_device(row), backend.empty(x.shape, "f8")
    step = backend.record(lambda: backend.launch(body, (x_, out), x_, row_))
    for _ in range(2):
        step()
        x, expected = x * row + 1, np.tanh(x)
        close(backend.to_host(x_), x)
        close(backend.to_host(out), expected)


def test_copy_broadcasts_and_casts(backend, do):
    source, out = backend.to_device(np.arange(3.0)[None]), backend.empty((2, 3), "f4")
    do(lambda: backend.copy(source, out))
    np.testing.assert_array_equal(backend.to_host(out), [[0, 1, 2]] * 2)


def test_tasks_side_by_side(backend, do):
    x, ones = backend.to_device(normal(2, 40, 30)), backend.to_device(np.ones((2, 40, 30)))
    out, done = backend.empty((2, 40, 30), "f8"), backend.zeros((2, 40, 30), "f8")

    def task(k):
        def run():
            backend.launch(body, (out[k], done[k]), x[k], ones[k])
            # Tasks within a task run one after the other.
            backend.side_by_side(
                [lambda: backend.launch(body, (done[k], out[k]), out[k], x[k])] * 2
            )

        return run

    def step():
        backend.copy(x, out)
        backend.side_by_side([task(0), task(1)])
        backend.copy(out, done)

    do(step)
    close(backend.to_host(done), np.tanh(np.tanh(backend.to_host(x) + 1)))


def test_recording_runs_nothing_and_follows_changes(backend):
    if backend.device.startswith("cuda"):
        pytest.skip("the plain step comes back")
    x, out = backend.to_device(np.ones((1, 3))), backend.zeros((1, 3), "f8")
    ran = []

    def step():
        ran.append(1)
        backend.launch(body, (out, x), x, x)

    recorded = backend.record(step)
    assert ran == [1]
    np.testing.assert_array_equal(backend.to_host(out), 0)
    recorded()
    assert ran == [1]
    np.testing.assert_array_equal(backend.to_host(out), 2)
    recorded()
    close(backend.to_host(out), np.tanh(1) ** 2 + 1)


@kernel
def waves(xp, x):
    """What needs temporaries."""
    return xp.tanh(x) * xp.cos(x) + xp.exp(-xp.abs(x)) * xp.sin(x) - xp.sqrt(xp.abs(x))


def test_recordings_share_temporaries(backend):
    """Those of which no two run at once, of any sizes, tasks side by side included."""
    held, steps = backend.temporaries(), []
    for n in (7, 20_000, 300):
        given = normal(2, n, 10, seed=n)
        x, out = backend.to_device(given), backend.empty(given.shape, "f8")

        def step(x=x, out=out):
            tasks = [partial(backend.launch, waves, out[k], x[k]) for k in range(2)]
            backend.side_by_side(tasks)

        size = abs(given)
        expected = np.tanh(given) * np.cos(given) + np.exp(-size) * np.sin(given) - np.sqrt(size)
        steps.append((backend.record(step, held), out, expected))
    for run, out, expected in [*steps, *steps[::-1]]:
        run()
        close(backend.to_host(out), expected)


def test_transfers_copy(backend):
    host = np.arange(3.0)
    array = backend.to_device(host)
    host[:] = 7
    back = backend.to_host(array)
    np.testing.assert_array_equal(back, [0, 1, 2])
    back[:] = 8
    np.testing.assert_array_equal(backend.to_host(array), [0, 1, 2])
    assert backend.to_device(host, array) is array
    np.testing.assert_array_equal(backend.to_host(array), host)
    turned = backend.to_device(np.asfortranarray(normal(3, 4)))
    np.testing.assert_array_equal(backend.to_host(turned.reshape(12)), normal(3, 4).ravel())


def test_to_device_writes_into_any_view_and_casts(backend):
    array = backend.zeros((2, 6), "f4")
    backend.to_device(np.ones((2, 3)), array[:, 1:4])
    np.testing.assert_array_equal(backend.to_host(array), [[0, 1, 1, 1, 0, 0]] * 2)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_adopt_gives_the_dtype_and_a_contiguous_array(backend, dtype):
    for host in (normal(3, 4), np.asfortranarray(normal(3, 4)), normal(3, 8)[:, ::2], [[1, 2]]):
        adopted = backend.adopt(host, dtype)
        assert adopted.dtype == np.dtype(dtype)
        adopted.reshape(adopted.size)
        np.testing.assert_array_equal(backend.to_host(adopted), np.asarray(host, dtype))
    ready = backend.to_device(normal(3, 4, dtype=dtype))
    assert backend.adopt(ready, dtype) is ready
    np.testing.assert_array_equal(
        backend.to_host(backend.adopt(ready, "f8")), backend.to_host(ready)
    )


@pytest.mark.parametrize("shape", [(6, 5), (6, 2, 3), (6,), (6, 0)])
def test_row_keys_are_the_rows_content(backend, shape):
    host = normal(*shape, dtype="f4")
    host[host < 0] = 0
    host[3] = host[1]
    keys = backend.to_host(backend.row_keys(backend.to_device(host)))
    assert keys.dtype == np.uint32
    assert keys[3] == keys[1]
    assert len(set(keys)) == (5 if host.size else 1)
    double = backend.row_keys(backend.to_device(host.astype("f8")))
    np.testing.assert_array_equal(backend.to_host(double), keys)
    if host.ndim == 2:
        sparse = backend.row_keys(scipy.sparse.csr_matrix(host))
        np.testing.assert_array_equal(backend.to_host(sparse), keys)


def test_new_arrays(backend):
    assert backend.empty((2, 3), "f4").shape == (2, 3)
    assert backend.empty((2, 3), "f4").dtype == np.float32
    np.testing.assert_array_equal(backend.to_host(backend.zeros((2, 3), "i4")), np.zeros((2, 3)))
    backend.synchronize()
