"""scikit-learn's own tests of its searches, run on ours where they use the public API."""

import importlib.util
import inspect

import pytest
import sklearn.model_selection

from skdeep.model_selection import GridSearchCV, RandomizedSearchCV

#: Needs the libraries of the array API; pickles classes of that module by its name.
LEFT_OUT = {"test_array_api_search_cv_classifier", "test_pickle"}
#: What arguments tests may have without fixtures of scikit-learn's conftest.
PLAIN = {"tmp_path", "monkeypatch", "capsys", "recwarn"}


def load():
    """Execute scikit-learn's test module with our searches in place of its own."""
    spec = importlib.util.find_spec("sklearn.model_selection.tests.test_search")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sklearn.model_selection, "GridSearchCV", GridSearchCV)
        patch.setattr(sklearn.model_selection, "RandomizedSearchCV", RandomizedSearchCV)
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
    return set(inspect.signature(function).parameters) <= given | PLAIN and "SearchCV" in text


MODULE = load()
TESTS = {
    name: function
    for name, function in vars(MODULE).items()
    if name.startswith("test_") and name not in LEFT_OUT and runs_here(function)
}
globals().update(TESTS)

pytestmark = pytest.mark.filterwarnings("ignore")


def test_most_of_the_suite_is_here():
    assert len(TESTS) > 60
    assert MODULE.GridSearchCV is GridSearchCV
