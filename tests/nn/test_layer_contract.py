"""What every layer must do, from one list (tests/contracts/layers.py)."""

import tracemalloc
from math import prod

import numpy as np
import pytest

from skdeep.backend import get_backend
from skdeep.nn.conv.reshape import Reshape
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.dense.activation import Activation
from skdeep.nn.dense.dense import Dense
from tests.contracts.layers import LAYERS
from tests.nn.bound import Bound, row_keys

pytestmark = pytest.mark.parametrize(
    ("make", "in_shape"),
    [pytest.param(make, in_shape, id=name) for name, make, in_shape in LAYERS],
)


def rows_to(in_shape):
    """Return layers from rows to inputs of this shape."""
    return [Dense(prod(in_shape)), *([Reshape(in_shape)] if len(in_shape) > 1 else [])]


def to_rows(make, in_shape):
    """Return layers from a layer's outputs to rows."""
    return [Reshape()] if len(make().build(in_shape).out_shape) > 1 else []


def check_directions(bound, n_directions=4, h=1e-6):
    """Compare slopes along random directions of x and of all parameters with differences."""
    found = bound.results()
    trained = bound.layout.n_trainable
    rng = np.random.default_rng(0)

    def objective(**inputs):
        return np.sum(bound.dy * bound.forward(**inputs)) + bound.penalty()

    for _ in range(n_directions):
        step = rng.normal(size=bound.x.shape)
        numeric = objective(x=bound.x + h * step) - objective(x=bound.x - h * step)
        slope = np.sum(found["dx"] * step)
        np.testing.assert_allclose(slope, numeric / (2 * h), rtol=2e-6, atol=1e-7)
        if not trained:
            continue
        step = np.zeros(bound.values.shape)
        step[:, :trained] = rng.normal(size=(len(step), trained))
        up, down = bound.values + h * step, bound.values - h * step
        numeric = objective(values=up) - objective(values=down)
        slope = np.sum(found["grads"] * step[:, :trained])
        np.testing.assert_allclose(slope, numeric / (2 * h), rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("models", [1, 2])
def test_gradients_agree_with_differences(backend, make, in_shape, models):
    check_directions(Bound(backend, make(), in_shape, models=models))


def test_gradients_in_a_chain_that_lets_layers_work_in_place(backend, make, in_shape):
    chain = [*rows_to(in_shape), make(), Activation("logistic"), *to_rows(make, in_shape), Dense(2)]
    check_directions(Bound(backend, Sequential(chain), (3,)), n_directions=2)


def test_gradients_after_a_layer_that_reads_its_output_again(backend, make, in_shape):
    before = [*rows_to(in_shape), Activation("tanh")]
    chain = [*before, make(), Activation("tanh"), *to_rows(make, in_shape), Dense(2)]
    check_directions(Bound(backend, Sequential(chain), (3,)), n_directions=2)


def test_everything_is_written_completely(backend, make, in_shape):
    bound = Bound(backend, make(), in_shape, models=2)
    expected = bound.results()
    bound.poison()
    for name, array in bound.results().items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)
        assert np.isfinite(array).all(), name


def test_a_second_call_equals_the_first(backend, make, in_shape):
    bound = Bound(backend, make(), in_shape, models=2)
    first = bound.results()
    for name, array in bound.results().items():
        np.testing.assert_array_equal(array, first[name], err_msg=name)


def test_x_and_dy_are_left_alone(backend, make, in_shape):
    bound = Bound(backend, make(), in_shape, models=2)
    bound.results()
    np.testing.assert_array_equal(bound.host(bound.views.x), bound.x)
    np.testing.assert_array_equal(bound.host(bound.views.dy), bound.dy)


def test_no_dx_where_nobody_needs_it(backend, make, in_shape):
    expected = Bound(backend, make(), in_shape, models=2).results()
    bound = Bound(backend, make(), in_shape, models=2, wants_dx=False)
    bound.poison()
    found = bound.results()
    assert "dx" not in found
    for name, array in found.items():  # a smaller product may round otherwise
        np.testing.assert_allclose(array, expected[name], rtol=1e-12, atol=1e-14, err_msg=name)


@pytest.mark.parametrize("batch", [1, 2])
def test_small_batches(backend, make, in_shape, batch):
    bound = Bound(backend, make(), in_shape, batch=batch)
    check_directions(bound, n_directions=2)
    assert bound.results()["y"].shape[:2] == (1, batch)


def test_a_stack_equals_its_models(backend, make, in_shape):
    stack = Bound(backend, make(), in_shape, models=3).results()
    for m in range(3):
        single = Bound(backend, make(), in_shape, first=m).results()
        for name, array in single.items():
            np.testing.assert_allclose(
                stack[name][m], array[0], rtol=1e-10, atol=1e-12, err_msg=name
            )


@pytest.mark.parametrize("models", [1, 2])
def test_a_recording_equals_eager_steps(backend, make, in_shape, models):
    expected = Bound(backend, make(), in_shape, models=models).results()
    bound = Bound(backend, make(), in_shape, models=models)
    bound.load()
    recorded = backend.record(bound.step)
    bound.results(recorded)  # the second run shows that nothing was read while recording
    bound.poison()
    for name, array in bound.results(recorded).items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)


def test_float32_stays_float32(backend, make, in_shape):
    bound = Bound(backend, make(), in_shape, models=2, dtype=np.float32)
    reference = Bound(backend, make(), in_shape, models=2).results()
    for name, array in bound.results().items():
        assert array.dtype == np.float32, name
        np.testing.assert_allclose(array, reference[name], rtol=2e-4, atol=2e-5, err_msg=name)


def test_prediction_needs_no_training_arrays_and_no_noise(backend, make, in_shape):
    bound = Bound(backend, make(), in_shape, models=2, training=False)
    first = bound.forward(training=False)
    assert bound.views.dy is None
    assert bound.store.grads is None
    assert np.isfinite(first).all()
    assert bound.views.noise is None
    np.testing.assert_array_equal(bound.host(bound.store.values), bound.values)
    # As a row's prediction depends on no other row, half of the batch gives the same.
    half = Bound(backend, make(), in_shape, models=2, training=False, batch=3)
    found = half.forward(training=False, x=bound.x[:, :3])
    np.testing.assert_allclose(found, first[:, :3], rtol=1e-12, atol=1e-14)


def test_company_changes_a_row_only_through_batch_statistics(backend, make, in_shape):
    layer = make()
    spec = layer.build(in_shape)
    if spec.has("batch"):
        return
    whole = Bound(backend, layer, in_shape, models=2)
    expected = whole.results()
    part = Bound(backend, layer, in_shape, models=2, batch=3)
    found = part.results(x=whole.x[:, :3], dy=whole.dy[:, :3])
    # The slope of a penalty is shared by the rows of the batch.
    for name in ("y",) if spec.has("penalty") else ("y", "dx"):
        np.testing.assert_allclose(found[name], expected[name][:, :3], rtol=1e-12, atol=1e-14)


def scaled(array, factors):
    """Multiply the rows of (M, B, ...) by factors (B,)."""
    return array * factors.reshape(-1, *(1 for _ in array.shape[2:]))


def test_a_row_of_weight_two_is_two_rows(backend, make, in_shape):
    rows = np.array([0, 1, 2, 3, 3, 4, 5, 5, 5])
    weighted = Bound(backend, make(), in_shape, models=2, weights=np.bincount(rows))
    options = {"batch": len(rows), "weights": np.ones(len(rows)), "keys": row_keys(6)[rows]}
    repeated = Bound(backend, make(), in_shape, models=2, **options)
    share = (1 / np.bincount(rows))[rows]
    inputs = {"x": weighted.x[:, rows], "dy": scaled(weighted.dy[:, rows], share)}
    expected, found = weighted.results(), repeated.results(**inputs)
    expected["y"] = expected["y"][:, rows]
    expected["dx"] = scaled(expected["dx"][:, rows], share)
    for name, array in found.items():
        np.testing.assert_allclose(array, expected[name], rtol=1e-9, atol=1e-11, err_msg=name)


def test_rows_of_weight_zero_change_nothing(backend, make, in_shape):
    weights = np.array([1, 0, 3, 2, 0, 1])
    there = weights > 0
    whole = Bound(backend, make(), in_shape, models=2, weights=weights)
    whole.x[:, ~there] += 100
    whole.dy[:, ~there] = 0  # as a loss of weight zero gives it
    options = {"weights": weights[there], "keys": row_keys(6)[there]}
    rest = Bound(backend, make(), in_shape, models=2, batch=4, **options)
    expected = rest.results(x=whole.x[:, there], dy=whole.dy[:, there])
    for name, array in whole.results().items():
        array = array[:, there] if name in ("y", "dx") else array
        np.testing.assert_allclose(array, expected[name], rtol=1e-9, atol=1e-11, err_msg=name)


def test_a_layer_is_a_value(make, in_shape):
    assert make() == make()
    assert repr(make()).startswith(type(make()).__name__)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_warm_step_allocates_no_array(make, in_shape, dtype):
    ops = get_backend("cpu")
    chain = Sequential([*rows_to(in_shape), make(), Activation("tanh")])
    # A column of one array is 32 KiB, or 16 KiB.
    bound = Bound(ops, chain, (3,), batch=4096, dtype=dtype)
    bound.load()
    step = ops.record(bound.step)
    with ops.running():
        for _ in range(3):
            step()
        tracemalloc.start()
        step()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 16 * 1024
