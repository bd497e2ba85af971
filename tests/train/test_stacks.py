"""Models that train side by side: each gets exactly what it gets alone."""

import numpy as np
import pytest

from skdeep.backend.base import Random
from skdeep.nn.core.network import Network
from skdeep.nn.core.params import ParamStore
from skdeep.nn.core.residual import Residual
from skdeep.nn.core.stacking import NotStackable, stack_networks
from skdeep.nn.dense.activation import Activation
from skdeep.nn.dense.dense import Dense
from skdeep.nn.losses import LogisticLogLoss, SoftmaxLogLoss, SquaredError
from skdeep.nn.noise.dropout import AlphaDropout, Dropout
from skdeep.nn.normalization.batch_norm import BatchNorm
from skdeep.optim import SOLVERS, make_optimizer
from skdeep.optim.schedules import CosineSchedule
from skdeep.train.dataset import Batches, Dataset, Shuffler
from skdeep.train.evaluator import Evaluator
from skdeep.train.streams import noise_seed
from skdeep.train.supervised import Supervised
from skdeep.train.trainer import Trainer
from tests.train.fitting import N_CLASSES, N_FEATURES, data

#: Rows of each model: two alike, one that ends with a single row, one that ends early.
COUNTS = (40, 40, 33, 20, 5)
OPTIONS = {
    "rate": (0.02, 0.01, 0.03, 0.02, 0.05),
    "weight_decay": (0.0, 0.1, 0.2, 0.0, 0.3),
    "clip_norm": (1.0, 0.1, 2.0, 0.5, 1.0),
    "clip_value": (0.1, 0.2, 0.05, 0.3, 0.1),
    "ema_decay": (0.9, 0.5, 0.8, 0.7, 0.9),
    "schedule": (None, CosineSchedule(), CosineSchedule(0.1), None, CosineSchedule(0.2)),
    "total_steps": (9, 9, 12, 6, 4),
}
SOLVER = {
    "momentum": (0.9, 0.0, 0.5, 0.9, 0.3),
    "beta_1": (0.9, 0.8, 0.5, 0.9, 0.7),
    "beta_2": (0.999, 0.9, 0.99, 0.8, 0.7),
    "epsilon": (1e-8, 1e-3, 1e-6, 0.1, 1e-4),
}
ALPHA = (0.0, 0.1, 1.0, 0.5, 0.0)
RATES = (0.1, 0.5, 0.3, 0.2, 0.4)
SMOOTHING = (0.0, 0.1, 0.2, 0.0, 0.3)


def network(model, dropout=Dropout):
    block = [Dense(8, name="wide"), Activation("tanh"), dropout(RATES[model], name="drop")]
    chain = [Dense(8, bias=False, name="hidden"), BatchNorm(name="norm"), Residual(block)]
    last = Dense(N_CLASSES, name="output")
    return Network([*chain, last], (N_FEATURES,), SoftmaxLogLoss(N_CLASSES, SMOOTHING[model]))


class Stack:
    """Some of the models above, trained together."""

    def __init__(self, backend, models, *, solver="adam", weighted=True, dropout=Dropout):
        X, codes, weight = data()
        nets = [network(m, dropout) for m in models]
        randoms = [np.random.RandomState(m) for m in models]
        noise = Random([noise_seed(random) for random in randoms])
        pick = lambda values: np.array([values[m] for m in models])
        self.network = stack_networks(nets)
        initial = [net.initial([r])[0] for net, r in zip(nets, randoms, strict=True)]
        self.store = ParamStore(backend, self.network.layout, np.stack(initial))
        self.table = Dataset(backend, X, codes, weight if weighted else None, np.float64)
        objective = Supervised(
            self.network, self.store, self.table, alpha=pick(ALPHA), random=noise
        )
        options = {name: pick(values) for name, values in OPTIONS.items()}
        options["schedule"] = [OPTIONS["schedule"][m] for m in models]
        rows = [np.arange(m, m + COUNTS[m]) for m in models]
        self.trainer = Trainer(
            objective,
            make_optimizer(solver, **{name: pick(values) for name, values in SOLVER.items()}),
            order=Shuffler(rows, randoms),
            batch_size=16,
            **options,
        )
        curves = [(*map(np.copy, (self.trainer.epoch(), self.trainer.gradient_norm())),
                   self.trainer.last_rates()) for _ in range(3)]  # fmt: skip
        self.curves = np.array(curves)  # (epochs, 3, M)
        self.values = backend.to_host(self.store.values)
        self.averages = backend.to_host(self.trainer.evaluation_store().values)
        self.draws = [random.uniform() for random in randoms]
        self.words = [g.integers(2**32) for g in noise.generators]


@pytest.mark.parametrize("solver", sorted(SOLVERS))
def test_a_stack_equals_its_models_one_by_one(backend, solver):
    stack = Stack(backend, range(5), solver=solver)
    for m in range(5):
        alone = Stack(backend, [m], solver=solver)
        np.testing.assert_allclose(stack.curves[..., m], alone.curves[..., 0], rtol=1e-8)
        np.testing.assert_allclose(stack.values[m], alone.values[0], rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(stack.averages[m], alone.averages[0], rtol=1e-6, atol=1e-9)
        assert stack.trainer.steps[m] == alone.trainer.steps[0] == 3 * -(-COUNTS[m] // 16)
        assert (stack.draws[m], stack.words[m]) == (alone.draws[0], alone.words[0])


@pytest.mark.parametrize("models", [(4, 3, 0, 2, 1), (0, 4, 1)])
def test_the_order_of_the_models_does_not_matter(backend, models):
    stack, whole = (Stack(backend, which, weighted=False) for which in (models, range(5)))
    np.testing.assert_allclose(stack.curves, whole.curves[..., list(models)], rtol=1e-8)


def test_alpha_dropout_has_a_rate_per_model_too(backend):
    stack = Stack(backend, range(5), dropout=AlphaDropout)
    alone = Stack(backend, [2], dropout=AlphaDropout)
    np.testing.assert_allclose(stack.curves[..., 2], alone.curves[..., 0], rtol=1e-8)


def test_labels_of_two_classes_are_smoothed_per_model(backend):
    """The last two models alone, since ranges must find their own numbers."""
    layers = [Dense(2, name="output")]
    nets = [Network(layers, (N_FEATURES,), LogisticLogLoss(s)) for s in SMOOTHING]
    X, codes, _ = data()
    labels = np.repeat((codes > 0).astype(float), 2, axis=1)
    values = np.stack([net.initial([np.random.RandomState(0)])[0] for net in nets])
    table = Dataset(backend, X, labels, None, np.float64)
    rows = np.arange(50)
    joint = ParamStore(backend, nets[0].layout, values)
    part = joint.part(slice(3, 5))
    found = Evaluator(stack_networks(nets), part, table, rows)()
    for m in (3, 4):
        alone = ParamStore(backend, nets[0].layout, values[:1])
        np.testing.assert_allclose(found[m - 3], Evaluator(nets[m], alone, table, rows)()[0])


def test_models_without_rows_in_a_step_are_in_none_of_its_runs():
    batches = Batches(COUNTS, 16)
    np.testing.assert_array_equal(
        batches.sizes, [[16, 16, 16, 16, 5], [16, 16, 16, 4, 0], [8, 8, 1, 0, 0]]
    )
    found = [[(m.start, m.stop, r.stop) for m, r in batches.runs(k)] for k in range(3)]
    assert found == [
        [(0, 4, 16), (4, 5, 5)],
        [(0, 3, 32), (3, 4, 20)],
        [(0, 2, 40), (2, 3, 33)],
    ]


@pytest.mark.parametrize(
    "other",
    [
        Network([Dense(8), Dense(3)], (6,), SquaredError(3)),
        Network([Dense(9), Dense(3)], (6,), SoftmaxLogLoss(3)),
        Network([Dense(8), Activation("relu"), Dense(3)], (6,), SoftmaxLogLoss(3)),
        Network([Dense(8), Dense(3)], (5,), SoftmaxLogLoss(3)),
        Network([Dense(8, bias=False), Dense(3)], (6,), SoftmaxLogLoss(3)),
    ],
)
def test_networks_that_differ_in_more_than_numbers_do_not_stack(other):
    first = Network([Dense(8), Dense(3)], (6,), SoftmaxLogLoss(3))
    assert stack_networks([first, first]).spec == first.spec
    with pytest.raises(NotStackable):
        stack_networks([first, first, other])
