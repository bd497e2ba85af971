"""Losses at the steps of whole sequences: against one sequence at a time, and stacked."""

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from skdeep.backend.base import Random
from skdeep.nn.core.binder import Arena
from skdeep.nn.core.network import Network, Program
from skdeep.nn.core.parallel import Parallel
from skdeep.nn.core.params import ParamStore
from skdeep.nn.dense.activation import Activation
from skdeep.nn.dense.dense import Dense
from skdeep.nn.losses import SoftmaxLogLoss
from skdeep.nn.noise.dropout import Dropout
from skdeep.nn.recurrent.gru import GRU
from skdeep.nn.recurrent.lstm import LSTM
from skdeep.nn.recurrent.time_distributed import TimeDistributed
from skdeep.optim import make_optimizer
from skdeep.train.sequences.sequences import Sequences
from skdeep.train.sequences.tagging import (
    StepValues,
    TaggedEvaluator,
    TaggedSupervised,
    TaggedTable,
    TagPredictor,
)
from skdeep.train.trainer import Trainer

LENGTHS = np.array([5, 2, 9, 1, 4, 9, 3])
TOTAL = int(LENGTHS.sum())


def network(dropout=0.0):
    both = Parallel([LSTM(3, name="forward"), GRU(2, reverse=True, name="back")])
    head = [Dense(4), Activation("tanh"), *([Dropout(dropout)] if dropout else []), Dense(3)]
    return Network([both, TimeDistributed(head, name="head")], (1, 2), SoftmaxLogLoss(3))


class Fit:
    """An objective on sequences with a label for each step."""

    def __init__(self, ops, *, seeds=(0,), weighted=True, dropout=0.0):
        self.ops, self.net = ops, network(dropout)
        randoms = [np.random.RandomState(seed) for seed in seeds]
        self.values = self.net.initial(randoms)
        self.values += 0.3 * np.stack([r.normal(size=self.values.shape[1]) for r in randoms])
        self.store = ParamStore(ops, self.net.layout, self.values)
        rng = np.random.default_rng(0)
        self.X = Sequences(rng.normal(size=(TOTAL, 2)), LENGTHS)
        self.codes = rng.integers(0, 3, (TOTAL, 1)).astype(np.int32)
        self.weight = rng.integers(0, 4, TOTAL).astype(float) if weighted else np.ones(TOTAL)
        target = StepValues(self.codes, LENGTHS)
        weight = StepValues(self.weight, LENGTHS) if weighted else None
        self.table = TaggedTable(ops, self.X, target, weight, np.float64)
        random = Random([np.random.SeedSequence(seed) for seed in seeds])
        self.objective = TaggedSupervised(self.net, self.store, self.table, random=random)

    def loss_and_gradient(self, values):
        """Return the mean loss of all steps in one batch, and its gradient."""
        ops, batch = self.ops, len(LENGTHS)
        ops.to_device(values, self.store.values)
        rows = np.arange(batch)[None]
        numbers = {"rows": 1.0, "inverse_weight": 1 / self.weight.sum()}
        columns = {k: ops.to_device(np.full((1, 1), v)) for k, v in numbers.items()}
        objective = self.objective.of_length(int(LENGTHS.max()))
        step = objective.bind(batch, ops.to_device(rows), columns)
        ops.copy(ops.zeros((1, 1), np.float64), objective.total)
        with ops.running():
            objective.prepare(rows)
            step()
        return float(ops.to_host(objective.total)[0, 0]), ops.to_host(self.store.grads)[0]


def logits_of_each(fit):
    """Return the logits of all steps, by a program for each sequence's own length."""
    found = []
    for steps in fit.X:
        program = Program(fit.net.of_length(len(steps)), fit.store, Arena(fit.ops), 1)
        fit.ops.to_device(steps[None, None], program.x)
        with fit.ops.running():
            program.forward()
        found.append(fit.ops.to_host(program.as_outputs(program.z))[0, 0])
    return np.concatenate(found)


@pytest.mark.parametrize("weighted", [False, True])
def test_losses_are_those_of_one_sequence_at_a_time(backend, weighted):
    fit = Fit(backend, weighted=weighted)
    logits = logits_of_each(fit)
    losses = -log_softmax(logits, axis=1)[np.arange(TOTAL), fit.codes[:, 0]]
    expected = np.average(losses, weights=fit.weight)
    rows = np.arange(len(LENGTHS))
    evaluator = TaggedEvaluator(fit.net, fit.store, fit.table, rows)
    np.testing.assert_allclose(evaluator(), expected, rtol=1e-12)
    np.testing.assert_allclose(fit.loss_and_gradient(fit.values)[0], expected, rtol=1e-12)
    found = backend.to_host(evaluator.outputs).reshape(len(LENGTHS), 9, 3)
    assert np.isfinite(found).all()
    there = np.arange(9) < LENGTHS[:, None]
    np.testing.assert_allclose(found[there], softmax(logits, axis=1), rtol=1e-10)
    predicted = TagPredictor(fit.net, fit.values, backend).at_steps(fit.X, "logits")
    np.testing.assert_allclose(predicted, logits, rtol=1e-10)


def test_gradients_agree_with_differences(backend):
    fit = Fit(backend)
    _, gradient = fit.loss_and_gradient(fit.values)
    rng, h = np.random.default_rng(1), 1e-6
    for _ in range(4):
        step = rng.normal(size=fit.values.shape)
        up, down = (fit.loss_and_gradient(fit.values + k * step)[0] for k in (h, -h))
        np.testing.assert_allclose(gradient @ step[0], (up - down) / (2 * h), rtol=1e-6, atol=1e-9)


def trained(backend, seeds, dropout):
    fit = Fit(backend, seeds=seeds, dropout=dropout)
    rows = [np.arange(len(LENGTHS))] * len(seeds)
    order = fit.table.order(rows, [np.random.RandomState(s) for s in seeds], 2)
    trainer = Trainer(fit.objective, make_optimizer("adam"), order=order, batch_size=2, rate=0.05)
    losses = np.array([trainer.epoch() for _ in range(3)])
    return losses, trainer.values(range(len(seeds)))


@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_a_stack_equals_its_models(backend, dropout):
    losses, values = trained(backend, (0, 1), dropout)
    for m in range(2):
        alone, own = trained(backend, (m,), dropout)
        np.testing.assert_allclose(losses[:, m], alone[:, 0], rtol=1e-9)
        np.testing.assert_allclose(values[m], own[0], rtol=1e-7, atol=1e-9)
    assert (losses[-1] < losses[0]).all()
