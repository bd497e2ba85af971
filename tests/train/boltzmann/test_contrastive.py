"""The gradients of contrastive divergence, against a slow oracle and against exact models."""

import tracemalloc

import numpy as np
import pytest

from skdeep.backend import get_backend
from skdeep.backend.base import Random
from skdeep.nn.boltzmann.rbm import RBM
from skdeep.nn.boltzmann.visible import BernoulliVisible, GaussianVisible
from skdeep.nn.core.params import ParamStore
from skdeep.optim.sgd import SGD, Momentum
from skdeep.train.boltzmann.contrastive import ContrastiveDivergence
from skdeep.train.dataset import Dataset, Shuffler
from skdeep.train.trainer import Trainer
from tests.reference.contrastive import SlowDivergence, SlowRBM

F, H, N = 4, 3, 11
FLOOR = 0.05

KINDS = {"bernoulli": BernoulliVisible(), "gaussian": GaussianVisible(FLOOR)}
OPTIONS = {
    "pcd": {},
    "pcd_3": {"n_steps": 3},
    "cd": {"persistent": False},
    "cd_2": {"persistent": False, "n_steps": 2},
    "mean_field": {"mean_field": True},
    "centering": {"centering": True},
    "sparsity": {"sparsity_target": 0.2, "sparsity_cost": 0.7},
    "all": {
        "n_steps": 2,
        "persistent": False,
        "centering": True,
        "mean_field": True,
        "sparsity_target": 0.1,
        "sparsity_cost": 0.3,
    },
    "centred_sparse_pcd": {"centering": True, "sparsity_cost": 0.5},
}


def draw_values(rbm, state):
    """Draw parameters of one model, (P,), all of them away from zero."""
    return state.normal(0.0, 0.6, rbm.layout.size)


def draw_rows(kind, n=N):
    """Return rows that float32 holds exactly."""
    random = np.random.RandomState(3)
    if kind == "bernoulli":
        return (random.uniform(size=(n, F)) < 0.4).astype(float)
    return random.normal(0.5, 1.5, (n, F)).astype(np.float32).astype(float)


class Fit:
    """M RBMs of one kind on the same rows; model m alone is the fit of ``seeds=(m,)``."""

    def __init__(
        self, ops, kind, seeds=(0,), *, dtype=np.float64, rows=None, n_particles=5, **options
    ):
        self.ops, self.kind, self.seeds, self.options = ops, kind, seeds, options
        self.rbm = RBM(F, H, KINDS[kind])
        values = [draw_values(self.rbm, np.random.RandomState(10 + s)) for s in seeds]
        self.store = ParamStore(ops, self.rbm.layout, np.stack(values).astype(dtype))
        self.store.allocate_grads()
        self.rows = draw_rows(kind) if rows is None else rows
        self.n_particles = n_particles
        table = Dataset(ops, self.rows, np.zeros((self.rows.shape[0], 1)), None, dtype)
        self.objective = ContrastiveDivergence(
            self.rbm,
            self.store,
            table,
            random=Random([np.random.SeedSequence(s) for s in seeds]),
            n_particles=n_particles,
            **options,
        )

    def trainer(self, batch_size=4, rate=0.05, optimizer=None):
        n = self.rows.shape[0]
        order = Shuffler(
            np.tile(np.arange(n), (len(self.seeds), 1)),
            [np.random.RandomState(s) for s in self.seeds],
        )
        optimizer = optimizer or SGD()
        return Trainer(self.objective, optimizer, order=order, batch_size=batch_size, rate=rate)

    def host(self, array):
        """Return the named arrays on the host, each (M, ...)."""
        layout = self.rbm.layout
        array = self.ops.to_host(array)
        return {name: layout.view(array, name) for name in layout.slots}

    def oracle(self, m):
        """Return what is to give model m's gradients."""
        seed = np.random.SeedSequence(self.seeds[m])
        return SlowDivergence(seed, F, H, n_particles=self.n_particles, **self.options)


def machine(kind, values, m):
    """Return the slow machine of the named values of model m."""
    named = {name: value[m] for name, value in values.items()}
    s2 = np.exp(named["log_variance"][0]) + FLOOR if kind == "gaussian" else None
    return SlowRBM(named["W"], named["b"][0], named["c"][0], s2)


def oracle_gradient(kind, oracle, values, m, data):
    """Return the oracle's gradients by the names and in the shapes of the slots."""
    slow = machine(kind, values, m)
    found, _ = oracle.gradient(slow, data)
    result = {"W": found["W"], "b": found["b"][None], "c": found["c"][None]}
    if kind == "gaussian":
        result["log_variance"] = (found["s2"] * (slow.s2 - FLOOR))[None]
    return result


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seeds", [(0,), (0, 1)], ids=["one", "stack"])
def test_steps_agree_with_the_slow_oracle(backend, kind, name, seeds):
    fit = Fit(backend, kind, seeds, **OPTIONS[name])
    values, oracles = fit.host(fit.store.values), [fit.oracle(m) for m in range(len(seeds))]
    index = backend.zeros((len(seeds), 6), np.intp)
    step = backend.record(fit.objective.bind(6, index, {}))
    random = np.random.RandomState(0)
    for _ in range(3):  # particles and running means go on
        rows = np.stack([random.permutation(N)[:6] for _ in seeds])
        backend.to_device(rows, index)
        with backend.running():
            step()
        found = fit.host(fit.store.grads)
        for m, oracle in enumerate(oracles):
            expected = oracle_gradient(kind, oracle, values, m, fit.rows[rows[m]])
            for slot, gradient in expected.items():
                np.testing.assert_allclose(found[slot][m], gradient, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ["pcd", "cd", "all"])
@pytest.mark.parametrize("kind", KINDS)
def test_epochs_with_a_shorter_last_batch_agree_with_the_oracle(backend, kind, name):
    fit = Fit(backend, kind, (0, 1), **OPTIONS[name])
    initial = fit.host(fit.store.values)
    trainer = fit.trainer()
    for _ in range(2):
        trainer.epoch()
    found = fit.host(fit.store.values)
    for m in range(2):
        oracle, order = fit.oracle(m), Shuffler(np.arange(N), [np.random.RandomState(m)])
        values = {slot: value[m : m + 1].copy() for slot, value in initial.items()}
        for _ in range(2):
            rows = order.advance()[0]
            for start in range(0, N, 4):
                data = fit.rows[rows[start : start + 4]]
                for slot, g in oracle_gradient(kind, oracle, values, 0, data).items():
                    values[slot] = values[slot] - 0.05 * g
        for slot, value in values.items():
            np.testing.assert_allclose(found[slot][m], value[0], rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("kind", KINDS)
def test_the_oracle_descends_the_free_energy(kind):
    """What is minimised is the data's mean free energy less the particles', by differences."""
    fit = Fit(get_backend("cpu"), kind)
    flat = fit.ops.to_host(fit.store.values)
    oracle = fit.oracle(0)

    def named(values):
        return {slot: fit.rbm.layout.view(values, slot) for slot in fit.rbm.layout.slots}

    particles = oracle.visible_states(machine(kind, named(flat), 0), np.eye(5, H))

    def value(values):
        slow = machine(kind, named(values), 0)
        data, model = ([slow.free_energy(v) for v in rows] for rows in (fit.rows, particles))
        return np.mean(data) - np.mean(model)

    slow = machine(kind, named(flat), 0)
    slopes = oracle.plain(slow, fit.rows, particles)
    if kind == "gaussian":
        slopes["log_variance"] = slopes.pop("s2") * (slow.s2 - FLOOR)
    for slot, slope in slopes.items():
        place = fit.rbm.layout.slots[slot]
        for k in range(place.start, place.stop):
            step = np.zeros_like(flat)
            step[0, k] = 1e-6
            numeric = (value(flat + step) - value(flat - step)) / 2e-6
            np.testing.assert_allclose(
                slope.ravel()[k - place.start], numeric, rtol=1e-6, atol=1e-8
            )


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_float32_stays_near(backend, kind, name):
    found = []
    for dtype in (np.float32, np.float64):
        fit = Fit(backend, kind, (0, 1), dtype=dtype, **OPTIONS[name])
        fit.trainer().epoch()
        found.append(fit.ops.to_host(fit.store.values))
    assert found[0].dtype == np.float32
    np.testing.assert_allclose(*found, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("persistent", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_rates_and_sparsity_are_per_model(kind, persistent):
    ops = get_backend("cpu")
    shared = {"persistent": persistent, "centering": True}
    both = Fit(ops, kind, (0, 1), sparsity_cost=np.array([0.0, 2.0]), **shared)
    both.trainer(rate=np.array([0.1, 0.02])).epoch()
    for m, (cost, rate) in enumerate([(0.0, 0.1), (2.0, 0.02)]):
        alone = Fit(ops, kind, (m,), sparsity_cost=cost, **shared)
        alone.trainer(rate=rate).epoch()
        expected = ops.to_host(alone.store.values)[0]
        np.testing.assert_allclose(ops.to_host(both.store.values)[m], expected, rtol=1e-9)


@pytest.mark.parametrize("name", ["pcd", "all", "centred_sparse_pcd"])
@pytest.mark.parametrize("kind", KINDS)
def test_rbms_of_a_stack_may_have_unequal_rows(backend, kind, name):
    """Steps in which they differ run in parts, each on memory of its own RBMs."""
    rows = [np.arange(N), np.arange(N), np.arange(2, 8), np.arange(3)]
    costs, means = np.array([0.0, 0.5, 0.7, 0.3]), np.linspace(0.2, 0.6, 4 * F).reshape(4, F)
    options = {k: v for k, v in OPTIONS[name].items() if k != "sparsity_cost"}
    sparse = "sparsity_cost" in OPTIONS[name]

    def trained(models):
        given = {**options, "sparsity_cost": costs[list(models)]} if sparse else options
        fit = Fit(backend, kind, models, **given)
        if options.get("centering"):
            fit.objective.start_offsets(means[list(models)])
        order = Shuffler([rows[m] for m in models], [np.random.RandomState(m) for m in models])
        trainer = Trainer(fit.objective, Momentum(0.9), order=order, batch_size=4, rate=0.02)
        for _ in range(2):
            trainer.epoch()
        return trainer.values(range(len(models))), trainer.state()["objective"]

    values, memory = trained((0, 1, 2, 3))
    for m in range(4):
        alone, own = trained((m,))
        np.testing.assert_allclose(values[m], alone[0], rtol=1e-8, atol=1e-10)
        assert set(memory) == set(own)
        for key, array in own.items():
            np.testing.assert_allclose(memory[key][m], array[0], rtol=1e-8, err_msg=key)


@pytest.mark.parametrize("kind", KINDS)
def test_sparse_rows_train_as_dense_ones(backend, kind):
    from scipy.sparse import csr_array

    found = []
    for make in (np.asarray, csr_array):
        fit = Fit(backend, kind, rows=make(draw_rows(kind)), centering=True)
        fit.trainer().epoch()
        found.append(fit.ops.to_host(fit.store.values))
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("name", ["pcd", "all"])
@pytest.mark.parametrize("kind", KINDS)
def test_training_goes_on_from_its_state(kind, name):
    ops = get_backend("cpu")
    whole = Fit(ops, kind, (0, 1), **OPTIONS[name])
    trainer = whole.trainer()
    trainer.epoch()
    saved = ops.to_host(whole.store.values), whole.objective.state((0, 1))
    streams, order = whole.objective.random.state(), trainer.order
    rest = Fit(ops, kind, (0, 1), **OPTIONS[name])
    ops.to_device(saved[0], rest.store.values)
    rest.objective.restore(saved[1])
    rest.objective.random.restore(streams)
    second = rest.trainer()
    second.order = Shuffler(order.rows, [None, None])
    trainer.order = Shuffler(order.rows, [None, None])
    for one in (trainer, second):
        one.epoch()
    np.testing.assert_array_equal(ops.to_host(whole.store.values), ops.to_host(rest.store.values))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_warm_step_allocates_no_array(kind, name, dtype, monkeypatch):
    # Drawing on the host takes the generator's words, which this test is not about.
    monkeypatch.setattr(Random, "fill", lambda self, out, kind: out.fill(0))
    ops = get_backend("cpu")
    rows = draw_rows(kind, 4096)
    fit = Fit(ops, kind, dtype=dtype, rows=rows, n_particles=4096, **OPTIONS[name])
    index = ops.to_device(np.arange(4096)[None])
    step = ops.record(fit.objective.bind(4096, index, {}))
    with ops.running():
        for _ in range(3):
            step()
        tracemalloc.start()
        step()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 16 * 1024  # a column of the rows of data is as much, or twice as much


# ---------------------------------------------------------- learning, by exact models


def exact(fit, rows):
    """Return the mean log-likelihood of `rows` and log Z by a sum over all hidden states."""
    slow = machine(fit.kind, fit.host(fit.store.values), 0)
    states = np.array(list(np.ndindex(*(2,) * len(slow.c)))) * 1.0
    if slow.s2 is None:
        inputs = slow.b + states @ slow.W.T
        logs = states @ slow.c + np.logaddexp(0, inputs).sum(1)
    else:
        mean = slow.b + states @ slow.W.T
        logs = states @ slow.c + np.sum((mean**2 - slow.b**2) / (2 * slow.s2), 1)
        logs += 0.5 * np.sum(np.log(2 * np.pi * slow.s2))
    log_z = np.logaddexp.reduce(logs)
    weights = np.exp(logs - log_z)
    return np.mean([-slow.free_energy(v) for v in rows]) - log_z, weights, states, slow


def taught(kind, n=2000):
    """Return rows of an RBM with strong weights, drawn exactly, and its likelihood of them."""
    teacher = Fit(get_backend("cpu"), kind, (7,))
    teacher.rbm.layout.view(teacher.store.values, "W")[...] *= 2
    _, weights, states, slow = exact(teacher, teacher.rows)
    random = np.random.RandomState(1)
    hidden = states[random.choice(len(states), n, p=weights)]
    size = (n, F)
    draws = random.normal(size=size) if kind == "gaussian" else random.randint(0, 65536, size)
    rows = np.array([slow.visible_sample(h, d) for h, d in zip(hidden, draws, strict=True)])
    return rows, exact(teacher, rows)[0]


@pytest.mark.parametrize("options", [{}, {"centering": True}, {"persistent": False}], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_an_rbm_learns_what_another_knows(kind, options):
    rows, truth = taught(kind)
    fit = Fit(get_backend("cpu"), kind, rows=rows, n_particles=100, n_steps=5, **options)
    fit.rbm.layout.view(fit.store.values, "W")[...] *= 0.1
    before, *_ = exact(fit, rows)
    trainer = fit.trainer(50, optimizer=Momentum(0.9))
    for rate in (0.02, 0.02, 0.005, 0.001):
        trainer.rate[:] = rate
        for _ in range(10):
            trainer.epoch()
    after, *_ = exact(fit, rows)
    print(before, after, truth)
    assert before < truth - 0.3
    assert after > truth - 0.03


@pytest.mark.parametrize("kind", KINDS)
def test_particles_are_draws_of_the_rbm(kind):
    """Long chains at a rate of zero: their moments are those of the exact model."""
    fit = Fit(get_backend("cpu"), kind, n_particles=4000, n_steps=50)
    fit.trainer(N, rate=0.0).epoch()
    states = fit.objective.memory["particles"][0]
    _, weights, hidden, slow = exact(fit, fit.rows)
    expected = weights @ hidden
    spread = np.sqrt(expected * (1 - expected) / len(states))
    assert (np.abs(states.mean(0) - expected) < 4 * spread).all()
    # The model's side of the gradient of b, from the same particles.
    grads = fit.host(fit.store.grads)["b"][0, 0] / (1.0 if slow.s2 is None else slow.s2)
    model = weights @ np.array([slow.seen(slow.visible_mean(h)) for h in hidden])
    data = np.mean([slow.seen(v) for v in fit.rows], 0)
    scale = (
        1.0 if slow.s2 is None else np.sqrt(weights @ (hidden @ slow.W.T) ** 2 + slow.s2) / slow.s2
    )
    assert (np.abs(grads - (model - data)) < 4 * scale / np.sqrt(len(states))).all()
