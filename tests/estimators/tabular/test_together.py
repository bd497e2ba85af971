"""Networks that are averaged stop together, by the score of their mean."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss, r2_score

from tests.estimators.tabular.tables import T, X, Y, classifier, regressor

VAL = {"X_val": X[:40], "y_val": Y[:40]}


def test_the_best_epoch_is_that_of_the_mean_prediction():
    model = classifier(stop_together=True, n_members=3, max_iter=12, scoring="accuracy").fit(
        X[40:], Y[40:], **VAL
    )
    first, *others = [member.validation_scores_ for member in model.members_]
    assert others == [first, first]
    assert accuracy_score(VAL["y_val"], model.predict(X[:40])) == max(first)
    assert len({member.n_iter_ for member in model.members_}) == 1
    assert len({member.loss_ for member in model.members_}) == 3


def test_numbers_are_scored_by_the_mean_too():
    model = regressor(stop_together=True, n_members=2, max_iter=12).fit(
        X[40:], T[40:], X_val=X[:40], y_val=T[:40]
    )
    first, second = [member.validation_scores_ for member in model.members_]
    assert first == second
    encoder = model.encoders_[0]
    rows = encoder.transform(model._columns_of(X[:40]), np.float32)
    mean = np.mean([member.predict(rows) for member in model.members_], axis=0)
    assert max(first) == pytest.approx(r2_score(T[:40], mean), rel=1e-4)


@pytest.mark.parametrize("scoring", ["neg_log_loss", "roc_auc", "accuracy"])
def test_scorers_are_given_what_predicts_the_mean(scoring):
    model = classifier(stop_together=True, n_members=2, scoring=scoring, calibrate=False).fit(
        X[40:], Y[40:], **VAL
    )
    scores = model.members_[0].validation_scores_
    assert scores == model.members_[1].validation_scores_
    if scoring == "neg_log_loss":
        kept = -log_loss(VAL["y_val"], model.predict_proba(X[:40]))
        assert kept == pytest.approx(max(scores), rel=1e-5)


def test_each_fold_stops_by_itself():
    model = classifier(
        stop_together=True, n_members=2, n_splits=2, n_iter_no_change=1, patience_factor=0.0
    ).fit(X, Y)
    scores = [member.validation_scores_ for member in model.members_]
    assert scores[0] == scores[1]
    assert scores[2] == scores[3]
    assert scores[0] != scores[2]


def test_functions_of_your_own_score_the_mean_as_ours_do():
    def scoring(estimator, X, y):
        return estimator.score(X, y)

    model = classifier(stop_together=True, n_members=2, scoring=scoring).fit(X[40:], Y[40:], **VAL)
    again = classifier(stop_together=True, n_members=2, scoring="accuracy").fit(
        X[40:], Y[40:], **VAL
    )
    assert model.members_[0].validation_scores_ == again.members_[0].validation_scores_


def test_memory_must_suffice_for_all_of_them():
    with pytest.raises(MemoryError, match="4 models together"):
        classifier(stop_together=True, n_members=4, memory_limit=0.01).fit(X, Y)
