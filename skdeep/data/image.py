"""Images and signals: arrays with axes, whose rows are flat inside as scikit-learn has them."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from os import PathLike
from typing import Any

import numpy as np

from skdeep.data.cells import is_nested, listed, unnested
from skdeep.data.naming import shown
from skdeep.data.whole import is_whole
from skdeep.nn.core.spec import Shape


@dataclass(frozen=True)
class ImageForm:
    """What the parameters of an estimator say of its images or signals.

    Inside a fit rows are flat, a table like any other, and the network's first layer sees them as
    images: so whatever handles rows need not know of images.

    Parameters
    ----------
    n_dims : {1, 2}
        Number of axes besides that of the channels.
    image_shape : array-like of int or None
        The shape of one image, for flat rows.
    """

    n_dims: int
    image_shape: Any

    def given(self) -> Shape | None:
        """Return what ``image_shape`` says as (H, W, C) or (T, C)."""
        if self.image_shape is None:
            return None
        shape = tuple(self.image_shape)
        if not all(is_whole(n, 1) for n in shape) or not 1 <= len(shape) <= self.n_dims + 1:
            form = "(H, W), (H, W, C) or (T,)" if self.n_dims == 2 else "(T,) or (T, C)"
            raise ValueError(
                f"image_shape must be {form} in positive integers with n_dims={self.n_dims}, got "
                f"{self.image_shape!r}"
            )
        return self._with_channels(tuple(map(int, shape)))

    def flat(self, X: Any) -> tuple[Any, Shape | None]:
        """Return X with flat rows, and the shape of its images where it has some."""
        X, dims = with_axes(X)
        if dims is None:
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

    def find(self, found: Shape | None, n_features: int) -> Shape:
        """Return the shape of the images: that of X, or what ``image_shape`` says."""
        given = self.given()
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

    def _with_channels(self, shape: Shape) -> Shape:
        """Add the one channel that is left out."""
        return (*shape, 1) if len(shape) == 1 or len(shape) == self.n_dims else shape


def flat_as_fitted(X: Any, fitted: Shape, name: str) -> Any:
    """Return X with flat rows; refuse images of another shape than those of the fit.

    Parameters
    ----------
    X : array-like
        Images, or flat rows, which have no shape.
    fitted : tuple of int
        The shape of the images that an estimator was fitted on.
    name : str
        What messages call the estimator.
    """
    X, dims = with_axes(X)
    if dims is None:
        return X
    shape = (*dims, 1) if len(dims) + 1 == len(fitted) else dims
    if shape != fitted:
        raise ValueError(
            f"X has images of shape {shape}, but this {name} was fitted on images of shape {fitted}"
        )
    return X.reshape(X.shape[0], prod(dims))


def with_axes(X: Any) -> tuple[Any, Shape | None]:
    """Return X as one array where it is a list of images, and their axes unless rows are flat."""
    X = as_one_array(X)
    if getattr(getattr(X, "dtype", None), "kind", None) in ("m", "M"):
        raise ValueError(f"X must hold real numbers, got dtype {X.dtype}")
    dims = tuple(getattr(X, "shape", ()))[1:]
    return X, dims if len(dims) > 1 else None


def as_one_array(X: Any) -> Any:
    """Return the images of a list, a series, a column or an array of objects as one array.

    Anything else stays: the checks of rows say best what is wrong with it.
    """
    given, X = X, listed(X)
    if not isinstance(X, list | tuple) and len(getattr(X, "shape", ())) != 1:
        return X
    items = list(X)
    if not items:
        raise ValueError("X is empty: found array with 0 sample(s), a minimum of 1 is required.")
    if not any(map(is_nested, items)):
        _refuse_files(items[0])
        return given
    try:
        return unnested(np.asarray(items))
    except ValueError:  # NumPy says of none of them that it differs
        _check_equal_shapes(items)
        raise


def _refuse_files(item: Any) -> None:
    """Refuse paths and images of Pillow, of which something else makes arrays."""
    if isinstance(item, str | PathLike) or hasattr(item, "getbands"):
        raise ValueError(
            f"X[0] is {shown(item)}, but images must be arrays: ImageResizer makes them of files "
            "and of images of Pillow"
        )


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
                + (", as ImageResizer makes it of pictures" if len(shapes[0]) > 1 else "")
            )
