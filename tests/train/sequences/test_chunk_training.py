"""Losses at every step: against loops, across chunks, stacked, and blind to padding."""

import tracemalloc

import numpy as np
import pytest

from skdeep.backend import get_backend
from skdeep.backend.base import Random
from skdeep.nn.core.binder import Arena
from skdeep.nn.core.network import Network, Program
from skdeep.nn.core.params import ParamStore
from skdeep.nn.dense.activation import Activation
from skdeep.nn.dense.dense import Dense
from skdeep.nn.dense.embedding import Embedding
from skdeep.nn.losses import LogisticLogLoss, SoftmaxLogLoss, SquaredError
from skdeep.nn.noise.dropout import Dropout
from skdeep.nn.recurrent.gru import GRU
from skdeep.nn.recurrent.lstm import LSTM
from skdeep.nn.recurrent.time_distributed import TimeDistributed
from skdeep.optim import make_optimizer
from skdeep.train.sequences.chunk_evaluator import ChunkEvaluator
from skdeep.train.sequences.chunk_objective import ChunkSupervised
from skdeep.train.sequences.chunk_table import ChunkTable
from skdeep.train.sequences.chunked_sequences import ChunkedSequences
from skdeep.train.sequences.generation import Stepper, continued
from skdeep.train.sequences.sequences import Sequences
from skdeep.train.trainer import Trainer
from tests.reference.recurrent import run

LENGTHS = np.array([5, 2, 9, 1, 4])
STARTS = np.cumsum(LENGTHS) - LENGTHS
TOTAL = int(LENGTHS.sum())
LOSSES = {
    "squared": SquaredError(1),
    "softmax": SoftmaxLogLoss(3),
    "logistic": LogisticLogLoss(),
}


def data(loss, seed=0):
    """Return steps (N, 2), targets (N, columns) and weights (N,)."""
    rng = np.random.default_rng(seed)
    weight = rng.integers(1, 4, TOTAL).astype(float)
    if loss == "softmax":
        target = rng.integers(0, 3, (TOTAL, 1)).astype(np.int32)
    else:
        target = (rng.random((TOTAL, 3)) < 0.5).astype(float)
    return rng.normal(size=(TOTAL, 2)), target, weight


def network(loss, size, *, dropout=0.0):
    head = [Dense(4), Activation("tanh"), *([Dropout(dropout)] if dropout else []), Dense(3)]
    return Network(
        [LSTM(4, name="cell"), TimeDistributed(head, name="head")], (size, 2), LOSSES[loss]
    )


class Fit:
    """An objective on the chunks of the sequences above."""

    def __init__(self, ops, loss, size, *, seeds=(0,), **options):
        self.ops, self.net = ops, network(loss, size, **options)
        randoms = [np.random.RandomState(seed) for seed in seeds]
        self.values = self.net.initial(randoms)
        self.values += 0.3 * np.stack([r.normal(size=self.values.shape[1]) for r in randoms])
        self.store = ParamStore(ops, self.net.layout, self.values)
        self.steps, self.target, self.weight = data(loss)
        sequences = Sequences(self.steps, LENGTHS)
        self.X = ChunkedSequences(sequences, size, 3, cut=False, start=0.5)
        self.inputs = np.roll(self.steps, 1, axis=0)
        self.inputs[STARTS] = 0.5
        self.table = ChunkTable(ops, self.X, self.target, self.weight, np.float64)
        self.random = Random([np.random.SeedSequence(seed) for seed in seeds])
        self.objective = ChunkSupervised(self.net, self.store, self.table, random=self.random)

    def evaluator(self, keep="output"):
        return ChunkEvaluator(self.net, self.store, self.table, self.X.rows(), keep=keep)

    def trainer(self, randoms, optimizer="adam", rate=0.05):
        order = self.table.order([self.X.rows()] * len(randoms), randoms, 3)
        solver = make_optimizer(optimizer)
        return Trainer(self.objective, solver, order=order, batch_size=3, rate=rate)

    def loss_and_gradient(self, values):
        """Return the mean loss of all chunks as one batch, and its gradient."""
        ops, batch = self.ops, len(self.X.places)
        ops.to_device(values, self.store.values)
        index = ops.to_device(np.arange(batch)[None])
        columns = {
            "rows": ops.to_device(np.ones((1, 1))),
            "inverse_weight": ops.to_device(np.full((1, 1), 1 / self.weight.sum())),
        }
        step = self.objective.bind(batch, index, columns)
        ops.copy(ops.zeros((1, 1), np.float64), self.objective.total)
        with ops.running():
            step()
        return float(ops.to_host(self.objective.total)[0, 0]), ops.to_host(self.store.grads)[0]


def reference(fit, model, loss):
    """Return the summed loss of each sequence by loops over steps and units."""
    view = {name: fit.net.layout.view(fit.values, name)[model] for name in fit.net.layout.slots}
    cell = {name.split(".")[1]: a for name, a in view.items() if name.startswith("cell")}
    cell = {name: a[0] if len(a) == 1 else a for name, a in cell.items()}
    sums = []
    for start, length in zip(STARTS, LENGTHS, strict=True):
        states = run("lstm", fit.inputs[start : start + length], 4, cell)
        hidden = np.tanh(states @ view["head.dense_0.W"] + view["head.dense_0.b"])
        sums.append(0.0)
        z = hidden @ view["head.dense_2.W"] + view["head.dense_2.b"]
        for k in range(length):
            goal, w = fit.target[start + k], fit.weight[start + k]
            if loss == "softmax":
                value = np.log(np.exp(z[k]).sum()) - z[k, goal[0]]
            elif loss == "logistic":
                value = (np.log1p(np.exp(z[k])) - goal * z[k]).sum()
            else:
                value = 0.5 * ((z[k] - goal) ** 2).sum()
            sums[-1] += w * value
    return np.array(sums)


@pytest.mark.parametrize("size", [2, 4, 9])
@pytest.mark.parametrize("loss", list(LOSSES))
def test_losses_and_predictions_across_chunks_are_those_of_a_loop(backend, loss, size):
    fit = Fit(backend, loss, size, seeds=(0, 1))
    evaluator = fit.evaluator(keep="loss")
    sums = np.stack([reference(fit, m, loss) for m in range(2)])
    for _ in range(2):  # states start anew
        np.testing.assert_allclose(evaluator(), sums.sum(axis=1) / fit.weight.sum(), rtol=1e-10)
    found = backend.to_host(evaluator.outputs)
    for m in range(2):
        each = np.add.reduceat(fit.X.at_places(found[m])[:, 0], STARTS)
        np.testing.assert_allclose(each, sums[m], rtol=1e-10)
    predictions = fit.evaluator()
    np.testing.assert_allclose(predictions(), evaluator(), rtol=1e-12)
    assert fit.X.at_places(backend.to_host(predictions.outputs)[0]).shape == (TOTAL, 3)


@pytest.mark.parametrize("loss", list(LOSSES))
def test_gradients_agree_with_differences(backend, loss):
    fit = Fit(backend, loss, 9)
    _, gradient = fit.loss_and_gradient(fit.values)
    rng, h = np.random.default_rng(1), 1e-6
    for _ in range(4):
        step = rng.normal(size=fit.values.shape)
        up, down = (fit.loss_and_gradient(fit.values + k * step)[0] for k in (h, -h))
        np.testing.assert_allclose(gradient @ step[0], (up - down) / (2 * h), rtol=1e-6, atol=1e-9)


def test_what_stands_in_the_padding_changes_nothing(backend):
    fit = Fit(backend, "softmax", 9)
    expected = fit.loss_and_gradient(fit.values)
    steps = backend.to_host(fit.table.X)
    steps[TOTAL] = 1e3
    backend.to_device(steps, fit.table.X)
    found = fit.loss_and_gradient(fit.values)
    assert found[0] == expected[0]
    np.testing.assert_array_equal(found[1], expected[1])


def trained(backend, seeds, **options):
    fit = Fit(backend, "softmax", 4, seeds=seeds, **options)
    trainer = fit.trainer([np.random.RandomState(s) for s in seeds])
    losses = np.array([trainer.epoch() for _ in range(4)])
    return losses, trainer.values(range(len(seeds)))


@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_a_stack_equals_its_models(backend, dropout):
    losses, values = trained(backend, (0, 1, 2), dropout=dropout)
    for m in range(3):
        alone, own = trained(backend, (m,), dropout=dropout)
        np.testing.assert_allclose(losses[:, m], alone[:, 0], rtol=1e-9)
        np.testing.assert_allclose(values[m], own[0], rtol=1e-7, atol=1e-9)
    assert (losses[-1] < losses[0]).all()


def test_sequences_that_are_put_together_keep_their_lanes(backend):
    fit = Fit(backend, "softmax", 4)
    other = Sequences(-fit.steps, LENGTHS[:3], STARTS[:3])
    parts = [ChunkedSequences(one, 4, 3, cut=True, start=0.5) for one in (fit.X.sequences, other)]
    joined = ChunkedSequences.concatenate(parts)
    assert joined.layout == (4, 3)
    table = ChunkTable(backend, joined, np.tile(fit.target, (2, 1)), None, np.float64)
    both = [part.rows() + begin for part, begin in zip(parts, joined.begins, strict=True)]
    np.testing.assert_array_equal(joined.rows(), np.concatenate(both))
    for part, rows in zip(parts, both, strict=True):
        alone = ChunkTable(backend, part, fit.target, None, np.float64)
        losses = []
        for place, where in ((alone, part.rows()), (table, rows)):
            evaluator = ChunkEvaluator(fit.net, fit.store, place, where)
            losses.append((evaluator(), backend.to_host(evaluator.outputs)))
        np.testing.assert_array_equal(losses[0][0], losses[1][0])
        np.testing.assert_array_equal(losses[0][1], losses[1][1])
        keys = [backend.to_host(place.keys) for place in (alone, table)]
        np.testing.assert_array_equal(keys[0][part.rows()], keys[1][rows])


def test_the_loss_of_an_epoch_is_the_mean_over_steps(backend):
    fit = Fit(backend, "softmax", 4)
    trainer = fit.trainer([None], "sgd", rate=0.0)
    np.testing.assert_allclose(trainer.epoch(), fit.evaluator()(), rtol=1e-12)


def test_a_warm_step_allocates_no_array():
    ops = get_backend("cpu")
    fit = Fit(ops, "softmax", 4, dropout=0.3)
    rows, steps = fit.X.n_lanes * 500, 4  # many chunks, so that an array would show
    index = ops.to_device(np.arange(rows)[None] % len(fit.X.places))
    numbers = {"rows": 1.0, "inverse_weight": 1 / fit.weight.sum()}
    columns = {k: ops.to_device(np.full((1, 1), v)) for k, v in numbers.items()}
    step = ops.record(fit.objective.bind(rows, index, columns))
    assert rows * steps * 8 > 32 * 1024
    with ops.running():
        for _ in range(3):
            step()
        tracemalloc.start()
        step()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 16 * 1024


@pytest.mark.parametrize("shape", ["numbers", "tokens"])
def test_one_step_at_a_time_gives_what_all_at_once_gives(backend, shape):
    rng = np.random.default_rng(0)
    layers = [LSTM(4, name="cell"), GRU(3, name="above"), TimeDistributed([Dense(3)], name="head")]
    x = rng.normal(size=(2, 7, 2))
    if shape == "tokens":
        layers, x = [Embedding(5, 2, name="embedding"), *layers], rng.integers(0, 5, (2, 7))
    x = x.astype(np.int32 if shape == "tokens" else float)
    net = Network(layers, x.shape[1:], SoftmaxLogLoss(3))
    store = ParamStore(backend, net.layout, net.initial([np.random.RandomState(0)]))
    program = Program(net, store, Arena(backend), 2)
    backend.to_device(x[None], program.x)
    stepper = Stepper(net, store, 2)
    with backend.running():
        program.forward()
    expected = backend.to_host(program.as_outputs(program.z))[0]  # (B, T, K)
    for t in range(7):
        np.testing.assert_allclose(stepper(x[:, t]), expected[:, t], rtol=1e-11, atol=1e-13)


def test_what_is_chosen_is_read_next(backend):
    net = Network([LSTM(4), TimeDistributed([Dense(1)])], (1, 1), SquaredError(1))
    store = ParamStore(backend, net.layout, net.initial([np.random.RandomState(0)]))
    prompts = [np.array([[0.3], [-1.0]]), np.zeros((0, 1)), np.array([[2.0]])]
    together = continued(net, store, prompts, 4, 0.5, lambda z: z + 1)
    for prompt, found in zip(prompts, together, strict=True):
        stepper = Stepper(net, store, 1)
        z = stepper(np.array([[0.5]]))
        for step in prompt:
            z = stepper(step[None])
        for step in found:
            np.testing.assert_allclose(step, z[0] + 1, rtol=1e-11)
            z = stepper(step[None])
    assert [len(found) for found in continued(net, store, prompts, 0, 0.5, None)] == [0, 0, 0]
