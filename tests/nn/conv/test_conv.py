"""Convolution and pooling against loops, and what they refuse."""

import numpy as np
import pytest

from skdeep.backend import get_backend
from skdeep.backend.base import Backend
from skdeep.backend.checked import CheckedBackend
from skdeep.backend.numpy_backend import NumpyBackend
from skdeep.backend.threads import blas_threads
from skdeep.nn.conv import choice, conv
from skdeep.nn.conv.conv import Conv
from skdeep.nn.conv.global_pooling import GlobalAveragePool, GlobalMaxPool
from skdeep.nn.conv.patches import Patches, PatchRows
from skdeep.nn.conv.pooling import AveragePool, MaxPool
from skdeep.nn.conv.tiles import Tiles
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
    monkeypatch.setattr(choice, "FEW", 10**9)
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
    assert kind_of(bound) is (PatchRows if rows else Patches)
    assert bound.views.params.W.shape == (1, *pair(options["kernel_size"]), channels, 3)
    assert_equals_loops(bound, pair(options["strides"]), pair(options["dilation"]), padding)


def kind_of(bound):
    return type(bound.views.work.parts[0].products)


def assert_equals_loops(bound, *rest):
    """Compare outputs and gradients of a bound convolution with those of loops."""
    found = bound.results()
    W, b = (bound.host(getattr(bound.views.params, name))[0] for name in "Wb")
    dW = db = 0
    for row in range(bound.x.shape[1]):
        x, dy = bound.x[0, row], bound.dy[0, row]
        np.testing.assert_allclose(found["y"][0, row], convolve(x, W, b, *rest), atol=1e-12)
        dx, *more = convolve_backward(x, W, dy, *rest)
        np.testing.assert_allclose(found["dx"][0, row], dx, atol=1e-12)
        dW, db = dW + more[0], db + more[1]
    np.testing.assert_allclose(bound.host(bound.views.grads.W)[0], dW, atol=1e-12)
    np.testing.assert_allclose(bound.host(bound.views.grads.b)[0, 0], db, atol=1e-12)


def take_tiles(monkeypatch):
    """Let tiles be taken wherever they fit."""
    for name, value in (("WIDE", 1), ("ENOUGH_TILES", 1), ("SHARE", 100)):
        monkeypatch.setattr(choice, name, value)


@pytest.mark.parametrize("kernel_size", [3, 5])
@pytest.mark.parametrize(
    ("size", "padding"),
    [((4, 8), "same"), ((6, 5), "same"), ((3, 9), "same"), ((9, 8), "valid"), ((5, 5), "valid")],
)
def test_convolution_by_tiles_equals_loops(monkeypatch, backend, parts, kernel_size, size, padding):
    take_tiles(monkeypatch)
    layer = Conv(3, kernel_size, padding=padding)
    bound = Bound(backend, layer, (*size, 2), batch=3)
    assert kind_of(bound) is (Tiles if backend.stacks_products else Patches)
    assert_equals_loops(bound, (1, 1), (1, 1), padding)


@pytest.mark.parametrize(("kernel_size", "bound_of_errors"), [(3, 1e-5), (5, 3e-5)])
def test_what_float32_loses_by_tiles_is_bounded(monkeypatch, kernel_size, bound_of_errors):
    take_tiles(monkeypatch)
    found = {}
    for dtype in (np.float32, np.float64):
        bound = Bound(get_backend("cpu"), Conv(24, kernel_size), (13, 13, 32), dtype=dtype)
        assert (kind_of(bound) is Tiles) == (dtype is np.float32)
        found[dtype] = {**bound.results(), "W": bound.host(bound.views.grads.W)}
        monkeypatch.setattr(choice, "WIDE", 100)
    for name, exact in found[np.float64].items():
        lost = np.abs(found[np.float32][name] - exact).max(initial=0)
        assert lost <= bound_of_errors * np.abs(exact).max(initial=0), name


@pytest.mark.parametrize(
    ("shape", "options", "batch", "expected"),
    [
        ((14, 14, 16), {}, 2, Tiles),
        ((14, 14, 16), {"kernel_size": 5}, 2, Tiles),
        ((14, 14, 16), {}, 1, Patches),  # kernels would be transformed for too few tiles
        ((14, 14, 8), {}, 99, Patches),
        ((14, 14, 16), {"filters": 8}, 99, Patches),
        ((14, 14, 512), {"filters": 512}, 99, Patches),  # the kernels' transforms take too much
        ((14, 14, 16), {"strides": 2}, 99, Patches),
        ((14, 14, 16), {"dilation": 2}, 99, Patches),
        ((14, 14, 16), {"kernel_size": 7}, 99, PatchRows),
        ((14, 14, 16), {"kernel_size": (3, 5)}, 99, Patches),
        ((5, 5, 64), {}, 99, Patches),  # four tiles are mostly zeros
    ],
)
def test_shapes_alone_choose_the_products(shape, options, batch, expected):
    layer, ops = Conv(**{"filters": 16, "kernel_size": 3} | options), get_backend("cpu")
    sizes = (layer.geometry(shape), shape[-1], layer.filters)
    assert choice.products_of(*sizes, batch, ops) is expected
    assert choice.products_of(*sizes, batch, BigChunks()) is Patches
    with blas_threads(1):
        assert choice.products_of(*sizes, batch, ops) is expected


class BigChunks(NumpyBackend):
    """What a card says of itself."""

    stacks_products = Backend.stacks_products
    chunk_elements = Backend.chunk_elements


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


@pytest.mark.parametrize(
    ("kind", "kernel_size"), [(Patches, 3), (PatchRows, 5), (Tiles, 3), (Tiles, 5)]
)
@pytest.mark.parametrize("models", [1, 2])
@pytest.mark.parametrize("elements", [1, 1500, 2200])
def test_how_many_rows_fit_in_cache_changes_nothing(
    monkeypatch, parts, models, elements, kind, kernel_size
):
    if kind is Tiles:
        take_tiles(monkeypatch)
        elements //= 3
    ops = get_backend("cpu")
    expected = Bound(ops, Conv(4, kernel_size), (5, 6, 4), models=models, batch=7).results()
    monkeypatch.setattr(type(ops), "chunk_elements", elements)
    bound = Bound(ops, Conv(4, kernel_size), (5, 6, 4), models=models, batch=7)
    assert kind_of(bound) is kind
    chunks = [rows for part in bound.views.work.parts for rows in part.chunks]
    assert sum(rows.stop - rows.start for rows in chunks) == 7
    assert len(chunks) == 7 if elements == 1 else 1 < len(chunks) < 8
    for name, array in bound.results().items():
        np.testing.assert_allclose(array, expected[name], rtol=1e-12, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_a_batch_of_fewer_rows_than_parts(parts, batch):
    bound = Bound(get_backend("cpu"), Conv(2, 3), (4, 4, 1), batch=batch)
    assert len(bound.views.work.parts) == min(parts, batch)
    bound.poison()
    assert all(np.isfinite(array).all() for array in bound.results().values())


@pytest.mark.parametrize(
    ("kind", "kernel_size"), [(Patches, 3), (PatchRows, 5), (Tiles, 3), (Tiles, 5)]
)
def test_the_number_of_threads_changes_nothing(monkeypatch, kind, kernel_size):
    ops = get_backend("cpu")
    if kind is Tiles:
        take_tiles(monkeypatch)
    bound = Bound(ops, Conv(16, kernel_size), (20, 20, 8), models=2, batch=40, dtype=np.float32)
    assert kind_of(bound) is kind
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


@pytest.mark.parametrize("channels", [2, 8])  # rows of many are copied another way than of few
@pytest.mark.parametrize("size", [1, 2, (2, 3), (4, 1), 50])
@pytest.mark.parametrize(("layer", "function"), [(MaxPool, np.max), (AveragePool, np.mean)])
def test_pooling_equals_loops(backend, layer, function, size, channels):
    bound = Bound(backend, layer(size), (5, 7, channels), batch=3)
    found = bound.results(backend.record(bound.step))
    size = np.minimum(pair(size), (5, 7))
    for row in range(3):
        expected = pool(bound.x[0, row], size, function)
        np.testing.assert_allclose(found["y"][0, row], expected, rtol=1e-12)
        dx = np.zeros((5, 7, channels))
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
