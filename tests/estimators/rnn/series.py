"""Series to forecast, and a fit of milliseconds."""

import numpy as np

SMALL = {"max_iter": 2, "tbptt_steps": 16, "dtype": "float64", "random_state": 0}


def monthly(n=96, seed=0, level=100.0):
    t = np.arange(n)
    noise = 0.05 * np.random.default_rng(seed).normal(size=n)
    return level * np.exp(0.01 * t + 0.3 * np.sin(2 * np.pi * t / 12) + noise)
