"""Estimators of images: what X may be, and parameters with a value for each convolution."""

from __future__ import annotations

from math import prod
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, Options

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


class ImageRows(NetworkEstimator):
    """Images and signals as rows; comes before an estimator of rows.

    Inside, rows stay flat, as scikit-learn has them, and the network's first layer sees them as
    images. So whatever handles rows need not know of images.
    """

    image_shape_: Shape

    _rows: ClassVar[str] = "images"

    # ------------------------------------------------------------------ parameters

    def _convolutions(self) -> list[tuple[int, PerAxis]]:
        """Return filters and kernel size of each convolution."""
        result = []
        for layer in self.conv_layers:
            pair = list(layer) if isinstance(layer, tuple | list | np.ndarray) else [layer]
            if len(pair) != 2 or not _is_whole(pair[0], 1):
                raise ValueError(
                    "conv_layers must be pairs (number of filters, kernel size), such as "
                    f"[(32, 3), (64, (5, 3))], got {layer!r}"
                )
            result.append((int(pair[0]), sizes_of("conv_layers", pair[1])))
        return result

    def _per_convolution(self, name: str) -> list[PerAxis]:
        """Return the sizes that a parameter has for each convolution; only a list has several."""
        value, n = getattr(self, name), len(self.conv_layers)
        values = value if isinstance(value, list) else [value] * n
        if len(values) != n:
            raise ValueError(f"{name} has {len(values)} entries for {n} convolutions")
        return [sizes_of(name, 1 if size is None else size) for size in values]

    def _given_shape(self) -> Shape | None:
        """Return what ``image_shape`` says as (H, W, C) or (T, C)."""
        if self.image_shape is None:
            return None
        shape = tuple(self.image_shape)
        if not all(_is_whole(n, 1) for n in shape) or not 1 <= len(shape) <= self.n_dims + 1:
            form = "(H, W), (H, W, C) or (T,)" if self.n_dims == 2 else "(T,) or (T, C)"
            raise ValueError(
                f"image_shape must be {form} in positive integers with n_dims={self.n_dims}, got "
                f"{self.image_shape!r}"
            )
        return self._with_channels(tuple(map(int, shape)))

    def _with_channels(self, shape: Shape) -> Shape:
        """Add the one channel that is left out."""
        return (*shape, 1) if len(shape) == 1 or len(shape) == self.n_dims else shape

    # ------------------------------------------------------------------ images

    def _flat(self, X: Any) -> tuple[Any, Shape | None]:
        """Return X with flat rows, and the shape of its images where it has some."""
        if isinstance(X, list | tuple) and _depth(X) > 2:
            X = np.asarray(X)
        dims = tuple(getattr(X, "shape", ()))[1:]
        if len(dims) < 2:
            return X, None
        if len(dims) > self.n_dims + 1:
            forms = "(n, H, W) or (n, H, W, C)" if self.n_dims == 2 else "(n, T, C)"
            raise ValueError(
                f"X has shape {X.shape}, but with n_dims={self.n_dims} it must be {forms}, or flat "
                "rows (n, n_features)"
            )
        # Signals (n, T, C) have all their axes; of images the channel may be left out.
        shape = dims if self.n_dims == 1 else self._with_channels(dims)
        return X.reshape(X.shape[0], prod(dims)), shape

    def _check_data(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        X, shape = self._flat(X)
        if not reset:
            self._check_shape(shape)
        X, y = super()._check_data(X, y, reset=reset)
        if reset:
            self.image_shape_ = self._find_shape(shape, X.shape[1])
        return X, y

    def _find_shape(self, found: Shape | None, n_features: int) -> Shape:
        """Return the shape of the images: that of X, or what ``image_shape`` says."""
        given = self._given_shape()
        if given is not None and found is not None and given != found:
            raise ValueError(
                f"image_shape={self.image_shape!r} is not the shape of the images in X, {found}"
            )
        if given is not None and prod(given) != n_features:
            raise ValueError(
                f"image_shape={self.image_shape!r} stands for {prod(given)} numbers a row, but X "
                f"has {n_features} features"
            )
        return found or given or (n_features, 1)

    def _check_shape(self, shape: Shape | None) -> None:
        """Refuse images of another shape than those of the fit; flat rows have none."""
        if shape is not None and shape != self.image_shape_:
            raise ValueError(
                f"X has images of shape {shape}, but this {type(self).__name__} was fitted on "
                f"images of shape {self.image_shape_}"
            )

    def _fitted_rows(self, X: Any) -> Any:
        """Return X with flat rows, for a fitted model."""
        X, shape = self._flat(X)
        if self.__sklearn_is_fitted__():
            self._check_shape(shape)
        return X

    def _forward(self, X: Any, what: str = "output") -> Any:
        return super()._forward(self._fitted_rows(X), what)


def _is_whole(value: Any, least: int) -> bool:
    whole = isinstance(value, (Integral, np.integer)) and not isinstance(value, bool)
    return whole and int(value) >= least


def sizes_of(name: str, value: Any, least: int = 1) -> PerAxis:
    """Return an int, or a tuple with one for each axis; refuse anything else."""
    if _is_whole(value, least):
        return int(value)
    numbers = list(value) if isinstance(value, tuple | list | np.ndarray) else []
    if not 1 <= len(numbers) <= 2 or not all(_is_whole(n, least) for n in numbers):
        raise ValueError(
            f"{name} must be made of integers >= {least} or tuples of one for each axis, got "
            f"{value!r}"
        )
    return tuple(map(int, numbers))


def _depth(X: Any) -> int:
    """Return how deeply lists are nested, by their first entries."""
    depth = 0
    while isinstance(X, list | tuple) and len(X):
        X, depth = X[0], depth + 1
    return depth + len(getattr(X, "shape", ()))
