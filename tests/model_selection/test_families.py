"""Machines, autoencoders and deep belief networks: a stacked search gives scikit-learn's answer."""

import numpy as np
import pytest
from sklearn import model_selection as sk
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

import skdeep.model_selection as ours
from skdeep import (
    Autoencoder,
    AutoencoderOutlierDetector,
    BernoulliRBM,
    DBNClassifier,
    DBNRegressor,
    DBNTransformer,
    GaussianRBM,
    NetworkClassifier,
    NetworkTransformer,
    RBMClassifier,
    TabularMLPClassifier,
    VariationalAutoencoder,
)
from skdeep.nn import Activation, Dense, Dropout
from tests.contracts.estimators import CASES, cases
from tests.model_selection.test_same_answer import assert_same

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore:.*less than n_splits:UserWarning"
)

X, Y = load_digits(return_X_y=True)
X, Y = X[:182] / 16, Y[:182]  # folds of 60 and of 61 rows
NETWORK = {"batch_size": 32, "max_iter": 5, "random_state": 0}
RATES = {"learning_rate_init": [0.001, 0.01]}

#: The estimator, a grid, and what the stacks are of, one after the other.
FAMILIES = {
    "machine": (
        BernoulliRBM(6, n_iter=3, random_state=0),
        {"learning_rate": [0.1, 0.01], "n_iter": [2, 4], "centering": [False, True]},
    ),
    "machine of real units": (
        GaussianRBM(6, n_iter=3),
        {"learning_rate": [0.01, 0.001], "random_state": [1, np.random.RandomState(5)]},
    ),
    "machine with classes": (
        RBMClassifier(6, **NETWORK),
        {**RATES, "generative_weight": [0.01, 1.0], "early_stopping": [False, True]},
    ),
    "autoencoder": (
        Autoencoder(4, hidden_layer_sizes=(9,), **NETWORK),
        {**RATES, "alpha": [0.0, 0.1], "random_state": [1, np.random.RandomState(5)]},
    ),
    "denoising autoencoder": (
        Autoencoder(4, hidden_layer_sizes=(9,), corruption="salt_and_pepper", **NETWORK),
        {"corruption_level": [0.0, 0.1, 0.3], "sparsity_cost": [0.0, 0.01, 0.02]},
    ),
    "stacked autoencoder": (
        Autoencoder(4, hidden_layer_sizes=(9,), pretrain="layerwise", **NETWORK),
        {"contraction_cost": [0.01, 0.1], "pretrain_max_iter": [1, 3]},
    ),
    "variational autoencoder": (
        VariationalAutoencoder(3, hidden_layer_sizes=(9,), **NETWORK),
        {"beta": [0.5, 1.0], "early_stopping": [False, True], **RATES},
    ),
    "deep belief network": (
        DBNClassifier((9, 6), pretrain_n_iter=2, **NETWORK),
        {"pretrain_learning_rate": [0.1, 0.01], "alpha": [0.0, 0.1]},
    ),
    "deep belief network of real units": (
        DBNRegressor((9, 6), visible="gaussian", pretrain_n_iter=2, **NETWORK),
        {"pretrain_n_iter": [1, [2, 0]], **RATES},
    ),
    "unrolled deep belief network": (
        DBNTransformer((9, 6), pretrain_n_iter=2, **NETWORK),
        [
            {"fine_tune": [False], "pretrain_learning_rate": [0.1, 0.01]},
            {"early_stopping": [False, True], **RATES},
        ],
    ),
    "listed layers": (
        NetworkClassifier([Dense(9), Activation("tanh"), Dropout(0.1)], **NETWORK),
        {**RATES, "layers__2__rate": [0.0, 0.1, 0.3]},
    ),
    "listed layers of a transformer": (
        NetworkTransformer([Dense(9), Activation("tanh"), Dense(2)], **NETWORK),
        {**RATES, "alpha": [0.0, 0.1, 0.2]},
    ),
    "detector": (
        AutoencoderOutlierDetector(Autoencoder(4, hidden_layer_sizes=(9,), **NETWORK)),
        {"estimator__alpha": [0.0, 0.1], "contamination": [0.1, 0.2]},
    ),
    "networks of tables": (
        TabularMLPClassifier(
            hidden_layer_sizes=9,
            numeric_embedding=None,
            n_splits=2,
            refit=True,
            max_iter=2,
            dtype="float64",
            random_state=0,
        ),
        {**RATES, "weight_decay": [0.0, 0.1]},
    ),
}


#: What the searches of every family vary, of these what it takes.
VARIED = {
    "learning_rate_init": [0.001, 0.01],
    "learning_rate": [0.1, 0.01],
    "random_state": [0, 1],
}


def curve(model):
    """Return what a fit has written after each epoch."""
    model = model[-1] if isinstance(model, Pipeline) else model
    model = getattr(model, "estimator_", model)
    found = list(getattr(model, "monitor_curve_", None) or getattr(model, "loss_curve_", []))
    for member in getattr(model, "members_", ()):
        found += member.loss_curve_
    for machine in getattr(model, "rbms_", ()):
        found += machine.monitor_curve_
    return found


class Scoring:
    """Gives a score on the held-out rows, and keeps the curves."""

    def __init__(self):
        self.curves = []

    def __call__(self, model, X, y=None):
        self.curves.append(curve(model))
        if isinstance(model, AutoencoderOutlierDetector):
            return float(model.decision_function(X).mean())
        return float(model.score(X, y))


def compare(estimator, grid, y=Y, **options):
    """Run both searches, compare all but times; return ours."""
    searches, scorings = [], []
    for module in (ours, sk):
        scorings.append(Scoring())
        search = module.GridSearchCV(clone(estimator), grid, cv=3, scoring=scorings[-1], **options)
        searches.append(search.fit(X, y))
    assert_same(*searches)
    for found, expected in zip(*(scoring.curves for scoring in scorings), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-8)
    return searches[0]


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family(name, stacks):
    estimator, grid = FAMILIES[name]
    y = Y * 1.0 if isinstance(estimator, DBNRegressor) else Y
    found = compare(estimator, grid, y, return_train_score=True)
    assert max(stacks) >= 6
    if "random_state" not in found.best_params_:  # which may be a stream that has gone on
        again = clone(found.best_estimator_).fit(X, y)
        np.testing.assert_allclose(curve(found.best_estimator_), curve(again), rtol=1e-8)


@pytest.mark.parametrize(
    ("estimator", "grid"),
    [
        (BernoulliRBM(6, n_iter=2, random_state=0), {"learning_rate": [0.1, 0.01]}),
        (DBNClassifier((9,), pretrain_n_iter=2, **NETWORK), {"pretrain_momentum": [0.5, 0.9]}),
        (VariationalAutoencoder(3, hidden_layer_sizes=9, decoder="bernoulli", **NETWORK), RATES),
    ],
)
def test_pipelines(estimator, grid, stacks):
    model = Pipeline([("scale", MinMaxScaler(clip=True)), ("last", estimator)])
    rules = {"scale": [MinMaxScaler(clip=True), "passthrough"]}
    compare(model, {f"last__{name}": values for name, values in grid.items()} | rules)
    assert max(stacks) >= 6


def test_machines_before_a_classifier_are_fitted_as_ever():
    machine = BernoulliRBM(6, n_iter=2, random_state=0)
    model = make_pipeline(machine, LogisticRegression(max_iter=500))
    found, expected = (
        module.GridSearchCV(model, {"bernoullirbm__learning_rate": [0.1, 0.01]}, cv=3).fit(X, Y)
        for module in (ours, sk)
    )
    assert_same(found, expected)


@pytest.mark.parametrize(
    ("estimator", "name", "values"),
    [
        (GaussianRBM(6, n_iter=3, random_state=0), "learning_rate", [0.001, 1e9]),
        (Autoencoder(4, solver="sgd", **NETWORK), "learning_rate_init", [0.001, 1e200]),
        (GaussianRBM(6, n_iter=2, random_state=0), "n_components", [6, -1]),
        (
            DBNClassifier((9, 6), visible="gaussian", pretrain_n_iter=2, **NETWORK),
            "pretrain_learning_rate",
            [0.001, 1e9],
        ),
    ],
)
def test_a_bad_candidate_takes_no_other_down(estimator, name, values):
    with pytest.warns(FitFailedWarning):
        found = compare(make_pipeline(StandardScaler(), estimator), {
            f"{type(estimator).__name__.lower()}__{name}": [values[0], values[1], values[0]]
        }, error_score=-1e3)  # fmt: skip
    assert list(found.cv_results_["mean_test_score"] == -1e3) == [False, True, False]


@pytest.mark.parametrize("name", [*cases(stacks=True), *cases(any_columns=True)])
def test_a_search_equals_that_of_scikit_learn(name, stacks):
    case = CASES[name]
    grid = {key: values for key, values in VARIED.items() if case.takes(key)}
    if "learning_rate_init" in grid:  # there learning_rate is the name of a rule
        grid.pop("learning_rate", None)
    folds = [(np.arange(0, 36, 2), np.arange(1, 36, 2)), (np.arange(12, 36), np.arange(12))]
    precise = {"dtype": "float64"} if case.reads_text else {}  # padding rounds otherwise
    found, expected = (
        module.GridSearchCV(case.make(**precise), grid, cv=folds, return_train_score=True).fit(
            *case.data
        )
        for module in (ours, sk)
    )
    assert max(stacks) >= 2 ** len(grid)
    assert_same(found, expected)


class Listening:
    max_propagation_depth = None

    def __init__(self):
        self.heard = []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        self.heard.append(("begin", context.task_name, context.task_id))

    def on_fit_task_end(self, estimator, context):
        parent = context.parent
        name = None if parent is None else parent.task_id
        self.heard.append(("end", context.task_name, name, context.task_id))


@pytest.mark.parametrize(
    "name", ["machine", "autoencoder", "deep belief network", "networks of tables"]
)
def test_callbacks_hear_of_each_fit_and_epoch(name):
    estimator, grid = FAMILIES[name]
    heard = []
    for module in (ours, sk):
        listener = Listening()
        search = module.GridSearchCV(clone(estimator), grid, cv=2).set_callbacks(listener)
        search.fit(X, Y)
        heard.append(sorted(map(str, listener.heard)))
    assert heard[0] == heard[1]
    assert any("epoch" in event for event in heard[0])


def test_processes():
    estimator, grid = FAMILIES["deep belief network"]
    found, expected = (
        module.GridSearchCV(estimator, grid, cv=3, n_jobs=n_jobs).fit(X, Y)
        for module, n_jobs in ((ours, 2), (sk, 1))
    )
    expected.n_jobs = 2
    assert_same(found, expected)


def test_rows_of_another_kind_are_searched_one_by_one(stacks):
    from scipy.sparse import csr_array

    estimator, grid = FAMILIES["machine"]
    found, expected = (
        module.GridSearchCV(estimator, grid, cv=3).fit(csr_array(X)) for module in (ours, sk)
    )
    assert_same(found, expected)
    assert max(stacks) == 1
