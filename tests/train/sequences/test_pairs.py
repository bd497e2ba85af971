"""Pairs: losses that no padding touches, batches of like lengths, and what is written."""

import numpy as np
import pytest

from skdeep.backend import get_backend
from skdeep.estimators.seq2seq.architecture import Seq2SeqArchitecture
from skdeep.nn.core.binder import Arena
from skdeep.nn.core.network import Network, Program
from skdeep.nn.losses import SoftmaxLogLoss
from skdeep.train.sequences import decoding
from skdeep.train.sequences.beams import Rules
from skdeep.train.sequences.pair_predictor import PairPredictor
from skdeep.train.sequences.pairs import PairOrder, Pairs
from skdeep.train.sequences.sequences import Sequences
from tests.reference.decoding import beam_search

START, END, UNKNOWN = 0, 1, 2
N, SOURCES, TOKENS = 8, 5, 7
random = np.random.default_rng(1)


def tokens(lengths, low, high):
    return [random.integers(low, high, n).astype(np.int32) for n in lengths]


SOURCE = Sequences(np.concatenate(tokens(lengths := random.integers(1, 8, N), 0, SOURCES)), lengths)
TARGETS = [
    np.array([START, *one, END]) for one in tokens(random.integers(1, 6, N), UNKNOWN + 1, TOKENS)
]
PAIRS = Pairs.of_tokens(SOURCE, TARGETS)


def predictor(backend, **changes):
    options = {
        "architecture": "gru",
        "attention": "dot",
        "units": 6,
        "embedding_dim": 5,
        "n_hidden_layers": None,
        "n_heads": 2,
        "feedforward_units": None,
        "dropout": 0.0,
        "tied_embeddings": True,
        "bidirectional": True,
    }
    layers = Seq2SeqArchitecture(**options | changes, n_source_tokens=SOURCES)
    loss = SoftmaxLogLoss(TOKENS)
    network = Network(layers.layers((SOURCES,), TOKENS), (1,), loss)
    values = network.initial([np.random.RandomState(0)])
    values += 1.2 * np.random.default_rng(10).normal(size=values.shape)
    return PairPredictor(network, values, backend)


KINDS = [
    {},
    {"architecture": "lstm", "attention": "additive", "tied_embeddings": False},
    {"architecture": "transformer", "embedding_dim": None},
    {"attention": None, "n_hidden_layers": 2, "bidirectional": False},
]


def logits_after(model, source, prefix):
    """Return the logits of the token behind a prefix, from a network bound for just that."""
    read = np.array([START, *prefix])
    network = model.network.of_lengths(len(source), len(read))
    program = Program(network, model.store, Arena(model.backend), 1)
    model.backend.to_device(source[None, None].astype(np.int32), program.source)
    model.backend.to_device(read[None, None].astype(np.int32), program.x)
    with model.backend.running():
        program.forward()
    return model.backend.to_host(program.z)[0, :, -1]


def log_softmax(logits):
    return logits - np.log(np.exp(logits - logits.max()).sum()) - logits.max()


@pytest.mark.parametrize("changes", KINDS)
def test_the_loss_of_a_pair_is_that_of_its_tokens_one_by_one(backend, changes):
    model = predictor(backend, **changes)
    found = model.losses(PAIRS)
    for k in (0, 5, 7):
        target = TARGETS[k]
        logs = [
            log_softmax(logits_after(model, SOURCE[k], target[1:j]))[target[j]]
            for j in range(1, len(target))
        ]
        np.testing.assert_allclose(found[k], -sum(logs), rtol=1e-10)


@pytest.mark.parametrize("changes", KINDS)
@pytest.mark.parametrize("width", [1, 3])
def test_what_is_written_is_what_a_search_by_definition_finds(changes, width):
    model = predictor(get_backend("cpu"), **changes)
    rules = Rules(START, END, (START, UNKNOWN), width, 0.7, 5)
    written = model.write(SOURCE, rules)
    if changes.get("architecture") != "transformer":  # some are over before others
        assert len({len(one.tokens) for one in written}) > 1
    for source, (found, score) in zip(SOURCE, written, strict=True):
        expected, best = beam_search(
            lambda prefix, source=source: log_softmax(logits_after(model, source, prefix)), rules
        )
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_allclose(score, best, rtol=1e-9)


@pytest.mark.parametrize("width", [1, 3])
def test_hypotheses_that_fill_a_decoder_go_on_in_one_with_more_room(backend, width, monkeypatch):
    rules = Rules(START, END, (START, UNKNOWN), width, 1.0, 9)
    expected = predictor(backend, **KINDS[2]).write(SOURCE, rules)
    assert max(len(one.tokens) for one in expected) > 4
    monkeypatch.setattr(decoding, "ROOM", 1)
    found = predictor(backend, **KINDS[2]).write(SOURCE, rules)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one.tokens, other.tokens)
        np.testing.assert_allclose(one.log_likelihood, other.log_likelihood, rtol=1e-10)


def test_a_decoder_has_no_room_for_what_nobody_writes(monkeypatch):
    class Enough(Exception):
        pass

    room = []

    class Noted(decoding.StepDecoder):
        def __init__(self, *args, longest, **options):
            room.append(longest)
            if len(room) == 2:
                raise Enough
            super().__init__(*args, longest=longest, **options)

    monkeypatch.setattr(decoding, "StepDecoder", Noted)
    model = predictor(get_backend("cpu"), **KINDS[2])
    with pytest.raises(Enough):
        model.write(SOURCE, Rules(START, END, longest=10_000))
    assert room == [decoding.ROOM, 2 * decoding.ROOM]


def test_a_penalty_of_any_size_prefers_long_sequences():
    model = predictor(get_backend("cpu"))
    short, long = (
        model.write(SOURCE, Rules(START, END, (START, UNKNOWN), 3, penalty, 5))
        for penalty in (0.0, 1e300)
    )
    lengths = [(len(one.tokens), len(other.tokens)) for one, other in zip(short, long, strict=True)]
    assert all(one <= other for one, other in lengths)
    assert any(one < other for one, other in lengths)


def test_a_stand_in_for_a_card_writes_the_same():
    here, there = (predictor(get_backend(name)) for name in ("cpu", "checked"))
    rules = Rules(START, END, (START, UNKNOWN), 2, 1.0, 6)
    for one, other in zip(here.write(SOURCE, rules), there.write(SOURCE, rules), strict=True):
        np.testing.assert_array_equal(one.tokens, other.tokens)


def test_a_batch_holds_pairs_of_like_lengths():
    n = 400
    sources, steps = random.integers(1, 30, n), random.integers(2, 30, n)
    X = Pairs(Sequences(np.zeros(sources.sum()), sources), np.zeros(steps.sum() + n), steps)
    order = PairOrder(np.arange(n), [np.random.RandomState(0)], X, 20)
    rows = order.advance()[0]
    assert sorted(rows) == list(range(n))
    padding = 0
    for start in range(0, n, 20):
        batch = rows[start : start + 20]
        most = order.length(slice(0, 1), slice(start, start + 20))
        assert most[0] >= sources[batch].max()
        assert most[1] >= steps[batch].max()
        padding += 20 * sum(most) - (sources + steps)[batch].sum()
    assert padding < 0.35 * (sources + steps).sum()
