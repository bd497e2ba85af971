"""Deep belief networks tell callbacks of both phases, and may be stopped in each."""

import numpy as np
import pytest

from skdeep.callbacks import HistoryLogger, ModelCheckpoint, load_checkpoint
from tests.callbacks.fits import Recorder
from tests.estimators.dbn.small import (
    X,
    Y,
    classifier,
    transformer,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


# ---------------------------------------------------------------------- callbacks and Ctrl-C


class Watcher:
    """A callback that RBMs get too; it may act at the end of a task."""

    max_propagation_depth = 1

    def __init__(self, act=lambda context: None):
        self.act, self.tasks = act, []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        self.tasks.append((context.estimator_name, context.task_name, context.task_id))
        return self.act(context)


def names(context):
    return context.estimator_name, context.task_name


def test_both_phases_are_told_to_callbacks():
    plain, inner = Recorder(), Watcher()
    classifier().set_callbacks(plain, inner).fit(X, Y)
    assert plain.tasks == ["pretrain-0", "pretrain-1", *["epoch"] * 3, "fit"]
    machine = [("BernoulliRBM", "epoch", k) for k in range(2)]
    assert inner.tasks == [
        *machine,
        ("BernoulliRBM", "fit", 0),
        *machine,
        ("BernoulliRBM", "fit", 1),
        *[("DBNClassifier", "epoch", k) for k in range(2, 5)],
        ("DBNClassifier", "fit", 0),
    ]


def assert_cut_short(model):
    """The first machine is all that was trained."""
    whole = classifier().fit(X, Y)
    assert [rbm.n_components for rbm in model.rbms_] == [5]
    assert model.n_iter_ == 0
    assert model.loss_curve_ == []
    untrained = classifier(pretrain_n_iter=0, max_iter=1, learning_rate_init=1e-300).fit(X, Y)
    np.testing.assert_array_equal(model.coefs_[1], untrained.coefs_[1])
    assert not np.array_equal(model.coefs_[1], whole.coefs_[1])
    assert model.predict(X).shape == Y.shape
    assert model.sample(2, 2, random_state=0).shape == (2, 6)


def once_in_an_epoch_of_an_rbm():
    """Return a hook that presses Ctrl-C."""
    epochs = []

    def act(context):
        epochs.append(names(context))
        if epochs == [("BernoulliRBM", "epoch")]:
            raise KeyboardInterrupt

    return act


def test_ctrl_c_in_pre_training_ends_the_fit():
    model = classifier().set_callbacks(Watcher(once_in_an_epoch_of_an_rbm()))
    with pytest.warns(UserWarning, match="interrupted by user"):
        model.fit(X, Y)
    assert model.rbms_[0].n_iter_ == 1
    assert_cut_short(model)
    codes = transformer().set_callbacks(Watcher(once_in_an_epoch_of_an_rbm()))
    with pytest.warns(UserWarning, match="interrupted by user"):
        codes.fit(X)
    np.testing.assert_array_equal(codes.coefs_[-1], codes.rbms_[0].components_)


def test_a_callback_that_asks_to_stop_in_pre_training_ends_the_fit():
    model = classifier().set_callbacks(Watcher(lambda c: names(c) == ("BernoulliRBM", "epoch")))
    assert_cut_short(model.fit(X, Y))

    class Stop(Recorder):
        def on_fit_task_end(self, estimator, context):
            return context.task_name == "pretrain-0"

    model = classifier().set_callbacks(Stop()).fit(X, Y)
    assert model.rbms_[0].n_iter_ == 2
    assert_cut_short(model)


def test_a_network_from_a_checkpoint_has_no_rbms(tmp_path):
    saving = ModelCheckpoint(tmp_path)
    classifier().set_callbacks(saving, HistoryLogger(tmp_path / "log.csv")).fit(X, Y)
    loaded = load_checkpoint(tmp_path, classifier())
    with pytest.raises(ValueError, match="no RBMs"):
        loaded.sample()
