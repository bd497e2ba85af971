"""Small data and estimators, and what two equal trainings must have in common."""

import shutil

import numpy as np

from skdeep import MLPClassifier, MLPRegressor

RANDOM = np.random.RandomState(0)
X = RANDOM.standard_normal((97, 5))
Y = np.array(["no", "perhaps", "yes"])[np.digitize(X[:, 0] + X[:, 1] * X[:, 2], [-0.5, 0.5])]
WEIGHT = RANDOM.uniform(0.5, 2.0, 97)


def classifier(**params):
    """A classifier that takes a few milliseconds an epoch and stalls only late."""
    given = {"batch_size": 20, "max_iter": 9, "random_state": 3, "tol": 0.0} | params
    return MLPClassifier(hidden_layer_sizes=(7, 4), **given)


def regressor(**params):
    given = {"batch_size": 20, "max_iter": 9, "random_state": 3, "tol": 0.0} | params
    return MLPRegressor(hidden_layer_sizes=(7, 4), **given)


HISTORY = [
    "loss_curve_",
    "learning_rate_curve_",
    "gradient_norm_curve_",
    "validation_scores_",
    "validation_loss_curve_",
    "best_loss_",
    "best_validation_score_",
    "loss_",
    "n_iter_",
    "t_",
]


def assert_equal_training(one, other):
    """Parameters, history, optimizer, streams: equal to the last bit."""
    np.testing.assert_array_equal(one._values, other._values)
    assert one._values.dtype == other._values.dtype
    for name in HISTORY:
        assert getattr(one, name) == getattr(other, name), name
    _assert_same(one._training_state, other._training_state)
    np.testing.assert_array_equal(one.predict(X), other.predict(X))


def _assert_same(one, other):
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            _assert_same(one[key], other[key])
    elif isinstance(one, list):
        for a, b in zip(one, other, strict=True):
            _assert_same(a, b)
    else:
        np.testing.assert_array_equal(one, other)


def cut_off(folder, epoch):
    """Leave a folder as it was when the process died after `epoch`; save_epochs has kept that."""
    shutil.copy(folder / f"epoch-{epoch:06d}.skdeep", folder / "latest.skdeep")
    for file in folder.glob("epoch-*"):
        file.unlink()


class Recorder:
    """A callback that remembers its calls, and may act after an epoch."""

    def __init__(self, after=lambda epoch, fitted: None):
        self.after, self.tasks, self.open = after, [], 0

    def setup(self, estimator, context):
        self.open += 1

    def teardown(self, estimator, context):
        self.open -= 1

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        self.tasks.append(context.task_name)
        if context.task_name == "epoch":
            return self.after(estimator.n_iter_, fitted_estimator)
        return None
