"""Chunks hold every step once, and lanes read them in order of time."""

import numpy as np
import pytest

from skdeep.train.sequences.chunks import (
    BEFORE,
    PADDING,
    Chunks,
    LaneOrder,
    StatefulBatches,
    piece_length,
)

LENGTHS = [7, 1, 12, 3, 4, 30]


def chunks_of(size=4, longest=None):
    starts = np.cumsum(LENGTHS) - LENGTHS
    return Chunks(starts, LENGTHS, size, longest)


def test_every_step_is_in_one_chunk_behind_the_step_before():
    chunks = chunks_of()
    total, starts = sum(LENGTHS), np.cumsum(LENGTHS) - LENGTHS
    there = chunks.places >= 0
    np.testing.assert_array_equal(np.sort(chunks.places[there]), np.arange(total))
    assert set(chunks.places[~there]) == {PADDING}
    np.testing.assert_array_equal(chunks.previous[~there], PADDING)
    for step, before in zip(chunks.places[there], chunks.previous[there], strict=True):
        assert before == (BEFORE if step in starts else step - 1)
    assert not there[chunks.padding].any()
    assert not chunks.goes_on[chunks.padding]
    assert np.count_nonzero(~chunks.goes_on[:-1]) == len(LENGTHS)


def test_pieces_are_no_longer_than_told():
    chunks = chunks_of(longest=8)
    assert chunks.widths.tolist() == [2, 1, 2, 1, 1, 1, 2, 2, 2, 2]
    total = sum(LENGTHS)
    np.testing.assert_array_equal(np.sort(chunks.places[chunks.places >= 0]), np.arange(total))
    # A piece within a sequence reads the step before it, though its state is empty.
    begin = chunks.first[3]
    assert not chunks.goes_on[begin]
    assert chunks.previous[begin, 0] == chunks.places[begin, 0] - 1


def test_piece_length():
    assert piece_length([100], 8, 4) == 32  # 25 steps a lane
    assert piece_length([3, 4], 8, 4) == 8


@pytest.mark.parametrize("seed", [None, 0, 1])
@pytest.mark.parametrize("n_lanes", [1, 3, 20])
def test_lanes_hold_every_chunk_once_in_order(n_lanes, seed):
    chunks = chunks_of()
    lanes = StatefulBatches(chunks, n_lanes)
    rows = lanes.rows(None if seed is None else np.random.RandomState(seed))
    table = rows.reshape(-1, n_lanes)
    assert len(table) == lanes.n_batches
    real = rows[rows != chunks.padding]
    np.testing.assert_array_equal(np.sort(real), np.arange(chunks.padding))
    for k, lane in zip(*np.nonzero(chunks.goes_on[table]), strict=True):
        assert table[k - 1, lane] == table[k, lane] - 1


def test_lanes_are_filled_evenly():
    chunks = Chunks(np.arange(10) * 4, [4] * 10, 4)
    assert StatefulBatches(chunks, 3).n_batches == 4


def test_each_epoch_shuffles():
    lanes = [StatefulBatches(chunks_of(size=2), 2), StatefulBatches(chunks_of(size=3), 2)]
    begins = [0, lanes[0].chunks.padding + 1]
    which = [0, 0, 1, 0]  # the models' lanes; their chunks are numbered one part after the other
    rows = [lanes[k].rows() + begins[k] for k in which]
    randoms = [None if seed is None else np.random.RandomState(seed) for seed in (0, None, 1, 0)]
    order = LaneOrder(rows, randoms, lanes, begins)
    first = order.advance().copy()
    np.testing.assert_array_equal(first[0], first[3])
    np.testing.assert_array_equal(first[1, : order.counts[1]], lanes[0].rows())
    expected = [np.random.RandomState(0), np.random.RandomState(1)]
    for again in (False, True):
        if again:
            order.advance()
        for model, k in ((0, 0), (2, 1)):
            found = lanes[k].rows(expected[k]) + begins[k]
            np.testing.assert_array_equal(order.of(model), found)
