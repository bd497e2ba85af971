"""Temperatures of probabilities, and scores that do not depend on them."""

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.metrics import log_loss

from skdeep.data.class_target import ClassTarget
from skdeep.estimators.tabular.held_out import HeldOut, fit_temperature, refined_scores
from tests.estimators.tabular.tables import COLUMNS, LABELS, THREE, X, Y, classifier, table


@pytest.mark.parametrize("params", [{}, {"n_splits": 3}, {"n_members": 2}, {"given": True}])
def test_the_temperature_is_that_of_the_smallest_log_loss_of_samples_held_out(params):
    params = dict(params)
    fresh, labels, _ = table(80, seed=5)
    given = {"X_val": fresh, "y_val": labels} if params.pop("given", False) else {}
    settings = {"max_iter": 40, **params}
    raw = classifier(calibrate=False, **settings).fit(X, Y, **given)
    model = classifier(**settings).fit(X, Y, **given)
    assert raw.temperature_ == 1.0
    assert model.temperature_ != 1.0
    if "n_splits" in params:
        y, proba = Y, raw.oof_predictions_[:, 1]
    else:
        rows = model.members_[0].validation_split
        y = labels if given else Y[rows[0][1]]
        proba = raw.predict_proba(fresh if given else X.iloc[rows[0][1]])[:, 1]
    logits = logit(np.clip(proba, 1e-38, 1 - 1e-8))
    losses = [  # of the samples, and of four that have a temperature of 4
        len(y) * log_loss(y, expit(logits / t)) + 4 * (4 / t + np.log(t))
        for t in model.temperature_ * np.array([0.97, 1, 1.03])
    ]
    assert losses[1] <= min(losses)
    z = np.log(raw.predict_proba(X)[:, 1] / raw.predict_proba(X)[:, 0])
    found = model.predict_proba(X)[:, 1]
    np.testing.assert_allclose(found, expit(z / model.temperature_), rtol=1e-5)
    np.testing.assert_array_equal(model.predict(X), raw.predict(X))


@pytest.mark.parametrize("y", [THREE, LABELS, COLUMNS], ids=["three", "labels", "several"])
def test_all_kinds_of_classes_are_calibrated(y):
    model = classifier(max_iter=30).fit(X, y)
    raw = classifier(calibrate=False, max_iter=30).fit(X, y)
    assert 0.05 < model.temperature_ < 20
    found, plain = (m.predict_proba(X) for m in (model, raw))
    for one, other in zip(
        *(p if isinstance(p, list) else [p] for p in (found, plain)), strict=True
    ):
        if y is not LABELS:
            np.testing.assert_allclose(one.sum(axis=1), 1, rtol=1e-6)
            powers = other ** (1 / model.temperature_)
            np.testing.assert_allclose(one, powers / powers.sum(axis=1, keepdims=True), rtol=1e-5)


@pytest.mark.parametrize("right", [True, False])
def test_few_samples_held_out_move_the_usual_temperature_by_little(right):
    truth = np.arange(1000) % 2
    logits = np.where((truth == 1) == right, 3.0, -3.0)
    target, proba = ClassTarget.of(truth), expit(np.column_stack([-logits, logits]))

    def fitted(n):
        return fit_temperature(target, HeldOut(proba[:n], truth[:n], None))

    few, some, many = fitted(2), fitted(20), fitted(1000)
    assert 2.0 < few < 8.0
    assert (many < some < few) if right else (many > some > few)
    assert many < 1.1 if right else many > 15


def test_a_factor_of_all_weights_is_none_of_the_temperature():
    truth, weight = np.arange(20) % 2, np.repeat([1.0, 3.0, 0.0], [8, 8, 4])
    logits = np.random.default_rng(0).normal(size=20) + 2 * truth
    target, proba = ClassTarget.of(truth), expit(np.column_stack([-logits, logits]))

    def fitted(weight, rows=slice(None)):
        return fit_temperature(target, HeldOut(proba[rows], truth[rows], weight))

    expected = fitted(weight)
    for factor in (1e-3, 1e3):
        assert fitted(factor * weight) == pytest.approx(expected)
    assert fitted(weight[:16], slice(16)) == pytest.approx(expected)
    assert fitted(np.full(20, 0.05)) == pytest.approx(fitted(None))


def test_small_tables_are_calibrated_unasked():
    few = X.head(30), Y[:30]
    tempered, raw = (classifier(calibrate=c).fit(*few) for c in ("auto", False))
    assert raw.temperature_ == 1.0 < tempered.temperature_
    assert classifier(early_stopping=False).fit(*few).temperature_ == 1.0


def test_the_best_epoch_tells_classes_apart_however_sure_it_is():
    target = ClassTarget.of(Y)
    truth, rng = target.encode(Y), np.random.default_rng(1)
    logits = 2.0 * truth - 1.0 + rng.normal(size=truth.shape)

    def score_of(logits):
        return refined_scores(target, expit(logits), truth, None).sum()

    score = score_of(logits)
    for temperature in (0.2, 3.0):
        assert score_of(logits / temperature) == pytest.approx(score, abs=1e-3)
    losses = [log_loss(Y == "yes", expit(logits / t).ravel()) for t in np.geomspace(0.1, 10, 200)]
    right = np.mean((logits > 0) == (truth > 0))
    assert score == pytest.approx(right - min(losses), abs=1e-3)
    assert score_of(logits + rng.normal(size=truth.shape)) < score
