"""The convolutional autoencoder: against loops, images in every form, in company, refusals."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skdeep import ConvAutoencoder
from tests.reference.convolution import convolve, pool

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

IMAGES = load_digits().images[:80] / 16
SMALL = {"conv_layers": [(3, 3), (4, (2, 3))], "max_iter": 3, "random_state": 0}


def fitted(X=IMAGES, n_components=3, **options):
    return ConvAutoencoder(n_components, **{**SMALL, **options}).fit(X)


def enlarged(x, shape):
    """Return x (h, w, C) with each pixel repeated, and zeros where that leaves pixels over."""
    steps = [n // m for n, m in zip(shape, x.shape, strict=False)]
    y = np.zeros((*shape, x.shape[2]))
    for i, j in np.ndindex(*(n * step for n, step in zip(x.shape, steps, strict=False))):
        y[i, j] = x[i // steps[0], j // steps[1]]
    return y


def oracle(weights, image, pooling):
    """Return code and image of a network of tanh units with two convolutions, by loops."""
    plain = ((1, 1), (1, 1), "same")
    x, shapes = image, []
    for k in range(2):
        shapes.append(x.shape[:2])
        x = np.tanh(convolve(x, weights[f"conv_{k}.W"], weights[f"conv_{k}.b"], *plain))
        x = pool(x, pooling[k], np.max)
    code = x.ravel() @ weights["code.W"] + weights["code.b"]
    x = np.tanh(code @ weights["decoder.W"] + weights["decoder.b"]).reshape(x.shape)
    for k in (1, 0):
        kernels = weights[f"decoder_conv_{k}.W"], weights[f"decoder_conv_{k}.b"]
        x = convolve(enlarged(x, shapes[k]), *kernels, *plain)
        x = np.tanh(x) if k else x
    return code, x


@pytest.mark.parametrize("pooling", [[(2, 2), (2, 2)], [(1, 1), (3, 2)], [(1, 1), (1, 1)]])
@pytest.mark.parametrize("shape", [(8, 8, 1), (7, 5, 2)])
def test_codes_and_images_are_those_of_loops(shape, pooling):
    X = np.random.default_rng(0).normal(size=(6, *shape))
    model = fitted(X, activation="tanh", pooling=pooling)
    codes, images = model.transform(X), model.reconstruct(X)
    assert images.shape == X.shape
    for k in range(3):
        code, image = oracle(model.get_weights(), X[k], pooling)
        np.testing.assert_allclose(codes[k], code, atol=1e-10)
        np.testing.assert_allclose(images[k], image, atol=1e-10)
    np.testing.assert_allclose(model.score(X), -((images - X) ** 2).mean(), rtol=1e-10)
    rows = model.inverse_transform(codes)
    np.testing.assert_allclose(rows.reshape(X.shape), images, atol=1e-12)


def test_images_in_every_form_give_the_same_model():
    flat = IMAGES.reshape(80, 64)
    expected = fitted()
    assert expected.image_shape_ == (8, 8, 1)
    assert expected.n_features_in_ == 64
    for X, options in (
        (IMAGES[..., None], {}),
        (IMAGES.tolist(), {}),
        (flat, {"image_shape": (8, 8)}),
    ):
        model = fitted(X, **options)
        np.testing.assert_array_equal(model.transform(flat), expected.transform(IMAGES))
        np.testing.assert_array_equal(model.score_samples(X), expected.score_samples(flat))
        assert model.reconstruct(X).shape == np.shape(X)


def test_signals():
    X = np.sin(np.arange(21)[None, :, None] * np.arange(1, 31)[:, None, None] / 9 + [0, 1])
    model = fitted(X, n_dims=1, conv_layers=[(3, 3), (4, 4)], pooling=[2, 3])
    assert model.image_shape_ == (21, 2)
    assert model.reconstruct(X).shape == X.shape
    flat = fitted(X.reshape(30, 42), n_dims=1, image_shape=(21, 2), pooling=[2, 3],
                  conv_layers=[(3, 3), (4, 4)])  # fmt: skip
    np.testing.assert_array_equal(flat.transform(X), model.transform(X))
    table = fitted(X[:, :, 0], conv_layers=[(3, 3)])  # signals of one channel
    assert table.image_shape_ == (21, 1)


@pytest.mark.parametrize("options", [{"normalization": "batch"}, {"pooling_type": "average"}])
@pytest.mark.parametrize("loss", ["squared_error", "log_loss", "poisson"])
def test_it_learns(loss, options):
    start = ConvAutoencoder(3, **{**SMALL, "max_iter": 1}, loss=loss, **options)
    end = clone(start).set_params(max_iter=40, learning_rate_init=0.01)
    assert end.fit(IMAGES).loss_ < 0.9 * start.fit(IMAGES).loss_
    images = end.reconstruct(IMAGES)
    if loss == "log_loss":
        assert 0 <= images.min() <= images.max() <= 1


@pytest.mark.parametrize("corruption", ["gaussian", "masking", "salt_and_pepper"])
def test_corruption_acts_in_training_alone(corruption):
    plain, noisy = fitted(max_iter=1), fitted(max_iter=1, corruption=corruption)
    assert noisy.loss_ != plain.loss_
    codes = noisy.transform(IMAGES)
    np.testing.assert_array_equal(noisy.transform(IMAGES), codes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"conv_layers": [3]}, "conv_layers must be pairs"),
        ({"pooling": [2]}, "pooling has 1 entries for 2 convolutions"),
        ({"activation": "maxout"}, "activation must be among"),
        ({"code_activation": "none"}, "code_activation must be among"),
        ({"image_shape": (4, 4)}, "is not the shape of the images in X"),
        ({"n_dims": 1}, "image_shape"),
        ({"dropout": 0.5, "solver": "lbfgs"}, "does not work with solver='lbfgs'"),
        ({"corruption": "masking", "corruption_level": 1.0}, "needs corruption_level in"),
        ({"n_components": 0}, "'n_components' parameter"),
    ],
)
def test_bad_parameters(options, message):
    if "n_dims" in options:
        options = {**options, "image_shape": (8, 8, 1)}
    with pytest.raises(ValueError, match=message):
        fitted(**options)


@pytest.mark.parametrize("method", ["transform", "reconstruct", "score", "score_samples"])
def test_images_of_another_shape(method):
    model = fitted()
    with pytest.raises(ValueError, match=r"fitted on images of shape \(8, 8, 1\)"):
        getattr(model, method)(np.zeros((2, 4, 16)))


def test_codes_of_another_width():
    with pytest.raises(ValueError, match="codes with 3 columns, got 2"):
        fitted().inverse_transform(np.zeros((4, 2)))


def test_in_a_pipeline_and_a_search():
    X, y = load_digits(return_X_y=True)
    coder = ConvAutoencoder(**SMALL, image_shape=(8, 8))
    coder.set_params(max_iter=30, learning_rate_init=0.01)
    pipeline = make_pipeline(coder, LogisticRegression())
    search = GridSearchCV(pipeline, {"convautoencoder__n_components": [2, 6]}, cv=2)
    search.fit(X[:80] / 16, y[:80])
    assert search.best_params_ == {"convautoencoder__n_components": 6}
    names = search.best_estimator_[0].get_feature_names_out()
    assert list(names[:2]) == ["convautoencoder0", "convautoencoder1"]


def test_images_that_are_objects_come_back_as_an_array():
    objects = np.empty(len(IMAGES), object)
    objects[:] = list(IMAGES)
    expected = fitted().reconstruct(IMAGES)
    for given in (objects, list(IMAGES)):
        np.testing.assert_array_equal(fitted(given).reconstruct(given), expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"conv_layers": [(3, (3,))]},
            r"^the kernel size in conv_layers has \(3,\) for the 2",
        ),
        (
            {"n_dims": 1, "conv_layers": [(3, 3)], "pooling": (2, 2)},
            r"^pooling has \(2, 2\) for",
        ),
        ({"n_dims": True}, "n_dims must be 1 or 2, got True"),
    ],
)
def test_sizes_for_other_axes_than_the_images_have(options, message):
    with pytest.raises(ValueError, match=message):
        fitted(**options)
