"""Inspection takes and makes images as users have them: uint8, channels first."""

import numpy as np
import pytest

from skdeep import CNNClassifier, ConvAutoencoder
from skdeep.inspection import (
    ReconstructionDisplay,
    activation_maximization,
    deep_dream,
    input_gradient,
    integrated_gradients,
    saliency,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X = np.random.default_rng(0).integers(0, 256, (8, 2, 5, 6)).astype(np.uint8)
Y = np.arange(8) % 2
OPTIONS = {"conv_layers": [(2, 3)], "max_iter": 2, "random_state": 0}
FIRST = {**OPTIONS, "data_format": "channels_first"}


def last(images):
    return np.moveaxis(images, -3, -1)


@pytest.fixture(scope="module")
def models():
    floats = last(X / np.float32(255))
    return CNNClassifier(**FIRST).fit(X, Y), CNNClassifier(**OPTIONS).fit(floats, Y), floats


@pytest.mark.filterwarnings("error")
def test_gradients_and_maps(models):
    first, other, floats = models
    assert np.array_equal(last(input_gradient(first, X)), input_gradient(other, floats))
    assert np.array_equal(saliency(first, X), saliency(other, floats))
    for given, expected in ((0.5, 0.5), (X[0], floats[0])):
        found = integrated_gradients(first, X, baseline=given, n_steps=3)
        wanted = integrated_gradients(other, floats, baseline=expected, n_steps=3)
        assert np.array_equal(last(found), wanted)


def test_images_that_inspection_makes(models):
    first, other, floats = models
    options = {"n_steps": 2, "octaves": 1, "bounds": (0, 1), "random_state": 0}
    made = activation_maximization(first, target=0, init=X[0], **options)
    expected = activation_maximization(other, target=0, init=floats[0], **options)
    assert np.array_equal(last(made), expected)
    assert first.predict([made]).shape == (1,)
    dream = deep_dream(first, X[0], **options)
    assert np.array_equal(last(dream), deep_dream(other, floats[0], **options))


def test_reconstructions_are_shown_on_the_scale_of_the_network():
    pytest.importorskip("matplotlib")
    display = ReconstructionDisplay.from_estimator(ConvAutoencoder(2, **FIRST).fit(X), X[:3])
    assert np.allclose(display.samples, last(X[:3]) / 255)
    assert display.reconstructions.shape == (3, 5, 6, 2)
