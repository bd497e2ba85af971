"""Which epochs of which fits are saved where, and what is refused."""

import os
import signal

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import MLPClassifier, MLPEnsembleClassifier
from skdeep.callbacks import CheckpointError, ModelCheckpoint, load_checkpoint
from skdeep.callbacks import _format as files
from tests.callbacks.fits import (
    Recorder,
    X,
    Y,
    assert_equal_training,
    classifier,
    cut_off,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def epochs(folder):
    return [int(file.stem.partition("-")[2]) for file in sorted(folder.glob("epoch-*.skdeep"))]


def fit(folder, model=None, *, y=Y, **options):
    model = classifier() if model is None else model
    return model.set_callbacks(ModelCheckpoint(folder, **options)).fit(X, y)


# -------------------------------------------------------------------- names, parameters


def test_files_have_fixed_names(tmp_path):
    fit(tmp_path / "made" / "here", save_best=True, save_epochs=True, every=4)
    assert names(tmp_path / "made" / "here") == [
        "best.skdeep",
        "epoch-000004.skdeep",
        "epoch-000008.skdeep",
        "epoch-000009.skdeep",
        "latest.skdeep",
    ]
    fit(tmp_path / "plain")
    assert names(tmp_path / "plain") == ["latest.skdeep"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"folder": ""}, "folder must not be empty"),
        ({"every": 0}, "every must be an integer of at least 1, got 0"),
        ({"every": True}, "every"),
        ({"save_best": 1}, "save_best must be True or False, got 1"),
        ({"monitor": "accuracy"}, r"monitor must be None or in \['loss'"),
        ({"monitor": "loss"}, "monitor='loss' needs save_best=True"),
    ],
)
def test_bad_parameters(options, message):
    with pytest.raises(ValueError, match=message):
        ModelCheckpoint(**{"folder": "a", **options})


def test_a_template_of_names_is_refused():
    with pytest.raises(ValueError, match="older versions took: give a folder"):
        ModelCheckpoint("models/{epoch:03d}.ckpt")


def test_a_score_needs_validation_samples(tmp_path):
    with pytest.raises(ValueError, match="monitor='validation_loss' but there are no validation"):
        fit(tmp_path, save_best=True, monitor="validation_loss")


# -------------------------------------------------------------------- which epochs


def test_every_and_the_last(tmp_path):
    fit(tmp_path, every=4, save_epochs=True)
    assert epochs(tmp_path) == [4, 8, 9]


def test_the_last_epoch_is_saved_whoever_ends_the_fit(tmp_path):
    saving = ModelCheckpoint(tmp_path, every=4)
    stopping = Recorder(lambda epoch, fitted: epoch == 6)
    model = classifier().set_callbacks(saving, stopping).fit(X, Y)
    loaded = load_checkpoint(tmp_path, classifier())
    assert_equal_training(model, loaded)
    resumed = fit(tmp_path, resume=True)
    assert_equal_training(resumed, classifier().fit(X, Y))


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs timers that send signals")
def test_an_epoch_that_was_cut_short_is_not_saved(tmp_path):
    params = {"max_iter": 30, "dropout": 0.2}

    def interrupt(epoch, fitted):
        if epoch == 6:
            signal.setitimer(signal.ITIMER_REAL, 1e-4)

    def ctrl_c(number, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, ctrl_c)
    try:
        model = classifier(**params)
        model.set_callbacks(ModelCheckpoint(tmp_path, every=5), Recorder(interrupt))
        with pytest.warns(UserWarning, match="interrupted by user"):
            model.fit(X, Y)
    finally:
        signal.signal(signal.SIGALRM, before)
    resumed = fit(tmp_path, classifier(**params), resume=True)
    assert_equal_training(resumed, classifier(**params).fit(X, Y))


@pytest.mark.parametrize("monitor", [None, "loss", "validation_score", "validation_loss"])
def test_the_best_epoch(tmp_path, monitor):
    params = {"early_stopping": True, "n_iter_no_change": 99, "learning_rate_init": 0.3}
    params["max_iter"] = 10 if monitor == "loss" else 9
    model = fit(tmp_path, classifier(**params), monitor=monitor, save_best=True)
    curve = {
        "loss": np.array(model.loss_curve_),
        "validation_score": -np.array(model.validation_scores_),
        "validation_loss": np.array(model.validation_loss_curve_),
    }[monitor or "validation_score"]
    best = load_checkpoint(tmp_path / "best.skdeep", classifier(**params))
    assert best.n_iter_ == curve.argmin() + 1 < len(curve)
    assert load_checkpoint(tmp_path, classifier(**params)).n_iter_ == len(curve)


@pytest.mark.parametrize("known", [True, False])
def test_the_best_so_far_is_known_after_resuming(tmp_path, known):
    params = {"early_stopping": True, "n_iter_no_change": 99, "learning_rate_init": 0.3}
    saving = ModelCheckpoint(tmp_path, save_best=True, resume=True)
    classifier(max_iter=2, **params).set_callbacks(saving).fit(X, Y)
    if not known:
        (tmp_path / "best.skdeep").unlink()
    classifier(max_iter=12, **params).set_callbacks(saving).fit(X, Y)
    found = files.read(tmp_path / "best.skdeep")["monitored"]
    for file in tmp_path.iterdir():
        file.unlink()
    classifier(max_iter=12, **params).set_callbacks(saving).fit(X, Y)
    assert files.read(tmp_path / "best.skdeep")["monitored"] == found


def test_other_files_in_the_folder_stay(tmp_path):
    others = ["best.skdeep.old", "epoch-3.skdeep", "latest.ckpt"]
    for name in others:
        (tmp_path / name).write_text("mine")
    fit(tmp_path, resume=True)
    assert names(tmp_path) == sorted([*others, "latest.skdeep"])


def test_what_killed_writers_left_is_removed(tmp_path):
    (tmp_path / ".latest.skdeep.0123abcd.tmp").write_text("half")
    (tmp_path / ".latest.skdeep.mine.tmp").write_text("mine")
    fit(tmp_path)
    assert names(tmp_path) == [".latest.skdeep.mine.tmp", "latest.skdeep"]


def test_a_file_that_is_swept_away_as_it_is_written_is_written_again(tmp_path, monkeypatch):
    replace, seen = os.replace, []

    def swept(old, new):
        if not seen:  # the same fit begins elsewhere
            files.sweep(tmp_path)
        seen.append(old)
        replace(old, new)

    monkeypatch.setattr(os, "replace", swept)
    fit(tmp_path, classifier(max_iter=1))
    assert len(seen) == 2
    assert load_checkpoint(tmp_path, classifier()).n_iter_ == 1


def test_of_two_on_one_estimator_the_later_epoch_is_taken(tmp_path):
    def two(**params):
        often = ModelCheckpoint(tmp_path / "often", resume=True)
        seldom = ModelCheckpoint(tmp_path / "seldom", resume=True, save_epochs=True)
        seen = Recorder()
        return classifier(**params).set_callbacks(often, seldom, seen).fit(X, Y), seen.tasks

    two(max_iter=7)
    cut_off(tmp_path / "seldom", 4)
    resumed, tasks = two(max_iter=9)
    assert tasks.count("epoch") == 2
    assert_equal_training(resumed, classifier().fit(X, Y))


# ------------------------------------------------------------------------- searches


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_fits_of_a_search_have_their_own_folders(tmp_path, n_jobs):
    saving = ModelCheckpoint(tmp_path, resume=True)
    pipe = make_pipeline(StandardScaler(), classifier(max_iter=3).set_callbacks(saving))
    search = GridSearchCV(pipe, {"mlpclassifier__alpha": [0.0, 0.1]}, cv=2, n_jobs=n_jobs)
    first = search.fit(X, Y).cv_results_["mean_test_score"]
    found = {file: file.read_bytes() for file in tmp_path.glob("MLPClassifier-*/latest.skdeep")}
    assert len(found) == len(names(tmp_path)) == 2 * 2 + 1
    # Again: each of the fits finds its own file and trains no more.
    np.testing.assert_array_equal(first, clone(search).fit(X, Y).cv_results_["mean_test_score"])
    assert found == {file: file.read_bytes() for file in found}


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_the_same_candidate_twice(tmp_path, n_jobs):
    saving = ModelCheckpoint(tmp_path, resume=True)
    model = classifier(max_iter=9).set_callbacks(saving)
    GridSearchCV(model, {"alpha": [0.1] * 4}, cv=2, n_jobs=n_jobs, error_score="raise").fit(X, Y)
    assert len(names(tmp_path)) == 2 + 1
    assert not list(tmp_path.glob("*/.*"))


def test_folds_that_callbacks_are_not_told_of_clash_with_a_clear_error(tmp_path):
    model = classifier(max_iter=2).set_callbacks(ModelCheckpoint(tmp_path / "one"))
    with pytest.raises(CheckpointError, match="set folder_per_fit=True"):
        cross_val_score(model, X, Y, cv=2, error_score="raise")
    model.set_callbacks(ModelCheckpoint(tmp_path / "folds", folder_per_fit=True))
    cross_val_score(model, X, Y, cv=3, error_score="raise", n_jobs=2)
    assert len(names(tmp_path / "folds")) == 3


def test_members_of_an_ensemble(tmp_path):
    def ensemble(folder, *, resume=True, bootstrap=False, **options):
        member = classifier(max_iter=3)
        member.set_callbacks(ModelCheckpoint(tmp_path / folder, resume=resume, **options))
        return MLPEnsembleClassifier(
            member, n_estimators=2, bootstrap=bootstrap, random_state=0
        ).fit(X, Y)

    with pytest.raises(CheckpointError, match=r"random_state is .* set folder_per_fit=True"):
        ensemble("one")
    first = ensemble("each", folder_per_fit=True)
    assert len(names(tmp_path / "each")) == 2
    again = ensemble("each", folder_per_fit=True)
    np.testing.assert_array_equal(first.predict_proba(X), again.predict_proba(X))
    # Which rows were drawn is no parameter of a member: nothing goes on from such a fit.
    with pytest.raises(ValueError, match="or continues from a checkpoint"):
        ensemble("each", bootstrap=True, folder_per_fit=True)
    ensemble("drawn", bootstrap=True, folder_per_fit=True)
    for bootstrap in (True, False):
        with pytest.raises(CheckpointError, match="rows repeat"):
            ensemble("drawn", bootstrap=bootstrap, folder_per_fit=True)


class Few(MLPClassifier):
    """An estimator with few parameters and attributes of its own."""

    def __init__(self, shift=0.0):
        super().__init__((3,), max_iter=4, random_state=0)
        self.shift = shift

    def fit(self, X, y):
        self.ranges_ = [X.min(0), (X.max(0), "max")]
        return super().fit(X - self.shift, y)


class Holding(MLPClassifier):
    def fit(self, X, y):
        self.scaler_ = StandardScaler().fit(X)
        return super().fit(self.scaler_.transform(X), y)


def test_subclasses_with_a_fit_of_their_own(tmp_path):
    model = fit(tmp_path, Few(1.0))
    loaded = load_checkpoint(tmp_path, Few(1.0))
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(loaded.ranges_[1][0], X.max(0))
    assert_equal_training(model, fit(tmp_path, Few(1.0), resume=True))
    with pytest.raises(CheckpointError, match=r"shift is 2\.0, there it was 1\.0"):
        fit(tmp_path, Few(2.0), resume=True)
    seen = Recorder()
    holding = Holding(max_iter=3).set_callbacks(seen, ModelCheckpoint(tmp_path / "held"))
    with pytest.raises(TypeError, match=r"cannot hold attributes\.scaler_, of type StandardScaler"):
        holding.fit(X, Y)
    assert seen.tasks == []  # told before training


def test_how_data_lie_in_memory_does_not_matter(tmp_path):
    def go_on(model, same, y=Y):
        model.set_callbacks(ModelCheckpoint(tmp_path, resume=True)).fit(same, y)
        assert_equal_training(model, clone(model).set_callbacks().fit(X, Y))

    fit(tmp_path)
    for same in (X, np.asfortranarray(X), np.repeat(X, 2, 1)[:, ::2]):
        go_on(classifier(max_iter=11), same, Y.tolist())
    numbers = (X[:, 0] > 0).astype(np.int64)
    fit(tmp_path / "numbers", y=numbers)
    fit(tmp_path / "numbers", y=numbers.astype(np.int32), resume=True)


def test_how_sparse_rows_and_parameters_lie_does_not_matter(tmp_path):
    rows = sparse.csr_matrix(np.maximum(X, 0))
    weights = classifier().fit(X, Y).get_weights()
    turned = {name: np.asfortranarray(w) for name, w in weights.items()}
    turned["output.b"] = np.repeat(weights["output.b"], 2)[::2]
    model = classifier(initial_weights=weights).set_callbacks(ModelCheckpoint(tmp_path))
    model.fit(rows, Y)
    resumed = classifier(initial_weights=turned)
    resumed.set_callbacks(ModelCheckpoint(tmp_path, resume=True)).fit(rows.tocsc(), Y)
    assert_equal_training(model, resumed)


def test_a_fit_that_began_at_the_same_time_is_not_overwritten(tmp_path):
    def other_fit(epoch, fitted):
        if epoch == 1:
            fit(tmp_path, classifier(alpha=1.0, max_iter=2))

    model = classifier().set_callbacks(ModelCheckpoint(tmp_path, every=2), Recorder(other_fit))
    with pytest.raises(CheckpointError, match="belongs to another fit: alpha is"):
        model.fit(X, Y)
    assert load_checkpoint(tmp_path, classifier(alpha=1.0)).n_iter_ == 2


# -------------------------------------------------------------------- what it cannot do


def test_lbfgs_and_other_estimators_are_refused(tmp_path):
    with pytest.raises(ValueError, match="cannot save solver='lbfgs'"):
        fit(tmp_path, classifier(solver="lbfgs"))
    with pytest.raises(ValueError, match="saves estimators of skdeep, not LogisticRegression"):
        fit(tmp_path, LogisticRegression())


def test_a_failed_fit_leaves_nothing_behind(tmp_path):
    saving = ModelCheckpoint(tmp_path)
    model = classifier().set_callbacks(saving)
    with pytest.raises(ValueError, match="NaN"):
        model.fit(np.full_like(X, np.nan), Y)
    model.fit(X, Y)
    assert saving._fits == {}
    assert not {"_running_fit", "_callback_fit_ctx"} & vars(model).keys()
