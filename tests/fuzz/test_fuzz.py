"""Estimators with parameters and data drawn at random: a clear error, or finite results.

A case that fails is replayed by ``python -m tests.fuzz SEED CASE``.
"""

import pytest

import skdeep
from tests.fuzz.cases import Case
from tests.fuzz.families import FAMILIES

CASES_OF_A_TEST = 50


def faults_of(seed, numbers):
    found = []
    for number in numbers:
        case = Case(seed, number).run()
        case = case.again() if number % 5 == 0 else case
        found += [
            f"python -m tests.fuzz {seed} {number}  # {case.name}: {fault}" for fault in case.faults
        ]
    return found


def test_every_public_estimator_is_drawn():
    public = {name for name in skdeep.__all__ if isinstance(getattr(skdeep, name), type)}
    assert public == set(FAMILIES)


def test_a_few_cases_have_clear_errors_or_finite_results():
    found = faults_of(0, range(40))
    assert not found, "\n".join(found)


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, 1000, CASES_OF_A_TEST))
@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_many_cases_have_clear_errors_or_finite_results(seed, first):
    found = faults_of(seed, range(first, first + CASES_OF_A_TEST))
    assert not found, "\n".join(found)
