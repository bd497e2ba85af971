"""Bodies of layers that members of an ensemble share."""

from __future__ import annotations

from typing import Any

from skdeep.backend.kernel import kernel


@kernel
def scaled_shift(xp: Any, z: Any, scale: Any, shift: Any) -> Any:
    """Z times a scale, plus a shift."""
    return z * scale + shift
