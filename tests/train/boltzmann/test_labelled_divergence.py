"""RBMs of rows with classes: exact probabilities, gradients by differences, chains by row."""

import numpy as np
import pytest

from skdeep.backend import get_backend
from skdeep.backend.base import Random
from skdeep.nn.boltzmann.labelled import ClassRBM, LabelledVisible
from skdeep.nn.boltzmann.rbm import RBM
from skdeep.nn.core.network import Network
from skdeep.nn.core.params import ParamStore
from skdeep.nn.losses import SoftmaxLogLoss
from skdeep.train.boltzmann.gibbs import GibbsChains
from skdeep.train.boltzmann.labelled_divergence import LabelledDivergence
from skdeep.train.dataset import Dataset
from skdeep.train.predictor import Predictor
from tests.reference.contrastive import SlowRBM

F, K, H, N = 4, 3, 5, 7


def draw(models, dtype=np.float64):
    """Return a network, its RBM and parameters (M, P), none of them zero."""
    layer = ClassRBM(K, H)
    network = Network([layer], (F,), SoftmaxLogLoss(K))
    values = [np.random.RandomState(m).normal(0, 0.7, network.layout.size) for m in range(models)]
    return network, layer.rbm(F), np.stack(values).astype(dtype)


def rows():
    random = np.random.RandomState(3)
    X, codes = random.uniform(size=(N, F)), random.randint(0, K, (N, 1)).astype(np.int32)
    return X, codes, 1.0 + random.randint(0, 3, N)


def slow(rbm, values, m=0):
    p = rbm.views(values)
    return SlowRBM(p.W[m], p.b[m, 0], p.c[m, 0])


def test_places_of_parameters_are_those_of_the_rbm():
    network, rbm, _ = draw(1)
    places = {name.split(".")[-1]: slot.start for name, slot in network.layout.slots.items()}
    assert places == {name: slot.start for name, slot in rbm.layout.slots.items()}


def test_probabilities_are_exact(backend):
    """p(y | x) by a sum over all states of the hidden units."""
    network, rbm, values = draw(1)
    X = rows()[0]
    states = np.array(list(np.ndindex(*(2,) * H)), float)
    machine = slow(rbm, values)
    logs = np.array(
        [
            [
                np.logaddexp.reduce([-machine.energy(np.r_[x, y], h) for h in states])
                for y in np.eye(K)
            ]
            for x in X
        ]
    )
    expected = np.exp(logs - np.logaddexp.reduce(logs, axis=1, keepdims=True))
    found = backend.to_host(Predictor(network, values, backend)(X, "output")[0])
    np.testing.assert_allclose(found, expected, rtol=1e-9)


class Step:
    """One step of the objective on all rows; what it wrote, on the host."""

    def __init__(
        self, ops, models=1, *, weight=None, dtype=np.float64, batch=None, seeds=None, **options
    ):
        self.network, self.rbm, self.values = draw(models, dtype)
        X, codes, _ = rows()
        batch = np.arange(N) if batch is None else batch
        self.store = ParamStore(ops, self.network.layout, self.values)
        table = Dataset(ops, X, codes, weight, dtype)
        random = Random([np.random.SeedSequence(m) for m in range(models)])
        objective = LabelledDivergence(
            self.network, self.store, table, rbm=self.rbm, random=random, **options
        )
        index = np.tile(batch, (models, 1))
        columns = {
            name: ops.to_device(np.full((models, 1), value, dtype))
            for name, value in (
                ("rows", len(batch)),
                ("inverse_weight", 1 / (len(batch) if weight is None else weight[batch].sum())),
            )
        }
        step = ops.record(objective.bind(len(batch), ops.to_device(index), columns))
        objective.prepare(index)
        if seeds is not None:
            ops.to_device(seeds, objective._seed)
        self.objective, self.columns = objective, columns
        with ops.running():
            step()
        self.grads = ops.to_host(self.store.grads)
        self.loss = ops.to_host(objective.total)[:, 0] / len(batch)
        # The rows of data are not overwritten, nor are the particles behind them.
        self.v = ops.to_host(
            objective.divergence.arena.take("v", (models, 2 * len(batch), F + K), dtype)
        )
        self.weight = np.ones(len(batch)) if weight is None else weight[batch]
        self.weight = self.weight / self.weight.sum()


def differences(value, at):
    """Return the gradient of a function of parameters (P,) by central differences."""
    result = np.empty_like(at)
    for k in range(len(at)):
        step = np.zeros_like(at)
        step[k] = 1e-6
        result[k] = (value(at + step) - value(at - step)) / 2e-6
    return result


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("discriminative", "share"), [(True, 0.3), (False, 1.0)])
def test_gradients_agree_with_differences(backend, discriminative, share, weighted):
    weight = rows()[2] if weighted else None
    step = Step(backend, 2, discriminative=discriminative, share=share, n_steps=2, weight=weight)
    codes = rows()[1][:, 0]
    for m in range(2):
        data, model = step.v[m, :N], step.v[m, N:]
        np.testing.assert_array_equal(data[:, F:], np.eye(K)[codes])
        np.testing.assert_array_equal(np.sort(model[:, F:], axis=1), np.tile([0, 0, 1], (N, 1)))

        def value(at, data=data, model=model):
            machine = slow(step.rbm, at[None])
            free = np.array([[machine.free_energy(v) for v in part] for part in (data, model)])
            joint = step.weight @ (free[0] - free[1])
            scores = -np.array(
                [[machine.free_energy(np.r_[v[:F], y]) for y in np.eye(K)] for v in data]
            )
            logs = scores[np.arange(N), codes] - np.logaddexp.reduce(scores, axis=1)
            return share * joint - discriminative * (step.weight @ logs)

        expected = differences(value, step.values[m])
        np.testing.assert_allclose(step.grads[m], expected, rtol=2e-6, atol=1e-8)


def test_a_row_of_weight_two_is_two_rows(backend):
    batch = np.array([0, 1, 1, 2, 3, 4, 4, 4, 5, 6])
    repeated = Step(backend, 2, batch=batch, share=0.5)
    weighted = Step(backend, 2, weight=np.bincount(batch).astype(float), share=0.5)
    np.testing.assert_allclose(weighted.grads, repeated.grads, rtol=1e-9, atol=1e-12)


def test_a_stack_equals_its_models():
    ops = get_backend("cpu")
    stack, single = Step(ops, 2, share=0.5), Step(ops, 1, share=0.5)
    np.testing.assert_allclose(stack.grads[0], single.grads[0], rtol=1e-10, atol=1e-13)
    assert not np.allclose(stack.grads[1], stack.grads[0])


def test_a_part_of_a_stack_is_its_models(backend):
    whole = Step(backend, 3, share=np.array([0.1, 0.5, 2.0]))
    objective, index = whole.objective, np.tile(np.arange(N), (2, 1))
    objective.prepare(np.tile(np.arange(N), (3, 1)))  # other draws
    part = objective.part(slice(1, 3))
    columns = {name: column[1:3] for name, column in whole.columns.items()}
    step = backend.record(part.bind(N, backend.to_device(index), columns))
    with backend.running():
        step()
    seeds = backend.to_host(objective._seed)
    for m in (1, 2):
        alone = Step(backend, 3, share=(0.1, 0.5, 2.0)[m], seeds=seeds)
        np.testing.assert_allclose(
            backend.to_host(whole.store.grads)[m], alone.grads[m], rtol=1e-10, atol=1e-13
        )
    np.testing.assert_array_equal(backend.to_host(whole.store.grads)[0], whole.grads[0])


def test_float32_stays_near(backend):
    found = [Step(backend, 2, dtype=dtype, share=0.5) for dtype in (np.float32, np.float64)]
    assert found[0].grads.dtype == np.float32
    np.testing.assert_allclose(found[0].grads, found[1].grads, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("n_classes", [1, 2, 4])
def test_classes_are_drawn_with_their_probabilities(backend, n_classes):
    n = 20_000
    rbm = RBM(2 + n_classes, 3, LabelledVisible(n_classes))
    values = np.random.RandomState(0).normal(0, 0.8, (1, rbm.layout.size))
    store = ParamStore(backend, rbm.layout, values)
    chains = GibbsChains(rbm, store, n, Random([np.random.SeedSequence(0)]))
    hidden = np.array([1.0, 0.0, 1.0])
    chains.start_hidden(np.tile(hidden, (n, 1)))
    chains.means()
    means = backend.to_host(chains.v)[0]
    p = rbm.views(values)
    x = p.W[0] @ hidden + p.b[0, 0]
    expected = np.r_[1 / (1 + np.exp(-x[:2])), np.exp(x[2:]) / np.exp(x[2:]).sum()]
    np.testing.assert_allclose(means, np.tile(expected, (n, 1)), rtol=1e-9)
    chains.down()
    states = backend.to_host(chains.v)[0]
    np.testing.assert_array_equal(states[:, 2:].sum(axis=1), np.ones(n))
    spread = np.sqrt(expected * (1 - expected) / n)
    assert (np.abs(states.mean(axis=0) - expected) <= 4 * spread).all()
