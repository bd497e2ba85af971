"""Bodies of attention."""

from __future__ import annotations

from typing import Any

from skdeep.backend.kernel import kernel
from skdeep.kernels.step_pooling import LOW


@kernel
def hidden(xp: Any, valid: Any) -> Any:
    """Return what is added to the scores of keys: zero, or what hides them where not valid."""
    return (1 - valid) * LOW


@kernel
def hide_later(xp: Any, score: Any, step: Any, query: Any) -> Any:
    """Hide keys of steps behind the query's."""
    return score + LOW * (step > query)


@kernel
def inverse(xp: Any, total: Any) -> Any:
    """Return one over it."""
    return 1 / total


@kernel
def scaled_sum(xp: Any, x: Any, bias: Any, scale: Any) -> Any:
    """Add a bias, then multiply."""
    return (x + bias) * scale


@kernel
def add_product(xp: Any, x: Any, body: Any, factor: Any) -> Any:
    """Add to a shortcut what is kept of a body."""
    return x + body * factor


@kernel
def score_slope(xp: Any, weight: Any, slope: Any, mean: Any) -> Any:
    """Return the gradient of scores from that of their softmax and its mean."""
    return weight * (slope - mean)


@kernel
def score_slope_kept(xp: Any, weight: Any, kept: Any, slope: Any, mean: Any) -> Any:
    """Do the same where dropout multiplied the weights by `kept`."""
    return weight * (kept * slope - mean)


@kernel
def sum_kept(xp: Any, x: Any, y: Any, factor: Any) -> Any:
    """Add two arrays and apply dropout."""
    return (x + y) * factor


@kernel
def tanh_of_sum(xp: Any, key: Any, asked: Any) -> Any:
    """Return the hidden layer of additive attention."""
    return xp.tanh(key + asked)


@kernel
def tanh_of_sum_back(xp: Any, hidden: Any, score_slope: Any, weight: Any) -> Any:
    """Return the slope of the sum from that of the score that the hidden layer gives."""
    return (score_slope * weight) * (1 - hidden * hidden)


@kernel
def put_in_place(xp: Any, old: Any, new: Any, time: Any, step: Any) -> Any:
    """Write what is new at the place of this step."""
    here = xp.equal(time, step)
    return xp.where(here, new, old)


@kernel
def later(xp: Any, time: Any, query: Any) -> Any:
    """Return what hides keys of steps behind the query's, and zero for others."""
    return LOW * (time > query)


@kernel
def wave(xp: Any, x: Any, place: Any, frequency: Any, phase: Any) -> Any:
    """Add the sine of a place."""
    return x + xp.sin(place * frequency + phase)
