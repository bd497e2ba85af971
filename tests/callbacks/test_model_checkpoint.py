"""Names, numbers and contents of checkpoint files, and what is refused."""

import os
import pickle
import re
import signal
import tempfile

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import Autoencoder, MLPClassifier, MLPEnsembleClassifier
from skdeep.callbacks import CheckpointError, ModelCheckpoint, load_checkpoint
from skdeep.callbacks import _format as files
from tests.callbacks.fits import Recorder, X, Y, assert_equal_training, classifier, regressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def epochs(folder):
    return [int(file.stem.partition("-")[2]) for file in sorted(folder.glob("epoch-*.skdeep"))]


def fit(folder, model=None, **options):
    model = classifier() if model is None else model
    return model.set_callbacks(ModelCheckpoint(folder, **options)).fit(X, Y)


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
        ({"every": 0}, "every must be an integer of at least 1, got 0"),
        ({"every": True}, "every"),
        ({"save_best": 1}, "save_best must be True or False, got 1"),
        ({"monitor": "accuracy"}, r"monitor must be None or in \['loss'"),
        ({"monitor": "loss"}, "monitor='loss' needs save_best=True"),
    ],
)
def test_bad_parameters(options, message):
    with pytest.raises(ValueError, match=message):
        ModelCheckpoint("a", **options)


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
        seldom = ModelCheckpoint(tmp_path / "seldom", resume=True, every=4)
        seen = Recorder()
        return classifier(**params).set_callbacks(often, seldom, seen).fit(X, Y), seen.tasks

    two(max_iter=7)
    files.write(
        tmp_path / "seldom" / "latest.skdeep", (tmp_path / "often" / "latest.skdeep").read_bytes()
    )
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
    with pytest.raises(ValueError, match="or goes on from a checkpoint"):
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
    with pytest.raises(TypeError, match=r"cannot hold attributes\.scaler_, of type StandardScaler"):
        fit(tmp_path / "held", Holding(max_iter=3), every=50)


def test_how_data_lie_in_memory_does_not_matter(tmp_path):
    fit(tmp_path)
    for same in (np.asfortranarray(X), np.repeat(X, 2, 1)[:, ::2]):
        fit(tmp_path, classifier(max_iter=11), resume=True)
        saving = ModelCheckpoint(tmp_path, resume=True)
        classifier(max_iter=11).set_callbacks(saving).fit(same, Y.tolist())


def test_a_fit_that_began_at_the_same_time_is_not_overwritten(tmp_path):
    def other_fit(epoch, fitted):
        if epoch == 1:
            fit(tmp_path, classifier(alpha=1.0, max_iter=2))

    model = classifier().set_callbacks(ModelCheckpoint(tmp_path, every=2), Recorder(other_fit))
    with pytest.raises(CheckpointError, match="belongs to another fit: alpha is"):
        model.fit(X, Y)
    assert load_checkpoint(tmp_path, classifier(alpha=1.0)).n_iter_ == 2


# --------------------------------------------------------------------------- files


def test_a_checkpoint_needs_no_pickle(tmp_path, monkeypatch):
    fit(tmp_path)
    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, None)
    load_checkpoint(tmp_path, classifier())
    assert b"\x80\x04" not in (tmp_path / "latest.skdeep").read_bytes()[:200]


@pytest.mark.parametrize("resume", [True, False])
def test_damaged_and_foreign_files_are_refused(tmp_path, resume):
    path = tmp_path / "latest.skdeep"
    fit(tmp_path)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    for content, message in [
        (whole[:-1], "damaged or incomplete"),
        (whole[: len(whole) // 2], "damaged or incomplete"),
        (whole[:30], "damaged or incomplete"),
        (bytes(flipped), "damaged or incomplete"),
        (b"", "is not a checkpoint of skdeep"),
        (whole[:10], "is not a checkpoint of skdeep"),
        (pickle.dumps(classifier()), "is not a checkpoint of skdeep"),
        (b"skdeep checkpoint 1\n" + whole[20:], "the format of another version of skdeep"),
        (files.MAGIC + files._checksum(b"junk") + b"junk", "holds no checkpoint"),
    ]:
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match=message):
            load_checkpoint(path, classifier())
        with pytest.raises(CheckpointError, match=re.escape(str(path))):
            fit(tmp_path, resume=resume)
        assert path.read_bytes() == content


def test_a_pickle_within_the_arrays_is_refused(tmp_path):
    import io

    stream = io.BytesIO()
    np.savez(stream, tree=np.array([classifier()], object), allow_pickle=True)
    content = stream.getvalue()
    (tmp_path / "a").write_bytes(files.MAGIC + files._checksum(content) + content)
    with pytest.raises(CheckpointError, match="holds no checkpoint"):
        files.read(tmp_path / "a")


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, fails):
    fit(tmp_path)
    before = (tmp_path / "latest.skdeep").read_bytes()

    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, fails, fail)
    with pytest.raises(OSError, match=r"cannot save epoch 1: No space left.*latest") as e:
        fit(tmp_path)
    assert e.value.errno == 28
    assert names(tmp_path) == ["latest.skdeep"]
    assert (tmp_path / "latest.skdeep").read_bytes() == before


def test_writing_syncs_before_it_renames(tmp_path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        done = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *a, n=name, f=done: (calls.append(n), f(*a)))
    files.write(tmp_path / "a", b"x")
    assert calls == ["fsync", "replace", "fsync"]


def test_a_tree_comes_back_as_it_was(tmp_path):
    tree = {
        "numbers": [1, -0.1, 1e-320, float("inf"), None, True, 2**70],
        "tuple": (0.1, "word"),
        "arrays": {"a": np.arange(6.0).reshape(2, 3), "labels": np.array(["a", "bc"])},
        "objects": np.array(["x", "y"], object),
        "scalar": np.float64(1 / 3),
    }
    files.write(tmp_path / "a", files.encode(tree))
    found = files.read(tmp_path / "a")
    assert found["numbers"] == tree["numbers"]
    assert found["tuple"] == tree["tuple"]
    assert found["scalar"] == tree["scalar"]
    for name, array in tree["arrays"].items():
        np.testing.assert_array_equal(found["arrays"][name], array)
        assert found["arrays"][name].dtype == array.dtype
    assert found["objects"].dtype == object
    assert found["objects"].tolist() == ["x", "y"]


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"a": {"scaler_": StandardScaler()}}, "a.scaler_, of type StandardScaler"),
        ({"a": [{1: 2}]}, "the key 1 of a"),
        ({"a": np.array([set()], object)}, "hold a, of type set"),
    ],
)
def test_what_a_file_cannot_hold_is_named(tree, message):
    with pytest.raises(TypeError, match=f"a checkpoint cannot hold .*{message}|{message}"):
        files.encode(tree)


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "a").write_text("mine")
    with pytest.raises(ValueError, match="is a file, not a folder"):
        fit(tmp_path / "a")
    with pytest.raises(OSError, match="ModelCheckpoint cannot write in folder"):
        fit(tmp_path / "a" / "b")
    assert (tmp_path / "a").read_text() == "mine"


def test_a_folder_that_cannot_be_written_in_is_told_before_training(tmp_path, monkeypatch):
    def fail(*args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", fail)
    seen = Recorder()
    with pytest.raises(PermissionError, match="cannot write in folder: Permission denied"):
        classifier().set_callbacks(seen, ModelCheckpoint(tmp_path)).fit(X, Y)
    assert (seen.tasks, seen.open) == ([], 0)


# --------------------------------------------------------------------------- loading

TARGETS = {
    "words": Y,
    "objects": Y.astype(object),
    "two": X[:, 0] > 0,
    "labels": (X[:, :3] > 0).astype(int),
    "several": np.stack([np.digitize(X[:, k], [-0.5, 0.5]) for k in (0, 1)], 1),
}


@pytest.mark.parametrize("y", TARGETS.values(), ids=TARGETS.keys())
def test_loaded_classifiers_predict(tmp_path, y):
    saving = ModelCheckpoint(tmp_path)
    model = classifier(normalization="batch").set_callbacks(saving).fit(X, y)
    template = classifier(normalization="batch", random_state=None, max_iter=1)
    loaded = ModelCheckpoint.load(tmp_path, template)
    assert_equal_training(model, loaded)
    np.testing.assert_array_equal(model.predict_proba(X), loaded.predict_proba(X))
    np.testing.assert_array_equal(model.transform(X), loaded.transform(X))
    np.testing.assert_array_equal(model.classes_, loaded.classes_)
    assert loaded.predict(X).dtype == model.predict(X).dtype
    assert loaded.score(X, y) == model.score(X, y)
    assert not hasattr(template, "n_iter_")
    assert not hasattr(loaded, "_skl_callbacks")
    loaded.set_params(random_state=3)
    assert_equal_training(model.partial_fit(X, y), loaded.partial_fit(X, y))


@pytest.mark.parametrize(
    "params",
    [
        {"standardize_target": True},
        {"loss": "quantile", "quantiles": (0.1, 0.9)},
        {"ema_decay": 0.9},
    ],
    ids=str,
)
def test_loaded_regressors_predict(tmp_path, params):
    saving = ModelCheckpoint(tmp_path)
    model = regressor(**params).set_callbacks(saving).fit(X, X[:, :2])
    loaded = load_checkpoint(tmp_path, regressor(**params))
    assert_equal_training(model, loaded)
    assert_equal_training(model.partial_fit(X, X[:, :2]), loaded.partial_fit(X, X[:, :2]))


def test_loaded_autoencoders_know_the_ranges_of_features(tmp_path):
    model = Autoencoder(2, corruption="salt_and_pepper", max_iter=2, random_state=0)
    saved = clone(model).set_callbacks(ModelCheckpoint(tmp_path)).fit(X)
    loaded = load_checkpoint(tmp_path, model)
    np.testing.assert_array_equal(saved.transform(X), loaded.transform(X))
    assert loaded.partial_fit(X).loss_curve_ == saved.partial_fit(X).loss_curve_


def test_feature_names_are_loaded(tmp_path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abcde"))
    model = classifier().set_callbacks(ModelCheckpoint(tmp_path)).fit(frame, Y)
    loaded = load_checkpoint(tmp_path, classifier())
    np.testing.assert_array_equal(model.predict(frame), loaded.predict(frame))
    assert loaded.feature_names_in_.tolist() == list("abcde")


def test_what_is_loaded_is_the_epoch_that_was_saved(tmp_path):
    fit(tmp_path, classifier(early_stopping=True), save_epochs=True)
    loaded = load_checkpoint(tmp_path / "epoch-000004.skdeep", classifier(early_stopping=True))
    short = classifier(early_stopping=True, max_iter=4)
    fitted = []
    short.set_callbacks(Recorder(lambda epoch, model: fitted.append(model))).fit(X, Y)
    np.testing.assert_array_equal(loaded.predict_proba(X), fitted[-1].predict_proba(X))
    assert loaded.n_iter_ == 4


def test_loading_into_another_estimator(tmp_path):
    fit(tmp_path)
    with pytest.raises(
        CheckpointError, match=r"hidden_layer_sizes is \[9\], there it was \[7, 4\]"
    ):
        load_checkpoint(tmp_path, classifier().set_params(hidden_layer_sizes=(9,)))
    with pytest.raises(CheckpointError, match="estimator is 'MLPRegressor'"):
        load_checkpoint(tmp_path, regressor())


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
