"""Families stand beside each other: what an estimator has is what it can do."""

import ast
import inspect
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin

import skdeep
from skdeep import MLPEnsembleClassifier, RBMClassifier
from skdeep.estimators.base import NetworkEstimator
from tests.contracts.estimators import CASES

ESTIMATORS = [
    cls
    for cls in (getattr(skdeep, name) for name in skdeep.__all__)
    if isinstance(cls, type) and issubclass(cls, BaseEstimator)
]
NETWORKS = [cls for cls in ESTIMATORS if issubclass(cls, NetworkEstimator)]
FAMILIES = sorted({case.family for case in CASES.values()})


def imports(path):
    """Return the names of all modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_uses_no_other_s_estimators(family):
    """Architectures are free; what else it may use stands in the list of estimators."""
    own = [case for case in CASES.values() if case.family == family]
    free = {family, *(name for case in own for name in case.uses)}
    folder = Path(skdeep.__file__).parent / "estimators" / family
    for path in folder.rglob("*.py"):
        for module in imports(path):
            package, _, rest = module.removeprefix("skdeep.estimators.").partition(".")
            if module.startswith("skdeep.estimators.") and package in FAMILIES:
                assert package in free or rest.startswith("architecture"), f"{path}: {module}"


def test_what_all_families_share_uses_none():
    folder = Path(skdeep.__file__).parent / "estimators"
    for path in folder.rglob("*.py"):
        if path.relative_to(folder).parts[0] not in FAMILIES:
            for module in imports(path):
                package, _, rest = module.removeprefix("skdeep.estimators.").partition(".")
                foreign = module.startswith("skdeep.estimators.") and package in FAMILIES
                assert not foreign or rest.startswith("architecture"), f"{path}: {module}"


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
