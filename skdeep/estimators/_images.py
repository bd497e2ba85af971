"""Estimators of images: what X may be, and parameters with a value for each convolution."""

from __future__ import annotations

from math import prod
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, Options

from skdeep.estimators._base import NetworkEstimator
from skdeep.estimators._parameters import entries_of
from skdeep.estimators._wording import shown
from skdeep.nn.images import PerAxis
from skdeep.nn.layer import Shape

SIZES = [Interval(Integral, 1, None, closed="left"), tuple, list]
IMAGE_CONSTRAINTS: dict = {
    "conv_layers": ["array-like"],
    "pooling": [*SIZES, None],
    "n_dims": [Options(Integral, {1, 2})],
    "image_shape": ["array-like", None],
}

#: The largest size of a kernel, a stride and so on: more pixels no image has along an axis.
MOST = 2**31 - 1
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
        self._given_shape()

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
        return _with_channels(tuple(map(int, shape)), self.n_dims)

    # ------------------------------------------------------------------ images

    def _flat(self, X: Any, *, fitted: bool) -> tuple[Any, Shape | None]:
        """Return X with flat rows, and the shape of its images where it has some."""
        X = as_one_array(X)
        if getattr(getattr(X, "dtype", None), "kind", None) in ("m", "M"):
            raise ValueError(f"X must hold real numbers, got dtype {X.dtype}")
        dims = tuple(getattr(X, "shape", ()))[1:]
        if len(dims) < 2:
            return X, None
        if fitted:  # set_params may have changed n_dims
            shape = (*dims, 1) if len(dims) + 1 == len(self.image_shape_) else dims
        elif len(dims) > self.n_dims + 1:
            forms = "(n, H, W) or (n, H, W, C)" if self.n_dims == 2 else "(n, T, C)"
            raise ValueError(
                f"X has shape {X.shape}, but with n_dims={self.n_dims} it must be {forms}, or flat "
                "rows (n, n_features)"
            )
        else:  # signals (n, T, C) have all their axes; of images the channel may be left out
            shape = dims if self.n_dims == 1 else _with_channels(dims, self.n_dims)
        return X.reshape(X.shape[0], prod(dims)), shape

    def _check_data(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        X, shape = self._flat(X, fitted=not reset)
        if not reset:
            self._check_shape(shape)
        X, y = super()._check_data(X, y, reset=reset)
        if reset:
            self.image_shape_ = self._find_shape(shape, X.shape[1])
        self._check_axes()
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
        fitted = self.__sklearn_is_fitted__()
        X, shape = self._flat(X, fitted=fitted)
        if fitted:
            self._check_shape(shape)
        return X

    def _forward(self, X: Any, what: str = "output") -> Any:
        return super()._forward(self._fitted_rows(X), what)


def _is_whole(value: Any, least: int) -> bool:
    whole = isinstance(value, (Integral, np.integer)) and not isinstance(value, bool)
    return whole and int(value) >= least


def sizes_of(name: str, value: Any, least: int = 1) -> PerAxis:
    """Return an int, or a tuple with one for each axis; refuse anything else."""
    if _is_whole(value, least) and value <= MOST:
        return int(value)
    numbers = entries_of(name, value) if isinstance(value, tuple | list | np.ndarray) else []
    if not 1 <= len(numbers) <= 2 or not all(_is_whole(n, least) and n <= MOST for n in numbers):
        raise ValueError(
            f"{name} must be made of integers >= {least}, at most {MOST:,}, or tuples of one for "
            f"each axis, got {shown(value)}"
        )
    return tuple(map(int, numbers))


def _with_channels(shape: Shape, n_dims: int) -> Shape:
    """Add the one channel that is left out."""
    return (*shape, 1) if len(shape) == 1 or len(shape) == n_dims else shape


def as_one_array(X: Any) -> Any:
    """Return the images of a list, a series or an array of objects as one array.

    Anything else stays: the checks of rows say best what is wrong with it.
    """
    if not isinstance(X, list | tuple) and len(getattr(X, "shape", ())) != 1:
        return X
    items = list(X)
    if not items:
        raise ValueError("X is empty: found array with 0 sample(s), a minimum of 1 is required.")
    if not isinstance(items[0], list | tuple) and not getattr(items[0], "shape", ()):
        return X
    try:
        return np.asarray(items)
    except ValueError:  # NumPy says of none of them that it differs
        _check_equal_shapes(items)
        raise


def _check_equal_shapes(images: list[Any]) -> None:
    """Refuse images of different shapes, and name the first that differs."""
    shapes = []
    for k, image in enumerate(images):
        try:
            shapes.append(np.shape(image))
        except ValueError as error:
            raise ValueError(f"X[{k}] is ragged: its rows differ in their length") from error
        if shapes[k] != shapes[0]:
            raise ValueError(
                f"X[{k}] has shape {shapes[k]}, but X[0] has {shapes[0]}: all must have the same"
            )
