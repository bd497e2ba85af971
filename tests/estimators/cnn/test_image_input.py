"""Images and signals in every form that convolutional networks take, and what they refuse."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from skdeep import CNNClassifier, CNNRegressor
from tests.estimators.cnn.test_cnn import SIGNALS, SMALL, X, Y, same, small, values

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


# ---------------------------------------------------------------- input


@pytest.mark.parametrize("cls", [CNNClassifier, CNNRegressor])
def test_images_in_every_form_give_the_same_model(cls):
    expected = small(cls).fit(X, Y)
    assert expected.image_shape_ == (8, 8, 1)
    assert expected.n_features_in_ == 64
    flat = X.reshape(len(X), -1)
    forms = [
        ({}, X[..., 0]),
        ({}, X.tolist()),
        ({"image_shape": (8, 8)}, flat),
        ({"image_shape": [8, 8, 1]}, flat),
        ({"image_shape": (8, 8)}, X),
        ({"image_shape": (8, 8)}, scipy.sparse.csr_matrix(flat)),
    ]
    for options, given in forms:
        model = small(cls, **options).fit(given, Y)
        same(values(model), values(expected))
        for rows in (given, X, flat):
            np.testing.assert_array_equal(model.predict(rows), expected.predict(X))


def as_objects(images):
    result = np.empty(len(images), object)
    result[:] = list(images)
    return result


@pytest.mark.parametrize("form", [list, as_objects, lambda X: pd.Series(list(X)), tuple])
def test_images_that_are_objects_give_the_same_model(form):
    expected = small().fit(X, Y)
    model = small().fit(form(X), Y)
    same(values(model), values(expected))
    np.testing.assert_array_equal(model.predict(form(X[..., 0])), expected.predict(X))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([*X[:3], X[3, :5]], r"X\[3\] has shape \(5, 8, 1\), but X\[0\] has \(8, 8, 1\)"),
        ([x.tolist() for x in [*X[:2], X[3, :5]]], r"X\[2\] has shape \(5, 8, 1\), but X\[0\]"),
        ([[[1.0, 2.0]], [[1.0], [2.0, 3.0]]], r"X\[1\] is ragged"),
        ([np.ones(4), np.ones(5)], r"X\[1\] has shape \(5,\), but X\[0\] has \(4,\)"),
        (as_objects([np.ones((2, 2)), np.ones((2, 3))]), r"X\[1\] has shape \(2, 3\)"),
        (X.astype("datetime64[s]"), r"X must hold real numbers, got dtype datetime64\[s\]"),
        ([], r"X is empty: found array with 0 sample\(s\)"),
    ],
)
def test_lists_that_are_no_images(given, message):
    with pytest.raises(ValueError, match=message):
        small().fit(given, Y[: len(given)])
    with pytest.raises(ValueError, match=message):
        small().fit(X, Y).predict(given)


def test_signals_in_every_form_give_the_same_model():
    signals = X.reshape(len(X), 64)
    options = {"conv_layers": [(3, 5), (4, 3)]}
    expected = small(**options).fit(signals, Y)
    assert expected.image_shape_ == (64, 1)
    for more, given in [
        ({"n_dims": 1}, signals[..., None]),
        ({"n_dims": 1, "image_shape": (64,)}, signals),
        ({"image_shape": (64,)}, signals),
    ]:
        same(values(small(**options, **more).fit(given, Y)), values(expected))
    two = small(**options, n_dims=1).fit(signals.reshape(-1, 32, 2), Y)
    assert two.image_shape_ == (32, 2)
    assert two.get_weights()["conv_0.W"].shape == (5, 2, 3)


def test_rows_of_an_image_are_channels_of_a_signal_only_where_asked():
    assert small().fit(X[..., 0], Y).image_shape_ == (8, 8, 1)
    options = {"conv_layers": [(3, 3)], "n_dims": 1}
    assert small(**options).fit(X[..., 0], Y).image_shape_ == (8, 8)


@pytest.mark.parametrize(
    ("options", "given", "message"),
    [
        ({"image_shape": (8, 9)}, X.reshape(120, 64), "stands for 72 numbers a row, but X has 64"),
        ({"image_shape": (4, 16)}, X, "not the shape of the images in X"),
        ({"image_shape": (8, 0)}, X, "image_shape must be"),
        ({"image_shape": (8, 8, 1, 1)}, X, "image_shape must be"),
        ({"image_shape": (8, 8, 1), "n_dims": 1}, X, r"image_shape must be \(T,\) or \(T, C\)"),
        ({"n_dims": 1}, X, r"n_dims=1 it must be \(n, T, C\)"),
        ({}, X[..., None], r"n_dims=2 it must be \(n, H, W\) or"),
        ({"n_dims": 3}, X, "'n_dims' parameter"),
        ({"conv_layers": [32]}, X, "conv_layers must be pairs"),
        ({"conv_layers": [(32, 3, 1)]}, X, "conv_layers must be pairs"),
        ({"conv_layers": [(0, 3)]}, X, "conv_layers must be pairs"),
        (
            {"conv_layers": [(2, 0)]},
            X,
            "^the kernel size in conv_layers must be made of integers >= 1",
        ),
        ({"conv_layers": [(2, 1.5)]}, X, "conv_layers must be made of integers >= 1"),
        (
            {"conv_layers": [(2, (3, 3))], "n_dims": 1},
            X[..., 0],
            r"^the kernel size in conv_layers has \(3, 3\) for the 1 axes",
        ),
        ({"conv_layers": [(2, (3,))]}, X, r"^the kernel size in conv_layers has \(3,\) for the 2"),
        (
            {**SIGNALS, "random_shift": (1, 2)},
            X[..., 0],
            r"^random_shift has \(1, 2\) for the 1 axes",
        ),
        (
            {**SIGNALS, "random_shift": [1, 2]},
            X[..., 0],
            r"^random_shift has \(1, 2\) for the 1 axes",
        ),
        ({**SIGNALS, "strides": (1, 2)}, X[..., 0], r"^strides has \(1, 2\) for the 1 axes"),
        ({**SIGNALS, "dilation": (1, 2)}, X[..., 0], r"^dilation has \(1, 2\) for the 1 axes"),
        ({**SIGNALS, "pooling": [(1, 2)]}, X[..., 0], r"^pooling has \(1, 2\) for the 1 axes"),
        ({"pooling": (2,)}, X, r"^pooling has \(2,\) for the 2 axes"),
        ({"n_dims": True}, X, "n_dims must be 1 or 2, got True"),
        (
            {"conv_layers": [(2, 9)], "padding": "valid"},
            X,
            r"^conv_layers\[0\], \(2, 9\), finds no place for its kernel: padding='valid' .*",
        ),
        (
            {"conv_layers": [(2, 3), (4, (5, 1))], "padding": "valid", "pooling": 2},
            X,
            r"^conv_layers\[1\], \(4, \(5, 1\)\), finds .* leave \(3, 3, 2\) of images \(8, 8, 1\)",
        ),
        ({"pooling": [2]}, X, "pooling has 1 entries for 2 convolutions"),
        ({"strides": [1, 0]}, X, "strides must be made of integers >= 1"),
        ({"dilation": (1, 2, 3)}, X, "dilation must be made of integers >= 1"),
        ({"activation": ["relu"]}, X, "activation has 1 entries for 3 hidden layers"),
        ({"activation": "maxout"}, X, "maxout' is for dense layers"),
        ({"residual": True, "padding": "valid"}, X, "residual=True needs padding='same'"),
        ({"random_shift": -1}, X, "'random_shift' parameter"),
        ({"random_shift": (1, -1)}, X, "random_shift must be made of integers >= 0"),
        ({"random_flip": "diagonal"}, X, "'random_flip' parameter"),
        ({"random_shift": 1, "solver": "lbfgs"}, X, "do not work with solver='lbfgs'"),
        ({"transform_layer": 3}, X, "number of one of 3 hidden layers"),
        ({}, np.where(np.arange(8) == 3, np.nan, X[..., 0]), "contains NaN"),
    ],
)
def test_bad_input_leaves_the_old_model(options, given, message):
    model = small().fit(X, Y)
    before = values(model)
    with pytest.raises(ValueError, match=message):
        model.set_params(**options).fit(given, Y)
    model.set_params(**{**dict.fromkeys(options), **CNNClassifier().get_params()} | SMALL)
    same(values(model), before)
    assert model.image_shape_ == (8, 8, 1)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "transform", "decision_function"])
def test_images_of_another_shape(method):
    model = small().fit(X, Y)
    with pytest.raises(ValueError, match=r"images of shape \(4, 16, 1\).* \(8, 8, 1\)"):
        getattr(model, method)(X.reshape(-1, 4, 16))
    with pytest.raises(ValueError, match="X has 63 features"):
        getattr(model, method)(X.reshape(-1, 64)[:, 1:])
    with pytest.raises(ValueError, match=r"images of shape \(4, 16, 1\)"):
        model.partial_fit(X.reshape(-1, 4, 16), Y)


def test_n_dims_set_after_the_fit_changes_no_prediction():
    images, signals = small().fit(X, Y), small(**SIGNALS).fit(X[..., 0], Y)
    expected = images.predict_proba(X), signals.predict_proba(X[..., 0])
    images.set_params(n_dims=1)
    signals.set_params(n_dims=2)
    np.testing.assert_array_equal(images.predict_proba(X), expected[0])
    np.testing.assert_array_equal(images.predict_proba(X[..., 0]), expected[0])
    np.testing.assert_array_equal(signals.predict_proba(X[..., 0]), expected[1])
    with pytest.raises(ValueError, match=r"images of shape \(4, 16\), but this .* \(8, 8\)"):
        signals.predict(X.reshape(-1, 4, 16))
    assert images.partial_fit(X[..., 0], Y).image_shape_ == (8, 8, 1)


def test_validation_images_of_another_shape():
    with pytest.raises(ValueError, match=r"X_val.*images of shape"):
        small().fit(X, Y, X_val=X[:20].reshape(-1, 4, 16), y_val=Y[:20])
