"""The exact log Z: against sums over all pairs of states, quadrature, and the other side's sum."""

import numpy as np
import pytest

import skdeep.train.boltzmann.enumeration as enumeration
from skdeep.backend import get_backend
from skdeep.train.boltzmann.enumeration import exact_log_partition
from skdeep.train.boltzmann.free_energy import free_energy
from tests.reference import boltzmann

SHAPES = [(1, 1), (1, 6), (6, 1), (3, 5), (5, 3), (4, 4)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("scale", [0.1, 1, 30])
def test_it_is_the_sum_over_all_pairs_of_states(backend, shape, scale):
    W, b, c = boltzmann.random_rbm(*shape, scale=scale)
    found = exact_log_partition(W, b, c, backend=backend)
    assert found.log_z == pytest.approx(boltzmann.log_partition(W, b, c), rel=1e-13, abs=1e-12)
    assert found.std_error == 0
    assert found.per_chain is None


@pytest.mark.parametrize("shape", [(9, 11), (12, 12), (10, 40)])
def test_both_sides_agree(shape, monkeypatch):
    """Rows of the transpose are enumerated in another order, and in blocks of another size."""
    W, b, c = boltzmann.random_rbm(*shape, scale=0.7)
    cpu = get_backend("cpu")
    found = exact_log_partition(W, b, c, backend=cpu).log_z
    monkeypatch.setattr(enumeration, "BLOCK_UNITS", 3)
    turned = exact_log_partition(W.T, c, b, backend=cpu).log_z
    assert turned == pytest.approx(found, abs=1e-10)
    if max(shape) <= 12:
        larger = enumeration._binary_sums(W.T, c, enumeration.joint_states(len(b)), cpu)
        smaller = enumeration._binary_sums(W, b, enumeration.joint_states(len(c)), cpu)
        none = np.zeros(0)
        for sums, bias in ((larger, b), (smaller, c)):
            by_side = sums(none) + enumeration.joint_states(len(bias)) @ bias
            assert np.logaddexp.reduce(by_side) == pytest.approx(found, abs=1e-10)


@pytest.mark.parametrize("units", [(1, 3), (2, 4)])
@pytest.mark.parametrize("block", [2, 14])
def test_real_visible_units_by_quadrature(backend, units, block, monkeypatch):
    monkeypatch.setattr(enumeration, "BLOCK_UNITS", block)
    W, b, c = boltzmann.random_rbm(*units)
    s = np.linspace(0.5, 2, units[0])
    axis = np.linspace(-25, 25, 4001 if units[0] == 1 else 401)
    grid = np.stack(np.meshgrid(*[axis] * units[0]), -1).reshape(-1, units[0])
    density = -free_energy(grid, W, b, c, backend=get_backend("cpu"), variances=s)
    integral = np.logaddexp.reduce(density) + units[0] * np.log(axis[1] - axis[0])
    found = exact_log_partition(W, b, c, backend=backend, variances=s)
    assert found.log_z == pytest.approx(integral, abs=1e-10)


def test_huge_parameters_neither_overflow_nor_vanish():
    W, b, c = np.full((3, 2), 1e4), np.zeros(3), np.zeros(2)
    found = exact_log_partition(W, b, c, backend=get_backend("cpu"))
    assert found.log_z == pytest.approx(6e4)
    found = exact_log_partition(-W, b, c, backend=get_backend("cpu"))
    assert found.log_z == pytest.approx(np.log(2**3 + 2**2 - 1))


def test_parameters_that_are_not_numbers_give_none():
    for number in (np.nan, -np.inf):
        W = np.full((3, 2), number)
        assert np.isnan(exact_log_partition(W, W[:, 0], W[0], backend=get_backend("cpu")).log_z)


def test_too_many_states_are_refused_before_anything_is_allocated():
    W = np.broadcast_to(0.0, (500, 784))
    with pytest.raises(ValueError, match=r'2\*\*500 states of the smaller side.*method="ais"'):
        exact_log_partition(W, np.zeros(500), np.zeros(784), backend=get_backend("cpu"))
    W = np.zeros((2, 6))
    with pytest.raises(ValueError, match=r"2\*\*6 states of the hidden side, more than .* 32"):
        exact_log_partition(
            W, W[:, 0], W[0], variances=np.ones(2), max_states=32, backend=get_backend("cpu")
        )


def test_parameters_must_belong_together():
    W, cpu = np.zeros((3, 2)), get_backend("cpu")
    with pytest.raises(ValueError, match="must belong together"):
        exact_log_partition(W, np.zeros(2), np.zeros(3), backend=cpu)
    with pytest.raises(ValueError, match=r"variances must have shape \(3,\)"):
        exact_log_partition(W, np.zeros(3), np.zeros(2), variances=np.ones(2), backend=cpu)
    with pytest.raises(ValueError, match="variances must be positive"):
        exact_log_partition(W, np.zeros(3), np.zeros(2), variances=np.zeros(3), backend=cpu)
