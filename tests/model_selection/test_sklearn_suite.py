"""scikit-learn's own tests of its searches, run on ours where they use the public API."""

import importlib.util
import inspect

import pytest
import sklearn.model_selection

import skdeep.model_selection
from skdeep.model_selection import GridSearchCV

#: Needs the libraries of the array API; pickles classes of that module by its name.
LEFT_OUT = {"test_array_api_search_cv_classifier", "test_pickle"}
#: What arguments tests may have without fixtures of scikit-learn's conftest.
PLAIN = {"tmp_path", "monkeypatch", "capsys", "recwarn"}


def load(name):
    """Execute a test module of scikit-learn with our searches in place of its own."""
    spec = importlib.util.find_spec(f"sklearn.model_selection.tests.{name}")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        for search in skdeep.model_selection.__all__:
            ours = getattr(skdeep.model_selection, search)
            patch.setattr(sklearn.model_selection, search, ours, raising=False)
        spec.loader.exec_module(module)
    return module


def runs_here(function):
    """Whether a test concerns our searches and needs no fixture that is not here."""
    given = set()
    for mark in getattr(function, "pytestmark", ()):
        if mark.name == "parametrize":
            names = mark.args[0]
            given |= set(names.replace(" ", "").split(",") if isinstance(names, str) else names)
    text = inspect.getsource(function) + str(getattr(function, "pytestmark", ""))
    return set(inspect.signature(function).parameters) <= given | PLAIN and "Search" in text


def chosen_from(module):
    """Return those of a module's tests that run here, by name."""
    return {
        name: function
        for name, function in vars(module).items()
        if name.startswith("test_") and name not in LEFT_OUT and runs_here(function)
    }


MODULE, HALVING = load("test_search"), load("test_successive_halving")
TESTS, HALVING_TESTS = chosen_from(MODULE), chosen_from(HALVING)
globals().update(TESTS)
globals().update({f"{name}_of_halving": test for name, test in HALVING_TESTS.items()})

pytestmark = pytest.mark.filterwarnings("ignore")


def test_most_of_the_suite_is_here():
    assert len(TESTS) > 60
    assert len(HALVING_TESTS) > 10
    assert MODULE.GridSearchCV is GridSearchCV
    assert HALVING.HalvingGridSearchCV is skdeep.model_selection.HalvingGridSearchCV
