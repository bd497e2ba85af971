"""Machines and autoencoders as one stack: each is what its own fit makes of it."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits

from skdeep import (
    Autoencoder,
    AutoencoderOutlierDetector,
    BernoulliRBM,
    DBNClassifier,
    DBNRegressor,
    DBNTransformer,
    GaussianRBM,
    NetworkClassifier,
    NetworkRegressor,
    NetworkTransformer,
    RBMClassifier,
    VariationalAutoencoder,
)
from skdeep.estimators.fit.waiting import deferring
from skdeep.fitting import stack as _stack
from skdeep.fitting.stack import train_jobs
from skdeep.fitting.stack_size import train_together
from skdeep.nn import Dense, Dropout
from tests.contracts.estimators import CASES, cases
from tests.estimators.network.layers import Snake
from tests.estimators.stacked import assert_same, twins

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_digits(return_X_y=True)
X, Y = X[:200] / 16, Y[:200]
#: Three models, the last with fewer rows and so with fewer steps.
ROWS = [slice(0, 200), slice(0, 200), slice(20, 170)]

NETWORK = {
    "learning_rate_init": (0.001, 0.01, 0.003),
    "alpha": (0.0, 0.1, 1e-4),
    "beta_1": (0.9, 0.8, 0.95),
    "weight_decay": (0.0, 0.1, 0.01),
    "random_state": (0, 1, 2),
    "max_iter": (3, 5, 4),
    "learning_rate_schedule": (None, "exponential", None),
}
MACHINE = {
    "learning_rate": (0.1, 0.01, 0.03),
    "weight_decay": (0.0, 1e-3, 1e-2),
    "random_state": (0, 1, 2),
    "n_iter": (2, 5, 3),
    "shuffle": (True, False, True),
    "learning_rate_schedule": (None, "exponential", None),
}
AUTOENCODERS = {
    "plain": ({}, {}),
    "gaussian": ({"corruption": "gaussian"}, {"corruption_level": (0.1, 0.5, 0.2)}),
    "masking": ({"corruption": "masking"}, {"corruption_level": (0.1, 0.5, 0.2)}),
    "salt": ({"corruption": "salt_and_pepper"}, {"corruption_level": (0.1, 0.5, 0.2)}),
    "l1": ({}, {"sparsity_cost": (0.01, 0.1, 0.05)}),
    "kl": (
        {"sparsity_penalty": "kl", "code_activation": "logistic"},
        {"sparsity_cost": (0.01, 0.1, 0.05), "sparsity_target": (0.1, 0.05, 0.2)},
    ),
    "contractive": ({"activation": "tanh"}, {"contraction_cost": (0.01, 0.1, 0.3)}),
    "tied": ({"tied_weights": True, "loss": "log_loss"}, {"dropout": (0.1, 0.2, 0.3)}),
}


#: What each of three models has for itself, of these what it takes.
EACH = {
    **NETWORK,
    "learning_rate": MACHINE["learning_rate"],
    "n_iter": MACHINE["n_iter"],
    "early_stopping": (False, True, False),
    "validation_fraction": (0.25, 0.25, 0.25),
}


@pytest.mark.parametrize("device", ["auto", "checked"])
@pytest.mark.parametrize("name", cases(stacks=True))
def test_a_stack_equals_its_models(name, device, stacks):
    case = CASES[name]
    own = {key: values for key, values in EACH.items() if case.takes(key)}
    if "learning_rate_init" in own:  # there learning_rate is the name of a rule
        own.pop("learning_rate", None)
    if case.y is None and isinstance(case.X, list):  # whose ends validate: each its own number
        own["early_stopping"] = (False, False, False)
    data = case.data if case.y is not None else (case.X, None)
    # Products over more or less padding, of which a stack has more, round differently.
    dtype = {"dtype": "float64"} if case.takes("dtype") else {}
    model = case.make(device=device, **dtype)
    if case.reads_text:  # in float32, padding rounds otherwise
        model.set_params(dtype="float64")
    twins(model, own, data, [slice(0, 36), slice(0, 36), slice(4, 30)])
    assert (case.cls.__name__, 3) in stacks


@pytest.mark.parametrize("name", AUTOENCODERS)
def test_autoencoders(name):
    fixed, own = AUTOENCODERS[name]
    model = Autoencoder(5, hidden_layer_sizes=(12,), batch_size=32, **fixed)
    twins(model, {**NETWORK, **own}, (X, None), ROWS)


LISTED = [Dense(9), Snake(2.0), Dropout(0.2), Dense(4)]


@pytest.mark.parametrize("cls", [NetworkClassifier, NetworkRegressor, NetworkTransformer])
def test_listed_layers_with_one_of_a_users_own(cls):
    own = {"layers__2__rate": (0.1, 0.2, 0.3), "layers__1__frequency": (1.0, 2.0, 3.0), **NETWORK}
    data = (X, None) if cls is NetworkTransformer else (X, Y)
    twins(cls(LISTED, batch_size=32), own, data, ROWS)


def test_autoencoders_that_validate():
    model = Autoencoder(5, hidden_layer_sizes=(12,), batch_size=32, ema_decay=0.9)
    own = {**NETWORK, "max_iter": (20, 30, 25), "tol": (10.0, 1e-4, 1e-4)}
    own |= {"early_stopping": (True, True, False), "scoring": (None, "loss", None)}
    weight = np.random.RandomState(0).randint(0, 3, 200).astype(float)
    found = twins(model, own, (X, None), sample_weight=weight)
    assert len({one.n_iter_ for one in found}) == 3
    twins(clone(model).set_params(loss="log_loss"), own, (X, None), X_val=X[50:90])


@pytest.fixture
def stacks(monkeypatch):
    """Return the list of the kinds and the numbers of models that were stacked."""
    sizes = []
    make = _stack.Stack.__init__

    def init(self, jobs):
        sizes.append((jobs[0].plan.name, len(jobs)))
        make(self, jobs)

    monkeypatch.setattr(_stack.Stack, "__init__", init)
    return sizes


@pytest.mark.parametrize("pretrain", ["layerwise", "rbm"])
def test_layers_of_autoencoders_are_trained_before_in_stacks(pretrain, stacks):
    model = Autoencoder(
        5,
        hidden_layer_sizes=(12,),
        activation="logistic",
        code_activation="logistic",
        batch_size=32,
        pretrain=pretrain,
        pretrain_max_iter=2,
    )
    own = {**NETWORK, "initial_weights": (None, None, {"code.b": np.zeros(5)})}
    twins(model, own, (X, None), ROWS)
    kinds = ["GaussianRBM", "BernoulliRBM"] if pretrain == "rbm" else ["Autoencoder"] * 2
    assert stacks[:3] == [(kind, 3) for kind in (*kinds, "Autoencoder")]


VARIATIONAL = {
    "bernoulli": ({"decoder": "bernoulli"}, {"beta": (1.0, 0.3, 2.0)}),
    "gaussian": ({"decoder": "gaussian"}, {"beta": (1.0, 0.3, 2.0)}),
    "importance": ({"n_importance_samples": 3}, {}),
    "held": ({"decoder": "gaussian", "noise_variance": 0.1}, {}),
    "binarize": ({"decoder": "bernoulli", "binarize": "dynamic"}, {}),
}


@pytest.mark.parametrize("name", VARIATIONAL)
def test_variational_autoencoders(name):
    fixed, own = VARIATIONAL[name]
    model = VariationalAutoencoder(3, hidden_layer_sizes=(12,), batch_size=32, **fixed)
    twins(model, {**NETWORK, **own}, (X, None), ROWS)
    own = {**NETWORK, **own, "early_stopping": (True, True, False), "max_iter": (9, 12, 8)}
    own["validation_fraction"] = (0.1, 0.2, 0.1)
    twins(model, own, (X, None), ROWS)
    weight = np.random.RandomState(0).randint(0, 3, 200).astype(float)
    twins(model, own, (X, None), sample_weight=weight, X_val=X[50:90])


MACHINES = {
    "pcd": {},
    "cd": {"algorithm": "cd", "n_gibbs_steps": 2},
    "centred": {"centering": True, "ema_decay": 0.9},
    "sparse": {"sparsity_cost": 0.1, "solver": "adam"},
    "mean field": {"mean_field": True, "momentum": 0.5},
}


@pytest.mark.parametrize("kind", [BernoulliRBM, GaussianRBM])
@pytest.mark.parametrize("name", MACHINES)
def test_machines(kind, name):
    own = dict(MACHINE)
    if kind is GaussianRBM:
        own["learning_rate"] = (0.01, 0.003, 0.001)
    if name == "sparse":
        own |= {"sparsity_cost": (0.1, 0.5, 1.0), "sparsity_target": (0.1, 0.2, 0.05)}
    model = kind(7, **MACHINES[name])
    found = twins(model, own, (X, None), ROWS)
    again = clone(found[1]).fit(X)
    for one in (found[1], again):
        one.partial_fit(X[:50])
    assert_same(found[1], again, X)


def test_machines_that_need_log_z_and_machines_that_share_few_rows():
    model = BernoulliRBM(4, batch_size=16, likelihood="exact")
    found = twins(model, MACHINE, (X[:, :9], None), [slice(0, 30), slice(5, 18), slice(0, 3)])
    assert all(np.isfinite(one.score_samples(X[:, :9])).all() for one in found)


@pytest.mark.parametrize("training", ["hybrid", "generative", "discriminative"])
def test_machines_with_classes(training):
    model = RBMClassifier(7, training=training, batch_size=32)
    own = {**NETWORK, "class_weight": (None, "balanced", None)}
    if training == "hybrid":
        own["generative_weight"] = (0.01, 0.1, 0.5)
    twins(model, own, (X, Y), ROWS)
    twins(clone(model).set_params(early_stopping=True), own, (X, Y), ROWS)


OWN_PRETRAINING = {
    "pretrain_learning_rate": (0.1, 0.05, 0.02),
    "pretrain_n_iter": (2, 3, 1),
    "pretrain_weight_decay": (0.0, 0.01, 0.0),
}


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
def test_deep_belief_networks(visible, stacks):
    model = DBNClassifier((9, 6), visible=visible, batch_size=32)
    own = {**NETWORK, **OWN_PRETRAINING}
    if visible == "gaussian":
        own["pretrain_learning_rate"] = (0.001, 0.002, 0.001)
    weight = np.random.RandomState(0).randint(0, 3, 200).astype(float)
    found = twins(model, own, (X, Y), sample_weight=weight, X_unlabeled=X[:30])
    first = "GaussianRBM" if visible == "gaussian" else "BernoulliRBM"
    expected = [(first, 3), ("BernoulliRBM", 3), ("DBNClassifier", 3)]
    assert stacks[:3] == expected
    np.testing.assert_array_equal(found[0].inverse_transform(found[0].transform(X)).shape, X.shape)


def test_other_deep_belief_networks(stacks):
    twins(DBNRegressor((9,), batch_size=32), {**NETWORK, **OWN_PRETRAINING}, (X, Y * 1.0), ROWS)
    model = DBNTransformer((9, 4), batch_size=32, shuffle=False)
    twins(model, {**NETWORK, **OWN_PRETRAINING}, (X, None), ROWS)
    assert stacks.count(("BernoulliRBM", 3)) == 3
    assert ("DBNTransformer", 3) in stacks


def test_deep_belief_networks_that_are_not_fine_tuned(stacks):
    model = DBNTransformer((9, 4), fine_tune=False, pretrain_n_iter=2)
    with deferring(lambda estimator: True) as jobs:
        models = [clone(model).set_params(random_state=m).fit(X) for m in range(3)]
    train_together(jobs)
    assert stacks == [("BernoulliRBM", 3), ("BernoulliRBM", 3)]
    for one in models:
        np.testing.assert_allclose(one.transform(X), clone(one).fit(X).transform(X), rtol=1e-6)


def test_layers_that_differ_are_trained_apart(stacks):
    models = [
        DBNClassifier((9, 6), pretrain_n_iter=1, max_iter=2, random_state=0),
        DBNClassifier((9, 6), pretrain_n_iter=(2, 0), max_iter=2, random_state=1),
        DBNClassifier((9, 6), pretrain_n_iter=0, max_iter=2, random_state=2),
        DBNClassifier((9, 6), pretrain_n_iter=1, pretrain_batch_size=20, max_iter=2),
    ]
    models[3].set_params(random_state=3)
    with deferring(lambda estimator: True) as jobs:
        for one in models:
            one.fit(X, Y)
    train_jobs(jobs)
    sizes = [("BernoulliRBM", n) for n in (2, 1, 1, 1)]
    assert stacks == [*sizes, ("DBNClassifier", 4)]
    for one in models:
        np.testing.assert_allclose(one.loss_curve_, clone(one).fit(X, Y).loss_curve_, rtol=1e-8)


def test_finished_machines_are_left_out_of_the_arithmetic(monkeypatch):
    built = []
    make = _stack.Stack._build

    def build(self, runs, *args):
        built.append(len(runs))
        make(self, runs, *args)

    monkeypatch.setattr(_stack.Stack, "_build", build)
    own = {"n_iter": (1, 2, 3, 4, 5, 5, 5, 0), "random_state": range(8)}
    twins(BernoulliRBM(5, centering=True, sparsity_cost=0.1), own, (X, None))
    assert built[:3] == [8, 6, 4]


def test_what_cannot_be_stacked_is_trained_all_the_same(stacks):
    from scipy.sparse import csr_array

    models = [
        BernoulliRBM(5, n_iter=2, random_state=0),
        BernoulliRBM(6, n_iter=2, random_state=0),
        BernoulliRBM(5, n_iter=2, random_state=0, batch_size=20),
        BernoulliRBM(5, n_iter=2, random_state=0, sparsity_cost=0.1),
        BernoulliRBM(5, n_iter=2, random_state=0, algorithm="cd"),
        BernoulliRBM(5, n_iter=2, random_state=0, learning_rate=0.01),
        GaussianRBM(5, n_iter=2, random_state=0, learning_rate=0.001),
        GaussianRBM(5, n_iter=2, random_state=0, learning_rate=0.001, min_variance=0.01),
        GaussianRBM(5, n_iter=2, random_state=0, learning_rate=0.001, learn_variance=False),
    ]
    with deferring(lambda estimator: True) as jobs:
        for one in models:
            one.fit(X)
        sparse = BernoulliRBM(5, n_iter=2, random_state=0).fit(csr_array(X))
    train_jobs(jobs)
    assert [n for _, n in stacks] == [2, *[1] * 8]
    for one in models:
        np.testing.assert_allclose(one.monitor_curve_, clone(one).fit(X).monitor_curve_)
    np.testing.assert_allclose(sparse.monitor_curve_, models[0].monitor_curve_)


def test_detectors_of_outliers_wait(stacks):
    coder = Autoencoder(3, hidden_layer_sizes=(8,), max_iter=5, random_state=0)
    rates = (0.001, 0.01)
    with deferring(lambda estimator: True) as jobs:
        detectors = [
            AutoencoderOutlierDetector(clone(coder).set_params(learning_rate_init=r)).fit(X)
            for r in rates
        ]
    train_jobs(jobs)
    assert ("Autoencoder", 2) in stacks
    for one in detectors:
        alone = clone(one).fit(X)
        np.testing.assert_allclose(one.offset_, alone.offset_, rtol=1e-8)
        np.testing.assert_array_equal(one.predict(X), alone.predict(X))
