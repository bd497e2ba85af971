"""Samples that excite a unit: what a network likes to see."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.estimators.one_fit import of_moment
from skdeep.inspection._ascent import Ascent, Slope
from skdeep.inspection._bound import fitted_network
from skdeep.inspection._forms import as_inside, as_users_have
from skdeep.inspection._sizes import bound_to, image_layers, layer_names
from skdeep.inspection._targets import directions, odds_slopes
from skdeep.nn.core.layer import is_count


def activation_maximization(
    estimator: Any,
    *,
    target: Any = None,
    layer: str | None = None,
    unit: int | None = None,
    init: Any = None,
    shape: Any = None,
    bounds: Any = None,
    n_steps: int = 200,
    step_size: float = 0.02,
    octaves: int = 1,
    octave_scale: float = 1.4,
    jitter: int = 0,
    blur: float = 0.0,
    decay: float = 0.0,
    background: float | None = None,
    random_state: Any = None,
) -> np.ndarray:
    """Return a sample that excites an output, or a unit of a layer, by ascent on the input.

    Parameters
    ----------
    estimator : estimator
        A fitted network estimator of rows, images, signals or sequences of numbers.
    target : class or int, default=None
        Which output, as in :func:`input_gradient`; of several classes the log-odds of one.
    layer : str, default=None
        Name of a layer as :func:`trace` has it (of the outermost ones), instead of `target`.
    unit : int, default=None
        A unit, filter or channel of that layer; the mean over all positions counts.
    init : array-like, default=None
        A sample to start from. None is noise about `background`.
    shape : tuple of int, default=None
        With a `layer` that sees images: their shape (height, width), where it is to be another than
        that of training. Rows that are images: (height, width), for `jitter` and `blur`. Sequences:
        (n_steps, n_channels).
    bounds : pair of float, default=None
        Smallest and largest number of a sample, such as (0, 1). None does not bound them.
    n_steps : int, default=200
        Steps of ascent; on each octave.
    step_size : float, default=0.02
        How far a step moves a number on average, as a fraction of the width of `bounds` (or of 1).
    octaves : int, default=1
        Number of sizes of the image, from small to full; more give larger features.
    octave_scale : float, default=1.4
        Factor from one to the next.
    jitter : int, default=0
        The image is shifted by up to so many pixels at each step, so that no place is special.
    blur : float, default=0.0
        Standard deviation, in pixels, of a blur that fades out towards the last step.
    decay : float, default=0.0
        Fraction of its distance from `background` that a number loses at each step.
    background : float, default=None
        What a number is where nothing is to be seen, such as 0 for white digits on black. None is
        the middle of `bounds`, or 0.
    random_state : int, RandomState instance or None, default=None
        Seed of noise and shifts.

    Returns
    -------
    sample : ndarray of shape (n_features,), (height, width, channels), (length, channels) or \
            (n_steps, n_channels)
        In the units of the training samples.

    Raises
    ------
    ValueError
        If target, layer or unit name nothing, or samples are tokens.

    References
    ----------
    Erhan, Bengio, Courville and Vincent (2009). Visualizing higher-layer features of a deep
    network. Yosinski, Clune, Nguyen, Fuchs and Lipson (2015). Understanding neural networks through
    deep visualization.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import MLPClassifier
    >>> from skdeep.inspection import activation_maximization
    >>> X, y = load_digits(return_X_y=True)
    >>> model = MLPClassifier((32,), early_stopping=True, random_state=0).fit(X / 16, y)
    >>> zero = activation_maximization(model, target=0, bounds=(0, 1), random_state=0)
    >>> zero.shape, model.predict([zero])
    ((64,), array([0]))
    """
    climb = Ascent(
        bounds,
        n_steps,
        step_size,
        octaves,
        octave_scale,
        jitter,
        random_state,
        blur=blur,
        decay=decay,
        background=background,
    )
    estimator = of_moment(estimator)
    inside = _shape_inside(estimator, shape, layer)
    network = fitted_network(estimator)
    if layer is None and unit is not None:
        raise ValueError(f"unit={unit} needs the name of a layer, one of {layer_names(network)}")
    if layer is not None and target is not None:
        raise ValueError("give target, an output, or layer and unit, not both")
    if layer is not None and layer not in network.spec.children:
        raise ValueError(f"layer must be one of {layer_names(network)}, got {layer!r}")

    def slope_of(size: tuple[int, ...]) -> Slope:
        net = bound_to(estimator, size, upto=layer)

        def slope(image: np.ndarray) -> np.ndarray:
            y = net.forward(image.reshape(1, *net.x.shape[2:]))
            dy = _unit_slope(y, unit, layer) if layer else _output_slope(estimator, target, y)
            return net.backward(dy).reshape(image.shape)

        return slope

    start = None if init is None else _given(estimator, init, inside)
    resizable = layer is not None and layer in image_layers(estimator)
    found = climb.run(slope_of, inside, start, resizable=resizable)
    if len(network.in_shape) == 1 and not _has_shape(estimator):
        return found.ravel()
    return as_users_have(estimator, found)


def _has_shape(estimator: Any) -> bool:
    """Whether samples are images or signals."""
    return getattr(estimator, "image_shape_", None) is not None


def _shape_inside(estimator: Any, shape: Any, layer: str | None) -> tuple[int, ...]:
    """Return the shape (..., C) of the sample that ascent works on."""
    network = fitted_network(estimator)
    if network.in_dtype is not None:
        raise ValueError("samples are tokens, between which there is no way up")
    own = getattr(estimator, "image_shape_", None)
    given = None if shape is None else tuple(np.atleast_1d(shape).tolist())
    if given is not None and not all(map(is_count, given)):
        raise ValueError(f"shape must be made of positive integers, got {shape!r}")
    if own is None and len(network.in_shape) == 2:
        if given is None or len(given) != 2 or given[1] != network.in_shape[1]:
            raise ValueError(
                f"shape must be (n_steps, {network.in_shape[1]}) for sequences, got {shape!r}"
            )
        return given
    if own is None:
        return _rows_as_images(network.in_shape[0], given)
    if given is None:
        return tuple(own)
    if layer is None or layer not in image_layers(estimator):
        raise ValueError(
            f"another shape than {tuple(own[:-1])} needs a layer that takes images of any size, "
            f"one of {image_layers(estimator)}, got layer={layer!r}"
        )
    if len(given) != len(own) - 1:
        raise ValueError(f"shape must be (height, width), got {shape!r}")
    return (*given, own[-1])


def _rows_as_images(n_features: int, given: tuple[int, ...] | None) -> tuple[int, ...]:
    if given is None:
        return (1, n_features)
    if int(np.prod(given)) != n_features:
        raise ValueError(f"shape must have {n_features} numbers, got {given}")
    return given if len(given) == 3 else (*given, 1)


def _given(estimator: Any, init: Any, inside: tuple[int, ...]) -> np.ndarray:
    """Return a first sample in the shape that ascent works on."""
    start = as_inside(estimator, init, "init")
    if start.size != int(np.prod(inside)) or not np.isfinite(start).all():
        raise ValueError(f"init must hold finite numbers in the shape of a sample, got {init!r}")
    return start.reshape(inside)


def _output_slope(estimator: Any, target: Any, y: np.ndarray) -> np.ndarray:
    """Return the slopes of an output, or of the log-odds of a class, with respect to logits."""
    slopes = directions(estimator, target, y)
    kind = getattr(getattr(estimator, "_target", None), "kind", None)
    return odds_slopes(y, slopes) if kind == "multiclass" and y.shape[-1] > 1 else slopes


def _unit_slope(y: np.ndarray, unit: Any, layer: str | None) -> np.ndarray:
    """Return the slopes of a unit's mean over all positions with respect to y (1, ..., C)."""
    if not isinstance(unit, int | np.integer) or not 0 <= unit < y.shape[-1]:
        raise ValueError(f"unit of {layer!r} must be from 0 to {y.shape[-1] - 1}, got {unit!r}")
    slopes = np.zeros_like(y)
    slopes[..., unit] = y.shape[-1] / y.size
    return slopes
