import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._testing import ignore_warnings

import skdeep
from skdeep.inspection import activation_maximization, deep_dream, trace
from skdeep.nn import Conv
from tests.inspection.cases import X, Y, fitted


@pytest.fixture(scope="module")
def digits():
    data = load_digits()
    images = data.images[:400] / 16
    model = skdeep.CNNClassifier(
        conv_layers=[(8, 3), (16, 3)], max_iter=15, learning_rate_init=0.005, random_state=0
    )
    with ignore_warnings(category=ConvergenceWarning):
        return model.fit(images, data.target[:400]), images


def test_a_prototype_of_each_class_is_taken_for_it(digits):
    model, _ = digits
    found = [
        activation_maximization(model, target=k, bounds=(0, 1), random_state=0) for k in range(10)
    ]
    assert np.shape(found) == (10, 8, 8, 1)
    assert np.min(found) >= 0
    assert np.max(found) <= 1
    np.testing.assert_array_equal(model.predict(np.array(found)), np.arange(10))


def test_smooth_prototypes_have_smaller_differences_between_neighbours(digits):
    model, _ = digits
    smooth = {"jitter": 1, "blur": 0.8, "decay": 0.01}
    rough, found = (
        activation_maximization(model, target=3, bounds=(0, 1), random_state=0, **options)
        for options in ({}, smooth)
    )
    assert np.abs(np.diff(found, axis=0)).mean() < np.abs(np.diff(rough, axis=0)).mean()


def test_the_background_is_what_prototypes_decay_to(digits):
    model, _ = digits
    options = {"target": 3, "bounds": (0, 1), "n_steps": 60, "decay": 0.1, "random_state": 0}
    black, grey, white = (
        activation_maximization(model, background=level, **options) for level in (0, None, 1)
    )
    assert np.median(black) < 0.1 < 0.3 < np.median(grey) < 0.7 < 0.9 < np.median(white)


def test_a_filter_is_excited_on_images_of_another_size(digits):
    model, _ = digits
    options = {"layer": "conv_1", "unit": 3, "bounds": (0, 1), "random_state": 0}
    small = activation_maximization(model, **options)
    start = 0.5 + 0.1 * np.random.RandomState(0).normal(size=(1, 8, 8, 1))
    before, after = (
        trace(model, a)["conv_1"].output[0, ..., 3].mean() for a in (start, small[None])
    )
    assert after > before
    large = activation_maximization(model, **options, shape=(20, 30), octaves=2, n_steps=20)
    assert large.shape == (20, 30, 1)


def test_dreams_have_more_of_what_a_layer_sees(digits):
    model, images = digits
    for layers in (None, "conv_0", ["conv_0", "conv_1"]):
        dream = deep_dream(model, images[0], layers, octaves=2, n_steps=5, jitter=1, random_state=0)
        assert dream.shape == (8, 8)
        assert not np.allclose(dream, images[0])
    before, after = (trace(model, a[None])["conv_1"].output for a in (images[0], dream))
    assert (after**2).mean() > (before**2).mean()
    wide = np.random.default_rng(0).random((31, 45, 1))
    assert deep_dream(model, wide, n_steps=2, octaves=3, random_state=0).shape == (31, 45, 1)


@pytest.mark.parametrize("layers", ["conv_1", ["conv_0", "conv_1"]])
def test_a_step_does_not_know_of_earlier_ones(digits, layers):
    model, images = digits
    options = {"layers": layers, "octaves": 1, "jitter": 0, "bounds": None}
    once = deep_dream(model, images[0], **options, n_steps=1)
    np.testing.assert_allclose(
        deep_dream(model, once, **options, n_steps=2),
        deep_dream(model, images[0], **options, n_steps=3),
        rtol=1e-5,
    )


def test_a_step_of_ascent_is_planned_once(digits, monkeypatch):
    calls, forward = [], Conv.forward

    def counted(layer, views, *, training):
        calls.append(layer)
        forward(layer, views, training=training)

    monkeypatch.setattr(Conv, "forward", counted)
    activation_maximization(digits[0], target=1, bounds=(0, 1), n_steps=9, random_state=0)
    assert len(calls) == 2  # once by each convolution


def test_a_dream_of_some_filters_strengthens_these(digits):
    model, images = digits
    options = {"octaves": 1, "n_steps": 8, "random_state": 0}
    square = {}
    for filters in (2, [5, 7]):
        dream = deep_dream(model, images[0], "conv_1", filters=filters, **options)
        square[str(filters)] = (trace(model, dream[None])["conv_1"].output ** 2).mean(
            axis=(0, 1, 2)
        )
    assert square["2"][2] > square["[5, 7]"][2]
    assert square["[5, 7]"][[5, 7]].sum() > square["2"][[5, 7]].sum()
    every = deep_dream(model, images[0], "conv_1", filters=range(16), **options)
    np.testing.assert_array_equal(every, deep_dream(model, images[0], "conv_1", **options))


def test_large_images_dream_tile_by_tile(digits):
    model, _ = digits
    image = np.random.default_rng(0).random((50, 37))
    options = {"layers": "conv_1", "octaves": 2, "n_steps": 6, "random_state": 0}
    whole = deep_dream(model, image, **options)
    np.testing.assert_array_equal(deep_dream(model, image, **options, tile_size=50), whole)
    tiled = deep_dream(model, image, **options, tile_size=16)
    same = deep_dream(model, image, **options, tile_size=16)
    np.testing.assert_array_equal(tiled, same)
    # Shifts differ, and so do the pictures, yet the layer sees as much in one as in the other.
    seen = [_seen(model, picture) for picture in (image, whole, tiled)]
    assert seen[2] - seen[0] > 0.8 * (seen[1] - seen[0]) > 0


def _seen(model, image):
    """Return the mean square of what the layer gives for parts of an image."""
    parts = [image[i : i + 8, j : j + 8] for i in range(0, 42, 8) for j in range(0, 29, 8)]
    return (trace(model, np.array(parts)[..., None])["conv_1"].output ** 2).mean()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"filters": 16}, "filters of conv_1 must be from 0 to 15, got 16"),
        ({"filters": []}, "filters of conv_1 must be from 0 to 15"),
        ({"filters": 0.5}, "filters of conv_1 must be from 0 to 15, got 0.5"),
        ({"layers": ["conv_0", "conv_1"], "filters": 8}, "filters of conv_0, conv_1 .* 0 to 7"),
        ({"tile_size": 0}, "tile_size must be a positive integer or None, got 0"),
        ({"image": np.full((8, 8), np.nan)}, "image must hold finite numbers"),
        ({"image": "cat.png"}, "image must be an array of real numbers"),
        ({"image": np.zeros((0, 8))}, "image must have the shape"),
    ],
)
def test_dreams_of_nothing_are_refused(digits, options, message):
    with pytest.raises(ValueError, match=message):
        deep_dream(digits[0], **{"image": np.zeros((8, 8)), "layers": "conv_1", **options})


@pytest.mark.parametrize("name", ["mlp", "mlp_binary", "rnn", "autoencoder", "cnn"])
def test_every_kind_of_samples_climbs(name):
    model = fitted(name)[0]
    shape = {"shape": (4, 2)} if name == "rnn" else {}
    target = 1 if name != "mlp_binary" else True
    found = activation_maximization(model, target=target, random_state=0, **shape)
    wanted = {"rnn": (4, 2), "cnn": (6, 1)}.get(name, (6,))
    assert found.shape == wanted
    start = activation_maximization(
        model, target=target, init=np.zeros(wanted), n_steps=1, step_size=0.0, **shape
    )
    assert not start.any()
    column = 0 if name == "mlp_binary" else 1
    before, after = (trace(model, [a]).output[0, column] for a in (start, found))
    assert after > before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layer": "conv_9", "unit": 0}, r"layer must be one of \['image', .*, got 'conv_9'"),
        ({"layer": "conv_0", "unit": 99}, "unit of 'conv_0' must be from 0 to 7, got 99"),
        ({"layer": "conv_0"}, "unit of 'conv_0' must be from 0 to 7, got None"),
        ({"unit": 1}, "unit=1 needs the name of a layer"),
        ({"target": 1, "layer": "conv_0", "unit": 1}, "not both"),
        ({"target": 1, "shape": (9, 9)}, r"needs a layer that takes images of any size"),
        ({"target": 1, "octaves": 2}, "octaves=2 needs a layer that takes images of any size"),
        ({"target": 1, "bounds": (1, 0)}, "bounds must be two numbers, low < high"),
        ({"target": 1, "init": np.zeros(3)}, "init must hold finite numbers in the shape"),
        ({"target": 1, "n_steps": 0}, "n_steps must be a positive integer"),
        ({"target": 1, "jitter": -1}, "jitter must be an integer >= 0"),
        ({"target": 1, "blur": -1}, "blur must be a number >= 0"),
        ({"target": 1, "decay": 2}, r"decay must be a fraction in \[0, 1\], got 2"),
        ({"target": 1, "init": "cat.png"}, "init must be an array of real numbers"),
        (
            {"layer": "conv_0", "unit": 0, "shape": (0, 9)},
            r"shape must be made of positive integers, got \(0, 9\)",
        ),
        ({"target": 1, "background": 2, "bounds": (0, 1)}, r"background must be a number within"),
        ({"target": 1, "background": np.nan}, "background must be a number or None, got nan"),
        ({"target": 1, "octave_scale": 1}, "octave_scale must be a number > 1"),
    ],
)
def test_what_names_nothing_is_refused(digits, options, message):
    with pytest.raises(ValueError, match=message):
        activation_maximization(digits[0], **options)


def test_tokens_and_rows_do_not_dream(digits):
    with pytest.raises(ValueError, match="samples are tokens"):
        activation_maximization(fitted("rnn_tokens")[0], target=0)
    with pytest.raises(TypeError, match="MLPClassifier is no network of images"):
        deep_dream(skdeep.MLPClassifier((2,), solver="lbfgs", tol=10.0).fit(X, Y), np.zeros((8, 8)))
    with pytest.raises(ValueError, match="layers must be names of"):
        deep_dream(digits[0], np.zeros((8, 8)), "output")
    with pytest.raises(ValueError, match=r"image must have the shape \(height, width, 1\)"):
        deep_dream(digits[0], np.zeros((8, 8, 3)))
    with pytest.raises(ValueError, match=r"shape must be \(n_steps, 2\) for sequences"):
        activation_maximization(fitted("rnn")[0], target=0)
