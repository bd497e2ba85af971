"""Pictures of any size in, images of one size out."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep.data._compat import fit_context
from skdeep.data.picture_sizes import Placement, n_channels_of, with_channels
from skdeep.data.pictures import Picture, pictures_of, pillow
from skdeep.data.whole import is_whole
from skdeep.estimators.checks.memory import check_memory
from skdeep.estimators.checks.parameters import CheckedParameters
from skdeep.estimators.other_outputs import NoTableMixin
from skdeep.estimators.parameters import estimator_parameters
from skdeep.estimators.parameters.pictures import Resizing
from skdeep.estimators.sklearn_bases import TransformerMixin

#: Channels of the kinds of pictures.
CHANNELS = {"gray": 1, "rgb": 3, "rgba": 4}


@estimator_parameters
class ImageResizer(Resizing, NoTableMixin, TransformerMixin, CheckedParameters):
    """Bring pictures to one size and scale, as convolutional networks take them.

    X may be a list, a series, a column of a frame or an object array of pictures: arrays (H, W) or
    (H, W, C) of different sizes, paths of files, or images of Pillow, grey and coloured ones mixed.
    Or it is one array (n, H, W) or (n, H, W, C), or a table with `image_shape`. What comes out is
    an array (n, height, width, channels), so that ``make_pipeline(ImageResizer(64),
    CNNClassifier())`` classifies files. It needs Pillow, which ``pip install
    "scikit-deep[images]"`` installs.

    Attributes
    ----------
    n_channels_ : int
        Number of channels of all pictures afterwards.

    See Also
    --------
    CNNClassifier : Classifies images.
    CNNRegressor : Predicts numbers, points in images among them.

    Notes
    -----
    What comes out is float32. Files are turned as their camera says (Exif), of animations the first
    picture is taken, and indexed colours become what they stand for. Grey is made of colours by
    their luminance. More than four channels stay as they are; all pictures must have as many then.

    Points in pictures move with them by :meth:`transform_points`, and points that a network finds
    come back into the pictures by :meth:`inverse_transform_points`.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import ImageResizer
    >>> small = np.full((2, 4), 255, np.uint8)
    >>> large = np.zeros((60, 40, 3), np.uint8)
    >>> resizer = ImageResizer((4, 4), aspect="pad")
    >>> images = resizer.fit_transform([small, large])
    >>> images.shape, images.dtype
    ((2, 4, 4, 3), dtype('float32'))
    >>> images[0, :, :, 0].tolist()
    [[0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0]]
    """

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Learn whether the pictures have colours.

        Parameters
        ----------
        X : pictures
            See the description of the class. Of files only the headers are read.
        y : ignored
            Not used.

        Returns
        -------
        self : ImageResizer
            The fitted transformer.

        Raises
        ------
        ValueError
            If a picture cannot be read or is none, or if there are no pictures.
        ImportError
            If Pillow is not installed.
        """
        self._size()
        self.n_channels_ = self._channels(self._pictures(X))
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y=None):
        """Learn whether the pictures have colours, and return them in one size.

        Parameters
        ----------
        X : pictures
            See the description of the class.
        y : ignored
            Not used.

        Returns
        -------
        images : ndarray of shape (n_samples, height, width, n_channels)
            As of :meth:`transform`.
        """
        self._size()
        pictures = self._pictures(X)
        n_channels = self._channels(pictures)
        images = self._resized(pictures, n_channels)
        self.n_channels_ = n_channels
        return images

    def transform(self, X):
        """Return pictures in one size.

        Parameters
        ----------
        X : pictures
            See the description of the class.

        Returns
        -------
        images : ndarray of shape (n_samples, height, width, n_channels)
            float32.

        Raises
        ------
        ValueError
            If a picture cannot be read or is none, or if there are no pictures.
        """
        check_is_fitted(self)
        return self._resized(self._pictures(X), self.n_channels_)

    def transform_points(self, X, points):
        """Return where points of pictures are in what :meth:`transform` makes of them.

        Parameters
        ----------
        X : pictures
            The pictures; only their sizes are read.
        points : array-like of shape (n_samples, n_points, 2) or (n_samples, 2 * n_points)
            (x, y) of each point in pixels, from the left and from the top. The centre of the first
            pixel is (0, 0). NaN, for a point that is not known, stays.

        Returns
        -------
        points : ndarray of the same shape
            In pixels of the new size.

        Raises
        ------
        ValueError
            If there are not as many rows of points as pictures, or if they are no points.
        """
        return self._moved(X, points, Placement.to_new)

    def inverse_transform_points(self, X, points):
        """Return where points of resized images are in the pictures that they were.

        Parameters
        ----------
        X : pictures
            The pictures before they were resized; only their sizes are read.
        points : array-like of shape (n_samples, n_points, 2) or (n_samples, 2 * n_points)
            As in :meth:`transform_points`, in pixels of the new size.

        Returns
        -------
        points : ndarray of the same shape
            In pixels of the pictures.

        Raises
        ------
        ValueError
            If there are not as many rows of points as pictures, or if they are no points.
        """
        return self._moved(X, points, Placement.to_old)

    # ------------------------------------------------------------------ inside

    def _size(self) -> tuple[int, int]:
        """Return height and width."""
        given: Any = self.size
        sizes: list[Any] = [given, given] if is_whole(given, 1) else list(given)
        if len(sizes) != 2 or not all(is_whole(n, 1) for n in sizes):
            raise ValueError(
                f"size must be a positive integer, or (height, width) of two, got {given!r}"
            )
        return int(sizes[0]), int(sizes[1])

    def _pictures(self, X: Any) -> list[Picture]:
        pillow()
        shape = None if self.image_shape is None else tuple(self.image_shape)
        if shape is not None and not (len(shape) in (2, 3) and all(is_whole(n, 1) for n in shape)):
            raise ValueError(
                "image_shape must be (H, W), or with channels, in positive integers, got "
                f"{self.image_shape!r}"
            )
        return pictures_of(X, self.data_format, shape)

    def _channels(self, pictures: list[Picture]) -> int:
        found = n_channels_of(pictures)  # reads all headers, and refuses what is no picture
        return found if self.color == "auto" else CHANNELS[self.color]

    def _resized(self, pictures: list[Picture], n_channels: int) -> np.ndarray:
        size, fill = self._size(), float(self.fill)
        numbers = prod((len(pictures), *size, n_channels))
        what = f"{len(pictures)} images of size={self.size!r}"
        check_memory(
            what, numbers, np.float32, "choose a smaller size, or fewer pictures at a time"
        )
        result = np.empty((len(pictures), *size, n_channels), np.float32)
        for image, picture in zip(result, pictures, strict=True):
            pixels = with_channels(picture, n_channels, fill, self.rescale)
            place = Placement.of(pixels.shape[:2], size, self.aspect)
            image[:] = place.resized(pixels, size, self.resample, fill)
        return result

    def _moved(self, X: Any, points: Any, move: Any) -> np.ndarray:
        """Return points that `move` takes from the pictures of X to the new size, or back."""
        check_is_fitted(self)
        pictures, size = self._pictures(X), self._size()
        given = _points(points, len(pictures))
        result = given.reshape(len(given), -1, 2).copy()
        for moved, picture in zip(result, pictures, strict=True):
            moved[:] = move(Placement.of(picture.shape[:2], size, self.aspect), moved)
        return result.reshape(given.shape)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def _points(points: Any, n: int) -> np.ndarray:
    """Return points as float64; refuse what are none, or not those of `n` pictures."""
    try:
        given = np.asarray(points, float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"points must be an array of real numbers: {error}") from error
    if not (given.ndim == 3 and given.shape[2] == 2) and not (
        given.ndim == 2 and given.shape[1] % 2 == 0
    ):
        raise ValueError(
            "points must be (n_samples, n_points, 2) or (n_samples, 2 * n_points), got shape "
            f"{given.shape}"
        )
    if len(given) != n:
        raise ValueError(f"points has {len(given)} rows, but X has {n} pictures")
    return given
