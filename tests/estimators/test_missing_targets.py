"""``missing_targets="mask"``: a y with NaN is learned and scored by what is there of it."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import r2_score
from sklearn.model_selection import PredefinedSplit

from skdeep import (
    AttentionRegressor,
    CNNRegressor,
    DBNRegressor,
    MLPEnsembleRegressor,
    MLPRegressor,
    NetworkRegressor,
    RNNRegressor,
    TabularMLPRegressor,
)
from skdeep.augmentation import Flip, Rotate
from skdeep.nn import Activation, Dense
from tests.estimators.stacked import twins

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:.*set standardize_target:UserWarning"),
]

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 16))
Y = X[:, :3] @ RNG.normal(size=(3, 4)) * [1, 2, 30, 1] + [0, 5, 100, 0]
GAPS = RNG.random(Y.shape) < 0.4
GAPS[0] = True  # of one sample all are missing
HOLED = np.where(GAPS, np.nan, Y)
SHORT = {"max_iter": 3, "random_state": 0, "missing_targets": "mask"}
FAMILIES = {
    "mlp": (MLPRegressor(hidden_layer_sizes=(4,), **SHORT), X),
    "cnn": (CNNRegressor([(2, 3)], (3,), image_shape=(4, 4), **SHORT), X),
    "rnn": (RNNRegressor(3, **SHORT), X.reshape(60, 8, 2)),
    "attention": (
        AttentionRegressor(n_blocks=1, n_units=4, n_heads=1, **SHORT),
        X.reshape(60, 8, 2),
    ),
    "dbn": (DBNRegressor((3,), pretrain_n_iter=1, **SHORT), (X > 0).astype(float)),
    "layers": (NetworkRegressor([Dense(4), Activation("tanh")], **SHORT), X),
}


@pytest.fixture(params=FAMILIES)
def family(request):
    return FAMILIES[request.param]


def test_what_is_missing_may_be_anything(family):
    """Not its place but no number there decides; early stopping and validation see the same."""
    model, rows = family
    for options in ({}, {"early_stopping": True}, {"standardize_target": True, "loss": "huber"}):
        if "loss" in options and isinstance(model, NetworkRegressor):
            continue
        fitted = clone(model).set_params(**options).fit(rows, HOLED)
        assert np.isfinite(fitted.predict(rows)).all()
        assert np.isfinite(fitted.loss_)
        scored = fitted.score(rows, HOLED)
        each = [r2_score(Y[~gap, k], fitted.predict(rows)[~gap, k]) for k, gap in enumerate(GAPS.T)]
        assert scored == pytest.approx(np.mean(each), rel=1e-5)


def test_a_full_y_is_learned_as_ever(family):
    model, rows = family
    masked = clone(model).set_params(standardize_target=True)
    plain = clone(masked).set_params(missing_targets="error")
    found, expected = masked.fit(rows, Y), plain.fit(rows, Y)
    np.testing.assert_allclose(found.predict(rows), expected.predict(rows), rtol=1e-6)
    assert found.score(rows, Y) == pytest.approx(expected.score(rows, Y))
    np.testing.assert_allclose(found.loss_curve_, expected.loss_curve_, rtol=1e-6)


def test_validation_samples_without_numbers_are_refused_before_training(family):
    model, rows = family
    epochs = []
    unscored = clone(model).set_params(scoring=lambda *given: epochs.append(1) or 0.0)
    nothing = {"X_val": rows[:9], "y_val": np.full((9, 4), np.nan)}
    with pytest.raises(ValueError, match="y_val: too many numbers are missing, it needs one"):
        unscored.fit(rows, Y, **nothing)
    few = {"X_val": rows[:4], "y_val": np.where(np.eye(4) > 0, Y[:4], np.nan)}
    with pytest.raises(ValueError, match=r"y_val: too many.* R squared needs two"):
        clone(model).fit(rows, Y, **few)
    unscored.fit(rows, Y, **few)
    assert len(epochs) == unscored.n_iter_
    held = PredefinedSplit(np.where(np.arange(60) < 9, 0, -1))
    y = np.where(np.arange(60)[:, None] < 9, np.nan, Y)
    with pytest.raises(ValueError, match="y of the samples held out: too many"):
        clone(model).set_params(early_stopping=True, validation_split=held).fit(rows, y)


def test_nan_is_refused_unless_it_is_said(family):
    model, rows = family
    plain = clone(model).set_params(missing_targets="error")
    with pytest.raises(ValueError, match=r"Input y.*NaN(.|\n)*missing_targets='mask'"):
        plain.fit(rows, HOLED)
    with pytest.raises(ValueError, match="NaN"):
        plain.fit(rows, Y).score(rows, HOLED)


def test_infinity_beside_what_is_missing_is_named(family):
    model, rows = family
    endless = HOLED.copy()
    endless[7, 1] = np.inf
    with pytest.raises(ValueError, match="Input y contains infinity"):
        clone(model).fit(rows, endless)


def test_gradients_are_those_of_the_numbers_that_are_there():
    """One step of gradient descent, written as a loop over samples and outputs."""
    model = MLPRegressor(
        hidden_layer_sizes=(), solver="sgd", momentum=0, alpha=0, max_iter=1,
        learning_rate_init=0.01,
        batch_size=60, shuffle=False, random_state=0, missing_targets="mask",
    )  # fmt: skip
    weight = 1 + np.arange(60) % 3
    start = clone(model).set_params(learning_rate_init=1e-300).fit(X, HOLED, sample_weight=weight)
    W, b = start.coefs_[0].copy(), start.intercepts_[0].copy()
    slope, constant = np.zeros_like(W), np.zeros_like(b)
    loss = 0.0
    for x, y, w in zip(X, HOLED, weight / weight.sum(), strict=True):
        for k in np.flatnonzero(~np.isnan(y)):
            error = x @ W[:, k] + b[k] - y[k]
            loss += w * error**2 / 2 / 4
            slope[:, k] += w * error * x
            constant[k] += w * error
    model.fit(X, HOLED, sample_weight=weight)
    np.testing.assert_allclose(model.coefs_[0], W - 0.01 * slope, rtol=1e-10)
    np.testing.assert_allclose(model.intercepts_[0], b - 0.01 * constant, rtol=1e-10)
    assert model.loss_ == pytest.approx(loss)


def test_scale_and_mean_are_those_of_what_is_there():
    weight = 1.0 + np.arange(60) % 2
    model = MLPRegressor(hidden_layer_sizes=(2,), **SHORT, standardize_target=True)
    target = model.fit(X, HOLED, sample_weight=weight)._target
    for k, gap in enumerate(GAPS.T):
        known, w = Y[~gap, k], weight[~gap]
        mean = np.average(known, weights=w)
        assert target.mean[k] == pytest.approx(mean)
        assert target.scale[k] == pytest.approx(np.sqrt(np.average((known - mean) ** 2, weights=w)))


def test_every_form_of_missing_numbers():
    model = MLPRegressor(hidden_layer_sizes=(2,), **SHORT)
    expected = clone(model).fit(X, HOLED).predict(X)
    for y in (
        pd.DataFrame(HOLED),
        [[None if np.isnan(v) else v for v in row] for row in HOLED.tolist()],
        pd.DataFrame(HOLED).astype("Float64"),
    ):
        np.testing.assert_array_equal(clone(model).fit(X, y).predict(X), expected)
    one = clone(model).fit(X, pd.Series(HOLED[:, 1]), X_val=X[:9], y_val=HOLED[:9, 1])
    assert one.predict(X).shape == (60,)
    again = clone(model).fit(X, HOLED[:, 1], X_val=X[:9], y_val=HOLED[:9, 1])
    np.testing.assert_array_equal(one.validation_scores_, again.validation_scores_)


def test_a_stack_has_its_own_gaps():
    model = MLPRegressor(hidden_layer_sizes=(3,), batch_size=20, **SHORT, standardize_target=True)
    own = {"learning_rate_init": (0.001, 0.01, 0.003), "random_state": (0, 1, 2)}
    twins(model, own, (X, HOLED), [slice(60), slice(10, 60), slice(40)])
    ensemble = MLPEnsembleRegressor(model, n_estimators=2, random_state=0).fit(X, HOLED)
    assert np.isfinite(ensemble.score(X, HOLED))


def test_points_that_are_missing_follow_as_such():
    points = RNG.uniform(1, 3, (60, 4))
    points[:20, :2] = np.nan
    points[10:30, 3] = np.nan
    seen = []

    def look(image, y, rng):
        seen.append(y.copy())
        return image, y

    changes = [Flip(y="keypoints", swap=[1, 0], probability=1), Rotate(20), look]
    model = CNNRegressor(
        [(2, 3)], (), image_shape=(4, 4), augment=changes, batch_size=60, shuffle=False, **SHORT
    )
    model.set_params(max_iter=1).fit(X, points)
    gaps = np.isnan(seen)
    np.testing.assert_array_equal(gaps[:, :2].all(axis=1), np.isnan(points[:, 3]))  # swapped
    np.testing.assert_array_equal(gaps[:, 2:].all(axis=1), np.isnan(points[:, 0]))


@pytest.mark.parametrize(
    ("options", "y", "message"),
    [
        ({}, np.where(np.arange(4) == 2, np.nan, Y), "column 2 of y has no number"),
        ({}, np.full(60, np.nan), "y has no number: all are missing"),
        ({}, np.where(GAPS, np.inf, Y), "infinity"),
        ({"scoring": "r2", "early_stopping": True}, HOLED, "scoring='r2' does not take"),
        ({"loss": "poisson"}, -HOLED, "needs y >= 0"),
        ({"output_activation": (0, 1)}, HOLED, "output_activation gives predictions"),
        ({"missing_targets": "drop"}, HOLED, "'missing_targets' parameter"),
    ],
)
def test_bad_input(options, y, message):
    with pytest.raises(ValueError, match=message):
        MLPRegressor(hidden_layer_sizes=(2,), **SHORT | options).fit(X, y)


def test_a_column_whose_numbers_have_no_weight_is_refused():
    weight = np.where(np.isnan(HOLED[:, 1]), 1.0, 0.0)
    model = MLPRegressor(hidden_layer_sizes=(2,), **SHORT)
    with pytest.raises(ValueError, match="column 1 of y has no number of a sample with weight"):
        model.fit(X, HOLED, sample_weight=weight)
    with pytest.raises(ValueError, match="y has no number of a sample with weight"):
        model.fit(X, HOLED[:, 1], sample_weight=weight)


def test_a_column_without_numbers_that_train_is_refused():
    y = np.where(np.arange(4) == 1, np.nan, Y)
    y[-1, 1] = 1.0  # the one number there is validates
    split = [(np.arange(50), np.arange(50, 60))]
    model = MLPRegressor(hidden_layer_sizes=(2,), early_stopping=True, **SHORT)
    with pytest.raises(ValueError, match="column 1 of y has no number in the samples that train"):
        model.set_params(validation_split=split).fit(X, y)


@pytest.mark.parametrize("sharing", ["none", "batch"])
def test_tables_whose_y_has_gaps(sharing):
    options = {"hidden_layer_sizes": (4,), "n_members": 2, "member_sharing": sharing, **SHORT}
    model = TabularMLPRegressor(n_splits=2, **options).fit(X, HOLED)
    scores = model.conformity_scores_
    np.testing.assert_array_equal(np.isnan(scores).sum(axis=0), GAPS.sum(axis=0))
    # Intervals of what was held out hold as many of the numbers that are there.
    residuals = np.sort(np.abs(model.oof_predictions_ - HOLED), axis=0)
    np.testing.assert_allclose(scores, residuals)
    interval = model.predict_interval(X, coverage=0.8)
    half = (interval[:, :, 1] - interval[:, :, 0]) / 2
    for k, column in enumerate(residuals.T):
        known = column[~np.isnan(column)]
        rank = int(np.ceil((len(known) + 1) * 0.8))
        np.testing.assert_allclose(half[:, k], known[rank - 1], rtol=1e-5)
    low, high = np.nanmin(HOLED, axis=0), np.nanmax(HOLED, axis=0)
    predicted = model.predict(X)
    assert (predicted >= low - 1e-4).all()
    assert (predicted <= high + 1e-4).all()
    assert np.isfinite(model.score(X, HOLED))
    stream = TabularMLPRegressor(**options).partial_fit(X[:30], HOLED[:30])
    assert np.isfinite(stream.partial_fit(X[30:], HOLED[30:]).predict(X)).all()
    plain = TabularMLPRegressor(**options | {"missing_targets": "error"})
    with pytest.raises(ValueError, match=r"Input y .*NaN in row 0.* missing_targets='mask'"):
        plain.fit(X, HOLED)
    full = TabularMLPRegressor(**options).fit(X, Y).predict(X)
    np.testing.assert_allclose(plain.fit(X, Y).predict(X), full, rtol=1e-5)


def test_tables_with_masked_numbers():
    options = {"hidden_layer_sizes": (4,), "n_members": 1, **SHORT}
    masked = np.ma.MaskedArray(np.where(GAPS, 1e9, Y), GAPS)
    expected = TabularMLPRegressor(**options).fit(X, HOLED).predict(X)
    for y in (masked, pd.DataFrame(HOLED).astype("Float64")):
        np.testing.assert_array_equal(TabularMLPRegressor(**options).fit(X, y).predict(X), expected)
