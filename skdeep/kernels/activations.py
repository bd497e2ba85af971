"""Activation functions and their derivatives, each pair written once.

To add one, register a pair of bodies here (or, as a user, with :func:`register_activation`): every
backend, every estimator's ``activation=`` and the gradient tests take it from the registry.
Only functions that are fast on every processor are used: no ``expm1``, ``log1p`` or ``power``.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt
from typing import Any

from skdeep.backend.kernel import Kernel

Body = Callable[..., Any]


class ActivationPair:
    """A function and its derivative.

    Parameters
    ----------
    name : str
        What ``activation=`` calls it.
    function : callable
        Body ``function(xp, x)``.
    derivative : callable
        Body ``derivative(xp, s)`` of the slope, with s the output y or the input x.
    reads : {"y", "x"}
        Which of the two `derivative` takes. With "y" the layer works in place.
    """

    def __init__(self, name: str, function: Body, derivative: Body, reads: str = "y") -> None:
        if reads not in ("x", "y"):
            raise ValueError(f"reads must be 'x' or 'y', got {reads!r}")

        def forward(xp: Any, x: Any) -> Any:
            return function(xp, x)

        def backward(xp: Any, dy: Any, s: Any) -> Any:
            return dy * derivative(xp, s)

        self.name, self.reads = name, reads
        self.function, self.derivative = function, derivative
        self.forward, self.backward = Kernel(forward, name), Kernel(backward, f"{name}_backward")


ACTIVATIONS: dict[str, ActivationPair] = {}
#: Other names that the field has for some of them.
ALIASES = {"sigmoid": "logistic", "swish": "silu"}


def activation_name(name: Any) -> Any:
    """Return under which name an activation is registered that ``activation=`` calls `name`."""
    return ALIASES.get(name, name) if isinstance(name, str) else name


def register_activation(
    name: str, function: Body, derivative: Body, *, reads: str = "y"
) -> ActivationPair:
    """Make a function and its derivative available as ``activation=name`` in every estimator.

    Both use operators and the functions ``exp, log, tanh, sqrt, abs, sign, maximum, minimum, sin,
    cos, floor`` of their first argument, and no branches; comparisons are factors of 0 or 1. The
    name is known in this process alone: for ``n_jobs`` register it when a module is imported.

    Parameters
    ----------
    name : str
        The new name; it may not be taken.
    function : callable
        ``function(xp, x)``, elementwise.
    derivative : callable
        ``derivative(xp, s)``: the slope, from the output (default) or the input.
    reads : {"y", "x"}, default="y"
        Whether `derivative` takes the output or the input of `function`.

    Returns
    -------
    ActivationPair
        The registered pair.

    Raises
    ------
    ValueError
        If the name is taken or `reads` is neither "x" nor "y".

    Examples
    --------
    >>> from skdeep import MLPClassifier, register_activation
    >>> _ = register_activation(
    ...     "softsign",
    ...     lambda xp, x: x / (1 + xp.abs(x)),
    ...     lambda xp, x: 1 / ((1 + xp.abs(x)) * (1 + xp.abs(x))),
    ...     reads="x",
    ... )
    >>> MLPClassifier(activation="softsign").activation
    'softsign'
    """
    if name in ACTIVATIONS or name in ALIASES or name == "maxout":  # which is a layer
        raise ValueError(f"activation {name!r} is registered already")
    activation = ActivationPair(name, function, derivative, reads)
    activation.forward.graph(1)  # trace now, so that a body that cannot be traced fails here
    activation.backward.graph(2)
    ACTIVATIONS[name] = activation
    return activation


# SELU's constants (Klambauer et al., 2017) and those of GELU's tanh form (Hendrycks, Gimpel, 2016).
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
GELU_A, GELU_B = sqrt(2 / pi), 0.044715


def logistic(xp: Any, x: Any) -> Any:
    """1 / (1 + exp(-x)), by the SIMD tanh."""
    return 0.5 * xp.tanh(0.5 * x) + 0.5


def softplus(xp: Any, x: Any) -> Any:
    """log(1 + exp(x)) without overflow."""
    return xp.maximum(x, 0.0) + xp.log(1 + xp.exp(-xp.abs(x)))


def _elu(xp: Any, x: Any) -> Any:
    return xp.maximum(x, 0.0) + (xp.exp(xp.minimum(x, 0.0)) - 1)


def _selu(xp: Any, x: Any) -> Any:
    negative = SELU_SCALE * SELU_ALPHA * (xp.exp(xp.minimum(x, 0.0)) - 1)
    return SELU_SCALE * xp.maximum(x, 0.0) + negative


def _selu_slope(xp: Any, y: Any) -> Any:
    return SELU_SCALE * (y > 0) + (y <= 0) * (y + SELU_SCALE * SELU_ALPHA)


def _gelu_share(xp: Any, x: Any) -> tuple[Any, Any]:
    """Return what x is multiplied by, and the square of x."""
    square = x * x
    return 0.5 * xp.tanh(x * (GELU_A + GELU_A * GELU_B * square)) + 0.5, square


def _gelu(xp: Any, x: Any) -> Any:
    return x * _gelu_share(xp, x)[0]


def _gelu_slope(xp: Any, x: Any) -> Any:
    share, square = _gelu_share(xp, x)
    return share + (x * share) * (1 - share) * (2 * GELU_A + 6 * GELU_A * GELU_B * square)


def _silu_slope(xp: Any, x: Any) -> Any:
    s = logistic(xp, x)
    return s * (1 + x * (1 - s))


def _mish_terms(xp: Any, x: Any) -> tuple[Any, Any, Any]:
    """Return q = 1 - tanh(x / 2), 1 / (4 + q^2), and tanh(softplus(x)), which is 8 of that less 1.

    Nothing of it overflows, and NumPy's tanh is faster than its exponential.
    """
    q = 1 - xp.tanh(0.5 * x)
    inverse = 1 / (4 + q * q)
    return q, inverse, 8 * inverse - 1


def _mish(xp: Any, x: Any) -> Any:
    return x * _mish_terms(xp, x)[2]


def _mish_slope(xp: Any, x: Any) -> Any:
    # The slope of q^2 is -q^2 (2 - q).
    q, inverse, share = _mish_terms(xp, x)
    return share + 8 * (x * (q * q) * (2 - q) * (inverse * inverse))


def _mish_mixture(xp: Any, x: Any) -> tuple[Any, Any]:
    # With p = q^2 / (4 + q^2), mish(x) - x is -2 x p.
    t = xp.tanh(0.5 * x)
    q = 1 - t
    square = q * q
    p = square / (4 + square)
    part = x * p
    return part, p - part * ((1 - p) * (1 + t))  # 1 - p is 4 / (4 + q^2)


#: Of activations f for which that is cheaper: a factor c, and a body of ``(f(x) - x) / c`` and its
#: slope.
MIXTURES: dict[str, tuple[float, Body]] = {"mish": (-2.0, _mish_mixture)}


def mixture(name: str) -> tuple[float, Body]:
    """Return c and a body of ``(f(x) - x) / c`` and its slope, for the activation f called so."""
    if name in MIXTURES:
        return MIXTURES[name]
    pair = ACTIVATIONS[name]

    def body(xp: Any, x: Any) -> tuple[Any, Any]:
        y = pair.function(xp, x)
        return y - x, pair.derivative(xp, y if pair.reads == "y" else x) - 1

    return 1.0, body


register_activation("identity", lambda xp, x: x, lambda xp, y: 0.0 * y + 1.0)
register_activation("logistic", logistic, lambda xp, y: y * (1 - y))
register_activation("tanh", lambda xp, x: xp.tanh(x), lambda xp, y: 1 - y * y)
register_activation("relu", lambda xp, x: xp.maximum(x, 0.0), lambda xp, y: y > 0)
register_activation(
    "leaky_relu", lambda xp, x: xp.maximum(x, 0.01 * x), lambda xp, y: 0.99 * (y > 0) + 0.01
)
register_activation("elu", _elu, lambda xp, y: xp.minimum(y, 0.0) + 1)
register_activation("selu", _selu, _selu_slope)
register_activation("gelu", _gelu, _gelu_slope, reads="x")
register_activation("silu", lambda xp, x: x * logistic(xp, x), _silu_slope, reads="x")
register_activation("mish", _mish, _mish_slope, reads="x")
register_activation("softplus", softplus, lambda xp, y: 1 - xp.exp(-y))
register_activation(
    "hard_tanh",
    lambda xp, x: xp.maximum(xp.minimum(x, 1.0), -1.0),
    lambda xp, y: (y > -1) * (y < 1),
)
register_activation(
    "hard_sigmoid",
    lambda xp, x: xp.maximum(xp.minimum(x / 6 + 0.5, 1.0), 0.0),
    lambda xp, y: (y > 0) * (y < 1) * (1 / 6),
)
