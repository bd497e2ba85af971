"""Fits are the same bits on any number of threads, whatever the family."""

import os

import numpy as np
import pytest

from skdeep.backend import workers
from skdeep.backend.threads import BlasThreads
from tests.contracts.estimator_results import weights
from tests.contracts.estimators import CASES
from tests.train.small_parts import cut_small

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture
def threads(monkeypatch):
    """Return what sets the number of threads, however many cores there are."""
    allowed = [1]
    monkeypatch.setattr(BlasThreads, "allowed", lambda self: allowed[0])
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    pool = workers.Workers(BlasThreads())
    monkeypatch.setattr(workers, "_PROCESS", pool)
    yield lambda n: allowed.__setitem__(0, n)
    if pool._pool is not None:
        pool._pool.shutdown()


@pytest.mark.parametrize("name", CASES)
def test_one_thread_and_eight_fit_the_same(name, monkeypatch, threads):
    cut_small(monkeypatch)
    case = CASES[name]
    found = []
    for n in (1, 2, 4, 8):
        threads(n)
        found.append(weights(case.fit()))
    for other in found[1:]:
        np.testing.assert_equal(other, found[0])
