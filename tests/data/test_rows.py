"""Rows of each kind: what is asked of them, from one list of kinds."""

import numpy as np
import pytest
from scipy.sparse import csc_matrix, csr_array

from skdeep.data.chunked import ChunkRows
from skdeep.data.image import ImageForm, flat_as_fitted
from skdeep.data.kinds import as_rows, joined, same
from skdeep.data.pair import PairRows
from skdeep.data.sequence import SequenceRows, StepRows
from skdeep.data.sequence_kinds import KINDS
from skdeep.data.table import SparseRows, TableRows
from skdeep.data.training_data import TrainingData
from skdeep.train.dataset import Dataset
from skdeep.train.sequences.chunk_table import ChunkTable
from skdeep.train.sequences.chunked_sequences import ChunkedSequences
from skdeep.train.sequences.chunks import PADDING
from skdeep.train.sequences.pairs import Pairs
from skdeep.train.sequences.sequence_table import SequenceTable
from skdeep.train.sequences.sequences import Sequences
from skdeep.train.sequences.tagging import StepValues, TaggedTable

LENGTHS = [3, 1, 4]
NUMBERS = np.arange(16.0).reshape(8, 2)


def table(add=0.0):
    return NUMBERS + add


def sparse(add=0.0):
    return csr_array((NUMBERS + add) * (NUMBERS % 3 == 0))


def columns(add=0.0):
    return csc_matrix(sparse(add))


def images(add=0.0):
    flat, _ = ImageForm(2, None).flat((NUMBERS + add).reshape(2, 4, 2))
    return flat


def sequences(add=0.0):
    return Sequences(NUMBERS + add, LENGTHS)


def tokens(add=0):
    return Sequences((NUMBERS[:, 0] + add).astype(np.int32), LENGTHS)


def step_values(add=0.0):
    return StepValues(NUMBERS + add, LENGTHS)


def chunks(add=0.0):
    return ChunkedSequences(sequences(add), 2, 2, cut=False)


def pairs(add=0):
    sources = Sequences((NUMBERS[:, 1] + add).astype(np.int32), LENGTHS)
    ends = np.cumsum(LENGTHS)
    written = [NUMBERS[stop - n : stop, 0] + add for stop, n in zip(ends, LENGTHS, strict=True)]
    return Pairs.of_tokens(sources, written)


#: How to make rows, what they are, how many, and bytes of theirs if numbers have eight.
TABLES = {
    "table": (table, TableRows, 8, 128),
    "images": (images, TableRows, 2, 128),
    "sparse": (sparse, SparseRows, 8, 5 * (8 + 4) + 9 * 4),
    "columns": (columns, SparseRows, 8, None),
}
BY_STEPS = {
    "sequences": (sequences, SequenceRows, 3, 128),
    "tokens": (tokens, SequenceRows, 3, 64),
    "step values": (step_values, StepRows, 3, 128),
    "chunks": (chunks, ChunkRows, 6, 128 + 2 * 6 * 2 * 8),
    "pairs": (pairs, PairRows, 3, 2 * 64),
}
ALL = {**TABLES, **BY_STEPS}
each_kind = pytest.mark.parametrize(("make", "kind", "n", "n_bytes"), ALL.values(), ids=ALL)


def row_values(held):
    """Return what each row holds, whatever its kind."""
    if isinstance(held, ChunkedSequences):
        steps = held.sequences.steps
        return [steps[places[places != PADDING]] for places in held.places]
    return list(held.toarray() if hasattr(held, "toarray") else held)


def assert_rows(found, expected):
    for one, other in zip(row_values(found), expected, strict=True):
        np.testing.assert_array_equal(one, other)


def word(held):
    return as_rows(held).content_hash()


def test_all_kinds_are_tested():
    assert {kind for _, kind, _, _ in ALL.values()} == {TableRows, SparseRows, *KINDS.values()}


@each_kind
def test_a_kind_knows_its_rows_and_copies_none(make, kind, n, n_bytes):
    held = make()
    rows = as_rows(held)
    assert type(rows) is kind
    assert rows.held is held
    assert rows.to_host() is held
    assert (len(rows), rows.device, rows.dtype) == (n, "cpu", held.dtype)
    assert len(row_values(held)) == n


@each_kind
def test_chosen_rows_come_in_the_order_asked_for(make, kind, n, n_bytes):
    held, index = make(), np.array([1, 0, 1])
    if kind is ChunkRows:
        with pytest.raises(TypeError, match="choose sequences before"):
            as_rows(held).take(index)
        return
    found = as_rows(held).take(index)
    assert_rows(found, [row_values(held)[k] for k in index])
    assert type(as_rows(found)) is kind


@each_kind
def test_rows_of_several_fits_stand_one_after_the_other(make, kind, n, n_bytes):
    parts = [make(), make(3)]
    found = joined(parts)
    assert_rows(found, row_values(parts[0]) + row_values(parts[1]))
    assert type(as_rows(found)) is kind
    assert sorted(as_rows(found).indices()) == list(range(2 * n))


@each_kind
def test_equal_rows_are_the_same_and_others_are_not(make, kind, n, n_bytes):
    held = make()
    assert same(held, held)
    assert same(held, make()) == as_rows(held).stackable  # sparse ones by identity
    assert not same(held, make(1))
    assert not same(held, None)
    for other, *_ in ALL.values():
        if other is not make:
            assert not same(held, other()), other


@each_kind
def test_a_hash_tells_rows_by_their_content(make, kind, n, n_bytes):
    assert word(make()) == word(make())
    assert word(make()) != word(make(1))


def test_hashes_do_not_depend_on_the_device(backend):
    assert word(backend.to_device(NUMBERS)) == word(NUMBERS)
    held = Sequences(backend.to_device(NUMBERS), LENGTHS)
    assert word(held) == word(sequences())


def test_a_hash_tells_how_sequences_are_cut():
    assert word(sequences()) != word(Sequences(NUMBERS, LENGTHS[::-1]))
    assert word(chunks()) != word(ChunkedSequences(sequences(), 3, 2, cut=False))


@each_kind
def test_bytes_are_those_of_the_numbers_in_training(make, kind, n, n_bytes):
    rows = as_rows(make())
    if n_bytes is not None:
        assert rows.n_bytes(8) == n_bytes
    values = np.size(rows.numbers) * (2 if kind is PairRows else 1)  # both sides
    assert rows.n_bytes(8) - rows.n_bytes(4) == 4 * values


@each_kind
def test_only_sparse_rows_stay_alone_and_only_chunks_have_a_layout(make, kind, n, n_bytes):
    rows = as_rows(make())
    assert rows.stackable == (kind is not SparseRows)
    assert rows.layout == ((2, 2) if kind is ChunkRows else None)


def test_a_fit_tells_the_layouts_of_its_rows():
    rows = np.arange(3)
    assert TrainingData(table(), table(), None, rows).layouts == [None, None]
    data = TrainingData(chunks(), table(), None, rows, X_val=chunks())
    assert data.layouts == [(2, 2), (2, 2)]


@pytest.mark.parametrize(("make", "n"), [(table, 8), (sequences, 3)])
def test_weights_of_one_are_for_rows(make, n):
    np.testing.assert_array_equal(as_rows(make()).ones(), np.ones(n))


def test_weights_of_one_for_targets_of_steps_are_for_steps():
    found = as_rows(step_values()[[2, 0]]).ones()
    assert type(found) is StepValues
    assert_rows(found, [np.ones(4), np.ones(3)])


class Network:
    """Says for how many steps it would be bound."""

    steps = None

    def of_length(self, steps):
        found = Network()
        found.steps = steps
        return found


@pytest.mark.parametrize(
    ("make", "steps"), [(table, None), (sparse, None), (sequences, 4), (chunks, 2)]
)
def test_a_network_is_bound_for_the_steps_of_rows(make, steps):
    assert as_rows(make()).bind(Network()).steps == steps


@pytest.mark.parametrize(
    ("make", "numbers"), [(table, 5 * 7 + 5 * 11), (sequences, 5 * 7 + 5 * 11), (chunks, 2 * 11)]
)
def test_an_evaluator_keeps_outputs_but_not_those_of_chunks(make, numbers):
    assert as_rows(make()).evaluation_numbers(5, 7, 11) == numbers


@pytest.mark.parametrize(
    ("make", "target", "kind"),
    [
        (table, np.zeros((8, 1)), Dataset),
        (sparse, np.zeros((8, 1)), Dataset),
        (sequences, np.zeros((3, 1)), SequenceTable),
        (sequences, StepValues(np.zeros((8, 1)), LENGTHS), TaggedTable),
        (chunks, np.zeros((8, 1)), ChunkTable),
    ],
)
def test_a_dataset_goes_by_rows_and_targets(backend, make, target, kind):
    dataset = as_rows(make()).dataset(backend, target, None, np.float64)
    assert type(dataset) is kind
    assert dataset.n_rows == len(as_rows(make()))


@pytest.mark.parametrize("make", [table, sparse, columns, sequences, chunks])
def test_numbers_too_large_for_the_network_are_refused(make):
    as_rows(make()).check_magnitude(np.float32)
    as_rows(make(1e300)).check_magnitude(np.float64)
    with pytest.raises(ValueError, match=r"too large for dtype\('float32'\)"):
        as_rows(make(1e300)).check_magnitude(np.float32)


@pytest.mark.parametrize("make", [lambda held: held, lambda held: Sequences(held, LENGTHS)])
def test_rows_on_a_device_go_nowhere_else(backend, make):
    rows = as_rows(make(backend.to_device(NUMBERS)))
    assert rows.device == backend.device
    rows.check_place("X_val", backend.device, "where X is")
    rows.check_beside(backend, backend.device)
    if backend.device == "cpu":
        return
    with pytest.raises(ValueError, match=r"X_val lies on .*, which does not work with where X is"):
        rows.check_place("X_val", "cuda:7", "where X is")
    with pytest.raises(ValueError, match="computes on 'cuda:7'"):
        rows.check_beside(backend, "cuda:7")
    np.testing.assert_array_equal(np.asarray(as_rows(rows.to_host()).numbers), NUMBERS)


@pytest.mark.parametrize(
    ("n_dims", "X", "shape"),
    [
        (2, np.zeros((2, 4, 3)), (4, 3, 1)),
        (2, np.zeros((2, 4, 3, 5)), (4, 3, 5)),
        (1, np.zeros((2, 4, 3)), (4, 3)),
        (2, list(np.zeros((2, 4, 3))), (4, 3, 1)),
        (2, np.zeros((2, 6)), None),
    ],
)
def test_images_have_a_shape_and_flat_rows(n_dims, X, shape):
    flat, found = ImageForm(n_dims, None).flat(X)
    assert found == shape
    assert flat.shape == (2, np.size(X) // 2)
    assert ImageForm(n_dims, None).find(found, flat.shape[1]) == (shape or (6, 1))
    if shape is not None:
        assert flat_as_fitted(X, shape, "CNN").shape == flat.shape
        with pytest.raises(ValueError, match="was fitted on images of shape"):
            flat_as_fitted(X, (*shape[:-1], 9), "CNN")
