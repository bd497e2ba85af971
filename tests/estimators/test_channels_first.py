"""Images whose channels come first: a warning where nobody says so, and `data_format`."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import get_tags

import skdeep
from skdeep.nn import GRU, LastStep, Reshape
from tests.contracts.estimators import BY_CLASS, LISTED

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

FAMILIES = [
    case.make(batch_size="auto")
    for case in BY_CLASS.values()
    if case.takes("image_shape", "batch_size")
] + LISTED


def warned(estimator, X, **parameters):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        y = np.arange(len(X)) % 2
        y = y if get_tags(estimator).estimator_type else [f"kind {k}" for k in y]
        clone(estimator).set_params(**parameters).fit(X, y)
    caught = [w for w in caught if not issubclass(w.category, ConvergenceWarning)]
    assert {w.filename for w in caught} <= {__file__}  # where ``fit`` was called
    return [str(w.message) for w in caught]


@pytest.mark.parametrize("estimator", FAMILIES, ids=lambda estimator: type(estimator).__name__)
def test_one_warning_names_data_format(estimator):
    X = np.zeros((4, 3, 16, 16))
    (said,) = warned(estimator, X)
    assert "3 row(s) of 16 columns with 16 channels" in said
    assert "set data_format='channels_first'" in said
    assert warned(estimator, X, data_format="channels_first") == []
    assert warned(estimator, np.moveaxis(X, 1, -1)) == []
    if estimator in LISTED:
        return
    flat = X.reshape(4, -1)
    (said,) = warned(estimator, flat, image_shape=(3, 16, 16))
    assert "np.moveaxis(X.reshape(-1, 3, 16, 16), 1, -1)" in said


@pytest.mark.parametrize(
    ("shape", "n_dims", "first"),
    [
        ((1, 8, 8), 2, True),
        ((1, 28, 28), 2, True),
        ((1, 22, 100), 2, True),  # channels of an electroencephalogram and time, as one image
        ((3, 32, 24), 2, True),
        ((4, 16, 16), 2, True),
        ((1, 100), 1, True),
        ((3, 128), 1, True),
        ((8, 8), 2, False),
        ((3, 128), 2, False),  # an image of three rows
        ((1, 100), 2, False),
        ((28, 28, 1), 2, False),
        ((32, 32, 3), 2, False),
        ((16, 16, 64), 2, False),
        ((4, 4, 64), 2, False),  # features of images
        ((3, 3, 32), 2, False),
        ((1, 1, 64), 2, False),
        ((1, 100, 6), 2, False),  # signals as images of one row
        ((3, 64, 2), 2, False),
        ((100, 1), 1, False),
        ((128, 9), 1, False),
        ((4, 12), 1, False),  # four steps of twelve channels
        ((1, 3), 1, False),
    ],
)
def test_which_shapes_are_taken_for_channels_first(shape, n_dims, first):
    X = np.zeros((4, *shape))
    options = {"conv_layers": [(1, 1)], "pooling": None, "n_dims": n_dims}
    assert len(warned(FAMILIES[0], X, **options)) == first


def test_fits_on_the_same_images_warn_once():
    member = skdeep.CNNClassifier([(2, 2)], (3,), max_iter=1)
    ensemble = skdeep.MLPEnsembleClassifier(member, 3)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ensemble.fit(np.zeros((4, 1, 8, 8)), [0, 1, 0, 1])
    assert sum("data_format" in str(w.message) for w in caught) == 1
    model = member.fit(np.zeros((4, 8, 8, 1)), [0, 1, 0, 1])
    assert model.predict(np.zeros((2, 8, 8, 1))).shape == (2,)


@pytest.mark.parametrize("estimator", FAMILIES, ids=lambda estimator: type(estimator).__name__)
def test_channels_first_gives_what_channels_last_gives(estimator):
    X = np.random.default_rng(0).uniform(size=(6, 2, 4, 4))
    y = np.arange(6) % 2
    y = y if get_tags(estimator).estimator_type else [f"kind {k}" for k in y]
    last = clone(estimator).fit(np.moveaxis(X, 1, -1), y)
    first = clone(estimator).set_params(data_format="channels_first").fit(X, y)
    shape = first.sample_shape_ if estimator in LISTED else first.image_shape_
    assert shape == (4, 4, 2)
    for name in ("predict", "transform"):
        if hasattr(first, name):
            given, expected = getattr(first, name)(X), getattr(last, name)(np.moveaxis(X, 1, -1))
            assert np.array_equal(given, expected)
            table = np.moveaxis(X, 1, -1).reshape(6, -1)  # whose channels are last for both
            assert np.array_equal(getattr(first, name)(table), expected)
    if hasattr(first, "reconstruct"):
        assert np.array_equal(
            np.moveaxis(first.reconstruct(X), 1, -1), last.reconstruct(np.moveaxis(X, 1, -1))
        )
    if estimator in LISTED:
        return
    with pytest.raises(ValueError, match="X is a table, and data_format"):
        clone(first).set_params(image_shape=(4, 4, 2)).fit(X.reshape(6, -1), y)


def test_signals_with_channels_first():
    X, y = np.random.default_rng(0).uniform(size=(6, 3, 8)), np.arange(6) % 2
    model = skdeep.CNNClassifier([(2, 3)], (3,), n_dims=1, max_iter=2, random_state=0)
    last = clone(model).fit(np.moveaxis(X, 1, -1), y).predict_proba(np.moveaxis(X, 1, -1))
    first = clone(model).set_params(data_format="channels_first").fit(X, y)
    assert first.image_shape_ == (8, 3)
    assert np.array_equal(first.predict_proba(X), last)
    with pytest.raises(ValueError, match=r"data_format='channels_first' is for arrays of one sh"):
        first.fit([x.T[: 4 + k] for k, x in enumerate(X)], y)


def test_listed_layers_that_do_not_read_channels_first_say_so():
    X, y = np.zeros((6, 3, 8, 8)), np.arange(6) % 2
    model = skdeep.NetworkClassifier([Reshape((8, 8, 3))], data_format="channels_first")
    for given in (X, X.reshape(6, -1)):
        with pytest.raises(ValueError, match=r"does not go with Reshape\(shape=\(8, 8, 3\)\) as"):
            model.fit(given, y)
    with pytest.raises(ValueError, match="and layers read sequences of any length"):
        model.set_params(layers=[GRU(2), LastStep()]).fit(X[:, 0], y)
