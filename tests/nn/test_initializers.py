"""Initial values: scikit-learn's own draws bit for bit, and the moments of the other schemes."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from skdeep.nn.core.network import Network
from skdeep.nn.dense.activation import Activation
from skdeep.nn.dense.dense import Dense
from skdeep.nn.initializers import INITIALIZERS, Orthogonal, get_initializers
from skdeep.nn.losses import LogisticLogLoss

FANS = (300, 200)


def draw(initializer, shape=FANS, fans=FANS, seed=0):
    return initializer(np.random.RandomState(seed), shape, fans)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_scikit_learns_scheme_bit_for_bit(activation):
    X = np.random.RandomState(0).normal(size=(8, 5))
    y = np.arange(8) % 2
    # A learning rate of zero leaves scikit-learn's weights as they were drawn.
    theirs = MLPClassifier(
        (7, 3), activation=activation, solver="sgd", learning_rate_init=1e-300, alpha=0.0,
        max_iter=1, shuffle=False, random_state=11,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs.fit(X, y)
    weight, bias = get_initializers("sklearn", activation)
    layers = []
    for units in (7, 3, 1):
        layers += [Dense(units, weight_init=weight, bias_init=bias), Activation(activation)]
    network = Network(layers[:-1], (5,), LogisticLogLoss())
    row = network.initial([np.random.RandomState(11)])
    for k in range(3):
        for name, expected in (("W", theirs.coefs_[k]), ("b", theirs.intercepts_[k][None])):
            found = network.layout.view(row, f"dense_{2 * k}.{name}")[0]
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("sklearn", 6 / 500 / 3),
        ("glorot_uniform", 2 / 500),
        ("glorot_normal", 2 / 500),
        ("he_uniform", 2 / 300),
        ("he_normal", 2 / 300),
        ("lecun_uniform", 1 / 300),
        ("lecun_normal", 1 / 300),
        ("uniform", 0.05**2 / 3),
        ("normal", 0.05**2),
    ],
)
def test_variances(name, variance):
    weight, bias = INITIALIZERS[name]
    values = draw(weight)
    assert values.dtype == np.float64
    assert values.shape == FANS
    # Of 60 000 draws: four standard errors of a normal's variance are 2.3 %.
    np.testing.assert_allclose(values.var(), variance, rtol=0.023)
    np.testing.assert_allclose(values.mean(), 0, atol=4 * np.sqrt(variance / values.size))
    if "uniform" in name or name == "sklearn":
        np.testing.assert_allclose(np.abs(values).max(), np.sqrt(3 * variance), rtol=1e-3)
    else:
        assert np.abs(values).max() > 3 * np.sqrt(variance)
    if name != "sklearn":
        np.testing.assert_array_equal(draw(bias, (1, 200)), 0)


def test_the_logistic_activation_halves_scikit_learns_bound():
    narrow, wide = (draw(get_initializers("sklearn", a)[0]) for a in ("logistic", "tanh"))
    np.testing.assert_allclose(narrow * np.sqrt(3), wide)


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5), (4, 3, 2)])
def test_orthogonal(shape):
    matrix = draw(Orthogonal(), shape).reshape(shape[0], -1)
    product = matrix.T @ matrix if len(matrix) >= matrix.shape[1] else matrix @ matrix.T
    np.testing.assert_allclose(product, np.eye(min(matrix.shape)), atol=1e-12)


def test_orthogonal_draws_have_no_preferred_sign():
    # Without the correction by R's signs, the first column would always point one way.
    signs = [np.sign(draw(Orthogonal(), (3, 3), seed=seed)[0, 0]) for seed in range(200)]
    assert abs(np.mean(signs)) < 0.3


@pytest.mark.parametrize("name", sorted(INITIALIZERS))
def test_draws_follow_the_stream(name):
    weight, _ = get_initializers(name)
    np.testing.assert_array_equal(draw(weight, (4, 3)), draw(weight, (4, 3)))
    assert (draw(weight, (4, 3)) != draw(weight, (4, 3), seed=1)).all()
    assert weight == type(weight)(**vars(weight))
