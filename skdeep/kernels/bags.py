"""Bodies of bags of tokens: weighted means of rows, whatever their order."""

from __future__ import annotations

from typing import Any

from skdeep.backend.kernel import kernel

#: Added to the sum of squares, so that a bag without tokens is zero.
TINY = 1e-12


@kernel
def counted(xp: Any, scale: Any, token: Any, valid: Any) -> Any:
    """Return the scale of tokens that count: those in the padding, and token 0, do not."""
    return scale * (token > 0) * valid


@kernel
def by_norm(xp: Any, scale: Any, squares: Any) -> Any:
    """Divide by the root of a sum of squares."""
    return scale / xp.sqrt(squares + TINY)
