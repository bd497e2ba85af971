"""Rows without y take part in pre-training."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler

from skdeep import (
    DBNClassifier,
    DBNRegressor,
)
from skdeep.estimators.rbm.layerwise import _copies
from tests.contracts.estimator_results import values
from tests.estimators.dbn.small import (
    CLASSES,
    MORE,
    RNG,
    SMALL,
    X,
    Y,
    classifier,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


# ---------------------------------------------------------------------- rows without y


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array, sparse.csc_matrix, pd.DataFrame])
@pytest.mark.parametrize("cls", [DBNClassifier, DBNRegressor])
def test_unlabelled_rows_take_part_in_pre_training_only(cls, kind):
    y = CLASSES[cls]
    options = {**SMALL, "shuffle": False}
    model = cls(**options).fit(X, y, X_unlabeled=kind(MORE))
    assert model.rbms_[0].t_ == 2 * (len(X) + len(MORE))
    assert model.t_ == 3 * len(X)
    below = clone(model.rbms_[0]).fit(np.r_[X, MORE])
    np.testing.assert_allclose(values(below), values(model.rbms_[0]), rtol=1e-10)
    there = cls(**options, device="checked").fit(X, y, X_unlabeled=kind(MORE))
    np.testing.assert_allclose(there.transform(X), model.transform(X), rtol=1e-7)
    mixed = cls(**options).fit(sparse.csr_array(X), y, X_unlabeled=kind(MORE))
    np.testing.assert_allclose(values(mixed), values(model), rtol=1e-7)


def test_unlabelled_rows_take_the_dtype_of_the_others():
    model = classifier().fit(X.astype(np.float32), Y, X_unlabeled=MORE)
    assert values(model.rbms_[0]).dtype == values(model.rbms_[1]).dtype == np.float32
    assert model.predict_proba(X.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (MORE[:, :4], "X_unlabeled: X has 4 features"),
        (np.full((3, 6), np.nan), "X_unlabeled: Input X contains NaN"),
        (np.array([["a"] * 6] * 2), "X_unlabeled: "),
        (MORE[:0], "X_unlabeled: Found array with 0 sample"),
    ],
)
def test_bad_unlabelled_rows(rows, message):
    with pytest.raises(ValueError, match=message):
        classifier().fit(X, Y, X_unlabeled=rows)


def test_unlabelled_rows_that_a_search_may_have_cut():
    with pytest.warns(UserWarning, match="X_unlabeled has as many rows as X"):
        classifier().fit(X, Y, X_unlabeled=X)


def test_no_class_means_that_the_class_is_not_known():
    model = classifier().fit(X, np.where(Y == "no", -1, 0), X_unlabeled=MORE)
    assert model.classes_.tolist() == [-1, 0]


def test_rows_that_are_held_out_take_no_part():
    model = classifier(early_stopping=True, validation_fraction=0.25).fit(X, Y)
    assert model.rbms_[0].t_ == 2 * 45


@pytest.mark.parametrize(
    ("weights", "n_rows"), [([0.01] * 60, 60), ([1e6] * 60, 600), ([0.5, 1.5] * 30, 60)]
)
def test_weights_that_are_no_counts(weights, n_rows):
    model = classifier().fit(X, Y, weights)
    assert model.rbms_[0].t_ == 2 * n_rows
    assert classifier(device="checked").fit(X, Y, weights).rbms_[0].t_ == 2 * n_rows


def test_copies_follow_weights():
    weight = RNG.uniform(0.1, 3, 100)
    assert np.abs(np.cumsum(_copies(weight)) - np.cumsum(weight)).max() <= 0.5
    np.testing.assert_array_equal(_copies(np.array([0.5, 0.0, 0.25])), [1, 0, 1])
    with pytest.raises(ValueError, match="sample_weight of zero"):
        _copies(np.zeros(2))


def test_unlabelled_rows_through_a_pipeline_and_a_search():
    with sklearn.config_context(enable_metadata_routing=True):
        model = classifier().set_fit_request(X_unlabeled=True)
        steps = [("scale", MinMaxScaler()), ("dbn", model)]
        pipe = Pipeline(steps, transform_input=["X_unlabeled"])
        grid = {"dbn__pretrain_n_iter": [0, [1, 0], [2, 1]], "dbn__pretrain_learning_rate": [0.1]}
        search = GridSearchCV(pipe, grid, cv=2).fit(3 * X, Y, X_unlabeled=3 * MORE)
        alone = clone(pipe).set_params(dbn__pretrain_n_iter=2).fit(3 * X, Y, X_unlabeled=3 * MORE)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert alone["dbn"].rbms_[0].t_ == 2 * (len(X) + len(MORE))
    scaled = classifier().fit(X, Y, X_unlabeled=MORE)
    np.testing.assert_allclose(alone.predict_proba(3 * X), scaled.predict_proba(X))
