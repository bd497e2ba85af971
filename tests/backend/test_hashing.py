"""Row keys depend on a row's content and on nothing else, and 32-bit words compute as NumPy's."""

import numpy as np
import pytest
import scipy.sparse

from skdeep.backend import hashing
from skdeep.backend.kernel import Kernel
from skdeep.backend.kernel import kernel as decorate


def keys(backend, X):
    """Return the keys of host rows, dense or sparse."""
    rows = X if hasattr(X, "indptr") else backend.to_device(np.ascontiguousarray(X))
    found = backend.to_host(backend.row_keys(rows))
    assert found.dtype == np.uint32
    assert found.shape == (X.shape[0],)
    return found


@pytest.fixture
def X():
    """Rows with zeros, negative zeros and numbers of few and many digits, as float32."""
    random = np.random.RandomState(0)
    X = random.normal(size=(60, 13)).astype(np.float32)
    X[random.uniform(size=X.shape) < 0.4] = 0
    X[:, 3] = random.randint(-3, 4, 60)
    return X


def test_neither_dtype_nor_storage_matters(backend, X):
    expected = keys(backend, X)
    assert len(np.unique(expected)) == 60
    np.testing.assert_array_equal(keys(backend, X.astype(np.float64)), expected)
    np.testing.assert_array_equal(keys(backend, np.asfortranarray(X)), expected)
    for dtype in (np.float32, np.float64):
        for make in (scipy.sparse.csr_matrix, scipy.sparse.csr_array):
            np.testing.assert_array_equal(keys(backend, make(X.astype(dtype))), expected)


def test_memory_order_of_what_is_on_the_device(backend, X):
    host = np.ascontiguousarray(X.T)
    turned = backend.to_device(host).swapaxes(0, 1)
    np.testing.assert_array_equal(backend.to_host(backend.row_keys(turned)), keys(backend, X))


def test_rows_of_any_shape_are_those_of_their_entries(backend, X):
    flat = X[:, :12]
    np.testing.assert_array_equal(keys(backend, flat.reshape(60, 2, 3, 2)), keys(backend, flat))


def test_double_precision_is_rounded_as_the_network_rounds_it(backend, X):
    fine = X.astype(np.float64) * (1 + 1e-12)
    np.testing.assert_array_equal(keys(backend, fine), keys(backend, X))


def test_negative_zero_is_zero(backend, X):
    X[X == 0] = -0.0
    expected = keys(backend, np.abs(X) * np.sign(X) + 0.0)
    np.testing.assert_array_equal(keys(backend, X), expected)
    stored = scipy.sparse.csr_matrix(np.ones_like(X))
    stored.data[:] = X.ravel()  # zeros of both kinds, kept as entries
    np.testing.assert_array_equal(keys(backend, stored), expected)


def test_a_key_does_not_depend_on_other_rows(backend, monkeypatch, X):
    expected = keys(backend, X)
    np.testing.assert_array_equal(keys(backend, X[17:31]), expected[17:31])
    np.testing.assert_array_equal(keys(backend, scipy.sparse.csr_matrix(X)[17:31]), expected[17:31])
    order = np.random.RandomState(1).permutation(60)
    np.testing.assert_array_equal(keys(backend, X[order]), expected[order])
    for chunk in (1, 13, 40, 13 * 60):
        monkeypatch.setattr(hashing, "CHUNK", chunk)
        np.testing.assert_array_equal(keys(backend, X), expected)


def test_sparse_rows_in_any_order_and_in_parts(backend, X):
    """CSR may hold the columns of a row in any order, and an entry as a sum of several."""
    whole = scipy.sparse.csr_matrix(X)
    expected = keys(backend, X)
    data, indices = whole.data.copy(), whole.indices.copy()
    for start, stop in zip(whole.indptr[:-1], whole.indptr[1:], strict=True):
        data[start:stop], indices[start:stop] = data[start:stop][::-1], indices[start:stop][::-1]
    turned = scipy.sparse.csr_matrix((data, indices, whole.indptr), whole.shape)
    np.testing.assert_array_equal(keys(backend, turned), expected)
    parts = np.repeat(whole.data / 2, 2), np.repeat(whole.indices, 2), whole.indptr * 2
    halves = scipy.sparse.csr_matrix(parts, whole.shape)
    np.testing.assert_array_equal(keys(backend, halves), expected)
    assert halves.nnz == 2 * whole.nnz  # the caller's matrix stays as it was


def test_values_out_of_range_are_quiet(backend):
    X = np.array([[1e300, -1e300], [1e-300, np.nan], [np.inf, -np.inf], [0.0, np.nan]])
    found = keys(backend, X)
    assert found[0] == found[2]  # both are infinite in float32
    assert found[1] == found[3]


@pytest.mark.parametrize("shape", [(3, 0), (0, 3), (1, 1)])
def test_small_tables(backend, shape):
    np.testing.assert_array_equal(keys(backend, np.zeros(shape)), np.zeros(shape[0]))
    assert keys(backend, scipy.sparse.csr_matrix(shape)).shape == shape[:1]


def limit(n):
    """Pairs that agree by chance in 32 bits, plus four deviations of a Poisson number."""
    mean = n * (n - 1) / 2 / 2**32
    return mean + 4 * np.sqrt(mean) + 1


KINDS = {
    "binary": lambda n, random: np.unpackbits(random.randint(0, 256, (n, 6), np.uint8), axis=1),
    "counts": lambda n, random: random.poisson(1.0, (n, 40)),
    "one_hot_pairs": lambda n, random: np.stack(
        np.unravel_index(np.arange(n), (512, n // 512)), axis=1
    ),
    "numbers": lambda n, random: np.arange(n)[:, None],
    "pixels": lambda n, random: random.randint(0, 256, (n, 8)) / 255,
    "permuted": lambda n, random: random.rand(n, 12).argsort(axis=1),
    "opposite": lambda n, random: random.choice([-1.0, 1.0], (n, 48)),
    "halves": lambda n, random: random.randint(-8, 9, (n, 14)) / 2,
}


@pytest.mark.parametrize("kind", list(KINDS))
def test_different_rows_rarely_share_a_key(kind):
    n = 1 << 17
    rows = KINDS[kind](n, np.random.RandomState(3)).astype(np.float32)
    different = len(np.unique(rows, axis=0))
    found = hashing.row_keys(np, rows)
    assert different > n / 2
    assert different - len(np.unique(found)) <= limit(different)


@pytest.mark.parametrize("value", [1.0, -1.0, 2.0, 0.5, 255.0, 1 / 255])
def test_every_bit_of_a_key_is_used(value):
    """The sum of a subset of columns, as a binary row gives it, is a word of all 32 bits."""
    random = np.random.RandomState(4)
    rows = (random.uniform(size=(4096, 60)) < 0.5) * np.float32(value)
    found = hashing.row_keys(np, rows)
    shares = [np.mean(found >> np.uint32(bit) & np.uint32(1)) for bit in range(32)]
    np.testing.assert_allclose(shares, 0.5, atol=4.5 * 0.5 / np.sqrt(4096))


# --- what the hash computes with ---


@decorate
def mixed(xp, a, b):
    return ((a ^ (b >> 7)) * 0x9E3779B1 + b) ^ (a + 0xFFFFFFFF), a * b, (a >> 31) + (b ^ 5)


def words(*shape, seed=0):
    random = np.random.Generator(np.random.PCG64(seed))
    values = random.integers(0, 2**32, shape, np.uint32)
    values.flat[:3] = [0, 2**32 - 1, 2**31]
    return values


def test_words_wrap_around_as_in_numpy(backend):
    a, b = words(3, 1, 40), words(3, 5, 40, seed=1)
    outs = tuple(backend.empty(b.shape, np.uint32) for _ in range(3))
    backend.launch(mixed, outs, backend.to_device(a), backend.to_device(b))
    with np.errstate(over="ignore"):
        word = np.uint32
        expected = (
            ((a ^ (b >> word(7))) * word(0x9E3779B1) + b) ^ (a + word(0xFFFFFFFF)),
            a * b,
            (a >> word(31)) + (b ^ word(5)),
        )
    for out, wanted in zip(outs, expected, strict=True):
        np.testing.assert_array_equal(backend.to_host(out), np.broadcast_to(wanted, b.shape))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_words_beside_floats_are_numbers(backend, dtype):
    """A constant that is no word, or a float array, makes it arithmetic of floats."""
    bits = words(50)
    out = backend.empty((50,), dtype)
    share = Kernel(lambda xp, bits: bits * 2.0**-32)
    backend.launch(share, out, backend.to_device(bits))
    found = backend.to_host(out)
    np.testing.assert_allclose(found, bits / 2**32, rtol=1e-6 if dtype == np.float32 else 1e-15)
    x = backend.to_device(np.full(50, 0.5, dtype))
    backend.launch(Kernel(lambda xp, x, bits: x * bits), out, x, backend.to_device(bits))
    np.testing.assert_allclose(backend.to_host(out), bits / 2.0, rtol=1e-6)


def test_words_compare_exactly(backend):
    """Neighbouring thresholds differ although float32 cannot tell them apart."""
    bits = np.array([0, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1], np.uint32)
    out = backend.empty((5,), np.float32)
    above = Kernel(lambda xp, bits, edge: (bits >= edge) * 1.0)
    for edge in (1, 2**31, 2**32 - 1):
        limit_ = backend.to_device(np.array([edge], np.uint32))
        backend.launch(above, out, backend.to_device(bits), limit_)
        np.testing.assert_array_equal(backend.to_host(out), bits >= edge)


@pytest.mark.parametrize("body", [lambda xp, x: x ^ 1, lambda xp, x: x >> 1])
@pytest.mark.parametrize("dtype", ["f4", "u2", "i4"])
def test_bits_of_other_dtypes_are_refused(backend, body, dtype):
    x, out = backend.to_device(np.ones(3, dtype)), backend.empty((3,), np.float64)
    with pytest.raises(TypeError, match="is defined for uint32 alone"):
        backend.launch(Kernel(body), out, x)
