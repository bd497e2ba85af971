"""Going on: partial_fit across pickles and copies, warm starts, fits that fail, threads."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from skdeep import MLPClassifier, MLPRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
Y = np.array(["a", "b", "c"])[np.digitize(X[:, 0], [-0.5, 0.5])]
SMALL = {"hidden_layer_sizes": (6, 5), "max_iter": 4, "random_state": 0, "batch_size": 16}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

OPTIONS = {
    "adam": {},
    "sgd": {"solver": "sgd", "learning_rate": "invscaling"},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive"},
    "radam-schedule": {"solver": "radam", "learning_rate_schedule": "exponential"},
    "dropout-norm": {"dropout": 0.2, "normalization": "batch", "residual": True},
    "average": {"ema_decay": 0.9, "solver": "lion", "weight_decay": 0.01},
    "balanced": {"class_weight": "balanced"},
    "float32": {"dtype": "float32"},
    "instance": {"random_state": "instance"},
}


def make(**params):
    params = {**SMALL, **params}
    if params["random_state"] == "instance":
        params["random_state"] = np.random.RandomState(3)
    return MLPClassifier(**params)


def state(model):
    return model.get_weights(), model.loss_curve_, model.t_


def assert_equal(one, other):
    np.testing.assert_equal(state(other), state(one))


@pytest.mark.parametrize("name", OPTIONS)
def test_a_copy_goes_on_exactly(name):
    """Whatever the state that training goes on from."""
    model = make(**OPTIONS[name]).fit(X, Y).partial_fit(X, Y)
    other = pickle.loads(pickle.dumps(model))
    assert_equal(model, other)
    for rows in (slice(0, 40), slice(20, 60)):
        model.partial_fit(X[rows], Y[rows])
        other.partial_fit(X[rows], Y[rows])
        assert_equal(model, other)
    np.testing.assert_array_equal(model.predict_proba(X), other.predict_proba(X))


def test_shallow_copies_do_not_disturb_each_other():
    model, expected = (make(dropout=0.1).partial_fit(X, Y, classes=np.unique(Y)) for _ in range(2))
    other = copy.copy(model)
    other.partial_fit(X[:30], Y[:30])
    other.set_weights({"output.b": np.zeros(3)})
    assert_equal(expected, model)
    assert_equal(expected.partial_fit(X, Y), model.partial_fit(X, Y))


def test_another_solver_takes_over():
    model = make().partial_fit(X, Y, classes=np.unique(Y))
    weights = model.get_weights()
    model.set_params(solver="sgd").partial_fit(X, Y)
    fresh = make(solver="sgd", initial_weights=weights).partial_fit(X, Y, classes=np.unique(Y))
    assert model.n_iter_ == 1
    assert model.loss_ == pytest.approx(fresh.loss_, rel=0.05)  # the shuffle differs
    lbfgs = make(solver="lbfgs", warm_start=True).fit(X, Y)
    assert lbfgs.set_params(solver="adam").fit(X, Y).loss_ < 1.1 * lbfgs.loss_curve_[0]
    lbfgs.partial_fit(X, Y)


def test_changed_parameters_act_when_training_goes_on():
    model = make(warm_start=True).fit(X, Y)
    assert not model._network.spec.has("noise")
    model.set_params(dropout=0.3, activation="tanh").fit(X, Y)
    model.predict_proba(X, return_std=True)
    (w0, w1, w2), (b0, b1, b2) = model.coefs_, model.intercepts_
    logits = np.tanh(np.tanh(X @ w0 + b0) @ w1 + b1) @ w2 + b2
    np.testing.assert_allclose(model.decision_function(X), logits)


CHANGES = [{"hidden_layer_sizes": (7, 5)}, {"hidden_layer_sizes": (6,)}, {"normalization": "batch"}]


@pytest.mark.parametrize("change", CHANGES)
def test_another_architecture_neither_breaks_predict_nor_goes_on(change):
    model = make(warm_start=True).fit(X, Y)
    before = model.predict_proba(X), model.transform(X), model.n_layers_
    model.set_params(**change)
    np.testing.assert_equal((model.predict_proba(X), model.transform(X), model.n_layers_), before)
    for method in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match="training cannot continue"):
            method(X, Y)
    np.testing.assert_array_equal(model.predict_proba(X), before[0])
    model.set_params(warm_start=False).fit(X, Y)
    assert model.transform(X).shape[1] == list(model.hidden_layer_sizes)[-1]


class Interrupts:
    """Weights whose shape is looked at, or a file that is written to, when Ctrl-C is pressed."""

    def __array__(self, dtype=None, copy=None):
        raise KeyboardInterrupt


def test_an_interrupted_refit_leaves_the_model_while_data_are_checked():
    model = make().fit(X, Y)
    before = model.predict_proba(X)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X[:, :2], Y, sample_weight=Interrupts())
    np.testing.assert_array_equal(model.predict_proba(X), before)


def interrupt_after(n_calls):
    calls = []

    def scorer(estimator, X, y):
        calls.append(1)
        if len(calls) == n_calls:
            raise KeyboardInterrupt
        return float(len(calls))

    return scorer


def test_a_refit_that_is_interrupted_in_training_keeps_what_was_trained():
    model = make(max_iter=10).fit(X, Y)
    model.set_params(early_stopping=True, scoring=interrupt_after(3))
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model.fit(X[:, :2], Y)
    assert model.n_iter_ == 3
    assert model.predict(X[:, :2]).shape == (60,)  # as in scikit-learn: the new one, partly trained


def test_averages_go_on_from_the_best_epoch():
    scores = iter(range(0, -100, -1))  # the first epoch is the best
    model = make(early_stopping=True, ema_decay=0.5, scoring=lambda *given: next(scores))
    best = model.fit(X, Y).get_weights()
    model.set_params(early_stopping=False, scoring=None, ema_decay=1 - 1e-12).partial_fit(X, Y)
    for name, values in model.get_weights().items():
        np.testing.assert_allclose(values, best[name], atol=1e-9)


@pytest.mark.parametrize("solver", ["lbfgs", "adam"])
def test_a_failing_refit_leaves_the_model_and_its_training(solver):
    model, expected = (make(dropout=0.1).fit(X, Y) for _ in range(2))
    bad = {"scoring": lambda *given: 1 / 0, "early_stopping": True}
    if solver == "lbfgs":
        bad = {"dropout": 0.0, "solver": "lbfgs", "initial_weights": {"hidden_0.W": np.ones(3)}}
    params = model.get_params()
    with pytest.raises((ZeroDivisionError, ValueError)):
        model.set_params(**bad).fit(X, Y)
    model.set_params(**params)
    assert_equal(expected, model)
    with pytest.raises(ValueError, match="not in"):
        model.partial_fit(X, np.where(Y == "a", "z", Y))
    assert_equal(expected.partial_fit(X, Y), model.partial_fit(X, Y))


@pytest.mark.parametrize("device", ["cpu", "checked"])
def test_eight_threads_predict_what_one_does(device):
    params = {"normalization": "batch", "residual": True, "dropout": 0.1, "mc_samples": 5}
    model = make(**params, device=device).fit(X, Y)
    sizes = [1, 7, 1024, 1500, 2100, 33, 400, 2048] * 3
    chunks = [RNG.normal(size=(n, 4)) for n in sizes]

    def answers(rows):
        noisy = model.predict_proba(rows[:300], return_std=True)
        return [model.predict_proba(rows), model.transform(rows), *noisy]

    serial = [answers(rows) for rows in chunks]
    with ThreadPoolExecutor(8) as pool:
        for one, other in zip(serial, pool.map(answers, chunks), strict=True):
            for expected, found in zip(one, other, strict=True):
                np.testing.assert_array_equal(found, expected)


def test_partial_fit_after_a_divergence_starts_its_optimizer_anew():
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(60, 3)), rng.normal(size=60)
    model = MLPRegressor(
        hidden_layer_sizes=(5,), solver="sgd", learning_rate_init=1e-3, max_iter=3, random_state=0
    )

    class ThenTooFast:
        """A schedule of one good epoch, then rates that no training survives."""

        def __call__(self, progress):
            return np.where(np.asarray(progress) < 0.3, 1.0, 1e200)

    model.set_params(learning_rate_schedule=ThenTooFast())
    with pytest.warns(RuntimeWarning, match="best weights"):
        model.fit(X, y, X_val=X[:20], y_val=y[:20])
    loss = np.mean((model.predict(X) - y) ** 2) / 2
    model.set_params(learning_rate_schedule=None).partial_fit(X, y)
    assert model.loss_ == pytest.approx(loss, rel=0.1)
