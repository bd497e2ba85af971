"""Images as what an estimator takes, and parameters that say what X may be."""

from __future__ import annotations

from math import prod
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval, Options

from skdeep.estimators._channels import warn_of_channels_first
from skdeep.estimators._input_kinds import TableInput
from skdeep.estimators.cnn.architecture import is_whole
from skdeep.nn.layer import Shape

SIZES = [Interval(Integral, 1, None, closed="left"), tuple, list]
IMAGE_CONSTRAINTS: dict = {
    "conv_layers": ["array-like"],
    "pooling": [*SIZES, None],
    "n_dims": [Options(Integral, {1, 2})],
    "image_shape": ["array-like", None],
}


class ImageInput(TableInput):
    """Images and signals; sets ``image_shape_``.

    Inside, rows stay flat, as scikit-learn has them, and the network's first layer sees them as
    images. So whatever handles rows need not know of images.
    """

    name = "images"

    def check_parameters(self, estimator: Any) -> None:
        if isinstance(estimator.n_dims, bool):
            raise ValueError(f"n_dims must be 1 or 2, got {estimator.n_dims!r}")
        _given_shape(estimator)

    def check_fit(self, estimator: Any, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        rows, shape = _flat(estimator, X, fitted=not reset)
        rows, y = super().check_fit(estimator, rows, y, reset=reset)
        return self._learn(estimator, X, rows, shape, reset=reset), y

    def check_fit_rows(self, estimator: Any, X: Any, *, reset: bool) -> Any:
        rows, shape = _flat(estimator, X, fitted=not reset)
        rows = super().check_fit_rows(estimator, rows, reset=reset)
        return self._learn(estimator, X, rows, shape, reset=reset)

    def _learn(self, estimator: Any, X: Any, rows: Any, shape: Shape | None, *, reset: bool) -> Any:
        if reset:
            estimator.image_shape_ = _find_shape(estimator, shape, rows.shape[1])
            warn_of_channels_first(X, estimator.image_shape_, flat=shape is None)
        estimator._architecture().check_axes(estimator.image_shape_)
        return rows

    def check(self, estimator: Any, X: Any) -> Any:
        return super().check(estimator, _flat(estimator, X, fitted=True)[0])

    def like(self, X: Any, rows: Any) -> Any:
        return rows.reshape(np.shape(as_one_array(X)))

    def shape(self, estimator: Any, n_features: int) -> Shape:
        found: Shape = estimator.image_shape_
        return found


def _given_shape(estimator: Any) -> Shape | None:
    """Return what ``image_shape`` says as (H, W, C) or (T, C)."""
    if estimator.image_shape is None:
        return None
    shape = tuple(estimator.image_shape)
    if not all(is_whole(n, 1) for n in shape) or not 1 <= len(shape) <= estimator.n_dims + 1:
        form = "(H, W), (H, W, C) or (T,)" if estimator.n_dims == 2 else "(T,) or (T, C)"
        raise ValueError(
            f"image_shape must be {form} in positive integers with n_dims={estimator.n_dims}, got "
            f"{estimator.image_shape!r}"
        )
    return _with_channels(tuple(map(int, shape)), estimator.n_dims)


def _flat(estimator: Any, X: Any, *, fitted: bool) -> tuple[Any, Shape | None]:
    """Return X with flat rows, and the shape of its images where it has some."""
    X = as_one_array(X)
    if getattr(getattr(X, "dtype", None), "kind", None) in ("m", "M"):
        raise ValueError(f"X must hold real numbers, got dtype {X.dtype}")
    dims = tuple(getattr(X, "shape", ()))[1:]
    if len(dims) < 2:
        return X, None
    if fitted:  # set_params may have changed n_dims
        shape = (*dims, 1) if len(dims) + 1 == len(estimator.image_shape_) else dims
    elif len(dims) > estimator.n_dims + 1:
        forms = "(n, H, W) or (n, H, W, C)" if estimator.n_dims == 2 else "(n, T, C)"
        raise ValueError(
            f"X has shape {X.shape}, but with n_dims={estimator.n_dims} it must be {forms}, or "
            "flat rows (n, n_features)"
        )
    else:  # signals (n, T, C) have all their axes; of images the channel may be left out
        shape = dims if estimator.n_dims == 1 else _with_channels(dims, estimator.n_dims)
    if fitted:
        _check_shape(estimator, shape)
    return X.reshape(X.shape[0], prod(dims)), shape


def _find_shape(estimator: Any, found: Shape | None, n_features: int) -> Shape:
    """Return the shape of the images: that of X, or what ``image_shape`` says."""
    given = _given_shape(estimator)
    if given is not None and found is not None and given != found:
        raise ValueError(
            f"image_shape={estimator.image_shape!r} is not the shape of the images in X, {found}"
        )
    if given is not None and prod(given) != n_features:
        raise ValueError(
            f"image_shape={estimator.image_shape!r} stands for {prod(given)} numbers a row, but X "
            f"has {n_features} features"
        )
    return found or given or (n_features, 1)


def _check_shape(estimator: Any, shape: Shape | None) -> None:
    """Refuse images of another shape than those of the fit; flat rows have none."""
    if shape is not None and shape != estimator.image_shape_:
        raise ValueError(
            f"X has images of shape {shape}, but this {type(estimator).__name__} was fitted on "
            f"images of shape {estimator.image_shape_}"
        )


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
