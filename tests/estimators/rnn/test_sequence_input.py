"""Sequences as people have them, and what bad ones get."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning

from skdeep import RNNClassifier, RNNForecaster, RNNRegressor, SequenceScaler
from skdeep.backend import get_backend
from skdeep.data.sequence import check_sequences
from skdeep.train.sequences.sequences import Sequences

rng = np.random.default_rng(0)
RAGGED = [rng.normal(size=(t, 2)) for t in (3, 1, 4)]
TABLE = rng.normal(size=(3, 4))


class Estimator(BaseEstimator):
    """Takes sequences."""


def learned(X, tokens=False, **attributes):
    estimator = Estimator()
    vars(estimator).update(attributes)
    return estimator, check_sequences(estimator, X, tokens=tokens, reset=True)


def objects(items):
    result = np.empty(len(items), object)
    result[:] = items
    return result


@pytest.mark.parametrize("form", [list, tuple, objects, pd.Series])
def test_lists_of_different_lengths(form):
    estimator, found = learned(form(RAGGED))
    assert found.shape == (3, 2)
    assert estimator.n_features_in_ == 2
    assert found.lengths.tolist() == [3, 1, 4]
    for mine, theirs in zip(found, RAGGED, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_an_array_is_seen_without_a_copy():
    X = rng.normal(size=(3, 4, 2)).astype(np.float32)
    estimator, found = learned(X)
    assert np.shares_memory(found.steps, X)
    assert found.dtype == np.float32
    assert estimator.n_features_in_ == 2
    longer = check_sequences(estimator, np.zeros((2, 9, 2)), tokens=False, reset=False)
    assert longer.longest == 9


def test_a_table_is_one_channel_of_fixed_length():
    frame = pd.DataFrame(TABLE.astype(int), columns=list("abcd"))
    estimator, found = learned(frame)
    assert (found.shape, estimator.n_features_in_) == ((3, 1), 4)
    assert estimator.feature_names_in_.tolist() == list("abcd")
    assert found.dtype == np.float64
    unnamed = learned(TABLE)[0]
    with pytest.raises(ValueError, match="X has 5 features, but Estimator is expecting 4"):
        check_sequences(unnamed, np.zeros((2, 5)), tokens=False, reset=False)
    ragged = check_sequences(estimator, [np.zeros(3), np.zeros(9)], tokens=False, reset=False)
    assert ragged.lengths.tolist() == [3, 9]


def test_nested_lists_are_a_table_and_lists_of_arrays_are_not():
    assert learned(TABLE.tolist())[0].n_features_in_ == 4
    assert learned(list(TABLE))[0].n_features_in_ == 1
    assert learned([[1, 2], [3]])[1].lengths.tolist() == [2, 1]
    estimator, _ = learned([np.zeros(3), np.zeros(4)])
    assert check_sequences(estimator, TABLE, tokens=False, reset=False).shape == (3, 1)


@pytest.mark.parametrize("X", [[[1, 2], [3]], [np.array([1, 2]), np.array([3], np.uint8)]])
def test_tokens(X):
    estimator, found = learned(X, tokens=True)
    assert found.is_tokens
    assert (found.dtype, found.lengths.tolist()) == (np.int32, [2, 1])
    assert estimator.n_features_in_ == 1
    assert learned(np.array([[1, 2, 3]]), tokens=True)[1].lengths.tolist() == [3]


def test_dtype_is_float32_where_all_are():
    assert learned([x.astype(np.float32) for x in RAGGED])[1].dtype == np.float32
    assert learned([RAGGED[0], RAGGED[1].astype(np.float32)])[1].dtype == np.float64
    assert learned([np.array([1, 2]), np.array([3])])[1].dtype == np.float64


def test_device_arrays_stay_where_they_lie():
    ops = get_backend("checked")
    X = rng.normal(size=(3, 4, 2))
    assert learned(ops.to_device(X))[1].device == "checked"
    np.testing.assert_array_equal(learned(ops.to_device(X))[1].to_host()[1], X[1])
    assert learned(ops.to_device(TABLE))[0].n_features_in_ == 4
    assert learned([ops.to_device(x) for x in RAGGED])[1].lengths.tolist() == [3, 1, 4]
    assert learned(ops.to_device(np.array([[1, 2]])), tokens=True)[1].dtype == np.int32
    with pytest.raises(ValueError, match=r"X\[1\] does not lie where X\[0\] does"):
        learned([ops.to_device(RAGGED[0]), RAGGED[1]])


def bad(k, **change):
    items = list(RAGGED)
    items[k] = change["to"]
    return items


BAD = {
    "length zero": (bad(1, to=np.zeros((0, 2))), r"X\[1\] has length zero"),
    "width zero": (bad(1, to=np.zeros((2, 0))), r"X\[1\] has shape \(2, 0\)"),
    "another width": (bad(2, to=np.zeros((4, 3))), r"X\[2\] has 3 features, but X\[0\] has 2"),
    "one channel among two": (bad(2, to=np.zeros(4)), r"X\[2\] has 1 features, but X\[0\] has 2"),
    "nan": (bad(1, to=np.full((1, 2), np.nan)), r"NaN: in X\[1\], step 0, feature 0"),
    "infinity": (bad(2, to=np.array([[1, 2], [np.inf, 0]])), r"infinity: in X\[2\], step 1"),
    "nan in an array": (np.full((2, 3, 1), np.nan), r"NaN: in X\[0\], step 0"),
    "ragged inside": ([[[1, 2], [3]]], r"X\[0\] is ragged"),
    "a string": (["abc"], r"X\[0\] is a string, 'abc': encode text with skdeep.SequenceEncoder"),
    "words": ([["a"], ["b", "c"]], r"X\[0\] holds strings: .*SequenceEncoder"),
    "strings in an object array": (objects(["ab", "c"]), r"X\[0\] is a string"),
    "four axes": (np.zeros((1, 2, 3, 4)), r"X has shape \(1, 2, 3, 4\)"),
    "three axes in a list": ([np.zeros((1, 2, 3))], r"X\[0\] must be an array \(T, F\)"),
    "empty list": ([], r"X is empty"),
    "no steps": (np.zeros((2, 0, 3)), r"0 step\(s\)"),
    "complex": ([np.zeros(2, complex), np.zeros(3)], r"Complex data not supported: X\[0\]"),
    "dates": ([np.zeros(2, "M8[s]"), np.zeros(3)], r"X\[0\] must hold real numbers"),
    "numbers": ([1.0, 2.0], r"X\[0\] is 1.0, no sequence: sequences are an array \(n, T, F\)"),
    "nothing": (None, r"X is None: sequences are an array \(n, T, F\)"),
    "nothings": ([None] * 3, r"X\[0\] is None, no sequence: sequences are"),
    "nothing among sequences": ([[1, 2], None], r"X\[1\] must be an array .*, got None"),
    "no axes": ([np.array(1.0), np.array(2.0)], r"X\[0\] is of type ndarray, no sequence"),
    "a generator": ((x for x in RAGGED), r"X is of type generator: sequences are"),
    "a dict": ({"a": 1.0}, r"X is of type dict: sequences are"),
    "dicts": ([{"a": 1.0}] * 2, r"X\[0\] is of type dict, no sequence"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_sequences(name):
    X, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        learned(X)


BAD_TOKENS = {
    "floats": ([[1, 2], [0.5]], r"X\[1\] has dtype float64, but steps are to be tokens"),
    "a float array": (np.zeros((2, 3)), r"X has dtype float64"),
    "negative": ([[1], [2, -3]], r"X\[1\] has a negative token, -3"),
    "two axes": ([np.zeros((2, 1), int)], r"X\[0\] must be an array \(T,\) of tokens"),
    "three axes": (np.zeros((2, 3, 1), int), r"X has shape \(2, 3, 1\): tokens are"),
    "too large": ([[1], [7, 5]], r"X\[1\] has a token 7, but tokens must be below 5"),
    "far too large": ([[1], [2**40]], r"X\[1\] has a token 1099511627776"),
    "a string": (["ab"], r"X\[0\] is a string"),
    "words": ([["ab"]], r"X\[0\] holds strings"),
    "numbers": ([1, 2], r"Expected a list of sequences"),
    "more than int64": ([[1], [2**70]], r"X\[1\] has a token 1180591620717411303424, more than"),
    "less than int64": ([[-(2**70)]], r"X\[0\] has a negative token, -1180591620717411303424"),
    "truth values": (np.array([[True, False]], object), r"X has dtype bool, but .* tokens"),
    "no steps": (np.zeros((3, 0), int), r"X has shape \(3, 0\): every sequence needs a step"),
    "no sequences": (np.zeros((0, 3), int), r"X is empty"),
    "length zero": ([[1], []], r"X\[1\] has length zero"),
    "empty": ([], r"X is empty"),
}


@pytest.mark.parametrize("name", BAD_TOKENS)
def test_bad_tokens(name):
    X, message = BAD_TOKENS[name]
    with pytest.raises(ValueError, match=message):
        learned(X, tokens=True, n_tokens=5)


def test_a_stray_token_makes_no_vocabulary():
    X = [[1, 2], [3, 300_000_000]]
    with pytest.raises(ValueError, match=r"X\[1\] has a token 300000000, .*: set n_tokens"):
        learned(X, tokens=True, n_tokens=None)
    assert learned(X, tokens=True, n_tokens=300_000_001)[1].is_tokens
    assert learned([[9_999_999]], tokens=True, n_tokens=None)[1].is_tokens


def test_series_of_polars():
    lists = pl.Series([[1.0, 2.0], [3.0, 4.0, 5.0]])
    found = learned(lists)[1]
    assert found.lengths.tolist() == [2, 3]
    assert found.steps[:, 0].tolist() == [1, 2, 3, 4, 5]
    assert learned(pl.Series([[1, 2], [3]]), tokens=True)[1].lengths.tolist() == [2, 1]
    with pytest.raises(ValueError, match="Expected 2D array, got 1D"):
        learned(pl.Series([1.0, 2.0]))
    series = pl.Series(np.sin(np.arange(20.0)))
    model = RNNForecaster(3, max_iter=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        expected = model.fit(series.to_numpy()).forecast(2)
        np.testing.assert_array_equal(model.fit(series).forecast(2), expected)


def test_tokens_beyond_the_vocabulary_later():
    estimator, _ = learned([[1, 2], [3]], tokens=True)
    estimator.n_tokens_ = 4
    with pytest.raises(ValueError, match=r"X\[0\] has a token 4, but tokens must be below 4"):
        check_sequences(estimator, [[4]], tokens=True, reset=False)


def test_sparse_data():
    for X in (sp.csr_matrix(TABLE), [sp.csr_matrix(TABLE)]):
        with pytest.raises(TypeError, match=r"[Ss]parse"):
            learned(X)


def test_another_form_than_that_of_the_fit():
    estimator, _ = learned(RAGGED)
    with pytest.raises(ValueError, match="X has 3 features, but Estimator is expecting 2"):
        check_sequences(estimator, np.zeros((2, 5, 3)), tokens=False, reset=False)
    with pytest.raises(ValueError, match="X has 1 features, but Estimator is expecting 2"):
        check_sequences(estimator, TABLE, tokens=False, reset=False)
    tokens = Sequences(np.zeros(3, np.int32), [2, 1])
    with pytest.raises(ValueError, match="X holds sequences of tokens"):
        check_sequences(estimator, tokens, tokens=False, reset=False)


@pytest.mark.parametrize("fitted", [[[1.0, 2, 3], [4, 5]], list(TABLE), np.zeros((2, 3, 1))])
def test_nested_lists_are_sequences_for_what_was_fitted_on_sequences(fitted):
    estimator, _ = learned(fitted)
    for X in ([[1.0, 2, 3]], [[1, 2], [3, 4], [5, 6]], ((1.0, 2.0), (3.0, 4.0))):
        found = check_sequences(estimator, X, tokens=False, reset=False)
        assert found.lengths.tolist() == [len(x) for x in X]
        for mine, theirs in zip(found, X, strict=True):
            np.testing.assert_array_equal(mine[:, 0], theirs)
    table = learned(TABLE)[0]  # whose columns are features
    with pytest.raises(ValueError, match="X has 3 features, but Estimator is expecting 4"):
        check_sequences(table, [[1.0, 2, 3]], tokens=False, reset=False)


def test_names_of_channels_are_learned_and_compared():
    frames = [pd.DataFrame(x, columns=["a", "b"]) for x in RAGGED]
    estimator, _ = learned(frames)
    assert estimator.feature_names_in_.tolist() == ["a", "b"]
    check_sequences(estimator, frames, tokens=False, reset=False)
    with pytest.raises(ValueError, match="must be in the same order"):
        check_sequences(estimator, [*frames, frames[0][["b", "a"]]], tokens=False, reset=False)
    with pytest.raises(ValueError, match="must be in the same order"):
        learned([*frames, frames[0][["b", "a"]]])
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        check_sequences(estimator, RAGGED, tokens=False, reset=False)
    check_sequences(estimator, RAGGED, tokens=False, reset=True)
    assert not hasattr(estimator, "feature_names_in_")


def test_columns_of_one_name_in_a_frame_of_steps_are_told():
    frame = pd.DataFrame(np.zeros((3, 2)), columns=["x", "x"])
    with pytest.raises(ValueError, match="X must have columns of different names"):
        RNNClassifier(2, max_iter=1).fit([frame, frame], [0, 1])
    with pytest.raises(ValueError, match="X must have columns of different names"):
        SequenceScaler().fit([frame, frame])


@pytest.mark.parametrize("X", [np.array([[1.0, 2.0], [3.0, np.nan]]), np.full((2, 3, 1), np.nan)])
def test_padding_with_nan_is_told_that_sequences_need_none(X):
    with pytest.raises(ValueError, match="Where NaN only fills up shorter sequences, give a list"):
        RNNClassifier().fit(X, [0, 1])


def test_one_sequence_alone_is_told_to_come_in_a_list():
    estimator, _ = learned(RAGGED)
    with pytest.raises(ValueError, match=r"one sequence alone goes in a list, \[x\]"):
        check_sequences(estimator, RAGGED[0], tokens=False, reset=False)


@pytest.mark.parametrize("form", [list, objects, pd.Series])
@pytest.mark.parametrize("network", [RNNClassifier, RNNRegressor])
def test_a_value_for_each_step_is_told_of_the_tagger(network, form):
    with pytest.raises(ValueError, match=r"one value for each sequence.*RNNTagger"):
        network().fit(RAGGED, form([np.zeros(len(x)) for x in RAGGED]))
