"""Which stream each draw comes from: no draw depends on device, dtype, storage or company."""

import numpy as np
import pytest
import scipy.sparse

from skdeep.backend import get_backend
from skdeep.nn.core.network import Network
from skdeep.nn.losses import SoftmaxLogLoss
from skdeep.optim.adam import Adam
from skdeep.optim.schedules import CosineSchedule
from skdeep.train.streams import noise_seed
from tests.train.fitting import N_CLASSES, N_FEATURES, Fit, data, layers


def network(*args, **options):
    return Network(layers(*args, **options), (N_FEATURES,), SoftmaxLogLoss(N_CLASSES))


def seed_words(random):
    return noise_seed(random).generate_state(4).tolist()


def test_the_noise_seed_is_no_draw():
    random, twin = np.random.RandomState(3), np.random.RandomState(3)
    assert seed_words(random) == seed_words(random) == seed_words(twin)
    np.testing.assert_array_equal(random.randint(0, 2**31, 700), twin.randint(0, 2**31, 700))


def test_the_noise_seed_follows_the_state():
    random = np.random.RandomState(3)
    found = [seed_words(random), seed_words(np.random.RandomState(4))]
    random.randint(0, 9)
    found.append(seed_words(random))
    random.randint(0, 9, 10000)
    found.append(seed_words(random))
    assert len({str(words) for words in found}) == 4


@pytest.mark.parametrize("kind", [np.random.PCG64, np.random.SFC64, np.random.Philox])
def test_any_bit_generator_may_be_behind_a_random_state(kind):
    first, second = (np.random.RandomState(kind(seed)) for seed in (0, 1))
    assert seed_words(first) == seed_words(np.random.RandomState(kind(0)))
    assert seed_words(first) != seed_words(second)


def test_dropout_changes_no_initial_weight_and_no_shuffle(backend):
    with_masks = Fit(backend, (0, 1), network=network(0.5))
    without = Fit(backend, (0, 1), network=network(None))
    np.testing.assert_array_equal(with_masks.initial, without.initial)
    for rows, expected in zip(with_masks.objective.rows, without.objective.rows, strict=True):
        np.testing.assert_array_equal(rows, expected)
    assert (with_masks.losses != without.losses).all()
    assert without.objective.seeds == []


def test_draws_are_those_of_the_public_rule():
    """Initial weights, then one shuffle an epoch, all from the model's own ``RandomState``."""
    fit = Fit(get_backend("cpu"), (7,), epochs=2, batch_size=50)
    random, words = np.random.RandomState(7), noise_seed(np.random.RandomState(7))
    np.testing.assert_array_equal(fit.initial, network().initial([random]))
    order = np.arange(50)
    for rows in fit.objective.rows:
        permutation = np.arange(50)
        random.shuffle(permutation)
        order = order[permutation]
        np.testing.assert_array_equal(rows[0], order)
    draws = np.random.Generator(np.random.SFC64(words)).integers(0, 2**32, 2, np.uint32)
    np.testing.assert_array_equal(np.ravel(fit.objective.seeds), draws)


def check_draws(found, expected):
    """Compare orders, seeds and the masks."""
    for name in ("rows", "seeds"):
        pairs = zip(getattr(found.objective, name), getattr(expected.objective, name), strict=True)
        for got, wanted in pairs:
            np.testing.assert_array_equal(got, wanted)
    np.testing.assert_array_equal(found.objective.kept(), expected.objective.kept())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_neither_device_nor_dtype_changes_a_draw(backend, dtype):
    expected = Fit(get_backend("cpu"), (0, 1))
    found = Fit(backend, (0, 1), dtype=dtype)
    assert found.values.dtype == dtype
    check_draws(found, expected)
    tolerance = {"rtol": 1e-4} if dtype == np.float32 else {"rtol": 1e-12}
    np.testing.assert_allclose(found.losses, expected.losses, **tolerance)


@pytest.mark.parametrize("norm", [True, False])
def test_sparse_rows_get_the_masks_of_dense_ones(backend, norm):
    X, codes, weight = data()
    sparse = Fit(
        backend, network=network(norm=norm), table=(scipy.sparse.csr_matrix(X), codes, weight)
    )
    dense = Fit(backend, network=network(norm=norm))
    check_draws(sparse, dense)
    np.testing.assert_allclose(sparse.losses, dense.losses, rtol=1e-12)


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("batch_size", [16, 50])
def test_a_model_gets_in_a_stack_what_it_gets_alone(backend, weighted, batch_size):
    """All at once: rates, penalties, weights, statistics, moments and a schedule."""
    X, codes, weight = data()
    options = {
        "table": (X, codes, weight if weighted else None),
        "batch_size": batch_size,
        "epochs": 5,
        "schedule": CosineSchedule(0.1),
        "total_steps": 20,
    }
    rates, drop, alpha = [0.03, 0.01, 0.02], [0.0, 0.3, 0.6], np.array([0.0, 0.1, 1.0])
    beta = np.array([0.9, 0.8, 0.95])
    stack = Fit(
        backend,
        (3, 4, 5),
        network=network(drop),
        rate=rates,
        alpha=alpha,
        optimizer=Adam(beta),
        **options,
    )
    for m, seed in enumerate((3, 4, 5)):
        own = {"rate": rates[m], "alpha": alpha[m], "optimizer": Adam(beta[m])}
        alone = Fit(backend, (seed,), network=network(drop[m]), **own, **options)
        for rows, expected in zip(stack.objective.rows, alone.objective.rows, strict=True):
            np.testing.assert_array_equal(rows[m], expected[0])
        for words, expected in zip(stack.objective.seeds, alone.objective.seeds, strict=True):
            assert words[m] == expected[0]
        kept, expected = (fit.objective.kept() for fit in (stack, alone))
        np.testing.assert_array_equal(kept[m], expected[0])
        np.testing.assert_allclose(stack.losses[:, m], alone.losses[:, 0], rtol=1e-12)
        np.testing.assert_allclose(stack.values[m], alone.values[0], rtol=1e-11, atol=1e-12)


def test_models_of_equal_seeds_are_equal_and_others_are_not(backend):
    fit = Fit(backend, (3, 3, 4))
    np.testing.assert_array_equal(fit.values[0], fit.values[1])
    assert (fit.values[0] != fit.values[2]).any()
