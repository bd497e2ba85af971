"""What the trainer does around an optimizer: penalty, decay, freezing, clipping, averaging."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skdeep.nn.core.network import Network
from skdeep.nn.core.params import ParamStore
from skdeep.nn.dense.dense import Dense
from skdeep.optim.sgd import Momentum
from skdeep.train.dataset import Dataset, Shuffler
from skdeep.train.supervised import Supervised
from skdeep.train.trainer import Trainer
from tests.contracts.optimizers import CASES
from tests.optim.driving import NETWORK, Driven

SIZE, WEIGHTS = NETWORK.layout.size, NETWORK.layout.n_weights
RATE = 0.1

every_optimizer = pytest.mark.parametrize("case", CASES, ids=str)


def plain():
    return Momentum(0.0)


@pytest.fixture
def values():
    return np.random.RandomState(0).normal(size=(2, SIZE))


@pytest.fixture
def gradients():
    return np.random.RandomState(1).normal(size=(6, 2, SIZE))


def slots(*names):
    parts = [NETWORK.layout.slots[name] for name in names]
    return np.concatenate([np.arange(slot.start, slot.stop) for slot in parts])


def test_weights_lie_before_biases():
    assert slots("first.W", "second.W").tolist() == list(range(WEIGHTS))
    assert slots("first.b", "second.b").tolist() == list(range(WEIGHTS, SIZE))


@every_optimizer
def test_coupled_penalty_is_a_gradient_of_the_weights_only(case, backend, values, gradients):
    alpha = 0.5
    penalised = Driven(backend, case.make(**case.single(0)), values, alpha=alpha)
    by_hand = Driven(backend, case.make(**case.single(0)), values)
    free = Driven(backend, case.make(**case.single(0)), values)
    for gradient in gradients:
        extra = gradient.copy()
        extra[:, :WEIGHTS] += alpha * by_hand.values[:, :WEIGHTS]
        np.testing.assert_allclose(penalised.step(gradient), by_hand.step(extra), rtol=1e-12)
        free.step(gradient)
    np.testing.assert_array_equal(penalised.values[:, WEIGHTS:], free.values[:, WEIGHTS:])
    assert (penalised.values[:, :WEIGHTS] != free.values[:, :WEIGHTS]).any()


@every_optimizer
def test_decoupled_decay_shrinks_the_weights_only(case, backend, values, gradients):
    """The decay leaves the states alone: both runs see the same moments."""
    decay = np.array([0.5, 0.0])
    decayed = Driven(backend, case.make(**case.single(0)), values, weight_decay=decay)
    free = Driven(backend, case.make(**case.single(0)), values)
    expected = values.copy()
    for gradient in gradients:
        before = free.values
        moves = free.step(gradient) - before
        expected[:, :WEIGHTS] *= 1 - RATE * decay[:, None]
        expected += moves
        np.testing.assert_allclose(decayed.step(gradient), expected, rtol=1e-9)
    np.testing.assert_array_equal(decayed.values[:, WEIGHTS:], free.values[:, WEIGHTS:])
    np.testing.assert_array_equal(decayed.values[1], free.values[1])
    assert (np.abs(decayed.values - free.values)[0, :WEIGHTS] > 1e-3).any()


def test_penalty_and_decay_both_start_from_the_parameters_before(backend, values, gradients):
    driven = Driven(backend, plain(), values, alpha=0.5, weight_decay=0.2)
    weights = values[:, :WEIGHTS]
    expected = values - RATE * gradients[0]
    expected[:, :WEIGHTS] -= RATE * (0.5 + 0.2) * weights
    np.testing.assert_allclose(driven.step(gradients[0]), expected, rtol=1e-9)


@every_optimizer
@pytest.mark.parametrize(
    ("frozen", "still"),
    [
        (["first"], ["first.W", "first.b"]),
        (["second.b"], ["second.b"]),
        (["first.W", "second"], ["first.W", "second.W", "second.b"]),
    ],
)
def test_frozen_parts_do_not_move(case, frozen, still, backend, values, gradients):
    options = {"alpha": 0.1, "weight_decay": 0.1}
    driven = Driven(backend, case.make(**case.single(0)), values, frozen=frozen, **options)
    free = Driven(backend, case.make(**case.single(0)), values, **options)
    for gradient in gradients[:5]:  # an odd number, after which Lion cannot be back
        driven.step(gradient)
        free.step(gradient)
    stays = slots(*still)
    moves = np.setdiff1d(np.arange(SIZE), stays)
    np.testing.assert_array_equal(driven.values[:, stays], values[:, stays])
    np.testing.assert_array_equal(driven.values[:, moves], free.values[:, moves])
    assert (driven.values[:, moves] != values[:, moves]).all()


def test_clip_norm_scales_each_model_by_itself(backend, values, gradients):
    gradient = gradients[0]
    norms = np.linalg.norm(gradient, axis=1)
    gradient *= (np.array([10.0, 0.5]) / norms)[:, None]
    driven = Driven(backend, plain(), values, clip_norm=2.0)
    moved = (values - driven.step(gradient)) / RATE
    np.testing.assert_allclose(moved, gradient * [[0.2], [1.0]], rtol=1e-11)
    np.testing.assert_allclose(driven.trainer.gradient_norm(), [2.0, 0.5], rtol=1e-12)


def test_clip_norm_ignores_what_is_frozen(backend, values, gradients):
    driven = Driven(backend, plain(), values, clip_norm=0.1, frozen=["first"])
    moved = (values - driven.step(gradients[0])) / RATE
    trained = slots("second.W", "second.b")
    np.testing.assert_allclose(np.linalg.norm(moved[:, trained], axis=1), 0.1, rtol=1e-9)


def test_clip_value_confines_each_entry(backend, values, gradients):
    driven = Driven(backend, plain(), values, clip_value=0.3)
    moved = (values - driven.step(gradients[0])) / RATE
    np.testing.assert_allclose(moved, np.clip(gradients[0], -0.3, 0.3), rtol=1e-9, atol=1e-12)


def test_clipping_comes_before_the_penalty(backend, values, gradients):
    driven = Driven(backend, plain(), values, alpha=2.0, clip_value=0.3)
    moved = (values - driven.step(gradients[0])) / RATE
    expected = np.clip(gradients[0], -0.3, 0.3)
    expected[:, :WEIGHTS] += 2.0 * values[:, :WEIGHTS]
    np.testing.assert_allclose(moved, expected, rtol=1e-9, atol=1e-12)


def test_the_average_follows_the_parameters(backend, values, gradients):
    decay = 0.8
    driven = Driven(backend, plain(), values, ema_decay=decay)
    mean = values.copy()
    for gradient in gradients:
        mean = decay * mean + (1 - decay) * driven.step(gradient)
        np.testing.assert_allclose(backend.to_host(driven.trainer.averages), mean, rtol=1e-12)
    without = Driven(backend, plain(), values)
    for gradient in gradients:
        without.step(gradient)
    np.testing.assert_array_equal(driven.values, without.values)


def test_float32_all_the_way(backend, values, gradients):
    options = {"alpha": 0.1, "weight_decay": 0.1, "clip_norm": 1.0, "clip_value": 0.5}
    driven = Driven(backend, plain(), values.astype(np.float32), ema_decay=0.9, **options)
    driven.step(gradients[0])
    trainer = driven.trainer
    arrays = [driven.objective.params.values, driven.objective.params.grads, trainer.averages]
    arrays += [*trainer.states.values(), *trainer.columns.values()]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


def learn(backend, case, hyper, models, rates):
    """Train on a linear rule; return each epoch's losses (epochs, M) and the parameters."""
    random = np.random.RandomState(0)
    X = random.normal(size=(50, 3))
    table = Dataset(backend, X, X @ random.normal(size=(3, 2)), None, np.float64)
    initial = NETWORK.initial([np.random.RandomState(m) for m in models])
    objective = Supervised(NETWORK, ParamStore(backend, NETWORK.layout, initial), table, alpha=0.01)
    order = Shuffler(
        np.tile(np.arange(50), (len(models), 1)), [np.random.RandomState(9 + m) for m in models]
    )
    trainer = Trainer(
        objective, case.make(**hyper), order=order, batch_size=16, rate=rates, weight_decay=0.01
    )
    losses = np.stack([trainer.epoch() for _ in range(40)])
    return losses, backend.to_host(objective.params.values)


@every_optimizer
def test_it_learns_and_a_stack_equals_single_models(case, backend):
    rates = np.array([0.02, 0.01, 0.005])
    together = {name: np.array(values) for name, values in case.hyper.items()}
    losses, values = learn(backend, case, together, range(3), rates)
    assert (losses[-1] < 0.6 * losses[0]).all()
    for m in range(3):
        alone, single = learn(backend, case, case.single(m), [m], rates[m])
        np.testing.assert_allclose(losses[:, m], alone[:, 0], rtol=1e-9)
        np.testing.assert_allclose(values[m], single[0], rtol=1e-7, atol=1e-10)


# ---------------------------------------------------------------------- factors of parameters

RATES = {"first.W": 0.5, "first.b": 0.1, "second.W": 6.0, "second.b": 0.0}
DECAYS = {"first.W": 36.0, "second.W": 0.01}


def with_factors(network, rates, decays):
    """Return a network whose parameters have factors of the rate and of the decay."""

    class Factored(Dense):
        def build(self, in_shape):
            spec = super().build(in_shape)
            params = {
                key: replace(
                    param,
                    rate=rates.get(f"{self.name}.{key}", 1.0),
                    decay=decays.get(f"{self.name}.{key}", 1.0),
                )
                for key, param in spec.params.items()
            }
            return replace(spec, params=params)

    layers = [Factored(4, name="first"), Factored(2, name="second")]
    return Network(layers, network.in_shape, network.loss)


def by_parameter(named, default=1.0):
    result = np.full(SIZE, default)
    for name, value in named.items():
        result[slots(name)] = value
    return result


@every_optimizer
def test_a_factor_of_the_rate_is_a_rate_of_its_own(case, backend, values, gradients):
    """Against the loops of the papers, each parameter with its own rate."""
    hyper = case.single(0)
    network = with_factors(NETWORK, RATES, {})
    driven = Driven(backend, case.make(**hyper), values, network=network)
    factors = by_parameter(RATES)
    expected = np.empty((len(gradients), *values.shape))
    for m in range(len(values)):
        for k in range(SIZE):
            rates = np.full(len(gradients), RATE * factors[k])
            path = case.reference(values[m, k : k + 1], gradients[:, m, k : k + 1], rates, **hyper)
            expected[:, m, k] = path[:, 0]
    found = np.array([driven.step(gradient) for gradient in gradients])
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    still = slots("second.b")
    np.testing.assert_array_equal(found[-1][:, still], values[:, still])


@every_optimizer
def test_a_factor_of_the_decay_scales_what_it_takes(case, backend, values, gradients):
    network = with_factors(NETWORK, RATES, DECAYS)
    options = {"network": network, "weight_decay": np.array([0.2, 0.0])}
    decayed = Driven(backend, case.make(**case.single(0)), values, **options)
    free = Driven(backend, case.make(**case.single(0)), values, network=network)
    kept = np.ones((2, SIZE))
    kept[:, :WEIGHTS] = 1 - RATE * np.array([[0.2], [0.0]]) * by_parameter(DECAYS)[:WEIGHTS]
    expected = values.copy()
    for gradient in gradients:
        before = free.values
        expected = expected * kept + (free.step(gradient) - before)
        np.testing.assert_allclose(decayed.step(gradient), expected, rtol=1e-8, atol=1e-12)


def test_each_model_has_its_schedule_of_the_decay(backend, values):
    """Gradients of zero: what is left is the decay alone."""
    options = {
        "weight_decay": 0.5,
        "decay_schedule": [lambda progress: 1 - progress, None],
        "total_steps": 4,
    }
    driven, still = Driven(backend, plain(), values, **options), np.zeros_like(values)
    for step in range(4):
        before = driven.values
        after = driven.step(still)
        factors = np.array([[1 - step / 4], [1.0]])
        np.testing.assert_allclose(after[:, :WEIGHTS], before[:, :WEIGHTS] * (1 - 0.05 * factors))
        np.testing.assert_array_equal(after[:, WEIGHTS:], before[:, WEIGHTS:])
