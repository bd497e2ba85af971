"""What bad input gets: an error before training that names the parameter and what came."""

import re
import sys

import numpy as np
import pytest
from scipy import sparse

from skdeep import MLPClassifier, MLPRegressor

RNG = np.random.default_rng(0)
N = 20
X = RNG.normal(size=(N, 3))
Y = np.arange(N) % 2
PARAMS = {"hidden_layer_sizes": (4, 4), "max_iter": 2, "random_state": 0}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def small(estimator, **params):
    return estimator(**{**PARAMS, **params})


def with_value(value, *, at):
    changed = X.copy()
    changed[at] = value
    return changed


# (parameter, value, what the message says came); the parameter's own name is always asked for.
BAD_PARAMETERS = [
    ("activation", "nope", "'nope'"),
    ("activation", 3, "3"),
    ("activation", ["relu", "nope"], "'nope'"),
    ("activation", ["relu"], "1"),
    ("activation", ["relu"] * 3, "3"),
    ("dropout", [0.1, 0.2, 0.3], "3"),
    ("dropout", [0.1, 1.5], "1.5"),
    ("dropout", 1.0, "1.0"),
    ("dropout", -0.1, "-0.1"),
    ("solver", "nope", "'nope'"),
    ("device", "tpu", "'tpu'"),
    ("device", "cuda:first", "'cuda:first'"),
    ("device", 3, "3"),
    ("dtype", "int32", "'int32'"),
    ("hidden_layer_sizes", (5, 0), "[5, 0]"),
    ("hidden_layer_sizes", -1, "-1"),
    ("alpha", -1.0, "-1.0"),
    ("batch_size", 0, "0"),
    ("learning_rate", "nope", "'nope'"),
    ("learning_rate_init", 0.0, "0.0"),
    ("learning_rate_schedule", "nope", "'nope'"),
    ("weight_decay_schedule", "nope", "'nope'"),
    ("dropout_schedule", "nope", "'nope'"),
    ("label_smoothing_schedule", "nope", "'nope'"),
    ("max_iter", 0, "0"),
    ("validation_fraction", 1.0, "1.0"),
    ("validation_split", "nope", "'nope'"),
    ("scoring", "nope", "'nope'"),
    ("normalization", "nope", "'nope'"),
    ("residual", "nope", "'nope'"),
    ("kernel_initializer", "nope", "'nope'"),
    ("label_smoothing", 1.5, "1.5"),
    ("weight_decay", -1.0, "-1.0"),
    ("gradient_clip_norm", -1.0, "-1.0"),
    ("gradient_clip_value", -1.0, "-1.0"),
    ("ema_decay", 1.5, "1.5"),
    ("mc_samples", 0, "0"),
    ("transform_layer", "last", "'last'"),
    ("class_weight", "nope", "'nope'"),
    ("loss", "nope", "'nope'"),
]


@pytest.mark.parametrize(
    ("name", "value", "came"), BAD_PARAMETERS, ids=[f"{n}={v}" for n, v, _ in BAD_PARAMETERS]
)
def test_parameters(name, value, came):
    regressor_only = {"loss"}
    estimator = small(MLPRegressor if name in regressor_only else MLPClassifier, **{name: value})
    with pytest.raises(ValueError, match=name) as caught:
        estimator.fit(X, Y)
    assert came in str(caught.value)
    assert not hasattr(estimator, "coefs_")


def test_an_unknown_activation_is_refused_without_hidden_layers():
    with pytest.raises(ValueError, match="activation must be among"):
        small(MLPClassifier, hidden_layer_sizes=(), activation="nope").fit(X, Y)


@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_cuda_without_cupy_names_the_install_line(device, monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)  # importing it raises ImportError
    with pytest.raises((ImportError, RuntimeError, ValueError), match="device") as caught:
        small(MLPClassifier, device=device).fit(X, Y)
    assert 'device="cuda"' in str(caught.value)
    assert 'pip install "scikit-deep[cuda12]"' in str(caught.value)


# name: (what changes in fit's arguments, what the message says)
BAD_DATA = {
    "X-of-one-dimension": ({"X": X[:, 0]}, "got 1D array"),
    "X-of-three-dimensions": ({"X": X[None]}, "dim 3"),
    "X-nan": ({"X": with_value(np.nan, at=(3, 1))}, "Input X contains NaN"),
    "X-infinity": ({"X": with_value(np.inf, at=(3, 1))}, "Input X contains infinity"),
    "X-sparse-nan": (
        {"X": sparse.csr_array(with_value(np.nan, at=(3, 1)))},
        "Input X contains NaN",
    ),
    "X-without-rows": ({"X": X[:0], "y": Y[:0]}, "0 sample(s)"),
    "X-without-columns": ({"X": X[:, :0]}, "0 feature(s)"),
    "X-complex": ({"X": X + 1j}, "Complex data not supported"),
    "y-missing": ({"y": None}, "requires y to be passed"),
    "y-short": ({"y": Y[:-1]}, "[20, 19]"),
    "y-of-three-dimensions": ({"y": np.zeros((N, 2, 2))}, "dim 3"),
    "weights-short": ({"sample_weight": np.ones(N - 1)}, "sample_weight.shape == (19,)"),
    "weights-of-two-dimensions": ({"sample_weight": np.ones((N, 2))}, "got 2D array"),
    "weights-nan": ({"sample_weight": np.full(N, np.nan)}, "sample_weight contains NaN"),
    "weights-all-zero": ({"sample_weight": np.zeros(N)}, "at least one non-zero number"),
    "weights-negative": (
        {"sample_weight": np.r_[np.ones(N - 1), -2.5]},
        "sample_weight must be >= 0, got -2.5 for row 19",
    ),
    "weights-whose-sum-overflows": (
        {"sample_weight": np.full(N, 1e308)},
        "sample_weight: the sum of the weights is too large for float64",
    ),
    "weights-too-large-for-float32": (
        {"X": X.astype(np.float32), "sample_weight": np.full(N, 1e38)},
        "sample_weight: the sum of the weights is too large for float32",
    ),
    "weights-too-small": (
        {"sample_weight": np.full(N, 1e-320)},
        "sample_weight: the largest weight, 9.99989e-321, is too small for float64; multiply them",
    ),
    "weights-too-small-for-float32": (
        {"X": X.astype(np.float32), "sample_weight": np.full(N, 1e-42)},
        "sample_weight: the largest weight, 1e-42, is too small for float32; multiply them",
    ),
}
CLASSES_AND_NUMBERS = {
    "y-nan": (MLPRegressor, {"y": np.full(N, np.nan)}, "Input y contains NaN"),
    "y-infinity": (MLPRegressor, {"y": np.full(N, np.inf)}, "Input y contains infinity"),
    "y-sparse": (MLPRegressor, {"y": sparse.csr_array(np.ones((N, 2)))}, "y must be dense"),
    "y-sparse-of-twos": (MLPClassifier, {"y": sparse.csr_array(2 * np.eye(N, 2))}, "indicator"),
    "y-continuous": (MLPClassifier, {"y": X[:, 0]}, "Unknown label type"),
}
VALIDATION = {"X_val": X, "y_val": Y}
BAD_VALIDATION_DATA = {
    "X_val-of-another-width": ({"X_val": X[:, :2]}, ["X_val", "2 features", "3 features"]),
    "X_val-of-one-row": ({"X_val": X[:1], "y_val": Y[:1]}, ["X_val", "1"]),
    "X_val-of-one-dimension": ({"X_val": X[:, 0]}, ["X_val"]),
    "X_val-nan": ({"X_val": with_value(np.nan, at=(3, 1))}, ["X_val", "NaN"]),
    "X_val-missing": ({"X_val": None}, ["X_val", "y_val"]),
    "y_val-missing": ({"y_val": None}, ["X_val", "y_val"]),
    "y_val-short": ({"y_val": Y[:-1]}, ["y_val", "19", "20"]),
    "y_val-of-an-unseen-class": ({"y_val": Y + 1}, ["y_val", "2"]),
    "weights-alone": (
        {"X_val": None, "y_val": None, "sample_weight_val": np.ones(N)},
        ["X_val", "sample_weight_val"],
    ),
    "weights-short": ({"sample_weight_val": np.ones(N - 1)}, ["sample_weight_val", "19"]),
    "weights-all-zero": ({"sample_weight_val": np.zeros(N)}, ["sample_weight_val", "non-zero"]),
    "weights-negative": ({"sample_weight_val": np.full(N, -1.0)}, ["sample_weight_val", ">= 0"]),
}
DATA_ROWS = {
    **{
        f"{name}-{cls.__name__}": (cls, data, [said])
        for name, (data, said) in BAD_DATA.items()
        for cls in (MLPClassifier, MLPRegressor)
    },
    **{name: (cls, data, [said]) for name, (cls, data, said) in CLASSES_AND_NUMBERS.items()},
    **{
        f"validation-{name}": (MLPClassifier, {**VALIDATION, **data}, said)
        for name, (data, said) in BAD_VALIDATION_DATA.items()
    },
}


@pytest.mark.parametrize("name", DATA_ROWS)
def test_data(name):
    cls, changed, says = DATA_ROWS[name]
    estimator = small(cls).fit(X, Y)
    before = estimator.predict(X)
    with pytest.raises(ValueError, match=re.escape(says[0])) as caught:
        estimator.fit(**{"X": X, "y": Y, **changed})
    assert [text for text in says if text not in str(caught.value)] == []
    # A refit that failed leaves the fitted model as it was.
    np.testing.assert_array_equal(estimator.predict(X), before)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_that_the_dtype_cannot_hold_are_zero(dtype):
    tiny = np.where(np.arange(N) < N // 2, 1.0, {"float32": 1e-42, "float64": 1e-320}[dtype])
    options = {"batch_size": N // 2, "shuffle": False, "dtype": dtype}
    found = small(MLPRegressor, **options).fit(X, Y, sample_weight=tiny)
    expected = small(MLPRegressor, **options).fit(X, Y, sample_weight=np.where(tiny < 1, 0, tiny))
    assert found.loss_curve_ == expected.loss_curve_


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")  # NumPy's, on overflow
@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
def test_a_refit_that_fails_late_leaves_the_fitted_model(cls):
    estimator = small(cls).fit(X, Y)
    before = estimator.predict(X)
    with pytest.raises(ValueError, match="non-zero"):
        estimator.fit(X[:, :2], Y + 5, sample_weight=np.zeros(N))
    np.testing.assert_array_equal(estimator.predict(X), before)
    estimator.set_params(solver="sgd", learning_rate_init=1e200, max_iter=20)
    with pytest.raises(ValueError, match="non-finite parameter weights"):
        estimator.fit(X[:, :2], Y + 5)
    np.testing.assert_array_equal(estimator.predict(X), before)


@pytest.mark.parametrize(
    ("cls", "y", "options", "message"),
    [
        (MLPClassifier, Y, {"validation_fraction": 0.0}, "validation_fraction=0.0 holds out 0 of"),
        (MLPRegressor, Y, {"validation_fraction": 0.0}, "validation_fraction=0.0 holds out 0 of"),
        (MLPClassifier, [0], {}, r"validation_fraction=0.1 holds out 1 of 1 row\(s\), but needs"),
        (MLPRegressor, [0], {}, r"validation_fraction=0.1 holds out 1 of 1 row\(s\), but needs"),
        (MLPRegressor, Y, {"validation_fraction": 0.99}, "holds out 20 of 20 .* to train on"),
        (
            MLPClassifier,
            [0, 1, 1, 1],
            {},
            r"early_stopping=True .* a class has 1 row\(s\), too few",
        ),
        (
            MLPClassifier,
            [0, 0, 1, 1],
            {},
            r"validation_fraction=0.1 .* a class has 2 row\(s\), too",
        ),
        (MLPRegressor, Y, {"validation_split": 21}, "validation_split=21: Cannot have number of"),
    ],
)
def test_early_stopping_that_cannot_hold_rows_out_names_its_parameters(cls, y, options, message):
    with pytest.raises(ValueError, match=message):
        small(cls, early_stopping=True, **options).fit(X[: len(y)], y)


@pytest.mark.parametrize(
    ("calls", "says"),
    [
        ([{}], "classes must be passed on the first call"),
        ([{"classes": [1, 2]}], "`y` has classes not in"),
        ([{"classes": [0, 1]}, {"classes": [1, 2]}], "not the same as on last call"),
        ([{"classes": [0, 1]}, {"y": Y + 1}], "`y` has classes not in"),
        ([{"classes": [0, 1]}, {"X": X[:, :2]}], "X has 2 features"),
        ([{"classes": [0, 1]}, {"y": Y[:-1]}], r"\[20, 19\]"),
    ],
    ids=["no-classes", "unseen", "other-classes", "unseen-later", "other-width", "y-short"],
)
def test_partial_fit(calls, says):
    estimator = small(MLPClassifier)
    for call in calls[:-1]:
        estimator.partial_fit(**{"X": X, "y": Y, **call})
    with pytest.raises(ValueError, match=says):
        estimator.partial_fit(**{"X": X, "y": Y, **calls[-1]})


def test_partial_fit_with_what_it_cannot_do():
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
        small(MLPClassifier, early_stopping=True).partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(AttributeError, match="partial_fit"):
        small(MLPClassifier, solver="lbfgs").partial_fit(X, Y, classes=[0, 1])
