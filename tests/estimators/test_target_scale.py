"""A y far from 0 and 1 is warned of where that hurts, and only there."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler, scale

from skdeep import MLPRegressor
from tests.contracts.estimator_results import networks, weights
from tests.contracts.estimators import BY_CLASS, CASES, cases

RNG = np.random.default_rng(0)
X = RNG.uniform(size=(40, 4))
Z = (X[:, 0] - X[:, 0].mean()) / X[:, 0].std()
SMALL = MLPRegressor(hidden_layer_sizes=(2,), max_iter=1)
FAMILIES = [name for name, case in BY_CLASS.items() if case.name("standardize_target")]


def said(model, y, X=X, **params):
    """Fit for an epoch and return the warnings of the scale of y."""
    inner = "estimator__" if "estimator" in model.get_params() else ""
    given = {"max_iter": 1, **params}
    model = clone(model).set_params(**{inner + name: value for name, value in given.items()})
    with warnings.catch_warnings(record=True) as records:
        warnings.simplefilter("always")
        model.fit(X, y)
    assert all(one.category in (ConvergenceWarning, UserWarning) for one in records)
    return [str(one.message) for one in records if "y has mean" in str(one.message)]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_regressor_warns_until_y_is_standardised(family):
    model, rows = BY_CLASS[family].make(batch_size="auto"), BY_CLASS[family].X
    y = 50_000 + 20_000 * scale(np.arange(len(rows)))
    found = said(model, y, rows)
    assert "y has mean 5e+04 and standard deviation 2e+04" in found[0]
    assert "standardize_target=True" in found[0]
    assert not said(model, y, rows, standardize_target=True)


@pytest.mark.parametrize(
    ("mean", "deviation", "params", "warns"),
    [
        (0, 1, {}, False),
        (14, 5, {}, False),  # as in make_friedman1
        (0, 90, {}, False),
        (0, 110, {}, True),
        (152, 77, {}, True),  # as in load_diabetes
        (-152, 77, {}, True),
        (20, 1, {}, True),  # far from zero for how much it varies
        (9, 1, {}, False),
        (0, 0.06, {}, False),
        (0, 0.04, {}, True),
        (0, 0.04, {"learning_rate_init": 0.1, "tol": 0}, True),
        (1, 0.0, {}, False),  # nothing to learn
        (0, 110, {"learning_rate_init": 0.01}, False),  # which goes ten times as far
        (0, 1100, {"learning_rate_init": 0.01}, True),
        (0, 110, {"learning_rate_init": 1e-5}, True),
        (0, 90, {"learning_rate_init": 1e-5}, False),
        (0, 110, {"loss": "absolute_error"}, True),
        (0, 110, {"loss": "huber"}, True),
        (0, 110, {"loss": "quantile"}, True),
        (1000, 110, {"output_activation": "softplus"}, True),
        (1000, 110, {"output_activation": (0, 2000)}, False),  # starts in the middle
        (1000, 110, {"loss": "poisson"}, False),  # learns a logarithm
        (0, 1e6, {"solver": "lbfgs"}, False),  # finds its own steps
    ],
)
def test_it_warns_only_where_it_hurts(mean, deviation, params, warns):
    assert bool(said(SMALL, mean + deviation * Z, **params)) == warns


def test_the_column_is_named():
    (found,) = said(SMALL, np.column_stack([Z, 1e4 * Z]))
    assert found.startswith("column 1 of y has mean")


def test_samples_of_weight_zero_do_not_count():
    y = np.r_[Z, 1e6]
    rows = np.r_[X, X[:1]]
    weight = np.r_[np.ones(len(Z)), 0]
    with warnings.catch_warnings(record=True) as records:
        warnings.simplefilter("always")
        clone(SMALL).fit(rows, y, sample_weight=weight)
    assert [one.category for one in records] == [ConvergenceWarning]


def test_a_scaled_target_is_not_warned_of():
    model = TransformedTargetRegressor(SMALL, transformer=StandardScaler())
    with pytest.warns(ConvergenceWarning) as records:
        model.fit(X, 50_000 + 20_000 * Z)
    assert len(records) == 1


def test_training_that_goes_on_is_not_warned_of_again():
    model = clone(SMALL)
    with pytest.warns(UserWarning, match="standardize_target"):
        model.partial_fit(X, 1000 * Z)
    model.partial_fit(X, 1000 * Z)  # a warning would be an error


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", cases("standardize_target", "validation_split", by_epochs=True))
def test_samples_that_validate_have_no_part_in_the_scale(name):
    case = CASES[name]
    split = [(np.arange(30), np.arange(30, 36))]
    options = {"standardize_target": True, "early_stopping": True, "validation_split": split}
    far = np.where(np.arange(len(case.y)) == 33, 1e6, case.y)
    models = [case.make(**options, **{case.epochs: 1}).fit(case.X, y) for y in (case.y, far)]
    expected, found = map(weights, models)
    for key, values in expected.items():
        np.testing.assert_array_equal(found[key], values)
    network = networks(models[1])[0]
    np.testing.assert_allclose(network._target.mean, case.y[:30].mean())
