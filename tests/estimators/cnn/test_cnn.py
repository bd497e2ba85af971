"""Convolutional estimators: images and signals in every form, layers, features, refusals."""

import pickle

import numpy as np
import pytest
from sklearn.datasets import load_digits

from skdeep import CNNClassifier, CNNRegressor
from skdeep.backend.numpy_backend import NumpyBackend
from skdeep.nn.conv import blocks
from skdeep.train import predictor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SMALL = {
    "conv_layers": [(3, 3), (4, (2, 3))],
    "hidden_layer_sizes": (5,),
    "max_iter": 3,
    "random_state": 0,
}

SIGNALS = {"conv_layers": [(2, 3)], "n_dims": 1}


def bars(n=120, size=8, channels=1, seed=0):
    """Return images (n, size, size, channels) of a horizontal (0) or vertical (1) bar in noise."""
    random = np.random.default_rng(seed)
    X, y = 0.3 * random.normal(size=(n, size, size, channels)), np.arange(n) % 2
    for k, place in enumerate(random.integers(1, size - 1, size=(n, 2))):
        row, start = place[0], min(place[1], size - 4)
        if y[k]:
            X[k, start : start + 4, row] += 1
        else:
            X[k, row, start : start + 4] += 1
    return X, y


X, Y = bars()


def small(cls=CNNClassifier, **options):
    return cls(**SMALL | options)


def values(model):
    return model.get_weights()


def same(one, other):
    assert one.keys() == other.keys()
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name], err_msg=name)


# ---------------------------------------------------------------- layers and features


@pytest.mark.filterwarnings("ignore:random_flip:UserWarning")
def test_a_description_of_everything():
    model = small(
        CNNRegressor,
        conv_layers=[(4, 3), (4, (3, 1)), (6, 2)],
        hidden_layer_sizes=(5, 4),
        activation=["relu", "tanh", "gelu", "selu", "maxout"],
        strides=[1, (2, 1), 1],
        dilation=[(1, 2), 1, 1],
        pooling=[None, (1, 2), 2],
        pooling_type="average",
        normalization="batch",
        residual=True,
        dropout=[0, 0.1, 0, 0.1, 0],
        global_pooling="average",
        random_shift=(1, 2),
        random_flip="horizontal",
    ).fit(X, Y)
    shapes = {name: array.shape for name, array in values(model).items()}
    assert shapes["conv_block_0.body.conv_0.W"] == (3, 3, 1, 4)
    assert shapes["conv_block_1.shortcut.W"] == (1, 1, 4, 4)
    assert shapes["conv_block_2.body.conv_norm_2.scale"] == (6,)
    sizes = [8 * 8 * 4, 4 * 4 * 4, 2 * 2 * 6, 5, 4]
    assert model.n_layers_ == 7
    for layer, size in enumerate(sizes):
        features = model.set_params(transform_layer=layer).transform(X[:7])
        assert features.shape == (7, size)
        assert len(model.get_feature_names_out()) == size


def test_features_are_those_of_the_layer():
    model = small(conv_layers=[(3, 3)], transform_layer=0).fit(X, Y)
    weights = values(model)
    features = model.transform(X[:2]).reshape(2, 4, 4, 3)
    padded = np.pad(X[:2, :, :, 0], ((0, 0), (1, 1), (1, 1)))
    by_hand = np.zeros((2, 8, 8, 3))
    for i, j in np.ndindex(3, 3):
        by_hand += padded[:, i : i + 8, j : j + 8, None] * weights["conv_0.W"][i, j, 0]
    by_hand = np.maximum(by_hand + weights["conv_0.b"], 0)
    by_hand = by_hand.reshape(2, 4, 2, 4, 2, 3).max(axis=(2, 4))
    np.testing.assert_allclose(features, by_hand, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("activation", sorted(blocks.RISING))
def test_pooling_before_a_rising_activation_is_pooling_behind_it(monkeypatch, activation):
    options = {"activation": activation, "normalization": "batch", "dropout": 0.2}
    model = small(**options).fit(X, Y)
    names = list(model._network.spec.children)
    assert names.index("conv_pooling_0") < names.index("conv_activation_0")
    monkeypatch.setattr(blocks, "RISING", frozenset())
    other = small(**options).fit(X, Y)
    names = list(other._network.spec.children)
    assert names.index("conv_pooling_0") > names.index("conv_activation_0")
    for name, array in values(model).items():
        np.testing.assert_allclose(array, values(other)[name], atol=1e-9, err_msg=name)
    np.testing.assert_allclose(model.transform(X), other.transform(X), atol=1e-9)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_blas_has_one_thread_where_convolutions_have_parts(solver, monkeypatch):
    found, session = [], NumpyBackend.session

    def observed(self, work):
        found.append(work)
        return session(self, work)

    monkeypatch.setattr(NumpyBackend, "session", observed)
    wide = {"hidden_layer_sizes": (500,), "batch_size": 120, "solver": solver}
    small(**wide).fit(X, Y).predict(X)
    assert found == [0, 0]
    small(conv_layers=[], **wide).fit(X, Y).predict(X)
    assert found == [0, 0, 120 * 64 * 500]


def test_no_convolution_is_a_perceptron_of_pixels():
    from skdeep import MLPClassifier

    flat = X.reshape(len(X), -1)
    model = small(conv_layers=[]).fit(X, Y)
    twin = MLPClassifier((5,), max_iter=3, random_state=0).fit(flat, Y)
    same(values(model), values(twin))


# ---------------------------------------------------------------- training


def test_it_learns_what_bars_are_wherever_they_lie():
    train, y = bars(400, seed=1)
    model = CNNClassifier(
        [(8, 3), (8, 3)], (), global_pooling="max", learning_rate_init=0.01, random_state=0
    )
    model.set_params(max_iter=30).fit(train, y)
    assert model.score(*bars(400, seed=2)) > 0.95


def test_random_shifts_make_up_for_positions_that_were_never_seen():
    """A network that flattens its features learns places; shifted copies teach it others."""
    digits = load_digits()
    images, y = digits.images[:600] / 16, digits.target[:600]
    moved = np.zeros((600, 12, 12))
    moved[:, 2:10, 2:10] = images
    shifted = np.roll(moved[300:], (2, 2), axis=(1, 2))
    options = {"learning_rate_init": 0.01, "random_state": 0, "max_iter": 30, "batch_size": 30}
    scores = {
        shift: CNNClassifier([(8, 3)], (32,), random_shift=shift, **options)
        .fit(moved[:300], y[:300])
        .score(shifted, y[300:])
        for shift in (0, 2)
    }
    assert scores[2] > scores[0] + 0.3


@pytest.mark.parametrize("options", [{"random_shift": 2}, {"random_flip": "both"}])
def test_a_row_of_weight_two_is_two_rows_also_when_it_moves(options):
    options = {"shuffle": False, "batch_size": len(X), "solver": "sgd", **options}
    weight = 1 + np.arange(len(Y)) % 2
    once = small(**options).fit(X, Y, sample_weight=weight)
    two = small(**options | {"batch_size": weight.sum()})
    twice = two.fit(np.repeat(X, weight, axis=0), np.repeat(Y, weight))
    for name, array in values(once).items():
        np.testing.assert_allclose(array, values(twice)[name], rtol=1e-9, atol=1e-12)
    still = small(**options | {"random_shift": 0, "random_flip": None}).fit(X, Y)
    assert not np.allclose(values(still)["conv_0.W"], values(once)["conv_0.W"], rtol=1e-6)


def test_moving_images_changes_no_other_draw_and_no_prediction():
    moving = small(random_shift=1, max_iter=1, learning_rate_init=1e-9).fit(X, Y)
    still = small(max_iter=1, learning_rate_init=1e-9).fit(X, Y)
    np.testing.assert_allclose(moving.predict_proba(X), still.predict_proba(X), rtol=1e-6)
    with pytest.raises(ValueError, match="needs dropout"):
        moving.predict_proba(X, return_std=True)


def test_predictions_under_dropout():
    model = small(dropout=[0.3, 0.3, 0], random_shift=1, mc_samples=4).fit(X, Y)
    mean, std = model.predict_proba(X, return_std=True)
    assert mean.shape == std.shape == (120, 2)
    assert (std > 0).any()
    np.testing.assert_allclose(mean.sum(axis=1), 1)


def test_a_prediction_does_not_depend_on_its_company(monkeypatch):
    model = small(normalization="batch").fit(X, Y)
    expected = model.predict_proba(X)
    monkeypatch.setattr(predictor, "CHUNK_ELEMENTS", 8 * 8 * 3 * 7)
    fresh = pickle.loads(pickle.dumps(model))
    np.testing.assert_allclose(fresh.predict_proba(X), expected, rtol=1e-12)
    np.testing.assert_allclose(fresh.predict_proba(X[5:6])[0], expected[5], rtol=1e-12)


def test_training_goes_on():
    model = small(warm_start=True).fit(X, Y)
    first = values(model)
    assert model.fit(X, Y).image_shape_ == (8, 8, 1)
    assert not np.array_equal(values(model)["conv_0.W"], first["conv_0.W"])
    partial = small().partial_fit(X[:60], Y[:60], classes=[0, 1])
    assert partial.partial_fit(X[60:].reshape(60, 64), Y[60:]).t_ == 120
    frozen = small(initial_weights=first, frozen_layers=["conv_0"]).fit(X, Y)
    np.testing.assert_array_equal(values(frozen)["conv_0.W"], first["conv_0.W"])


def test_several_outputs():
    several = np.stack([Y, 1 - Y, np.arange(120) % 3], axis=1)
    assert small().fit(X, several).predict(X).shape == (120, 3)
    assert small(CNNRegressor).fit(X, several).predict(X).shape == (120, 3)


def test_flips_warn_once_of_targets_with_a_direction():
    options = {"conv_layers": [(2, 3)], "random_flip": "both", "max_iter": 1, "random_state": 0}
    images = np.random.default_rng(0).random((20, 6, 6))
    model = CNNRegressor(**options)
    with pytest.warns(UserWarning, match="y has a direction"):
        model.partial_fit(images, images[:, 0, 0])
    model.partial_fit(images, images[:, 0, 0])
    CNNRegressor(**{**options, "random_flip": None}).partial_fit(images, images[:, 0, 0])
    CNNClassifier(**options).partial_fit(images, np.arange(20) % 2, classes=[0, 1])
