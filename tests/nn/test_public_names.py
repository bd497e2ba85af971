"""skdeep.nn is public: what is listed is there, says what it takes, and shows itself at work."""

import inspect
import re

import pytest

import skdeep
import skdeep.nn
from skdeep.nn import Layer
from skdeep.nn.core.settings import paths, replaced, settings
from tests.contracts.layers import LAYERS
from tests.nn.test_layer_registry import layers_of_the_package

PUBLIC = {name: getattr(skdeep.nn, name) for name in skdeep.nn.__all__}
#: What families are made of, and stands in no list of a user's.
INNER = {
    "ClassRBM", "ContractiveDense", "Augment", "GaussianCode", "GaussianOutput",
    "GaussianOffset", "Offset", "NADE", "BranchDropout",
    "BoundedLogVariance", "SaltAndPepper", "Tied", "EncoderDecoder", "TiedSteps", "Scaled",
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLIC)
def test_names(name):
    thing = PUBLIC[name]
    assert thing.__name__ == name
    assert name in dir(skdeep.nn)
    doc = inspect.cleandoc(vars(thing)["__doc__"] if inspect.isclass(thing) else thing.__doc__)
    assert "Examples\n--------\n" in doc
    assert ">>> " in doc
    error = thing is skdeep.nn.ShapeError
    known = set() if error else set(inspect.signature(thing).parameters) - {"args", "kwargs"}
    if known:
        section = re.split(r"\n(?:Parameters|Attributes)\n-+\n", doc)[1]
        named = re.findall(r"^([\w, ]+) : ", section, re.MULTILINE)
        assert known <= {one.strip() for names in named for one in names.split(",")}


def test_other_names_are_refused():
    with pytest.raises(AttributeError, match="has no attribute 'Dennse'"):
        _ = skdeep.nn.Dennse


def test_every_layer_is_public_or_known_to_be_inner():
    names = {layer.__name__ for layer in layers_of_the_package()}
    assert names - set(PUBLIC) <= INNER


@pytest.mark.parametrize(("make"), [make for _, make, _ in LAYERS], ids=[n for n, *_ in LAYERS])
def test_a_layer_is_made_anew_from_its_settings(make):
    layer = make()
    assert replaced(layer) == layer
    for path, value in paths("layers", [layer]):
        assert path.startswith("layers__0")
        assert value is None or value == value
    if "name" in settings(layer):
        other = replaced(layer, name="another")
        assert isinstance(other, Layer)
        assert other != layer
        assert "name='another'" in repr(other)


def test_what_a_layer_shows_is_what_differs_from_its_defaults():
    layer = skdeep.nn.Conv(8, 3, padding="valid")
    assert repr(layer) == "Conv(filters=8, kernel_size=3, padding='valid')"
    assert repr(skdeep.nn.Reshape((2, 2))) == "Reshape(shape=(2, 2))"
