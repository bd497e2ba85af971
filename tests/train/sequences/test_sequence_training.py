"""Training on sequences of different lengths: batches, gradients, stacks, evaluation."""

import tracemalloc

import numpy as np
import pytest
from scipy.special import log_softmax

from skdeep.backend import get_backend
from skdeep.backend.base import Random
from skdeep.nn.core.network import Network
from skdeep.nn.core.parallel import Parallel
from skdeep.nn.core.params import ParamStore
from skdeep.nn.dense.dense import Dense
from skdeep.nn.dense.embedding import Embedding
from skdeep.nn.losses import SoftmaxLogLoss
from skdeep.nn.noise.dropout import StepDropout
from skdeep.nn.recurrent.gru import GRU
from skdeep.nn.recurrent.lstm import LSTM
from skdeep.nn.recurrent.step_pooling import AttentionSteps, LastStep
from skdeep.optim.adam import Adam
from skdeep.train.dataset import Batches, Dataset
from skdeep.train.full_batch import FullBatch
from skdeep.train.predictor import Predictor
from skdeep.train.sequences.sequence_objective import SequenceEvaluator, SequenceSupervised
from skdeep.train.sequences.sequence_predictor import SequencePredictor
from skdeep.train.sequences.sequence_table import BucketedOrder, SequenceTable
from skdeep.train.sequences.sequences import Sequences
from skdeep.train.streams import noise_seed
from skdeep.train.trainer import Trainer
from tests.reference.recurrent import run

K, F, V = 3, 2, 6
LENGTHS = np.random.RandomState(3).randint(1, 13, 40)


def data(lengths=LENGTHS, tokens=False, order=None):
    """Return sequences, class codes and weights."""
    random = np.random.RandomState(5)
    parts = [random.randint(V, size=t) if tokens else random.normal(size=(t, F)) for t in lengths]
    codes = random.randint(K, size=(len(parts), 1)).astype(np.int32)
    weight = 0.5 + random.randint(0, 4, len(parts)) / 2
    parts = [parts[k] for k in (range(len(parts)) if order is None else order)]
    steps = np.concatenate(parts).astype(np.int32 if tokens else float)
    return Sequences(steps, [len(part) for part in parts]), codes, weight


def network(tokens=False, rate=None):
    both = [LSTM(3, name="forward"), LSTM(3, reverse=True, name="backward")]
    layers = [Embedding(V, 2, name="embedding")] if tokens else []
    layers += [Parallel(both, name="both")]
    layers += [] if rate is None else [StepDropout(rate, name="drop")]
    layers += [GRU(4, dropout=rate or 0.0, name="above"), AttentionSteps(name="pooling")]
    in_shape = (1,) if tokens else (1, F)
    return Network([*layers, Dense(K, name="output")], in_shape, SoftmaxLogLoss(K))


def simple():
    return Network(
        [LSTM(4, name="cell"), LastStep(), Dense(K, name="output")], (1, F), SoftmaxLogLoss(K)
    )


class Fit:
    """M models on the sequences of one table, each on rows of its own."""

    def __init__(
        self,
        backend,
        net,
        table,
        *,
        seeds=(0,),
        rows=None,
        epochs=2,
        batch_size=8,
        dtype=np.float64,
        alpha=0.1,
        shuffle=True,
    ):
        X, codes, weight = table
        self.net, self.ops = net, backend
        randoms = [np.random.RandomState(seed) for seed in seeds]
        noise = [noise_seed(random) for random in randoms]
        self.store = ParamStore(backend, net.layout, net.initial(randoms).astype(dtype))
        kind = SequenceTable if isinstance(X, Sequences) else Dataset
        self.table = kind(backend, X, codes, weight, dtype)
        self.objective = SequenceSupervised(
            net, self.store, self.table, alpha=alpha, random=Random(noise)
        )
        rows = [np.arange(len(X))] * len(seeds) if rows is None else rows
        order = self.table.order(rows, randoms if shuffle else [None] * len(seeds), batch_size)
        self.trainer = Trainer(
            self.objective, Adam(), order=order, batch_size=batch_size, rate=0.02
        )
        self.trainer.bind()
        self.losses = np.array([self.trainer.epoch() for _ in range(epochs)])

    @property
    def values(self):
        return self.ops.to_host(self.store.values)


# ---------------------------------------------------------------------- order


def order_of(lengths, seed=0, size=8, rows=None):
    rows = np.arange(len(lengths)) if rows is None else rows
    return BucketedOrder(rows, [np.random.RandomState(seed)], lengths, size)


def test_every_epoch_visits_each_row_once_and_pads_little():
    lengths = np.random.RandomState(0).randint(1, 100, 500)
    order, padded, plain = order_of(lengths, size=20), [], []
    for _ in range(10):
        rows = order.advance()[0]
        assert sorted(rows) == list(range(500))
        for start in range(0, 500, 20):
            length = order.length(slice(0, 1), slice(start, start + 20))
            held = lengths[rows[start : start + 20]]
            assert held.max() <= length
            padded.append(20 * length)
            shuffled = np.random.RandomState(start).permutation(lengths)[:20]
            plain.append(20 * shuffled.max())
    assert np.sum(padded) < 1.2 * 10 * lengths.sum()
    assert np.sum(plain) > 1.7 * 10 * lengths.sum()
    assert len(order.programs) <= 8


def test_the_short_batch_and_the_first_hold_any_lengths():
    lengths = np.random.RandomState(0).randint(1, 100, 105)
    order = order_of(lengths, size=10)
    rows = [order.advance()[0].copy() for _ in range(60)]
    for part in (slice(100, None), slice(0, 10)):
        means = [lengths[row[part]].mean() for row in rows]
        assert min(means) < 30
        assert max(means) > 70


def test_sequences_of_one_length_are_visited_as_rows_are(backend):
    X = np.random.RandomState(0).normal(size=(30, 4, F))
    order = SequenceTable(backend, Sequences.of_array(X), np.zeros((30, 1)), None, float).order(
        np.arange(30), [np.random.RandomState(1)], 8
    )
    plain = Dataset(backend, X, np.zeros((30, 1)), None, float).order(
        np.arange(30), [np.random.RandomState(1)], 8
    )
    assert not order.varies
    for _ in range(3):
        np.testing.assert_array_equal(order.advance(), plain.advance())
    assert order.randoms[0].randint(2**31) == plain.randoms[0].randint(2**31)


def test_without_shuffling_rows_stay_in_their_order():
    order = BucketedOrder(np.arange(40), [None], LENGTHS, 8)
    np.testing.assert_array_equal(order.advance()[0], np.arange(40))


# ---------------------------------------------------------------------- steps


def loss_by_loops(net, values, table, rows):
    """Return the mean loss of the network called simple on rows, from loops over units."""
    X, codes, weight = table
    p = {name: net.layout.view(values[None], name)[0] for name in net.layout.slots}
    losses = []
    for row in rows:
        cell = {key: p[f"cell.{key}"] for key in ("W", "U")}
        state = run("lstm", X[int(row)], 4, {**cell, "b": p["cell.b"][0]})[-1]
        z = state @ p["output.W"] + p["output.b"][0]
        losses.append(-log_softmax(z)[codes[row, 0]])
    return np.average(losses, weights=weight[rows])


def test_the_loss_of_an_epoch_is_that_of_loops(backend):
    net, table = simple(), data()
    # One batch holds all rows, so that the epoch's loss is that of the initial parameters.
    fit = Fit(backend, net, table, epochs=1, batch_size=40, alpha=0.0)
    initial = net.initial([np.random.RandomState(0)])[0]
    expected = loss_by_loops(net, initial, table, np.arange(40))
    np.testing.assert_allclose(fit.losses[0], expected, rtol=1e-12)


@pytest.mark.parametrize("tokens", [False, True])
def test_gradients_through_ragged_batches_agree_with_differences(backend, tokens):
    net, (X, codes, weight) = network(tokens), data(tokens=tokens)
    random = np.random.RandomState(0)
    values = net.initial([random]) + 0.1 * random.normal(size=(1, net.layout.size))
    store = ParamStore(backend, net.layout, values)
    table = SequenceTable(backend, X, codes, weight, np.float64)
    objective = SequenceSupervised(net, store, table, divisor=weight.sum())
    function = FullBatch(objective, np.arange(40), 0.3)
    assert len(function.chunks) > 1
    start = function.start()
    _, gradient = function(start)
    for _ in range(4):
        step = random.normal(size=start.shape)
        numeric = (function(start + 1e-6 * step)[0] - function(start - 1e-6 * step)[0]) / 2e-6
        np.testing.assert_allclose(gradient @ step, numeric, rtol=2e-6)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_gradient_depends_on_no_padding(backend, dtype):
    """A batch's gradient is the sum of those of its sequences, each alone and unpadded."""
    net, (X, codes, weight) = network(), data()
    random = np.random.RandomState(0)
    store = ParamStore(backend, net.layout, net.initial([random]).astype(dtype))
    table = SequenceTable(backend, X, codes, weight, dtype)
    objective = SequenceSupervised(net, store, table, divisor=weight.sum())

    def gradient(rows, length=None):
        one = objective.of_length(length or X[rows].longest)
        columns = one.table_columns(rows[None], Batches([len(rows)], len(rows)))
        columns = {k: backend.to_device(v.astype(dtype)) for k, v in columns.items()}
        step = one.bind(len(rows), backend.to_device(rows[None]), columns)
        one.prepare(rows[None])
        with backend.running():
            step()
        return backend.to_host(store.grads)[0].astype(float)

    together = gradient(np.arange(40), length=17)
    alone = sum(gradient(np.array([row])) for row in range(40))
    tolerance = {"rtol": 1e-10, "atol": 1e-13} if dtype == np.float64 else {"atol": 2e-6}
    np.testing.assert_allclose(together, alone, **tolerance)


def test_programs_are_recorded_once_for_each_size_and_length(backend, monkeypatch):
    recorded = []
    record = backend.record
    monkeypatch.setattr(
        backend, "record", lambda step, *more: recorded.append(step) or record(step, *more)
    )
    fit = Fit(backend, simple(), data(), epochs=12)
    assert len(recorded) <= 2 * len(fit.trainer.order.programs)
    assert fit.trainer.steps == 12 * 5


@pytest.mark.parametrize("lengths", [LENGTHS, np.full(40, 6)])
def test_a_warm_step_allocates_next_to_nothing(lengths):
    fit = Fit(get_backend("cpu"), network(rate=0.2), data(lengths), epochs=3)
    step = next(iter(fit.trainer._recorded.values()))
    step.prepare(np.arange(8)[None])
    with fit.ops.running():
        step.run()
        tracemalloc.start()
        step.run()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 16 * 1024


def test_full_sequences_are_told_nothing_of_padding(backend):
    fit = Fit(backend, simple(), data(np.full(40, 6)))
    assert fit.objective.of_length(6)._valid(8) is None
    assert fit.objective.of_length(9)._valid(8) is not None


def test_full_sequences_train_as_ragged_ones_do(backend, monkeypatch):
    """Telling the layers that every step is there changes nothing."""
    table = data(np.full(40, 6))
    expected = Fit(backend, network(rate=0.3), table).values
    monkeypatch.setattr(Sequences, "one_length", property(lambda self: False))
    found = Fit(backend, network(rate=0.3), table).values
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13)


# ---------------------------------------------------------------------- masks


def test_keys_are_the_content_without_padding(backend):
    X, codes, weight = data()
    table = SequenceTable(backend, X, codes, weight, np.float64)
    keys = backend.to_host(table.keys)
    assert len(set(keys)) == 40
    for row in range(40):
        flat = X[row].reshape(1, -1)
        assert keys[row] == backend.to_host(backend.row_keys(backend.to_device(flat)))[0]
    other = SequenceTable(backend, X[::-1], codes, weight, np.float32)
    np.testing.assert_array_equal(backend.to_host(other.keys), keys[::-1])


def test_dropout_does_not_depend_on_batches_or_lengths(backend):
    """A sequence of weight two is two sequences, masks included."""
    X, codes, _ = data()
    twice = np.repeat(np.arange(40), 2)
    net = network(rate=0.4)
    double = (X[twice], codes[twice], np.ones(80))
    weighted = (X, codes, np.full(40, 2.0))
    found = [
        Fit(backend, net, table, batch_size=size, epochs=3, shuffle=False)
        for table, size in ((double, 16), (weighted, 8))
    ]
    np.testing.assert_allclose(found[0].values, found[1].values, rtol=1e-9, atol=1e-12)


# ---------------------------------------------------------------------- stacks


@pytest.mark.parametrize("tokens", [False, True])
def test_models_of_a_stack_get_what_they_get_alone(backend, tokens):
    net, table = network(tokens, rate=0.3), data(tokens=tokens)
    rows = [np.arange(40), np.arange(0, 40, 2), np.arange(3, 38), np.arange(5)]
    options = {"epochs": 4}
    stack = Fit(backend, net, table, seeds=(0, 1, 0, 2), rows=rows, **options)
    for m, (seed, own) in enumerate(zip((0, 1, 0, 2), rows, strict=True)):
        single = Fit(backend, net, table, seeds=(seed,), rows=[own], **options)
        np.testing.assert_allclose(stack.losses[:, m], single.losses[:, 0], rtol=1e-8)
        np.testing.assert_allclose(stack.values[m], single.values[0], rtol=1e-8, atol=1e-10)


# ---------------------------------------------------------------------- evaluation


@pytest.mark.parametrize("weighted", [True, False])
def test_each_model_is_scored_on_its_own_sequences(backend, weighted):
    X, codes, weight = data()
    table = (X, codes, weight if weighted else None)
    fit = Fit(backend, simple(), table, seeds=(0, 1))
    rows = np.random.RandomState(8).permutation(40).reshape(2, 20)
    evaluate = SequenceEvaluator(fit.net, fit.store, fit.table, rows)
    losses = evaluate()
    outputs = backend.to_host(evaluate.outputs)
    given = (X, codes, weight if weighted else np.ones(40))
    for m in range(2):
        expected = loss_by_loops(fit.net, fit.values[m], given, rows[m])
        np.testing.assert_allclose(losses[m], expected, rtol=1e-11)
        predict = SequencePredictor(fit.net, fit.values[m : m + 1], backend)
        found = backend.to_host(predict(X[rows[m]]))[0]
        np.testing.assert_allclose(outputs[m], found, rtol=1e-10)
    np.testing.assert_array_equal(evaluate(), losses)


@pytest.mark.parametrize(("dtype", "limit"), [(np.float64, 1e-12), (np.float32, 1e-6)])
@pytest.mark.parametrize("tokens", [False, True])
def test_a_prediction_depends_on_no_padding_and_no_company(backend, dtype, limit, tokens):
    lengths = np.random.RandomState(1).randint(1, 40, 300)
    net, (X, *_) = network(tokens), data(lengths, tokens=tokens)
    values = net.initial([np.random.RandomState(0)]).astype(dtype)
    predict = SequencePredictor(net, values, backend)
    together = backend.to_host(predict(X))[0]
    for row in range(0, 300, 7):
        # An ordinary predictor, with as many steps as there are.
        plain = Predictor(net.of_length(int(lengths[row])), values, backend)
        x = X[row]
        if tokens:
            alone = backend.to_host(SequencePredictor(net, values, backend)(X[[row]]))[0, 0]
        else:
            alone = backend.to_host(plain(x[None].astype(dtype)))[0, 0]
        assert np.abs(together[row] - alone).max() < limit
    back = backend.to_host(predict(X[::-1]))[0]
    assert np.abs(back[::-1] - together).max() < limit


def test_few_programs_serve_many_calls(backend, monkeypatch):
    lengths = np.random.RandomState(1).randint(1, 200, 100)
    net, (X, *_) = simple(), data(lengths)
    predict = SequencePredictor(net, net.initial([np.random.RandomState(0)]), backend)
    recorded = []
    record = backend.record
    monkeypatch.setattr(
        backend, "record", lambda step, *more: recorded.append(step) or record(step, *more)
    )
    predict(X)
    first = len(recorded)
    assert first <= 8
    for k in range(5):
        predict(X[np.random.RandomState(k).permutation(100)])
    assert len(recorded) == first


def test_an_objective_serves_several_sizes_of_batches(backend):
    X, codes, weight = data()
    net = simple()
    store = ParamStore(backend, net.layout, net.initial([np.random.RandomState(0)]))
    objective = SequenceSupervised(net, store, SequenceTable(backend, X, codes, weight, np.float64))
    objective = objective.of_length(X.longest)
    numbers = {"rows": 1.0, "inverse_weight": 1.0}
    columns = {k: backend.to_device(np.full((1, 1), v)) for k, v in numbers.items()}

    def bound(size):
        index = backend.to_device(np.arange(size)[None])
        return size, objective.bind(size, index, columns)

    def loss(size, step):
        with backend.running():
            objective.prepare(np.arange(size)[None])
            backend.copy(backend.zeros((1, 1), np.float64), objective.total)
            step()
        return float(backend.to_host(objective.total)[0, 0])

    pairs = [bound(size) for size in (9, 4)]
    expected = [loss(*bound(size)) for size in (9, 4)]
    np.testing.assert_allclose([loss(*pair) for pair in pairs], expected, rtol=1e-12)
