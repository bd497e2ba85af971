"""Docstrings name every parameter and attribute; the HTML repr links to nothing of others."""

import inspect
import re

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep
from skdeep import (
    Autoencoder,
    BernoulliRBM,
    CNNClassifier,
    CNNRegressor,
    ConvAutoencoder,
    DBNClassifier,
    DBNRegressor,
    DBNTransformer,
    GaussianRBM,
    MLPClassifier,
    MLPRegressor,
    NetworkClassifier,
    NetworkRegressor,
    NetworkTransformer,
    RBMClassifier,
    RNNClassifier,
    RNNForecaster,
    RNNGenerator,
    RNNRegressor,
    RNNTagger,
    VariationalAutoencoder,
)
from skdeep.model_selection import GridSearchCV
from skdeep.nn import Activation, Dense

ESTIMATORS = [
    Autoencoder,
    CNNClassifier,
    CNNRegressor,
    ConvAutoencoder,
    DBNClassifier,
    DBNRegressor,
    DBNTransformer,
    MLPClassifier,
    MLPRegressor,
    NetworkClassifier,
    NetworkRegressor,
    NetworkTransformer,
    RNNClassifier,
    RNNRegressor,
    VariationalAutoencoder,
]
MACHINES = [BernoulliRBM, GaussianRBM, RBMClassifier]
X = np.random.default_rng(0).normal(size=(40, 3))
Y = np.arange(40) % 2


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


@pytest.mark.parametrize("cls", [*ESTIMATORS, *MACHINES])
def test_parameters_and_their_order(cls):
    documented = entries(cls.__doc__, "Parameters")
    parameters = inspect.signature(cls).parameters
    assert set(documented) == set(parameters)
    assert set(cls._parameter_constraints) == set(parameters)
    known = {"Activation": Activation, "Dense": Dense}
    for name, text in documented.items():
        kind, _, description = text.partition("\n")
        assert len(description) > 10, name
        default = re.findall(r"default=(.+)", kind)
        assert default, f"{name} says no default"
        assert eval(default[0], known) == parameters[name].default, name


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("cls", MACHINES)
def test_fitted_attributes_of_machines(cls):
    model = cls(4).fit(np.abs(X) % 1, Y)
    public = {name for name in dir(model) if name.endswith("_") and not name.startswith("_")}
    documented = set(entries(cls.__doc__, "Attributes"))
    assert public - {"monitor_curve_"} <= documented  # which each machine gives a name of its own
    assert documented - public == {"feature_names_in_"}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings(r"ignore:\w+ expects values:UserWarning")
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("cls", ESTIMATORS)
def test_fitted_attributes(cls, solver):
    if solver not in cls._parameter_constraints["solver"][0].options:
        pytest.skip(f"{cls.__name__} has no solver {solver!r}")
    model = cls(solver=solver, max_iter=2).fit(X, Y)
    public = {name for name in dir(model) if name.endswith("_") and not name.startswith("_")}
    documented = set(entries(cls.__doc__, "Attributes"))
    assert public <= documented
    assert documented - public == {"feature_names_in_"}  # needs names


def public_methods():
    for cls in [*ESTIMATORS, *MACHINES]:
        for name, method in inspect.getmembers(cls, inspect.isfunction):
            if not name.startswith("_") and method.__module__.startswith("skdeep"):
                yield pytest.param(method, id=f"{cls.__name__}.{name}")


@pytest.mark.parametrize("method", list(public_methods()))
def test_methods(method):
    names = [name for name in inspect.signature(method).parameters if name != "self"]
    assert not names or set(entries(method.__doc__, "Parameters")) == set(names)
    assert entries(method.__doc__, "Returns") or "Returns\n" in inspect.cleandoc(method.__doc__)


def every_estimator():
    for name in skdeep.__all__:
        cls = getattr(skdeep, name)
        if isinstance(cls, type) and issubclass(cls, BaseEstimator):
            yield cls


@pytest.mark.parametrize("cls", list(every_estimator()))
def test_the_html_repr_links_to_no_site_of_others(cls):
    """Until there is one of our own; what is scikit-learn's links to scikit-learn's."""
    assert cls()._get_doc_link() == ""
    assert "href" not in cls()._repr_html_()
    for whole in (make_pipeline(StandardScaler(), cls()), GridSearchCV(cls(), {})):
        links = re.findall(r'href="([^"]*)', whole._repr_html_())
        assert all(link.startswith("https://scikit-learn.org/") for link in links), links


@pytest.mark.parametrize("cls", list(every_estimator()))
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
