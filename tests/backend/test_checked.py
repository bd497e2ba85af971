"""The checked backend refuses what a card would refuse."""

import numpy as np
import pytest
import scipy.sparse

from skdeep.backend.base import Random, SparseBatch
from skdeep.backend.checked import CheckedArray, CheckedBackend
from skdeep.backend.kernel import kernel


@pytest.fixture
def ops():
    return CheckedBackend()


def zeros(*shape, dtype="f8"):
    return CheckedBackend().zeros(shape, dtype)


@pytest.mark.parametrize("dtype", ["f4", "f8", "i4", "i8", "u2", "?"])
def test_new_buffers_are_poisoned(ops, dtype):
    host = ops.to_host(ops.empty((2, 3), dtype))
    assert np.isnan(host).all() if dtype[0] == "f" else (host != 0).all()


def test_poisoned_indices_are_out_of_range(ops):
    with pytest.raises(IndexError, match="outside the 5 rows"):
        ops.gather(zeros(5), ops.empty((1, 2), np.intp), zeros(1, 2))


def test_sums_for_rows_that_are_not_there(ops):
    index = ops.to_device(np.array([[0, 5]], np.int32))
    with pytest.raises(IndexError, match="scatter: an index is outside the 5 rows"):
        ops.scatter(zeros(1, 2, 3), index, zeros(1, 5, 3))


@kernel
def plus(xp, x, y):
    """x + y."""
    return x + y


@kernel
def both(xp, x, y):
    """Two outputs."""
    return x + y, x * y


HOST = np.zeros((1, 2, 2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda ops, a: ops.gemm(HOST, a, a), "gemm: a must be a device array, got ndarray"),
        (lambda ops, a: ops.gemm(a, HOST, a), "gemm: b must"),
        (lambda ops, a: ops.gemm(a, a, HOST), "gemm: out must"),
        (lambda ops, a: ops.sparse_gemm(SparseBatch(), HOST, a), "sparse_gemm: b must"),
        (lambda ops, a: ops.sparse_gemm(HOST, a, a), "sparse_gemm: a must be a SparseBatch"),
        (lambda ops, a: ops.gather(HOST, a, a), "gather: source must"),
        (lambda ops, a: ops.gather(a, HOST, a), "gather: index must"),
        (lambda ops, a: ops.scatter(HOST, a, a), "scatter: source must"),
        (lambda ops, a: ops.reduce(a, HOST, axis=1), "reduce: out must"),
        (lambda ops, a: ops.launch(plus, a, a, HOST), r"Kernel\(plus\): input 1 must"),
        (lambda ops, a: ops.launch(plus, a, a, 2.0), r"Kernel\(plus\): input 1 .*got float"),
        (lambda ops, a: ops.launch(both, (a, HOST), a, a), r"Kernel\(both\): output 1 must"),
        (lambda ops, a: ops.copy(HOST, a), "copy: source must"),
        (lambda ops, a: ops.copy(a, HOST), "copy: out must"),
        (lambda ops, a: ops.to_host(HOST), "to_host: array must"),
        (lambda ops, a: ops.row_keys(HOST), "row_keys: X must"),
        (lambda ops, a: ops.to_device(a), "to_device: host must be a NumPy array"),
        (lambda ops, a: ops.to_device(HOST, HOST), "to_device: out must"),
        (lambda ops, a: ops.draw(Random([]), HOST), "draw: out must"),
    ],
)
def test_host_and_device_arrays_do_not_mix(ops, call, message):
    with pytest.raises(TypeError, match=message):
        call(ops, zeros(1, 2, 2))


@pytest.mark.parametrize(
    ("a", "b", "out", "flags"),
    [
        ((1, 2, 3), (1, 2, 3), (1, 2, 3), {}),
        ((1, 2, 3), (1, 3, 4), (1, 2, 5), {}),
        ((1, 2, 3), (1, 3, 4), (1, 4, 2), {}),
        ((2, 2, 3), (3, 3, 4), (3, 2, 4), {}),
        ((1, 2, 3), (1, 3, 4), (3, 2, 4), {}),
        ((2, 3), (3, 4), (2, 4), {}),
        ((1, 2, 3), (1, 3, 4), (1, 2, 4), {"trans_a": True}),
        ((1, 2, 3), (1, 3, 4), (1, 2, 4), {"trans_b": True}),
    ],
)
def test_gemm_shapes(ops, a, b, out, flags):
    with pytest.raises(ValueError, match=r"gemm: .* does not give"):
        ops.gemm(zeros(*a), zeros(*b), zeros(*out), **flags)


@pytest.mark.parametrize("dtypes", [("f4", "f8", "f8"), ("f4", "f4", "f8"), ("i4", "i4", "i4")])
def test_gemm_dtypes(ops, dtypes):
    with pytest.raises(TypeError, match="one float dtype"):
        ops.gemm(*(zeros(1, 2, 2, dtype=dtype) for dtype in dtypes))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda ops, a: ops.launch(plus, a, a, zeros(3)), ValueError, "input 1 of shape"),
        (lambda ops, a: ops.launch(plus, a, a, zeros(1, 1, 2, 2)), ValueError, "input 1 of shape"),
        (
            lambda ops, a: ops.launch(both, (a, zeros(1, 2, 3)), a, a),
            ValueError,
            "output 1 must have shape",
        ),
        (lambda ops, a: ops.launch(both, a, a, a), ValueError, "2 outputs, got 1"),
        (
            lambda ops, a: ops.launch(plus, a, a, zeros(1, 2, 2, dtype="f2")),
            TypeError,
            "input 1 has dtype float16",
        ),
        (lambda ops, a: ops.copy(zeros(3), a), ValueError, "copy: source of shape"),
        (lambda ops, a: ops.reduce(a, zeros(1, 2), axis=1), ValueError, "reduce: out must have"),
        (lambda ops, a: ops.reduce(a, zeros(1, 1, 2), axis=1, op="mean"), ValueError, "op must be"),
        (
            lambda ops, a: ops.reduce(zeros(1, 2, dtype="i4"), zeros(1, 1), axis=1),
            TypeError,
            "must be floats",
        ),
        (
            lambda ops, a: ops.gather(a, zeros(1, 3, dtype="i8"), zeros(1, 3, 2)),
            ValueError,
            "gather: out must",
        ),
        (
            lambda ops, a: ops.gather(a, zeros(1, 3), zeros(1, 3, 2, 2)),
            TypeError,
            "integers choose rows",
        ),
        (
            lambda ops, a: ops.gather(a, zeros(1, 3, dtype="i8"), zeros(1, 3, 2, 2, dtype="f4")),
            TypeError,
            "of the same dtype",
        ),
        (
            lambda ops, a: ops.scatter(zeros(1, 3, 2), zeros(1, 3, dtype="i8"), zeros(1, 4, 2)),
            TypeError,
            "int32 says where floats",
        ),
        (
            lambda ops, a: ops.scatter(zeros(1, 3, 1), zeros(1, 3, dtype="i4"), zeros(1, 4, 2)),
            ValueError,
            "scatter: source must",
        ),
        (lambda ops, a: ops.draw(streams(2), a, "normal"), ValueError, "2 streams cannot fill"),
        (lambda ops, a: ops.draw(streams(1), a, "bits"), TypeError, "bits cannot be drawn as"),
        (lambda ops, a: ops.draw(streams(1), a, "words"), TypeError, "words cannot be drawn as"),
        (
            lambda ops, a: ops.draw(streams(1), zeros(1, 2, dtype="u2"), "normal"),
            TypeError,
            "normal cannot",
        ),
    ],
)
def test_arguments_that_do_not_fit(ops, call, error, message):
    with pytest.raises(error, match=message):
        call(ops, zeros(1, 2, 2))


def streams(number):
    return Random([np.random.SeedSequence(k) for k in range(number)])


@pytest.mark.parametrize("index", [-1, 5])
def test_indices_are_checked_when_they_are_read(ops, index):
    place, out = zeros(1, 2, dtype="i8"), zeros(1, 2)
    step = ops.record(lambda: ops.gather(zeros(5), place, out))
    step()
    ops.to_device(np.array([[0, index]]), place)
    with pytest.raises(IndexError, match="outside the 5 rows"):
        step()


@pytest.mark.parametrize(
    "call",
    [
        lambda ops, a: ops.launch(plus, a[:, :3], a[:, 1:4], a[:, :3]),
        lambda ops, a: ops.launch(plus, a[:, ::-1], a, a),
        lambda ops, a: ops.launch(plus, a[:, :4].swapaxes(0, 1), a[:, :4], a[:, 4:]),
        lambda ops, a: ops.launch(plus, a, a[:, :1], a),
        lambda ops, a: ops.launch(both, (a, a), a, a),
        lambda ops, a: ops.launch(both, (a[:, :3], a[:, 2:5]), zeros(4, 3), zeros(4, 3)),
        lambda ops, a: ops.gemm(a[None, :, :4], zeros(1, 4, 4), a[None, :, :4]),
        lambda ops, a: ops.gemm(zeros(1, 4, 4), a[None, :, :4], a[None, :, 3:7]),
        lambda ops, a: ops.reduce(a, a[:, :1], axis=1),
        lambda ops, a: ops.gather(a, zeros(1, 4, dtype="i8"), a[None]),
        lambda ops, a: ops.copy(a[:, :3], a[:, 1:4]),
    ],
)
def test_overlap_is_refused(ops, call):
    with pytest.raises(ValueError, match="overlaps"):
        call(ops, zeros(4, 8))


def test_what_does_not_overlap_or_is_the_very_view_passes(ops):
    a = ops.to_device(np.arange(8.0).reshape(2, 4))
    ops.launch(plus, a[:, ::2], a[:, 1::2], a[:, ::2])  # interleaved
    np.testing.assert_array_equal(ops.to_host(a), [[1, 1, 5, 3], [9, 5, 13, 7]])
    ops.launch(plus, a[:, 1:2], a[:, 1:2], a[:, 2:3])  # columns of one table
    np.testing.assert_array_equal(ops.to_host(a), [[1, 6, 5, 3], [9, 18, 13, 7]])


@pytest.mark.parametrize(
    "call",
    [
        lambda ops: ops.empty((1,), "f8"),
        lambda ops: ops.zeros((1,), "f8"),
        lambda ops: ops.to_device(np.zeros(1)),
        lambda ops: ops.adopt(np.zeros(1), "f8"),
        lambda ops: ops.to_host(CheckedArray(np.zeros(1))),
    ],
)
def test_a_recorded_step_neither_allocates_nor_transfers(ops, call):
    with pytest.raises(RuntimeError, match="inside a recorded step"):
        ops.record(lambda: call(ops))
    call(ops)


def test_sparse_batches_are_checked_when_they_are_read(ops):
    batch = SparseBatch()
    step = ops.record(lambda: ops.sparse_gemm(batch, zeros(1, 3, 2), zeros(1, 4, 2)))
    batch.matrix = scipy.sparse.csr_matrix((4, 3))
    step()
    batch.matrix = scipy.sparse.csr_matrix((5, 3))
    with pytest.raises(ValueError, match="out must have shape"):
        step()
    batch.matrix = scipy.sparse.csr_matrix((4, 2))
    with pytest.raises(ValueError, match="cannot multiply"):
        step()
    batch.matrix = scipy.sparse.csr_matrix((4, 3), dtype="f4")
    with pytest.raises(ValueError, match="cannot multiply"):
        step()


def test_adopt_copies_from_the_host_only(ops):
    host = np.ones((2, 2))
    array = ops.adopt(host, "f8")
    host[:] = 7
    np.testing.assert_array_equal(ops.to_host(array), 1)
    assert ops.adopt(array, "f8") is array
    assert ops.adopt(array, "f4").dtype == np.float32
    assert ops.adopt(array.swapaxes(0, 1), "f8").reshape(4).shape == (4,)


@pytest.mark.parametrize(
    ("patches", "strides", "message"),
    [
        ((2, 4, 5, 3, 3, 1), (1, 1), "do not lie within"),
        ((2, 2, 3, 3, 3, 1), (3, 1), "do not lie within"),
        ((1, 2, 3, 3, 3, 1), (1, 1), "do not lie within"),
        ((2, 3, 3, 3, 1), (1, 1), "are needed"),
    ],
)
def test_patches_outside_the_images(patches, strides, message):
    ops = CheckedBackend()
    x, held = ops.zeros((2, 5, 5, 1), "f8"), ops.zeros(patches, "f8")
    with pytest.raises(ValueError, match=message):
        ops.unfold(x, held, strides=strides, dilation=(1, 1))
    with pytest.raises(ValueError, match=message):
        ops.fold(held, x, strides=strides, dilation=(1, 1))
