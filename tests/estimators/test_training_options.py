"""Solvers, schedules, decay, clipping, averages, smoothing: each does what it says."""

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from skdeep import BernoulliRBM, MLPClassifier, MLPRegressor
from skdeep.optim import SOLVERS
from skdeep.optim.schedules import SCHEDULES, WarmupSchedule

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 4))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
THREE = np.digitize(X[:, 0], [-0.5, 0.5])
T = X[:, 0] - 2 * X[:, 1] + np.sin(X[:, 2])
STILL = {"solver": "sgd", "learning_rate_init": 1e-12, "max_iter": 1, "alpha": 0.0}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def regressor(**params):
    params = {"hidden_layer_sizes": (8,), "max_iter": 30, "random_state": 0, **params}
    return MLPRegressor(**{"batch_size": 20, "learning_rate_init": 0.01, **params})


def classifier(**params):
    params = {"hidden_layer_sizes": (8,), "max_iter": 30, "random_state": 0, **params}
    return MLPClassifier(**{"batch_size": 20, "learning_rate_init": 0.01, **params})


@pytest.mark.parametrize("solver", [*SOLVERS, "lbfgs"])
@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
def test_every_solver_trains(solver, cls):
    model = (regressor if cls is MLPRegressor else classifier)(solver=solver)
    model.fit(X, T if cls is MLPRegressor else Y)
    assert model.loss_curve_[-1] < 0.85 * model.loss_curve_[0]
    assert model.n_iter_ == len(model.loss_curve_)


@pytest.mark.parametrize("solver", ["sgd", "adam", "lion"])
@pytest.mark.parametrize("schedule", [*SCHEDULES, WarmupSchedule(then="cosine"), lambda p: 1 - p])
def test_every_schedule_trains_and_is_followed(solver, schedule):
    model = regressor(solver=solver, learning_rate_schedule=schedule, max_iter=25)
    model.fit(X, T)
    assert model.loss_curve_[-1] < 0.85 * model.loss_curve_[0]
    rates = np.array(model.learning_rate_curve_)
    assert len(rates) == 25
    last = (np.arange(25) * 4 + 3) / 100  # progress at the last step of each epoch
    factor = SCHEDULES[schedule]() if isinstance(schedule, str) else schedule
    np.testing.assert_allclose(rates, [0.01 * float(factor(p)) for p in last])


def test_weight_decay_shrinks_weights_and_not_biases():
    params = {**STILL, "learning_rate_init": 1e-9, "weight_decay": 1e8, "batch_size": 80}
    model = regressor(**params).fit(X, T)
    start = regressor(**STILL).fit(X, T)
    for after, before in zip(model.coefs_, start.coefs_, strict=True):
        np.testing.assert_allclose(after, before * (1 - 1e-9 * 1e8), atol=1e-7)
    np.testing.assert_allclose(model.intercepts_[0], start.intercepts_[0], atol=1e-7)


def test_a_schedule_of_the_decay_is_a_factor_of_it():
    params = {"learning_rate_init": 1e-9, "weight_decay": 1e8, "batch_size": 80, "max_iter": 4}
    model = regressor(**{**STILL, **params}, weight_decay_schedule=lambda p: 1 - p).fit(X, T)
    start = regressor(**STILL).fit(X, T)
    kept = np.prod([1 - 0.1 * factor for factor in (1, 0.75, 0.5, 0.25)])
    for after, before in zip(model.coefs_, start.coefs_, strict=True):
        np.testing.assert_allclose(after, before * kept, atol=1e-7)


@pytest.mark.parametrize("activation", ["relu", "selu"])
def test_a_schedule_of_dropout_is_a_factor_of_it(activation):
    given = {"activation": activation, "max_iter": 6}
    dropped, free = regressor(dropout=0.5, **given).fit(X, T), regressor(**given).fit(X, T)
    off, on, half = (
        regressor(dropout=0.5, dropout_schedule=schedule, **given).fit(X, T)
        for schedule in (lambda p: 0.0, lambda p: 1.0, lambda p: 0.0 if p < 0.5 else 1.0)
    )
    np.testing.assert_allclose(off.loss_curve_, free.loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(on.loss_curve_, dropped.loss_curve_, rtol=1e-5)
    np.testing.assert_allclose(half.loss_curve_[:3], free.loss_curve_[:3], rtol=1e-9)
    assert (np.abs(np.subtract(half.loss_curve_, free.loss_curve_))[3:] > 1e-6).all()


def test_schedules_that_give_no_factors_are_named():
    for name in ("weight_decay_schedule", "dropout_schedule"):
        with pytest.raises(ValueError, match=f"{name} must return a factor"):
            regressor(**{name: lambda p: -1.0}).fit(X, T)
    with pytest.raises(ValueError, match=r"dropout_schedule must return .* and <= 1"):
        regressor(dropout_schedule=lambda p: 1.5).fit(X, T)


def test_clipping_limits_the_gradient():
    norms = regressor(max_iter=5).fit(X, 50 * T).gradient_norm_curve_
    clipped = regressor(max_iter=5, gradient_clip_norm=0.5).fit(X, 50 * T)
    assert max(clipped.gradient_norm_curve_) <= 0.5 * (1 + 1e-6) < max(norms)
    by_value = regressor(max_iter=5, gradient_clip_value=0.01).fit(X, 50 * T)
    n_parameters = sum(w.size for w in by_value.get_weights().values())
    assert max(by_value.gradient_norm_curve_) <= 0.01 * np.sqrt(n_parameters)


def test_predictions_use_the_average_of_the_weights():
    plain = [regressor(max_iter=n, batch_size=80).fit(X, T).get_weights() for n in (1, 2, 3)]
    model = regressor(max_iter=3, batch_size=80, ema_decay=0.9).fit(X, T)
    for name, value in model.get_weights().items():
        mean = regressor(**STILL).fit(X, T).get_weights()[name]
        for weights in plain:
            mean = 0.9 * mean + 0.1 * weights[name]
        np.testing.assert_allclose(value, mean, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("stop", [False, True])
def test_validation_uses_the_average_too(stop):
    model = regressor(max_iter=6, ema_decay=0.8, early_stopping=stop)
    model.fit(X, T, X_val=X[:20], y_val=T[:20])
    values = model.validation_loss_curve_
    final = np.mean((model.predict(X[:20]) - T[:20]) ** 2) / 2
    assert final == pytest.approx(values[np.argmin(values)] if stop else values[-1])


def test_partial_fit_goes_on_beneath_the_average():
    params = {"max_iter": 4, "ema_decay": 0.95, "shuffle": False}
    whole, parts = regressor(**params).fit(X, T), regressor(**params)
    for _ in range(4):
        parts.partial_fit(X, T)
    np.testing.assert_array_equal(parts.predict(X), whole.predict(X))
    parts.set_weights(parts.get_weights())  # training goes on from what was set
    assert parts.partial_fit(X, T).loss_ != whole.partial_fit(X, T).loss_


def proba_at_start(y, **params):
    model = classifier(**STILL, **params).fit(X, y)
    return model.loss_, model.predict_proba(X)


def test_label_smoothing():
    loss, p = proba_at_start(THREE, label_smoothing=0.3)
    target = 0.7 * np.eye(3)[THREE] + 0.1
    assert loss == pytest.approx(-np.mean((target * np.log(p)).sum(axis=1)))
    loss, p = proba_at_start(Y, label_smoothing=0.3)
    target = 0.7 * np.eye(2)[Y] + 0.15
    assert loss == pytest.approx(-np.mean((target * np.log(p)).sum(axis=1)))
    labels = np.c_[Y, 1 - Y, Y]
    loss, p = proba_at_start(labels, label_smoothing=0.3)
    target = 0.7 * labels + 0.15
    terms = target * np.log(p) + (1 - target) * np.log1p(-p)
    assert loss == pytest.approx(-np.mean(terms.sum(axis=1)))


@pytest.mark.parametrize("y", [Y, THREE, np.c_[Y, 1 - Y], np.c_[Y, THREE]])
def test_label_smoothing_follows_its_schedule(y):
    def first_losses(amount, schedule=None, **params):
        params |= {"label_smoothing": amount, "label_smoothing_schedule": schedule}
        return classifier(max_iter=4, **params).fit(X, y).loss_curve_

    np.testing.assert_allclose(first_losses(0.4, lambda p: 0 * p + 0.5), first_losses(0.2))
    half = first_losses(0.4, lambda p: (p < 0.5) * 1.0)  # all of it, then none
    whole = first_losses(0.4)
    np.testing.assert_allclose(half[:2], whole[:2])
    assert half[2] != pytest.approx(whole[2])
    smoothed = {"X_val": X[:9], "y_val": y[:9]}
    model = classifier(max_iter=2, label_smoothing=0.3, label_smoothing_schedule=lambda p: 0 * p)
    plain = classifier(max_iter=2).fit(X, y, **smoothed)
    model.fit(X, y, **smoothed)
    np.testing.assert_allclose(model.loss_curve_, plain.loss_curve_)
    assert model.validation_loss_curve_[-1] != plain.validation_loss_curve_[-1]  # has all of it


@pytest.mark.parametrize("gamma", [0.0, 2.0])
def test_focal_loss(gamma):
    for y, n in ((THREE, 3), (Y, 2)):
        loss, p = proba_at_start(y, loss="focal", focal_gamma=gamma)
        right = (p * np.eye(n)[y]).sum(axis=1)
        assert loss == pytest.approx(np.mean(-((1 - right) ** gamma) * np.log(right)))
    trained = classifier(loss="focal", focal_gamma=gamma).fit(X, THREE)
    assert trained.loss_ < 0.8 * trained.loss_curve_[0]
    assert trained.score(X, THREE) > 0.6


def test_parameters_that_say_nothing_together_warn():
    def warns(name, model, **more):
        with pytest.warns(UserWarning, match=name):
            model.fit(X, Y, **more)

    warns("label_smoothing", classifier(loss="focal", label_smoothing=0.1, max_iter=1))
    warns("validation_split", classifier(validation_split=3, max_iter=1))
    warns("groups", classifier(early_stopping=True, max_iter=1), groups=Y)
    for name, value in (
        ("weight_decay", 0.1),
        ("gradient_clip_norm", 1.0),
        ("ema_decay", 0.9),
        ("learning_rate_schedule", "cosine"),
    ):
        warns(name, classifier(solver="lbfgs", max_iter=1, **{name: value}))
    warns("X_val", classifier(solver="lbfgs", max_iter=1), X_val=X[:9], y_val=Y[:9])


def test_lbfgs_warns_in_the_words_of_scikit_learn():
    with pytest.warns(ConvergenceWarning, match=r"lbfgs failed to converge after 2 iteration\(s\)"):
        model = classifier(solver="lbfgs", max_iter=2).fit(X, Y)
    assert (model.n_iter_, model.t_, len(model.loss_curve_)) == (2, 0, 2)
    assert model.best_loss_ == model.loss_ == model.loss_curve_[-1]
    assert model.validation_scores_ is None
    assert model.best_validation_score_ is None


@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
def test_lbfgs_has_no_partial_fit(cls):
    assert not hasattr(cls(solver="lbfgs"), "partial_fit")
    with pytest.raises(AttributeError, match="partial_fit"):
        cls(solver="lbfgs").partial_fit(X, Y)


def test_probabilities_are_the_link_of_the_logits():
    model = classifier(max_iter=5).fit(X, THREE)
    np.testing.assert_allclose(
        model.predict_proba(X), softmax(model.decision_function(X), axis=1), rtol=1e-6
    )
    binary = classifier(max_iter=5).fit(X, Y)
    np.testing.assert_allclose(binary.predict_proba(X)[:, 1], expit(binary.decision_function(X)))


@pytest.mark.parametrize(
    "model",
    [
        MLPClassifier((3,), max_iter=2, learning_rate_schedule="cosine", random_state=0),
        BernoulliRBM(3, n_iter=2, learning_rate_schedule="cosine", random_state=0),
    ],
    ids=["network", "RBM"],
)
def test_a_schedule_at_its_end_says_that_partial_fit_learns_nothing(model):
    rows = (np.eye(4), [0, 1, 0, 1])
    model = clone(model).fit(*rows)  # "cosine" ends here, at 0
    with pytest.warns(UserWarning, match="learned nothing: learning_rate_schedule makes"):
        model.partial_fit(*rows)
    model.set_params(learning_rate_schedule=None).partial_fit(*rows)  # no warning, which would fail
