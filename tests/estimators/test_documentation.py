"""Docstrings name every parameter and attribute; the HTML repr links to nothing of others."""

import doctest
import inspect
import re
import sys

import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import RNNClassifier, RNNForecaster, RNNGenerator, RNNTagger
from skdeep.model_selection import GridSearchCV
from skdeep.nn import Activation, Dense
from tests.contracts.estimators import BY_CLASS, CASES

EVERY = pytest.mark.parametrize("cls", [case.cls for case in BY_CLASS.values()])


def entries(doc, title):
    """Return name to description of a numpydoc section; "a, b : int" names two."""
    lines = inspect.cleandoc(doc).splitlines()
    starts = [k for k, line in enumerate(lines) if re.fullmatch("-+", line)]
    start = next(k for k in starts if lines[k - 1] == title)
    end = next((k - 1 for k in starts if k > start), len(lines))
    found: dict[str, str] = {}
    names: list[str] = []
    for line in lines[start + 1 : end]:
        if line and not line.startswith(" "):
            names = [name.strip(" *") for name in line.split(" : ")[0].split(",")]
            found |= {name: line.partition(" : ")[2] + "\n" for name in names}
        else:
            found |= {name: found[name] + line.strip() for name in names}
    return found


@EVERY
def test_parameters_and_their_order(cls):
    documented = entries(cls.__doc__, "Parameters")
    parameters = inspect.signature(cls).parameters
    assert set(documented) == set(parameters)
    known = {"Activation": Activation, "Dense": Dense}
    for name, text in documented.items():
        kind, _, description = text.partition("\n")
        assert len(description) > 10, name
        default = re.findall(r"default=(.+)", kind)
        assert default, f"{name} says no default"
        assert eval(default[0], known) == parameters[name].default, name


@EVERY
def test_examples_of_methods(cls):
    """Which pytest passes over: the functions that see one fit only are made in another module."""
    module = vars(sys.modules[cls.__module__])
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    for name, method in vars(cls).items():
        function = getattr(getattr(method, "fn", method), "__wrapped__", None)
        if getattr(function, "__module__", None) != cls.__module__ or not function.__doc__:
            continue
        example = doctest.DocTestParser().get_doctest(
            function.__doc__, dict(module), f"{cls.__name__}.{name}", None, None
        )
        assert not runner.run(example).failed, example.name


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", CASES)
def test_fitted_attributes(name):
    model = CASES[name].fit()
    public = {name for name in dir(model) if name.endswith("_") and not name.startswith("_")}
    documented = set(entries(type(model).__doc__, "Attributes"))
    # The curve of an RBM has a name of its own in each class.
    assert public - {"monitor_curve_"} <= documented
    if ", " not in name and " of " not in name:  # with options some attributes are not there
        sometimes = {"feature_names_in_", "n_tokens_", "classes_", "image_shape_"}
        assert documented - public <= sometimes | {"oof_predictions_", "vocabulary_", "ngrams_"}


@EVERY
def test_methods(cls):
    for name, method in inspect.getmembers(cls, inspect.isfunction):
        if name.startswith("_") or not method.__module__.startswith("skdeep"):
            continue
        names = [each for each in inspect.signature(method).parameters if each != "self"]
        assert not names or set(entries(method.__doc__, "Parameters")) == set(names), name
        returns = "Returns\n" in inspect.cleandoc(method.__doc__)
        assert entries(method.__doc__, "Returns") or returns, name


@EVERY
def test_the_html_repr_links_to_no_site_of_others(cls):
    """Until there is one of our own; what is scikit-learn's links to scikit-learn's."""
    assert cls()._get_doc_link() == ""
    assert "href" not in cls()._repr_html_()
    for whole in (make_pipeline(StandardScaler(), cls()), GridSearchCV(cls(), {})):
        links = re.findall(r'href="([^"]*)', whole._repr_html_())
        assert all(link.startswith("https://scikit-learn.org/") for link in links), links


@EVERY
def test_what_x_may_be(cls):
    """No method promises sparse data that is refused; where forms vary, notes say which."""
    tags = cls().__sklearn_tags__()
    for name, method in inspect.getmembers(cls, inspect.isfunction):
        doc = method.__doc__ or ""
        if name.startswith("_") or not method.__module__.startswith("skdeep"):
            continue
        assert tags.input_tags.sparse or "sparse" not in doc, name
        if "the notes of the class" in doc:
            notes = inspect.cleandoc(cls.__doc__).partition("Notes\n-----\n")[2]
            assert notes, name
            assert tags.input_tags.sparse == ("sparse matrix" in notes)


def test_methods_come_and_go_with_the_solver():
    with pytest.raises(AttributeError, match="no attribute 'partial_fit'"):
        _ = RNNClassifier(solver="lbfgs").partial_fit


@pytest.mark.parametrize("cls", [RNNForecaster, RNNGenerator, RNNTagger, RNNClassifier])
def test_what_dropout_hides_together(cls):
    chunks = cls in (RNNForecaster, RNNGenerator)  # whose masks are those of chunks
    documented = entries(cls.__doc__, "Parameters")
    for name in ("recurrent_dropout", "dropout"):
        text = documented[name].replace("\n", " ")
        assert ("of a chunk" in text) == chunks, name
        assert ("of a sequence" in text) != chunks, name
