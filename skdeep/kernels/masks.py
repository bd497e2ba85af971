"""Bodies of dropout: 16 random bits a unit, compared with a threshold for each model.

A unit is dropped where its bits lie below ``threshold``, which happens with probability
``threshold / 65536`` exactly.
"""

from __future__ import annotations

from typing import Any

from skdeep.backend.kernel import kernel


@kernel
def masked(xp: Any, x: Any, bits: Any, threshold: Any, scale: Any) -> Any:
    """Scale what is kept, zero what is dropped."""
    return x * scale * (bits >= threshold)


@kernel
def alpha_masked(
    xp: Any, x: Any, bits: Any, threshold: Any, scale: Any, shift: Any, low: Any
) -> Any:
    """Scale and shift what is kept, set what is dropped to `low`."""
    return (x * scale + shift) * (bits >= threshold) + low * (bits < threshold)
