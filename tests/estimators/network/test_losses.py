"""A loss may be an object of skdeep.nn, or of the user's own."""

import pickle
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn import model_selection as sk
from sklearn.base import clone
from sklearn.model_selection import KFold

import skdeep.model_selection as ours
from skdeep import NetworkClassifier, NetworkRegressor
from skdeep.nn import (
    Activation,
    Dense,
    GaussianLikelihood,
    Huber,
    LogisticFocalLoss,
    LogisticLogLoss,
    Loss,
    Pinball,
    Poisson,
    SoftmaxFocalLoss,
    SoftmaxLogLoss,
    SquaredError,
    kernel,
)
from skdeep.testing import check_loss
from tests.nn.test_own_losses import OfBatch

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
T = X[:, 0] + 0.3 * RNG.normal(size=60)
TWO, THREE, LABELS = np.arange(60) % 2, np.arange(60) % 3, (X[:, :2] > 0).astype(int)
SHORT = {"max_iter": 4, "random_state": 0, "batch_size": 20}
LAYERS = [Dense(5), Activation("tanh")]


@kernel
def expectile(xp, z, y, w, level):
    d = z - y
    share = xp.maximum(xp.sign(d), 0) * (1 - level) + xp.maximum(-xp.sign(d), 0) * level
    return w * share * d * d, 2 * w * share * d


class Expectile(Loss):
    per_model = ("level",)

    def __init__(self, level=0.5):
        self.level = level

    def bind(self, binder, n_logits):
        return SimpleNamespace(level=binder.own(self.level))

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        ops.launch(expectile, (value, delta), z, target, w, work.level)


@kernel
def normal_mean(xp, mean, log_scale, y, w):
    d = (y - mean) * xp.exp(-log_scale)
    return 0.5 * w * d * d, -w * d * xp.exp(-log_scale)


@kernel
def normal_scale(xp, mean, log_scale, y, w):
    d = (y - mean) * xp.exp(-log_scale)
    return w * log_scale, w * (1 - d * d)


class Normal(Loss):
    """Two logits of an output, mean and logarithm of the scale; the target stands twice."""

    def n_logits(self, n_outputs):
        return 2 * n_outputs

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        mean, log_scale, y = z[:, ::2], z[:, 1::2], target[:, ::2]
        ops.launch(normal_mean, (value[:, ::2], delta[:, ::2]), mean, log_scale, y, w)
        ops.launch(normal_scale, (value[:, 1::2], delta[:, 1::2]), mean, log_scale, y, w)


SAME = {
    "squared": (NetworkRegressor, T, "squared_error", SquaredError(), {}),
    "huber": (NetworkRegressor, T, "huber", Huber(delta=0.5), {"huber_delta": 0.5}),
    "poisson": (NetworkRegressor, np.abs(T), "poisson", Poisson(), {}),
    "quantiles": (
        NetworkRegressor,
        T,
        "quantile",
        Pinball((0.1, 0.5, 0.9), 3),
        {"quantiles": (0.1, 0.5, 0.9)},
    ),
    "two classes": (NetworkClassifier, TWO, "log_loss", LogisticLogLoss(), {}),
    "labels": (NetworkClassifier, LABELS, "focal", LogisticFocalLoss(), {}),
    "three classes": (NetworkClassifier, THREE, "log_loss", SoftmaxLogLoss(3), {}),
    "focal": (NetworkClassifier, THREE, "focal", SoftmaxFocalLoss(3), {}),
}


@pytest.mark.parametrize(("cls", "y", "name", "loss", "more"), SAME.values(), ids=SAME)
def test_a_loss_is_what_its_name_is(cls, y, name, loss, more):
    named = cls(LAYERS, loss=name, **more, **SHORT).fit(X, y)
    given = cls(LAYERS, loss=loss, **SHORT).fit(X, y)
    assert given.loss_curve_ == named.loss_curve_
    assert given.out_activation_ == named.out_activation_
    np.testing.assert_array_equal(given.predict(X), named.predict(X))
    assert given.score(X, y) == named.score(X, y)
    if cls is NetworkClassifier:
        found, expected = given.predict_log_proba(X), named.predict_log_proba(X)
        np.testing.assert_allclose(found, expected, rtol=1e-6)
    given.partial_fit(X, y)


def test_own_losses_pass():
    check_loss(Expectile(0.2), 2)
    check_loss(Normal(), 4, y=[0.5])


@pytest.mark.parametrize("device", ["cpu", "checked"])
def test_a_loss_of_ones_own(device):
    options = {**SHORT, "max_iter": 150, "learning_rate_init": 0.02, "device": device}
    low, high = (
        NetworkRegressor(LAYERS, loss=Expectile(level), **options).fit(X, T) for level in (0.1, 0.9)
    )
    assert np.mean(low.predict(X) < high.predict(X)) > 0.9
    assert clone(low).loss == low.loss
    copied = pickle.loads(pickle.dumps(low))
    np.testing.assert_array_equal(copied.predict(X), low.predict(X))
    assert repr(low.loss) == "Expectile(level=0.1)"


def test_several_logits_of_an_output():
    options = {**SHORT, "max_iter": 200, "learning_rate_init": 0.02, "standardize_target": False}
    noisy = X[:, 0] + np.where(X[:, 1] > 0, 1.0, 0.1) * RNG.normal(size=60)
    model = NetworkRegressor(LAYERS, loss=Normal(), **options).fit(X, noisy)
    mean, log_scale = model.predict(X).T
    assert log_scale[X[:, 1] > 0.5].mean() > log_scale[X[:, 1] < -0.5].mean() + 0.5
    assert np.isfinite(mean).all()
    assert 0.2 < model.score(X, noisy) < 1


def test_early_stopping_and_solvers():
    for options in ({"early_stopping": True}, {"solver": "lbfgs"}):
        model = NetworkRegressor(LAYERS, loss=Expectile(0.3), **SHORT, **options).fit(X, T)
        assert np.isfinite(model.predict(X)).all()


class OfPositive(Loss):
    """Squares, which refuse a target that is not positive."""

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        def compute(z, target, w, value, delta):
            if (target <= 0).any():
                raise ValueError("targets must be positive")
            value[...], delta[...] = w * (z - target) ** 2, 2 * w * (z - target)

        ops.on_host(compute, z, target, w, value, delta)


def test_losses_of_some_targets_alone_are_those_of_these():
    positive = np.abs(T) + 1
    NetworkRegressor([Dense(2)], loss=OfPositive(), max_iter=1).fit(X, positive)
    with pytest.raises(ValueError, match="targets must be positive"):
        NetworkRegressor([Dense(2)], loss=OfPositive(), max_iter=1).fit(X, -positive)


def test_searches_try_losses_in_stacks(stacks):
    model = NetworkRegressor(LAYERS, **SHORT)
    grid = {"loss": [Expectile(0.1), Expectile(0.5), Expectile(0.9)], "alpha": [0.0, 0.1]}
    options = {"cv": KFold(3), "refit": False}
    found = ours.GridSearchCV(model, grid, **options).fit(X, T)
    assert stacks == [18]
    expected = sk.GridSearchCV(model, grid, **options).fit(X, T)
    name = "mean_test_score"
    np.testing.assert_allclose(found.cv_results_[name], expected.cv_results_[name], rtol=1e-8)


@pytest.mark.parametrize(
    ("cls", "y", "loss", "said"),
    [
        (NetworkClassifier, THREE, LogisticLogLoss(), "3 classes.*SoftmaxLogLoss"),
        (NetworkClassifier, THREE, SoftmaxLogLoss(4), "3 classes"),
        (NetworkClassifier, TWO, SoftmaxLogLoss(2), "two classes.*LogisticLogLoss"),
        (NetworkClassifier, np.stack([TWO, THREE], 1), SoftmaxLogLoss(3), "must be a name"),
        (NetworkRegressor, T, SoftmaxLogLoss(3), "one of classes"),
        (NetworkRegressor, -np.abs(T), Poisson(), "needs y >= 0"),
        (NetworkRegressor, T, GaussianLikelihood(), "reads 1 number.* for 2 logits"),
        (NetworkRegressor, T, SquaredError, "loss"),
        (NetworkRegressor, T, "squared", "Did you mean"),
        (NetworkRegressor, T, OfBatch(), "gives a sample another loss beside other samples"),
        (NetworkClassifier, TWO, OfBatch(), "gives a sample another loss beside other samples"),
    ],
)
def test_losses_that_do_not_fit_are_refused(cls, y, loss, said):
    with pytest.raises(ValueError, match=said):
        cls(LAYERS, loss=loss, **SHORT).fit(X, y)


def test_bounds_go_with_losses_of_plain_predictions():
    bounds = {"output_activation": (-1, 1), **SHORT}
    model = NetworkRegressor(LAYERS, loss=Expectile(0.3), **bounds).fit(X, np.tanh(T))
    assert np.abs(model.predict(X)).max() <= 1
    for loss in (Poisson(), Normal()):
        with pytest.raises(ValueError, match="says itself what predictions are"):
            NetworkRegressor(LAYERS, loss=loss, **bounds).fit(X, np.abs(np.tanh(T)))


def test_smoothing_is_that_of_the_loss():
    with pytest.warns(UserWarning, match="label_smoothing has no effect with loss=SoftmaxLogLoss"):
        NetworkClassifier(LAYERS, loss=SoftmaxLogLoss(3), label_smoothing=0.1, **SHORT).fit(
            X, THREE
        )
