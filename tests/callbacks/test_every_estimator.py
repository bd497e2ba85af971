"""Checkpoints and hooks of every estimator, from the one list of them."""

import numpy as np
import pytest

from skdeep.callbacks import CheckpointError, ModelCheckpoint, load_checkpoint
from tests.callbacks.fits import Recorder, cut_off
from tests.contracts.estimator_case import select
from tests.contracts.estimator_results import (
    assert_equal,
    flat,
    history,
    networks,
    outputs,
    weights,
)
from tests.contracts.estimators import CASES, cases

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

LEARNERS = cases(method="set_callbacks", by_epochs=True)


@pytest.mark.parametrize(
    ("name", "early"),
    [
        pytest.param(name, early, id=f"{name}, early stopping" if early else name)
        for name in LEARNERS
        for early in (False, True)
        if not early or CASES[name].takes("early_stopping")
    ],
)
def test_a_fit_that_was_cut_off_goes_on_exactly(tmp_path, name, early):
    case = CASES[name]
    options = {case.epochs: 4, **({"shuffle": True} if case.takes("shuffle") else {})}
    if case.takes("early_stopping"):
        options["early_stopping"] = early
    if early:
        options |= {"early_stopping": True, "validation_fraction": 0.25, "n_iter_no_change": 9}
    saving = ModelCheckpoint(tmp_path, save_epochs=True)
    whole = case.make(**options).set_callbacks(saving).fit(*case.data)
    assert_equal(whole, case.fit(**options), case.X)  # which saving does not change
    loaded = load_checkpoint(tmp_path, case.make(**options))
    cut_off(tmp_path, 2)
    heard = Recorder()
    resuming = ModelCheckpoint(tmp_path, resume=True)
    resumed = case.make(**options).set_callbacks(resuming, heard).fit(*case.data)
    assert heard.tasks.count("epoch") == 2
    assert_equal(resumed, whole, case.X)
    assert history(resumed) == history(whole)
    if not early:  # a checkpoint holds the last epoch, not the best one
        for saved, expected in zip(networks(loaded), networks(whole), strict=True):
            np.testing.assert_equal(saved.get_weights(), expected.get_weights())
        for method in ("predict", "transform", "score_samples"):
            if hasattr(whole, method):
                found, right = (getattr(m, method)(case.X) for m in (loaded, whole))
                np.testing.assert_array_equal(flat(found), flat(right))
        if case.can("partial_fit") and not hasattr(whole, "random_state_"):
            pairs = zip(networks(case.go_on(loaded)), networks(case.go_on(whole)), strict=True)
            for saved, expected in pairs:
                np.testing.assert_equal(saved.get_weights(), expected.get_weights())


@pytest.mark.parametrize("name", LEARNERS)
def test_checkpoints_of_another_fit_are_not_used(tmp_path, name):
    case = CASES[name]
    saving = ModelCheckpoint(tmp_path, resume=True)
    case.make().set_callbacks(saving).fit(*case.data)
    others = [
        lambda: case.make(batch_size=7).set_callbacks(saving).fit(*case.data),
        lambda: case.make(random_state=8).set_callbacks(saving).fit(*case.data),
        lambda: case.make().set_callbacks(saving).fit(*case.part(range(1, 30))),
    ]
    for other in others:
        with pytest.raises(CheckpointError, match="belongs to another fit"):
            other()
    foreign = next(c for c in CASES.values() if c.cls is not case.cls and c.can("set_callbacks"))
    with pytest.raises(CheckpointError, match="estimator is"):
        load_checkpoint(tmp_path, foreign.make())


@pytest.mark.parametrize("name", LEARNERS)
def test_hooks_hear_of_each_epoch_and_get_models_that_predict(name):
    case = CASES[name]
    found, models = [], []
    few = select(case.X, range(5))

    def look(epoch, fitted):
        if getattr(fitted, "likelihood", None) == "exact":
            with pytest.raises(ValueError, match="log Z, which is found in fit"):
                fitted.score(few)
            fitted.set_params(likelihood="pseudo")
        models.append(fitted)
        found.append(outputs(fitted, few))

    hook = Recorder(look)
    model = case.make().set_callbacks(hook).fit(*case.data)
    assert hook.tasks.count("epoch") == len(models) == model.n_iter_ == 3
    assert hook.tasks[-1] == "fit"
    assert hook.open == 0
    assert_equal(model, case.fit(), case.X)  # to look changes nothing
    for epoch, (snapshot, expected) in enumerate(zip(models, found, strict=True), 1):
        assert snapshot.n_iter_ == epoch
        for method, values in outputs(snapshot, few).items():
            np.testing.assert_array_equal(values, expected[method])
    last, trained = weights(models[-1]), weights(model)
    for key, values in trained.items():
        np.testing.assert_array_equal(last[key], values)


def test_a_forecaster_from_a_checkpoint_has_no_series(tmp_path):
    case = CASES["RNNForecaster"]
    case.make().set_callbacks(ModelCheckpoint(tmp_path)).fit(*case.data)
    with pytest.raises(ValueError, match="without the series of its fit: give X"):
        load_checkpoint(tmp_path, case.make()).forecast(2)
