"""Convolutional networks that train as one stack, and searches over them."""

import numpy as np
import pytest
from sklearn import model_selection as sk
from sklearn.datasets import load_digits

import skdeep.model_selection as ours
from skdeep import CNNClassifier, CNNRegressor
from skdeep.augmentation import Flip, Noise, Rotate, Shift
from skdeep.fitting import stack as _stack
from skdeep.nn.conv import choice, conv
from tests.estimators.stacked import twins

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_digits(return_X_y=True)
X, Y = X[:203] / 16, Y[:203]
SIGNALS = np.sin(np.arange(1, 61)[:, None, None] * np.arange(12)[:, None] / 20 + [0.0, 1.0])
OWN = {
    "learning_rate_init": (0.001, 0.01, 0.003),
    "alpha": (0.0, 0.1, 1e-4),
    "random_state": (0, 1, 2),
    "max_iter": (2, 4, 3),
    "shuffle": (True, True, False),
}
IMAGES = {
    "conv_layers": [(3, 3), (4, (2, 3))],
    "hidden_layer_sizes": (6,),
    "image_shape": (8, 8),
    "batch_size": 32,
    "max_iter": 3,
    "random_state": 0,
}
OPTIONS = [
    {},
    {"normalization": "batch", "residual": True},
    {"normalization": "layer", "pooling_type": "average", "dropout": 0.2},
    {"strides": [2, 1], "dilation": [1, 2], "pooling": None, "global_pooling": "max"},
    {"padding": "valid", "global_pooling": "average", "activation": "gelu"},
    {"random_shift": 1, "random_flip": "horizontal"},
    {"augment": [Rotate(9, y="keep"), Shift(1, y="keep"), Noise(0.1)]},
    {"conv_layers": [(4, 5), (4, 5)], "pooling": None},
]


@pytest.fixture
def parts(monkeypatch):
    """Cut every batch in two parts."""
    monkeypatch.setattr(conv, "PART_WORK", 0)
    monkeypatch.setattr(choice, "FEW", 10**9)


@pytest.fixture
def stacks(monkeypatch):
    """Return the list of the numbers of models that were stacked."""
    sizes, make = [], _stack.Stack.__init__

    def init(self, jobs):
        sizes.append(len(jobs))
        make(self, jobs)

    monkeypatch.setattr(_stack.Stack, "__init__", init)
    return sizes


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.filterwarnings("ignore:random_flip:UserWarning")
@pytest.mark.parametrize("cls", [CNNClassifier, CNNRegressor])
def test_a_stack_of_images_equals_its_models(parts, cls, options):
    rows = [slice(203), slice(203), slice(150)]
    twins(cls(**IMAGES | options), OWN, (X, Y), rows)


def test_points_in_units_of_their_own_follow_in_a_stack():
    """Each model standardises the points of its own samples."""
    points = np.random.default_rng(0).uniform(1, 6, (203, 4))
    changes = [Flip(y="keypoints", swap=[1, 0]), Rotate(20), Shift(1)]
    model = CNNRegressor(**IMAGES, augment=changes, standardize_target=True)
    twins(model, OWN, (X, points), [slice(203), slice(40, 203), slice(150)])


@pytest.mark.parametrize("options", [{}, {"strides": 2, "pooling": None}, {"dilation": 2}], ids=str)
def test_a_stack_of_signals_equals_its_models(parts, options):
    model = CNNClassifier([(3, 3), (4, 5)], (6,), n_dims=1, batch_size=16, **options)
    twins(model, OWN, (SIGNALS, np.arange(60) % 3), [slice(60), slice(59), slice(40)])


def test_a_search_over_what_stacks_and_what_does_not(stacks):
    grid = [
        {"conv_layers": [[(3, 3)], [(4, 3), (2, 3)]], "dropout": [0.0, 0.3]},
        {"random_shift": [0, 1], "class_weight": [None, "balanced"]},
        {"early_stopping": [True], "random_state": [0, 1, 2]},
    ]
    compare(CNNClassifier(**IMAGES), grid)
    assert max(stacks) > 1


def compare(estimator, grid):
    """Run our search and scikit-learn's, and compare all scores."""
    found, expected = (
        module.GridSearchCV(estimator, grid, cv=3, return_train_score=True).fit(X, Y)
        for module in (ours, sk)
    )
    for name, values in expected.cv_results_.items():
        if name.endswith("_score"):
            np.testing.assert_allclose(found.cv_results_[name], values, rtol=1e-8, err_msg=name)
    assert found.best_params_ == expected.best_params_
    last = [
        getattr(s.best_estimator_, "steps", [("", s.best_estimator_)])[-1][1]
        for s in (found, expected)
    ]
    np.testing.assert_allclose(last[0].loss_curve_, last[1].loss_curve_, rtol=1e-8)
