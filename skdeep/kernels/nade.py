"""Bodies of a neural autoregressive distribution over binary entries, one entry after the other."""

from __future__ import annotations

from typing import Any

from skdeep.backend.kernel import kernel
from skdeep.kernels.activations import logistic


@kernel
def hidden(xp: Any, a: Any) -> Any:
    """Return hidden units by their input."""
    return logistic(xp, a)


@kernel
def read_entry(xp: Any, a: Any, weight: Any, entry: Any) -> Any:
    """Return the hidden units' input and the hidden units once an entry has been read."""
    a = a + weight * entry
    return a, logistic(xp, a)


@kernel
def forget_entry(xp: Any, a: Any, weight: Any, entry: Any) -> Any:
    """Return the hidden units' input and the hidden units as they were before an entry."""
    a = a - weight * entry
    return a, logistic(xp, a)


@kernel
def add_slope(xp: Any, total: Any, h: Any, weight: Any, delta: Any) -> Any:
    """Add the slope along the hidden units' input that one logit brings."""
    return total + delta * weight * (h - h * h)


@kernel
def passes(xp: Any, logit: Any, limit: Any) -> Any:
    """Return 1 where a logit is above a limit, else 0."""
    return limit < logit
