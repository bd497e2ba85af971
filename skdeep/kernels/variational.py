"""Bodies of the variational autoencoder: noise, codes, divergence, likelihoods.

A row's code is normal with a mean m and a log variance s that the encoder gives; z = m + exp(s / 2)
noise is a draw of it, and the prior of z is standard normal.
"""

from __future__ import annotations

from math import log, pi
from typing import Any

from skdeep.backend.kernel import kernel
from skdeep.kernels.activations import logistic, softplus
from skdeep.kernels.masks import mask_bits

LOG_TWO_PI = log(2 * pi)
#: What is added to a learned variance, so that data without noise cannot send it to zero.
VARIANCE_FLOOR = 1e-6
#: Log variances of codes between which they are what the encoder gives. A code with the first
#: is a hundredth of the prior in width, and the divergence of one of the last is 70 nats.
SMALLEST, LARGEST = -10.0, 5.0
#: The log of a learned variance up to which it is what its parameter says.
LARGEST_LEARNED = 30.0


@kernel
def bounded(xp: Any, x: Any, low: Any, high: Any) -> Any:
    """X between the ends; outside of them it grows like a logarithm, with slope one at the ends."""
    inside = xp.minimum(xp.maximum(x, low), high)
    over, under = xp.maximum(x - high, 0.0), xp.maximum(low - x, 0.0)
    return inside + xp.log(1 + over) - xp.log(1 + under)


@kernel
def bounded_backward(xp: Any, dy: Any, y: Any, low: Any, high: Any) -> Any:
    """Dy along x, from the bounded y."""
    return dy * xp.exp(-(xp.maximum(y - high, 0.0) + xp.maximum(low - y, 0.0)))


@kernel
def binarised(xp: Any, x: Any, key: Any, seed: Any, unit: Any) -> Any:
    """One with probability x, else zero; 24 bits, which float32 holds exactly."""
    uniform = (mask_bits.body(xp, key, seed, unit) >> 8) * 2.0**-24
    return 1.0 * (uniform < x)


@kernel
def code(xp: Any, mean: Any, log_variance: Any, noise: Any) -> Any:
    """Draw z from its noise."""
    return mean + xp.exp(0.5 * log_variance) * noise


@kernel
def code_spread(xp: Any, dz: Any, log_variance: Any, noise: Any) -> Any:
    """Slope of z along the log variance, times dz."""
    return 0.5 * dz * (xp.exp(0.5 * log_variance) * noise)


@kernel
def divergence(xp: Any, mean: Any, log_variance: Any) -> Any:
    """KL divergence of a code from the prior, a term for each component."""
    return 0.5 * (mean * mean + xp.exp(log_variance) - log_variance - 1.0)


@kernel
def add_divergence_slope(
    xp: Any, d_mean: Any, d_log_variance: Any, mean: Any, log_variance: Any, factor: Any
) -> Any:
    """Add `factor` times the slopes of the divergence."""
    pull = 0.5 * factor * (xp.exp(log_variance) - 1.0)
    return d_mean + factor * mean, d_log_variance + pull


@kernel
def log_ratio(xp: Any, z: Any, noise: Any, log_variance: Any) -> Any:
    """Log q(z | x) - log p(z) of a draw, a term for each component."""
    return 0.5 * (z * z - noise * noise - log_variance)


@kernel
def entropy_slope(xp: Any, d_log_variance: Any, weight: Any) -> Any:
    """Add the slope of ``weight`` times minus the entropy of a component."""
    return d_log_variance - 0.5 * weight


@kernel
def negative_sum(xp: Any, x: Any, y: Any) -> Any:
    """-(x + y)."""
    return -(x + y)


@kernel
def importance(xp: Any, e: Any, total: Any, weight: Any) -> Any:
    """Return a draw's share of its row's importance, times the row's weight."""
    return weight * (e / total)


@kernel
def importance_loss(xp: Any, top: Any, total: Any, weight: Any, log_k: Any) -> Any:
    """Minus the row's importance-weighted bound, times the row's weight."""
    return weight * (log_k - top - xp.log(total))


@kernel
def bound_loss(xp: Any, cost: Any, kl: Any, weight: Any, beta: Any) -> Any:
    """Minus the row's evidence lower bound, times the row's weight."""
    return weight * (cost + beta * kl)


@kernel
def add_importance(xp: Any, top: Any, total: Any, log_weight: Any) -> Any:
    """Take one more term into ``log(sum(exp))``, held as (largest, sum of what is relative to it).

    Before the first term they are (-1e30, 0).
    """
    higher = xp.maximum(top, log_weight)
    return higher, total * xp.exp(top - higher) + xp.exp(log_weight - higher)


@kernel
def bernoulli_cost(xp: Any, logit: Any, x: Any) -> Any:
    """-log p(x), a term for each feature."""
    return softplus(xp, logit) - x * logit


@kernel
def bernoulli_delta(xp: Any, logit: Any, x: Any, share: Any) -> Any:
    """Slope of ``share * bernoulli_cost`` along the logit."""
    return share * (logistic(xp, logit) - x)


def _grown(xp: Any, log_variance: Any) -> Any:
    """Return exp of it, which grows linearly beyond LARGEST_LEARNED."""
    over = xp.maximum(log_variance - LARGEST_LEARNED, 0.0)
    return xp.exp(xp.minimum(log_variance, LARGEST_LEARNED)) * (1 + over)


def _variance(xp: Any, log_variance: Any) -> Any:
    return _grown(xp, log_variance) + VARIANCE_FLOOR


@kernel
def gaussian_cost(xp: Any, squares: Any, log_variance: Any, n_features: Any) -> Any:
    """-log p(x) of a row with this sum of squared errors."""
    variance = _variance(xp, log_variance)
    return 0.5 * (squares / variance + n_features * (xp.log(variance) + LOG_TWO_PI))


@kernel
def gaussian_delta(xp: Any, error: Any, log_variance: Any, share: Any) -> Any:
    """Slope of ``share * gaussian_cost`` along the mean."""
    return error * (share / _variance(xp, log_variance))


@kernel
def gaussian_variance_slope(
    xp: Any, squares: Any, log_variance: Any, share: Any, n_features: Any
) -> Any:
    """Slope of ``share * gaussian_cost`` along the log variance."""
    variance = _variance(xp, log_variance)
    part = xp.exp(xp.minimum(log_variance, LARGEST_LEARNED)) / variance
    return (0.5 * share) * (part * (n_features - squares / variance))
