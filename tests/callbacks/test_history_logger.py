import csv
import threading

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep.callbacks import HistoryLogger
from tests.callbacks.fits import Recorder, X, Y, classifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

CURVES = {
    "loss": "loss_curve_",
    "validation_score": "validation_scores_",
    "validation_loss": "validation_loss_curve_",
    "learning_rate": "learning_rate_curve_",
    "gradient_norm": "gradient_norm_curve_",
}


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_rows_are_the_curves(tmp_path):
    path = tmp_path / "made" / "history.csv"
    model = classifier(early_stopping=True).set_callbacks(HistoryLogger(path)).fit(X, Y)
    found = rows(path)
    assert [int(row["epoch"]) for row in found] == list(range(1, model.n_iter_ + 1))
    for column, attribute in CURVES.items():
        assert [float(row[column]) for row in found] == getattr(model, attribute)
    assert {(row["task"], row["estimator"]) for row in found} == {("0", "MLPClassifier")}


def test_what_there_is_not_is_empty(tmp_path):
    path = tmp_path / "a.csv"
    classifier(solver="lbfgs").set_callbacks(HistoryLogger(path)).fit(X, Y)
    assert [row["learning_rate"] + row["validation_loss"] for row in rows(path)] == [""] * 9


def test_rows_are_there_while_training_goes_on(tmp_path):
    path = tmp_path / "a.csv"
    seen = Recorder(lambda epoch, fitted: seen.tasks.append(len(rows(path)) == epoch))
    classifier().set_callbacks(HistoryLogger(path), seen).fit(X, Y)
    assert False not in seen.tasks


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_all_fits_of_a_search_write_to_one_file(tmp_path, n_jobs):
    path = tmp_path / "search.csv"
    pipe = make_pipeline(
        StandardScaler(), classifier(max_iter=20).set_callbacks(HistoryLogger(path))
    )
    grid = GridSearchCV(pipe, {"mlpclassifier__alpha": [0.0, 0.1]}, cv=3, n_jobs=n_jobs)
    grid.fit(X, Y)
    found = rows(path)
    tasks = {row["task"] for row in found}
    assert tasks == {"0.1.1", *(f"0.0.{k}.1" for k in range(6))}
    for task in tasks:
        epochs = [int(row["epoch"]) for row in found if row["task"] == task]
        assert epochs == list(range(1, 21))
    assert len({row["run"] for row in found}) == 1
    grid.fit(X, Y)
    assert len({row["run"] for row in rows(path)}) == 2


def test_a_file_of_something_else_is_left_alone(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("epoch,loss\n")
    with pytest.raises(ValueError, match="has other columns"):
        classifier().set_callbacks(HistoryLogger(path)).fit(X, Y)
    assert path.read_text() == "epoch,loss\n"


def test_a_file_that_another_process_has_just_made_is_waited_for(tmp_path):
    made, path = tmp_path / "made.csv", tmp_path / "a.csv"
    classifier().set_callbacks(HistoryLogger(made)).fit(X, Y)
    header = made.read_bytes().splitlines(keepends=True)[0]
    path.touch()  # the other process has yet to write the header
    writer = threading.Timer(0.05, path.write_bytes, [header])
    writer.start()
    classifier().set_callbacks(HistoryLogger(path)).fit(X, Y)
    writer.join()
    assert len(rows(path)) == len(rows(made))


def test_paths_that_are_no_files(tmp_path):
    with pytest.raises(ValueError, match="is a folder, not a file"):
        classifier().set_callbacks(HistoryLogger(tmp_path)).fit(X, Y)
    (tmp_path / "a").write_text("mine")
    with pytest.raises(OSError, match="HistoryLogger cannot write"):
        classifier().set_callbacks(HistoryLogger(tmp_path / "a" / "b")).fit(X, Y)
    with pytest.raises(ValueError, match="path must not be empty"):
        HistoryLogger("")
    with pytest.raises(TypeError, match="path must be a str or path-like, got None"):
        HistoryLogger(None)


def test_other_estimators_are_refused(tmp_path):
    with pytest.raises(ValueError, match="not LogisticRegression"):
        LogisticRegression().set_callbacks(HistoryLogger(tmp_path / "a")).fit(X, Y)
