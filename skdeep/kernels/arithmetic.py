"""Plain sums and products as kernels."""

from __future__ import annotations

from typing import Any

from skdeep.backend.kernel import kernel


@kernel
def add(xp: Any, x: Any, y: Any) -> Any:
    """Add two arrays."""
    return x + y


@kernel
def multiply(xp: Any, x: Any, y: Any) -> Any:
    """Multiply two arrays."""
    return x * y


@kernel
def subtract(xp: Any, x: Any, y: Any) -> Any:
    """Take one array from another."""
    return x - y


@kernel
def place(xp: Any, code: Any, last: Any, first: Any) -> Any:
    """Return where a code lies behind `first`; one below 0 or above `last` as these."""
    return xp.maximum(xp.minimum(code, last), 0) + first


@kernel
def add_multiple(xp: Any, x: Any, y: Any, factor: Any) -> Any:
    """Add a multiple of the second array to the first."""
    return x + factor * y
