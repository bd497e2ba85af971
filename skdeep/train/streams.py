"""Which random stream each draw comes from.

One ``RandomState`` per model, made from ``random_state``, serves in this order: initial weights
layer by layer, the validation split, the shuffle of each epoch. These are scikit-learn's draws.
Each step's seed of dropout masks comes from a stream of its own, seeded from the state of the
first before it is used: switching dropout on changes no shuffle. All draws are made on the host;
no draw depends on dtype, device or the models that are trained beside.
"""

from __future__ import annotations

import copy
import hashlib

import numpy as np


def noise_seed(random: np.random.RandomState) -> np.random.SeedSequence:
    """Return the seed of the noise stream that goes with `random`, without drawing from it."""
    # Draws stand for the state, which each kind of bit generator stores in its own way.
    state = random.get_state(legacy=False)
    if state["bit_generator"] == "MT19937":  # the one kind whose state can be set: no copy
        drawn = random.bytes(64)
        random.set_state(state)
    else:
        drawn = copy.deepcopy(random).bytes(64)
    digest = hashlib.sha256(drawn).digest()
    return np.random.SeedSequence(np.frombuffer(digest, "<u4").tolist())
