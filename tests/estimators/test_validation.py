"""Validation rows: which ones, how they are scored, and how they travel through scikit-learn."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import sparse
from sklearn.metrics import get_scorer, make_scorer, max_error, mean_absolute_error
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    LeaveOneOut,
    PredefinedSplit,
    TimeSeriesSplit,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import MLPClassifier, MLPRegressor

RNG = np.random.default_rng(0)
X = 3 + RNG.normal(size=(90, 4))
Y = (X[:, 0] > X[:, 1]).astype(int)
T = X[:, 0] - X[:, 1]
SMALL = {"hidden_layer_sizes": (5,), "max_iter": 6, "random_state": 0, "learning_rate_init": 0.01}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def classifier(**params):
    return MLPClassifier(**{**SMALL, **params})


def regressor(**params):
    return MLPRegressor(**{**SMALL, **params})


def mae_of_halves(estimator, X, y):
    return -np.abs(estimator.predict(X) - y).mean() / 2


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array, sparse.csc_matrix])
@pytest.mark.parametrize("scoring", ["neg_log_loss", "roc_auc", "f1_macro"])
def test_a_scorer_watches_the_validation_rows(scoring, kind):
    model = classifier(early_stopping=True, scoring=scoring, alpha=0.0)
    model.fit(kind(X), Y, X_val=kind(X[:30]), y_val=Y[:30])
    final = get_scorer(scoring)(model, kind(X[:30]), Y[:30])
    assert final == pytest.approx(model.best_validation_score_)
    assert model.best_validation_score_ == max(model.validation_scores_)


@pytest.mark.parametrize(
    "scoring",
    [mae_of_halves, "neg_max_error", "neg_mean_absolute_error", None, make_scorer(max_error)],
)
def test_scorers_with_and_without_weights(scoring):
    weight = RNG.uniform(1, 5, 30)
    model = regressor(early_stopping=True, scoring=scoring)
    model.fit(X, T, X_val=X[:30], y_val=T[:30], sample_weight_val=weight)
    best = model.best_validation_score_
    if scoring == "neg_mean_absolute_error":
        expected = mean_absolute_error(T[:30], model.predict(X[:30]), sample_weight=weight)
        assert best == pytest.approx(-expected)
    elif scoring is None:
        assert best == pytest.approx(model.score(X[:30], T[:30], weight))
    else:
        scorer = get_scorer(scoring) if isinstance(scoring, str) else scoring
        assert best == pytest.approx(scorer(model, X[:30], T[:30]))


def test_scoring_by_the_loss_keeps_the_weights_of_the_lowest():
    model = classifier(early_stopping=True, scoring="loss", max_iter=30, learning_rate_init=0.3)
    model.fit(X, Y, X_val=X[:30], y_val=Y[:30])
    assert model.validation_scores_ == [-loss for loss in model.validation_loss_curve_]
    p = model.predict_proba(X[:30])[np.arange(30), Y[:30]]
    assert -np.log(p).mean() == pytest.approx(min(model.validation_loss_curve_))


def test_the_validation_loss_has_no_penalty():
    model = regressor(alpha=10.0).fit(X, T, X_val=X[:30], y_val=T[:30])
    mse = np.mean((model.predict(X[:30]) - T[:30]) ** 2) / 2
    assert model.validation_loss_curve_[-1] == pytest.approx(mse)
    assert len(model.validation_scores_) == len(model.validation_loss_curve_) == model.n_iter_
    assert model.best_validation_score_ is None  # watched, but nothing stops or is restored


class Spy(GroupKFold):
    def split(self, X, y=None, groups=None):
        for train, test in super().split(X, y, groups):
            self.seen = train, test
            yield train, test


def test_group_split_keeps_groups_together():
    groups = np.repeat(np.arange(18), 5)
    split = Spy(n_splits=3)
    model = classifier(early_stopping=True, validation_split=split, shuffle=False)
    model.fit(X, Y, groups=groups)
    train, test = split.seen
    assert not set(groups[train]) & set(groups[test])
    # The same rows, given by hand, train the same: shuffling is off.
    by_hand = classifier(early_stopping=True, shuffle=False)
    by_hand.fit(X[train], Y[train], X_val=X[test], y_val=Y[test])
    np.testing.assert_allclose(model.validation_loss_curve_, by_hand.validation_loss_curve_)


@pytest.mark.parametrize(
    "split",
    [TimeSeriesSplit(n_splits=3), 3, [(np.arange(60), np.arange(60, 90))], PredefinedSplit(Y)],
    ids=["time", "number", "list", "predefined"],
)
def test_splitters(split):
    model = classifier(early_stopping=True, validation_split=split).fit(X, Y)
    assert len(model.validation_scores_) == model.n_iter_
    if isinstance(split, TimeSeriesSplit):
        train = next(split.split(X))[0]
        assert model.t_ == model.n_iter_ * len(train)


def test_a_split_may_name_rows_by_masks_or_from_the_end():
    splits = [(np.arange(60), np.arange(60, 90)), (np.arange(90) < 60, np.arange(-30, 0))]
    curves = [
        classifier(early_stopping=True, validation_split=[split]).fit(X, Y).loss_curve_
        for split in splits
    ]
    assert curves[0] == curves[1]
    with pytest.raises(ValueError, match="among 90"):
        classifier(early_stopping=True, validation_split=[(np.arange(91), [0, 1])]).fit(X, Y)


def test_validation_rows_may_be_lists():
    model = classifier().fit(X.tolist(), Y, X_val=X[:30].tolist(), y_val=Y[:30].tolist())
    expected = classifier().fit(X, Y, X_val=X[:30], y_val=Y[:30])
    assert model.validation_scores_ == expected.validation_scores_


def test_held_out_rows_that_all_weigh_nothing_are_refused():
    weight = np.repeat([1.0, 0.0], [60, 30])
    model = classifier(early_stopping=True, validation_split=[(np.arange(60), np.arange(60, 90))])
    with pytest.raises(ValueError, match="all validation samples"):
        model.fit(X, Y, sample_weight=weight)


def test_lbfgs_watches_no_validation_score():
    with pytest.warns(UserWarning, match="early_stopping has no effect"):
        model = classifier(solver="lbfgs", early_stopping=True).fit(X, Y)
    assert model.best_validation_score_ is None
    assert model.best_loss_ == model.loss_


def test_a_split_of_one_row_is_too_small():
    with pytest.raises(ValueError, match="validation set is too small"):
        classifier(early_stopping=True, validation_split=LeaveOneOut()).fit(X, Y)


def test_groups_that_are_missing_or_short_are_refused():
    model = classifier(early_stopping=True, validation_split=GroupKFold(3))
    with pytest.raises(ValueError, match="groups"):
        model.fit(X, Y)
    with pytest.raises(ValueError, match="inconsistent"):
        model.fit(X, Y, groups=np.arange(5))


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.mark.usefixtures("routing")
def test_a_pipeline_transforms_validation_rows():
    mlp = classifier().set_fit_request(X_val=True, y_val=True)
    pipe = Pipeline([("scale", StandardScaler()), ("mlp", mlp)], transform_input=["X_val"])
    pipe.fit(X[:60], Y[:60], X_val=X[60:], y_val=Y[60:])
    scale = StandardScaler().fit(X[:60])
    expected = classifier().fit(
        scale.transform(X[:60]), Y[:60], X_val=scale.transform(X[60:]), y_val=Y[60:]
    )
    assert pipe[-1].validation_loss_curve_ == expected.validation_loss_curve_


@pytest.mark.usefixtures("routing")
def test_a_search_hands_validation_rows_on_and_reveals_those_it_cut():
    mlp = classifier(max_iter=2).set_fit_request(X_val=True, y_val=True)
    grid = GridSearchCV(mlp, {"alpha": [0.1, 1.0]}, cv=3, error_score="raise")
    grid.fit(X[:60], Y[:60], X_val=X[60:], y_val=Y[60:])  # 30 rows: not cut, not as many as X
    assert len(grid.best_estimator_.validation_scores_) == 2
    with pytest.warns(UserWarning, match="X_val has as many rows as X"):
        grid.fit(X[:45], Y[:45], X_val=X[45:], y_val=Y[45:])


def test_validation_data_may_be_the_training_data():
    model = classifier().fit(X, Y, X_val=X, y_val=Y)  # no warning: it is the very same object
    assert model.validation_scores_[-1] == pytest.approx(model.score(X, Y))


def test_string_classes_and_data_frames():
    frame, labels = pd.DataFrame(X, columns=list("abcd")), np.where(Y, "yes", "no")
    model = classifier(early_stopping=True, scoring="f1_macro", max_iter=20)
    model.fit(frame, labels, X_val=frame[:40], y_val=labels[:40])
    assert get_scorer("f1_macro")(model, frame[:40], labels[:40]) == model.best_validation_score_


def test_labels_are_scored_too():
    labels = np.c_[Y, 1 - Y]
    model = classifier(early_stopping=True, scoring="f1_micro", max_iter=20)
    model.fit(X, labels, X_val=X[:40], y_val=labels[:40])
    assert get_scorer("f1_micro")(model, X[:40], labels[:40]) == model.best_validation_score_
