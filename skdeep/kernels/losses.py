"""Bodies of the losses: weighted value and delta of each logit, computed from the logits.

z are logits, t targets, w row weights that add to one over the batch, all broadcasting to
(M, K, B). Each body returns ``(w * value, w * d value / d z)``.
"""

from __future__ import annotations

from typing import Any

from skdeep.backend.kernel import Kernel, kernel
from skdeep.kernels.activations import softplus

TINY = 1e-30  # keeps log(0) out of terms that a factor of zero removes


@kernel
def divide(xp: Any, x: Any, y: Any) -> Any:
    """X / y."""
    return x / y


@kernel
def exp_difference(xp: Any, x: Any, y: Any) -> Any:
    """exp(x - y)."""
    return xp.exp(x - y)


def _logistic(xp: Any, z: Any) -> Any:
    """1 / (1 + exp(-z)), accurate relatively in both tails."""
    return xp.exp(xp.minimum(z, 0.0)) / (1 + xp.exp(-xp.abs(z)))


#: For predictions.
stable_logistic = Kernel(_logistic, "stable_logistic")


@kernel
def remaining(xp: Any, x: Any, y: Any) -> Any:
    """1 - x y."""
    return 1 - x * y


@kernel
def exponential(xp: Any, z: Any) -> Any:
    """exp(z)."""
    return xp.exp(z)


def _logistic_slope(xp: Any, z: Any) -> Any:
    return _logistic(xp, z) * _logistic(xp, -z)


def _tanh_slope(xp: Any, z: Any) -> Any:
    return 4 * _logistic_slope(xp, 2 * z)  # 1 - tanh(z)^2, which rounds to 0 in the tails


def _output_activation(name: str, function: Any, slope: Any) -> tuple[Kernel, Kernel]:
    """Return shift + factor f(z), and a delta along it as one along z."""

    def forward(xp: Any, z: Any, shift: Any, factor: Any) -> Any:
        return shift + factor * function(xp, z)

    def backward(xp: Any, delta: Any, z: Any, factor: Any) -> Any:
        return delta * (factor * slope(xp, z))

    return Kernel(forward, f"{name}_output"), Kernel(backward, f"{name}_output_delta")


#: Output activations by their names.
OUTPUT_ACTIVATIONS = {
    "logistic": _output_activation("logistic", _logistic, _logistic_slope),
    "tanh": _output_activation("tanh", lambda xp, z: xp.tanh(z), _tanh_slope),
    "softplus": _output_activation("softplus", softplus, _logistic),
}


def _is(number: Any, value: float) -> bool:
    """Whether a number is known to be this one; one per model, a symbol, is not known."""
    return isinstance(number, float) and number == value


def softmax_log_loss(
    xp: Any,
    z: Any,
    e: Any,
    top: Any,
    total: Any,
    code: Any,
    classes: Any,
    w: Any,
    off: Any,
    on: Any,
) -> Any:
    """Cross-entropy: sum over k of t_k (log sum exp z - z_k); e holds exp(z - top)."""
    t = xp.equal(code, classes)
    t = t if _is(on, 1.0) else t * on
    t = t if _is(off, 0.0) else t + off
    # The weight last: where a class is nearly certain, the difference is exact.
    return w * (t * (xp.log(total) + top - z)), w * (e / total - t)


def logistic_log_loss(xp: Any, z: Any, t: Any, w: Any, smoothing: Any = 0.0) -> Any:
    """Binary cross-entropy softplus(z) - t z, an output each."""
    t = t if _is(smoothing, 0.0) else t * (1 - smoothing) + 0.5 * smoothing
    return w * (softplus(xp, z) - t * z), w * (_logistic(xp, z) - t)


def squared_error(xp: Any, z: Any, t: Any, w: Any, share: float) -> Any:
    """Half the squared error; the value counts each output by `share`."""
    d = z - t
    return (0.5 * share) * (w * d * d), w * d


def absolute_error(xp: Any, z: Any, t: Any, w: Any, share: float) -> Any:
    """|z - t|."""
    d = z - t
    return share * (w * xp.abs(d)), w * xp.sign(d)


def huber(xp: Any, z: Any, t: Any, w: Any, share: float, delta: float) -> Any:
    """Half the squared error up to `delta`, linear beyond (Huber, 1964)."""
    d = z - t
    c = xp.maximum(xp.minimum(d, delta), -delta)
    return share * (w * c * (d - 0.5 * c)), w * c


def poisson(xp: Any, z: Any, t: Any, w: Any) -> Any:
    """Half the Poisson deviance with a log link: t log(t / e^z) - t + e^z."""
    rate = xp.exp(z)
    return w * (t * (xp.log(xp.maximum(t, TINY)) - z) - t + rate), w * (rate - t)


def pinball(xp: Any, z: Any, t: Any, w: Any, level: Any, share: float) -> Any:
    """Weigh t - z by level above, by level - 1 below: the quantile loss."""
    d = t - z
    slope = level - (d < 0)
    return share * (w * d * slope), -w * slope


@kernel
def selected(xp: Any, x: Any, code: Any, classes: Any) -> Any:
    """X where the row's class is this one, else 0."""
    return x * xp.equal(code, classes)


def _focal_power(xp: Any, miss: Any, gamma: float) -> Any:
    return xp.exp(gamma * xp.log(xp.maximum(miss, TINY)))


def logistic_focal_loss(xp: Any, z: Any, t: Any, w: Any, gamma: float) -> Any:
    """-(1 - q)^gamma log q, with q the probability given to the label t in {0, 1}."""
    s = 2 * t - 1  # q = logistic(s z)
    q, loss = _logistic(xp, s * z), softplus(xp, -(s * z))
    miss = _logistic(xp, -(s * z))
    power = _focal_power(xp, miss, gamma)
    return w * (power * loss), w * (s * power * (-(gamma * q * loss) - miss))


def softmax_focal_loss(
    xp: Any,
    z: Any,
    e: Any,
    top: Any,
    total: Any,
    right: Any,
    code: Any,
    classes: Any,
    w: Any,
    gamma: float,
) -> Any:
    """-(1 - q)^gamma log q of the true class; `right` holds its exp(z - top)."""
    t = xp.equal(code, classes)
    q = right / total
    miss = xp.maximum(1 - q, TINY)
    loss = xp.log(total) + top - z  # read only where t = 1
    log_q = xp.log(xp.maximum(q, TINY))
    power = _focal_power(xp, miss, gamma)
    slope = power * (gamma * q * log_q / miss - 1)  # q * d value / d q
    return w * (t * (power * loss)), w * (slope * (t - e / total))
