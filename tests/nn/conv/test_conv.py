"""Convolution and pooling against loops, and what they refuse."""

import numpy as np
import pytest

from skdeep.backend import get_backend
from skdeep.backend.checked import CheckedBackend
from skdeep.backend.numpy_backend import NumpyBackend
from skdeep.backend.threads import blas_threads
from skdeep.nn.conv import conv, products
from skdeep.nn.conv.conv import Conv
from skdeep.nn.conv.global_pooling import GlobalAveragePool, GlobalMaxPool
from skdeep.nn.conv.pooling import AveragePool, MaxPool
from skdeep.nn.conv.upsample import Upsample
from skdeep.nn.core.spec import ShapeError
from skdeep.testing.bound import BoundLayer as Bound
from tests.reference.convolution import convolve, convolve_backward, pool

CASES = [
    {"kernel_size": 3},
    {"kernel_size": (2, 3), "strides": (2, 1)},
    {"kernel_size": 3, "dilation": 2},
    {"kernel_size": (1, 4), "strides": 3, "dilation": (1, 2)},
    {"kernel_size": (5, 2), "strides": (1, 2)},
    {"kernel_size": 1, "strides": 2},
    {"kernel_size": 9},
    # Tall kernels without strides are multiplied row by row.
    {"kernel_size": 5},
    {"kernel_size": (6, 1)},
    {"kernel_size": (5, 2), "dilation": (1, 3)},
]


def pair(value):
    return (value, value) if isinstance(value, int) else value


@pytest.fixture(params=[1, 2])
def parts(request, monkeypatch):
    """Cut batches into so many parts, however small they are."""
    monkeypatch.setattr(conv, "PART_WORK", 0)
    monkeypatch.setattr(products, "FEW", 10**9)
    monkeypatch.setattr(NumpyBackend, "n_parts", request.param)
    monkeypatch.setattr(CheckedBackend, "n_parts", request.param)
    return request.param


@pytest.mark.parametrize("channels", [1, 8])  # short runs are copied another way than long ones
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_convolution_equals_loops(backend, parts, case, padding, channels):
    options = {"strides": 1, "dilation": 1, **case}
    shape = (9, 10, channels) if padding == "valid" else (7, 8, channels)  # 9 must fit
    bound = Bound(backend, Conv(3, padding=padding, **options), shape, batch=3)
    assert len(bound.views.work.parts) == (1 if backend.device.startswith("cuda") else parts)
    rows = options["strides"] == 1 and pair(options["kernel_size"])[0] >= 5
    rows = rows and pair(options["kernel_size"])[1] * channels >= 16
    kind = products.PatchRows if rows else products.Patches
    assert type(bound.views.work.parts[0].products) is kind
    found = bound.results()
    W, b = (bound.host(getattr(bound.views.params, name))[0] for name in "Wb")
    rest = (pair(options["strides"]), pair(options["dilation"]), padding)
    assert W.shape == (*pair(options["kernel_size"]), channels, 3)
    dW = db = 0
    for row in range(3):
        x, dy = bound.x[0, row], bound.dy[0, row]
        np.testing.assert_allclose(found["y"][0, row], convolve(x, W, b, *rest), atol=1e-12)
        dx, *more = convolve_backward(x, W, dy, *rest)
        np.testing.assert_allclose(found["dx"][0, row], dx, atol=1e-12)
        dW, db = dW + more[0], db + more[1]
    np.testing.assert_allclose(bound.host(bound.views.grads.W)[0], dW, atol=1e-12)
    np.testing.assert_allclose(bound.host(bound.views.grads.b)[0, 0], db, atol=1e-12)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(
    ("kernel_size", "strides", "dilation"), [(3, 1, 1), (4, 2, 1), (3, 1, 3), (5, 3, 2)]
)
def test_convolution_of_signals_equals_loops(
    backend, parts, kernel_size, strides, dilation, padding
):
    layer = Conv(3, kernel_size, strides=strides, dilation=dilation, padding=padding)
    bound = Bound(backend, layer, (11, 2), batch=3)
    found = bound.results()
    W, b = (bound.host(getattr(bound.views.params, name))[0] for name in "Wb")
    rest = ((1, strides), (1, dilation), padding)
    dW = 0
    for row in range(3):
        x, dy = bound.x[0, row][None], bound.dy[0, row][None]
        y = convolve(x, W[None], b, *rest)
        np.testing.assert_allclose(found["y"][0, row], y[0], atol=1e-12)
        dx, more, _ = convolve_backward(x, W[None], dy, *rest)
        np.testing.assert_allclose(found["dx"][0, row], dx[0], atol=1e-12)
        dW = dW + more[0]
    np.testing.assert_allclose(bound.host(bound.views.grads.W)[0], dW, atol=1e-12)


def test_a_signal_is_an_image_of_one_row(backend):
    options = {"strides": 2, "dilation": 2}
    signal = Bound(backend, Conv(3, 4, **options), (9, 2))
    wide = {"strides": (1, 2), "dilation": (1, 2)}
    image = Bound(backend, Conv(3, (1, 4), **wide), (1, 9, 2))
    image.load(signal.x[:, :, None], signal.values, signal.dy[:, :, None])
    expected = image.results(x=signal.x[:, :, None], values=signal.values, dy=signal.dy[:, :, None])
    for name, array in signal.results().items():
        np.testing.assert_allclose(array.ravel(), expected[name].ravel(), atol=1e-13)


@pytest.mark.parametrize("kernel_size", [3, 5])
@pytest.mark.parametrize("models", [1, 2])
@pytest.mark.parametrize("elements", [1, 1500, 2200])
def test_how_many_rows_fit_in_cache_changes_nothing(
    monkeypatch, parts, models, elements, kernel_size
):
    ops = get_backend("cpu")
    expected = Bound(ops, Conv(4, kernel_size), (5, 6, 4), models=models, batch=7).results()
    monkeypatch.setattr(type(ops), "chunk_elements", elements)
    bound = Bound(ops, Conv(4, kernel_size), (5, 6, 4), models=models, batch=7)
    assert kernel_size == 3 or type(bound.views.work.parts[0].products) is products.PatchRows
    chunks = [rows for part in bound.views.work.parts for rows in part.chunks]
    assert sum(rows.stop - rows.start for rows in chunks) == 7
    assert len(chunks) == 7 if elements == 1 else 1 < len(chunks) < 8
    for name, array in bound.results().items():
        np.testing.assert_allclose(array, expected[name], rtol=1e-12, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_a_batch_of_fewer_rows_than_parts(parts, batch):
    bound = Bound(get_backend("cpu"), Conv(2, 3), (4, 4, 1), batch=batch)
    assert len(bound.views.work.parts) == min(parts, batch)
    bound.poison()
    assert all(np.isfinite(array).all() for array in bound.results().values())


@pytest.mark.parametrize("kernel_size", [3, 5])
def test_the_number_of_threads_changes_nothing(kernel_size):
    ops = get_backend("cpu")
    bound = Bound(ops, Conv(16, kernel_size), (20, 20, 8), models=2, batch=40, dtype=np.float32)
    assert len(bound.views.work.parts) == 2
    bound.load()
    step = ops.record(bound.step)
    found = bound.results(step)
    with blas_threads(1):
        expected = bound.results(step)
    for name, array in found.items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)
    for m in range(2):
        single = Bound(ops, Conv(16, kernel_size), (20, 20, 8), first=m, batch=40, dtype=np.float32)
        single.load()
        for name, array in single.results(ops.record(single.step)).items():
            np.testing.assert_allclose(array[0], found[name][m], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("size", [1, 2, (2, 3), (4, 1), 50])
@pytest.mark.parametrize(("layer", "function"), [(MaxPool, np.max), (AveragePool, np.mean)])
def test_pooling_equals_loops(backend, layer, function, size):
    bound = Bound(backend, layer(size), (5, 7, 2), batch=3)
    found = bound.results(backend.record(bound.step))
    size = np.minimum(pair(size), (5, 7))
    for row in range(3):
        expected = pool(bound.x[0, row], size, function)
        np.testing.assert_allclose(found["y"][0, row], expected, rtol=1e-12)
        dx = np.zeros((5, 7, 2))
        for i, j, c in np.ndindex(expected.shape):
            window = (*(slice(n * k, n * k + n) for n, k in zip(size, (i, j), strict=True)), c)
            pixels, dy = bound.x[0, row][window], bound.dy[0, row, i, j, c]
            dx[window] = dy / pixels.size if layer is AveragePool else dy * (pixels == pixels.max())
        np.testing.assert_allclose(found["dx"][0, row], dx, rtol=1e-12)


@pytest.mark.parametrize(
    ("small", "large"), [((2, 3), (4, 6)), ((2, 3), (5, 11)), ((1, 2), (3, 2))]
)
def test_upsampling_equals_loops(backend, small, large):
    bound = Bound(backend, Upsample(large), (*small, 2), batch=3)
    found, y = bound.results(), np.zeros((3, *large, 2))
    dx = np.zeros(bound.x.shape[1:])
    steps = [n // m for n, m in zip(large, small, strict=True)]
    for i, j in np.ndindex(*(n * step for n, step in zip(small, steps, strict=True))):
        pixel = i // steps[0], j // steps[1]
        y[:, i, j] = bound.x[0, :, *pixel]
        dx[:, *pixel] += bound.dy[0, :, i, j]
    np.testing.assert_array_equal(found["y"][0], y)
    np.testing.assert_allclose(found["dx"][0], dx, rtol=1e-12)


def test_upsampling_makes_images_larger_alone():
    with pytest.raises(ShapeError, match="cannot make images"):
        Upsample((2, 2)).build((3, 2, 1))
    with pytest.raises(ShapeError, match="cannot make images"):
        Upsample((4,)).build((3, 2, 1))


def test_the_first_of_equal_pixels_gets_the_gradient(backend):
    bound = Bound(backend, MaxPool(2), (2, 2, 1), batch=1)
    x = np.array([1.0, 3.0, 3.0, 3.0]).reshape(1, 1, 2, 2, 1)
    found = bound.results(x=x, dy=np.full((1, 1, 1, 1, 1), 5.0))
    np.testing.assert_array_equal(found["dx"].ravel(), [0, 5, 0, 0])


def test_equal_pixels_share_the_gradient_of_global_pooling(backend):
    bound = Bound(backend, GlobalMaxPool(), (4, 1), batch=1)
    x = np.array([1.0, 3.0, 3.0, 2.0]).reshape(1, 1, 4, 1)
    found = bound.results(x=x, dy=np.full((1, 1, 1), 5.0))
    np.testing.assert_array_equal(found["dx"].ravel(), [0, 2.5, 2.5, 0])


@pytest.mark.parametrize(
    "layer", [Conv(2, 3), MaxPool(2), AveragePool(2), GlobalMaxPool(), GlobalAveragePool()]
)
@pytest.mark.parametrize("in_shape", [(), (5,), (0, 2), (2, 2, 2, 2)])
def test_other_shapes_name_the_layer(layer, in_shape):
    with pytest.raises(ShapeError, match=type(layer).__name__):
        layer.build(in_shape)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"filters": 0}, "filters of Conv must be positive"),
        ({"kernel_size": (3, 0)}, "kernel_size of Conv must be positive"),
        ({"strides": 1.5}, "strides of Conv must be positive"),
        ({"dilation": -1}, "dilation of Conv must be positive"),
        ({"padding": "full"}, "padding must be 'same' or 'valid', got 'full'"),
    ],
)
def test_bad_sizes(options, message):
    with pytest.raises(ValueError, match=message):
        Conv(**{"filters": 2, "kernel_size": 3} | options)


def test_a_kernel_larger_than_the_image():
    with pytest.raises(ShapeError, match="finds no place for its kernel"):
        Conv(2, (3, 6), padding="valid").build((5, 5, 1))
    with pytest.raises(ShapeError, match="for the 1 axes"):
        Conv(2, (3, 3)).build((5, 1))
