"""scikit-learn's callbacks with these estimators: alone, in pipelines, in parallel searches."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import MLPEnsembleClassifier
from tests.callbacks.fits import WEIGHT, Recorder, X, Y, classifier, regressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

EPOCHS = 3


def grid(model, n_jobs):
    pipe = make_pipeline(StandardScaler(), model)
    return GridSearchCV(pipe, {"mlpclassifier__alpha": [0.0, 0.1]}, cv=3, n_jobs=n_jobs)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_score_for_each_epoch_fold_and_candidate(n_jobs):
    pytest.importorskip("pandas")
    monitor = ScoringMonitor(scoring="accuracy")
    model = classifier(max_iter=EPOCHS).set_callbacks(monitor)
    search = grid(model, n_jobs).fit(X, Y)
    rows = monitor.get_logs().data_as_pandas
    epochs = rows[rows["task_name"] == "epoch"]
    fits = epochs.groupby("parent_task_id_path").size()
    assert fits.tolist() == [EPOCHS] * (2 * 3 + 1)  # and the refit
    assert epochs["accuracy"].notna().all()
    refit = epochs[epochs["task_id_path"].map(len) == 4]  # search, refit, step, epoch
    assert refit["accuracy"].iloc[-1] == search.score(X, Y)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_progress_bars_in_a_search(n_jobs, capsys):
    pytest.importorskip("rich")
    search = grid(classifier(max_iter=EPOCHS), n_jobs)
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, Y)
    shown = capsys.readouterr().out
    assert shown.count("MLPClassifier - fit") == 2 * 3 + 1
    assert shown.count("100%") >= 2 * 3 + 1


def test_progress_of_a_fit_that_stops_early(capsys):
    pytest.importorskip("rich")
    model = regressor(max_iter=1000, tol=1e9, n_iter_no_change=2)
    model.set_callbacks(ProgressBar()).fit(X, X[:, 0])
    assert model.n_iter_ < 1000
    assert "MLPRegressor - fit" in capsys.readouterr().out


def test_every_epoch_is_told_of_the_last_one_too():
    tasks = Recorder()
    model = classifier(max_iter=50, tol=1.0, n_iter_no_change=2).set_callbacks(tasks).fit(X, Y)
    assert model.n_iter_ < 50
    assert tasks.tasks == ["epoch"] * model.n_iter_ + ["fit"]
    assert tasks.open == 0


@pytest.mark.parametrize("epoch", [1, 4])
def test_a_hook_that_returns_true_stops_at_that_epoch(epoch):
    model = classifier().set_callbacks(Recorder(lambda k, fitted: k == epoch)).fit(X, Y)
    assert model.n_iter_ == epoch
    np.testing.assert_array_equal(model._values, classifier(max_iter=epoch).fit(X, Y)._values)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"ema_decay": 0.9},
        {"early_stopping": True},
        {"normalization": "batch"},
        {"solver": "lbfgs"},
    ],
    ids=str,
)
def test_hooks_get_snapshots_that_predict(params):
    models, predictions = [], []

    def look(epoch, fitted):
        models.append(fitted)
        predictions.append(fitted.predict_proba(X))

    model = classifier(**params).set_callbacks(Recorder(look)).fit(X, Y)
    assert len(models) == model.n_iter_ == 9
    for epoch, (snapshot, proba) in enumerate(zip(models, predictions, strict=True), 1):
        np.testing.assert_array_equal(snapshot.predict_proba(X), proba)
        assert snapshot.loss_curve_ == model.loss_curve_[:epoch]
        assert snapshot.n_iter_ == epoch
        assert snapshot.transform(X).shape == (97, 4)
        clone(snapshot)
        pickle.loads(pickle.dumps(snapshot))
    assert not np.array_equal(predictions[0], predictions[-1])
    if not params.get("early_stopping"):
        np.testing.assert_array_equal(predictions[-1], model.predict_proba(X))


def test_lbfgs_stops_when_told():
    model = classifier(solver="lbfgs").set_callbacks(Recorder(lambda k, fitted: k == 3))
    assert model.fit(X, Y).n_iter_ == 3
    assert len(model.loss_curve_) == 3


def test_a_callback_that_only_looks_changes_nothing():
    params = {"dropout": 0.3, "early_stopping": True, "dtype": "float32"}
    seen = classifier(**params).set_callbacks(Recorder(lambda k, fitted: fitted.score(X, Y) > 2))
    assert seen.fit(X, Y).loss_curve_ == classifier(**params).fit(X, Y).loss_curve_


def test_weights_reach_the_scores():
    monitor = ScoringMonitor(scoring="accuracy")
    model = classifier().set_callbacks(monitor).fit(X, Y, WEIGHT)
    scores = [row["accuracy"] for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert scores[-1] == model.score(X, Y, WEIGHT)


def test_files_of_fitted_models_hold_no_callbacks():
    model = classifier().set_callbacks(Recorder(lambda *args: None))  # a lambda has no pickle
    model.fit(X, Y)
    back = pickle.loads(pickle.dumps(model))
    assert not hasattr(back, "_skl_callbacks")
    assert hasattr(model, "_skl_callbacks")
    np.testing.assert_array_equal(back.predict(X), model.predict(X))


def test_unfitted_estimators_take_their_callbacks_to_workers():
    monitor = ScoringMonitor(scoring="accuracy")
    back = pickle.loads(pickle.dumps(classifier().set_callbacks(monitor)))
    assert isinstance(back._skl_callbacks[0], ScoringMonitor)


def test_models_from_workers_hold_no_callbacks():
    model = classifier(max_iter=2).set_callbacks(Recorder())
    found = cross_validate(model, X, Y, cv=2, n_jobs=2, return_estimator=True)["estimator"]
    assert [hasattr(m, "_skl_callbacks") for m in found] == [False, False]


def test_nothing_of_a_fit_stays_on_the_estimator():
    model = classifier().set_callbacks(Recorder()).fit(X, Y)
    left = {
        "_running_fit",
        "_callback_fit_ctx",
        "_skl_callbacks_to_teardown",
        "_parent_callback_ctx",
    }
    assert not left & vars(model).keys()


@pytest.mark.parametrize("fitted", [False, True])
def test_a_hook_that_fails_ends_the_fit_and_leaves_the_model(fitted):
    recorder = Recorder()
    model = classifier().set_callbacks(recorder)
    before = model.fit(X, Y)._values.copy() if fitted else None
    recorder.after = lambda epoch, fitted: 1 / 0
    with pytest.raises(ZeroDivisionError):
        model.fit(X + 1, Y)
    assert recorder.open == 0
    assert "_running_fit" not in vars(model)
    if fitted:
        np.testing.assert_array_equal(model._values, before)
    else:
        assert not hasattr(model, "n_iter_")


def test_a_hook_of_one_in_a_stack_that_fails_is_told():
    recorder = Recorder(lambda epoch, fitted: 1 / 0)
    member = classifier().set_callbacks(recorder)
    with pytest.raises(ZeroDivisionError):
        MLPEnsembleClassifier(member, n_estimators=2, random_state=0).fit(X, Y)
    assert recorder.open == 0


def test_partial_fit_calls_no_callbacks():
    recorder = Recorder()
    classifier().set_callbacks(recorder).partial_fit(X, Y, classes=np.unique(Y))
    assert recorder.tasks == []
