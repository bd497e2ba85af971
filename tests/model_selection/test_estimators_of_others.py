"""What a search does not know inside out is fitted as in scikit-learn, with the same results."""

import numpy as np
import pytest
from sklearn import model_selection as sk
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_digits, make_friedman1
from sklearn.exceptions import FitFailedWarning
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import skdeep.model_selection as ours
from skdeep import Autoencoder, AutoencoderOutlierDetector, MLPClassifier, MLPRegressor
from tests.model_selection.test_same_answer import assert_same

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_digits(return_X_y=True)
X, Y = X[:150] / 16, Y[:150] % 3
XR, YR = make_friedman1(100, random_state=0)
SMALL = MLPClassifier((6,), max_iter=4, batch_size=32, random_state=0)
REAL = MLPRegressor(hidden_layer_sizes=(6,), max_iter=4, batch_size=32, random_state=0)
CODER = Autoencoder(3, max_iter=3, random_state=0)


def run(module, estimator, grid, X, y, n_jobs, fit_params=None, **options):
    options = {"cv": 3, "return_train_score": True, **options}
    search = module.GridSearchCV(estimator, grid, n_jobs=n_jobs, **options)
    return search.fit(X, y, **(fit_params or {}))


def compare(estimator, grid, X=X, y=Y, n_jobs=None, **options):
    """Run both searches, compare all but times; return ours."""
    expected = run(sk, estimator, grid, X, y, None, **options)
    found = run(ours, estimator, grid, X, y, n_jobs, **options)
    assert_same(found, expected)
    assert np.isfinite(found.cv_results_["mean_test_score"]).all()
    return found


class Twice(BaseEstimator):
    """A step that takes some rows twice, with their targets."""

    def __init__(self, n_rows=40):
        self.n_rows = n_rows

    def fit_resample(self, X, y):
        return np.concatenate([X, X[: self.n_rows]]), np.concatenate([y, y[: self.n_rows]])


def _resample(step, X, y, message_clsname="", message=None, params=None):
    return (*step.fit_resample(X, y), step)


class Resampling(Pipeline):
    """A pipeline whose steps may draw rows anew, made as imbalanced-learn makes it."""

    def _validate_steps(self):
        pass

    def fit(self, X, y=None, **params):
        self.steps[-1][1].fit(*self._resampled(X, y))
        return self

    def fit_transform(self, X, y=None, **params):
        return self.steps[-1][1].fit_transform(*self._resampled(X, y))

    def _resampled(self, X, y):
        memory = self.memory
        self.steps = list(self.steps)
        for k, (name, step) in enumerate(self.steps[:-1]):
            if hasattr(step, "fit_resample"):
                draw = _resample if memory is None else memory.cache(_resample)
                X, y, step = draw(clone(step), X, y)
                self.steps[k] = (name, step)
            else:
                X = step.fit_transform(X, y)
        return X, y

    def _iter(self, with_final=True, filter_passthrough=True):
        for k, name, step in super()._iter(with_final, filter_passthrough):
            if not hasattr(step, "fit_resample"):
                yield k, name, step


STEPS = [("scale", StandardScaler()), ("twice", Twice()), ("net", SMALL)]


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize(
    ("estimator", "prefix"),
    [
        (Resampling(STEPS), "net__"),
        (Pipeline([("scale", StandardScaler()), ("last", Resampling(STEPS))]), "last__net__"),
    ],
)
def test_pipelines_that_resample(estimator, prefix, n_jobs):
    compare(estimator, {f"{prefix}alpha": [0.0, 0.1]}, n_jobs=n_jobs)


def test_a_pipeline_that_resamples_within_one_that_does_not():
    inner = Resampling([("none", Twice(0)), ("scale", StandardScaler())])
    compare(make_pipeline(inner, SMALL), {"mlpclassifier__alpha": [0.0, 0.1]})


def test_candidates_that_are_pipelines_of_both_kinds(stacks):
    both = [Resampling(STEPS), make_pipeline(StandardScaler(), SMALL)]
    compare(Pipeline([("only", SMALL)]), {"only": both}, refit=False)
    assert 3 in stacks


class Again:
    """Fits with a rate that is far too high first, and with a lower one when that fails."""

    def fit(self, X, y=None, **params):
        self.tries_ = 0
        rate = self.learning_rate_init
        try:
            self.learning_rate_init = 1e300
            super().fit(X, y, **params)
        except ValueError:
            self.tries_ += 1
            self.learning_rate_init = rate
            super().fit(X, y, **params)
        return self


class Classifier(Again, MLPClassifier):
    pass


class Regressor(Again, MLPRegressor):
    pass


class Coder(Again, Autoencoder):
    pass


class Fine(MLPClassifier):
    """Reads what it has learned as it is fitted, and says more when it predicts."""

    def fit(self, X, y, sample_weight=None):
        super().fit(X, y, sample_weight)
        self.__dict__["norm_"] = float(np.abs(vars(self)["_values"]).sum())
        return self


def tries(model, X, y=None):
    return float(model.tries_)


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize(
    ("estimator", "y", "name", "scoring"),
    [
        (Classifier((6,), max_iter=4, random_state=0), Y, "alpha", tries),
        (Regressor("squared_error", (6,), max_iter=4, random_state=0), Y * 1.0, "alpha", tries),
        (Coder(3, max_iter=3, random_state=0), None, "alpha", tries),
        (
            make_pipeline(Coder(3, max_iter=3, random_state=0), SMALL),
            Y,
            "mlpclassifier__alpha",
            lambda model, X, y: float(model[0].tries_),
        ),
        (Fine((6,), max_iter=4, random_state=0), Y, "alpha", lambda m, X, y: m.norm_),
    ],
    ids=["classifier", "regressor", "autoencoder", "step", "weights"],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_own_fits_around_ours(estimator, y, name, scoring, n_jobs):
    compare(estimator, {name: [0.0, 0.1]}, y=y, scoring=scoring, n_jobs=n_jobs)


class Halves(TransformedTargetRegressor):
    """Trains on every second row."""

    def fit(self, X, y, **params):
        return super().fit(X[::2], y[::2], **params)


class Lowest(AutoencoderOutlierDetector):
    """Takes the lowest score for its threshold, right after training."""

    def fit(self, X, y=None, sample_weight=None):
        super().fit(X, y, sample_weight)
        self.threshold_ = float(self._offset)
        return self


class Loud(Pipeline):
    """Says which class comes last, which has nothing to do with how it is fitted."""

    def predict(self, X, **params):
        return np.full(len(X), 2)


class Zero(MLPClassifier):
    """Predicts zeros."""

    def predict(self, X):
        return np.zeros(len(X))


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_own_targets_and_detectors(n_jobs):
    turned = Halves(make_pipeline(StandardScaler(), REAL), transformer=StandardScaler())
    compare(turned, {"regressor__mlpregressor__alpha": [0.0, 0.1]}, XR, YR, n_jobs=n_jobs)
    threshold = lambda model, X, y=None: model.threshold_
    grid = {"estimator__alpha": [0.0, 0.1]}
    compare(Lowest(CODER), grid, y=None, scoring=threshold, n_jobs=n_jobs)


@pytest.mark.parametrize(
    ("estimator", "grid"),
    [
        (Loud([("scale", StandardScaler()), ("net", SMALL)]), {"net__alpha": [0.0, 0.1]}),
        (Zero((6,), max_iter=4, batch_size=32, random_state=0), {"alpha": [0.0, 0.1]}),
    ],
)
def test_classes_that_leave_fit_alone_train_in_stacks(estimator, grid, stacks):
    compare(estimator, grid, refit=False)
    assert 6 in stacks


class Fewer(TransformerMixin, BaseEstimator):
    """Leaves rows out when it is fitted, and gives them in a tuple if that is asked for."""

    def __init__(self, pair=False):
        self.pair = pair

    def fit(self, X, y=None):
        return self

    def fit_transform(self, X, y=None):
        return (X[:-5], y) if self.pair else X[:-5]

    def transform(self, X):
        return X

    def __sklearn_is_fitted__(self):
        return True


def test_steps_that_leave_rows_out():
    """Nothing to say against it where there are no targets; an error where there are some."""
    compare(make_pipeline(Fewer(), CODER), {"autoencoder__alpha": [0.0, 0.1]}, y=None)
    first = FunctionTransformer(lambda given: given[0] if isinstance(given, tuple) else given)
    grid = {"autoencoder__alpha": [0.0, 0.1]}
    compare(make_pipeline(Fewer(pair=True), first, CODER), grid, y=None)
    for pair in (False, True):
        pipeline = make_pipeline(Fewer(pair), SMALL)
        for module in (ours, sk):
            with pytest.raises(ValueError, match="All the 6 fits failed"):
                run(module, pipeline, {"mlpclassifier__alpha": [0.0, 0.1]}, X, Y, None)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_steps_that_give_frames_and_steps_that_do_nothing(n_jobs):
    pytest.importorskip("pandas")
    steps = [("scale", StandardScaler()), ("none", None), ("pass", "passthrough"), ("net", SMALL)]
    pipeline = Pipeline(steps).set_output(transform="pandas")
    found = compare(
        pipeline,
        {"net__alpha": [0.0, 0.1], "none": [None, "passthrough", StandardScaler(with_std=False)]},
        n_jobs=n_jobs,
    )
    assert found.best_estimator_[-1].feature_names_in_[0] == "x0"


def test_nested_pipelines_are_fitted_once_per_fold():
    inner = make_pipeline(StandardScaler(), FunctionTransformer(counted))
    CALLS.clear()
    grid = {"mlpclassifier__alpha": [0.0, 0.1, 1.0]}
    ours.GridSearchCV(make_pipeline(inner, SMALL), grid, cv=2, refit=False).fit(X, Y)
    assert sum(n == 75 for n in CALLS) == 2 + 3 * 2  # rows of training; test rows are scored


CALLS = []


def counted(X):
    CALLS.append(len(X))
    return X


@pytest.mark.parametrize("steps", [[], [SMALL], [("net", SMALL, 1)], None])
def test_pipelines_that_are_none(steps):
    errors = []
    for module in (ours, sk):
        with pytest.raises((ValueError, TypeError, AttributeError)) as caught:
            module.GridSearchCV(Pipeline(steps), {}, cv=2, error_score="raise").fit(X, Y)
        errors.append((type(caught.value), str(caught.value)))
    assert errors[0] == errors[1]


class Hungry(MLPClassifier):
    def fit(self, X, y):
        raise MemoryError("all of it")


def test_a_fit_of_others_that_runs_out_of_memory_costs_its_candidate_only():
    grid = {"net": [Hungry(), SMALL]}
    with pytest.warns(FitFailedWarning, match="all of it"):
        found = run(ours, Pipeline([("net", SMALL)]), grid, X, Y, 2, error_score=-1.0)
    assert list(found.cv_results_["mean_test_score"] == -1.0) == [True, False]


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_candidate_that_makes_no_sense_costs_itself_only(n_jobs):
    grid = {"dropout": [0.0, [[0.1], [0.1, 0.2]]]}
    with pytest.warns(FitFailedWarning, match="dropout has 2 entries"):
        found = run(ours, SMALL, grid, X, Y, n_jobs, error_score=-1.0)
    assert list(found.cv_results_["mean_test_score"] == -1.0) == [False, True]
