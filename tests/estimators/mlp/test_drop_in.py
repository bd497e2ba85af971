"""What a user of scikit-learn's MLPs sees besides numbers: signatures, printed text, Ctrl-C."""

import inspect
import sys

import numpy as np
import pytest
import sklearn.neural_network

import skdeep
from skdeep.train.trainer import Trainer

RNG = np.random.default_rng(0)
X = RNG.normal(size=(47, 5))
Y = (X[:, 0] + RNG.normal(size=47) > 0).astype(int)


def pair(**params):
    params = {"hidden_layer_sizes": 7, "batch_size": 10, "max_iter": 6, "random_state": 3, **params}
    return [module.MLPClassifier(**params) for module in (sklearn.neural_network, skdeep)]


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
@pytest.mark.parametrize("method", ["__init__", "fit", "partial_fit", "predict", "score"])
def test_signatures_extend_scikit_learns(name, method):
    theirs, ours = (
        list(inspect.signature(getattr(getattr(module, name), method)).parameters.values())
        for module in (sklearn.neural_network, skdeep)
    )
    shared, added = ours[: len(theirs)], ours[len(theirs) :]
    assert [(p.name, p.kind, p.default) for p in shared] == [
        (p.name, p.kind, p.default) for p in theirs
    ]
    assert {p.kind for p in added} <= {inspect.Parameter.KEYWORD_ONLY}


STALLED = {"tol": 10.0, "n_iter_no_change": 2, "max_iter": 50}
STOPPING = {"early_stopping": True, "validation_fraction": 0.3}
VERBOSE = {
    "max_iter": {},
    "sgd": {"solver": "sgd"},
    "stalled": STALLED,
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", **STALLED},
    "early-stopping": STOPPING,
    "early-stopping-stalled": {**STOPPING, **STALLED},
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", VERBOSE)
def test_verbose_prints_the_same_text(name, capsys):
    printed = []
    for estimator in pair(verbose=True, **VERBOSE[name]):
        estimator.fit(X, Y)
        printed.append(capsys.readouterr().out)
    assert printed[1] == printed[0] != ""


class InterruptingOutput:
    """A standard output on which the user presses Ctrl-C when the third epoch is reported."""

    def write(self, text):
        if text.startswith("Iteration 3"):
            raise KeyboardInterrupt

    def flush(self):
        pass


def test_ctrl_c_keeps_what_was_trained(monkeypatch):
    theirs, ours = pair(verbose=True)
    for estimator in (theirs, ours):
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", InterruptingOutput())
            with pytest.warns(UserWarning, match="Training interrupted by user"):
                estimator.fit(X, Y)
    assert ours.n_iter_ == theirs.n_iter_ == 3
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-8)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-8)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_ctrl_c_in_the_first_epoch_keeps_the_initial_weights(monkeypatch, early_stopping):
    def interrupted(trainer):
        raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "epoch", interrupted)
    model = pair(early_stopping=early_stopping)[1]
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model.fit(X, Y)
    assert (model.n_iter_, model.loss_curve_) == (0, [])
    assert model.predict(X).shape == Y.shape
