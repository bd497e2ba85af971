"""The MLPs train as scikit-learn's do: same numbers, attributes and warnings.

Two tables (`CASES` for one fit, `SEQUENCES` for several calls) and one comparison, `assert_same`.
Every pair of fits runs in this process, so both sides have the same BLAS and the same threads.
"""

import copy
import warnings
from itertools import product

import numpy as np
import pandas as pd
import pytest
import sklearn.neural_network
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

import skdeep

N = 47  # a prime: no batch size but 1 divides it
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 5))
SIGNAL = X @ RNG.normal(size=(5, 3)) / 2 + 0.5 * RNG.normal(size=(N, 3))
WEIGHT = RNG.uniform(0.2, 2.0, size=N)
SOME_ZERO = np.where(np.arange(N) % 9 == 0, 0.0, WEIGHT)
TARGETS = {
    "binary": (SIGNAL[:, 0] > 0).astype(int),
    "multiclass": SIGNAL.argmax(axis=1),
    "multilabel": (SIGNAL > 0).astype(int),
    "regression": SIGNAL[:, 0],
    "regression3": SIGNAL,
    "poisson": RNG.poisson(np.exp(SIGNAL[:, 0])),
    "poisson3": RNG.poisson(np.exp(SIGNAL)),
}
CLASSIFICATION = ("binary", "multiclass", "multilabel")
SOLVERS = {
    "plain": {"solver": "sgd", "momentum": 0.0},
    "momentum": {"solver": "sgd", "nesterovs_momentum": False},
    "nesterov": {"solver": "sgd"},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.2},
    # tol this high stalls at once: the rate falls fivefold every other epoch
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 1.0, "n_iter_no_change": 1},
    "adam": {"solver": "adam"},
}
BASE = {
    "hidden_layer_sizes": (7,),
    "learning_rate_init": 0.02,
    "batch_size": 10,
    "max_iter": 6,
    "random_state": 3,
}
# Near zero a relative bound means nothing: there, rounding leaves about 1e-15.
DOUBLE = {"rtol": 1e-8, "atol": 1e-11}
SINGLE = {"rtol": 2e-4, "atol": 2e-5}


def pair(target, params):
    """Return scikit-learn's estimator and ours, with equal parameters that they do not share."""
    name = "MLPClassifier" if target in CLASSIFICATION else "MLPRegressor"
    if target.startswith("poisson"):
        # exp() as the output diverges at the others' rate
        params = {"loss": "poisson", "learning_rate_init": 0.002, **params}
    params = {**BASE, **params}
    modules = (sklearn.neural_network, skdeep)
    return [getattr(module, name)(**copy.deepcopy(params)) for module in modules]


def warned_by(train, estimator):
    """Return what training warned about, in an order that does not matter."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        train(estimator)
    return sorted((w.category.__name__, str(w.message)) for w in caught)


def assert_same_value(ours, theirs, name, tolerance):
    if isinstance(theirs, list):
        assert isinstance(ours, list), name
        assert len(ours) == len(theirs), name
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            assert_same_value(one, other, f"{name}[{index}]", tolerance)
    elif sparse.issparse(theirs):
        assert sparse.issparse(ours), name
        assert_array_equal(ours.toarray(), theirs.toarray(), err_msg=name)
    elif isinstance(theirs, np.ndarray):
        assert type(ours) is np.ndarray, name
        assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape), name
        if theirs.dtype.kind == "f":
            assert_allclose(ours, theirs, **tolerance, err_msg=name)
        else:
            assert_array_equal(ours, theirs, err_msg=name)
    elif isinstance(theirs, float | np.floating):
        assert_allclose(ours, theirs, **tolerance, err_msg=name)
    else:
        assert ours == theirs, name


def assert_same(ours, theirs, X, y, tolerance=DOUBLE):
    """Every public fitted attribute, every kind of prediction and the score agree."""
    for name, value in vars(theirs).items():
        if name.endswith("_") and not name.startswith("_"):
            assert_same_value(getattr(ours, name), value, name, tolerance)
    for method in ("predict", "predict_proba", "predict_log_proba"):
        if hasattr(theirs, method):
            expected = getattr(theirs, method)(X)
            assert_same_value(getattr(ours, method)(X), expected, method, tolerance)
    assert_allclose(ours.score(X, y), theirs.score(X, y), **tolerance)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize(("solver", "target"), list(product(SOLVERS, TARGETS)))
def test_solvers_targets_and_activations(solver, target, activation):
    y = TARGETS[target]
    theirs, ours = pair(target, {**SOLVERS[solver], "activation": activation})
    assert warned_by(lambda e: e.fit(X, y), ours) == warned_by(lambda e: e.fit(X, y), theirs)
    assert_same(ours, theirs, X, y)


def case(target, X=X, y=None, sample_weight=None, **params):
    return target, X, TARGETS[target] if y is None else y, sample_weight, params


def labels(names, target="binary"):
    return np.asarray(names)[TARGETS[target]]


MANY = np.tile(X, (5, 1))  # more rows than the automatic batch of 200
STOPPING = {"early_stopping": True, "validation_fraction": 0.3, "max_iter": 12}
STALLED = {"tol": 10.0, "n_iter_no_change": 2, "max_iter": 50}

CASES = {
    **{f"weighted-{t}": case(t, sample_weight=WEIGHT) for t in TARGETS},
    **{f"some-weights-zero-{t}": case(t, sample_weight=SOME_ZERO) for t in TARGETS},
    **{f"stalled-{t}": case(t, **STALLED) for t in ("multiclass", "regression")},
    # multiclass splits otherwise: deviation P1
    **{
        f"early-stopping-{t}-{s}": case(t, **SOLVERS[s], **STOPPING)
        for t, s in product(TARGETS, ("nesterov", "adam"))
        if t in ("binary", "multilabel", "regression", "regression3")
    },
    "early-stopping-weighted": case("binary", sample_weight=WEIGHT, **STOPPING),
    "early-stopping-weighted-r2": case("regression", sample_weight=WEIGHT, **STOPPING),
    "early-stopping-poisson": case("poisson", **STOPPING),
    "early-stopping-stalled": case("binary", **{**STOPPING, **STALLED}),
    "early-stopping-ties": case(
        "binary", **{**STOPPING, "max_iter": 40}, tol=0.0, n_iter_no_change=2
    ),
    "early-stopping-adaptive": case("regression", **{**SOLVERS["adaptive"], **STOPPING}),
    "early-stopping-csr": case("binary", X=sparse.csr_array(X), **STOPPING),
    "early-stopping-strings": case("binary", y=labels(["no", "yes"]), **STOPPING),
    "adaptive-until-too-small": case("regression", **{**SOLVERS["adaptive"], "max_iter": 60}),
    **{
        f"csr-{t}": case(t, X=sparse.csr_array(np.where(X > 0, X, 0.0)))
        for t in ("multiclass", "regression")
    },
    "csr-weighted": case("binary", X=sparse.csr_array(X), sample_weight=WEIGHT, shuffle=False),
    "csc-in-order": case("binary", X=sparse.csc_array(X), shuffle=False),
    "csr-float32": case("multiclass", X=sparse.csr_array(X, dtype=np.float32)),
    "multilabel-y-csr": case("multilabel", y=sparse.csr_array(TARGETS["multilabel"])),
    "in-order": case("multiclass", shuffle=False),
    "in-order-sgd": case("regression3", shuffle=False, solver="sgd"),
    "batch-of-one": case("multiclass", batch_size=1),
    "whole-batch": case("multiclass", batch_size=N),
    "batch-above-n": case("multiclass", batch_size=1000),
    "auto-batch": case("regression3", X=MANY, y=np.tile(SIGNAL, (5, 1)), batch_size="auto"),
    "strings": case("multiclass", y=labels(["ash", "oak", "yew"], "multiclass")),
    "object-strings": case("multiclass", y=labels(["b", "a", "c"], "multiclass").astype(object)),
    "bool-labels": case("binary", y=TARGETS["binary"] == 1),
    "gaps-in-labels": case("binary", y=labels([3, 7])),
    "float-labels": case("multiclass", y=labels([-1.0, 0.0, 4.0], "multiclass")),
    "series-y": case("multiclass", y=pd.Series(labels(["u", "v", "w"], "multiclass"))),
    "list-y": case("regression", y=TARGETS["regression"].tolist()),
    "column-y-classifier": case("binary", y=TARGETS["binary"].reshape(-1, 1)),
    "column-y-regressor": case("regression", y=TARGETS["regression"].reshape(-1, 1)),
    "integer-y": case("regression", y=TARGETS["poisson"]),
    "bool-multilabel": case("multilabel", y=TARGETS["multilabel"].astype(bool)),
    "one-class": case("binary", y=np.full(N, "only")),
    "one-class-early-stopping": case("binary", y=np.full(N, 1), **STOPPING),
    "one-row-classifier": case("binary", X=X[:1], y=[4], batch_size="auto"),
    "one-row-regressor": case("regression3", X=X[:1], y=SIGNAL[:1], batch_size="auto"),
    "float16": case("multiclass", X=X.astype(np.float16)),
    "integers": case("multiclass", X=np.rint(X).astype(int)),
    **{f"float32-{t}": case(t, X=X.astype(np.float32)) for t in TARGETS},
    "float32-early-stopping": case("regression", X=X.astype(np.float32), **STOPPING),
    "int-hidden": case("multiclass", hidden_layer_sizes=6),
    "list-hidden": case("multiclass", hidden_layer_sizes=[6, 4]),
    "array-hidden": case("regression", hidden_layer_sizes=np.array([6, 4])),
    "no-hidden": case("multiclass", hidden_layer_sizes=()),
    "no-hidden-logistic": case("binary", hidden_layer_sizes=(), activation="logistic"),
    "three-hidden": case("regression3", hidden_layer_sizes=(6, 5, 4), solver="sgd"),
    "two-hidden-tanh": case("multilabel", hidden_layer_sizes=(6, 4), activation="tanh"),
    "strong-penalty": case("multiclass", alpha=5.0),
    "no-penalty": case("multiclass", alpha=0.0),
    "adam-constants": case("multiclass", beta_1=0.5, beta_2=0.9, epsilon=1e-3),
    "never-stalls": case("multiclass", tol=10.0, n_iter_no_change=np.inf),
    "zero-tol": case("regression", tol=0.0, max_iter=20),
    "random-state-instance": case("multiclass", random_state=np.random.RandomState(5)),
    "momentum-of-one": case("regression", solver="sgd", momentum=1.0, learning_rate_init=1e-3),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")  # R2 of one row
@pytest.mark.parametrize("name", CASES)
def test_one_fit(name):
    target, X, y, sample_weight, params = CASES[name]

    def train(estimator):
        return estimator.fit(X, y, sample_weight)

    theirs, ours = pair(target, params)
    assert warned_by(train, ours) == warned_by(train, theirs)
    assert_same(ours, theirs, X, y, SINGLE if theirs.coefs_[0].dtype == np.float32 else DOUBLE)


def fit(estimator, y):
    estimator.fit(X, y)


def fit_longer(estimator, y):
    estimator.set_params(max_iter=9).fit(X, y)


def partial_fit(estimator, y, sample_weight=None):
    classes = {"classes": np.unique(y)} if hasattr(estimator, "predict_proba") else {}
    if y.ndim == 2 and classes:
        classes["classes"] = range(y.shape[1])
    estimator.partial_fit(X, y, sample_weight, **classes)


def partial_fit_weighted(estimator, y):
    partial_fit(estimator, y, WEIGHT)


# Stopping rules are out of the way where deviation P6 would show, and draws where P10 would.
WARM = {"warm_start": True, "n_iter_no_change": np.inf}
IN_ORDER = {"shuffle": False}
SEQUENCES = {
    "fit-twice-from-the-start": ([fit, fit], {}),
    "warm-start": ([fit, fit, fit_longer], WARM),
    "warm-start-sgd": ([fit, fit], {**WARM, "solver": "sgd"}),
    "warm-start-invscaling": ([fit, fit], {**WARM, **SOLVERS["invscaling"]}),
    "warm-start-instance": ([fit, fit], {**WARM, "random_state": np.random.RandomState(7)}),
    "partial-fit": ([partial_fit], {}),
    "partial-fit-sgd": ([partial_fit], {"solver": "sgd"}),
    "partial-fit-weighted": ([partial_fit_weighted], {}),
    "partial-fits-in-order": ([partial_fit] * 4, IN_ORDER),
    "partial-fits-weighted": ([partial_fit_weighted] * 4, IN_ORDER),
    "partial-fits-sgd": ([partial_fit] * 4, {**IN_ORDER, "solver": "sgd"}),
    "partial-fits-invscaling": ([partial_fit] * 4, {**IN_ORDER, **SOLVERS["invscaling"]}),
    "partial-fits-adaptive": ([partial_fit] * 8, {**IN_ORDER, **SOLVERS["adaptive"]}),
    "partial-fits-instance": ([partial_fit] * 4, {"random_state": np.random.RandomState(7)}),
    "partial-fits-after-fit": ([fit, partial_fit, partial_fit], IN_ORDER),
    "fit-after-partial-fit": ([partial_fit, fit], {}),
}


@pytest.mark.parametrize("target", ["binary", "multiclass", "multilabel", "regression3", "poisson"])
@pytest.mark.parametrize("name", SEQUENCES)
def test_several_calls(name, target):
    calls, params = SEQUENCES[name]
    y = TARGETS[target]
    theirs, ours = pair(target, params)
    for call in calls:
        expected = warned_by(lambda e, call=call: call(e, y), theirs)
        assert warned_by(lambda e, call=call: call(e, y), ours) == expected
        assert_same(ours, theirs, X, y)


def test_partial_fit_with_classes_not_in_the_first_batch():
    y = TARGETS["multiclass"]
    theirs, ours = pair("multiclass", {"random_state": np.random.RandomState(7)})
    for estimator in (theirs, ours):
        estimator.partial_fit(X[y < 2], y[y < 2], classes=[0, 1, 2])
        estimator.partial_fit(X[y == 2], y[y == 2])
    assert_same(ours, theirs, X, y)


# P14 keeps multi-output squared error out of this list.
LBFGS = {
    **{t: case(t) for t in TARGETS if t != "regression3"},
    "weighted": case("multiclass", sample_weight=WEIGHT),
    "csr": case("binary", X=sparse.csr_array(X)),
    "two-hidden": case("regression", hidden_layer_sizes=(6, 4), activation="logistic"),
    "max-fun": case("binary", max_fun=9),
    "warm-start": case("binary", warm_start=True, max_iter=5),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", LBFGS)
def test_lbfgs_reaches_the_same_loss(name):
    target, X, y, sample_weight, params = LBFGS[name]
    # A strong penalty keeps probabilities off the clipping bounds and the minimum well defined.
    params = {"solver": "lbfgs", "alpha": 1.0, "max_iter": 40, "activation": "tanh", **params}
    theirs, ours = pair(target, params)
    for estimator in (theirs, ours):
        estimator.fit(X, y, sample_weight)
        estimator.fit(X, y, sample_weight)
    assert_allclose(ours.loss_, theirs.loss_, rtol=1e-5)
    assert_allclose(ours.score(X, y), theirs.score(X, y), rtol=1e-3)
    assert ours.t_ == theirs.t_
