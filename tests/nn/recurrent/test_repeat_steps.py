"""What every step gets of the whole sequence, and which steps speak in its gradient."""

import numpy as np
import pytest

from skdeep.backend import get_backend
from skdeep.nn import GRU, Dense, LastStep, RepeatSteps, ShapeError
from skdeep.testing import run_layer
from skdeep.testing.bound import BoundLayer

CODE = RepeatSteps([GRU(3), LastStep(), Dense(2)])


def test_all_steps_get_the_row_of_the_layers():
    x = np.random.default_rng(0).normal(size=(4, 5, 3))
    found = run_layer(CODE, x)
    assert found.shape == (4, 5, 2)
    np.testing.assert_array_equal(found, np.repeat(found[:, :1], 5, axis=1))


def test_what_comes_back_behind_the_end_is_not_counted():
    lengths = [1, 2, 3, 4, 5, 3]
    bound = BoundLayer(get_backend("cpu"), CODE, (5, 3), lengths=lengths)
    expected = bound.results()["grads"]
    for row, length in enumerate(lengths):
        bound.dy[:, row, length:] = 100.0
    np.testing.assert_array_equal(bound.results()["grads"], expected)


def test_it_wants_a_row_of_a_sequence():
    with pytest.raises(ShapeError, match="must give a row of a sequence"):
        RepeatSteps([GRU(3)]).build((5, 3))
