"""Convolutional networks on sequences of different lengths."""

import numpy as np
import pandas as pd
import pytest

import skdeep.model_selection as ours
from skdeep import CNNClassifier, CNNRegressor, NetworkClassifier, NetworkTransformer
from skdeep.backend.numpy_backend import NumpyBackend
from skdeep.backend.threads import blas_threads
from skdeep.nn import (
    GRU,
    Activation,
    Conv,
    Embedding,
    MaxSteps,
    MeanSteps,
    Parallel,
    StepBatchNorm,
    StepConv,
    StepMaxPool,
)
from skdeep.nn.conv import conv
from tests.estimators.stacked import twins

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RANDOM = np.random.default_rng(0)
LENGTHS = RANDOM.integers(5, 15, 60)
Y = np.arange(60) % 2
X = [
    np.sin((1 + k) * np.arange(n)[:, None] / 2 + [0.0, 1.0]) + 0.3 * RANDOM.normal(size=(n, 2))
    for k, n in zip(Y, LENGTHS, strict=True)
]
SMALL = {
    "conv_layers": [(3, 3), (4, 2)],
    "hidden_layer_sizes": (5,),
    "n_dims": 1,
    "batch_size": 8,
    "max_iter": 3,
    "random_state": 0,
}
OPTIONS = [
    {},
    {"normalization": "batch", "residual": True, "strides": [2, 1], "pooling": [3, None]},
    {"normalization": "layer", "pooling_type": "average", "dropout": 0.2, "activation": "selu"},
    {"padding": "valid", "pooling": None, "global_pooling": "max", "dilation": [1, 2]},
    {"random_shift": 2, "random_flip": "horizontal", "global_pooling": "average"},
]


def small(cls=CNNClassifier, **options):
    return cls(**SMALL | options)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_sequence_predicts_what_it_predicts_alone(options, dtype):
    model = small(dtype=dtype, **options).fit(X, Y)
    alone = np.concatenate([model.predict_proba([x]) for x in X])
    tolerance = 1e-5 if dtype == "float32" else 1e-13
    np.testing.assert_allclose(model.predict_proba(X), alone, atol=tolerance)
    np.testing.assert_allclose(model.predict_proba(X[::-1])[::-1], alone, atol=tolerance)


def as_objects(X):
    result = np.empty(len(X), object)
    result[:] = X
    return result


@pytest.mark.parametrize("form", [tuple, as_objects, lambda X: pd.Series(X), pd.DataFrame])
def test_sequences_in_every_form_give_the_same_model(form):
    given = form({"series": X}) if form is pd.DataFrame else form(X)
    expected, model = small().fit(X, Y), small().fit(given, Y)
    assert not hasattr(model, "image_shape_")
    assert model.n_features_in_ == 2
    np.testing.assert_array_equal(model.predict_proba(given), expected.predict_proba(X))


@pytest.mark.parametrize("cls", [CNNClassifier, CNNRegressor])
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_signals_of_one_length_are_such_sequences(cls, padding):
    signals = RANDOM.normal(size=(20, 9, 2))
    options = {"normalization": "batch", "padding": padding, "pooling": 2, "dropout": 0.2}
    options |= {"global_pooling": "average", "dtype": "float64"}
    expected = small(cls, **options).fit(signals, Y[:20])
    model = small(cls, image_shape=(None, 2), **options).fit(signals, Y[:20])
    assert model.get_weights().keys() == expected.get_weights().keys()
    np.testing.assert_allclose(model.predict(signals), expected.predict(signals), rtol=1e-10)
    assert model.predict([x for x in X if len(x) > 5]).shape == (sum(LENGTHS > 5),)
    moved = small(cls, initial_weights=expected, max_iter=1, normalization="batch")
    assert "conv_0.W" in moved.fit(X, Y).transferred_weights_


def test_a_named_network_reads_sequences():
    model = CNNClassifier("fcn", n_dims=1, max_iter=1, random_state=0).fit(X[:8], Y[:8])
    assert model.get_weights()["conv_1.W"].shape == (5, 128, 256)
    with pytest.raises(ValueError, match=r"X\[0\] has 5 steps, .* need 14"):
        CNNClassifier("lenet", n_dims=1).fit([np.ones((5, 1)), np.ones((20, 1))], [0, 1])


def test_a_fit_forgets_what_samples_were_before():
    model = small().fit(X, Y)
    expected = model.predict_proba(X)
    with pytest.raises(ValueError, match="inconsistent"):
        model.fit(np.ones((9, 7, 2)), Y)
    np.testing.assert_array_equal(model.predict_proba(X), expected)
    assert model.fit(np.ones((9, 7, 2)), Y[:9]).image_shape_ == (7, 2)
    np.testing.assert_array_equal(model.fit(X, Y).predict_proba(X), expected)


@pytest.mark.parametrize(
    ("options", "given", "message"),
    [
        (
            {"conv_layers": [(2, 3), (2, 3)], "pooling": None, "padding": "valid"},
            [np.ones((5, 2)), np.ones((4, 2))],
            r"X\[1\] has 4 steps, but layers with padding='valid' need 5",
        ),
        ({"global_pooling": None}, X, "global_pooling=None is for images of one size"),
        ({"transform_layer": 2}, X, "transform_layer must be the number of one of 2"),
        ({"n_dims": 2}, X, r"X\[1\] has shape .* n_dims=1 takes lists of sequences"),
        ({"image_shape": (None, 3)}, X, "stands for steps of 3 features, but X has 2"),
        ({"image_shape": (None, 2, 1)}, X, r"image_shape must be \(T,\) or \(T, C\)"),
        ({"conv_layers": [(2, (3, 3))]}, X, "for the 1 axes"),
        ({}, [*X[:3], np.ones((3, 5))], r"X\[3\] has 5 features, but X\[0\] has 2"),
        ({}, [*X[:3], np.full((3, 2), np.nan)], r"NaN: in X\[3\], step 0"),
    ],
)
def test_what_no_network_of_sequences_takes(options, given, message):
    with pytest.raises(ValueError, match=message):
        small(**options).fit(given, Y[: len(given)])


def test_new_sequences_that_do_not_fit():
    model = small(padding="valid", pooling=None).fit(X, Y)
    with pytest.raises(ValueError, match=r"X\[1\] has 2 steps, .* need 4 or more"):
        model.predict([np.ones((4, 2)), np.ones((2, 2))])
    model = small().fit(np.ones((9, 7, 2)), Y[:9])
    with pytest.raises(ValueError, match=r"image_shape=\(None, 2\) takes sequences of any length"):
        model.predict(X)


@pytest.mark.parametrize("options", OPTIONS[1:3], ids=str)
def test_a_stack_of_sequences_equals_its_models(options):
    own = {"learning_rate_init": (0.001, 0.01, 0.003), "random_state": (0, 1, 2)}
    twins(small(**options), own, (X, Y), [slice(60), slice(59), slice(40)])


def test_a_search_stacks_and_its_best_is_the_model_alone():
    search = ours.GridSearchCV(small(normalization="batch"), {"alpha": [0.0, 0.1]}, cv=3).fit(X, Y)
    alone = small(normalization="batch", **search.best_params_).fit(X, Y)
    np.testing.assert_allclose(search.predict_proba(X), alone.predict_proba(X), rtol=1e-8)


def test_two_threads_give_the_bits_of_one(monkeypatch):
    monkeypatch.setattr(conv, "PART_WORK", 0)
    monkeypatch.setattr(NumpyBackend, "n_parts", 2)
    found = []
    for n in (1, 2):
        with blas_threads(n):
            found.append(small(**OPTIONS[1]).fit(X, Y).predict_proba(X))
    np.testing.assert_array_equal(*found)


# ---------------------------------------------------------------- listed layers

LISTED = [
    StepConv(4, 3, padding="valid"),
    StepBatchNorm(),
    Activation("relu"),
    StepMaxPool(2),
    GRU(3, reverse=True),
    MeanSteps(),
]


def test_listed_layers_read_sequences_of_any_length():
    model = NetworkClassifier(LISTED, max_iter=3, random_state=0, dtype="float64").fit(X, Y)
    alone = np.concatenate([model.predict_proba([x]) for x in X])
    np.testing.assert_allclose(model.predict_proba(X), alone, atol=1e-13)
    assert model.transform(X).shape == (60, 3)
    with pytest.raises(ValueError, match=r"X\[0\] has 2 steps, .* need 3"):
        model.predict([np.ones((2, 2))])


def test_convolutions_read_embedded_tokens():
    tokens = [RANDOM.integers(0, 5, n) for n in LENGTHS]
    layers = [Embedding(5, 3), StepConv(4, 3, padding="valid"), MaxSteps()]
    model = NetworkClassifier(layers, max_iter=3, random_state=0).fit(tokens, Y)
    assert model.predict(tokens).shape == (60,)
    with pytest.raises(ValueError, match=r"X\[0\] has 2 steps"):
        model.predict([[1, 2]])


@pytest.mark.parametrize(
    ("cls", "layers", "message"),
    [
        (NetworkClassifier, [StepConv(3, 30, padding="valid"), MeanSteps()], "need 30 or more"),
        (NetworkClassifier, [StepConv(3, 3)], "LastStep|MeanSteps"),
        (NetworkClassifier, [StepConv(3, 3), Conv(3, 3), MeanSteps()], "StepConv"),
        (
            NetworkClassifier,
            [Parallel([StepConv(3, 3, strides=2), StepMaxPool(2)]), MeanSteps()],
            "of a sequence of 3 steps, the branches",
        ),
        (NetworkTransformer, [StepConv(3, 3, strides=2)], "layers give fewer steps"),
    ],
)
def test_listed_layers_that_do_not_fit_sequences(cls, layers, message):
    with pytest.raises(ValueError, match=message):
        cls(layers, max_iter=1).fit(X, Y)
