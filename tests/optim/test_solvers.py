"""The registry behind ``solver=``."""

from __future__ import annotations

import numpy as np
import pytest

from skdeep.optim import SOLVERS, make_optimizer
from skdeep.optim.sgd import SGD, Momentum, Nesterov
from tests.contracts.optimizers import CASES


def test_every_optimizer_is_some_solver():
    made = {type(make_optimizer(name)) for name in SOLVERS}
    made |= {type(make_optimizer("sgd", nesterovs_momentum=False))}
    made |= {type(make_optimizer("sgd", momentum=0.0))}
    assert made == {case.make for case in CASES}


@pytest.mark.parametrize(
    ("momentum", "nesterov", "expected"),
    [
        (0.9, True, Nesterov),
        (0.9, False, Momentum),
        (0.0, True, SGD),
        (np.array([0.0, 0.5]), True, Nesterov),
        (np.zeros(2), True, SGD),
    ],
)
def test_sgd_looks_ahead_where_there_is_momentum(momentum, nesterov, expected):
    made = make_optimizer("sgd", momentum=momentum, nesterovs_momentum=nesterov)
    assert type(made) is expected
    assert "momentum" not in made.columns or made.momentum is momentum


@pytest.mark.parametrize("solver", sorted(set(SOLVERS) - {"sgd"}))
def test_hyper_parameters_arrive_by_name(solver):
    given = {"beta_1": np.array([0.1, 0.2]), "beta_2": np.array([0.3, 0.4]), "epsilon": 0.5}
    held = vars(make_optimizer(solver, **given))
    shared = set(given) & set(held)
    assert shared
    assert all(held[name] is given[name] for name in shared)


def test_an_unknown_solver_is_named_with_the_known_ones():
    with pytest.raises(ValueError, match=r"solver must be one of .*'adam'.* got 'adamm'"):
        make_optimizer("adamm")
