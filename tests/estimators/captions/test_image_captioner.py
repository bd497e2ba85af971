"""Captions of small pictures: what is learned, where it looks, and what is refused by its name."""

import copy

import numpy as np
import pytest

from skdeep import ImageCaptioner
from skdeep.metrics import get_scorer
from skdeep.model_selection import GridSearchCV

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

PLACES = ["first", "second", "third"]
SMALL = {"units": 12, "embedding_dim": 8, "dropout": 0.0, "random_state": 0, "tol": 0.0}
TRANSFORMER = {"architecture": "transformer", "units": 8, "n_heads": 2, "n_hidden_layers": 2}
SLOW = {**SMALL, "max_iter": 2}


def lines(n, seed, size=6):
    """Pictures (n, 6, 6) of a bright row or column in noise, and captions that say which."""
    random = np.random.default_rng(seed)
    X, y = 0.1 * random.normal(size=(n, size, size)), []
    for image in X:
        place, axis = random.integers(3), random.integers(2)
        np.moveaxis(image, axis, 0)[2 * place] += 1
        y.append(f"{PLACES[place]} {('row', 'column')[axis]}")
    return X.astype(np.float32), y


X, Y = lines(96, 0)
X_TEST, Y_TEST = lines(24, 1)


@pytest.fixture(scope="module")
def learned():
    options = {"batch_size": 16, "learning_rate_init": 0.03, "max_iter": 24}
    return ImageCaptioner([(8, 3)], **SMALL, **options).fit(X, Y)


def test_captions_of_new_pictures(learned):
    found, scores = learned.predict(X_TEST, return_scores=True)
    assert found == Y_TEST
    assert scores.mean() / 3 == pytest.approx(learned.score(X_TEST, Y_TEST), rel=1e-4)
    assert get_scorer("sequence_accuracy")(learned, X_TEST, Y_TEST) == 1
    flat = ImageCaptioner([(8, 3)], image_shape=(6, 6), **SLOW).fit(X.reshape(96, 36), Y)
    assert flat.image_shape_ == (6, 6, 1)
    assert flat.predict(X) == ImageCaptioner([(8, 3)], **SLOW).fit(X, Y).predict(X)


def test_captions_depend_on_no_other_picture(learned):
    weights = learned.attention_weights(X_TEST)
    for k in (0, 7):
        alone = learned.attention_weights(X_TEST[k : k + 1], Y_TEST[k : k + 1])[0]
        np.testing.assert_allclose(alone.weights, weights[k].weights, rtol=1e-4, atol=1e-6)
        assert learned.predict(X_TEST[k : k + 1]) == [Y_TEST[k]]


@pytest.mark.parametrize(
    ("conv_layers", "options", "shape", "grid"),
    [
        ([(2, 3)], {}, (6, 6), (3, 3)),
        ([(2, 3)], {"pooling": 1, "strides": (1, 2)}, (6, 6, 2), (6, 3)),
        ([(2, 3)], {"n_dims": 1}, (6, 2), (3,)),
        ([], {}, (5, 4), (5,)),
        ([], {"attention": "additive"}, (3, 2, 4), (3, 2)),
        ([], {}, (7,), (1,)),
        ([(2, 3)], {**TRANSFORMER, "pooling": 1, "strides": 2}, (6, 6), (3, 3)),
    ],
)
def test_attention_has_the_shape_of_the_grid(conv_layers, options, shape, grid):
    Z = np.random.default_rng(0).normal(size=(96, *shape))
    model = ImageCaptioner(conv_layers, **SLOW | options).fit(Z, Y)
    looks = model.attention_weights(Z[:3], ["first row", "row first row", "column"])
    assert [look.weights.shape for look in looks] == [(n, *grid) for n in (3, 4, 2)]
    for look in looks:
        np.testing.assert_allclose(look.weights.reshape(len(look.target), -1).sum(axis=1), 1)
    assert looks[2].target == [" column", "<end>"]


def test_the_grid_is_that_of_the_fit_whatever_is_set_later(learned):
    changed = copy.deepcopy(learned).set_params(conv_layers=[(8, 3), (8, 3)])
    look, own = (model.attention_weights(X_TEST[:1])[0] for model in (changed, learned))
    np.testing.assert_array_equal(look.weights, own.weights)


def test_places_of_a_grid_are_known_and_regions_have_none():
    """Moved to other places, features give another caption; regions in another order do not."""
    random = np.random.default_rng(0)
    Z = random.normal(size=(96, 4, 3))
    order = [1, 2, 3, 0]
    regions = ImageCaptioner([], **SLOW).fit(Z, Y)
    grid = ImageCaptioner([], **SLOW).fit(Z.reshape(96, 2, 2, 3), Y)
    moved = Z[:, order]
    assert regions.score(moved, Y) == pytest.approx(regions.score(Z, Y), rel=1e-6)
    score = grid.score(Z.reshape(96, 2, 2, 3), Y)
    assert grid.score(moved.reshape(96, 2, 2, 3), Y) != pytest.approx(score, rel=1e-6)


def test_without_attention_there_are_no_weights():
    model = ImageCaptioner([(2, 3)], attention=None, **SLOW).fit(X, Y)
    with pytest.raises(ValueError, match="fitted with attention"):
        model.attention_weights(X)


@pytest.mark.parametrize("unit", ["word", "character", "bpe"])
def test_captions_come_in_the_form_that_they_had(unit):
    texts = ImageCaptioner([(2, 3)], unit=unit, **SLOW).fit(X, Y)
    assert all(isinstance(caption, str) for caption in texts.predict(X[:2]))
    tokens = ImageCaptioner([(2, 3)], unit=unit, **SLOW).fit(X, [text.split() for text in Y])
    assert all(isinstance(caption, list) for caption in tokens.predict(X[:2]))


def test_a_search_by_what_is_written():
    model = ImageCaptioner([(4, 3)], **{**SLOW, "max_iter": 6, "batch_size": 16})
    grid = {"learning_rate_init": [1e-5, 0.02]}
    search = GridSearchCV(model, grid, scoring="neg_token_error_rate", cv=2).fit(X, Y)
    assert search.best_params_ == {"learning_rate_init": 0.02}


@pytest.mark.parametrize(
    ("options", "images", "captions", "said"),
    [
        ({}, X, Y[:95], "X and y must have as many samples as each other, got 96 and 95"),
        ({}, X, None, "requires y"),
        ({}, X, ["", *Y[1:]], r"y\[0\] is empty"),
        ({}, X, [3, *Y[1:]], r"y\[0\] must be a string or a list of tokens"),
        ({}, X, np.arange(96.0), r"y\[0\] must be a string or a list of tokens"),
        ({}, [*X[:95], X[0, :5]], Y, r"X\[95\] has shape \(5, 6\), but X\[0\] has \(6, 6\)"),
        ({}, np.full_like(X, np.nan), Y, "X contains NaN"),
        ({}, np.zeros((96, 2, 2, 2, 2)), Y, r"X has shape \(96, 2, 2, 2, 2\)"),
        ({"conv_layers": []}, np.zeros((96, 2, 2, 2, 2)), Y, "without convolutions"),
        ({"conv_layers": [3]}, X, Y, "conv_layers must be pairs"),
        ({"normalization": "batch"}, X, Y, "normalization"),
        ({"units": 0}, X, Y, "units"),
        ({"attention": "multiply"}, X, Y, "attention"),
        ({"image_shape": (5, 5)}, X, Y, "image_shape"),
    ],
)
def test_what_is_wrong_is_named(options, images, captions, said):
    model = ImageCaptioner(**{"conv_layers": [(2, 3)], **SLOW, **options})
    with pytest.raises(ValueError, match=said):
        model.fit(images, captions)
    assert not hasattr(model, "image_shape_")


def test_other_pictures_than_those_of_the_fit(learned):
    with pytest.raises(ValueError, match=r"images of shape \(5, 6, 1\), but this ImageCaptioner"):
        learned.predict(X[:, :5])
    with pytest.raises(ValueError, match="has 35 features"):
        learned.predict(X.reshape(96, 36)[:, :35])
    with pytest.raises(ValueError, match="as many samples"):
        learned.score(X, Y[:3])
    with pytest.raises(ValueError, match="y holds lists of strings, but was fitted on strings"):
        learned.score(X, [text.split() for text in Y])


@pytest.mark.parametrize(
    ("conv_layers", "options"),
    [
        ([(3, 3)], {"attention": "dot", "architecture": "lstm"}),
        ([(3, 3), (2, 2)], {"attention": "additive", "residual": True, "n_hidden_layers": 2}),
        ([], {"attention": "additive"}),
        ([(3, 3)], {"attention": None, "tied_embeddings": False}),
        ([(3, 3)], TRANSFORMER),
    ],
)
def test_one_step_goes_down_the_slope_of_the_score(conv_layers, options):
    """The step of plain descent is the gradient, which differences of the score are equal to."""
    random = np.random.default_rng(0)
    Z, y = random.normal(size=(6, 5, 4, 2)), ["a b", "b", "c a b", "a", "b c", "a c"]
    plain = {"solver": "sgd", "momentum": 0.0, "gradient_clip_norm": None, "batch_size": 6}
    given = {"activation": "tanh", "pooling_type": "average", "max_iter": 1, **plain, **options}
    model = ImageCaptioner(conv_layers, **SMALL | given)
    weights = [
        model.set_params(learning_rate_init=rate).fit(Z, y).get_weights() for rate in (1e-14, 1.0)
    ]
    for _ in range(3):
        way = {name: random.normal(size=w.shape) for name, w in weights[0].items()}
        scores = [
            model.set_weights({n: w + step * way[n] for n, w in weights[0].items()}).score(Z, y)
            for step in (1e-5, -1e-5)
        ]
        slope = sum(((w - weights[0][n]) * way[n]).sum() for n, w in weights[1].items())
        assert (scores[0] - scores[1]) / 2e-5 == pytest.approx(slope, rel=1e-5)
