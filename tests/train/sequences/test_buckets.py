"""Lengths of programs: few, and the best there are."""

from itertools import combinations

import numpy as np
import pytest

from skdeep.train.sequences import buckets
from skdeep.train.sequences.buckets import coarse, program_lengths


def cost(lengths, programs, overhead):
    programs = np.array(programs)
    needed = programs[np.searchsorted(programs, lengths)]
    return needed.sum() + overhead * programs.sum()


@pytest.mark.parametrize("overhead", [0, 3])
@pytest.mark.parametrize("seed", range(5))
def test_no_choice_of_lengths_costs_less(seed, overhead):
    random = np.random.RandomState(seed)
    lengths = random.randint(1, 12, 30)
    different = np.unique(lengths)
    found = program_lengths(lengths, 3, overhead)
    assert len(found) <= 3
    assert found[-1] == lengths.max()
    best = min(
        cost(lengths, (*some, different[-1]), overhead)
        for k in range(3)
        for some in combinations(different[:-1], k)
    )
    assert cost(lengths, found, overhead) == best


def test_one_length_has_one_program():
    assert program_lengths(np.full(9, 5)).tolist() == [5]


def test_many_lengths(monkeypatch):
    monkeypatch.setattr(buckets, "MOST_LENGTHS", 20)
    lengths = np.arange(1, 1001)
    found = program_lengths(lengths)
    assert len(found) == buckets.MOST_PROGRAMS
    assert found[-1] == 1000
    assert cost(lengths, found, 0) < 1.2 * lengths.sum()


def test_coarse_numbers():
    numbers = np.arange(1, 3000)
    found = np.array([coarse(n) for n in numbers])
    assert (found >= numbers).all()
    assert (found <= 1.126 * numbers).all()
    assert len(set(found)) < 80
