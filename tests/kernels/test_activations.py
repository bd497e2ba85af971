"""Activations: values against other definitions, slopes against differences, registration."""

import numpy as np
import pytest
from scipy.special import expit

from skdeep.kernels.activations import (
    ACTIVATIONS,
    SELU_ALPHA,
    SELU_SCALE,
    ActivationPair,
    register_activation,
)

#: Each function written another way.
REFERENCES = {
    "identity": lambda x: x,
    "logistic": expit,
    "tanh": np.tanh,
    "relu": lambda x: np.where(x > 0, x, 0),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "selu": lambda x: SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(np.minimum(x, 0))),
    "gelu": lambda x: x * expit(np.sqrt(8 / np.pi) * (x + 0.044715 * x**3)),
    "silu": lambda x: x * expit(x),
    "mish": lambda x: x * np.tanh(np.logaddexp(0, x)),
    "softplus": lambda x: np.logaddexp(0, x),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "hard_sigmoid": lambda x: np.clip((x + 3) / 6, 0, 1),
}
KINKS = {
    "relu": [0],
    "leaky_relu": [0],
    "selu": [0],
    "hard_tanh": [-1, 1],
    "hard_sigmoid": [-3, 3],
}
every_activation = pytest.mark.parametrize("name", sorted(REFERENCES))


def evaluate(ops, kernel, *inputs):
    """Run a kernel on host arrays."""
    arrays = [ops.to_device(np.array(array)) for array in inputs]
    out = ops.empty(arrays[0].shape, arrays[0].dtype)
    with ops.running():
        ops.launch(kernel, out, *arrays)
    return ops.to_host(out)


def slope(ops, name, x, dy):
    """Run the backward kernel as the layer does."""
    activation = ACTIVATIONS[name]
    read = x if activation.reads == "x" else evaluate(ops, activation.forward, x)
    return evaluate(ops, activation.backward, dy, read)


def test_every_activation_is_here():
    assert set(ACTIVATIONS) == set(REFERENCES)


@every_activation
def test_value(backend, name):
    x = np.linspace(-12, 12, 481)
    found = evaluate(backend, ACTIVATIONS[name].forward, x)
    np.testing.assert_allclose(found, REFERENCES[name](x), rtol=1e-12, atol=1e-14)


@every_activation
def test_derivative(backend, name):
    x = np.linspace(-8, 8, 161) + 0.013
    kinks = np.array(KINKS.get(name, [np.inf]))
    x = x[np.min(np.abs(x[:, None] - kinks), axis=1) > 1e-3]
    dy, h = np.cos(np.arange(len(x))), 1e-6
    numeric = (REFERENCES[name](x + h) - REFERENCES[name](x - h)) / (2 * h)
    found = slope(backend, name, x, dy)
    np.testing.assert_allclose(found, dy * numeric, rtol=1e-7, atol=1e-8)


@every_activation
def test_derivative_at_zero_is_that_of_one_side(backend, name):
    h = 1e-6
    sides = [(REFERENCES[name](s * h) - REFERENCES[name](0.0)) / (s * h) for s in (-1, 1)]
    found = slope(backend, name, np.zeros(1), np.ones(1))[0]
    assert np.min(np.abs(np.array(sides) - found)) < 1e-5


@every_activation
def test_float32_stays_float32(backend, name):
    x = np.linspace(-12, 12, 97, dtype=np.float32)
    found = evaluate(backend, ACTIVATIONS[name].forward, x)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, REFERENCES[name](x.astype(float)), rtol=2e-5, atol=1e-6)
    ones = np.ones_like(x)
    exact = slope(backend, name, x.astype(float), ones.astype(float))
    at_kink = np.isin(x, KINKS.get(name, []))
    found = slope(backend, name, x, ones)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[~at_kink], exact[~at_kink], rtol=1e-4, atol=2e-6)


@every_activation
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_inputs_give_finite_values(backend, name, dtype):
    x = np.array([-1e4, -1e3, -90, 90, 1e3, 1e4], dtype)
    found = evaluate(backend, ACTIVATIONS[name].forward, x)
    np.testing.assert_allclose(found, REFERENCES[name](x.astype(float)), rtol=1e-5, atol=1e-6)
    slopes = slope(backend, name, x, np.ones_like(x))
    assert np.isfinite(slopes).all()
    assert (np.abs(slopes) <= 1.8).all()


@every_activation
def test_backward_may_work_in_place(backend, name):
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(2, 30, 7)), rng.normal(size=(2, 30, 7))
    expected = slope(backend, name, x, dy)
    activation = ACTIVATIONS[name]
    read, place = backend.to_device(x), backend.to_device(dy)
    backend.launch(activation.forward, read, read)
    if activation.reads == "x":
        read = backend.to_device(x)
    backend.launch(activation.backward, place, place, read)
    np.testing.assert_array_equal(backend.to_host(place), expected)


@pytest.fixture
def registry(monkeypatch):
    """A registry that forgets what a test adds."""
    monkeypatch.setattr("skdeep.kernels.activations.ACTIVATIONS", copy := dict(ACTIVATIONS))
    return copy


def test_registering_a_pair(backend, registry):
    pair = register_activation(
        "softsign",
        lambda xp, x: x / (1 + xp.abs(x)),
        lambda xp, x: 1 / ((1 + xp.abs(x)) * (1 + xp.abs(x))),
        reads="x",
    )
    assert registry["softsign"] is pair
    assert isinstance(pair, ActivationPair)
    x = np.linspace(-3, 3, 20)
    np.testing.assert_allclose(evaluate(backend, pair.forward, x), x / (1 + np.abs(x)))
    found = evaluate(backend, pair.backward, np.full(20, 2.0), x)
    np.testing.assert_allclose(found, 2 / (1 + np.abs(x)) ** 2)


def straight(xp, x):
    return x


def branching(xp, x):
    return x if x > 0 else 0.0 * x


@pytest.mark.parametrize(
    ("name", "bodies", "reads", "error", "message"),
    [
        ("relu", (straight, straight), "y", ValueError, "'relu' is registered already"),
        ("maxout", (straight, straight), "y", ValueError, "'maxout' is registered already"),
        ("new", (straight, straight), "z", ValueError, "reads must be 'x' or 'y', got 'z'"),
        ("new", (branching, straight), "y", TypeError, "may not branch"),
        ("new", (straight, branching), "y", TypeError, "may not branch"),
        ("new", (lambda xp, x: xp.cbrt(x), straight), "y", AttributeError, "cbrt"),
        ("new", (lambda xp, x: "x", straight), "y", TypeError, "symbols and Python numbers"),
        ("new", (lambda xp, x: np.tanh(x), straight), "y", TypeError, "NumPy"),
    ],
)
def test_what_cannot_be_registered(registry, name, bodies, reads, error, message):
    before = dict(registry)
    with pytest.raises(error, match=message):
        register_activation(name, *bodies, reads=reads)
    assert registry == before
