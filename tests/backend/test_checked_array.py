"""Checked arrays refuse what NumPy would do with them unasked."""

import copy
import pickle

import numpy as np
import pytest

from skdeep.backend.checked import CheckedArray, CheckedBackend

IMPLICIT = "Implicit conversion to a NumPy array is not allowed"


@pytest.fixture
def ops():
    return CheckedBackend()


@pytest.fixture
def array(ops):
    return ops.to_device(np.arange(12.0).reshape(3, 4))


def test_arrays_are_no_numpy_arrays(array):
    assert not isinstance(array, np.ndarray)


@pytest.mark.parametrize(
    "use",
    [
        np.asarray,
        np.array,
        np.sum,
        np.exp,
        np.isfinite,
        float,
        int,
        bool,
        complex,
        list(range(9)).__getitem__,
        np.abs,
        lambda a: a + 1,
        lambda a: 1 - a,
        lambda a: a * a,
        lambda a: a / 2,
        lambda a: a @ a,
        lambda a: -a,
        lambda a: a > 0,
        lambda a: a == a,
        lambda a: a != 0,
        lambda a: np.ones(4) * a,
        lambda a: np.float64(2) * a,
        lambda a: np.add(np.ones(4), a),
        lambda a: np.ones(4).__iadd__(a),
        lambda a: np.copyto(np.ones((3, 4)), a),
        lambda a: np.concatenate([a, a]),
        lambda a: np.array([a, a]),
        lambda a: np.zeros((3, 4)).__setitem__(slice(None), a),
        lambda a: a.__setitem__(0, 1.0),
        lambda a: np.testing.assert_array_equal(a, np.zeros((3, 4))),
    ],
)
def test_nothing_converts_implicitly(array, use):
    with pytest.raises(TypeError, match=IMPLICIT):
        use(array)


@pytest.mark.parametrize("name", ["flags", "T", "astype", "sum", "copy", "tolist", "data", "fill"])
def test_nothing_else_is_offered(array, name):
    with pytest.raises(AttributeError):
        getattr(array, name)


@pytest.mark.parametrize("use", [pickle.dumps, copy.copy, copy.deepcopy])
def test_arrays_stay_out_of_pickles(array, use):
    with pytest.raises(TypeError, match="cannot be pickled or copied"):
        use(array)


@pytest.mark.parametrize(
    "key",
    [
        [0, 1],
        np.array([0, 1]),
        np.array([True, False, True]),
        True,
        (slice(None), [0]),
        1.0,
        "x",
    ],
)
def test_only_basic_indexing(array, key):
    with pytest.raises(TypeError, match="only basic indexing"):
        array[key]


def test_a_device_array_is_no_index(ops, array):
    with pytest.raises(TypeError, match="only basic indexing"):
        array[ops.to_device(np.array([0, 1]))]


@pytest.mark.parametrize(
    "key", [0, -1, slice(1, 3), (0, 1), (slice(None), slice(0, 4, 2)), None, (..., 0), np.int64(1)]
)
def test_indexing_gives_views(array, key):
    part = array[key]
    assert isinstance(part, CheckedArray)
    assert part.shape == np.zeros((3, 4))[key].shape
    assert np.shares_memory(part.held, array.held)


def test_what_the_engine_may_read(array):
    assert (array.shape, array.dtype, array.ndim) == ((3, 4), np.float64, 2)
    assert (array.size, array.itemsize, len(array)) == (12, 8, 3)
    assert [row.shape for row in array] == [(4,)] * 3
    assert array.swapaxes(0, 1).shape == (4, 3)
    assert array.reshape(2, -1).shape == array.reshape((2, 6)).shape == (2, 6)
    assert "shape=(3, 4)" in repr(array)
    assert array in {array}


def test_reshape_must_be_a_view(array):
    with pytest.raises(ValueError, match="makes a copy"):
        array.swapaxes(0, 1).reshape(12)
    with pytest.raises(ValueError, match="makes a copy"):
        array[:, 1:].reshape(9)
