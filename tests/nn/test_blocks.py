"""Blocks: which layers they have, what they are called, and which of them has a bias."""

import pytest

from skdeep.nn import blocks
from skdeep.nn.conv import blocks as conv_blocks
from skdeep.nn.noise.dropout import AlphaDropout, Dropout


def names(layers):
    return [layer.name for layer in layers]


@pytest.mark.parametrize(
    ("activation", "norm", "expected"),
    [
        ("relu", None, ["hidden_0", "activation_0"]),
        ("relu", "batch", ["hidden_0", "norm_0", "activation_0"]),
        ("identity", "layer", ["hidden_0", "norm_0"]),
        ("maxout", "batch", ["hidden_0", "norm_0"]),
    ],
)
def test_a_dense_block(activation, norm, expected):
    assert names(blocks.dense_block(3, "hidden_0", "{}_0", activation, "sklearn", norm)) == expected


@pytest.mark.parametrize("norm", ["batch", "layer", None])
def test_only_batch_normalisation_makes_a_bias_useless(norm):
    affine = blocks.dense_block(3, "a", "{}_a", "relu", "sklearn", norm)[0]
    kernels = conv_blocks.conv_block(3, 3, "a", "{}_a", "relu", "sklearn", norm)[0]
    assert affine.bias == kernels.bias == (norm != "batch")


@pytest.mark.parametrize(
    ("kind", "activation", "expected"),
    [
        ("max", "relu", ["conv", "pool", "activation"]),
        ("max", "gelu", ["conv", "activation", "pool"]),
        ("average", "relu", ["conv", "activation", "pool"]),
        ("max", "identity", ["conv", "pool"]),
    ],
)
def test_pooling_comes_first_where_it_makes_no_difference(kind, activation, expected):
    block = conv_blocks.conv_block(3, 3, "conv", "{}", activation, "sklearn")
    assert names(conv_blocks.pooled(block, kind, 2, "pool")) == expected
    assert conv_blocks.pooled(block, kind, (1, 1), "pool") == block


def test_dropout_is_that_of_the_activation():
    assert blocks.dropout(0.0, "relu", "drop") == []
    assert [type(one) for one in blocks.dropout(0.5, "relu", "drop")] == [Dropout]
    assert [type(one) for one in blocks.dropout(0.5, "selu", "drop")] == [AlphaDropout]
