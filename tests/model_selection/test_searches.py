"""What a stacked search does besides: memory, times, errors, callbacks, interrupts."""

import pickle

import joblib
import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn import model_selection as sk
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.datasets import load_digits
from sklearn.exceptions import FitFailedWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skdeep import MLPClassifier
from skdeep.callbacks import TimeBudget
from skdeep.data import table
from skdeep.fitting import stack as _stack
from skdeep.fitting import stack_size as _together
from skdeep.model_selection import GridSearchCV, HalvingGridSearchCV
from skdeep.model_selection._memory import SplitMemory
from skdeep.train.sequences.sequences import Sequences

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_digits(return_X_y=True)
X, Y = X[:300] / 16, Y[:300]
SMALL = MLPClassifier((8,), max_iter=4, batch_size=32, random_state=0)


class Counting(TransformerMixin, BaseEstimator):
    """Divides, and counts its fits."""

    fits = 0

    def __init__(self, by=1.0):
        self.by = by

    def fit(self, X, y=None):
        Counting.fits += 1
        return self

    def transform(self, X):
        return X / self.by

    def __sklearn_is_fitted__(self):
        return True


def test_preprocessing_is_fitted_once_per_setting_and_fold():
    Counting.fits = 0
    grid = {"counting__by": [1.0, 2.0], "mlpclassifier__alpha": np.logspace(-4, 0, 20)}
    GridSearchCV(make_pipeline(Counting(), SMALL), grid, cv=3, refit=False).fit(X, Y)
    assert Counting.fits == 2 * 3


def test_rows_are_checked_once_per_fold(monkeypatch):
    pandas = pytest.importorskip("pandas")
    checked, make = [], table.validate_data

    def validate(estimator, X, *given, **options):
        checked.extend([X] if options.get("reset", True) else [])
        return make(estimator, X, *given, **options)

    monkeypatch.setattr(table, "validate_data", validate)
    frame = pandas.DataFrame(X).rename(columns=str)
    options = {"cv": 3, "refit": False, "scoring": lambda model, X, y: len(model.feature_names_in_)}
    search = GridSearchCV(SMALL, {"alpha": [0.0, 0.1, 1.0]}, **options).fit(frame, Y)
    assert len(checked) == 3
    assert set(search.cv_results_["mean_test_score"]) == {64}


def test_what_cannot_be_compared_is_fitted_anew():
    pipeline = make_pipeline(FunctionTransformer(lambda X: X + 1), SMALL)
    search = GridSearchCV(pipeline, {"mlpclassifier__alpha": [0.0, 0.1]}, cv=2, refit=False)
    assert np.isfinite(search.fit(X, Y).cv_results_["mean_test_score"]).all()


def test_a_memory_of_ones_own_is_left_alone(tmp_path):
    pipeline = make_pipeline(Counting(), SMALL, memory=str(tmp_path))
    Counting.fits = 0
    search = GridSearchCV(pipeline, {"mlpclassifier__alpha": [0.0, 0.1]}, cv=2).fit(X, Y)
    assert Counting.fits == 2 + 1
    assert search.best_estimator_.memory == str(tmp_path)


def test_old_rows_are_dropped_for_new_ones():
    memory, made = SplitMemory(250), []

    def get(key):
        return memory.get(key, lambda: made.append(key) or (np.zeros(12), key))[1]

    assert [get(key) for key in (0, 1, 0, 2, 0, 1)] == [0, 1, 0, 2, 0, 1]
    assert made == [0, 1, 2, 1]
    assert clone(make_pipeline(StandardScaler(), memory=memory)).memory is memory


def test_rows_that_several_results_hold_count_once():
    memory, rows = SplitMemory(300), np.zeros(20)
    memory.get("a", lambda: (rows, {"sample_weight": np.zeros(4)}))
    memory.get("b", lambda: ("a word", (rows, None)))
    assert memory.held == 160 + 32
    memory.get("c", lambda: (np.zeros(15),))  # for which the first goes, not its rows
    assert memory.held == 160 + 120
    memory.get("d", lambda: (np.zeros(30),))
    assert memory.held == 240


@pytest.mark.parametrize("kind", ["frame", "polars", "sparse", "lists", "arrays", "objects", "own"])
def test_rows_of_all_kinds_take_memory(kind):
    rows = np.random.default_rng(0).normal(size=(100, 50))
    if kind in ("frame", "polars"):
        rows = pytest.importorskip("pandas" if kind == "frame" else kind).DataFrame(rows)
    elif kind == "objects":
        held = np.empty(100, object)
        held[:] = list(rows)
        rows = held
    else:
        rows = {
            "sparse": csr_array, "lists": np.ndarray.tolist, "arrays": list,
            "own": lambda rows: Sequences(rows, [50, 50]),
        }[kind](rows)  # fmt: skip
    memory = SplitMemory(1e9)
    memory.get(kind, lambda: (rows, None))
    assert 100 * 50 * 8 <= memory.held <= 100 * 50 * (34 if kind == "lists" else 13)


@pytest.mark.parametrize("limit", [0.2, 1.0, 100.0])
def test_fewer_models_train_together_where_memory_is_small(limit, monkeypatch):
    sizes = []
    make = _stack.Stack.__init__

    def init(self, jobs):
        sizes.append(sum(map(_together.model_bytes, jobs)) / 2**20)
        make(self, jobs)

    monkeypatch.setattr(_stack.Stack, "__init__", init)
    grid = {"alpha": np.logspace(-4, 0, 12)}
    search = GridSearchCV(SMALL, grid, cv=2, refit=False, memory_limit=limit).fit(X, Y)
    assert max(sizes) <= max(limit, 0.2)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_memory_that_runs_out_leaves_models_alone(monkeypatch):
    sizes = []
    make = _stack.Stack.__init__

    def init(self, jobs):
        if len(jobs) > 1:
            raise MemoryError
        sizes.append(len(jobs))
        make(self, jobs)

    grid = {"alpha": [0.0, 0.1, 1.0]}
    expected = GridSearchCV(SMALL, grid, cv=2, refit=False).fit(X, Y)
    monkeypatch.setattr(_stack.Stack, "__init__", init)
    found = GridSearchCV(SMALL, grid, cv=2, refit=False).fit(X, Y)
    assert sizes == [1] * 6
    scores = (search.cv_results_["mean_test_score"] for search in (found, expected))
    np.testing.assert_allclose(*scores)


def test_a_search_on_a_device_that_is_not_the_host():
    grid = {"alpha": [0.0, 0.1, 1.0], "learning_rate_init": [0.001, 0.01, 0.1]}
    options = {"cv": 2, "resource": "max_iter", "max_resources": 9}
    for make, more in ((GridSearchCV, {"cv": 2}), (HalvingGridSearchCV, options)):
        found, expected = (
            make(clone(SMALL).set_params(device=device), grid, **more).fit(X, Y)
            for device in ("checked", "cpu")
        )
        scores = (search.cv_results_["mean_test_score"] for search in (found, expected))
        np.testing.assert_allclose(*scores)
        assert found.best_params_ == expected.best_params_


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_impossible_limit_says_what_would_do(n_jobs):
    search = GridSearchCV(SMALL, {"alpha": [0.0]}, memory_limit=0.001, n_jobs=n_jobs)
    with pytest.raises(MemoryError, match=r"does not suffice for one model .* takes 0\.\d+ MiB"):
        search.fit(X, Y)


@pytest.mark.parametrize("limit", [0, -1.0, "1 GB"])
def test_a_limit_is_a_number(limit):
    with pytest.raises(ValueError, match="memory_limit"):
        GridSearchCV(SMALL, {"alpha": [0.0]}, memory_limit=limit).fit(X, Y)


@pytest.mark.parametrize(
    ("grid", "n_jobs"),
    [
        ({"alpha": [0.0, -1.0, 0.1]}, 1),
        ({"solver": ["sgd"], "learning_rate_init": [0.1, 1e200, 0.01]}, 1),
        ({"solver": ["sgd"], "learning_rate_init": [0.1, 1e200, 0.01]}, 2),
    ],
)
def test_a_bad_candidate_takes_no_other_down(grid, n_jobs):
    options = {"cv": 2, "n_jobs": n_jobs, "refit": False}
    found, expected = (
        run(search(SMALL, grid, error_score=-7.0, **options))
        for search in (GridSearchCV, sk.GridSearchCV)
    )
    np.testing.assert_allclose(found, expected)
    assert found[1] == -7.0
    assert (found[[0, 2]] > 0).all()
    with pytest.raises(ValueError):  # noqa: PT011 - of either kind, as in scikit-learn
        GridSearchCV(SMALL, grid, error_score="raise", **options).fit(X, Y)


def run(search):
    with pytest.warns(FitFailedWarning, match="2 fits failed out of a total of 6"):
        return search.fit(X, Y).cv_results_["mean_test_score"]


def test_all_candidates_bad():
    with pytest.raises(ValueError, match="All the 4 fits failed"):
        GridSearchCV(SMALL, {"alpha": [-1.0, -2.0]}, cv=2).fit(X, Y)


def test_the_time_of_a_fit_is_its_share():
    search = GridSearchCV(SMALL, {"alpha": [0.0, 0.1, 0.2, 0.3]}, cv=2, refit=False).fit(X, Y)
    times = search.cv_results_["mean_fit_time"]
    assert times.min() > 0
    assert times.max() < 10 * times.min()  # nobody pays for all


class Listening:
    """Keeps what it hears of a search and of its epochs."""

    def __init__(self, stop=None):
        self.heard, self.stop = [], stop

    def setup(self, estimator, context):
        self.heard.append("setup")

    def teardown(self, estimator, context):
        self.heard.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.heard.append(("begin", context.task_name, context.task_id))

    def on_fit_task_end(self, estimator, context):
        parent = context.parent
        name = None if parent is None else parent.task_id
        self.heard.append(("end", context.task_name, name, context.task_id))
        return context.task_name == "epoch" and self.stop == (name, context.task_id)


class Propagated(Listening):
    max_propagation_depth = None


def test_callbacks_of_a_search_hear_of_each_fit_and_epoch():
    ours, theirs = Propagated(), Propagated()
    for callback, search in ((ours, GridSearchCV), (theirs, sk.GridSearchCV)):
        grid = {"alpha": [0.0, 0.1]}
        search(SMALL, grid, cv=2).set_callbacks(callback).fit(X, Y)
    key = lambda heard: sorted(map(str, heard))
    assert key(ours.heard) == key(theirs.heard)
    epochs = [event[2:] for event in ours.heard if event[:2] == ("end", "epoch")]
    assert len(epochs) == 20
    assert epochs[:6] == [(0, 0), (2, 0), (1, 0), (3, 0), (0, 1), (2, 1)]  # in lock step


def test_callbacks_of_a_network_stop_it_alone():
    model = clone(SMALL).set_callbacks(Listening(stop=(2, 1)))
    seen = {}
    scoring = lambda estimator, X, y: seen.setdefault(len(seen), estimator.n_iter_)
    GridSearchCV(model, {"alpha": [0.0, 0.1]}, cv=2, refit=False, scoring=scoring).fit(X, Y)
    assert seen == {0: 4, 1: 4, 2: 2, 3: 4}


def test_callbacks_within_a_pipeline_hear_what_they_hear_in_any_search():
    ours, theirs = Listening(), Listening()
    for callback, search in ((ours, GridSearchCV), (theirs, sk.GridSearchCV)):
        pipeline = make_pipeline(StandardScaler(), clone(SMALL).set_callbacks(callback))
        search(pipeline, {"mlpclassifier__alpha": [0.0, 0.1]}, cv=2).fit(X, Y)
    assert ours.heard == theirs.heard


@pytest.mark.parametrize("make", [lambda m: m, lambda m: make_pipeline(StandardScaler(), m)])
def test_a_progress_bar(make, capsys):
    pytest.importorskip("rich")
    from sklearn.callback import ProgressBar

    estimator = make(SMALL)
    prefix = "" if estimator is SMALL else "mlpclassifier__"
    search = GridSearchCV(estimator, {f"{prefix}alpha": [0.0, 0.1]}, cv=2)
    search.set_callbacks(ProgressBar()).fit(X, Y)
    assert "GridSearchCV" in capsys.readouterr().out


def test_processes_with_callbacks():
    model = clone(SMALL).set_callbacks(TimeBudget(1e6))
    search = GridSearchCV(model, {"alpha": [0.0, 0.1]}, cv=2, n_jobs=2).fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_an_interrupt_ends_the_search(monkeypatch):
    def interrupt(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(_stack.Stack, "_epoch", interrupt)
    search = GridSearchCV(SMALL, {"alpha": np.logspace(-4, 0, 40)}, cv=2)
    with pytest.raises(KeyboardInterrupt):
        search.fit(X, Y)
    assert not hasattr(search, "cv_results_")
    assert "_running" not in vars(search)


def test_a_fitted_search_pickles(tmp_path):
    search = GridSearchCV(make_pipeline(StandardScaler(), SMALL), {}, cv=2).fit(X, Y)
    again = pickle.loads(pickle.dumps(search))
    np.testing.assert_array_equal(again.predict(X), search.predict(X))
    joblib.dump(search, tmp_path / "search")


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("value", [(n for n in (3, 4)), map(int, (3, 4))])
def test_values_that_one_fit_would_use_up_are_refused(value, n_jobs):
    search = GridSearchCV(SMALL, {"hidden_layer_sizes": [(5,), value]}, n_jobs=n_jobs)
    with pytest.raises(ValueError, match=r"the values of 'hidden_layer_sizes' must .* got"):
        search.fit(X, Y)
