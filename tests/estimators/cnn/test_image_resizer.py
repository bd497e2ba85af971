"""Pictures of any size, kind and origin become images of one size."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from PIL import Image
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks as checks

from skdeep import CNNClassifier, CNNRegressor, ImageResizer

random = np.random.default_rng(0)
GREY = random.integers(0, 256, (5, 7), np.uint8)
COLOUR = random.integers(0, 256, (9, 4, 3), np.uint8)
CLEAR = np.dstack([COLOUR, np.full((9, 4), 0, np.uint8)])


@pytest.fixture
def files(tmp_path):
    names = []
    for k, array in enumerate((GREY, COLOUR, CLEAR)):
        names.append(str(tmp_path / f"{k}.png"))
        Image.fromarray(array).save(names[-1])
    return names


#: scikit-learn's checks that give no table to ``fit``, or want it to be refused.
CHECKS = [
    checks.check_do_not_raise_errors_in_init_or_set_params,
    checks.check_estimator_cloneable,
    checks.check_estimator_repr,
    checks.check_get_params_invariance,
    checks.check_mixin_order,
    checks.check_no_attributes_set_in_init,
    checks.check_param_validation,
    checks.check_parameters_default_constructible,
    checks.check_set_params,
    checks.check_valid_tag_types,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_scikit_learns_checks(check):
    check("ImageResizer", ImageResizer())


def test_all_forms_of_the_same_pictures_give_the_same(files):
    arrays = [GREY, COLOUR, CLEAR]
    resizer = ImageResizer((4, 6))
    expected = resizer.fit_transform(arrays)
    assert (expected.shape, expected.dtype, resizer.n_channels_) == ((3, 4, 6, 3), np.float32, 3)
    np.testing.assert_array_equal(np.clip(expected, 0, 1), expected)
    np.testing.assert_array_equal(expected[2], 0.0)  # nothing but what is behind it
    first = [np.dstack([GREY] * 3), COLOUR, CLEAR]
    for other, options in [
        ([Image.fromarray(array) for array in arrays], {}),
        (files, {}),
        (np.array(files), {}),
        ([Path(name) for name in files], {}),
        (pd.Series(files, index=[4, 2, 9]), {}),
        (pd.DataFrame({"file": files}), {}),
        (pl.DataFrame({"file": files}), {}),
        (pl.Series(files), {}),
        ([array / 255 for array in arrays], {}),
        ([np.moveaxis(array, -1, 0) for array in first], {"data_format": "channels_first"}),
    ]:
        found = ImageResizer((4, 6), **options).fit(other).transform(other)
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_rows_of_a_table_and_channels_first_arrays():
    X = np.stack([COLOUR, COLOUR[::-1]])
    expected = ImageResizer(3).fit_transform(X)
    rows = ImageResizer(3, image_shape=(9, 4, 3)).fit_transform(X.reshape(2, -1))
    np.testing.assert_array_equal(rows, expected)
    first = ImageResizer(3, data_format="channels_first").fit_transform(np.moveaxis(X, -1, 1))
    np.testing.assert_array_equal(first, expected)


def test_pixels_are_means_of_what_they_were():
    image = np.arange(64.0).reshape(1, 8, 8)
    small = ImageResizer(4, resample="box").fit_transform(image)
    np.testing.assert_allclose(small[0, :, :, 0], image[0].reshape(4, 2, 4, 2).mean((1, 3)))
    same = ImageResizer(8).fit_transform(image)
    np.testing.assert_array_equal(same[..., 0], image)


def test_colours_are_made_of_grey_and_grey_of_colours():
    grey = ImageResizer(3, color="gray").fit_transform([COLOUR])
    by_pillow = np.asarray(Image.fromarray(COLOUR).convert("L").resize((3, 3), 2)) / 255
    np.testing.assert_allclose(grey[0, :, :, 0], by_pillow, atol=0.01)
    assert ImageResizer(3).fit([GREY]).transform([COLOUR, GREY]).shape == (2, 3, 3, 1)
    rgba = ImageResizer((9, 4), color="rgba").fit_transform([COLOUR, CLEAR])
    np.testing.assert_array_equal(rgba[:, 0, 0, 3], [1.0, 0.0])
    raw = ImageResizer((9, 4), rescale=False, fill=7.0).fit_transform([COLOUR, CLEAR])
    np.testing.assert_array_equal(raw[0], COLOUR)
    np.testing.assert_array_equal(raw[1], 7.0)
    many = random.normal(size=(2, 5, 5, 6))  # no colours, but channels all the same
    assert ImageResizer(3).fit_transform(many).shape == (2, 3, 3, 6)


def test_files_are_turned_as_the_camera_was_held_and_palettes_are_colours(tmp_path):
    image = Image.fromarray(COLOUR)
    exif = Image.Exif()
    exif[0x0112] = 6
    image.rotate(90, expand=True).save(tmp_path / "turned.png", exif=exif)
    image.quantize(8).save(tmp_path / "palette.png")
    resizer = ImageResizer((9, 4)).fit([tmp_path / "turned.png"])
    np.testing.assert_allclose(resizer.transform([tmp_path / "turned.png"])[0], COLOUR / 255)
    point = resizer.transform_points([tmp_path / "turned.png"], [[3.0, 8.0]])
    np.testing.assert_allclose(point, [[3.0, 8.0]])
    assert resizer.transform([tmp_path / "palette.png"]).shape == (1, 9, 4, 3)


@pytest.mark.parametrize("aspect", ["stretch", "pad", "crop"])
def test_points_move_with_their_pixels(aspect):
    pictures = [np.zeros((60, 40)), np.zeros((30, 90))]
    at = np.array([[[18.0, 25.0]], [[50.0, 12.0]]])  # (x, y)
    for picture, ((x, y),) in zip(pictures, at.astype(int), strict=True):
        picture[y - 2 : y + 3, x - 2 : x + 3] = 1
    resizer = ImageResizer((45, 33), aspect=aspect)
    images = resizer.fit_transform(pictures)[..., 0]
    moved = resizer.transform_points(pictures, at)
    for image, point in zip(images, moved, strict=True):
        centre = [(image * axis).sum() / image.sum() for axis in np.mgrid[:45, :33]]
        np.testing.assert_allclose(point[0], centre[::-1], atol=0.15)
    np.testing.assert_allclose(resizer.inverse_transform_points(pictures, moved), at)
    flat = np.array([[18.0, 25.0, np.nan, 1.0], [50.0, 12.0, 3.0, np.nan]])
    back = resizer.inverse_transform_points(pictures, resizer.transform_points(pictures, flat))
    np.testing.assert_allclose(back, flat)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_in_a_pipeline_and_a_search(files):
    X, y = files * 4, [0, 1, 0] * 4
    model = make_pipeline(ImageResizer(8), CNNClassifier([(2, 3)], max_iter=2, random_state=0))
    search = GridSearchCV(model, {"imageresizer__aspect": ["pad", "crop"]}, cv=2).fit(X, y)
    assert search.predict(X).shape == (12,)
    regressor = make_pipeline(ImageResizer(8), CNNRegressor([(2, 3)], max_iter=2))
    assert regressor.fit(pd.Series(X), y).predict(X[:3]).shape == (3,)


BAD = {
    "no pictures": ([], {}, "X is empty"),
    "one picture": ("a.png", {}, r"give \[picture\]"),
    "no file": (["gone.png"], {}, r"X\[0\], 'gone.png', cannot be read: .*No such file"),
    "no picture": ([GREY, Path(__file__)], {}, r"X\[1\], .*is no picture that Pillow can read"),
    "no numbers": ([GREY, None], {}, r"X\[1\] must be a picture: .* got NoneType"),
    "words": ([GREY, [["a"]]], {}, r"X\[1\] must be a picture"),
    "too few axes": ([GREY, GREY[0]], {}, r"X\[1\] must be a picture \(H, W\) or \(H, W, C\)"),
    "empty": ([GREY, GREY[:0]], {}, r"X\[1\] must be a picture .* shape \(0, 7\)"),
    "ragged": ([[[1.0, 2.0], [1.0]]], {}, r"X\[0\] is ragged"),
    "NaN": ([GREY, np.full((2, 2), np.nan)], {}, r"X\[1\] contains NaN"),
    "channels first": ([np.zeros((3, 40, 50))], {}, "data_format='channels_first'"),
    "channels": ([np.zeros((4, 4, 5)), GREY], {}, r"X\[1\] has 1 channels"),
    "a table": (np.zeros((3, 10)), {}, "say image_shape"),
    "another table": (np.zeros((3, 10)), {"image_shape": (3, 3)}, "stands for 9 numbers a row"),
    "a frame": (pd.DataFrame({"a": ["x"], "b": ["y"]}), {}, "2 columns"),
    "size": ([GREY], {"size": (3, 0)}, "size must be a positive integer"),
    "a vast size": ([GREY], {"size": 10**9}, "1 images of size=1000000000 would take"),
    "three sizes": ([GREY], {"size": (3, 3, 3)}, "size must be a positive integer"),
    "shape": ([GREY], {"image_shape": (3,)}, r"image_shape must be \(H, W\)"),
    "aspect": ([GREY], {"aspect": "zoom"}, "'aspect' parameter"),
}


@pytest.mark.parametrize(("X", "options", "message"), BAD.values(), ids=BAD)
def test_bad_input_by_name(X, options, message):
    resizer = ImageResizer(4)
    resizer.fit([GREY])
    with pytest.raises((ValueError, TypeError), match=message):
        resizer.set_params(**options).fit_transform(X)
    assert resizer.n_channels_ == 1


def test_points_of_other_pictures():
    resizer = ImageResizer(4).fit([GREY])
    for points, message in [
        ([[1.0, 2.0]] * 2, "points has 2 rows, but X has 1 pictures"),
        ([[1.0, 2.0, 3.0]], "points must be"),
        ([["a", "b"]], "points must be an array of real numbers"),
    ]:
        with pytest.raises(ValueError, match=message):
            resizer.transform_points([GREY], points)


def test_without_pillow(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(ImportError, match="ImageResizer needs Pillow: install it"):
        ImageResizer(4).fit([GREY])


def test_what_networks_say_of_pictures_without_a_resizer(files):
    for X in ([GREY, COLOUR], files, [Image.fromarray(GREY)] * 2):
        with pytest.raises((ValueError, TypeError), match="ImageResizer"):
            CNNClassifier().fit(X, [0, 1, 0][: len(X)])
