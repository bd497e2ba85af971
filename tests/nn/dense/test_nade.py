"""The distribution over a row's entries is the one that its definition says."""

import numpy as np
import pytest

from skdeep.backend import get_backend
from skdeep.nn.core.binder import Arena
from skdeep.nn.core.network import Network, Program
from skdeep.nn.core.params import ParamStore
from skdeep.nn.core.spec import ShapeError
from skdeep.nn.dense.dense import Dense
from skdeep.nn.dense.nade import NADE
from skdeep.nn.losses import LogisticLogLoss
from skdeep.testing import run_layer
from tests.reference import nade
from tests.reference.boltzmann import states

N, UNITS, FEATURES, ROWS = 4, 3, 2, 16


def program(rows, **options):
    """Return a program of one layer with drawn weights, and these by name."""
    network = Network([NADE(N, UNITS)], (FEATURES,), LogisticLogLoss())
    random = np.random.RandomState(0)
    values = random.normal(size=(1, network.layout.size))
    store = ParamStore(get_backend("cpu"), network.layout, values)
    if "thresholds" in options:
        options["thresholds"] = np.ascontiguousarray(options["thresholds"].T[None])
    bound = Program(network, store, Arena(store.backend), rows, **options)
    view = network.layout.view
    named = {name: view(store.values, f"nade_0.{name}")[0] for name in ("A", "W", "V", "b")}
    return bound, named | {"b": named["b"][0]}


def run(bound, x, target=None):
    bound.x[...] = x
    if target is not None:
        bound.target_rows[...] = target
        bound.weight_rows[...] = 1.0
    with bound.ops.running():
        bound.loss_value()


def test_likelihoods_are_those_of_the_loops_and_add_to_one():
    x, entries = np.random.RandomState(1).normal(size=FEATURES), states(N)
    bound, weights = program(ROWS, targets=True)
    run(bound, x, entries)
    found = -bound.value[0].sum(axis=0)
    pairs = [nade.logits(x, **weights, entries=row)[0] for row in entries]
    expected = [nade.log_likelihood(z, row) for z, row in zip(pairs, entries, strict=True)]
    np.testing.assert_allclose(bound.z[0].T, pairs, rtol=1e-12)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    np.testing.assert_allclose(np.exp(found).sum(), 1.0, rtol=1e-12)
    assert np.ptp(bound.z[0, 3]) > 0.1  # entries do depend on each other


def test_entries_are_drawn_one_after_the_other():
    random = np.random.RandomState(2)
    x, thresholds = random.normal(size=(ROWS, FEATURES)), random.logistic(size=(ROWS, N))
    bound, weights = program(ROWS, thresholds=thresholds)
    bound.x[...] = x
    with bound.ops.running():
        bound.forward()
    pairs = [
        nade.logits(row, **weights, thresholds=own)[1]
        for row, own in zip(x, thresholds, strict=True)
    ]
    np.testing.assert_array_equal(bound.target_rows[0], pairs)


def test_without_targets_each_entry_is_what_is_likelier():
    x = np.random.RandomState(3).normal(size=(ROWS, FEATURES))
    _, weights = program(1)
    found = run_layer(NADE(N, UNITS), x, weights=weights)
    expected = [nade.logits(row, **weights, thresholds=[0.0] * N)[0] for row in x]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_targets_of_another_width_name_the_layer():
    network = Network([NADE(N, UNITS), Dense(3)], (FEATURES,), LogisticLogLoss())
    store = ParamStore(get_backend("cpu"), network.layout, np.zeros((1, network.layout.size)))
    with pytest.raises(ShapeError, match=r"NADE\(.* expects targets \(M, B, 4\), got"):
        Program(network, store, Arena(store.backend), ROWS, targets=True)
