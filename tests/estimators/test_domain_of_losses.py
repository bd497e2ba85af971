"""y that a loss is not one of is refused, with the number and its place, before training."""

import numpy as np
import pytest
from scipy import sparse

from skdeep import (
    Autoencoder,
    ConvAutoencoder,
    DBNRegressor,
    MLPRegressor,
    NetworkClassifier,
    NetworkRegressor,
    NetworkTransformer,
    RNNAutoencoder,
    RNNRegressor,
    TabularMLPRegressor,
)
from skdeep.augmentation import Flip
from skdeep.nn import (
    Conv,
    Dense,
    LogisticFocalLoss,
    LogisticLogLoss,
    Loss,
    Poisson,
    SquaredError,
    kernel,
)
from skdeep.testing import check_loss

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X = np.random.default_rng(0).normal(size=(20, 3))
INSIDE = np.linspace(0, 1, 20)
FAST = {"max_iter": 1, "random_state": 0}


@kernel
def gamma_deviance(xp, z, y, w):
    return w * (y * xp.exp(-z) + z), w * (1 - y * xp.exp(-z))


class Gamma(Loss):
    """Of positive numbers, with a log link that it leaves to its users."""

    domain = (1e-6, np.inf)

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        ops.launch(gamma_deviance, (value, delta), z, target, w)


def listed(loss):
    return NetworkRegressor([Dense(2)], loss=loss, **FAST)


def with_one(value):
    y = 0.8 * INSIDE + 0.1
    y[7] = value
    return y


CASES = {
    "Poisson": (listed(Poisson()), -0.5, r"loss=Poisson\(\) needs y >= 0"),
    "LogisticLogLoss": (listed(LogisticLogLoss()), 2.0, r"LogisticLogLoss.* needs y in \[0, 1\]"),
    "focal": (listed(LogisticFocalLoss()), -0.5, r"LogisticFocalLoss.* needs y in \[0, 1\]"),
    "own": (listed(Gamma()), 0.0, r"loss=.*Gamma.* needs y >= 1e-06"),
    "MLPRegressor": (MLPRegressor("poisson", (2,), **FAST), -0.5, "loss='poisson' needs y >= 0"),
    "DBNRegressor": (
        DBNRegressor((2,), loss="poisson", visible="gaussian", **FAST),
        -0.5,
        "loss='poisson' needs y >= 0",
    ),
    "RNNRegressor": (RNNRegressor(2, loss="poisson", **FAST), -0.5, "loss='poisson' needs y >= 0"),
    "TabularMLPRegressor": (
        TabularMLPRegressor(loss="poisson", hidden_layer_sizes=(2,), **FAST),
        -0.5,
        "loss='poisson' needs y >= 0",
    ),
}


@pytest.mark.parametrize(("model", "value", "said"), CASES.values(), ids=CASES)
def test_y_outside_is_refused_with_its_row(model, value, said):
    with pytest.raises(ValueError, match=f"{said}, got {value:g} in row 7$"):
        model.fit(X, with_one(value))
    assert not hasattr(model, "n_iter_")
    inside = with_one(0.5)
    with pytest.raises(ValueError, match=f"y_val.*got {value:g} in row 7$|needs y_val.* row 7$"):
        model.fit(X, inside, X_val=X, y_val=with_one(value))
    model.fit(X, inside)


def test_a_column_of_y_is_named():
    y = np.column_stack([INSIDE, with_one(2.0)])
    with pytest.raises(ValueError, match="got 2 in row 7, column 1"):
        listed(LogisticLogLoss()).fit(X, y)


@pytest.mark.parametrize(
    ("model", "X", "place"),
    [
        (Autoencoder(1, loss="poisson", **FAST), X[:, :2], "row 0, column 1"),
        (ConvAutoencoder(1, [(2, 3)], loss="poisson", **FAST), X.reshape(5, 4, 3), "row 0, col"),
        (
            NetworkTransformer([Dense(1)], loss="poisson", **FAST),
            np.abs(X) * np.where(np.arange(60).reshape(20, 3) == 7, -1, 1),
            "row 2, column 1",
        ),
        (
            RNNAutoencoder(1, 2, loss="poisson", **FAST),
            [np.ones((2, 1)), np.array([[1.0], [2.0], [-3.0]])],
            "step 2 of sequence 1",
        ),
    ],
    ids=["Autoencoder", "ConvAutoencoder", "NetworkTransformer", "RNNAutoencoder"],
)
def test_samples_that_are_to_come_back_are_checked_alike(model, X, place):
    inside = [np.abs(x) for x in X] if isinstance(X, list) else np.abs(X)
    with pytest.raises(ValueError, match=f"loss='poisson' needs X >= 0, got -.* in {place}"):
        model.fit(X)
    with pytest.raises(ValueError, match=f"X_val: loss='poisson' needs X >= 0, got -.* in {place}"):
        model.fit(inside, X_val=X)


def test_numbers_that_were_scaled_to_bounds_may_round_beyond():
    y = INSIDE * (1 + 1e-7)
    assert listed(LogisticLogLoss()).fit(X, y).predict(X).max() < 1


def test_what_moves_y_out_of_the_domain_is_refused():
    with pytest.raises(ValueError, match=r"standardize_target=True.*needs y in \[0, 1\]"):
        listed(LogisticLogLoss()).set_params(standardize_target=True).fit(X, INSIDE)
    images = np.random.default_rng(0).normal(size=(20, 3, 3))
    flips = NetworkRegressor([Conv(1, 2)], loss=Poisson(), augment=[Flip(y="negate")], **FAST)
    with pytest.raises(ValueError, match=r"Flip\(y='negate'\).*Poisson.*needs y >= 0"):
        flips.fit(images, INSIDE)
    with pytest.raises(ValueError, match=r"returned a y of \[-.*numbers from 0 to inf"):
        flips.set_params(augment=lambda X, y, rng: (X, y - 0.5)).fit(images, INSIDE)
    for loss in (Poisson(), Gamma(), SquaredError()):  # float32 rounds the ends
        flips.set_params(augment=lambda X, y, rng: (X, y), loss=loss, dtype="float32")
        flips.fit(images, np.maximum(INSIDE, 1e-6))


def test_classes_are_numbers_too():
    with pytest.raises(ValueError, match="needs y >= 1e-06, and two classes are 0 and 1"):
        NetworkClassifier([Dense(2)], loss=Gamma(), **FAST).fit(X, np.arange(20) % 2)


def test_check_loss_draws_from_the_domain():
    for loss in (Gamma(), Poisson(), LogisticLogLoss(), SquaredError()):
        check_loss(loss)


def test_a_number_stored_as_a_sum_is_that_sum():
    parts = np.tile([-1.0, 3.0], 20), np.zeros(40, int), np.arange(0, 41, 2)
    stored = sparse.csr_array(parts, shape=(20, 3))
    Autoencoder(loss="poisson", **FAST).fit(stored)
    assert stored.nnz == 40  # the user's own matrix stays what it is
    with pytest.raises(ValueError, match=r"needs X >= 0, got -2 in row 0, column 0"):
        Autoencoder(loss="poisson", **FAST).fit(-stored)
