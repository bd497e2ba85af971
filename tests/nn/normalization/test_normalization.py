"""Batch and layer normalisation against plain formulas, and what they do at the edges."""

import numpy as np
import pytest

from skdeep.nn.normalization.batch_norm import BatchNorm
from skdeep.nn.normalization.layer_norm import LayerNorm
from skdeep.testing.bound import BoundLayer as Bound


def named(bound, values):
    """Return the named parts (M, F) of the parameters."""
    return {name: bound.layout.view(values, name)[:, 0] for name in bound.layout.slots}


def normalise(x, mean, variance, p, epsilon):
    hat = (x - mean[:, None]) / np.sqrt(variance[:, None] + epsilon)
    return hat * p["scale"][:, None] + p["shift"][:, None]


def moments(x, weights):
    """Return weighted mean and biased weighted variance (M, F) of rows (M, B, F)."""
    mean = np.average(x, axis=1, weights=weights)
    return mean, np.average((x - mean[:, None]) ** 2, axis=1, weights=weights)


WEIGHTS = [np.ones(7), np.array([1, 2, 0, 3, 1, 0.5, 4])]
every_weight = pytest.mark.parametrize("weights", WEIGHTS, ids=["equal", "unequal"])


@every_weight
@pytest.mark.parametrize("models", [1, 3])
def test_batch_norm_in_training(backend, models, weights):
    options = {"models": models, "batch": 7, "weights": weights}
    bound = Bound(backend, BatchNorm(0.2, 1e-3), (5,), **options)
    p = named(bound, bound.values)
    expected = normalise(bound.x, *moments(bound.x, weights), p, 1e-3)
    np.testing.assert_allclose(bound.forward(), expected, rtol=1e-10, atol=1e-12)


@every_weight
@pytest.mark.parametrize("momentum", [0.1, 1.0])
def test_running_statistics_follow_the_batches(backend, momentum, weights):
    bound = Bound(backend, BatchNorm(momentum), (5,), models=2, batch=7, weights=weights)
    mean, variance = np.zeros((2, 5)), np.ones((2, 5))
    bound.load()
    for shift in range(3):
        x = bound.x * (shift + 1) + shift
        bound.write(x, bound.views.x)
        bound.layer.forward(bound.views, True)
        batch_mean, batch_variance = moments(x, weights)
        mean += momentum * (batch_mean - mean)
        variance += momentum * (batch_variance - variance)
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


def test_weighted_statistics_are_those_of_repeated_rows(backend):
    repeats = np.array([1, 2, 0, 3, 1, 1, 4])
    bound = Bound(backend, BatchNorm(), (5,), models=2, batch=7, weights=repeats)
    rows = np.repeat(np.arange(7), repeats)
    other = Bound(backend, BatchNorm(), (5,), models=2, batch=12, weights=np.ones(12))
    state = bound.results()["state"]
    found = other.results(x=bound.x[:, rows])["state"]
    np.testing.assert_allclose(found, state, rtol=1e-12)


def test_rows_of_weight_zero_leave_the_statistics_alone(backend):
    weights = np.array([1, 2, 0, 3, 0, 1, 4])
    bound = Bound(backend, BatchNorm(), (5,), models=2, batch=7, weights=weights)
    expected = bound.results()["state"]
    bound.x[:, weights == 0] *= 1000
    np.testing.assert_array_equal(bound.results()["state"], expected)


def test_a_batch_of_weight_zero_leaves_the_statistics_alone(backend):
    """Its weights cannot be normalised: they are all zero, and so is the gradient."""
    bound = Bound(backend, BatchNorm(), (5,), models=2, batch=4)
    backend.to_device(np.array([[[0.0] * 4], [[0.25] * 4]]), bound.views.weight)
    values = with_statistics(bound)
    found = bound.results(values=values, dy=np.zeros(bound.dy.shape))
    assert all(np.isfinite(array).all() for array in found.values())
    before = values[:, bound.layout.n_trainable :]
    np.testing.assert_array_equal(found["state"][0], before[0])
    assert (found["state"][1] != before[1]).all()
    np.testing.assert_array_equal(found["grads"], 0)


@pytest.mark.parametrize("weights", [[3, 1, 0, 5, 0.2, 1], [1, 1e-6, 1e-6, 1, 1e-6, 1e-6]])
def test_gradients_with_unequal_weights(backend, weights):
    """The gradient of a sum that knows nothing of the weights, by differences in every x."""
    bound = Bound(backend, BatchNorm(epsilon=0.01), (3,), models=2, weights=weights)
    found, h = bound.results(), 1e-6
    for place in np.ndindex(bound.x.shape[1:]):
        step = np.zeros(bound.x.shape)
        step[:, *place] = h
        up, down = bound.forward(x=bound.x + step), bound.forward(x=bound.x - step)
        numeric = np.sum(bound.dy * (up - down), axis=(1, 2)) / (2 * h)
        np.testing.assert_allclose(found["dx"][:, *place], numeric, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize(("batch", "training"), [(1, True), (1, False), (4, False)])
def test_where_batch_norm_uses_running_statistics(backend, training, batch):
    """A training batch of one row, and prediction."""
    bound = Bound(backend, BatchNorm(), (5,), models=2, batch=batch, training=training)
    values = with_statistics(bound)
    y = bound.forward(training, values=values)
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
