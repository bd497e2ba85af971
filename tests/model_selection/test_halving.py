"""Successive halving in stacks gives what scikit-learn's gives, and trains on where it may."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn import model_selection as sk
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.datasets import load_digits
from sklearn.exceptions import FitFailedWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep.model_selection as ours
from skdeep import (
    Autoencoder,
    BernoulliRBM,
    DBNClassifier,
    DBNTransformer,
    MLPClassifier,
    MLPRegressor,
)
from skdeep.estimators.rbm import layerwise as _greedy
from skdeep.fitting import stack as _stack
from skdeep.optim.schedules import CosineSchedule
from skdeep.train.trainer import Trainer
from tests.model_selection.test_same_answer import assert_same
from tests.model_selection.test_searches import Listening

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_digits(return_X_y=True)
X, Y = X[:303] / 16, Y[:303]
SMALL = MLPClassifier((8,), batch_size=32, random_state=0)
GRID = {"learning_rate_init": [0.0003, 0.001, 0.01], "alpha": [0.0, 0.1, 1.0]}
EPOCHS = {"resource": "max_iter", "max_resources": 9, "cv": 3, "random_state": 0}


def compare(estimator, grid, name="HalvingGridSearchCV", X=X, y=Y, n_jobs=None, **options):
    """Run both searches, compare all but times; return ours."""
    options = {**EPOCHS, **options}
    found = getattr(ours, name)(estimator, grid, n_jobs=n_jobs, **options).fit(X, y)
    assert_same(found, getattr(sk, name)(estimator, grid, **options).fit(X, y))
    return found


@pytest.fixture
def epochs(monkeypatch):
    """Return the list of the numbers of models that each epoch trained."""
    models = []
    epoch = Trainer.epoch

    def counted(self):
        models.append(self.params.n_models)
        return epoch(self)

    monkeypatch.setattr(Trainer, "epoch", counted)
    return models


def test_rungs_train_on_in_stacks(epochs):
    search = compare(SMALL, GRID, refit=False)
    assert search.n_resources_ == [1, 3, 9]
    ours_only = epochs[: 1 + 2 + 6]
    assert ours_only == [27, 9, 9, *[3] * 6]


@pytest.mark.parametrize(
    "change",
    [
        {"solver": "sgd", "momentum": 0.5},
        {"solver": "sgd", "learning_rate": "adaptive", "tol": 10.0, "n_iter_no_change": 1},
        {"dropout": 0.3},
        {"ema_decay": 0.9},
        {"early_stopping": True, "validation_fraction": 0.2, "n_iter_no_change": 2},
        {"tol": 10.0, "n_iter_no_change": 2},  # training ends in the first rungs
        {"shuffle": False},
        {"class_weight": "balanced"},
        {"random_state": np.random.RandomState(3)},
    ],
    ids=lambda change: "-".join(change),
)
def test_training_on_is_training_in_one_go(change):
    model = clone(SMALL).set_params(**change)
    grid = {k: v for k, v in GRID.items() if k not in change}
    compare(model, grid, aggressive_elimination=True, min_resources=2)


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("resource", ["mlpclassifier__max_iter", "n_samples"])
def test_pipelines_and_workers(resource, n_jobs):
    grid = {f"mlpclassifier__{name}": values for name, values in GRID.items()}
    model = make_pipeline(StandardScaler(), clone(SMALL).set_params(max_iter=4))
    most = "auto" if resource == "n_samples" else 9
    compare(model, grid, resource=resource, max_resources=most, n_jobs=n_jobs)


def test_candidates_at_random():
    grid = {"learning_rate_init": loguniform(1e-4, 1e-1), "alpha": [0.0, 0.1]}
    options = {"n_candidates": 8, "min_resources": 2}
    compare(SMALL, grid, "HalvingRandomSearchCV", **options)
    compare(SMALL, grid, "HalvingRandomSearchCV", resource="n_samples", max_resources=202)


def test_another_resource_and_another_estimator():
    compare(SMALL, {"alpha": [0.0, 0.1, 1.0]}, resource="n_iter_no_change")
    reals = MLPRegressor(hidden_layer_sizes=(8,), random_state=0)
    compare(reals, {"alpha": [0.0, 0.1, 1.0]}, y=Y.astype(float))
    machine = BernoulliRBM(4, random_state=0)
    options = {"scoring": lambda model, X, y=None: model.score_samples(X).mean()}
    compare(machine, {"learning_rate": [0.01, 0.1, 0.2]}, resource="n_iter", **options)


def rbms_score(model, X, y=None):
    """Say how good the network is, and whether it has its RBMs."""
    found = [len(machine.monitor_curve_) for machine in getattr(model, "rbms_", ())]
    assert found == [len(curve) for curve in getattr(model, "pretrain_curves_", ())]
    return model.score(X, y) + sum(found)


SHORT = {"hidden_layer_sizes": (6,), "pretrain_max_iter": 2, "random_state": 0}


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize(
    "model",
    [
        DBNClassifier((6, 5), pretrain_n_iter=2, batch_size=32, random_state=0),
        DBNTransformer((6, 5), visible="gaussian", pretrain_n_iter=[2, 1], random_state=0),
        Autoencoder(4, pretrain="layerwise", **SHORT),
        Autoencoder(4, activation="logistic", pretrain="rbm", **SHORT),
    ],
    ids=["classifier", "transformer", "layers", "machines"],
)
def test_what_was_pretrained_is_not_trained_again(model, n_jobs, monkeypatch):
    parts, make = [], _greedy.waiting_fit

    def counted(part, X):
        parts.append(part)
        return make(part, X)

    monkeypatch.setattr(_greedy, "waiting_fit", counted)
    grid = {"learning_rate_init": [0.001, 0.01, 0.1]}
    options = {**EPOCHS, "refit": False, "min_resources": 3, "scoring": rbms_score}
    found = ours.HalvingGridSearchCV(model, grid, n_jobs=n_jobs, **options).fit(X, Y)
    assert len(parts) == (9 * 2 if n_jobs == 1 else 0)
    assert_same(found, sk.HalvingGridSearchCV(model, grid, **options).fit(X, Y))
    assert found.n_resources_ == [3, 9]


@pytest.mark.parametrize("schedule", [CosineSchedule(), None])
def test_what_goes_by_all_epochs_begins_anew(schedule, epochs):
    model = clone(SMALL).set_params(learning_rate_schedule=schedule)
    compare(model, GRID, refit=False)
    total = 1 + 3 + 9 if schedule else 9
    assert sum(n > 1 for n in epochs[:total]) == total
    assert epochs[total] == 1  # scikit-learn's


def test_other_rows_begin_anew(epochs):
    class Drawing(TransformerMixin, BaseEstimator):
        drawn = 0

        def fit(self, X, y=None):
            return self

        def transform(self, X):
            Drawing.drawn += 1
            return X + Drawing.drawn * 1e-3

        def __sklearn_is_fitted__(self):
            return True

    grid = {f"mlpclassifier__{name}": values for name, values in GRID.items()}
    options = {**EPOCHS, "resource": "mlpclassifier__max_iter"}
    ours.HalvingGridSearchCV(make_pipeline(Drawing(), SMALL), grid, refit=False, **options).fit(
        X, Y
    )
    assert len(epochs) == 1 + 3 + 9


def test_callbacks_hear_of_each_epoch():
    heard = []
    for module in (ours, sk):
        callback = Listening()
        model = clone(SMALL).set_callbacks(callback)
        module.HalvingGridSearchCV(model, {"alpha": [0.0, 0.1, 1.0]}, **EPOCHS).fit(X, Y)
        heard.append(sorted(map(str, callback.heard)))
    assert heard[0] == heard[1]


def test_states_that_find_no_room_begin_anew(epochs):
    search = ours.HalvingGridSearchCV(SMALL, GRID, refit=False, memory_limit=0.3, **EPOCHS)
    expected = sk.HalvingGridSearchCV(SMALL, GRID, refit=False, **EPOCHS).fit(X, Y)
    n_theirs = len(epochs)
    assert_same(search.fit(X, Y), expected)
    models = sum(epochs[n_theirs:])
    assert 27 * 1 + 9 * 2 + 3 * 6 < models <= 27 * 1 + 9 * 3 + 3 * 9


def test_a_candidate_that_diverges_falls_out():
    model = clone(SMALL).set_params(solver="sgd")
    with pytest.warns(FitFailedWarning, match="3 fits failed out of a total of 9"):
        compare(model, {"learning_rate_init": [0.1, 1e200, 0.01]}, error_score=-1.0)


def test_stacks_split_over_rungs_keep_their_sizes(monkeypatch):
    sizes = []
    make = _stack.Stack.__init__

    def init(self, jobs):
        sizes.append(len(jobs))
        make(self, jobs)

    monkeypatch.setattr(_stack.Stack, "__init__", init)
    ours.HalvingGridSearchCV(SMALL, GRID, refit=False, **EPOCHS).fit(X, Y)
    assert sizes == [27, 9, 3]


def test_scikit_learn_is_left_alone_until_halving_is_asked_for():
    code = (
        "import skdeep.model_selection as ours, sklearn.model_selection as sk\n"
        "assert 'HalvingGridSearchCV' not in vars(sk)\n"
        "assert 'HalvingGridSearchCV' in ours.__all__\n"
        "from skdeep.model_selection import HalvingGridSearchCV\n"
        "assert issubclass(HalvingGridSearchCV, sk.HalvingGridSearchCV)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'HalvedSearch'"):
        _ = ours.HalvedSearch
