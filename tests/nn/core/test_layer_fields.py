"""What layers are made with is refused in words where it is wrong."""

import inspect

import numpy as np
import pytest

from skdeep import NetworkClassifier, nn

#: Fields of layers with a value for each that is right.
RIGHT = {
    "units": 2,
    "memory_units": 2,
    "pieces": 2,
    "rate": 0.1,
    "scale": 0.1,
    "strength": 0.1,
    "target": 0.1,
    "dropout": 0.1,
    "momentum": 0.1,
    "epsilon": 1e-5,
    "truncate": 2,
    "filters": 2,
    "kernel_size": 2,
    "strides": 1,
    "dilation": 1,
    "padding": "same",
    "size": 2,
    "shape": (2, 2),
    "n_tokens": 3,
    "function": "relu",
    "projection": "auto",
    "layers": [nn.Dense(2)],
    "widths": [2],
    "n_categories": [3],
    "heads": 2,
    "longest": 2,
    "n_members": 2,
    "branches": [nn.Dense(2)],
}
NO_NUMBERS = ["a", {}, object(), 1j, True, np.array([[1, 2]]), [None]]
LAYERS = [
    layer
    for layer in (getattr(nn, name) for name in nn.__all__)
    if inspect.isclass(layer) and issubclass(layer, nn.Layer) and layer is not nn.Layer
]
FIELDS = [
    (layer, name)
    for layer in LAYERS
    for name in inspect.signature(layer).parameters
    if name in RIGHT
]


def made(layer, **fields):
    parameters = inspect.signature(layer).parameters.values()
    needed = [p.name for p in parameters if p.default is p.empty]
    return layer(**{**{name: RIGHT[name] for name in needed}, **fields})


def test_every_kind_of_layer_with_numbers_is_looked_at():
    assert len({layer for layer, _ in FIELDS}) >= 20


@pytest.mark.parametrize(
    ("layer", "name"), FIELDS, ids=lambda value: getattr(value, "__name__", value)
)
def test_a_field_that_is_no_such_thing_is_named(layer, name):
    assert made(layer, **{name: RIGHT[name]}) is not None
    for value in NO_NUMBERS:
        said = f"{layer.__name__}|{name}|activation|layer"
        with pytest.raises(ValueError, match=said) as told:
            made(layer, **{name: value})
        assert "truth value" not in str(told.value)


@pytest.mark.parametrize("layer", [nn.Dropout, nn.AlphaDropout, nn.GaussianNoise])
def test_numbers_of_several_models_in_the_layer_of_one_are_told(layer):
    model = NetworkClassifier([nn.Dense(2), layer([0.1, 0.2])], max_iter=1)
    with pytest.raises(ValueError, match="2 numbers, as for so many models, where there are 1"):
        model.fit(np.eye(6), [0, 1] * 3)


@pytest.mark.parametrize("shape", [0, 3, "a", (0,), (-1,), (2.5,), ()])
def test_shapes_are_tuples_of_positive_integers(shape):
    for layer in (nn.Reshape, nn.Upsample):
        with pytest.raises(ValueError, match=f"the shape of {layer.__name__} must be a tuple"):
            layer(shape)


@pytest.mark.parametrize("first", [nn.Dense(2), nn.Parallel([nn.Dense(3)])])
def test_layers_before_an_embedding_are_told(first):
    tokens = [np.array([0, 1, 2])] * 6
    model = NetworkClassifier([first, nn.Embedding(3, 2), nn.GRU(2), nn.LastStep()], max_iter=1)
    with pytest.raises(ValueError, match="reads tokens: no layer that computes comes before it"):
        model.fit(tokens, [0, 1] * 3)
