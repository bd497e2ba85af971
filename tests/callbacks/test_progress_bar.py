"""Progress bars show how far a fit is, and the numbers of its newest epoch."""

import pickle
import re
import sys

import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep.model_selection
from skdeep.callbacks import ProgressBar
from tests.callbacks.fits import X, Y, classifier

pytest.importorskip("rich")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

EPOCHS = 3


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")


def grid(search, n_jobs=None):
    pipeline = make_pipeline(StandardScaler(), classifier(max_iter=EPOCHS))
    return search(pipeline, {"mlpclassifier__alpha": [0.0, 0.1]}, cv=3, n_jobs=n_jobs)


def test_bar_shows_epochs_loss_and_validation_score(capsys):
    model = classifier(max_iter=EPOCHS, early_stopping=True, validation_fraction=0.5)
    model.set_callbacks(ProgressBar()).fit(X, Y)
    shown = capsys.readouterr().out
    assert f"{EPOCHS}/{EPOCHS}" in shown
    assert f" loss {model.loss_:.4g}" in shown
    assert f"validation loss {model.history_['validation_loss'][-1]:.4g}" in shown
    assert f"validation score {model.validation_scores_[-1]:.4g}" in shown


def test_bar_without_validation_shows_the_loss_alone(capsys):
    classifier(max_iter=EPOCHS).set_callbacks(ProgressBar()).fit(X, Y)
    shown = capsys.readouterr().out
    assert "loss" in shown
    assert "validation" not in shown


def test_bar_of_a_fit_that_stops_early_says_when(capsys):
    model = classifier(max_iter=1000, tol=1e9, n_iter_no_change=2)
    model.set_callbacks(ProgressBar()).fit(X, Y)
    assert model.n_iter_ < 1000
    assert f"{model.n_iter_}/1000" in capsys.readouterr().out


def test_search_has_a_bar_for_each_fit_as_deep_as_asked(capsys):
    grid(GridSearchCV).set_callbacks(ProgressBar(None)).fit(X, Y)
    shown = capsys.readouterr().out
    assert len(re.findall("MLPClassifier - fit.* loss", shown)) == 2 * 3 + 1
    grid(GridSearchCV).set_callbacks(ProgressBar(0)).fit(X, Y)
    shown = capsys.readouterr().out
    assert "GridSearchCV - search" in shown
    assert "6/6" in shown
    assert "MLPClassifier" not in shown


@pytest.mark.parametrize("search", [GridSearchCV, skdeep.model_selection.GridSearchCV])
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_searches_in_stacks_and_processes_have_a_bar(search, n_jobs, capsys):
    grid(search, n_jobs).set_callbacks(ProgressBar()).fit(X, Y)
    assert "GridSearchCV - search" in capsys.readouterr().out


def test_fit_that_fails_leaves_no_bar_running(capsys):
    bar = ProgressBar()
    with pytest.raises(ValueError, match="learning_rate_init"):
        classifier(learning_rate_init=-1.0).set_callbacks(bar).fit(X, Y)
    classifier(max_iter=EPOCHS).set_callbacks(bar).fit(X, Y)  # a second one would refuse to start
    assert f"{EPOCHS}/{EPOCHS}" in capsys.readouterr().out
    assert pickle.loads(pickle.dumps(bar)).max_propagation_depth == 1


@pytest.mark.parametrize("depth", [-1, 1.5, "all", True])
def test_depth_must_be_a_number_of_levels(depth):
    with pytest.raises(ValueError, match="max_propagation_depth must be an integer"):
        ProgressBar(depth)


def test_missing_rich_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.progress", None)
    with pytest.raises(ImportError, match="ProgressBar needs rich"):
        ProgressBar()
