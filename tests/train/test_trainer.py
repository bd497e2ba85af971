"""The training loop: short batches, sums of losses, per-step numbers, memory, going on."""

import tracemalloc

import numpy as np
import pytest

from skdeep.backend import get_backend
from skdeep.nn.core.network import Network
from skdeep.nn.dense.activation import Activation
from skdeep.nn.dense.dense import Dense
from skdeep.nn.losses import SoftmaxLogLoss, SquaredError
from skdeep.nn.noise.dropout import Dropout
from skdeep.nn.normalization.batch_norm import BatchNorm
from skdeep.optim.adam import Adam
from skdeep.optim.schedules import CosineSchedule
from skdeep.optim.sgd import Momentum
from tests.train.fitting import N_CLASSES, N_FEATURES, Fit, data, layers

LINEAR = Network([Dense(2, name="only")], (N_FEATURES,), SquaredError(2))


def regression(weighted):
    X, _, weight = data()
    return X, X[:, :2] - 0.5 * X[:, 2:4], weight if weighted else None


def by_hand(model, table, alpha, rate, epochs, batch_size):
    """Train a linear model as the objective is written down; return losses and (W, b)."""
    X, y, weight = table
    weight = np.ones(len(X)) if weight is None else weight
    random = np.random.RandomState(model)
    row = LINEAR.layout.initial(random)
    W, b = row[:-2].reshape(N_FEATURES, 2), row[-2:]
    order, losses = np.arange(len(X)), []
    for _ in range(epochs):
        permutation = np.arange(len(X))
        random.shuffle(permutation)
        order, total = order[permutation], 0.0
        for start in range(0, len(X), batch_size):
            rows = order[start : start + batch_size]
            w, mass = weight[rows, None], weight[rows].sum()
            error = X[rows] @ W + b - y[rows]
            penalty = 0.5 * alpha * np.sum(W**2) / mass
            total += (0.5 * np.sum(w * error**2) / mass / 2 + penalty) * len(rows)
            gradient = (X[rows].T @ (w * error) + alpha * W) / mass
            W, b = W - rate * gradient, b - rate * np.sum(w * error, axis=0) / mass
        losses.append(total / len(X))
    return np.array(losses), np.concatenate([W.ravel(), b])


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("batch_size", [16, 49, 50, 7, 1, 200])
def test_a_fit_equals_a_plain_loop_to_the_last_short_batch(backend, weighted, batch_size):
    table, alpha, rates = regression(weighted), np.array([0.0, 0.7]), np.array([0.05, 0.02])
    fit = Fit(
        backend,
        (0, 1),
        network=LINEAR,
        table=table,
        alpha=alpha,
        rate=rates,
        batch_size=batch_size,
        optimizer=Momentum(0.0),
    )
    for m in range(2):
        losses, values = by_hand(m, table, alpha[m], rates[m], 3, batch_size)
        np.testing.assert_allclose(fit.losses[:, m], losses, rtol=1e-11)
        np.testing.assert_allclose(fit.values[m], values, rtol=1e-9, atol=1e-12)


def test_losses_are_summed_in_double_precision(backend):
    """In float32 a sum over many batches would lose digits of each."""
    table = regression(True)
    options = {"network": LINEAR, "table": table, "rate": 0.0, "alpha": 0.0, "batch_size": 1}
    single = Fit(backend, epochs=1, dtype=np.float32, **options)
    assert single.objective.total.dtype == np.float64
    double = Fit(backend, epochs=1, **options)
    np.testing.assert_allclose(single.losses, double.losses, rtol=3e-7)


def test_a_row_of_weight_two_is_two_rows_in_a_whole_fit(backend):
    """With dropout and batch statistics, which the order within a batch must not touch."""
    X, codes, _ = data()
    repeats = np.random.RandomState(2).randint(0, 4, 50)
    rows = np.repeat(np.arange(50), repeats)
    options = {"shuffle": False, "batch_size": 1000, "epochs": 10}
    weighted = Fit(backend, table=(X, codes, repeats.astype(float)), **options)
    repeated = Fit(backend, table=(X[rows], codes[rows], None), **options)
    np.testing.assert_allclose(weighted.losses * 50, repeated.losses * 50, rtol=1e-9)
    np.testing.assert_allclose(weighted.values, repeated.values, rtol=1e-6, atol=1e-9)


def test_a_batch_of_weight_zero_changes_no_statistics(backend):
    X, codes, weight = data(40)
    weight[:10] = 0
    options = {"shuffle": False, "batch_size": 10, "epochs": 1, "alpha": 0.0}
    # Without dropout, of which the step without weight would take a seed.
    options["network"] = Network(layers(None), (N_FEATURES,), SoftmaxLogLoss(N_CLASSES))
    whole = Fit(backend, optimizer=Momentum(0.0), table=(X, codes, weight), **options)
    rest = Fit(backend, optimizer=Momentum(0.0), table=(X[10:], codes[10:], weight[10:]), **options)
    np.testing.assert_allclose(whole.values, rest.values, rtol=1e-12)
    assert (whole.values != whole.initial).all()


BIG = Network(
    [Dense(32), BatchNorm(), Activation("relu"), Dropout(0.2), Dense(N_CLASSES)],
    (N_FEATURES,),
    SoftmaxLogLoss(N_CLASSES),
)


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seeds", [(0,), (0, 1)])
def test_a_warm_step_allocates_next_to_nothing(dtype, seeds, weighted):
    X, codes, weight = data(8192 + 4096)
    table = (X, codes, weight if weighted else None)
    options = {"dtype": dtype, "batch_size": 8192, "epochs": 2, "ema_decay": 0.9, "clip_norm": 1.0}
    fit = Fit(get_backend("cpu"), seeds, network=BIG, table=table, **options)
    trainer = fit.trainer
    for batch in (8192, 4096):  # a column of one array is 16 KiB or more
        step = trainer._step(batch, slice(0, len(seeds))).run
        with fit.ops.running():
            step()
            tracemalloc.start()
            step()
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert peak < 16 * 1024


def test_steps_are_recorded_once_for_each_batch_size(backend, monkeypatch):
    recorded = []
    record = backend.record
    monkeypatch.setattr(
        backend, "record", lambda step, *more: recorded.append(step) or record(step, *more)
    )
    fit = Fit(backend, epochs=4, batch_size=16)
    assert len(recorded) == 2
    assert fit.trainer.steps == 16


def test_the_numbers_of_each_step(backend):
    """An epoch's table of columns, one row a step: what the kernels read."""
    weight, schedule = data()[2], CosineSchedule(0.1)
    fit = Fit(
        backend,
        (0, 1),
        epochs=1,
        rate=[0.02, 0.01],
        alpha=np.array([0.5, 0.0]),
        optimizer=Momentum(0.5),
        schedule=schedule,
        total_steps=12,
        weight_decay=0.25,
        ema_decay=0.9,
    )
    trainer = fit.trainer
    order = np.stack([np.arange(50), np.arange(50)[::-1]])
    trainer._fill_table(order)
    table = backend.to_host(trainer._table)
    assert table.shape == (4, 2, len(trainer._column))
    found = {name: table[:, :, k] for name, k in trainer._column.items()}
    mass = np.array([[weight[row[s : s + 16]].sum() for row in order] for s in (0, 16, 32, 48)])
    rates = schedule(np.arange(4, 8)[:, None] / 12) * [[0.02, 0.01]]
    expected = {
        "rows": np.repeat([[16], [16], [16], [2]], 2, axis=1),
        "inverse_weight": 1 / mass,
        "l2": [0.5, 0.0] / mass,
        "penalty": [[16], [16], [16], [2]] * np.array([0.25, 0.0]) / mass,
        "rate": rates,
        "keep": 1 - 0.25 * rates,
        "ema": np.full((4, 2), 0.9),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-12, err_msg=name)


def test_rates_may_change_between_epochs(backend):
    fit = Fit(backend, (0, 1), epochs=1)
    before = fit.values
    fit.trainer.rate[:] = [0.0, 0.1]
    fit.train(1)
    trained = slice(0, fit.store.layout.n_trainable)
    np.testing.assert_array_equal(fit.values[0, trained], before[0, trained])
    assert (fit.values[1, trained] != before[1, trained]).any()


def test_gradients_are_clipped_model_by_model(backend):
    fit = Fit(backend, (0, 1), epochs=1, clip_norm=1e-3, optimizer=Momentum(0.0), alpha=0.0)
    np.testing.assert_allclose(fit.trainer.gradient_norm(), 1e-3, rtol=1e-9)
    moved = np.linalg.norm((fit.values - fit.initial)[:, : fit.store.layout.n_trainable], axis=1)
    assert (moved <= 4 * 0.02 * 1e-3 * (1 + 1e-9)).all()  # four steps
    assert (moved > 0).all()


def test_averages_stand_for_what_is_trained_only(backend):
    """Running statistics are averages already: predictions use the current ones."""
    decay, trained = 0.8, slice(0, Fit(backend, epochs=0).store.layout.n_trainable)
    fit = Fit(backend, (0, 1), epochs=0, ema_decay=decay, batch_size=50)
    mean = fit.initial.copy()
    for _ in range(3):
        fit.train(1)
        mean = decay * mean + (1 - decay) * fit.values
    found = backend.to_host(fit.trainer.evaluation_store().values)
    np.testing.assert_allclose(found[:, trained], mean[:, trained], rtol=1e-12)
    np.testing.assert_array_equal(found[:, trained.stop :], fit.values[:, trained.stop :])
    plain = Fit(backend, (0, 1), epochs=3, batch_size=50)
    np.testing.assert_array_equal(plain.values, fit.values)
    assert plain.trainer.evaluation_store() is plain.store


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_training_that_goes_on_equals_training_at_once(backend, dtype):
    network = Network(layers(), (N_FEATURES,), SoftmaxLogLoss(N_CLASSES))
    options = {"network": network, "dtype": dtype, "ema_decay": 0.9, "optimizer": Adam(0.8)}
    options |= {"schedule": CosineSchedule(0.1), "total_steps": 16}
    whole = Fit(backend, (0, 1), epochs=4, **options)
    first = Fit(backend, (0, 1), epochs=2, **options)
    later = Fit(backend, (5, 6), epochs=0, **options)
    backend.to_device(first.values, later.store.values)
    later.trainer.restore(first.trainer.state())
    later.random.restore(first.random.state())
    later.trainer.order.rows[...] = first.trainer.order.rows
    for random, before in zip(later.randoms, first.randoms, strict=True):
        random.set_state(before.get_state())
    np.testing.assert_array_equal(later.train(2), whole.losses[2:])
    np.testing.assert_array_equal(later.values, whole.values)
    averages = [backend.to_host(fit.trainer.averages) for fit in (later, whole)]
    np.testing.assert_array_equal(*averages)
