"""The variational autoencoder of images: what it has beyond the dense one's."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from skdeep import CNNClassifier, VariationalAutoencoder

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
IMAGES = load_digits().images / 16
SMALL = {
    "conv_layers": [(3, 3), (4, (2, 3))],
    "hidden_layer_sizes": (5,),
    "max_iter": 3,
    "random_state": 0,
}


def small(**options):
    return VariationalAutoencoder(3, **SMALL | options)


def test_digits_have_a_bound_and_noise_has_a_lower_one():
    model = VariationalAutoencoder(
        4,
        conv_layers=[(8, 3), (16, 3)],
        hidden_layer_sizes=(32,),
        decoder="bernoulli",
        batch_size=25,
        learning_rate_init=0.005,
        activation="tanh",
        max_iter=15,
        random_state=0,
    ).fit(IMAGES[:600])
    rest = IMAGES[600:800]
    assert model.score(rest) > -27  # -27.5 is the likelihood of pixels that are independent
    scrambled = np.random.default_rng(0).permuted(rest.reshape(200, 64), axis=1)
    assert model.score(scrambled) < -50
    few, many = (model.score_samples(rest, n_samples=n).mean() for n in (1, 50))
    assert few < many


@pytest.mark.parametrize("decoder", ["gaussian", "bernoulli"])
def test_what_comes_out(decoder):
    X = IMAGES[:120]
    model = small(decoder=decoder).fit(X)
    assert model.image_shape_ == (8, 8, 1)
    assert model.reconstruct(X[:4]).shape == (4, 8, 8)
    assert model.transform(X[:4]).shape == (4, 3)
    drawn = model.sample(5, random_state=0)
    assert drawn.shape == (5, 64)
    assert (decoder == "bernoulli") == bool(np.isin(drawn, [0, 1]).all())
    flat = X.reshape(120, 64)
    np.testing.assert_allclose(model.score_samples(flat), model.score_samples(X))
    single = [model.score_samples(image[None])[0] for image in X[:3]]
    np.testing.assert_allclose(single, model.score_samples(X)[:3])


def test_a_gaussian_decoder_starts_from_the_mean_image():
    model = small(max_iter=1, learning_rate_init=1e-12).fit(IMAGES)
    bare = small(max_iter=1, learning_rate_init=1e-12).fit(np.zeros_like(IMAGES))
    start = model.get_weights()["decoder.output.b"] - bare.get_weights()["decoder.output.b"]
    np.testing.assert_allclose(start, IMAGES.mean(0).ravel(), atol=1e-9)
    np.testing.assert_allclose(model.noise_variance_, IMAGES.var(0).mean(), rtol=1e-4)


@pytest.mark.parametrize("X", [IMAGES[:40, :7, :5], IMAGES[:40, None, :3, :3].repeat(3, -1)[:, 0]])
def test_pools_that_leave_pixels_out(X):
    model = small(pooling=[3, (2, 1)]).fit(X)
    assert model.reconstruct(X).shape == X.shape
    assert np.isfinite(model.score(X))


def test_convolutions_of_others_are_a_start():
    model = small().fit(IMAGES[:100])
    network = {"conv_layers": SMALL["conv_layers"], "hidden_layer_sizes": (5,)}
    classes = load_digits().target[:100]
    given = CNNClassifier(
        **network, initial_weights=model, frozen_layers=["conv_0"], max_iter=1, random_state=1
    ).fit(IMAGES[:100], classes)
    assert {"conv_0.W", "conv_1.W", "hidden_0.W"} <= set(given.transferred_weights_)
    np.testing.assert_array_equal(
        given.get_weights()["conv_0.W"], model.get_weights()["encoder.conv_0.W"]
    )


@pytest.mark.parametrize("of_images", [True, False])
def test_between_samples_lie_decoded_codes(of_images):
    X = IMAGES[:100] if of_images else IMAGES[:100].reshape(100, 64)
    dense = VariationalAutoencoder(3, hidden_layer_sizes=(5,), max_iter=3, random_state=0)
    model = (small() if of_images else dense).fit(X)
    between = model.interpolate(X[:2], X[2:4], 5)
    assert between.shape == (2, 5, 64)
    codes = model.transform(X[:4])
    middle = model.inverse_transform((codes[:2] + codes[2:]) / 2)
    np.testing.assert_allclose(between[:, 2], middle)
    for end, there in ((0, codes[:2]), (-1, codes[2:])):
        np.testing.assert_allclose(between[:, end], model.inverse_transform(there))
    with pytest.raises(ValueError, match="X_from has 2 samples, but X_to has 1"):
        model.interpolate(X[:2], X[:1])
    with pytest.raises(ValueError, match="n_steps must be an integer >= 2, got 1"):
        model.interpolate(X[:2], X[:2], 1)


def test_dense_layers_read_images_as_rows():
    dense = VariationalAutoencoder(3, hidden_layer_sizes=(5,), max_iter=2, random_state=0)
    flat = dense.fit(IMAGES.reshape(-1, 64))
    assert not hasattr(flat, "image_shape_")
    expected = flat.get_weights()
    for X, options in [(IMAGES, {}), (IMAGES.reshape(-1, 64), {"image_shape": (8, 8)})]:
        model = VariationalAutoencoder(**{**dense.get_params(), **options}).fit(X)
        assert model.image_shape_ == (8, 8, 1)
        assert model.reconstruct(X[:2]).shape == X[:2].shape
        for name, w in model.get_weights().items():
            np.testing.assert_array_equal(w, expected[name])
    assert not hasattr(
        model.set_params(image_shape=None).fit(IMAGES.reshape(-1, 64)), "image_shape_"
    )
    with pytest.raises(ValueError, match="dim"):
        model.transform(IMAGES)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"conv_layers": [3]}, "conv_layers must be pairs"),
        ({"conv_layers": "lenet"}, "'conv_layers' parameter of VariationalAutoencoder"),
        ({"conv_layers": [(3, (3,))]}, r"the kernel size in conv_layers has \(3,\) for the 2"),
        ({"pooling": [2]}, "pooling has 1 entries for 2 convolutions"),
        ({"image_shape": (4, 4)}, "not the shape of the images in X"),
        ({"decoder": "bernoulli", "noise_variance": 1.0}, "noise_variance=1.0 is the variance"),
        ({"hidden_layer_sizes": (0,)}, "hidden_layer_sizes"),
        ({"activation": "maxout"}, "activation must be among"),
    ],
)
def test_parameters_that_cannot_be(options, message):
    with pytest.raises(ValueError, match=message):
        small(**options).fit(IMAGES[:20])
