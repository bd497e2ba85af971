"""Bodies behind the likelihoods of restricted Boltzmann machines.

Sums of softplus over many units take one logarithm for several of them: the product of the factors
``1 + exp(-|x|)``, each between one and two, cannot overflow. Chains draw with 32 random bits a
unit, where training takes 16: the chances that 16 bits round to zero would bias their weights.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from skdeep.backend.kernel import kernel
from skdeep.kernels.activations import logistic, softplus


def _product(values: Any) -> Any:
    result = values[0]
    for value in values[1:]:
        result = result * value
    return result


def _biased(inputs_and_biases: Any) -> list[Any]:
    """Add its bias to each input; those at the end may come without."""
    half = (len(inputs_and_biases) + 1) // 2
    inputs, biases = inputs_and_biases[:half], inputs_and_biases[half:]
    return [x + bias for x, bias in zip_longest(inputs, biases, fillvalue=0.0)]


@kernel
def soft_sum(xp: Any, *inputs_and_biases: Any) -> Any:
    """Sum of softplus(x + bias) over the units that are given: first all x, then all biases."""
    sums = _biased(inputs_and_biases)
    positive = sum((xp.maximum(x, 0.0) for x in sums[1:]), xp.maximum(sums[0], 0.0))
    return positive + xp.log(_product([1 + xp.exp(-xp.abs(x)) for x in sums]))


@kernel
def anneal_hidden(
    xp: Any, x: Any, bias: Any, bits: Any, previous: Any, beta: Any
) -> tuple[Any, Any]:
    """Return a unit's gain as beta moves, softplus(beta x) - softplus(previous x), and a state.

    The two share one logarithm, and what is large in them cancels before it is rounded.
    """
    x = x + bias
    size = xp.abs(x)
    tails = (1 + xp.exp(-(beta * size))) / (1 + xp.exp(-(previous * size)))
    gain = (beta - previous) * xp.maximum(x, 0.0) + xp.log(tails)
    return gain, 1.0 * (bits * 2.0**-32 < logistic(xp, beta * x))


@kernel
def anneal_binary(xp: Any, x: Any, bias: Any, base: Any, bits: Any, beta: Any) -> Any:
    """State of a binary visible unit between the base model and the RBM."""
    field = base + beta * (x + bias - base)
    return 1.0 * (bits * 2.0**-32 < logistic(xp, field))


@kernel
def anneal_real(
    xp: Any, x: Any, bias: Any, base: Any, normal: Any, precision: Any, beta: Any
) -> Any:
    """State of a real visible unit between the base model and the RBM, over its variance."""
    field = base + beta * (x + bias - base)
    return field * precision + xp.sqrt(precision) * normal


@kernel
def binarised(xp: Any, p: Any, bits: Any) -> Any:
    """One with probability p, else zero."""
    return 1.0 * (bits * 2.0**-32 < p)


@kernel
def add_gain(xp: Any, total: Any, hidden: Any, tilt: Any, previous: Any, beta: Any) -> Any:
    """Add a step's gain to the log weights: hidden units, and the visible biases' change."""
    return total + hidden + (beta - previous) * tilt


@kernel
def standardised(xp: Any, v: Any, mean: Any, precision: Any) -> tuple[Any, Any]:
    """Return a real visible unit as its quadratic energy sees it and as the weights see it."""
    return (v - mean) * xp.sqrt(precision), v * precision


@kernel
def group_states(xp: Any, *inputs_and_biases: Any) -> tuple[Any, ...]:
    """Probability of each joint state of a few hidden units; unit k is bit k of the state's number.

    Both tails keep their relative precision, since large weights may magnify them.
    """
    sums = _biased(inputs_and_biases)
    chances = [(1 / (1 + xp.exp(x)), 1 / (1 + xp.exp(-x))) for x in sums]
    return tuple(
        _product([off_on[state >> k & 1] for k, off_on in enumerate(chances)])
        for state in range(2 ** len(chances))
    )


@kernel
def add_log_product(xp: Any, total: Any, *factors: Any) -> Any:
    """Add the logarithm of a product."""
    return total + xp.log(_product(factors))


@kernel
def flipped_input(xp: Any, x: Any, change: Any, weight: Any) -> Any:
    """Input of a hidden unit after a visible unit has changed."""
    return x + change * weight


@kernel
def flip_score(xp: Any, v: Any, bias: Any, after: Any, before: Any) -> Any:
    """Log-probability of v against 1 - v, given the hidden units' log sums for either."""
    return -softplus(xp, (1 - 2 * v) * bias + (after - before))


@kernel
def bit_flip_score(xp: Any, v: Any, bias: Any, on: Any, off: Any) -> Any:
    """Give that for v of 0 or 1 from the log ratios of those sums for switching on and off."""
    return -softplus(xp, (1 - 2 * v) * bias + (1 - v) * on + v * off)
