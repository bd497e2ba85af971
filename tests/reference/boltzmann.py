"""Slow oracles of restricted Boltzmann machines, written from the energy alone."""

from __future__ import annotations

from itertools import product

import numpy as np


def states(n):
    """Return all states of n units, (2 ** n, n)."""
    return np.array(list(product([0.0, 1.0], repeat=n))).reshape(2**n, n)


def energy(v, h, W, b, c, s=None):
    """Return E(v, h) of one pair of states."""
    if s is None:
        return -b @ v - c @ h - v @ W @ h
    return ((v - b) ** 2 / (2 * s)).sum() - c @ h - (v / s) @ W @ h


def free_energy(v, W, b, c, s=None):
    """Return -log sum_h exp(-E(v, h)) of one row."""
    return -np.logaddexp.reduce([-energy(v, h, W, b, c, s) for h in states(len(c))])


def log_partition(W, b, c):
    """Return log Z of an RBM with binary visible units, pair by pair."""
    pairs = product(states(len(b)), states(len(c)))
    return np.logaddexp.reduce([-energy(v, h, W, b, c) for v, h in pairs])


def pseudo_likelihood(v, W, b, c):
    """Return sum_i log p(v_i | the rest) of one row, flip by flip."""
    total, before = 0.0, free_energy(v, W, b, c)
    for i in range(len(v)):
        flipped = v.copy()
        flipped[i] = 1 - v[i]
        total -= np.logaddexp(0, before - free_energy(flipped, W, b, c))
    return total


def random_rbm(n_visible, n_hidden, seed=0, scale=1.0):
    """Return random W, b, c."""
    random = np.random.default_rng(seed)
    shapes = (n_visible, n_hidden), n_visible, n_hidden
    W, b, c = (random.normal(scale=scale, size=shape) for shape in shapes)
    return W, b, c
