"""On a cluster the rows travel to each worker once, not with every task."""

import pickle
import sys
import warnings
from contextlib import ExitStack

import numpy as np
import pytest
from joblib import parallel_config
from scipy import sparse
from sklearn import model_selection as sk
from sklearn.metrics import accuracy_score, make_scorer

from skdeep import MLPClassifier, RNNClassifier
from skdeep.model_selection import GridSearchCV
from skdeep.model_selection._fits import SearchData
from skdeep.model_selection._scoring import Scoring
from skdeep.train.sequences.sequences import Sequences
from tests.model_selection.test_same_answer import assert_same

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N = 200
X = np.random.default_rng(0).normal(size=(N, 12, 50))
FLAT = X.reshape(N, -1)
Y = (X[:, 0, 0] > 0).astype(int)


def frame(values):
    return pytest.importorskip("pandas").DataFrame(values).rename(columns=str)


def cells(values):
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame({"signal": list(values), "name": ["a"] * len(values)})


def objects(values):
    result = np.empty(len(values), object)
    result[:] = list(values)
    return result


def polars(values):
    return pytest.importorskip("polars").DataFrame(values)


#: Rows of each kind; all hold as many bytes as X.
ROWS = {
    "array": lambda: FLAT,
    "images": lambda: X,
    "list of arrays": lambda: list(X),
    "array of arrays": lambda: objects(X),
    "lists": FLAT.tolist,
    "sparse": lambda: sparse.csr_array(FLAT),
    "coordinates": lambda: sparse.coo_array(FLAT),
    "lists of rows": lambda: sparse.lil_array(FLAT),
    "frame": lambda: frame(FLAT),
    "cells": lambda: cells(X),
    "polars": lambda: polars(FLAT),
    "sequences": lambda: Sequences.of_array(X),
    "texts": lambda: ["x" * 4800 if k else "" for k in range(N + 1)],
}


@pytest.mark.parametrize("kind", ROWS)
def test_what_a_search_sends_knows_its_size(kind):
    splits = list(sk.KFold(2).split(X))
    given = SearchData(ROWS[kind](), Y, {}, splits)
    few = SearchData(None, Y, {}, splits)
    assert X.nbytes <= sys.getsizeof(given) - sys.getsizeof(few) < 10 * X.nbytes
    assert sys.getsizeof(SearchData(FLAT, Y, {"X_val": X, "y_val": None}, splits)) > 2 * X.nbytes
    assert sys.getsizeof(SearchData(FLAT, Y, {"X_val": FLAT}, splits)) < 2 * X.nbytes  # sent once
    assert sys.getsizeof(few) >= Y.nbytes + sum(rows.nbytes for pair in splits for rows in pair)


def test_weights_of_scorers_count_too():
    scorer = make_scorer(accuracy_score)
    assert sys.getsizeof(Scoring(scorer, {}, True)) < 1000
    assert sys.getsizeof(Scoring(scorer, {"sample_weight": np.ones(N)}, True)) > 8 * N


@pytest.fixture(scope="module")
def cluster():
    """A cluster of two processes that tells how many bytes its tasks brought along."""
    distributed = pytest.importorskip("distributed")
    from distributed.diagnostics.plugin import SchedulerPlugin

    class Bytes(SchedulerPlugin):
        def transition(self, key, start, finish, *given, **details):
            if finish == "processing":
                task = cluster.scheduler.tasks[key].run_spec
                heard.append(len(pickle.dumps(task)))

    heard = []
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "silence_logs": 50}
    with ExitStack() as stack:
        with warnings.catch_warnings():  # of ports and of slow machines
            warnings.simplefilter("ignore")
            local = distributed.LocalCluster(dashboard_address=None, **options)
            cluster = stack.enter_context(local)
            stack.enter_context(distributed.Client(cluster))
        cluster.scheduler.add_plugin(Bytes())
        yield heard


NETWORK = MLPClassifier((4,), max_iter=1, random_state=0)


@pytest.mark.parametrize(
    ("estimator", "kind"),
    [
        (NETWORK, "array"),
        (NETWORK, "sparse"),
        (NETWORK, "frame"),
        (RNNClassifier((3,), max_iter=1, random_state=0), "list of arrays"),
    ],
)
def test_rows_are_sent_once(estimator, kind, cluster):
    rows, grid = ROWS[kind](), {"hidden_layer_sizes": [(3,), (4,), (5,)]}
    if kind == "list of arrays":
        grid = {"hidden_layer_sizes": [(3,)], "batch_size": [20, 50]}
    cluster.clear()
    with parallel_config("dask"):
        found = GridSearchCV(estimator, grid, cv=2, refit=False).fit(rows, Y)
    assert len(cluster) >= 4
    assert sum(cluster) < X.nbytes / 10
    assert_same(found, sk.GridSearchCV(estimator, grid, cv=2, refit=False).fit(rows, Y))
