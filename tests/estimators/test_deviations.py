"""Each row of docs/deviations.md, shown on both sides: one test per id, named `test_<id>_...`."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import sklearn.neural_network as theirs
from numpy.testing import assert_allclose
from scipy.special import expit
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning

import skdeep as ours

PAGE = Path(__file__).parents[2] / "docs" / "deviations.md"
RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 4))
SIGNAL = X @ RNG.normal(size=(4, 3)) + 0.3 * RNG.normal(size=(40, 3))
BINARY = (SIGNAL[:, 0] > 0).astype(int)
SMALL = {"hidden_layer_sizes": (5,), "random_state": 0}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_every_row_has_its_test_and_every_test_its_row():
    rows = re.findall(r"^\| (\w+) \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    tests = [name.split("_")[1].upper() for name in globals() if name.startswith("test_")]
    tests.remove("EVERY")
    assert rows[0] == "id"
    assert len(rows) == len(set(rows))
    assert set(tests) == set(rows[1:])


def warned(estimator, *data, **more):
    """Fit and return the warnings, of which max_iter being reached says nothing here."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator.fit(*data, **more)
    return [w for w in caught if w.category is not ConvergenceWarning]


def says(caught, category, pattern):
    return any(w.category is category and re.search(pattern, str(w.message)) for w in caught)


def test_p1_early_stopping_splits_are_stratified_for_three_classes():
    # X says nothing, so the net learns the commonest class: its best score is that class's share.
    blank = np.zeros((100, 2))
    labels = np.repeat(["common", "rarer", "rare"], [60, 30, 10])
    params = {
        "hidden_layer_sizes": (3,),
        "learning_rate_init": 0.1,
        "early_stopping": True,
        "max_iter": 25,
        "n_iter_no_change": np.inf,
    }

    def shares(package):
        fits = [
            package.MLPClassifier(**params, random_state=seed).fit(blank, labels)
            for seed in range(6)
        ]
        return {fitted.best_validation_score_ for fitted in fits}

    assert shares(ours) == {0.6}
    assert len(shares(theirs)) > 1


@pytest.mark.parametrize("members", [[18, 20, 1], [4, 8, 8]], ids=["one-member", "two-rows-held"])
def test_p1_classes_too_small_to_stratify_warn(members):
    labels = np.repeat([0, 1, 2], members)
    data = X[: len(labels)], labels
    params = {**SMALL, "early_stopping": True, "max_iter": 3}
    assert not warned(theirs.MLPClassifier(**params), *data)
    assert says(warned(ours.MLPClassifier(**params), *data), UserWarning, "(?i)stratif")


@pytest.mark.parametrize("early_stopping", [False, True])
def test_p6_every_warm_started_fit_counts_its_own_stalled_epochs(early_stopping):
    params = {
        **SMALL,
        "solver": "sgd",
        "warm_start": True,
        "tol": 10.0,
        "n_iter_no_change": 3,
        "early_stopping": early_stopping,
    }
    n_iter = {}
    for package in (theirs, ours):
        estimator = package.MLPRegressor(**params)
        n_iter[package] = [estimator.fit(X, SIGNAL[:, 0]).n_iter_ for _ in range(2)]
        assert len(estimator.loss_curve_) == sum(n_iter[package])
    assert n_iter == {theirs: [5, 1], ours: [5, 5]}
    if early_stopping:
        assert len(estimator.validation_scores_) == 10
        assert estimator.best_validation_score_ == max(estimator.validation_scores_[5:])
    else:
        assert estimator.t_ == 10 * len(X)
        assert estimator.best_loss_ == min(estimator.loss_curve_[5:])


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"solver": "adam", "learning_rate": "invscaling"}, "learning_rate"),
        ({"solver": "adam", "learning_rate": "adaptive"}, "learning_rate"),
        ({"solver": "lbfgs", "early_stopping": True}, "early_stopping"),
    ],
)
def test_p8_parameters_without_effect_warn(params, name):
    params = {**SMALL, **params, "max_iter": 4, "alpha": 1.0}
    silent, speaking = theirs.MLPClassifier(**params), ours.MLPClassifier(**params)
    assert not warned(silent, X, BINARY)
    assert says(warned(speaking, X, BINARY), UserWarning, name)
    assert_allclose(speaking.predict_proba(X), silent.predict_proba(X), rtol=1e-5)


def test_p9_lbfgs_leaves_a_history_prints_and_keeps_float32(capsys):
    params = {**SMALL, "solver": "lbfgs", "alpha": 1.0, "max_iter": 15, "verbose": True}
    silent = theirs.MLPClassifier(**params).fit(X.astype(np.float32), BINARY)
    assert capsys.readouterr().out == ""
    speaking = ours.MLPClassifier(**params).fit(X.astype(np.float32), BINARY)
    assert capsys.readouterr().out != ""

    for name in ("loss_curve_", "best_loss_", "validation_scores_", "best_validation_score_"):
        assert not hasattr(silent, name)
    assert len(speaking.loss_curve_) == speaking.n_iter_
    assert_allclose(speaking.loss_curve_[-1], speaking.loss_, rtol=1e-5)
    assert speaking.best_loss_ == pytest.approx(min(speaking.loss_curve_), rel=1e-5)
    assert speaking.validation_scores_ is None
    assert speaking.best_validation_score_ is None

    for fitted, dtype in ((silent, np.float64), (speaking, np.float32)):
        assert {array.dtype for array in fitted.coefs_ + fitted.intercepts_} == {np.dtype(dtype)}
        assert fitted.predict_proba(X.astype(np.float32)).dtype == dtype


def test_p10_partial_fit_continues_its_random_stream():
    def trained(package, random_state, calls):
        params = {"hidden_layer_sizes": (5,), "batch_size": 7, "random_state": random_state}
        estimator = package.MLPClassifier(**params)
        for _ in range(calls):
            estimator.partial_fit(X, BINARY, classes=[0, 1])
        return estimator.coefs_[0]

    for calls in (1, 3):
        continued = trained(theirs, np.random.RandomState(0), calls)
        assert_allclose(trained(ours, 0, calls), continued, rtol=1e-8, atol=1e-11)
        assert np.allclose(trained(theirs, 0, calls), continued) == (calls == 1)


@pytest.mark.filterwarnings("ignore:divide by zero encountered in log:RuntimeWarning")
@pytest.mark.parametrize(
    "y",
    [BINARY, SIGNAL.argmax(axis=1), (SIGNAL > 0).astype(int)],
    ids=["binary", "multiclass", "multilabel"],
)
def test_p13_log_probabilities_are_finite_while_the_logits_are(y):
    params = {**SMALL, "max_iter": 5}
    far = X * 1e4
    infinite = theirs.MLPClassifier(**params).fit(X, y).predict_log_proba(far)
    finite = ours.MLPClassifier(**params).fit(X, y).predict_log_proba(far)
    assert np.isneginf(infinite).any()
    assert np.isfinite(finite).all()
    known = np.isfinite(infinite)
    assert_allclose(finite[known], infinite[known], rtol=1e-6, atol=1e-11)


def steepest_slope_of_reported_loss(estimator, X, Y):
    """Return the largest partial derivative, by differences, of the objective equal to `loss_`."""
    shapes = [w.shape for w in estimator.coefs_ + estimator.intercepts_]
    ends = np.cumsum([np.prod(shape) for shape in shapes])
    theta = np.concatenate([w.ravel() for w in estimator.coefs_ + estimator.intercepts_])

    def objective(theta, share):
        parts = np.split(theta, ends[:-1])
        w0, w1, b0, b1 = (part.reshape(shape) for part, shape in zip(parts, shapes, strict=True))
        errors = np.tanh(X @ w0 + b0) @ w1 + b1 - Y
        penalty = estimator.alpha * (np.sum(w0**2) + np.sum(w1**2))
        return 0.5 * (share * np.sum(errors**2) + penalty) / len(X)

    # A sum over outputs or their mean: either is an objective, if it is the one minimised.
    (share,) = (s for s in (1.0, 1 / 3) if np.isclose(objective(theta, s), estimator.loss_, 1e-4))
    steps = 1e-5 * np.eye(theta.size)
    slopes = [objective(theta + d, share) - objective(theta - d, share) for d in steps]
    return np.abs(slopes).max() / 2e-5


def test_p14_lbfgs_minimises_the_loss_it_reports_for_several_outputs():
    params = {**SMALL, "solver": "lbfgs", "activation": "tanh", "alpha": 1.0, "max_iter": 2000}
    slope = {
        package: steepest_slope_of_reported_loss(
            package.MLPRegressor(**params, tol=1e-7).fit(X, SIGNAL), X, SIGNAL
        )
        for package in (theirs, ours)
    }
    assert slope[ours] < 1e-3 < slope[theirs]


DIVERGING = {
    "activation": "identity",
    "solver": "sgd",
    "learning_rate_init": 1.0,
    "max_iter": 20,
    "random_state": 0,
}


def test_p15_a_diverging_training_stops_and_keeps_the_best_weights():
    X, y = load_iris(return_X_y=True)
    params = {**DIVERGING, "early_stopping": True}
    going_on, stopping = theirs.MLPRegressor(**params), ours.MLPRegressor(**params)
    assert not says(warned(going_on, X, y), RuntimeWarning, "(?i)best weights")
    assert says(warned(stopping, X, y), RuntimeWarning, "(?i)best weights")
    assert stopping.n_iter_ < going_on.n_iter_ == 20
    assert np.isfinite(stopping.loss_curve_[:-1]).all()
    assert not np.isfinite(stopping.loss_curve_[-1])
    assert np.isfinite(stopping.predict(X)).all()


def test_p15_given_validation_data_keep_the_best_weights_too():
    X, y = load_iris(return_X_y=True)
    stopping = ours.MLPRegressor(**DIVERGING, early_stopping=True)
    caught = warned(stopping, X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
    assert says(caught, RuntimeWarning, "(?i)best weights")
    assert np.isfinite(stopping.predict(X)).all()


@pytest.mark.parametrize("package", [theirs, ours], ids=["theirs", "ours"])
def test_p15_without_validation_data_both_raise(package):
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match="Solver produced non-finite parameter weights"):
        warned(package.MLPRegressor(**DIVERGING), X, y)


@pytest.mark.parametrize(("dtype", "bound"), [(np.float64, 36.05), (np.float32, 15.95)])
def test_clip_the_loss_of_a_confident_mistake_is_not_bounded(dtype, bound):
    # One epoch at a rate of nearly nothing: the loss is that of the initial weights.
    params = {
        **SMALL,
        "activation": "identity",
        "solver": "sgd",
        "learning_rate_init": 1e-30,
        "alpha": 0.0,
        "max_iter": 1,
    }
    far = (1e4 * X).astype(dtype)
    clipped = theirs.MLPClassifier(**params).fit(far, BINARY)
    exact = ours.MLPClassifier(**params).fit(far, BINARY)

    (w0, w1), (b0, b1) = clipped.coefs_, clipped.intercepts_
    logits = ((far @ w0 + b0) @ w1 + b1).ravel()
    assert_allclose(exact.loss_, np.mean(np.logaddexp(0, logits) - BINARY * logits), rtol=1e-4)
    assert clipped.loss_ < bound < exact.loss_
    wrong = (expit(logits) > 0.5) != BINARY
    assert_allclose(clipped.loss_, bound * wrong.mean(), rtol=1e-2)
    assert_allclose(exact.coefs_[0], w0, rtol=1e-5)


def test_logits_are_what_tools_that_prefer_a_decision_function_take():
    fits = [p.MLPClassifier(**SMALL, max_iter=30).fit(X, BINARY) for p in (theirs, ours)]
    assert [hasattr(fitted, "decision_function") for fitted in fits] == [False, True]
    np.testing.assert_allclose(
        expit(fits[1].decision_function(X)), fits[0].predict_proba(X)[:, 1], rtol=1e-6
    )
    slopes = [
        CalibratedClassifierCV(p.MLPClassifier(**SMALL, max_iter=30), cv=2)
        .fit(X, BINARY)
        .calibrated_classifiers_[0]
        .calibrators[0]
        .a_
        for p in (theirs, ours)
    ]
    assert abs(slopes[0]) > 1.5 * abs(slopes[1])  # probabilities span less than logits do


def test_tags_of_several_outputs_and_of_transforming():
    for package, answer in ((theirs, False), (ours, True)):
        for name in ("MLPClassifier", "MLPRegressor"):
            estimator = getattr(package, name)(**SMALL, max_iter=2)
            assert estimator.__sklearn_tags__().target_tags.multi_output is answer
            assert hasattr(estimator, "transform") is answer
    columns = np.c_[BINARY + 1, BINARY + 2]
    with pytest.raises(ValueError, match="Multioutput"):
        theirs.MLPClassifier(**SMALL, max_iter=2).fit(X, columns)
    assert ours.MLPClassifier(**SMALL, max_iter=2).fit(X, columns).predict(X).shape == (40, 2)


BITS = (RNG.random((60, 6)) < 0.5).astype(float)
RBMS = (theirs.BernoulliRBM, ours.BernoulliRBM)


def test_p19_partial_fit_returns_the_estimator():
    returned = [kind(2, random_state=0).partial_fit(BITS) for kind in RBMS]
    assert returned[0] is None
    assert isinstance(returned[1], ours.BernoulliRBM)


def test_p20_chunks_of_any_length_have_no_bias():
    def bias(kind):
        rbm = kind(2, batch_size=10, learning_rate=0.05, random_state=0)
        for _ in range(300):
            rbm.partial_fit((RNG.random((3, 6)) < 0.5).astype(float))
        return np.abs(rbm.intercept_visible_).max()

    assert bias(theirs.BernoulliRBM) > 1.5
    assert bias(ours.BernoulliRBM) < 0.8


def test_p21_partial_fit_keeps_float32():
    fitted = [kind(2, random_state=0) for kind in RBMS]
    for rbm in fitted:
        rbm.partial_fit(BITS.astype(np.float32))
    assert [rbm.components_.dtype for rbm in fitted] == [np.float64, np.float32]


def test_p22_scores_repeat():
    first, second = (
        [kind(2, n_iter=2, random_state=0).fit(BITS) for kind in RBMS] for _ in range(2)
    )
    for rbm in (*first, *second):
        rbm.random_state = None
    same = [
        (a.score_samples(BITS) == b.score_samples(BITS)).all()
        for a, b in zip(first, second, strict=True)
    ]
    assert same == [False, True]


def test_p23_gibbs_checks_its_rows():
    fitted = [kind(2, n_iter=1, random_state=0).fit(BITS) for kind in RBMS]
    infinite = np.full((1, 6), np.inf)
    with np.errstate(invalid="ignore"):
        assert fitted[0].gibbs(infinite).shape == (1, 6)
    with pytest.raises(ValueError, match="infinity"):
        fitted[1].gibbs(infinite)


def test_range_is_warned_of():
    assert not warned(theirs.BernoulliRBM(2, n_iter=1), 5 * BITS)
    assert says(warned(ours.BernoulliRBM(2, n_iter=1), 5 * BITS), UserWarning, "MinMaxScaler")


def test_scale_of_y_is_warned_of():
    y = 1000 * SIGNAL[:, 0]
    models = [kind.MLPRegressor(max_iter=3, **SMALL) for kind in (theirs, ours)]
    assert [says(warned(one, X, y), UserWarning, "standardize_target") for one in models] == [
        False,
        True,
    ]
    assert_allclose(models[1].predict(X), models[0].predict(X))


def test_weights_are_not_negative():
    weight = np.r_[-1.0, np.ones(len(X) - 1)]
    theirs.MLPClassifier(**SMALL).fit(X, BINARY, sample_weight=weight)
    with pytest.raises(ValueError, match="sample_weight must be >= 0, got -1 for row 0"):
        ours.MLPClassifier(**SMALL).fit(X, BINARY, sample_weight=weight)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_truth_values_are_no_counts_and_sigmoid_has_two_names():
    theirs.MLPClassifier(max_iter=True, **SMALL).fit(X, BINARY)
    with pytest.raises(ValueError, match=r"'max_iter'.*not a truth value"):
        ours.MLPClassifier(max_iter=True, **SMALL).fit(X, BINARY)
    with pytest.raises(ValueError, match="sigmoid"):
        theirs.MLPClassifier(activation="sigmoid", **SMALL).fit(X, BINARY)
    ours.MLPClassifier(activation="sigmoid", max_iter=2, **SMALL).fit(X, BINARY)


def test_dates_are_refused():
    days = (np.datetime64("2020-01-01") + np.arange(len(X)) % 2).astype("M8[s]")
    theirs.MLPClassifier(max_iter=1).fit(days[:, None], BINARY)
    assert theirs.MLPClassifier(max_iter=1).fit(X, days).classes_.dtype == days.dtype
    with pytest.raises(ValueError, match="column 0 holds dates or times"):
        ours.MLPClassifier(max_iter=1).fit(days[:, None], BINARY)
    with pytest.raises(ValueError, match="y must hold classes for MLPClassifier, got dates"):
        ours.MLPClassifier(max_iter=1).fit(X, days)
    ours.MLPClassifier(max_iter=1).fit(X, days.astype(str))
