"""Estimators of images: what X may be, and parameters with a value for each convolution."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, Options

from skdeep.data.channels import warn_of_channels_first
from skdeep.data.image import ImageForm, flat_as_fitted
from skdeep.data.whole import is_whole
from skdeep.estimators._base import NetworkEstimator
from skdeep.nn.images import PerAxis
from skdeep.nn.layer import Shape

SIZES = [Interval(Integral, 1, None, closed="left"), tuple, list]
IMAGE_CONSTRAINTS: dict = {
    "conv_layers": ["array-like"],
    "pooling": [*SIZES, None],
    "n_dims": [Options(Integral, {1, 2})],
    "image_shape": ["array-like", None],
}

#: How errors name the second numbers of ``conv_layers``.
KERNEL = "the kernel size in conv_layers"


class ImageRows(NetworkEstimator):
    """Images and signals as rows; comes before an estimator of rows.

    Inside, rows stay flat, as scikit-learn has them, and the network's first layer sees them as
    images. So whatever handles rows need not know of images.
    """

    image_shape_: Shape

    _rows: ClassVar[str] = "images"

    # ------------------------------------------------------------------ parameters

    def _check_images(self) -> None:
        """Refuse parameters that describe no images or no convolutions."""
        if isinstance(self.n_dims, bool):
            raise ValueError(f"n_dims must be 1 or 2, got {self.n_dims!r}")
        self._sizes_by_axis()
        self._image_form().given()

    def _convolutions(self) -> list[tuple[int, PerAxis]]:
        """Return filters and kernel size of each convolution."""
        result = []
        for layer in self.conv_layers:
            pair = list(layer) if isinstance(layer, tuple | list | np.ndarray) else [layer]
            if len(pair) != 2 or not is_whole(pair[0], 1):
                raise ValueError(
                    "conv_layers must be pairs (number of filters, kernel size), such as "
                    f"[(32, 3), (64, (5, 3))], got {layer!r}"
                )
            result.append((int(pair[0]), sizes_of(KERNEL, pair[1])))
        return result

    def _per_convolution(self, name: str) -> list[PerAxis]:
        """Return the sizes that a parameter has for each convolution; only a list has several."""
        value, n = getattr(self, name), len(self.conv_layers)
        values = value if isinstance(value, list) else [value] * n
        if len(values) != n:
            raise ValueError(f"{name} has {len(values)} entries for {n} convolutions")
        return [sizes_of(name, 1 if size is None else size) for size in values]

    def _sizes_by_axis(self) -> dict[str, list[PerAxis]]:
        """Return what may have one number for each axis, by the name of its parameter."""
        kernels = [kernel for _, kernel in self._convolutions()]
        return {KERNEL: kernels, "pooling": self._per_convolution("pooling")}

    def _check_axes(self) -> None:
        """Refuse sizes for more or fewer axes than the images have."""
        n_axes = len(self.image_shape_) - 1
        for name, sizes in self._sizes_by_axis().items():
            for size in sizes:
                if not isinstance(size, int) and len(size) != n_axes:
                    raise ValueError(
                        f"{name} has {size} for the {n_axes} axes of images of shape "
                        f"{self.image_shape_}: give an integer, or a tuple of {n_axes}"
                    )

    def _image_form(self) -> ImageForm:
        return ImageForm(self.n_dims, self.image_shape)

    # ------------------------------------------------------------------ images

    def _check_data(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        given, shape = X, None
        if reset:
            X, shape = self._image_form().flat(X)
        else:
            X = self._fitted_rows(X)
        X, y = super()._check_data(X, y, reset=reset)
        if reset:
            self.image_shape_ = self._image_form().find(shape, X.shape[1])
            warn_of_channels_first(given, self.image_shape_, flat=shape is None)
        self._check_axes()
        return X, y

    def _fitted_rows(self, X: Any) -> Any:
        """Return X with flat rows, for a fitted model."""
        if "image_shape_" not in vars(self):  # what is wrong then is said later
            return self._image_form().flat(X)[0]
        return flat_as_fitted(X, self.image_shape_, type(self).__name__)

    def _forward(self, X: Any, what: str = "output") -> Any:
        return super()._forward(self._fitted_rows(X), what)


def sizes_of(name: str, value: Any, least: int = 1) -> PerAxis:
    """Return an int, or a tuple with one for each axis; refuse anything else."""
    if is_whole(value, least):
        return int(value)
    numbers = list(value) if isinstance(value, tuple | list | np.ndarray) else []
    if not 1 <= len(numbers) <= 2 or not all(is_whole(n, least) for n in numbers):
        raise ValueError(
            f"{name} must be made of integers >= {least} or tuples of one for each axis, got "
            f"{value!r}"
        )
    return tuple(map(int, numbers))
