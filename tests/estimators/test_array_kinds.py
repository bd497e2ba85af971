"""What X may be: dtypes, memory layouts, sparse formats, data frames; and how much it costs."""

import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from skdeep import MLPClassifier, MLPRegressor

RNG = np.random.default_rng(0)
X = np.round(RNG.normal(size=(60, 5)), 2) * (RNG.uniform(size=(60, 5)) < 0.5)
Y = (X[:, 0] > X[:, 1]).astype(int)
T = np.c_[X[:, 0] - X[:, 1], X[:, 2]]
SMALL = {"hidden_layer_sizes": (6,), "max_iter": 5, "random_state": 0}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def wide_indices(matrix):
    """Return a CSR or CSC matrix with 64-bit indices."""
    matrix.indices, matrix.indptr = matrix.indices.astype("i8"), matrix.indptr.astype("i8")
    return matrix


def memmap(path):
    held = np.memmap(path / "X.dat", np.float64, "w+", shape=X.shape)
    held[...] = X
    held.flush()
    return np.memmap(path / "X.dat", np.float64, "r", shape=X.shape)


def read_only(path):
    held = X.copy()
    held.flags.writeable = False
    return held


KINDS = {
    "csr_matrix": lambda path: sparse.csr_matrix(X),
    "csr_array": lambda path: sparse.csr_array(X),
    "csc": lambda path: sparse.csc_array(X),
    "coordinates": lambda path: sparse.coo_array(X),
    "csr-64-bit": lambda path: wide_indices(sparse.csr_matrix(X)),
    "csc-64-bit": lambda path: wide_indices(sparse.csc_matrix(X)),
    "fortran": lambda path: np.asfortranarray(X),
    "reversed": lambda path: X[::-1].copy()[::-1],
    "columns-of-more": lambda path: np.c_[X, X][:, :5],
    "read-only": read_only,
    "memmap": memmap,
    "pandas": lambda path: pd.DataFrame(X),
    "polars": lambda path: pl.DataFrame(X),
    "list": lambda path: X.tolist(),
}


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"solver": "lbfgs"},
        {"early_stopping": True, "dropout": 0.2},
        {"activation": "maxout"},
        {"residual": True, "normalization": "batch"},
    ],
    ids=["adam", "lbfgs", "stopping", "maxout", "residual"],
)
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")  # polars has names
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_what_a_plain_array_gives(kind, params, tmp_path):
    given = KINDS[kind](tmp_path)
    model = MLPRegressor(**SMALL, **params).fit(given, T)
    plain = MLPRegressor(**SMALL, **params).fit(X, T)
    np.testing.assert_allclose(model.loss_curve_, plain.loss_curve_, rtol=1e-6)
    np.testing.assert_allclose(model.predict(given), plain.predict(X), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(model.predict(X), plain.predict(X), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(model.transform(given), plain.transform(X), rtol=1e-6, atol=1e-8)
    if hasattr(model, "partial_fit") and not model.early_stopping:
        model.partial_fit(given, T)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize(
    ("dtype", "computes_in"),
    [("f2", "f8"), ("f4", "f4"), ("f8", "f8"), ("i4", "i8"), ("u1", "f8"), ("?", "f8")],
)
def test_dtype_follows_X(dtype, computes_in, solver):
    computes_in = "f8" if computes_in == "i8" else computes_in
    rows = np.abs(X).astype(dtype)
    model = MLPClassifier(**SMALL, solver=solver).fit(rows, Y)
    assert {w.dtype for w in model.get_weights().values()} == {np.dtype(computes_in)}
    for method in ("predict_proba", "predict_log_proba", "decision_function", "transform"):
        assert getattr(model, method)(rows).dtype == computes_in
    assert isinstance(model.loss_, float)


def scattered(shape, n):
    """Return a CSR matrix with n entries. `sparse.random` may draw them from a list of all."""
    places = [RNG.integers(size, size=n) for size in shape]
    return sparse.csr_matrix((np.ones(n), places), shape)


@pytest.mark.parametrize("first", ["relu", "maxout"])
@pytest.mark.parametrize("params", [{}, {"early_stopping": True}], ids=["", "stopping"])
def test_sparse_rows_are_never_made_dense_as_a_whole(first, params):
    if first == "maxout":  # its first layer wants dense rows: batch by batch
        params = {**params, "batch_size": 50}
        big = scattered((6000, 4000), 2400)
    else:
        big = scattered((20000, 50000), 2000)
    y = np.arange(big.shape[0]) % 2
    model = MLPClassifier((2,), first, max_iter=1, random_state=0, **params)
    tracemalloc.start()
    try:
        model.fit(big, y).predict(big)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    weights = sum(w.nbytes for w in model.get_weights().values())
    chunk = 0 if first == "relu" else 1024 * big.shape[1] * 8  # what predict makes dense
    assert peak < 12 * weights + 2.5 * chunk + 10e6 < np.prod(big.shape) * 8
