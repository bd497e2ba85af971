"""The kernels that limit gradients and average parameters."""

from __future__ import annotations

from typing import Any

from skdeep.backend.kernel import kernel


@kernel
def clip_value(xp: Any, g: Any, limit: Any) -> Any:
    """Confine each entry to [-limit, limit]."""
    return xp.maximum(xp.minimum(g, limit), -limit)


@kernel
def clip_factor(xp: Any, squares: Any, limit: Any) -> Any:
    """Limit / max(norm, limit)."""
    return limit / xp.maximum(xp.sqrt(squares), limit)


@kernel
def average(xp: Any, mean: Any, value: Any, decay: Any) -> Any:
    """Exponential moving average."""
    return value + decay * (mean - value)
