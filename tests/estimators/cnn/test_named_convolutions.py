"""Convolutions by name: the network is that of the same numbers, and small images are refused."""

import numpy as np
import pytest

from skdeep import CNNRegressor, ImageCaptioner

pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer")

FAST = {"hidden_layer_sizes": (2,), "max_iter": 1, "random_state": 0}
LENET = {
    "conv_layers": [(6, 5), (16, 5)],
    "pooling": 2,
    "pooling_type": "average",
    "padding": "valid",
}
PILOTNET = {
    "conv_layers": [(24, 5), (36, 5), (48, 5), (64, 3), (64, 3)],
    "strides": [2, 2, 2, 1, 1],
    "pooling": None,
    "padding": "valid",
}


def images(*shape):
    return np.random.default_rng(0).normal(size=(3, *shape)), [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("name", "numbers", "least"), [("lenet", LENET, (16, 16)), ("pilotnet", PILOTNET, (61, 61))]
)
def test_a_name_is_the_network_of_these_numbers(name, numbers, least):
    X, y = images(*least, 1)
    found = CNNRegressor(name, **FAST).fit(X, y)
    expected = CNNRegressor(**numbers, **FAST).fit(X, y).get_weights()
    assert found.get_params()["conv_layers"] == name
    for key, w in found.get_weights().items():
        np.testing.assert_array_equal(w, expected[key])
    for params, fewer in (({"conv_layers": name}, 1), (numbers, 6)):
        with pytest.raises(ValueError, match=f"{least[0]} by {least[1]} pixels"):
            CNNRegressor(**params, **FAST).fit(X[:, :, fewer:], y)


@pytest.mark.parametrize("name", ["vgg11", "vgg16"])
def test_each_pooling_must_have_something_to_pool(name):
    X, y = images(32, 31)
    with pytest.raises(ValueError, match=f"conv_layers='{name}' needs 32 by 32 pixels"):
        CNNRegressor(name, **FAST).fit(X, y)


def test_signals_and_captions():
    X, y = images(24, 2)
    model = CNNRegressor("lenet", n_dims=1, **FAST).fit(X, y)
    assert model.get_weights()["conv_1.W"].shape == (5, 6, 16)
    with pytest.raises(ValueError, match="needs 16 pixels at least"):
        CNNRegressor("lenet", n_dims=1, **FAST).fit(X[:, :15], y)
    X, _ = images(16, 20)
    captioner = ImageCaptioner("lenet", units=2, embedding_dim=2, max_iter=1)
    assert captioner.fit(X, ["a", "b", "c"]).image_shape_ == (16, 20, 1)
    assert any(w.shape == (5, 5, 6, 16) for w in captioner.get_weights().values())


@pytest.mark.parametrize(
    "other", [{"strides": 2}, {"padding": "valid"}, {"pooling": None}, {"pooling": [2, 2]}]
)
def test_what_a_name_sets_is_left_alone(other):
    (name,) = other
    with pytest.raises(ValueError, match=f"conv_layers='lenet' sets {name} itself: leave it at"):
        CNNRegressor("lenet", **other).fit(*images(16, 16))
