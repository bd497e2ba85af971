"""The container of sequences."""

import pickle

import numpy as np

from skdeep.train.sequences.sequences import Sequences

STEPS = np.arange(14.0).reshape(7, 2)


def test_rows_are_chosen_without_a_copy():
    X = Sequences(STEPS, [3, 1, 3])
    assert X.shape == (3, 2)
    assert (len(X), X.longest, X.one_length) == (3, 3, False)
    for key in (slice(1, 3), np.array([1, 2]), np.array([False, True, True])):
        part = X[key]
        assert part.steps is X.steps
        assert part.lengths.tolist() == [1, 3]
        np.testing.assert_array_equal(part[1], STEPS[4:])
    np.testing.assert_array_equal(X[-1], STEPS[4:])
    assert X[[0, 2]].one_length
    assert [len(x) for x in X] == [3, 1, 3]


def test_concatenation_keeps_what_was_chosen():
    X = Sequences(STEPS, [3, 1, 3])
    both = Sequences.concatenate([X[[2]], X[[1, 0]]])
    for mine, theirs in zip(both, (STEPS[4:], STEPS[3:4], STEPS[:3]), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert Sequences.concatenate([X]) is X


def test_equal_ones_are_found():
    X = Sequences(STEPS, [3, 4])
    assert X.same_as(Sequences(STEPS.copy(), [3, 4]))
    assert not X.same_as(Sequences(STEPS.copy(), [4, 3]))
    assert not X.same_as(Sequences(STEPS + 1, [3, 4]))
    assert not X.same_as(X[::-1])


def test_arrays_and_pickles():
    array = STEPS[:6].reshape(3, 2, 2)
    X = Sequences.of_array(array)
    assert np.shares_memory(X.steps, array)
    copy = pickle.loads(pickle.dumps(X))
    assert copy.same_as(X)
    assert Sequences.of_array(np.zeros((2, 3), np.int32)).is_tokens
    assert X.sample_of(3) == 1
