"""Dreams: images with more of what a network sees in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from skdeep.estimators.one_fit import of_moment
from skdeep.inspection._ascent import Ascent, Slope
from skdeep.inspection._bound import fitted_network
from skdeep.inspection._forms import as_inside, as_users_have
from skdeep.inspection._sizes import bound_to, image_layers, image_shape, layer_names
from skdeep.nn.core.layer import is_count


def deep_dream(
    estimator: Any,
    image: Any,
    layers: str | Sequence[str] | None = None,
    *,
    filters: int | Sequence[int] | None = None,
    octaves: int = 4,
    octave_scale: float = 1.4,
    n_steps: int = 20,
    step_size: float = 0.01,
    jitter: int = 8,
    bounds: Any = (0.0, 1.0),
    tile_size: int | None = None,
    random_state: Any = None,
) -> np.ndarray:
    """Return an image with more of what convolutional layers see in it: Deep Dream.

    The mean square of the layers' outputs grows, that of all filters or of some. Ascent starts on
    the smallest of several sizes of the image; what the dream adds on one size is enlarged and
    added to the next.

    Parameters
    ----------
    estimator : estimator
        A fitted convolutional network.
    image : array-like of shape (height, width) or (height, width, channels)
        In the units of the training images, of any size that the layers take.
    layers : str or sequence of str, default=None
        Names of layers before the dense ones, as :func:`trace` has them; None is the last of those.
    filters : int or sequence of int, default=None
        Which filters of each of the layers count: channels of what it gives. None: all.
    octaves : int, default=4
        Number of sizes.
    octave_scale : float, default=1.4
        Factor from one to the next.
    n_steps : int, default=20
        Steps of ascent on each size.
    step_size : float, default=0.01
        How far a step moves a number on average, as a fraction of the width of `bounds`.
    jitter : int, default=8
        The image is shifted by up to so many pixels at each step.
    bounds : pair of float or None, default=(0.0, 1.0)
        Smallest and largest number of an image.
    tile_size : int, default=None
        Largest height and width of which a gradient is computed at once, so that large images need
        little memory. Seams are in other places at each step, and vanish. None: the whole image.
    random_state : int, RandomState instance or None, default=None
        Seed of the shifts.

    Returns
    -------
    dream : ndarray like image
        The image after the last step.

    Raises
    ------
    TypeError
        If the estimator is no network of images.
    ValueError
        If the image has other channels than those of training or numbers that are not finite, or
        layers and filters name nothing.

    References
    ----------
    Mordvintsev, Olah and Tyka (2015). Inceptionism: going deeper into neural networks.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import CNNClassifier
    >>> from skdeep.inspection import deep_dream
    >>> digits = load_digits()
    >>> X = digits.images[:300] / 16
    >>> model = CNNClassifier(max_iter=5, tol=0.1, n_iter_no_change=1, random_state=0).fit(
    ...     X, digits.target[:300]
    ... )
    >>> deep_dream(model, X[0], octaves=1, n_steps=3, random_state=0).shape
    (8, 8)
    """
    climb = Ascent(bounds, n_steps, step_size, octaves, octave_scale, jitter, random_state)
    estimator = of_moment(estimator)
    start = _checked(as_inside(estimator, image, "image"), image_shape(estimator)[-1])
    names = _dreaming(estimator, layers)
    chosen = _filters(estimator, names, filters)
    if tile_size is not None and not is_count(tile_size):
        raise ValueError(f"tile_size must be a positive integer or None, got {tile_size!r}")
    last = max(names, key=layer_names(fitted_network(estimator)).index)

    def slope_of(size: tuple[int, ...]) -> Slope:
        net = bound_to(estimator, size, upto=last)

        def slope(image: np.ndarray) -> np.ndarray:
            net.forward(image.reshape(1, -1))
            slopes = {}
            for name in names:
                y = net.host(net.views.children[name].y)
                slopes[name] = _only(y, chosen) / y.size
            return net.backward_from(slopes).reshape(image.shape)

        return slope

    tiled = slope_of if tile_size is None else _in_tiles(slope_of, tile_size, climb.random)
    dream = climb.run(tiled, start.shape, start, resizable=True)
    return as_users_have(estimator, dream).reshape(np.shape(image))


def _in_tiles(
    slope_of: Callable[[tuple[int, ...]], Slope], tile_size: int, random: Any
) -> Callable[[tuple[int, ...]], Slope]:
    """Return gradients of large images that are computed tile by tile.

    All tiles of an image have one size, so that one bound network does for all. Neighbours may
    overlap, where the later one counts.
    """

    def tiled_slope_of(size: tuple[int, ...]) -> Slope:
        tile = tuple(min(tile_size, n) for n in size[:-1])
        slope = slope_of((*tile, size[-1]))
        if tile == size[:-1]:
            return slope
        rows, columns = (_starts(n, m) for n, m in zip(size[:-1], tile, strict=True))

        def whole(image: np.ndarray) -> np.ndarray:
            shift = [random.randint(n) for n in size[:-1]]  # else seams would be seen
            moved, found = np.roll(image, shift, (0, 1)), np.empty_like(image)
            for i in rows:
                for j in columns:
                    part = slice(i, i + tile[0]), slice(j, j + tile[1])
                    found[part] = slope(moved[part])
            return np.roll(found, [-n for n in shift], (0, 1))

        return whole

    return tiled_slope_of


def _starts(length: int, tile: int) -> list[int]:
    """Return where tiles of an axis begin, so that they cover it."""
    return [round(k) for k in np.linspace(0, length - tile, -(-length // tile))]


def _checked(image: np.ndarray, channels: int) -> np.ndarray:
    """Return an image as floats (height, width, channels)."""
    shape = image.shape if image.ndim == 3 else (*image.shape, 1)
    if image.ndim not in (2, 3) or shape[-1] != channels or not image.size:
        raise ValueError(
            f"image must have the shape (height, width, {channels}), got {image.shape}"
        )
    if not np.isfinite(image).all():
        raise ValueError("image must hold finite numbers, got NaN or infinity")
    return image.reshape(shape)


def _filters(estimator: Any, names: list[str], filters: Any) -> list[int] | None:
    """Return the filters that count, None for all."""
    if filters is None:
        return None
    children = fitted_network(estimator).spec.children
    least = min(children[name][1].out_shape[-1] for name in names)
    wanted = [filters] if np.ndim(filters) == 0 else list(filters)
    known = all(isinstance(k, int | np.integer) and 0 <= k < least for k in wanted)
    if not wanted or not known:
        raise ValueError(
            f"filters of {', '.join(names)} must be from 0 to {least - 1}, got {filters!r}"
        )
    return [int(k) for k in wanted]


def _only(y: np.ndarray, filters: list[int] | None) -> np.ndarray:
    """Return y (..., C) with zeros in all channels but some."""
    if filters is None:
        return y
    kept = np.zeros_like(y)
    kept[..., filters] = y[..., filters]
    return kept


def _dreaming(estimator: Any, layers: Any) -> list[str]:
    found = image_layers(estimator)
    wanted = found[-1:] if layers is None else [layers] if isinstance(layers, str) else list(layers)
    unknown = [name for name in wanted if name not in found]
    if unknown or not wanted:
        raise ValueError(f"layers must be names of {found}, got {layers!r}")
    return wanted
