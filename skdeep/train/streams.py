"""Which random stream each draw comes from.

One ``RandomState`` per model, made from ``random_state``, serves in this order: initial weights
layer by layer, the validation split, the shuffle of each epoch. These are scikit-learn's draws.
Masks and other noise come from a stream of their own, seeded from the state of the first before
it is used: switching dropout on changes no shuffle. All draws are made on the host; no draw
depends on dtype, device or the models that are trained beside.
"""

from __future__ import annotations

import hashlib

import numpy as np


def noise_seed(random: np.random.RandomState) -> np.random.SeedSequence:
    """Return the seed of the noise stream that goes with `random`, without drawing from it."""
    _, key, position, *_ = random.get_state(legacy=True)
    digest = hashlib.sha256(np.ascontiguousarray(key).tobytes() + bytes(str(position), "ascii"))
    return np.random.SeedSequence(np.frombuffer(digest.digest(), np.uint32).tolist())
