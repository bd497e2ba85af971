"""What is in checkpoint files, how they are written, and estimators from them."""

import os
import pickle
import re
import tempfile

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.preprocessing import StandardScaler

from skdeep import Autoencoder
from skdeep.callbacks import CheckpointError, ModelCheckpoint, load_checkpoint
from skdeep.callbacks import _format as files
from tests.callbacks.fits import (
    Recorder,
    X,
    Y,
    assert_equal_training,
    classifier,
    regressor,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def fit(folder, model=None, **options):
    model = classifier() if model is None else model
    return model.set_callbacks(ModelCheckpoint(folder, **options)).fit(X, Y)


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
