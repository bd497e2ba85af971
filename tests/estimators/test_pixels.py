"""Images of unsigned integers are shares of the largest of their kind, in fits and ever after."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.utils import get_tags

import skdeep
from skdeep.backend.checked import CheckedArray
from skdeep.callbacks import ModelCheckpoint, load_checkpoint
from skdeep.model_selection import GridSearchCV
from skdeep.nn import Conv, Dense, Reshape
from tests.contracts.estimators import BY_CLASS, LISTED

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

FAMILIES = [
    case.make(batch_size="auto")
    for case in BY_CLASS.values()
    if case.takes("rescale", "image_shape", "batch_size")
] + LISTED
X = np.random.default_rng(0).integers(0, 256, (8, 4, 4)).astype(np.uint8)
Y = np.arange(8) % 2
CNN = skdeep.CNNClassifier([(2, 3)], (3,), max_iter=2, random_state=0)


def outputs(model, images):
    name = "predict_proba" if hasattr(model, "predict_proba") else "predict"
    return getattr(model, name if hasattr(model, name) else "transform")(images)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("estimator", FAMILIES, ids=lambda estimator: type(estimator).__name__)
def test_integers_give_what_their_shares_give(estimator, dtype):
    largest = np.iinfo(dtype).max
    images = X.astype(dtype) * (largest // 255)
    shares = images.astype(np.float32) / np.float32(largest)
    y = Y if get_tags(estimator).estimator_type else [f"kind {k}" for k in Y]
    of_integers, of_shares = clone(estimator).fit(images, y), clone(estimator).fit(shares, y)
    expected = outputs(of_shares, shares)
    for model in (of_integers, of_shares, pickle.loads(pickle.dumps(of_integers))):
        for given in (images, shares, list(images), images.reshape(8, -1)):
            assert np.array_equal(outputs(model, given), expected)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array, pd.DataFrame])
def test_tables_of_pixels(make):
    table = X.reshape(8, -1)
    model = clone(CNN).set_params(image_shape=(4, 4)).fit(make(table), Y)
    expected = clone(CNN).fit(X / 255, Y).predict_proba(X / 255)
    assert np.allclose(model.predict_proba(make(table)), expected, atol=1e-6)


def test_pixels_of_another_byte_order():
    images = X.astype(np.uint16) * 257
    expected = clone(CNN).fit(images, Y).predict_proba(images)
    swapped = images.astype(images.dtype.newbyteorder())
    assert np.array_equal(clone(CNN).fit(swapped, Y).predict_proba(swapped), expected)


def test_what_could_be_meant_in_two_ways_is_refused():
    model = clone(CNN).fit(X, Y)
    with pytest.raises(ValueError, match=r"X holds int64, but this .* fitted on uint8"):
        model.predict(X.astype(np.int64))
    with pytest.raises(ValueError, match=r"X holds object, but this .* fitted on uint8"):
        model.predict(X.astype(object))
    with pytest.raises(ValueError, match=r"X_val, y_val: X holds int64"):
        model.fit(X, Y, X_val=X.astype(np.int64), y_val=Y)
    model = clone(CNN).fit(X.astype(float), Y)
    with pytest.raises(ValueError, match=r"X holds uint8, but this .* other numbers than uint8"):
        model.predict(X)
    model = clone(CNN).set_params(rescale=False).fit(X, Y)
    assert np.array_equal(model.predict_proba(X), model.predict_proba(X.astype(np.int64)))


@pytest.mark.parametrize("estimator", FAMILIES, ids=lambda estimator: type(estimator).__name__)
def test_training_goes_on_with_pixels_as_they_were(estimator):
    y = Y if get_tags(estimator).estimator_type else [f"kind {k}" for k in Y]
    model = clone(estimator).set_params(warm_start=True).fit(X, y)
    model.set_params(rescale=np.True_).fit(X, y)
    with pytest.raises(ValueError, match="training cannot continue: rescale was set"):
        model.set_params(rescale=False).fit(X, y)
    if hasattr(model, "partial_fit"):
        with pytest.raises(ValueError, match="training cannot continue: rescale was set"):
            model.partial_fit(X, y)
    numbers = clone(model).fit(X / 255, y)
    with pytest.raises(ValueError, match="training cannot continue: rescale was set"):
        numbers.set_params(rescale=True).fit(X / 255, y)


def test_rows_of_pixels_that_listed_layers_see_as_images():
    layers = [Reshape((4, 4, 1)), Conv(2, 3)]
    model = skdeep.NetworkClassifier(layers, max_iter=2, random_state=0)
    shares = clone(model).fit(X / np.float32(255), Y).predict_proba(X / np.float32(255))
    table = X.reshape(8, -1)
    assert np.array_equal(clone(model).fit(table, Y).predict_proba(table), shares)
    rows = clone(model).set_params(layers=[Dense(3)])
    numbers = clone(rows).fit(table.astype(float), Y).predict_proba(table)
    assert np.array_equal(rows.fit(table, Y).predict_proba(table), numbers)


def test_a_table_that_is_no_image_stays():
    table = (X.reshape(8, -1) > 99).astype(np.uint8)
    model = skdeep.VariationalAutoencoder(2, decoder="bernoulli", max_iter=2, random_state=0)
    expected = clone(model).fit(table.astype(float)).transform(table)
    assert np.allclose(clone(model).fit(table).transform(table), expected)


@pytest.mark.parametrize("estimator", FAMILIES, ids=lambda estimator: type(estimator).__name__)
def test_a_checkpoint_knows_what_pixels_were(estimator, tmp_path):
    y = Y if get_tags(estimator).estimator_type else [f"kind {k}" for k in Y]
    model = clone(estimator).set_callbacks(ModelCheckpoint(tmp_path)).fit(X, y)
    loaded = load_checkpoint(tmp_path, clone(estimator))
    assert np.array_equal(outputs(loaded, X), outputs(model, X))
    with pytest.raises(ValueError, match="X holds int64"):
        outputs(loaded, X.astype(np.int64))


def test_pixels_on_a_device():
    images = np.stack([X, 255 - X], axis=1)
    model = clone(CNN).set_params(data_format="channels_first")
    there = clone(model).fit(CheckedArray(images.copy()), Y)
    expected = model.fit(images, Y).predict_proba(images)
    assert np.allclose(there.to("cpu").predict_proba(images), expected, atol=1e-6)


def test_searches_on_pixels():
    grid = {"alpha": [0.1, 0.001], "rescale": [True, False]}
    search = GridSearchCV(clone(CNN), grid, cv=2, scoring="neg_log_loss").fit(X, Y)
    for params, score in zip(
        search.cv_results_["params"], search.cv_results_["split0_test_score"], strict=True
    ):
        alone = GridSearchCV(clone(CNN), {k: [v] for k, v in params.items()}, cv=2)
        alone.set_params(scoring="neg_log_loss").fit(X, Y)
        assert np.isclose(alone.cv_results_["split0_test_score"][0], score, rtol=1e-4)


def test_images_of_small_integers_warn_once():
    digits = load_digits(n_class=2)
    images = digits.images[:40].astype(np.uint8)  # from 0 to 16
    ensemble = skdeep.MLPEnsembleClassifier(clone(CNN), 2)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        ensemble.fit(images, digits.target[:40])
    (said,) = [w for w in caught if "uint8" in str(w.message)]
    assert said.filename == __file__
    assert "the largest number in X is 16, and uint8 is divided by 255" in str(said.message)
