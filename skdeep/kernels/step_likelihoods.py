"""Bodies of the losses that are likelihoods of numbers: values and deltas of their parameters.

Of each output there are a place and further parameters, logits each; t are targets, w row weights
that add to one over the batch. A body returns the weighted value and the slope of each logit.
"""

from __future__ import annotations

from math import log, pi
from typing import Any

from skdeep.backend.kernel import kernel
from skdeep.kernels.activations import softplus
from skdeep.kernels.losses import _logistic

#: The smallest scale, and the smallest dispersion of counts, that a likelihood may have.
LEAST_SCALE, LEAST_DISPERSION = 1e-3, 1e-2

#: Degrees of freedom of Student's t are more than this, so that there is a variance.
LEAST_FREEDOM = 2.0


@kernel
def scale_of(xp: Any, z: Any) -> Any:
    """softplus(z), not below the smallest scale."""
    return LEAST_SCALE + softplus(xp, z)


@kernel
def freedom_of(xp: Any, z: Any) -> Any:
    """Degrees of freedom."""
    return LEAST_FREEDOM + softplus(xp, z)


@kernel
def dispersion_of(xp: Any, z: Any) -> Any:
    """Return the dispersion of counts, not below the smallest."""
    return LEAST_DISPERSION + softplus(xp, z)


def log_gamma(xp: Any, x: Any) -> Any:
    """Log of the gamma function of x > 0: Stirling's series at x + 6, to 1e-11."""
    y, inverse = x + 6, 1 / (x + 6)
    square = inverse * inverse
    later = square * (1 / 1260 - square * (1 / 1680 - square / 1188))
    series = inverse * (1 / 12 - square * (1 / 360 - later))
    below = xp.log(x * (x + 1) * (x + 2)) + xp.log((x + 3) * (x + 4) * (x + 5))
    return (y - 0.5) * xp.log(y) - y + (0.5 * log(2 * pi)) + series - below


def digamma(xp: Any, x: Any) -> Any:
    """Return the slope of :func:`log_gamma`."""
    y, inverse = x + 6, 1 / (x + 6)
    square = inverse * inverse
    later = square * (1 / 252 - square * (1 / 240 - square / 132))
    series = square * (1 / 12 - square * (1 / 120 - later))
    below = 1 / x + 1 / (x + 1) + 1 / (x + 2) + 1 / (x + 3) + 1 / (x + 4) + 1 / (x + 5)
    return xp.log(y) - 0.5 * inverse - series - below


@kernel
def gaussian(xp: Any, z: Any, s: Any, t: Any, w: Any) -> Any:
    """-log N(t; z, scale); the second value is zero."""
    scale = LEAST_SCALE + softplus(xp, s)
    u = (z - t) / scale
    value = xp.log(scale) + 0.5 * u * u + 0.5 * log(2 * pi)
    return w * value, 0.0 * w, w * u / scale, w * (1 - u * u) / scale * _logistic(xp, s)


@kernel
def student_t(xp: Any, z: Any, s: Any, n: Any, t: Any, w: Any) -> Any:
    """-log of Student's t density; the values behind the first are zero."""
    scale, freedom = LEAST_SCALE + softplus(xp, s), LEAST_FREEDOM + softplus(xp, n)
    d = (z - t) / scale
    u = d * d / freedom
    half = 0.5 * (freedom + 1)
    tail = xp.log(1 + u)
    value = log_gamma(xp, 0.5 * freedom) - log_gamma(xp, half) + 0.5 * xp.log(pi * freedom)
    value = value + xp.log(scale) + half * tail
    share = 2 * half / (freedom * (1 + u))
    slope = digamma(xp, 0.5 * freedom) - digamma(xp, half) + 1 / freedom + tail
    slope = 0.5 * (slope - 2 * half * u / (freedom * (1 + u)))
    return (
        w * value,
        0.0 * w,
        0.0 * w,
        w * share * d / scale,
        w * (1 - share * d * d) / scale * _logistic(xp, s),
        w * slope * _logistic(xp, n),
    )


@kernel
def negative_binomial(xp: Any, z: Any, a: Any, t: Any, w: Any) -> Any:
    """-log of the negative binomial of mean e^z and variance m + a m^2; second value zero."""
    dispersion = LEAST_DISPERSION + softplus(xp, a)
    r, mean = 1 / dispersion, xp.exp(z)
    both = xp.log(1 + dispersion * mean)  # log((r + mean) / r)
    value = log_gamma(xp, r) + log_gamma(xp, t + 1) - log_gamma(xp, t + r)
    value = value + (r + t) * both - t * (z - xp.log(r))
    slope = digamma(xp, r) - digamma(xp, t + r) + both + (t - mean) / (r + mean)
    return (
        w * value,
        0.0 * w,
        w * ((mean - t) * (r / (r + mean))),
        -w * (r * r) * slope * _logistic(xp, a),
    )
