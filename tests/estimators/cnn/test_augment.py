"""``augment=`` of convolutional networks: y follows, nothing hangs on the batch, bad input."""

import numpy as np
import pytest
from sklearn.base import clone

from skdeep import CNNClassifier, CNNRegressor
from skdeep.augmentation import Brightness, Erase, Flip, Noise, Rotate, Scale, Shift

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:.*set standardize_target:UserWarning"),
]

TINY = {"conv_layers": [(2, 3)], "hidden_layer_sizes": (), "max_iter": 2, "random_state": 0}
RNG = np.random.default_rng(0)
SIZE = 17
MOVES = [Rotate(25), Scale(0.2), Shift(2)]


def spots(n=12, seed=0):
    """Return images of two soft spots, the left one first, and their places (x, y)."""
    random = np.random.default_rng(seed)
    points = random.uniform(-0.5, 0.5, (n, 2, 2)) + np.array([[5, 8], [11, 8]])
    y, x = np.indices((SIZE, SIZE))
    images = np.zeros((n, SIZE, SIZE))
    for k in range(2):
        dx, dy = (axis - points[:, k, i, None, None] for i, axis in enumerate((x, y)))
        images += np.exp(-(dx**2 + dy**2) / 1.2)
    return images, points.reshape(n, 4)


def seen_in_training(X, y, changes, cls=CNNRegressor, **options):
    """Return the images and the targets that training saw, by a last change that looks at them."""
    seen = []

    def look(image, target, rng):
        seen.append((image.copy(), None if target is None else np.array(target)))
        return image, target

    cls(**TINY | options, augment=[*changes, look]).fit(X, y)
    return seen


def centres(image):
    """Return the places of the two spots of an image, the left one first."""
    y, x = np.indices((SIZE, SIZE))
    image = image[..., 0].clip(0) ** 2
    first = np.unravel_index(image.argmax(), image.shape)
    near = np.hypot(y - first[0], x - first[1]) < 3.5
    found = []
    for part in (image * near, image * ~near):
        found.append([(part * x).sum() / part.sum(), (part * y).sum() / part.sum()])
    return np.array(sorted(found))


@pytest.mark.parametrize("standardize", [False, True])
def test_points_lie_where_their_spots_have_gone(standardize):
    X, y = spots()
    changes = [Flip(y="keypoints", swap=[1, 0]), *MOVES]
    seen = seen_in_training(X, y, changes, standardize_target=standardize)
    assert len(seen) == 24
    for image, points in seen:
        np.testing.assert_allclose(np.reshape(points, (2, 2)), centres(image), atol=0.15)
    shifts = np.array([points for _, points in seen]) - np.concatenate([y, y])
    assert np.abs(shifts).max() > 2


def test_flipped_images_negate_what_is_said():
    X = RNG.normal(size=(16, 5, 5))
    X[:, 0, 0], X[:, 0, 4] = 9, -9
    y = np.stack([np.arange(1, 17), np.full(16, 50.0)], axis=1)
    for standardize in (False, True):
        changes = [Flip(y="negate", columns=[0])]
        seen = seen_in_training(X, y, changes, standardize_target=standardize)
        signs = np.array([np.sign(target[0]) for _, target in seen])
        np.testing.assert_array_equal(signs, [np.sign(image[0, 0, 0]) for image, _ in seen])
        assert set(signs) == {1, -1}
        np.testing.assert_allclose([target[1] for _, target in seen], 50)
    (kept,) = {float(target) for _, target in seen_in_training(X, np.ones(16), [Flip(y="keep")])}
    assert kept == 1
    assert {y for _, y in seen_in_training(X, np.arange(16) % 2, [Flip()], CNNClassifier)} == {None}


@pytest.mark.parametrize(
    "changes",
    [
        [Flip(y="keypoints", swap=[1, 0]), *MOVES, Brightness(0.1), Noise(0.1), Erase(0.3)],
        lambda X, y, rng: (X + rng.normal(size=X.shape), y + rng.normal(size=4)),
    ],
    ids=["listed", "own"],
)
def test_what_happens_hangs_on_the_image_alone(changes):
    """The order of the samples, copies for weights and cores change nothing."""
    X, y = spots()
    options = {"augment": changes, "shuffle": False, "batch_size": 12, "solver": "sgd"}
    model = CNNRegressor(**TINY | options, standardize_target=True)
    expected = clone(model).fit(X, y).get_weights()
    assert not np.allclose(
        clone(model).set_params(augment=None).fit(X, y).get_weights()["conv_0.W"],
        expected["conv_0.W"],
    )
    order = np.random.default_rng(1).permutation(12)
    weight = 1 + np.arange(12) % 2
    weighted = clone(model).fit(X, y, sample_weight=weight).get_weights()
    rows = np.repeat(np.arange(12), weight)
    repeated = clone(model).set_params(batch_size=len(rows)).fit(X[rows], y[rows]).get_weights()
    permuted = clone(model).fit(X[order], y[order]).get_weights()
    for name, array in expected.items():
        np.testing.assert_allclose(permuted[name], array, rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(repeated[name], weighted[name], rtol=1e-8, atol=1e-10)


def test_scores_and_predictions_see_images_as_they_are():
    X, y = spots()
    looked = seen_in_training(
        X, y, [], early_stopping=True, validation_fraction=0.25, standardize_target=True
    )
    assert len(looked) == 2 * 9


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"augment": [Flip()]}, "say y='keep'.*y='keypoints'.*y='negate'"),
        ({"augment": Shift(1)}, "y of a regressor may have to follow"),
        ({"augment": [3]}, "augment must hold objects of skdeep.augmentation"),
        ({"augment": [Flip]}, "augment must hold objects"),
        ({"augment": 3}, "'augment' parameter"),
        ({"augment": [Shift((1,), y="keep")]}, "for the 2"),
        ({"augment": Flip(y="keypoints")}, "2 points needs swap"),
        ({"augment": Flip(y="keypoints", swap=[0])}, "1 entries for the 2 points"),
        ({"augment": Flip(y="negate", columns=[4])}, "column 4 of y, which has 4"),
        (
            {"augment": [Shift(1, y="keypoints")], "random_shift": 1},
            "does not go with random_shift",
        ),
        ({"augment": [Shift(1, y="keypoints"), Rotate(1, y="keep")]}, "points follow all"),
        ({"augment": Shift(1, y="keypoints"), "loss": "quantile", "quantiles": (0.1, 0.9)}, "quan"),
        ({"augment": Shift(1, y="keep"), "solver": "lbfgs"}, "augment do not work with solver"),
        ({"augment": lambda X, y, rng: X}, r"must return a pair \(X, y\), got ndarray"),
        ({"augment": lambda X, y, rng: (X[:2], y)}, "must return an image of shape"),
        ({"augment": lambda X, y, rng: (X, y[:2])}, "must return a y of shape"),
        ({"augment": lambda X, y, rng: (X, y * np.nan)}, "not finite"),
        ({"augment": lambda X, y, rng: (X * np.nan, y)}, "an image that is not finite"),
        ({"augment": lambda X, y, rng: (X, None)}, "in numbers, got NoneType"),
        (
            {"augment": lambda X, y, rng: (X, y * np.inf), "missing_targets": "mask"},
            "a y that is not finite",
        ),
    ],
)
def test_bad_augment(options, message):
    X, y = spots()
    with pytest.raises(ValueError, match=message):
        CNNRegressor(**TINY | options).fit(X, y)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda y: y + 30, "100% of those of y lie outside of their images"),
        (lambda y: y / SIZE, r"all of y is in \[-1, 1\]"),
        (lambda y: y[:, :3], "needs pairs of columns"),
    ],
)
def test_points_that_are_none(change, message):
    X, y = spots()
    with pytest.raises(ValueError, match=message):
        CNNRegressor(**TINY, augment=Shift(1, y="keypoints")).fit(X, change(y))


def test_what_classifiers_and_signals_refuse():
    X, y = spots()
    with pytest.raises(ValueError, match="holds no numbers here"):
        CNNClassifier(**TINY, augment=Flip(y="negate")).fit(X, np.arange(12) % 2)
    with pytest.raises(ValueError, match="since classes stay"):
        CNNClassifier(**TINY, augment=lambda X, y, rng: (X, 1)).fit(X, np.arange(12) % 2)
    with pytest.raises(ValueError, match="X holds signals"):
        CNNRegressor(**TINY, augment=Shift(1, y="keypoints")).fit(X[:, 0], y)
    lengths = [row[: 5 + k % 3] for k, row in enumerate(X[:, 0])]
    with pytest.raises(ValueError, match="take Shift, Flip or Scale"):
        CNNRegressor(**TINY, n_dims=1, augment=Noise(1)).fit(lengths, y[:, 0])
    with pytest.raises(ValueError, match="Rotate is for images"):
        CNNRegressor(**TINY, augment=Rotate(1, y="keep")).fit(X[:, 0], y)
