"""What threads share of a step: parts of the batch, stretches of the parameters."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV as sklearn_search
from threadpoolctl import threadpool_info

from skdeep import CNNClassifier, MLPRegressor, NetworkRegressor
from skdeep.backend import get_backend
from skdeep.kernels.arithmetic import subtract
from skdeep.model_selection import GridSearchCV
from skdeep.nn import (
    Activation,
    BatchNorm,
    Constant,
    Conv,
    Dense,
    InParts,
    MaxPool,
    Param,
    PerPixel,
    Reshape,
    SoftmaxLogLoss,
    Spec,
    Work,
    kernel,
)
from skdeep.nn.conv.augment import Augment
from skdeep.nn.core.network import Network
from skdeep.nn.core.parts import cut_batch
from skdeep.train import parts
from tests.contracts.estimator_results import assert_equal
from tests.contracts.estimators import CASES
from tests.train.small_parts import cut_small

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

IN_PARTS = [name for name in CASES if name.startswith(("CNN", "ConvAutoencoder", "Attention"))]


class OfTheBatch(Activation):
    """A layer that knows of no parts."""

    def __init__(self):
        super().__init__("tanh")

    def build(self, in_shape):
        return replace(super().build(in_shape), traits=frozenset({"batch"}))


@kernel
def moved(xp, state, mean):
    return state + 0.1 * (mean - state)


class RunningMean(Activation):
    """A layer that takes away what samples were on average, as far as it has seen them."""

    def __init__(self):
        super().__init__("tanh")

    def build(self, in_shape):
        row = (1, *in_shape)
        params = {"mean": Param(row, "state", Constant(0.0))}
        return Spec(in_shape, params, {"mean": Work(row, per_row=False)})

    def forward(self, v, training):
        v.ops.launch(subtract, v.y, v.x, v.params.mean)
        if training:
            v.ops.gemm(v.weight, v.x, v.work.mean)
            v.ops.launch(moved, v.params.mean, v.params.mean, v.work.mean)

    def backward(self, v):
        if v.dx is not None:
            v.ops.copy(v.dy, v.dx)


def network(*more, size=28, filters=(32, 64)):
    layers = [Reshape((size, size, 1)), *more]
    for n in filters:
        layers += [Conv(n, 3), Activation("relu"), MaxPool(2)]
    layers += [Reshape(), Dense(128), Activation("relu"), Dense(10)]
    return Network(layers, (size * size,), SoftmaxLogLoss(10))


@pytest.mark.parametrize(
    ("made", "batch", "expected"),
    [
        (network(), 64, 2),
        (network(), 256, 4),
        (network(size=64), 256, 8),
        (network(), 2, 1),  # too little to do
        (network(filters=()), 4096, 1),  # BLAS has threads for large products
        (network(PerPixel(BatchNorm())), 64, 2),  # parts meet for the batch's statistics
        (network(OfTheBatch()), 64, 1),  # a part is not the batch
        (network(Reshape(), RunningMean(), Reshape((28, 28, 1))), 64, 1),  # nor is what it keeps
        (network(Augment([lambda X, y, rng: (X, y)])), 64, 1),  # a function of the user's
    ],
    ids=["two", "four", "eight", "small", "dense", "statistics", "batch", "state", "own function"],
)
def test_shapes_alone_say_how_many_parts_there_are(made, batch, expected):
    found = parts.network_parts(made, batch, get_backend("cpu").n_parts)
    assert len(found) == expected
    assert (found[0].start, found[-1].stop) == (0, batch)
    assert all(a.stop == b.start for a, b in pairwise(found))
    assert len(parts.network_parts(made, batch, 1)) == 1


@pytest.mark.parametrize(
    ("batch", "most", "expected"), [(100, 3, 2), (7, 8, 4), (1, 8, 1), (9, 8, 8)]
)
def test_parts_are_a_power_of_two(batch, most, expected):
    """Two threads take as long for three as for four."""
    assert len(cut_batch(batch, 10**12, 1, most)) == expected


@pytest.mark.parametrize("name", IN_PARTS)
def test_parts_change_nothing_but_roundings(name, monkeypatch):
    case = CASES[name]
    whole = case.fit(dtype="float64")
    cut_small(monkeypatch)
    assert_equal(case.fit(dtype="float64"), whole, case.X, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("params", [{}, {"sample_weight": np.linspace(0, 2, 20)}], ids=str)
def test_every_part_counts(params, monkeypatch):
    """The loss of an epoch is the mean over all samples, and each moves the weights."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 6, 6)), np.arange(20) % 2
    given = {"batch_size": 20, "max_iter": 2, "random_state": 0, "dtype": "float64", "alpha": 0.1}
    whole = CNNClassifier([(4, 3)], (3,), **given).fit(X, y, **params)
    cut_small(monkeypatch)
    cut = CNNClassifier([(4, 3)], (3,), **given).fit(X, y, **params)
    np.testing.assert_allclose(cut.loss_curve_, whole.loss_curve_, rtol=1e-12)
    for name, expected in whole.get_weights().items():
        np.testing.assert_allclose(cut.get_weights()[name], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "options",
    [
        {"gradient_clip_norm": 0.05, "frozen_layers": ["conv_0"], "ema_decay": 0.9},
        {"batch_size": 20},  # and a last one of one sample, which no part is left for
        {"batch_size": 1},
        {"normalization": "batch", "batch_size": 16, "shuffle": False},
        {"solver": "sgd", "learning_rate": "adaptive", "n_iter_no_change": 1, "tol": 1.0},
        {"warm_start": True, "learning_rate_schedule": "cosine"},
    ],
    ids=lambda options: next(iter(options)),
)
def test_all_that_a_step_does_is_that_of_the_whole_batch(options, monkeypatch):
    """Limits of the gradient's norm, parts without weight, batches smaller than parts."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(21, 6, 6)), np.arange(21) % 3
    weight = np.r_[np.zeros(8), np.linspace(0.5, 2, 13)]  # the first parts count for nothing
    given = {"batch_size": 8, "max_iter": 3, "random_state": 0, "dtype": "float64"} | options

    def fitted():
        model = CNNClassifier([(4, 3)], (3,), **given).fit(X, y, weight)
        return model.fit(X, y, weight) if model.warm_start else model

    whole = fitted()
    cut_small(monkeypatch)
    cut = fitted()
    np.testing.assert_allclose(cut.loss_curve_, whole.loss_curve_, rtol=1e-9)
    assert cut.learning_rate_curve_ == whole.learning_rate_curve_
    for name, expected in whole.get_weights().items():
        np.testing.assert_allclose(cut.get_weights()[name], expected, rtol=1e-7, atol=1e-11)


def test_an_error_in_a_layer_leaves_no_limit_of_threads(monkeypatch):
    class Fails(Activation):
        def __init__(self):
            super().__init__("tanh")

        def forward(self, v, training):
            raise ArithmeticError("mine")

    cut_small(monkeypatch)
    X, before = np.random.default_rng(0).normal(size=(20, 6, 6)), threadpool_info()
    for more in ([Fails()], []):
        model = NetworkRegressor([Conv(2, 3), *more], max_iter=1, batch_size=8, random_state=0)
        if more:
            with pytest.raises(ArithmeticError, match="mine"):
                model.fit(X, X[:, 0, 0])
        else:
            model.fit(X, X[:, 0, 0])
        assert threadpool_info() == before


def test_states_of_layers_inside_parts_are_those_of_the_batch(monkeypatch):
    X = np.random.RandomState(0).normal(size=(24, 6))
    layers = [InParts([Dense(4), RunningMean(), Dense(3)])]
    options = {"batch_size": 12, "max_iter": 3, "random_state": 0, "dtype": "float64"}
    whole = NetworkRegressor(layers, **options).fit(X, X[:, 0]).get_weights()
    cut_small(monkeypatch)
    for name, found in NetworkRegressor(layers, **options).fit(X, X[:, 0]).get_weights().items():
        np.testing.assert_allclose(found, whole[name], rtol=1e-9, atol=1e-12)


def test_stretches_are_all_parameters_once():
    ranges = [(0, 100_000, True), (120_000, 300_000, False), (300_000, 300_007, True)]
    lists = parts.stretches(ranges, 3)
    sizes = [sum(stop - start for start, stop, _ in held) for held in lists]
    assert len(lists) == 3
    assert max(sizes) - min(sizes) <= 1
    found = np.full(300_010, -1)
    for start, stop, penalised in (piece for held in lists for piece in held):
        assert (found[start:stop] == -1).all()
        found[start:stop] = penalised
    expected = np.full(300_010, -1)
    for start, stop, penalised in ranges:
        expected[start:stop] = penalised
    np.testing.assert_array_equal(found, expected)
    assert parts.stretches(ranges, 1) == [ranges]


@pytest.mark.parametrize("normalization", [None, "batch"])
def test_stacks_train_in_parts(monkeypatch, stacks, normalization):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 6, 6)), np.arange(30) % 2
    given = {"batch_size": 10, "max_iter": 2, "random_state": 0, "normalization": normalization}
    model = CNNClassifier([(4, 3)], (3,), **given)
    cut_small(monkeypatch)
    search = GridSearchCV(model, {"alpha": [0.0, 1.0]}, cv=2, refit=False).fit(X, y)
    assert max(stacks) > 1
    expected = sklearn_search(model, {"alpha": [0.0, 1.0]}, cv=2, refit=False).fit(X, y)
    for key in ("mean_test_score", "std_test_score"):
        np.testing.assert_allclose(search.cv_results_[key], expected.cv_results_[key])


def test_ranges_are_cut_where_factors_change():
    """Long runs of equal factors stand alone; short ones stay together."""
    n = parts.ALIKE
    rate = np.repeat([1.0, 2.0, 3.0, 4.0, 4.0], [10, 5, n, n - 1, 1])
    decay = np.repeat([1.0, 0.0, 1.0], [10 + 5 + n, n - 1, 1])
    found = parts.alike(np.stack([rate, decay]), 0, len(rate))
    assert found == [(0, 15, False), (15, 15 + n, True), (15 + n, 15 + 2 * n, False)]
    inner = parts.alike(np.stack([rate, decay]), 4, 20 + n)
    assert inner == [(4, 15, False), (15, 15 + n, True), (15 + n, 20 + n, False)]


@pytest.mark.parametrize("hidden", [400, 1200])
def test_large_arrays_of_equal_factors_move_as_with_arrays_of_factors(monkeypatch, hidden):
    """With 400 units biases have the rate of the weights before them, and no penalty."""
    X = np.random.RandomState(0).normal(size=(40, 100))
    options = {"hidden_layer_sizes": (hidden, 30), "kernel_initializer": "ntk", "max_iter": 3}
    options |= {"alpha": 0.1, "random_state": 0, "dtype": "float64"}
    cut = MLPRegressor(**options).fit(X, X[:, 0])
    monkeypatch.setattr(parts, "ALIKE", 2**40)
    whole = MLPRegressor(**options).fit(X, X[:, 0])
    for one, other in zip(
        cut.coefs_ + cut.intercepts_, whole.coefs_ + whole.intercepts_, strict=True
    ):
        np.testing.assert_array_equal(one, other)
