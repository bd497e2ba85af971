"""Layers of a user's own: they train, pickle, compute on devices and are checked as ours are."""

import pickle

import numpy as np
import pytest

from skdeep import NetworkClassifier, NetworkRegressor, NetworkTransformer
from skdeep.nn import LSTM, Activation, Dense, LastStep, Layer, Residual, TimeDistributed
from skdeep.testing import check_layer
from tests.estimators.network.layers import Snake

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X = np.random.default_rng(0).normal(size=(60, 4))
Y = (np.sin(3 * X[:, 0]) > 0).astype(int)
SHORT = {"max_iter": 3, "random_state": 0, "batch_size": 16}


def network(cls=NetworkClassifier, **params):
    return cls([Dense(6), Snake(2.0), Dense(3)], **{**SHORT, **params})


def test_it_fulfils_the_contract():
    check_layer(Snake(0.7), (3,))
    check_layer(Snake(0.7), (2, 3))


@pytest.mark.parametrize("cls", [NetworkClassifier, NetworkRegressor, NetworkTransformer])
def test_it_trains_and_pickles(cls):
    model = network(cls).fit(X, Y)
    learned = model.get_weights()["snake_1.a"]
    assert learned.shape == (6,)
    assert np.ptp(learned) > 0
    copied = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copied.transform(X), model.transform(X))
    assert copied.layers == model.layers


def test_it_stands_inside_other_layers():
    layers = [Residual([Dense(4), Snake(), Dense(4)], name="block"), Activation("tanh")]
    model = NetworkRegressor(layers, **SHORT).fit(X, X[:, 0])
    assert "block.body.snake_1.a" in model.get_weights()
    steps = NetworkRegressor([LSTM(3), TimeDistributed([Dense(3), Snake()]), LastStep()], **SHORT)
    steps.fit([X[k : k + 3 + k % 4] for k in range(20)], X[:20, 0])
    assert np.isfinite(steps.loss_curve_).all()


class Hides(Layer):
    def __init__(self, width):
        self.units = width

    def build(self, in_shape):
        raise NotImplementedError

    def forward(self, v, training):
        raise NotImplementedError

    def backward(self, v):
        raise NotImplementedError


def test_arguments_that_are_not_kept_are_named():
    with pytest.raises(TypeError, match="Hides takes 'width', but has no attribute of that name"):
        NetworkClassifier([Hides(3)]).fit(X, Y)
