"""The hash behind dropout masks: what it computes, and that its bits look like coin tosses.

Every statistic is a z-score of a fixed sample, so these tests pass or fail for good. The largest
of a few thousand normal scores stays below 4.5.
"""

import numpy as np
import pytest

from skdeep.backend import get_backend
from skdeep.kernels.masks import FIRST, SECOND, alpha_masked, mask_bits, masked

Z = 4.5


def words(*shape, seed=0):
    return np.random.Generator(np.random.PCG64(seed)).integers(0, 2**32, shape, np.uint32)


def hashed(keys, seed, units, ops=None):
    """Return the bits (n, U) of n row keys and U units under one seed."""
    ops = ops or get_backend("cpu")
    host = [np.asarray(keys, np.uint32)[:, None], np.full((1, 1), seed, np.uint32), units[None]]
    out = ops.empty((len(keys), len(units)), np.uint32)
    with ops.running():
        ops.launch(mask_bits, out, *(ops.to_device(array) for array in host))
    return ops.to_host(out)


def one_word(key, seed, unit):
    """The same in Python's own integers."""
    wrap = 2**32 - 1
    row = key ^ seed
    row = (row ^ (row >> 16)) * FIRST & wrap
    row = (row ^ (row >> 15)) * SECOND & wrap
    word = ((row ^ (row >> 16)) + unit) & wrap
    word = (word ^ (word >> 16)) * FIRST & wrap
    return (word ^ (word >> 15)) * SECOND & wrap


def signs(bits):
    """Return -1 and 1 by the leading bit, which decides a rate of one half."""
    return np.where(bits >> 31, 1.0, -1.0)


def check_scores(scores):
    """Scores are those of independent tosses: none is large, nor are they in the mean."""
    assert np.abs(scores).max() < Z
    square = (np.sum(scores**2) - scores.size) / np.sqrt(2 * scores.size)
    assert abs(square) < Z


#: Keys as they come: random ones, numbers from zero, numbers far apart, equal low halves.
KEYS = {
    "random": words(512, seed=3),
    "counted": np.arange(512, dtype=np.uint32),
    "strided": np.arange(512, dtype=np.uint32) << np.uint32(20),
    "high": np.arange(512, dtype=np.uint32) << np.uint32(16) | np.uint32(0x1234),
}
every_kind_of_keys = pytest.mark.parametrize("keys", list(KEYS.values()), ids=list(KEYS))


def test_bits_are_what_integers_give(backend):
    keys = np.array([0, 1, 2**31, 2**32 - 1, 123456789], np.uint32)
    units = words(7, seed=5)
    for seed in (0, 1, 2**32 - 1, 987654321):
        expected = [[one_word(int(k), seed, int(u)) for u in units] for k in keys]
        np.testing.assert_array_equal(hashed(keys, seed, units, backend), expected)


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.25, 0.5, 0.9, 0.999])
def test_kept_share(rate):
    kept = hashed(words(2048, seed=1), 77, words(2048, seed=2)) >= np.uint32(round(rate * 2**32))
    deviation = np.sqrt(rate * (1 - rate) / kept.size)
    assert abs(kept.mean() - (1 - rate)) < 4 * deviation
    # Nor does any row, or any unit, keep more than its share.
    for axis in (0, 1):
        check_scores((kept.mean(axis) - (1 - rate)) / np.sqrt(rate * (1 - rate) / 2048))


@every_kind_of_keys
@pytest.mark.parametrize("shift", [0, 8, 16, 24])
def test_bytes_are_uniform(keys, shift):
    values = hashed(keys, 5, words(512, seed=4)) >> np.uint32(shift) & np.uint32(255)
    counts = np.bincount(values.ravel(), minlength=256)
    check_scores((counts - values.size / 256) / np.sqrt(values.size / 256 * (255 / 256)))


@every_kind_of_keys
def test_rows_are_independent(keys):
    s = signs(hashed(keys, 9, words(1024, seed=6)))
    products = s @ s.T / np.sqrt(s.shape[1])
    above = products[np.triu_indices(len(s), 1)]
    assert np.abs(above).max() < 5.5  # of 131 thousand pairs
    assert abs((np.mean(above**2) - 1) * np.sqrt(above.size / 2)) < Z
    lags = [np.sum(s[lag:] * s[:-lag]) / np.sqrt(s[lag:].size) for lag in range(1, 257)]
    check_scores(np.array(lags))


@every_kind_of_keys
@pytest.mark.parametrize("units", [words(256, seed=8), np.arange(256, dtype=np.uint32)])
def test_units_are_independent(keys, units):
    s = signs(hashed(np.concatenate([keys, keys + np.uint32(512)]), 9, units))
    products = s.T @ s / np.sqrt(len(s))
    above = products[np.triu_indices(s.shape[1], 1)]
    assert np.abs(above).max() < 5.2  # of 33 thousand pairs
    assert abs((np.mean(above**2) - 1) * np.sqrt(above.size / 2)) < Z
    lags = [np.sum(s[:, lag:] * s[:, :-lag]) / np.sqrt(s[:, lag:].size) for lag in range(1, 129)]
    check_scores(np.array(lags))


@every_kind_of_keys
def test_seeds_that_follow_each_other_are_independent(keys):
    units = words(256, seed=10)
    first, scores = signs(hashed(keys, 0, units)), []
    for seed in range(1, 129):
        # A seed is mixed in by xor, so it may exchange keys: count such a pair once.
        once = (keys ^ keys[0]) & np.uint32(seed & -seed) == 0
        products = signs(hashed(keys[once], seed, units)) * first[once]
        scores.append(products.sum() / np.sqrt(products.size))
    check_scores(np.array(scores))


@every_kind_of_keys
@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_a_row_gets_independent_masks_in_each_step(keys, rate):
    """The share of units that are dropped in two steps running is the square of the rate."""
    units, edge = words(512, seed=11), np.uint32(round(rate * 2**32))
    dropped = [hashed(keys, seed, units) < edge for seed in (4, 5, 6, 2**31 + 6)]
    both = np.array([np.mean(a & b) for k, a in enumerate(dropped) for b in dropped[:k]])
    deviation = np.sqrt(rate**2 * (1 - rate**2) / dropped[0].size)
    assert (np.abs(both - rate**2) < Z * deviation).all()


@pytest.mark.parametrize("which", ["key", "seed", "unit"])
def test_one_bit_changes_half_of_the_masks(which):
    """Avalanche: each bit of what goes in turns over each leading bit with probability 1/2."""
    keys, units = words(128, seed=12), words(128, seed=13)
    before = hashed(keys, 21, units)
    scores = []
    for bit in range(32):
        flip = np.uint32(1 << bit)
        inputs = {"key": (keys, 21, units), "seed": (keys, 21, units), "unit": (keys, 21, units)}
        a, b, c = inputs[which]
        if which == "key":
            a = keys ^ flip
        elif which == "seed":
            b = 21 ^ int(flip)
        else:
            c = units ^ flip
        changed = hashed(a, b, c) ^ before
        scores += [turned(changed, leading) for leading in range(31, 23, -1)]
    # A unit passes half of the hash only, so its bits are mixed a little less evenly.
    limit = Z if which != "unit" else 12.0
    assert np.abs(scores).max() < limit


def turned(changed, bit):
    """Return the score of how often a bit turned over."""
    share = np.mean(changed >> np.uint32(bit) & np.uint32(1))
    return (share - 0.5) * 2 * np.sqrt(changed.size)


def test_equal_keys_give_equal_bits_in_any_company():
    units = words(64, seed=14)
    whole = hashed(words(40, seed=15)[np.arange(80) % 40], 3, units)
    np.testing.assert_array_equal(whole[:40], whole[40:])
    np.testing.assert_array_equal(hashed(words(40, seed=15)[7:9], 3, units), whole[7:9])
    np.testing.assert_array_equal(hashed(words(40, seed=15), 3, units[5:6]), whole[:40, 5:6])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_the_bits_do(backend, dtype):
    x = np.array([1.5, -2.0, 3.0, 4.0], dtype)
    bits = np.array([0, 99, 100, 2**32 - 1], np.uint32)
    edge, scale, shift, low = (
        np.full(1, value, kind)
        for value, kind in ((100, np.uint32), (2, dtype), (0.5, dtype), (-7, dtype))
    )
    out = backend.empty((4,), dtype)
    inputs = [backend.to_device(array) for array in (x, bits, edge, scale, shift, low)]
    backend.launch(masked, out, *inputs[:4])
    np.testing.assert_array_equal(backend.to_host(out), [0, 0, 6, 8])
    kept = backend.to_device(np.array([0, 0, 2, 2], dtype))
    backend.launch(alpha_masked, out, inputs[0], kept, *inputs[4:])
    np.testing.assert_array_equal(backend.to_host(out), [-7, -7, 6.5, 8.5])
