"""Gradients of a network's outputs with respect to its inputs, and maps made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skdeep.estimators.one_fit import of_moment
from skdeep.inspection._bound import BoundNetwork, Samples, bound
from skdeep.inspection._forms import all_inside, as_inside
from skdeep.inspection._targets import directions
from skdeep.nn.core.layer import is_count


class Meant:
    """One output of a network for a chunk of samples: its value and slopes at any points.

    Parameters
    ----------
    estimator, samples, rows
        The fitted estimator, and which samples.
    target
        See :func:`~skdeep.inspection._targets.directions`.
    """

    def __init__(self, estimator: Any, samples: Samples, rows: slice, target: Any) -> None:
        self.net: BoundNetwork = bound(estimator, samples, rows)
        x = samples.x[rows]
        #: The samples as points: floats (B, ...), vectors where they are tokens.
        self.points = self.net.vectors(x)
        logits = self.net.forward(x)
        per_sample = np.ndim(target) == 1 and len(target) == len(samples)
        self.slopes = directions(estimator, target[rows] if per_sample else target, logits)
        if samples.valid is not None and logits.ndim == 3:
            self.slopes *= samples.valid[rows][:, :, None]

    def value(self, points: np.ndarray) -> np.ndarray:
        """Return the output at points, (B,)."""
        logits = self.net.forward(points)
        return (logits * self.slopes).reshape(len(logits), -1).sum(axis=1)

    def gradient(self, points: np.ndarray) -> np.ndarray:
        """Return the slopes of the output at points, in their shape."""
        self.net.forward(points)
        return self.net.backward(self.slopes)


def per_chunk(
    estimator: Any, X: Any, target: Any, work: Callable[[Meant], np.ndarray]
) -> tuple[Samples, np.ndarray]:
    """Return the samples, and what `work` makes of them chunk by chunk, joined."""
    samples = Samples(estimator, X)
    target = target if target is None or np.ndim(target) == 0 else list(target)
    found = [work(Meant(estimator, samples, rows, target)) for rows in samples.chunks()]
    return samples, np.concatenate(found)


def as_given(estimator: Any, X: Any, samples: Samples, values: np.ndarray) -> Any:
    """Return values of all numbers of the samples in the form in which X came."""
    if samples.lengths is not None:
        return samples.cut(values)
    return estimator._input.like(estimator, X, values.reshape(len(values), -1))


def input_gradient(estimator: Any, X: Any, target: Any = None) -> Any:
    """Return the gradient of an output with respect to the samples, as a prediction computes it.

    The output is a logit: what the last layer gives, before it becomes a probability or a number
    in the units of y. That of the first of two classes is minus the only logit there is. Dropout
    is off, and batch normalisation has the statistics that training left.

    Parameters
    ----------
    estimator : estimator
        A fitted network estimator.
    X : array-like
        Samples, as ``predict`` takes them.
    target : class, array-like of shape (n_samples,), pair or int, default=None
        Which output: a class of a classifier, one for all samples or one for each; a pair of column
        and class where y has several columns of classes; of others the index of an output. None
        takes the class that is predicted, of each sample or step, or the only output. Labels of
        steps count for all steps together.

    Returns
    -------
    gradient : ndarray like X, or list of ndarray
        Gradients in the form of X. Those of tokens are with respect to their embeddings,
        (n_samples, T, embedding_dim); a list where sequences have different lengths.

    Raises
    ------
    TypeError
        If `estimator` is no network estimator, or several.
    ValueError
        If `target` names no output.

    See Also
    --------
    saliency : The size of each pixel's gradient.
    integrated_gradients : Shares of inputs in an output that add up to it.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import MLPRegressor
    >>> from skdeep.inspection import input_gradient
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> model = MLPRegressor(hidden_layer_sizes=(), solver="lbfgs", alpha=0.0).fit(X, 3 * X[:, 0])
    >>> input_gradient(model, X[:1]).round(2) + 0.0
    array([[3., 0.]])
    """
    estimator = of_moment(estimator)
    samples, found = per_chunk(estimator, X, target, lambda meant: meant.gradient(meant.points))
    return as_given(estimator, X, samples, found)


def smooth_grad(
    estimator: Any,
    X: Any,
    target: Any = None,
    *,
    n_samples: int = 50,
    noise_level: float = 0.15,
    random_state: Any = None,
) -> Any:
    """Return the mean gradient over noisy copies of the samples, which is less rugged.

    Parameters
    ----------
    estimator, X, target
        As in :func:`input_gradient`.
    n_samples : int, default=50
        Number of copies.
    noise_level : float, default=0.15
        Standard deviation of the normal noise, as a fraction of each sample's range.
    random_state : int, RandomState instance or None, default=None
        Seed of the noise.

    Returns
    -------
    gradient : ndarray like X, or list of ndarray
        As :func:`input_gradient` returns it.

    References
    ----------
    Smilkov, Thorat, Kim, Viegas and Wattenberg (2017). SmoothGrad: removing noise by adding noise.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import MLPClassifier
    >>> from skdeep.inspection import smooth_grad
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((8,), solver="lbfgs", random_state=0).fit(X, y)
    >>> smooth_grad(model, X, random_state=0).shape
    (150, 4)
    """
    _check_count("n_samples", n_samples)
    estimator = of_moment(estimator)
    if not 0 <= noise_level < np.inf:
        raise ValueError(f"noise_level must be a number >= 0, got {noise_level!r}")
    random = check_random_state(random_state)

    def work(meant: Meant) -> np.ndarray:
        points = meant.points
        flat = points.reshape(len(points), -1)
        size = noise_level * (flat.max(axis=1) - flat.min(axis=1))
        size = size.reshape(-1, *(1,) * (points.ndim - 1))
        total = np.zeros_like(points)
        for _ in range(n_samples):
            noisy = points + size * random.normal(size=points.shape)
            total += meant.gradient(noisy.astype(points.dtype))
        return total / n_samples

    samples, found = per_chunk(estimator, X, target, work)
    return as_given(estimator, X, samples, found)


def integrated_gradients(
    estimator: Any, X: Any, target: Any = None, *, baseline: Any = None, n_steps: int = 50
) -> Any:
    """Return each input's share in an output: the integral of its gradient from a baseline on.

    The shares of a sample add up to the output's difference from that of the baseline.

    Parameters
    ----------
    estimator, X, target
        As in :func:`input_gradient`.
    baseline : float or array-like like one sample, default=None
        Where the straight path to each sample begins; None is 0, and vectors of 0 for tokens. Take
        what stands for "nothing", such as a mean image.
    n_steps : int, default=50
        Number of points of the path, by Gauss and Legendre's rule.

    Returns
    -------
    shares : ndarray like X, or list of ndarray
        In the form of X; for tokens (n_samples, T, embedding_dim).

    References
    ----------
    Sundararajan, Taly and Yan (2017). Axiomatic attribution for deep networks. ICML.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import MLPClassifier
    >>> from skdeep.inspection import integrated_gradients
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((8,), solver="lbfgs", random_state=0).fit(X, y)
    >>> integrated_gradients(model, X, target=2).shape
    (150, 4)
    """
    _check_count("n_steps", n_steps)
    estimator = of_moment(estimator)
    nodes, weights = np.polynomial.legendre.leggauss(n_steps)
    start_at = np.zeros(()) if baseline is None else as_inside(estimator, baseline, "baseline")
    if not np.isfinite(start_at).all():
        raise ValueError("baseline must hold finite numbers")

    def work(meant: Meant) -> np.ndarray:
        points = meant.points
        start = start_at.astype(points.dtype)
        if start.ndim:
            start = _like_sample(start, points.shape[1:])
        way, total = points - start, np.zeros_like(points)
        for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
            total += weight * meant.gradient((start + node * way).astype(points.dtype))
        return total * way

    samples, found = per_chunk(estimator, X, target, work)
    return as_given(estimator, X, samples, found)


def _like_sample(baseline: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return a baseline in the shape that a sample has inside."""
    if baseline.size != int(np.prod(shape)):
        raise ValueError(f"baseline must have the shape of a sample, got {baseline.shape}")
    return baseline.reshape(shape)


def saliency(
    estimator: Any, X: Any, target: Any = None, *, method: str = "gradient", **options: Any
) -> Any:
    """Return how much an output depends on each feature, pixel or step: sizes of gradients.

    Parameters
    ----------
    estimator, X, target
        As in :func:`input_gradient`.
    method : {"gradient", "smooth_grad", "integrated_gradients"}, default="gradient"
        What the sizes are of.
    **options
        Options of :func:`smooth_grad` or :func:`integrated_gradients`.

    Returns
    -------
    saliency : ndarray of shape (n_samples, n_features), (n_samples, height, width) or \
            (n_samples, T), or list of ndarray
        Not negative: the largest absolute value over the channels of a pixel or step, or over the
        numbers of a token's embedding. A list where sequences have different lengths.

    References
    ----------
    Simonyan, Vedaldi and Zisserman (2014). Deep inside convolutional networks: visualising image
    classification models and saliency maps. ICLR workshop.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import MLPClassifier
    >>> from skdeep.inspection import saliency
    >>> X, y = load_digits(return_X_y=True)
    >>> model = MLPClassifier((32,), early_stopping=True, random_state=0).fit(X / 16, y)
    >>> saliency(model, X[:3] / 16).shape
    (3, 64)
    """
    methods = {
        "gradient": input_gradient,
        "smooth_grad": smooth_grad,
        "integrated_gradients": integrated_gradients,
    }
    if method not in methods:
        raise ValueError(f"method must be one of {sorted(methods)}, got {method!r}")
    estimator = of_moment(estimator)
    found = methods[method](estimator, X, target, **options)
    if isinstance(found, list):
        return [np.abs(steps).max(axis=-1) for steps in found]
    shape = getattr(estimator, "image_shape_", None)
    if shape is not None:
        found = all_inside(estimator, found).reshape(len(found), *shape)
    return np.abs(found) if found.ndim == 2 else np.abs(found).max(axis=-1)


def _check_count(name: str, value: Any) -> None:
    if not is_count(value):
        raise ValueError(f"{name} must be a positive integer, got {value!r}")
