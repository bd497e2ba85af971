"""Batch and layer normalisation against plain formulas, and what they do at the edges."""

import numpy as np
import pytest

from skdeep.nn.batch_norm import BatchNorm
from skdeep.nn.layer_norm import LayerNorm
from tests.nn.bound import Bound


def named(bound, values):
    """Return the named parts (M, F) of the parameters."""
    return {name: bound.layout.view(values, name)[:, 0] for name in bound.layout.slots}


def normalise(x, mean, variance, p, epsilon):
    hat = (x - mean[:, None]) / np.sqrt(variance[:, None] + epsilon)
    return hat * p["scale"][:, None] + p["shift"][:, None]


@pytest.mark.parametrize("models", [1, 3])
def test_batch_norm_in_training(backend, models):
    bound = Bound(backend, BatchNorm(0.2, 1e-3), (5,), models=models, batch=7)
    p = named(bound, bound.values)
    expected = normalise(bound.x, bound.x.mean(axis=1), bound.x.var(axis=1), p, 1e-3)
    np.testing.assert_allclose(bound.forward(), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("momentum", [0.1, 1.0])
def test_running_statistics_follow_the_batches(backend, momentum):
    bound = Bound(backend, BatchNorm(momentum), (5,), models=2, batch=7)
    mean, variance = np.zeros((2, 5)), np.ones((2, 5))
    bound.load()
    for shift in range(3):
        x = bound.x * (shift + 1) + shift
        bound.write(x, bound.views.x)
        bound.layer.forward(bound.views, True)
        mean += momentum * (x.mean(axis=1) - mean)
        variance += momentum * (x.var(axis=1, ddof=1) - variance)
    values = bound.host(bound.store.values)
    found = named(bound, values)
    np.testing.assert_allclose(found["mean"], mean, rtol=1e-12)
    np.testing.assert_allclose(found["variance"], variance, rtol=1e-12)
    p = named(bound, bound.values)
    np.testing.assert_array_equal(found["scale"], p["scale"])
    expected = normalise(bound.x, mean, variance, p, 1e-5)
    found = bound.forward(training=False, values=values)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def with_statistics(bound):
    """Return parameters whose running statistics are not the first ones."""
    values = bound.values.copy()
    bound.layout.view(values, "mean")[...] = 0.3
    bound.layout.view(values, "variance")[...] = 2.5
    return values


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("batch", [1, 4])
def test_where_batch_norm_uses_running_statistics(backend, training, batch):
    """A training batch of one row, and a noisy pass of a program bound for prediction."""
    if training and batch > 1:
        return
    bound = Bound(backend, BatchNorm(), (5,), models=2, batch=batch, training=training)
    values = with_statistics(bound)
    y = bound.forward(training=True, values=values)
    p = named(bound, values)
    expected = normalise(bound.x, p["mean"], p["variance"], p, 1e-5)
    np.testing.assert_allclose(y, expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(bound.host(bound.store.values), values)


def test_gradients_of_one_row_hold_the_statistics_fixed(backend):
    bound = Bound(backend, BatchNorm(), (5,), models=2, batch=1)
    values = with_statistics(bound)
    p = named(bound, values)
    found = bound.results(values=values)
    slope = p["scale"] / np.sqrt(p["variance"] + 1e-5)
    np.testing.assert_allclose(found["dx"], bound.dy * slope[:, None], rtol=1e-12)
    hat = (bound.x - p["mean"][:, None]) / np.sqrt(p["variance"] + 1e-5)[:, None]
    grads = bound.layout.view(found["grads"], "scale")
    np.testing.assert_allclose(grads, bound.dy * hat, rtol=1e-12)


@pytest.mark.parametrize("make", [BatchNorm, LayerNorm])
def test_variance_far_from_zero_in_float32(backend, make):
    bound = Bound(backend, make(), (64,), batch=64, dtype=np.float32)
    # Powers of two, so that the offset rounds nothing: all that is lost is lost by the layer.
    x = np.round(bound.x * 64) / 64
    near, far = bound.forward(x=x), bound.forward(x=x + 4096)
    np.testing.assert_allclose(far, near, rtol=1e-3, atol=2e-3)


@pytest.mark.parametrize("make", [BatchNorm, LayerNorm])
def test_values_that_are_all_equal(backend, make):
    bound = Bound(backend, make(), (5,))
    found = bound.results(x=np.full(bound.x.shape, 3.0))
    shift = bound.layout.view(bound.values, "shift")
    np.testing.assert_allclose(found["y"], np.broadcast_to(shift, found["y"].shape), atol=1e-12)
    assert all(np.isfinite(array).all() for array in found.values())


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("models", [1, 3])
def test_layer_norm(backend, training, models):
    bound = Bound(backend, LayerNorm(1e-3), (6,), models=models, training=training)
    p = named(bound, bound.values)
    x = bound.x
    hat = (x - x.mean(axis=2, keepdims=True)) / np.sqrt(x.var(axis=2, keepdims=True) + 1e-3)
    expected = hat * p["scale"][:, None] + p["shift"][:, None]
    np.testing.assert_allclose(bound.forward(training), expected, rtol=1e-10, atol=1e-12)


def test_one_feature_under_layer_norm(backend):
    found = Bound(backend, LayerNorm(), (1,)).results()
    np.testing.assert_allclose(found["dx"], 0, atol=1e-9)


def test_traits_and_kinds():
    spec = BatchNorm().build((4,))
    assert spec.has("batch")
    assert not LayerNorm().build((4,)).has("batch")
    kinds = {name: param.kind for name, param in spec.params.items()}
    assert kinds == {"scale": "scale", "shift": "bias", "mean": "state", "variance": "state"}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BatchNorm(momentum=0), "momentum of BatchNorm"),
        (lambda: BatchNorm(momentum=1.1), "momentum of BatchNorm"),
        (lambda: BatchNorm(epsilon=0), "epsilon of BatchNorm"),
        (lambda: LayerNorm(epsilon=-1), "epsilon of LayerNorm"),
    ],
)
def test_parameters_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()
