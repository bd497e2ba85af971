"""Every optimizer as a plain loop over numbers, written from the papers.

Each function takes the first parameters (P,), one gradient per step (T, P), one learning rate per
step (T,), and returns the parameters after each step (T, P). Moments are kept as the papers have
them, and every factor is computed where it is used.
"""

from __future__ import annotations

from math import sqrt

import numpy as np


def _steps(p, grads, rates, rule, n_states):
    """Run `rule(t, p, g, rate, *states) -> (p, *states)` for each parameter by itself."""
    path = np.empty_like(grads)
    for k in range(len(p)):
        values = (float(p[k]), *[0.0] * n_states)
        for t, (g, rate) in enumerate(zip(grads[:, k], rates, strict=True), start=1):
            values = rule(t, values[0], float(g), float(rate), *values[1:])
            path[t - 1, k] = values[0]
    return path


def sgd(p, grads, rates):
    """Cauchy (1847)."""
    return _steps(p, grads, rates, lambda t, p, g, rate: (p - rate * g,), 0)


def momentum(p, grads, rates, *, momentum):
    """Polyak (1964)."""

    def rule(t, p, g, rate, velocity):
        velocity = momentum * velocity - rate * g
        return p + velocity, velocity

    return _steps(p, grads, rates, rule, 1)


def nesterov(p, grads, rates, *, momentum):
    """Nesterov (1983), in the form of Sutskever et al. (2013) about the point looked ahead to."""

    def rule(t, p, g, rate, velocity):
        previous = velocity
        velocity = momentum * velocity - rate * g
        return p - momentum * previous + (1 + momentum) * velocity, velocity

    # p here is the shifted point: p + momentum * velocity, which is where gradients are taken.
    return _steps(p, grads, rates, rule, 1)


def adam(p, grads, rates, *, beta_1, beta_2, epsilon):
    """Kingma and Ba (2015), the faster form at the end of section 2, as in scikit-learn."""

    def rule(t, p, g, rate, m, v):
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        rate = rate * sqrt(1 - beta_2**t) / (1 - beta_1**t)
        return p - rate * m / (sqrt(v) + epsilon), m, v

    return _steps(p, grads, rates, rule, 2)


def adamw(p, grads, rates, *, beta_1, beta_2, epsilon):
    """Loshchilov and Hutter (2019), algorithm 2, without the decay."""

    def rule(t, p, g, rate, m, v):
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        m_hat, v_hat = m / (1 - beta_1**t), v / (1 - beta_2**t)
        return p - rate * m_hat / (sqrt(v_hat) + epsilon), m, v

    return _steps(p, grads, rates, rule, 2)


def nadam(p, grads, rates, *, beta_1, beta_2, epsilon, momentum_decay):
    """Dozat (2016), as PyTorch documents it."""

    def rule(t, p, g, rate, m, v, product):
        mu = beta_1 * (1 - 0.5 * 0.96 ** (t * momentum_decay))
        following = beta_1 * (1 - 0.5 * 0.96 ** ((t + 1) * momentum_decay))
        product = mu * (1.0 if t == 1 else product)
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        m_hat = following * m / (1 - product * following) + (1 - mu) * g / (1 - product)
        v_hat = v / (1 - beta_2**t)
        return p - rate * m_hat / (sqrt(v_hat) + epsilon), m, v, product

    return _steps(p, grads, rates, rule, 3)


def radam(p, grads, rates, *, beta_1, beta_2, epsilon):
    """Liu et al. (2020), algorithm 2, adapting beyond a length of 5 as PyTorch does."""

    def rule(t, p, g, rate, m, v):
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        m_hat = m / (1 - beta_1**t)
        longest = 2 / (1 - beta_2) - 1
        length = longest - 2 * t * beta_2**t / (1 - beta_2**t)
        if length <= 5:
            return p - rate * m_hat, m, v
        adaptive = sqrt(1 - beta_2**t) / (sqrt(v) + epsilon)
        numerator = (length - 4) * (length - 2) * longest
        damping = sqrt(numerator / ((longest - 4) * (longest - 2) * length))
        return p - rate * m_hat * damping * adaptive, m, v

    return _steps(p, grads, rates, rule, 2)


def rmsprop(p, grads, rates, *, beta_2, epsilon):
    """Tieleman and Hinton (2012)."""

    def rule(t, p, g, rate, v):
        v = beta_2 * v + (1 - beta_2) * g**2
        return p - rate * g / (sqrt(v) + epsilon), v

    return _steps(p, grads, rates, rule, 1)


def adagrad(p, grads, rates, *, epsilon):
    """Duchi, Hazan and Singer (2011), with diagonal matrices."""

    def rule(t, p, g, rate, squares):
        squares = squares + g**2
        return p - rate * g / (sqrt(squares) + epsilon), squares

    return _steps(p, grads, rates, rule, 1)


def lion(p, grads, rates, *, beta_1, beta_2):
    """Chen et al. (2023), algorithm 2, without the decay."""

    def rule(t, p, g, rate, m):
        step = beta_1 * m + (1 - beta_1) * g
        sign = (step > 0) - (step < 0)
        return p - rate * sign, beta_2 * m + (1 - beta_2) * g

    return _steps(p, grads, rates, rule, 1)
