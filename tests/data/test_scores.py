"""R squared as scikit-learn computes it, and its errors."""

import numpy as np
import pytest
from sklearn.metrics import r2_score

from skdeep.data.scores import r2_by_sample, r2_in_float64

Y = np.random.RandomState(0).normal(3.0, size=(40, 2))
NEAR = Y + np.random.RandomState(1).normal(scale=0.3, size=Y.shape)
CONSTANT = np.column_stack([Y[:, 0], np.ones(len(Y))])

CASES = {
    "one column": (Y[:, 0], NEAR[:, 0], None),
    "a column of float32": (Y[:, :1].astype(np.float32), NEAR[:, :1].astype(np.float32), None),
    "two columns": (Y, NEAR, None),
    "weights": (Y, NEAR, np.arange(40.0)),
    "a constant column": (CONSTANT, NEAR, None),
    "a constant column that is right": (CONSTANT, CONSTANT, None),
    "large numbers": (1e25 * Y, 1e25 * NEAR, None),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_r_squared_is_that_of_sklearn(case):
    y, predicted, weight = case
    wide = (np.asarray(side, float) for side in (y, predicted))
    assert r2_in_float64(y, predicted, weight) == r2_score(*wide, sample_weight=weight)


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_r_squared_is_the_same_in_every_unit(unit):
    y, predicted = unit * Y, unit * NEAR
    assert r2_in_float64(y, predicted) == pytest.approx(r2_in_float64(Y, NEAR))
    np.testing.assert_allclose(r2_by_sample(y, predicted), r2_by_sample(Y, NEAR))


@pytest.mark.parametrize("outlier", [1e30, 1e200])
def test_numbers_without_weight_do_not_change_r_squared(outlier):
    y, weight = Y.copy(), np.arange(40) % 3.0
    y[weight == 0] = outlier
    counts = weight > 0
    expected = r2_score(Y[counts], NEAR[counts], sample_weight=weight[counts])
    assert r2_in_float64(y, NEAR, weight) == pytest.approx(expected)
    assert r2_by_sample(y, NEAR, weight).sum() == pytest.approx(expected)


def test_r_squared_of_numbers_far_off_is_minus_infinity():
    assert r2_in_float64(1e-200 * Y, Y) == -np.inf
    assert r2_by_sample(1e-200 * Y, Y).sum() == -np.inf


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_r_squared_of_what_is_not_finite_is_refused(value):
    predicted = NEAR[:, 0].copy()
    predicted[3] = value
    with pytest.raises(ValueError, match="contains"):
        r2_in_float64(Y[:, 0], predicted)
