"""What a prediction loses when part of a sample is covered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from skdeep.estimators.one_fit import of_moment
from skdeep.inspection._bound import fitted_network
from skdeep.inspection._gradients import Meant, per_chunk
from skdeep.nn.core.layer import is_count


def occlusion(
    estimator: Any,
    X: Any,
    target: Any = None,
    *,
    window: Any = 1,
    stride: Any = 1,
    fill: float = 0.0,
) -> Any:
    """Return how much an output falls when a feature, or a patch of pixels or steps, is covered.

    A window goes over each sample. A place's number is the mean fall of the output, a logit as in
    :func:`~skdeep.inspection.input_gradient`, over the windows that cover it.

    Parameters
    ----------
    estimator, X, target
        As in :func:`~skdeep.inspection.input_gradient`.
    window : int or tuple of int, default=1
        Size of what is covered: features of rows, steps of sequences, (height, width) of images.
    stride : int or tuple of int, default=1
        How far the window moves, at most `window`.
    fill : float, default=0.0
        What covers: for instance the mean of the training data. Tokens get vectors of this number.

    Returns
    -------
    fall : ndarray of shape (n_samples, n_features), (n_samples, height, width) or (n_samples, T), \
            or list of ndarray
        Positive where the output needs what was covered.

    References
    ----------
    Zeiler and Fergus (2014). Visualizing and understanding convolutional networks. ECCV.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import MLPClassifier
    >>> from skdeep.inspection import occlusion
    >>> X, y = load_digits(return_X_y=True)
    >>> model = MLPClassifier((32,), early_stopping=True, random_state=0).fit(X / 16, y)
    >>> occlusion(model, X[:3] / 16, window=4, stride=2).shape
    (3, 64)
    """
    estimator = of_moment(estimator)
    fitted_network(estimator)
    if not np.isscalar(fill) or not np.isfinite(fill):
        raise ValueError(f"fill must be a finite number, got {fill!r}")
    image_shape = getattr(estimator, "image_shape_", None)

    def work(meant: Meant) -> np.ndarray:
        points = meant.points
        shaped = points if image_shape is None else points.reshape(-1, *image_shape)
        if shaped.ndim == 2:
            shaped = shaped[:, :, None]  # features are places, each with one number
        places = shaped.shape[1:-1]
        before = meant.value(points)
        total, count = np.zeros((len(points), *places)), np.zeros(places)
        for hidden in windows(places, _sizes("window", window, places), stride):
            covered = shaped.copy()
            covered[(slice(None), *hidden)] = fill
            fall = before - meant.value(covered.reshape(points.shape))
            total[(slice(None), *hidden)] += fall.reshape(-1, *(1,) * len(places))
            count[hidden] += 1
        return total / count

    samples, found = per_chunk(estimator, X, target, work)
    return samples.cut(found)


def windows(
    places: tuple[int, ...], sizes: tuple[int, ...], stride: Any
) -> Iterator[tuple[slice, ...]]:
    """Give windows that cover all places, the last ones at the end of their axis."""
    steps = _sizes("stride", stride, places)
    if any(step > size for step, size in zip(steps, sizes, strict=True)):
        raise ValueError(f"stride must be at most window {sizes}, got {stride!r}")
    starts = []
    for n, size, step in zip(places, sizes, steps, strict=True):
        size = min(size, n)
        starts.append(sorted({*range(0, n - size + 1, step), n - size}))
    for corner in np.stack(np.meshgrid(*starts, indexing="ij"), -1).reshape(-1, len(places)):
        yield tuple(slice(a, a + size) for a, size in zip(corner.tolist(), sizes, strict=True))


def _sizes(name: str, value: Any, places: tuple[int, ...]) -> tuple[int, ...]:
    """Return one positive size for each axis."""
    given = tuple(value) if isinstance(value, tuple | list) else (value,) * len(places)
    if len(given) != len(places) or not all(map(is_count, given)):
        raise ValueError(
            f"{name} must be a positive integer, or {len(places)} of them, got {value!r}"
        )
    return tuple(map(int, given))
