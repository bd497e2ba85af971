"""The contract's list of layers forgets none."""

import importlib
import inspect
import pkgutil

import pytest

import skdeep.nn
from skdeep.nn.conv.reshape import Reshape
from skdeep.nn.core.encoder_decoder import EncoderDecoder
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.spec import ShapeError
from skdeep.nn.dense.bag_of_tokens import BagOfTokens
from skdeep.nn.dense.embedding import Embedding
from skdeep.nn.dense.nade import NADE
from skdeep.nn.dense.tied import Tied
from skdeep.nn.dense.tied_steps import TiedSteps
from skdeep.nn.penalties.activity_penalty import KLActivity
from skdeep.nn.tabular.category_embedding import CategoryEmbedding
from tests.contracts.layers import LAYERS, MEMORY_LAYERS


def layers_of_the_package():
    for module in pkgutil.walk_packages(skdeep.nn.__path__, "skdeep.nn."):
        for _, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(found, Layer) and not inspect.isabstract(found):
                yield found


#: What shares weights or memory, takes outputs of a range or reads targets stands in another layer.
NEVER_ALONE = {KLActivity, NADE, Reshape, Tied}
#: What reads tokens, or goes with such a layer, has the contract's tests in a file of its own.
READS_TOKENS = {BagOfTokens, Embedding, CategoryEmbedding, TiedSteps}
#: What reads pairs has them in tests/nn/attention/test_memory.py.
READS_PAIRS = {EncoderDecoder}


def children(layer, in_shape):
    return layer.build(in_shape).children.values()


def test_every_layer_is_in_the_contract():
    listed = {type(make()) for _, make, _ in LAYERS} | READS_TOKENS | READS_PAIRS
    listed |= {type(make()) for _, make, *_ in MEMORY_LAYERS}
    for _, make, in_shape in LAYERS:
        listed |= NEVER_ALONE & {type(layer) for layer, _ in children(make(), in_shape)}
    missing = {found.__name__ for found in layers_of_the_package() if found not in listed}
    assert not missing, f"add these to tests/contracts/layers.py: {sorted(missing)}"


def test_names_are_unique():
    names = [name for name, _, _ in LAYERS]
    assert len(set(names)) == len(names)


ONE_AXIS = {"dense", "dense_without_bias", "batch_norm", "layer_norm", "maxout"}


@pytest.mark.parametrize("in_shape", [(), (0,), (3, 2)])
@pytest.mark.parametrize(("name", "make"), [(n, m) for n, m, _ in LAYERS if n in ONE_AXIS])
def test_rows_of_another_shape_name_the_layer(name, make, in_shape):
    layer = make()
    with pytest.raises(ShapeError, match="expects rows of features") as caught:
        layer.build(in_shape)
    word = "Dense" if name == "maxout" else type(layer).__name__
    assert word in str(caught.value)
    assert str(in_shape) in str(caught.value)
