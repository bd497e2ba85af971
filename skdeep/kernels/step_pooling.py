"""Bodies of pooling over the steps of sequences."""

from __future__ import annotations

from typing import Any

from skdeep.backend.kernel import kernel

#: Lies below every output in the padding, so that a maximum does not see it.
LOW = -1e30


@kernel
def is_before(xp: Any, step: Any, length: Any) -> Any:
    """Return 1 in the steps before a sequence's end."""
    return 1.0 * (step < length)


@kernel
def last_of(xp: Any, valid: Any, following: Any) -> Any:
    """Return 1 in the last step of each sequence, 0 in the others."""
    return valid * (1 - following)


@kernel
def only_valid(xp: Any, x: Any, valid: Any) -> Any:
    """Push what lies in the padding below everything."""
    return x * valid + (1 - valid) * LOW


@kernel
def window_factor(xp: Any, there: Any, size: Any) -> Any:
    """Return what makes the mean over `there` steps of one over `size`, the rest of which are 0."""
    return size / there


@kernel
def part_of(xp: Any, weight: Any, total: Any) -> Any:
    """Return the part in a total that may be 0, where all parts are."""
    return weight / (total + (total <= 0))


@kernel
def is_largest(xp: Any, x: Any, top: Any) -> Any:
    """Return 1 where x is the largest."""
    return 1.0 * xp.equal(x, top)


@kernel
def shared(xp: Any, dy: Any, chosen: Any, count: Any) -> Any:
    """Split a gradient evenly over the chosen ones."""
    return dy * chosen / count


@kernel
def exp_below(xp: Any, score: Any, top: Any) -> Any:
    """Return the exponential of the distance to the largest."""
    return xp.exp(score - top)


@kernel
def quotient(xp: Any, x: Any, total: Any) -> Any:
    """Return the share in a total."""
    return x / total


@kernel
def softmax_back(xp: Any, share: Any, slope: Any, mean: Any) -> Any:
    """Return the gradient of scores from that of their softmax and its mean."""
    return share * (slope - mean)


@kernel
def softmax_slope(xp: Any, product: Any, share: Any, mean: Any) -> Any:
    """Return the gradient of scores from that of their softmax times it, and its mean."""
    return product - share * mean


@kernel
def weighted_sum_back(xp: Any, share: Any, dy: Any, score_slope: Any, query: Any) -> Any:
    """Return the gradient of steps whose weights depend on them too."""
    return share * dy + score_slope * query
