"""What a checkpoint holds of a table's estimator beside its networks: all that it has learned."""

import numpy as np
import pytest
from sklearn.base import clone

from skdeep.callbacks import CheckpointError, ModelCheckpoint, load_checkpoint
from skdeep.callbacks import _format as files
from tests.estimators.tabular.tables import T, X, Y, classifier, regressor

MODELS = {
    "temperature": (classifier(n_members=2), Y),
    "folds": (classifier(n_splits=2), Y),
    "intervals": (regressor(n_members=2), T),
    "refit": (classifier(n_members=2, refit=True), Y),
    "refit of folds": (regressor(n_splits=2, refit=True), T),
}


def outputs(model):
    """Return what depends on the whole of a fitted model."""
    if hasattr(model, "predict_proba"):
        found = [model.predict_proba(X), model.temperature_]
    else:
        found = [model.predict(X), model.predict_interval(X, coverage=0.5)]
    return [*found, getattr(model, "oof_predictions_", None)]


@pytest.mark.parametrize("name", MODELS)
def test_the_last_checkpoint_is_the_whole_model(name, tmp_path):
    model, y = MODELS[name]
    saving = ModelCheckpoint(tmp_path, save_best=True, save_epochs=True, resume=True)
    fitted = clone(model).set_callbacks(saving).fit(X, y)
    np.testing.assert_equal(outputs(fitted), outputs(clone(model).fit(X, y)))
    np.testing.assert_equal(outputs(load_checkpoint(tmp_path, model)), outputs(fitted))
    again = clone(model).set_callbacks(saving).fit(X, y)  # nothing is left to train but the refit
    np.testing.assert_equal(outputs(again), outputs(fitted))
    np.testing.assert_equal(outputs(load_checkpoint(tmp_path, model)), outputs(fitted))
    (tmp_path / "latest.skdeep").write_bytes((tmp_path / "epoch-000003.skdeep").read_bytes())
    early = load_checkpoint(tmp_path, model)  # nobody has asked samples held out by then
    assert getattr(early, "temperature_", 1.0) == 1.0
    assert not hasattr(early, "conformity_scores_")
    resumed = clone(model).set_callbacks(saving).fit(X, y)
    np.testing.assert_equal(outputs(resumed), outputs(fitted))


@pytest.mark.parametrize("value", [-1.0, "warm", True])
def test_what_nobody_can_have_learned_is_refused(value, tmp_path):
    model = classifier(max_iter=2)
    clone(model).set_callbacks(ModelCheckpoint(tmp_path)).fit(X, Y)
    path = tmp_path / "latest.skdeep"
    tree = files.read(path)
    tree["end"]["temperature_"] = value
    files.write(path, files.encode(tree))
    with pytest.raises(CheckpointError, match="temperature_"):
        load_checkpoint(path, model)
