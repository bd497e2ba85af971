"""A stacked search gives what scikit-learn's gives, whatever is searched."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.stats import loguniform
from sklearn import model_selection as sk
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import load_digits, make_classification, make_friedman1
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    PowerTransformer,
    StandardScaler,
)
from sklearn.utils import estimator_html_repr

import skdeep.model_selection as ours
from skdeep import MLPClassifier, MLPRegressor
from skdeep.optim.schedules import CosineSchedule

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore:.*less than n_splits:UserWarning"
)

X, Y = load_digits(return_X_y=True)
X, Y = X[:303] / 16, Y[:303]  # folds of 60 and of 61 rows
XR, YR = make_friedman1(203, random_state=0)
#: The rows in another order, so that targets do not come in blocks.
SMALL = MLPClassifier((8,), max_iter=6, batch_size=32, random_state=0)
REAL = MLPRegressor(hidden_layer_sizes=(8,), max_iter=6, batch_size=32, random_state=0)


def compare(estimator, grid, X=X, y=Y, fit_params=None, **options):
    """Run both searches, compare all but times; return ours."""
    options = {"cv": 3, "return_train_score": True, **options}
    found, expected = (
        module.GridSearchCV(estimator, grid, **options).fit(X, y, **(fit_params or {}))
        for module in (ours, sk)
    )
    assert_same(found, expected)
    return found


def assert_same(found, expected):
    assert set(found.cv_results_) == set(expected.cv_results_)
    for name, values in expected.cv_results_.items():
        if name.endswith("_time"):
            assert (found.cv_results_[name] >= 0).all()
        elif values is not None and np.asarray(values).dtype.kind == "f":
            np.testing.assert_allclose(found.cv_results_[name], values, rtol=1e-7, err_msg=name)
        else:
            assert list(found.cv_results_[name]) == list(values), name
    public = {name for name in vars(expected) if not name.startswith("__")}
    assert public <= set(vars(found)) <= public | {"memory_limit"}
    if hasattr(expected, "best_params_"):
        assert found.best_params_ == expected.best_params_
        assert found.best_index_ == expected.best_index_


def test_numbers_of_one_network(stacks):
    grid = {
        "learning_rate_init": [0.001, 0.01],
        "alpha": [0.0, 0.1],
        "learning_rate_schedule": [None, CosineSchedule()],
    }
    found = compare(SMALL, grid)
    assert max(stacks) > 3
    assert sum(stacks[: stacks.index(1)]) == 24  # the first ordinary fit is the refit
    np.testing.assert_allclose(
        found.predict_proba(X), found.best_estimator_.predict_proba(X), rtol=1e-12
    )


def test_networks_of_several_kinds(stacks):
    grid = [
        {"hidden_layer_sizes": [(8,), (9, 4)], "dropout": [0.0, 0.2, 0.5]},
        {"solver": ["sgd", "lbfgs"], "momentum": [0.0, 0.9]},
        {"batch_size": [16, 500], "random_state": [1, np.random.RandomState(5)]},
    ]
    with pytest.warns(UserWarning, match="batch_size"):
        compare(SMALL.set_params(max_iter=4), grid)
    assert max(stacks) >= 6


def test_early_stopping_seeds_and_class_weights():
    grid = {
        "random_state": [0, 1],
        "class_weight": [None, "balanced"],
        "tol": [1e-4, 1.0],
        "early_stopping": [True, False],
    }
    compare(SMALL, grid)


def test_regression_with_several_scores():
    scoring = {"r2": "r2", "mae": "neg_mean_absolute_error"}
    grid = {"alpha": [0.0, 0.1, 1.0], "learning_rate_init": [0.01, 0.03]}
    compare(REAL, grid, XR, YR, scoring=scoring, refit="mae", cv=sk.ShuffleSplit(3, random_state=0))


@pytest.mark.parametrize("grid", [{"mlp__alpha": [0.0, 0.1, 1.0]}, {"pca__n_components": [3, 5]}])
def test_pipelines(grid, stacks):
    steps = [("scale", StandardScaler()), ("pca", PCA(4, random_state=0)), ("mlp", SMALL)]
    found = compare(Pipeline(steps), {**grid, "scale": [StandardScaler(), MinMaxScaler(), None]})
    assert max(stacks) > 1
    assert found.best_estimator_.memory is None


def test_columns_and_targets_are_transformed():
    columns = ColumnTransformer([("scale", StandardScaler(), [0, 1, 2])], remainder="passthrough")
    model = TransformedTargetRegressor(make_pipeline(columns, REAL), transformer=PowerTransformer())
    compare(model, {"regressor__mlpregressor__alpha": [0.0, 0.1, 1.0]}, XR, YR)


def test_a_data_frame():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(XR, columns=[f"x{k}" for k in range(XR.shape[1])])
    found = compare(REAL, {"alpha": [0.0, 0.1]}, frame, pandas.Series(YR))
    assert list(found.feature_names_in_) == list(frame.columns)


@pytest.mark.parametrize(
    ("estimator", "grid"),
    [
        (LogisticRegression(max_iter=500), {"C": [0.1, 1.0]}),
        (OneVsRestClassifier(SMALL), {"estimator__alpha": [0.0, 0.1]}),
        (make_pipeline(SMALL, LogisticRegression(max_iter=500)), {"mlpclassifier__alpha": [0, 1]}),
        (make_pipeline(SMALL, "passthrough"), {"mlpclassifier__alpha": [0, 1]}),
    ],
)
def test_what_does_not_stack_is_fitted_as_ever(estimator, grid):
    features = isinstance(estimator, Pipeline) and estimator.steps[-1][1] == "passthrough"
    scoring = (lambda model, X, y: float(model.transform(X).sum())) if features else None
    compare(estimator, grid, scoring=scoring)


def test_sparse_rows():
    from scipy.sparse import csr_matrix

    compare(SMALL, {"alpha": [0.0, 0.1]}, csr_matrix(X), Y)


def test_a_randomized_search():
    distributions = {"learning_rate_init": loguniform(1e-3, 1e-1), "alpha": loguniform(1e-4, 1)}
    found, expected = (
        module.RandomizedSearchCV(SMALL, distributions, n_iter=5, cv=3, random_state=1).fit(X, Y)
        for module in (ours, sk)
    )
    assert_same(found, expected)


def test_random_splits_are_drawn_once():
    """A splitter with a state would draw others, were it asked twice."""
    found, expected = (
        module.GridSearchCV(
            SMALL,
            {"alpha": [0.0, 0.1]},
            cv=sk.ShuffleSplit(2, random_state=np.random.RandomState(0)),
        ).fit(X, Y)
        for module in (ours, sk)
    )
    assert_same(found, expected)


def test_weights_and_groups():
    weight = np.random.RandomState(0).randint(1, 4, len(Y)).astype(float)
    scoring = make_scorer(accuracy_score)
    fit_params = {"sample_weight": weight, "groups": np.arange(len(Y)) % 7}
    compare(
        SMALL, {"alpha": [0.0, 0.1]}, fit_params=fit_params, scoring=scoring, cv=sk.GroupKFold(3)
    )


def test_validation_rows_of_another_number():
    fit_params = {"X_val": X[:50], "y_val": Y[:50]}
    model = MLPClassifier((8,), max_iter=6, early_stopping=True, random_state=0)
    found = compare(model, {"alpha": [0.0, 0.1]}, fit_params=fit_params)
    assert len(found.best_estimator_.validation_scores_) == 6


@pytest.mark.parametrize("prefix", ["", "mlpclassifier__"])
def test_validation_rows_that_would_be_cut_are_refused(prefix):
    fit_params = {f"{prefix}X_val": X, f"{prefix}y_val": Y}
    model = make_pipeline(StandardScaler(), SMALL) if prefix else SMALL
    search = ours.GridSearchCV(model, {f"{prefix}alpha": [0.0]})
    with pytest.raises(ValueError, match=f"{prefix}X_val has as many rows as X \\(303\\)"):
        search.fit(X, Y, **fit_params)


def test_processes():
    grid = {"alpha": [0.0, 0.1], "hidden_layer_sizes": [(8,), (9,)]}
    compare(make_pipeline(StandardScaler(), SMALL), {
        f"mlpclassifier__{name}": values for name, values in grid.items()
    }, n_jobs=2)  # fmt: skip


def test_threads_of_joblib():
    from joblib import parallel_config

    with parallel_config("threading", n_jobs=2):
        compare(SMALL, {"alpha": [0.0, 0.1]})


def test_a_search_within_cross_validation():
    scores = [
        sk.cross_val_score(module.GridSearchCV(SMALL, {"alpha": [0.0, 0.1]}, cv=2), X, Y, cv=2)
        for module in (ours, sk)
    ]
    np.testing.assert_allclose(*scores)


def test_two_classes_and_few_rows():
    data = make_classification(31, random_state=0)
    model = MLPClassifier((8,), max_iter=6, batch_size=10, random_state=0)
    compare(model, {"alpha": [0.0, 0.1], "label_smoothing": [0.0, 0.2]}, *data, cv=sk.KFold(4))


def test_it_is_shown_like_any_search():
    search = ours.GridSearchCV(SMALL, {"alpha": [0.0]})
    assert "memory_limit" in search.get_params()
    assert "GridSearchCV" in estimator_html_repr(search)


class Doubling(TransformerMixin, BaseEstimator):
    """Works in place, on whatever rows it is given."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        X *= 2
        return X

    def __sklearn_is_fitted__(self):
        return True


class Careless(RegressorMixin, BaseEstimator):
    """Predicts the mean of targets, and leaves neither rows nor targets as they are."""

    def __init__(self, factor=1.0):
        self.factor = factor

    def fit(self, X, y):
        X *= 2
        self.mean_ = X.mean() * self.factor
        return self

    def predict(self, X):
        X += self.mean_
        return X[:, 0]


def doubled(X):
    return np.multiply(X, 2, out=X)


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("memory", [False, True])
def test_steps_that_work_in_place(n_jobs, memory, tmp_path):
    """Of test rows: scikit-learn scores what such a fit has left of the training rows."""
    scale, memory = StandardScaler(copy=False), str(tmp_path) if memory else None
    rates = {"mlp__learning_rate_init": [0.001, 0.01, 0.1]}
    for first in (scale, Doubling(), FunctionTransformer(doubled)):
        model = Pipeline([("first", first), ("scale", scale), ("mlp", SMALL)], memory=memory)
        for grid in (rates, {**rates, "scale__with_mean": [True, False]}):
            options = {"cv": 3, "refit": False}
            found, expected = (
                module.GridSearchCV(model, grid, n_jobs=jobs, **options).fit(X, Y)
                for module, jobs in ((ours, n_jobs), (sk, None))
            )
            assert_same(found, expected)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_others_that_work_in_place(n_jobs):
    frame = pytest.importorskip("pandas").DataFrame(XR)
    scale = StandardScaler(copy=False)
    turned = TransformedTargetRegressor(make_pipeline(scale, REAL), transformer=scale)
    rates = {"regressor__mlpregressor__alpha": [0.0, 0.1, 1.0]}
    careless = make_pipeline(StandardScaler(), Careless())
    last = {"careless__factor": [1.0, 2.0]}
    for model, grid, rows in (
        (turned, rates, XR),
        (make_pipeline(Doubling(), REAL), {"mlpregressor__alpha": [0.0, 0.1]}, frame),
        (make_pipeline(Doubling(), REAL), {"mlpregressor__alpha": [0.0, 0.1]}, csr_array(XR)),
        (Careless(), {"factor": [1.0, 2.0]}, XR),
        (careless, last, XR),
    ):
        options = {"cv": 3, "refit": False}
        found, expected = (
            module.GridSearchCV(model, grid, n_jobs=jobs, **options).fit(rows, YR)
            for module, jobs in ((ours, n_jobs), (sk, None))
        )
        assert_same(found, expected)


def turned_round(model, X, y):
    X[:] = X[:, ::-1].copy()
    y *= 2
    return -np.abs(model.predict(X) - y).mean()


def error_of_doubled(y, predicted):
    y *= 2
    return np.abs(predicted - y).mean()


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize(
    "scoring",
    [
        turned_round,
        {"one": turned_round, "two": "r2"},
        make_scorer(error_of_doubled, greater_is_better=False),
    ],
    ids=["function", "several", "metric"],
)
def test_scorers_that_work_in_place(scoring, n_jobs):
    options = {"cv": 3, "refit": False, "scoring": scoring}
    found, expected = (
        module.GridSearchCV(REAL, {"alpha": [0.0, 0.1, 1.0]}, n_jobs=jobs, **options).fit(XR, YR)
        for module, jobs in ((ours, n_jobs), (sk, None))
    )
    assert_same(found, expected)
