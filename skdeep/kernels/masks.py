"""Bodies of dropout: 32 random bits a unit, compared with a threshold for each model.

The bits are a hash of the row's key, the step's seed and the unit, so they need no generator, no
order of drawing and no transfer: every device computes the same ones. A row's mask does not
depend on the other rows of its batch. Rows that are equal get equal masks, which is why a row of
weight two counts exactly like two copies of it.
"""

from __future__ import annotations

from typing import Any

from skdeep.backend.kernel import kernel

# Multipliers and shifts of "lowbias32" (C. Wellons, Prospecting for hash functions, 2018).
FIRST, SECOND = 0x7FEB352D, 0x846CA68B


@kernel
def mask_bits(xp: Any, key: Any, seed: Any, unit: Any) -> Any:
    """Hash (key, seed) to a row's stream and that with the unit to 32 bits.

    The last step of the second hash is left out: it changes low bits only.
    """
    row = key ^ seed
    row = (row ^ (row >> 16)) * FIRST
    row = (row ^ (row >> 15)) * SECOND
    word = (row ^ (row >> 16)) + unit
    word = (word ^ (word >> 16)) * FIRST
    return (word ^ (word >> 15)) * SECOND


@kernel
def masked(xp: Any, x: Any, bits: Any, threshold: Any, scale: Any) -> Any:
    """Scale what is kept, zero what is dropped: where the bits lie below the threshold."""
    return x * scale * (bits >= threshold)


@kernel
def salted(xp: Any, x: Any, bits: Any, half: Any, threshold: Any, low: Any, high: Any) -> Any:
    """Keep what lies above the threshold; of the rest one half becomes `low`, one `high`."""
    dropped = bits < threshold
    return x * (bits >= threshold) + low * (bits < half) + high * (dropped * (bits >= half))


@kernel
def alpha_masked(
    xp: Any, x: Any, bits: Any, threshold: Any, scale: Any, shift: Any, low: Any
) -> Any:
    """Scale and shift what is kept, set what is dropped to `low`."""
    return (x * scale + shift) * (bits >= threshold) + low * (bits < threshold)
