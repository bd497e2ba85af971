"""Images as what an estimator takes."""

from __future__ import annotations

from typing import Any

from skdeep.data.channels import warn_of_channels_first
from skdeep.data.image import ImageForm, as_one_array, flat_as_fitted
from skdeep.estimators.input_kinds import TableInput
from skdeep.nn.core.spec import Shape


class ImageInput(TableInput):
    """Images and signals; sets ``image_shape_``.

    Inside, rows stay flat, as scikit-learn has them, and the network's first layer sees them as
    images. So whatever handles rows need not know of images.
    """

    name = "images"

    def check_parameters(self, estimator: Any) -> None:
        if isinstance(estimator.n_dims, bool):
            raise ValueError(f"n_dims must be 1 or 2, got {estimator.n_dims!r}")
        _form_of(estimator).given()

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

    def _flat(self, estimator: Any, X: Any, *, reset: bool) -> tuple[Any, Shape | None]:
        """Return X with flat rows, and the shape of new images where it has some."""
        if reset:
            return _form_of(estimator).flat(X)
        return flat_as_fitted(X, estimator.image_shape_, type(estimator).__name__), None

    def _learn(
        self, estimator: Any, X: Any, rows: Any, shape: Shape | None, *, reset: bool
    ) -> None:
        if reset:
            estimator.image_shape_ = _form_of(estimator).find(shape, rows.shape[1])
            warn_of_channels_first(X, estimator.image_shape_, flat=shape is None)
        estimator._architecture().check_axes(estimator.image_shape_)

    def check(self, estimator: Any, X: Any) -> Any:
        name = type(estimator).__name__
        return super().check(estimator, flat_as_fitted(X, estimator.image_shape_, name))

    def like(self, X: Any, rows: Any) -> Any:
        return rows.reshape(as_one_array(X).shape)

    def shape(self, estimator: Any, n_features: int) -> Shape:
        found: Shape = estimator.image_shape_
        return found


class ImagesOrTable(ImageInput):
    """Images for convolutions; without any a table, too, which has no ``image_shape_``."""

    name = "rows"

    def _flat(self, estimator: Any, X: Any, *, reset: bool) -> tuple[Any, Shape | None]:
        if reset or _has_images(estimator):
            return super()._flat(estimator, X, reset=reset)
        return X, None

    def _learn(
        self, estimator: Any, X: Any, rows: Any, shape: Shape | None, *, reset: bool
    ) -> None:
        images = shape is not None or estimator.image_shape is not None
        if reset and not images and not len(estimator.conv_layers):
            vars(estimator).pop("image_shape_", None)
        elif reset or _has_images(estimator):
            super()._learn(estimator, X, rows, shape, reset=reset)

    def check(self, estimator: Any, X: Any) -> Any:
        if _has_images(estimator):
            return super().check(estimator, X)
        return TableInput.check(self, estimator, X)

    def like(self, X: Any, rows: Any) -> Any:
        return rows.reshape(getattr(as_one_array(X), "shape", rows.shape))

    def shape(self, estimator: Any, n_features: int) -> Shape:
        return super().shape(estimator, n_features) if len(estimator.conv_layers) else (n_features,)


def _has_images(estimator: Any) -> bool:
    """Whether an estimator was fitted on images."""
    return hasattr(estimator, "image_shape_")


def _form_of(estimator: Any) -> ImageForm:
    return ImageForm(estimator.n_dims, estimator.image_shape)
