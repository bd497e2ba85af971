"""Images as what an estimator takes."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from skdeep.backend import compute
from skdeep.data.channels import channels_last, warn_of_channels_first
from skdeep.data.image import ImageForm, as_one_array, flat_as_fitted, with_axes
from skdeep.data.pixels import Pixels, rescaled
from skdeep.data.reading_parameters import check_same_reading, reading_parameters
from skdeep.estimators.input_kinds import TableInput
from skdeep.nn.core.spec import Shape


class ShapedInput(TableInput):
    """Samples with a shape of their own, which stay flat inside, as scikit-learn has them.

    The network's first layer sees them in their shape. So whatever handles rows need not know of
    it: channels are last, and pixels of uint8 are in [0, 1] already.
    """

    def check_fit(self, estimator: Any, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        rows, shape = self._flat(estimator, X, reset=reset)
        rows, y = super().check_fit(estimator, rows, y, reset=reset)
        self._learn(estimator, X, rows, shape, reset=reset)
        return rows, y

    def check_fit_rows(self, estimator: Any, X: Any, *, reset: bool) -> Any:
        rows, shape = self._flat(estimator, X, reset=reset)
        rows = super().check_fit_rows(estimator, rows, reset=reset)
        self._learn(estimator, X, rows, shape, reset=reset)
        return rows

    @abstractmethod
    def _flat(self, estimator: Any, X: Any, *, reset: bool) -> tuple[Any, Shape | None]:
        """Return X with flat rows, and the shape of new samples where X says one."""

    @abstractmethod
    def _learn(
        self, estimator: Any, X: Any, rows: Any, shape: Shape | None, *, reset: bool
    ) -> None:
        """Set, where `reset`, what valid rows of X, which may have a shape, tell of later ones."""


class ImageInput(ShapedInput):
    """Images and signals; sets ``image_shape_``."""

    name = "images"

    def check_parameters(self, estimator: Any) -> None:
        if isinstance(estimator.n_dims, bool):
            raise ValueError(f"n_dims must be 1 or 2, got {estimator.n_dims!r}")
        _form_of(estimator).given()

    def _flat(self, estimator: Any, X: Any, *, reset: bool) -> tuple[Any, Shape | None]:
        """Return X with flat rows, and the shape of new images where it has some."""
        if not reset:
            check_same_pixels(estimator)
            return self._flat_as_fitted(estimator, X), None
        X = pixels_of_fit(estimator, as_one_array(X))
        return _form_of(estimator).flat(with_channels_last(estimator, X))

    def _learn(
        self, estimator: Any, X: Any, rows: Any, shape: Shape | None, *, reset: bool
    ) -> None:
        if reset:
            found = _form_of(estimator).find(shape, rows.shape[1])
            if shape is None:
                _check_table(estimator, found)
            estimator.image_shape_ = found
            if estimator.data_format == "channels_last":
                warn_of_channels_first(X, found, flat=shape is None, parameter=True)
            learn_range(estimator, X, rows)
        estimator._architecture().check_axes(estimator.image_shape_)

    def check(self, estimator: Any, X: Any) -> Any:
        return super().check(estimator, self._flat_as_fitted(estimator, X))

    def _flat_as_fitted(self, estimator: Any, X: Any) -> Any:
        return flat_as_before(estimator, X, estimator.image_shape_)

    def like(self, estimator: Any, X: Any, rows: Any) -> Any:
        return in_the_form_of(estimator, X, rows)

    def shape(self, estimator: Any, n_features: int) -> Shape:
        found: Shape = estimator.image_shape_
        return found


class ImagesOrTable(ImageInput):
    """Images for convolutions; without any a table, too, which has no ``image_shape_``."""

    name = "rows"

    def _flat(self, estimator: Any, X: Any, *, reset: bool) -> tuple[Any, Shape | None]:
        if _will_have_images(estimator, X) if reset else _has_images(estimator):
            return super()._flat(estimator, X, reset=reset)
        vars(estimator).pop("_pixels", None)
        return X, None

    def _learn(
        self, estimator: Any, X: Any, rows: Any, shape: Shape | None, *, reset: bool
    ) -> None:
        if reset and not _will_have_images(estimator, X):
            vars(estimator).pop("image_shape_", None)
        elif reset or _has_images(estimator):
            super()._learn(estimator, X, rows, shape, reset=reset)

    def check(self, estimator: Any, X: Any) -> Any:
        if _has_images(estimator):
            return super().check(estimator, X)
        return TableInput.check(self, estimator, X)

    def shape(self, estimator: Any, n_features: int) -> Shape:
        return super().shape(estimator, n_features) if len(estimator.conv_layers) else (n_features,)


def _has_images(estimator: Any) -> bool:
    """Whether an estimator was fitted on images."""
    return hasattr(estimator, "image_shape_")


def _will_have_images(estimator: Any, X: Any) -> bool:
    """Whether an estimator takes X for images, or the rows of a table for some."""
    if len(estimator.conv_layers) or estimator.image_shape is not None:
        return True
    return with_axes(X)[1] is not None


def pixels_of_fit(estimator: Any, X: Any) -> Any:
    """Return the images of a first fit as numbers for the network, and remember what they were."""
    vars(estimator).pop("_pixels", None)
    if not estimator.rescale:
        return X
    estimator._pixels = Pixels.of(X)
    return rescaled(X)


def check_same_pixels(estimator: Any) -> None:
    """Refuse to continue with images that are divided otherwise than those of the first fit."""
    before = {"rescale": "_pixels" in vars(estimator)}
    check_same_reading(before, reading_parameters(estimator, ("rescale",)))


def learn_range(estimator: Any, X: Any, rows: Any) -> None:
    """Learn between what the numbers of a first fit lie, which has made `rows` of images X."""
    if (pixels := vars(estimator).get("_pixels")) is not None:
        estimator._pixels = pixels.seen(X, rows)


def flat_as_before(estimator: Any, X: Any, shape: Shape) -> Any:
    """Return later images as flat rows, as those of the fit were made, which had this shape."""
    X, name = as_one_array(X), type(estimator).__name__
    pixels = vars(estimator).get("_pixels")  # None where numbers are taken as they are
    X = X if pixels is None else pixels.rescaled(X, name)
    return flat_as_fitted(with_channels_last(estimator, X), shape, name)


def in_the_form_of(estimator: Any, X: Any, rows: Any) -> Any:
    """Return flat rows in the form of the images X that they come from."""
    X = as_one_array(X)
    shape = getattr(X, "shape", rows.shape)
    if with_channels_last(estimator, X) is X:
        return rows.reshape(shape)
    form = (shape[0], *shape[2:], shape[1])
    return compute(lambda xp, a: xp.moveaxis(a.reshape(form), -1, 1), rows)


def with_channels_last(estimator: Any, X: Any, n_dims: int | None = None) -> Any:
    """Return images with their channels last, wherever the estimator says they are.

    They have `n_dims` axes besides; None is as many as the estimator says, or has learned from.
    """
    if estimator.data_format == "channels_last":
        return X
    if n_dims is None:
        shape = vars(estimator).get("sample_shape_")
        n_dims = estimator.n_dims if shape is None else len(shape) - 1
    return channels_last(X, n_dims)


def _check_table(estimator: Any, shape: Shape) -> None:
    """Refuse to learn of tables whose rows may well have channels first."""
    if estimator.data_format == "channels_first" and shape[-1] > 1:
        raise ValueError(
            "X is a table, and data_format='channels_first' is for arrays (n, C, ...). Give X as "
            "one, or set data_format='channels_last' where the rows have channels last"
        )


def _form_of(estimator: Any) -> ImageForm:
    return ImageForm(estimator.n_dims, estimator.image_shape)
