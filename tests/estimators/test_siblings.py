"""Families stand beside each other: what an estimator has is what it can do."""

import inspect

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin

import skdeep
from skdeep import MLPEnsembleClassifier, RBMClassifier
from skdeep.estimators.base import NetworkEstimator

ESTIMATORS = [
    cls
    for cls in (getattr(skdeep, name) for name in skdeep.__all__)
    if isinstance(cls, type) and issubclass(cls, BaseEstimator)
]
NETWORKS = [cls for cls in ESTIMATORS if issubclass(cls, NetworkEstimator)]


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_no_family_subclasses_another(cls):
    assert not [other for other in ESTIMATORS if other is not cls and issubclass(cls, other)]


@pytest.mark.parametrize("cls", NETWORKS)
def test_at_most_four_classes_are_our_own(cls):
    own = [one.__module__ for one in cls.__mro__ if one.__module__.startswith("skdeep.")]
    assert len([name for name in own if ".parameters" not in name]) <= 4


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_public_attributes_of_a_class_are_methods_and_properties(cls):
    parameters = inspect.signature(cls).parameters
    for name, value in inspect.getmembers_static(cls):
        if not name.startswith("_"):
            assert name not in parameters
            assert callable(value) or hasattr(value, "__get__"), name


@pytest.mark.parametrize("cls", NETWORKS)
def test_transformers_are_those_that_transform(cls):
    transforms = issubclass(cls, TransformerMixin)
    for name in ("transform", "fit_transform", "get_feature_names_out", "set_output"):
        assert hasattr(cls, name) is transforms, name
    assert (cls().__sklearn_tags__().transformer_tags is not None) is transforms


def test_an_ensemble_takes_any_classifier_of_rows():
    X, y = np.random.default_rng(0).random((60, 4)), np.arange(60) % 3
    member = RBMClassifier(4, tol=10, n_iter_no_change=1)
    ensemble = MLPEnsembleClassifier(member, 2, random_state=0).fit(X, y)
    assert ensemble.predict_proba(X).shape == (60, 3)
