"""Metrics by name where predictions are made at every step."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import (
    f1_score,
    get_scorer,
    make_scorer,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
)
from sklearn.model_selection import KFold, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline

import skdeep.model_selection as ours
from skdeep import RNNClassifier, RNNForecaster, RNNGenerator, RNNTagger, SequenceScaler
from skdeep.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    step_scorer,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
SHORT = {"learning_rate_init": 0.02, "max_iter": 3, "random_state": 0}
X = [rng.normal(size=(n, 2)) for n in rng.integers(2, 9, 24)]
THREE = [np.array(["low", "middle", "top"])[np.digitize(x[:, 0], [-0.4, 0.4])] for x in X]
TWO = [(x[:, 0] > 0).astype(int) for x in X]
SERIES = np.sin(np.arange(120) / 2) + 0.1 * rng.normal(size=120)
MANY = [SERIES, SERIES[:50]] * 2
TAGGER = RNNTagger(4, **SHORT)
FORECASTER = RNNForecaster(4, alpha=0.0001, tbptt_steps=8, **SHORT)
GRID = {"alpha": [0.0001, 0.1]}


def test_a_tagger_is_scored_over_all_its_steps():
    model = clone(TAGGER).fit(X[:16], THREE[:16])
    test, y = X[16:], THREE[16:]
    true, found = np.concatenate(y), np.concatenate(list(model.predict(test)))
    expected = f1_score(true, found, average="macro")
    assert step_scorer("f1_macro")(model, test, y) == expected
    assert step_scorer("accuracy")(model, test, y) == model.score(test, y)
    own = make_scorer(f1_score, average="macro")
    assert step_scorer(own)(model, test, y) == expected
    weight = np.arange(8.0)
    steps = np.repeat(weight, [len(one) for one in test])
    assert step_scorer("accuracy")(model, test, y, sample_weight=weight) == pytest.approx(
        np.average(true == found, weights=steps)
    )
    assert step_scorer("neg_log_loss")(model, test, y) < 0


def test_probabilities_of_two_labels():
    model = clone(TAGGER).fit(X, TWO)
    logits = np.concatenate(list(model.decision_function(X)))
    expected = roc_auc_score(np.concatenate(TWO), logits)
    assert step_scorer("roc_auc")(model, X, TWO) == expected
    assert 0 < step_scorer("f1")(model, X, TWO) <= 1


@pytest.mark.parametrize("n_channels", [1, 2])
def test_a_forecaster_is_scored_behind_the_first_step(n_channels):
    series = np.stack([SERIES, SERIES[::-1]], axis=1)[:, :n_channels]
    model = clone(FORECASTER).fit(series)
    true, found = series[1:], model.predict(series)[1:]
    assert step_scorer("r2")(model, series) == pytest.approx(model.score(series))
    assert step_scorer("r2")(model, series) == pytest.approx(r2_score(true, found))
    error = mean_absolute_error(true, found)
    assert step_scorer("neg_mean_absolute_error")(model, series) == pytest.approx(-error)
    many = [series, series[:50]]
    weighted = step_scorer("r2")(model, many, sample_weight=[1, 0])
    assert weighted == pytest.approx(model.score(series))


CASES = {
    "tagger": (TAGGER, X, THREE, ["accuracy", "f1_macro"], KFold(2)),
    "tagger in a pipeline": (make_pipeline(SequenceScaler(), TAGGER), X, TWO, ["f1"], KFold(2)),
    "forecaster": (FORECASTER, SERIES, None, ["r2", "neg_mean_absolute_error"], TimeSeriesSplit(2)),
    "many series": (FORECASTER, MANY, None, ["r2"], KFold(2)),
    "forecaster in a pipeline": (
        make_pipeline(SequenceScaler(), FORECASTER),
        [SERIES, SERIES[:50]] * 2,
        None,
        ["r2"],
        KFold(2),
    ),
}


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_searches_take_names(case, n_jobs):
    model, X, y, names, cv = case
    prefix = "" if model in (TAGGER, FORECASTER) else f"{model.steps[-1][0]}__"
    grid = {prefix + name: values for name, values in GRID.items()}
    search = GridSearchCV(model, grid, scoring=names[0], cv=cv, n_jobs=n_jobs).fit(X, y)
    expected = cross_val_score(model, X, y, scoring=step_scorer(names[0]), cv=cv)
    found = [search.cv_results_[f"split{k}_test_score"][0] for k in range(2)]
    np.testing.assert_allclose(found, expected)
    assert np.isfinite(search.score(X, y))
    assert search.scoring == names[0]
    same = clone(search).set_params(scoring=get_scorer(names[0])).fit(X, y)
    np.testing.assert_allclose(same.best_score_, search.best_score_)
    several = GridSearchCV(model, grid, scoring=names, refit=names[-1], cv=cv, n_jobs=n_jobs)
    several.fit(X, y)
    np.testing.assert_allclose(
        several.cv_results_[f"mean_test_{names[0]}"], search.cv_results_["mean_test_score"]
    )


@pytest.mark.parametrize(
    "search",
    [
        RandomizedSearchCV(
            TAGGER, GRID, n_iter=2, scoring={"a": "accuracy"}, refit="a", cv=KFold(2)
        ),
        HalvingGridSearchCV(
            TAGGER, GRID, resource="max_iter", max_resources=4, scoring="f1_macro", cv=KFold(2)
        ),
    ],
)
def test_other_searches_take_names(search):
    assert np.isfinite(search.fit(X, THREE).best_score_)


def test_weights_reach_the_metric():
    weight = np.r_[np.ones(12), np.zeros(6), np.ones(6)]
    search = GridSearchCV(TAGGER, GRID, scoring="accuracy", cv=KFold(2))
    found = search.fit(X, THREE, sample_weight=weight).cv_results_["split1_test_score"]
    model = clone(TAGGER).fit(X[:12], THREE[:12])
    assert found[0] == pytest.approx(model.score(X[12:], THREE[12:], sample_weight=weight[12:]))


def test_early_stopping_by_a_metric_over_steps():
    model = clone(TAGGER).set_params(scoring=step_scorer("f1_macro"))
    model.fit(X[:16], THREE[:16], X_val=X[16:], y_val=THREE[16:])
    assert model.validation_scores_[-1] == step_scorer("f1_macro")(model, X[16:], THREE[16:])


def test_labels_in_a_column_and_in_pickles():
    model = clone(TAGGER).fit(X, TWO)
    cells = np.empty(len(X), object)
    cells[:] = TWO
    scorer = pickle.loads(pickle.dumps(step_scorer("f1")))
    assert scorer(model, X, pd.DataFrame({"y": cells})) == step_scorer("f1")(model, X, TWO)
    assert repr(scorer) == "step_scorer('f1')"


def test_what_has_no_steps_is_refused():
    tagger = clone(TAGGER).fit(X, TWO)
    classifier = RNNClassifier(3, **SHORT).fit(X, np.arange(24) % 2)
    generator = RNNGenerator(3, **SHORT).fit(TWO)
    for name in ("no metric", "F1"):
        with pytest.raises(ValueError, match=name):
            step_scorer(name)
    with pytest.raises(ValueError, match="RNNClassifier predicts once for each sample"):
        step_scorer("accuracy")(classifier, X, np.arange(24) % 2)
    with pytest.raises(ValueError, match="needs y, or a forecaster, got no y and RNNGenerator"):
        step_scorer("r2")(generator, TWO)
    with pytest.raises(ValueError, match=r"y\[1\] must have a label for each of the \d steps"):
        step_scorer("f1")(tagger, X[:2], [TWO[0], TWO[1][:1]])
    with pytest.raises(ValueError, match="y has labels for 1 sequences, but X has 2"):
        step_scorer("f1")(tagger, X[:2], TWO[:1])
    assert "step_scorer" in ours.__all__
