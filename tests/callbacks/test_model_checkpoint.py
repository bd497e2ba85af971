"""Names, numbers and contents of checkpoint files, and what is refused."""

import os
import pickle
import re

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import Autoencoder
from skdeep.callbacks import CheckpointError, ModelCheckpoint, load_checkpoint
from skdeep.callbacks import _format as files
from tests.callbacks.fits import Recorder, X, Y, assert_equal_training, classifier, regressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def fit(path, model=None, **options):
    model = classifier() if model is None else model
    return model.set_callbacks(ModelCheckpoint(path, **options)).fit(X, Y)


# ------------------------------------------------------------------------- names


def test_fields_and_folders(tmp_path):
    model = fit(tmp_path / "runs" / "{estimator}" / "e{epoch:03d}-{loss:.4f}.ckpt")
    folder = tmp_path / "runs" / "MLPClassifier"
    losses = model.loss_curve_[-2:]
    assert names(folder) == [f"e{k:03d}-{v:.4f}.ckpt" for k, v in zip((8, 9), losses, strict=True)]


def test_validation_fields(tmp_path):
    model = classifier(early_stopping=True, n_iter_no_change=99)
    fit(tmp_path / "{validation_score:.2f} {validation_loss:.3f}", model, keep_last=1)
    score, loss = model.validation_scores_[-1], model.validation_loss_curve_[-1]
    assert names(tmp_path) == [f"{score:.2f} {loss:.3f}"]
    with pytest.raises(ValueError, match=r"uses \['validation_loss'\] but there are no validation"):
        fit(tmp_path / "{validation_loss}")
    with pytest.raises(ValueError, match="no validation samples"):
        fit(tmp_path / "{epoch}", monitor="validation_score")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("{epok}.ckpt", r"unknown field \{epok\}; there are \['epoch'"),
        ("{}.ckpt", r"unknown field \{\}"),
        ("{estimator.alpha}", r"unknown field \{estimator.alpha\}"),
        ("{epoch:03q}.ckpt", "Unknown format code 'q'"),
        ("{epoch", "expected '}'"),
        ("{epoch:*>4}.ckpt", "must be formatted as plain numbers"),
        ("{epoch}/model.ckpt", r"\{epoch\} stands in the folder"),
    ],
)
def test_a_bad_template_is_refused_at_once(path, message):
    with pytest.raises(ValueError, match=message) as error:
        ModelCheckpoint(path)
    assert "path=" in str(error.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"every": 0}, "every must be an integer of at least 1, got 0"),
        ({"every": True}, "every"),
        ({"keep_last": 1.5}, "keep_last must be an integer"),
        ({"monitor": "accuracy"}, r"monitor must be None or in \['loss'"),
    ],
)
def test_other_bad_parameters(options, message):
    with pytest.raises(ValueError, match=message):
        ModelCheckpoint("{epoch}", **options)


def test_a_name_of_each_run_cannot_be_found_again():
    ModelCheckpoint("{run}-{epoch}")
    with pytest.raises(ValueError, match=r"\{run\} is new in each run"):
        ModelCheckpoint("{run}-{epoch}", resume=True)


# -------------------------------------------------------------------- which epochs


def test_every_and_the_last(tmp_path):
    fit(tmp_path / "{epoch}", every=4, keep_last=None)
    assert names(tmp_path) == ["4", "8", "9"]


def test_one_name_for_all_epochs(tmp_path):
    model = fit(tmp_path / "newest.ckpt")
    assert names(tmp_path) == ["newest.ckpt"]
    assert_equal_training(model, load_checkpoint(tmp_path / "newest.ckpt", classifier()))
    assert_equal_training(model, fit(tmp_path / "newest.ckpt", resume=True))


@pytest.mark.parametrize("monitor", [None, "loss", "validation_score", "validation_loss"])
def test_only_the_best(tmp_path, monitor):
    model = classifier(early_stopping=True, n_iter_no_change=99, learning_rate_init=0.3)
    fit(tmp_path / "{epoch}", model, monitor=monitor, save_best_only=True, keep_last=None)
    curve = {
        "loss": np.array(model.loss_curve_),
        "validation_score": -np.array(model.validation_scores_),
        "validation_loss": np.array(model.validation_loss_curve_),
    }[monitor or "validation_score"]
    best = [k + 1 for k in range(len(curve)) if k == 0 or curve[k] < curve[:k].min()]
    assert names(tmp_path) == sorted(map(str, best))
    assert len(best) < len(curve)


def test_the_best_so_far_is_known_after_resuming(tmp_path):
    params = {"early_stopping": True, "n_iter_no_change": 99, "learning_rate_init": 0.3}
    saving = ModelCheckpoint(tmp_path / "{epoch}", save_best_only=True, keep_last=None, resume=True)
    classifier(max_iter=5, **params).set_callbacks(saving).fit(X, Y)
    classifier(max_iter=12, **params).set_callbacks(saving).fit(X, Y)
    found = names(tmp_path)
    for file in tmp_path.iterdir():
        file.unlink()
    classifier(max_iter=12, **params).set_callbacks(saving).fit(X, Y)
    assert names(tmp_path) == found


def test_other_files_in_the_folder_stay(tmp_path):
    others = ["model-best-3.ckpt", "model-3.ckpt.old", "model-.ckpt", "xmodel-3.ckpt"]
    for name in others:
        (tmp_path / name).write_text("mine")
    fit(tmp_path / "model-{epoch}.ckpt", keep_last=1, resume=True)
    assert names(tmp_path) == sorted([*others, "model-9.ckpt"])


def test_what_killed_writers_left_is_removed(tmp_path):
    (tmp_path / ".7.ckpt.0123abcd.tmp").write_text("half")
    (tmp_path / ".mine.tmp").write_text("mine")
    fit(tmp_path / "{epoch}.ckpt", keep_last=1)
    assert names(tmp_path) == [".mine.tmp", "9.ckpt"]


def test_two_on_one_estimator(tmp_path):
    def two(**params):
        newest = ModelCheckpoint(tmp_path / "newest-{epoch}", resume=True, keep_last=1)
        best = ModelCheckpoint(
            tmp_path / "best-{epoch}", resume=True, save_best_only=True, keep_last=1
        )
        params = {"early_stopping": True, "learning_rate_init": 0.3, **params}
        epochs = Recorder()
        model = classifier(n_iter_no_change=99, **params).set_callbacks(newest, best, epochs)
        return model.fit(X, Y), epochs.tasks.count("epoch")

    two(max_iter=6)
    resumed, n_epochs = two(max_iter=9)
    assert n_epochs == 3
    for file in tmp_path.iterdir():
        file.unlink()
    assert_equal_training(resumed, two(max_iter=9)[0])


# ------------------------------------------------------------------------- searches


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("name", ["{epoch}.ckpt", "{fit}-{epoch}.ckpt", "t{task}-{epoch}.ckpt"])
def test_fits_of_a_search_never_share_a_file(tmp_path, name, n_jobs):
    saving = ModelCheckpoint(tmp_path / name, keep_last=1, resume=True)
    pipe = make_pipeline(StandardScaler(), classifier(max_iter=3).set_callbacks(saving))
    search = GridSearchCV(pipe, {"mlpclassifier__alpha": [0.0, 0.1]}, cv=2, n_jobs=n_jobs)
    first = search.fit(X, Y).cv_results_["mean_test_score"]
    found = {file: file.read_bytes() for file in tmp_path.iterdir()}
    assert len(found) == 2 * 2 + 1
    # Again: each of the fits finds its own file and trains no more.
    np.testing.assert_array_equal(first, clone(search).fit(X, Y).cv_results_["mean_test_score"])
    assert found == {file: file.read_bytes() for file in tmp_path.iterdir()}


def test_folds_that_callbacks_are_not_told_of_clash_with_a_clear_error(tmp_path):
    model = classifier(max_iter=2).set_callbacks(ModelCheckpoint(tmp_path / "{epoch}"))
    with pytest.raises(CheckpointError, match=r"Put \{fit\} into `path`"):
        cross_val_score(model, X, Y, cv=2, error_score="raise")
    model.set_callbacks(ModelCheckpoint(tmp_path / "folds" / "{fit}-{epoch}", keep_last=1))
    cross_val_score(model, X, Y, cv=3, error_score="raise", n_jobs=2)
    assert len(names(tmp_path / "folds")) == 3


def test_a_fit_that_began_at_the_same_time_is_not_overwritten(tmp_path):
    def other_fit(epoch, fitted):
        if epoch == 1:
            fit(tmp_path / "{epoch}", classifier(alpha=1.0, max_iter=2))

    model = classifier().set_callbacks(
        ModelCheckpoint(tmp_path / "{epoch}", every=2), Recorder(other_fit)
    )
    with pytest.raises(CheckpointError, match="belongs to another fit: alpha is"):
        model.fit(X, Y)


# --------------------------------------------------------------------------- files


def test_a_checkpoint_needs_no_pickle(tmp_path, monkeypatch):
    fit(tmp_path / "a", keep_last=1)
    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, None)
    load_checkpoint(tmp_path / "a", classifier())
    assert b"\x80\x04" not in (tmp_path / "a").read_bytes()[:200]


@pytest.mark.parametrize("resume", [True, False])
def test_damaged_and_foreign_files_are_refused(tmp_path, resume):
    path = tmp_path / "a"
    fit(path)
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
        (files.MAGIC + files._checksum(b"junk") + b"junk", "holds no checkpoint"),
    ]:
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match=message):
            load_checkpoint(path, classifier())
        with pytest.raises(CheckpointError, match=re.escape(str(path))):
            fit(path, resume=resume)
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
    fit(tmp_path / "a", keep_last=1)
    before = (tmp_path / "a").read_bytes()

    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, fails, fail)
    with pytest.raises(OSError, match="No space left"):
        fit(tmp_path / "a")
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == before


def test_writing_syncs_before_it_renames(tmp_path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        done = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *a, n=name, f=done: (calls.append(n), f(*a)))
    files.write(tmp_path / "a", {"x": 1})
    assert calls == ["fsync", "replace", "fsync"]


def test_a_tree_comes_back_as_it_was(tmp_path):
    tree = {
        "numbers": [1, -0.1, 1e-320, float("inf"), None, True, 2**70],
        "tuple": (0.1, "word"),
        "arrays": {"a": np.arange(6.0).reshape(2, 3), "labels": np.array(["a", "bc"])},
        "objects": np.array(["x", "y"], object),
        "scalar": np.float64(1 / 3),
    }
    files.write(tmp_path / "a", tree)
    found = files.read(tmp_path / "a")
    assert found["numbers"] == tree["numbers"]
    assert found["tuple"] == tree["tuple"]
    assert found["scalar"] == tree["scalar"]
    for name, array in tree["arrays"].items():
        np.testing.assert_array_equal(found["arrays"][name], array)
        assert found["arrays"][name].dtype == array.dtype
    assert found["objects"].dtype == object
    assert found["objects"].tolist() == ["x", "y"]


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
    saving = ModelCheckpoint(tmp_path / "a")
    model = classifier(normalization="batch").set_callbacks(saving).fit(X, y)
    template = classifier(normalization="batch", random_state=None, max_iter=1)
    loaded = ModelCheckpoint.load(tmp_path / "a", template)
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
    saving = ModelCheckpoint(tmp_path / "a")
    model = regressor(**params).set_callbacks(saving).fit(X, X[:, :2])
    loaded = load_checkpoint(tmp_path / "a", regressor(**params))
    assert_equal_training(model, loaded)
    assert_equal_training(model.partial_fit(X, X[:, :2]), loaded.partial_fit(X, X[:, :2]))


def test_loaded_autoencoders_know_the_ranges_of_features(tmp_path):
    model = Autoencoder(2, corruption="salt_and_pepper", max_iter=2, random_state=0)
    saved = clone(model).set_callbacks(ModelCheckpoint(tmp_path / "a")).fit(X)
    loaded = load_checkpoint(tmp_path / "a", model)
    np.testing.assert_array_equal(saved.transform(X), loaded.transform(X))
    assert loaded.partial_fit(X).loss_curve_ == saved.partial_fit(X).loss_curve_


def test_feature_names_are_loaded(tmp_path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abcde"))
    model = classifier().set_callbacks(ModelCheckpoint(tmp_path / "a")).fit(frame, Y)
    loaded = load_checkpoint(tmp_path / "a", classifier())
    np.testing.assert_array_equal(model.predict(frame), loaded.predict(frame))
    assert loaded.feature_names_in_.tolist() == list("abcde")


def test_what_is_loaded_is_the_epoch_that_was_saved(tmp_path):
    fit(tmp_path / "{epoch}", classifier(early_stopping=True), keep_last=None)
    loaded = load_checkpoint(tmp_path / "4", classifier(early_stopping=True))
    short = classifier(early_stopping=True, max_iter=4)
    fitted = []
    short.set_callbacks(Recorder(lambda epoch, model: fitted.append(model))).fit(X, Y)
    np.testing.assert_array_equal(loaded.predict_proba(X), fitted[-1].predict_proba(X))
    assert loaded.n_iter_ == 4


def test_loading_into_another_estimator(tmp_path):
    fit(tmp_path / "a")
    with pytest.raises(
        CheckpointError, match=r"hidden_layer_sizes is \[9\], there it was \[7, 4\]"
    ):
        load_checkpoint(tmp_path / "a", classifier().set_params(hidden_layer_sizes=(9,)))
    with pytest.raises(CheckpointError, match="estimator is 'MLPRegressor'"):
        load_checkpoint(tmp_path / "a", regressor())


# -------------------------------------------------------------------- what it cannot do


def test_lbfgs_and_other_estimators_are_refused(tmp_path):
    with pytest.raises(ValueError, match="cannot save solver='lbfgs'"):
        fit(tmp_path / "a", classifier(solver="lbfgs"))
    with pytest.raises(ValueError, match="saves estimators of skdeep, not LogisticRegression"):
        fit(tmp_path / "a", LogisticRegression())


def test_a_failed_fit_leaves_nothing_behind(tmp_path):
    saving = ModelCheckpoint(tmp_path / "a")
    model = classifier().set_callbacks(saving)
    with pytest.raises(ValueError, match="NaN"):
        model.fit(np.full_like(X, np.nan), Y)
    model.fit(X, Y)
    assert saving._fits == {}
    assert not {"_reporter", "_callback_fit_ctx"} & vars(model).keys()
