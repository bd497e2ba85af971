"""Images as users have them, and as networks get them: pixels in [0, 1], channels last."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.estimators.images import with_channels_last


def as_inside(estimator: Any, sample: Any, name: str) -> np.ndarray:
    """Return one sample, which a parameter called `name` gives, as floats for the network."""
    array, pixels = np.asarray(sample), vars(estimator).get("_pixels")
    if pixels is not None and array.ndim:
        array = pixels.rescaled(array, type(estimator).__name__, name)
    try:
        array = np.asarray(array, float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be an array of real numbers: {error}") from error
    return all_inside(estimator, array[None])[0]


def all_inside(estimator: Any, samples: Any) -> Any:
    """Return samples with their channels last; others than arrays of images stay."""
    return with_channels_last(estimator, samples) if _come_first(estimator) else samples


def as_users_have(estimator: Any, sample: np.ndarray) -> np.ndarray:
    """Return a sample of the network, (H, W, C) or (T, C), as users have them."""
    return np.moveaxis(sample, -1, 0) if _come_first(estimator) else sample


def _come_first(estimator: Any) -> bool:
    """Whether channels come first in the images of users."""
    own = getattr(estimator, "image_shape_", getattr(estimator, "sample_shape_", ()))
    first = getattr(estimator, "data_format", None) == "channels_first"
    return first and len(own) > 1
