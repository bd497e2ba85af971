"""Forward passes that begin or end at a named layer."""

import numpy as np
import pytest

from skdeep.nn.core.network import Network
from skdeep.nn.dense.activation import Activation
from skdeep.nn.dense.dense import Dense
from skdeep.nn.losses import SquaredError
from skdeep.train.predictor import Predictor


@pytest.mark.parametrize("what", ["last", "second", "logits", "output"])
def test_rows_of_a_layer_go_on_from_there(backend, what):
    layers = [Dense(5, name="first"), Activation("tanh"), Dense(4, name="second")]
    layers += [Activation("relu"), Dense(2, name="last")]
    network = Network(layers, (3,), SquaredError())
    values = network.initial([np.random.RandomState(0)])
    predictor = Predictor(network, values, backend)
    X = np.random.RandomState(1).normal(size=(7, 3))
    whole, first = (backend.to_host(predictor(X, name)) for name in (what, "first"))
    found = backend.to_host(predictor(backend.to_device(first[0]), what, start="first"))
    np.testing.assert_allclose(found, whole, rtol=1e-12)
