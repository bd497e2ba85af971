"""Bodies of attention."""

from __future__ import annotations

from typing import Any

from skdeep.backend.kernel import kernel


@kernel
def tanh_of_sum(xp: Any, key: Any, asked: Any) -> Any:
    """Return the hidden layer of additive attention."""
    return xp.tanh(key + asked)


@kernel
def tanh_of_sum_back(xp: Any, hidden: Any, score_slope: Any, weight: Any) -> Any:
    """Return the slope of the sum from that of the score that the hidden layer gives."""
    return (score_slope * weight) * (1 - hidden * hidden)
