"""Small deep belief networks, and what they learn from."""

import numpy as np

from skdeep import DBNClassifier, DBNRegressor, DBNTransformer
from tests.contracts.estimator_results import values

RNG = np.random.RandomState(0)
X = (RNG.uniform(size=(60, 6)) < RNG.uniform(size=6)).astype(float)
Y = np.array(["no", "yes"])[(X[:, 0] + X[:, 1] > X[:, 2]).astype(int)]
T = X[:, 0] - 2 * X[:, 1]
MORE = (RNG.uniform(size=(33, 6)) < 0.5).astype(float)
SMALL = {"hidden_layer_sizes": (5, 4), "pretrain_n_iter": 2, "max_iter": 3, "random_state": 0}
CLASSES = {DBNClassifier: Y, DBNRegressor: T, DBNTransformer: None}


def classifier(**params):
    return DBNClassifier(**{**SMALL, **params})


def transformer(**params):
    return DBNTransformer(**{**SMALL, **params})


def assert_same_rbms(one, other):
    for a, b in zip(one.rbms_, other.rbms_, strict=True):
        np.testing.assert_array_equal(values(a), values(b))
