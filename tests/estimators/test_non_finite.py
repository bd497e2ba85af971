"""A fit whose numbers leave the range of the dtype raises, though its weights are finite."""

import warnings

import numpy as np
import pytest

from skdeep import (
    Autoencoder,
    ConvAutoencoder,
    GaussianRBM,
    MLPClassifier,
    MLPRegressor,
    RBMClassifier,
    RNNClassifier,
    RNNGenerator,
    RNNTagger,
    VariationalAutoencoder,
)
from tests.contracts.estimators import CASES, cases

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 4))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
IMAGES = RANDOM.normal(size=(60, 6, 6))
STEPS = list(RANDOM.normal(size=(60, 5, 2)))
TOKENS = list(RANDOM.integers(0, 5, size=(60, 6)))
SHORT = {"max_iter": 3, "random_state": 0}
DIVERGED = "non-finite"


@pytest.mark.parametrize("scale", [1e155, 1e300])
@pytest.mark.parametrize("name", cases("standardize_target"))
def test_standardized_targets_whose_deviation_float64_cannot_hold(name, scale):
    case = CASES[name]
    with pytest.raises(ValueError, match=f"{DIVERGED}.*y: standardize_target=True"):
        case.make(standardize_target=True).fit(case.X, case.y * scale)


def test_standardized_targets_whose_deviation_float32_cannot_hold():
    model = MLPRegressor(standardize_target=True, dtype="float32", **SHORT)
    with pytest.raises(ValueError, match="too large for float32"):
        model.fit(X, X[:, 0] * 1e39)
    assert np.isfinite(model.fit(X, X[:, 0] * 1e30).predict(X)).all()


@pytest.mark.parametrize(
    "model", [MLPClassifier((3,), **SHORT), RNNClassifier(3, **SHORT), RNNTagger(3, **SHORT)]
)
class TestClassWeights:
    def fit(self, model, class_weight):
        rows = X if isinstance(model, MLPClassifier) else STEPS
        labels = [np.arange(5) % 2] * 60 if isinstance(model, RNNTagger) else Y
        return model.set_params(dtype="float32", class_weight=class_weight).fit(rows, labels)

    @pytest.mark.parametrize("weight", [1e38, 1e300])
    def test_that_float32_cannot_add_up(self, model, weight):
        with pytest.raises(ValueError, match="class_weight: the sum of the weights is too large"):
            self.fit(model, {0: weight, 1: 1.0})

    @pytest.mark.parametrize("weight", [1e-46, 1e-320])
    def test_that_would_vanish(self, model, weight):
        with pytest.raises(ValueError, match=r"class_weight: a weight of .* is too small"):
            self.fit(model, {0: weight, 1: 1.0})


def test_class_weights_that_would_vanish_in_float64():
    with pytest.raises(ValueError, match=r"class_weight: a weight of .* is too small for float64"):
        MLPClassifier(class_weight={0: 1e-320, 1: 1e-320}).fit(X, Y)


@pytest.mark.parametrize(
    "model",
    [
        Autoencoder(2, hidden_layer_sizes=(3,), solver="sgd", learning_rate_init=1e3, **SHORT),
        MLPClassifier((3,), solver="sgd", learning_rate_init=1e10, dtype="float32", **SHORT),
    ],
)
def test_finite_weights_with_outputs_that_are_not(model):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        with pytest.raises(ValueError, match=DIVERGED):
            model.fit(X, Y)
    assert not hasattr(model, "loss_curve_")  # as after every failed fit


def test_images_with_finite_weights_and_outputs_that_are_not():
    model = ConvAutoencoder(2, ((2, 3),), solver="sgd", learning_rate_init=1e3, **SHORT)
    with pytest.raises(ValueError, match=DIVERGED):
        model.fit(IMAGES)


@pytest.mark.parametrize(
    ("model", "data"),
    [
        (MLPClassifier((3,), **SHORT), (X, Y)),
        (RNNTagger(3, **SHORT), (STEPS, [np.arange(5) % 2] * 60)),
        (RNNGenerator(3, **SHORT), (TOKENS,)),
        (Autoencoder(2, **SHORT), (X,)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_large_weights_that_do_no_harm_are_kept(model, data):
    model.fit(*data)
    large = {name: values * 0 + 1e6 for name, values in model.get_weights().items()}
    model.set_params(initial_weights=large, learning_rate_init=1e-9).fit(*data)
    assert max(np.abs(values).max() for values in model.get_weights().values()) > 1e5


class TestGaussianMachines:
    def test_without_a_finite_partition(self):
        machine = GaussianRBM(3, n_iter=1, likelihood="ais", min_variance=1e300, random_state=0)
        with pytest.raises(ValueError, match="finds no finite log Z"):
            machine.fit(X)

    def test_without_finite_variances(self):
        rows = np.array([[0, 1, 0, 1], [1, 1, 0, 0], [0, 1, 1, 0]], float)
        machine = GaussianRBM(2, n_iter=1, learning_rate=1e4, random_state=0)
        with pytest.raises(ValueError, match="diverged"):
            machine.fit(rows)


def test_scores_so_far_out_that_infinities_meet():
    model = VariationalAutoencoder(2, hidden_layer_sizes=(3,), **SHORT).fit(X.astype(np.float32))
    with np.errstate(all="ignore"):
        scores = model.score_samples(X.astype(np.float32) * np.float32(1e37))
    assert not np.isnan(scores).any()


def test_large_weights_of_a_machine_with_classes():
    bits = (X > 0).astype(float)
    model = RBMClassifier(3, learning_rate_init=1e9, **SHORT).fit(bits, Y)
    assert np.isfinite(model.predict_proba(bits)).all()
