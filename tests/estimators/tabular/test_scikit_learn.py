"""Tabular estimators in scikit-learn's pipelines, searches and copies."""

import copy
import pickle

import numpy as np
import pytest
from sklearn import model_selection as sk
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import skdeep.model_selection as ours
from tests.estimators.tabular.tables import BOTH, X, Y, classifier, outputs


@BOTH
def test_clones_copies_and_pickles(make, y):
    model = make(n_splits=2).fit(X, y)
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        np.testing.assert_array_equal(outputs(other), outputs(model))
        assert other.get_params() == model.get_params()
    assert "members_" not in vars(clone(model))
    assert repr(model) == repr(clone(model))
    known = {type(model).__name__: type(model)}
    assert eval(repr(make()), known).get_params() == make().get_params()
    assert "TabularMLP" in type(model)()._repr_html_()


@BOTH
@pytest.mark.parametrize("search", [sk.GridSearchCV, ours.GridSearchCV], ids=["sklearn", "ours"])
def test_searches_find_what_cross_validation_finds(make, y, search):
    grid = {"dropout": [0.0, 0.3], "hidden_layer_sizes": [(8,), (16, 8)]}
    found = search(make(max_iter=3), grid, cv=2).fit(X, y)
    for params, mean in zip(
        found.cv_results_["params"], found.cv_results_["mean_test_score"], strict=True
    ):
        model = make(max_iter=3).set_params(**params)
        assert mean == pytest.approx(sk.cross_val_score(model, X, y, cv=2).mean(), rel=1e-6)
    assert found.predict(X).shape == y.shape


def test_cross_validation_pipelines_and_workers():
    model = make_pipeline(FunctionTransformer(), classifier(max_iter=3))
    found = sk.cross_val_predict(model, X, Y, cv=3, method="predict_proba")
    other = sk.cross_val_predict(model, X, Y, cv=3, method="predict_proba", n_jobs=2)
    assert found.shape == (len(X), 2)
    np.testing.assert_allclose(found, other, rtol=1e-3, atol=1e-4)
    by_name = sk.cross_validate(model, X, Y, cv=2, scoring=["roc_auc", "neg_log_loss"])
    assert np.isfinite(by_name["test_neg_log_loss"]).all()


def test_features_of_the_last_hidden_layers_come_as_frames():
    model = classifier(n_members=2).set_output(transform="pandas").fit(X, Y)
    found = model.transform(X)
    assert found.shape == (len(X), 32)
    assert list(found) == list(model.get_feature_names_out())
    assert found.index.equals(X.index)
    np.testing.assert_array_equal(classifier(n_members=2).fit_transform(X, Y), found)
