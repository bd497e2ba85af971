"""Bodies of dropout: 32 random bits a unit, compared with a threshold for each model.

The bits are a hash of the row's key, the step's seed and the unit, so they need no generator, no
order of drawing and no transfer: every device computes the same ones. A row's mask does not
depend on the other rows of its batch. Rows that are equal get equal masks, which is why a row of
weight two counts exactly like two copies of it.
"""

from __future__ import annotations

from typing import Any

from skdeep.backend.kernel import kernel

#: What makes a fraction of the upper 24 bits of a word, which float32 holds.
WORD = 2.0**-24
#: Largest probability of being dropped that 24 bits can say.
MOST_DROPPED = 1 - WORD

# Multipliers and shifts of "lowbias32" (C. Wellons, Prospecting for hash functions, 2018).
FIRST, SECOND = 0x7FEB352D, 0x846CA68B


def _mixed(word: Any) -> Any:
    """Hash 32 bits; the last step is left out, which changes low bits only."""
    word = (word ^ (word >> 16)) * FIRST
    return (word ^ (word >> 15)) * SECOND


@kernel
def row_stream(xp: Any, key: Any, seed: Any) -> Any:
    """Hash (key, seed) to a row's stream."""
    row = _mixed(key ^ seed)
    return row ^ (row >> 16)


@kernel
def mask_bits(xp: Any, key: Any, seed: Any, unit: Any) -> Any:
    """Hash (key, seed) to a row's stream and that with the unit to 32 bits."""
    return _mixed(row_stream.body(xp, key, seed) + unit)


@kernel
def row_word(xp: Any, key: Any, seed: Any, unit: Any, other_unit: Any) -> Any:
    """Hash (key, seed) to a row's stream, and add the words of two of a unit's places."""
    return row_stream.body(xp, key, seed) + unit + other_unit


@kernel
def kept(xp: Any, bits: Any, unit: Any, threshold: Any, scale: Any) -> Any:
    """Return `scale`, or zero for what is dropped: where hashed bits lie below the threshold."""
    return scale * (_mixed(bits + unit) >= threshold)


@kernel
def kept_at(xp: Any, bits: Any, unit: Any, rate: Any, level: Any) -> Any:
    """Do the same with probability rate * level; 24 of the bits count."""
    dropped = _dropped(xp, rate, level)
    return ((_mixed(bits + unit) >> 8) * WORD >= dropped) / (1 - dropped)


@kernel
def masked(xp: Any, x: Any, bits: Any, threshold: Any, scale: Any) -> Any:
    """Scale what is kept, zero what is dropped: where the bits lie below the threshold."""
    return x * scale * (bits >= threshold)


def _dropped(xp: Any, rate: Any, level: Any) -> Any:
    """Return the probability of being dropped, below 1 however it is rounded."""
    return xp.minimum(rate * level, MOST_DROPPED)


@kernel
def word_and_level(xp: Any, rate: Any, level: Any) -> Any:
    """Return the words below which units are dropped, as floats, and the probability of that."""
    dropped = _dropped(xp, rate, level)
    return dropped * 2.0**32, dropped


@kernel
def salted(xp: Any, x: Any, bits: Any, threshold: Any, low: Any, high: Any) -> Any:
    """Keep what lies above the threshold; of the rest one half becomes `low`, one `high`."""
    dropped, half = bits < threshold, threshold >> 1
    return x * (bits >= threshold) + low * (bits < half) + high * (dropped * (bits >= half))


@kernel
def alpha_masked(xp: Any, x: Any, kept: Any, shift: Any, low: Any) -> Any:
    """Scale by factors and shift what is kept, set what is dropped to `low`."""
    return x * kept + shift * (kept > 0) + low * (kept <= 0)
