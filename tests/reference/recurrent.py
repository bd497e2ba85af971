"""Recurrent cells written as loops over rows, steps and units, from their textbook formulas."""

import math

import numpy as np


def logistic(z):
    return 1 / (1 + math.exp(-z))


def affine(x, h, W, U, b, column):
    """One gate's sum for one unit."""
    return sum(x * W[:, column]) + sum(h * U[:, column]) + b[column]


def lstm(x, h, c, W, U, b, **_):
    units = len(h)
    state, cell = np.empty(units), np.empty(units)
    for j in range(units):
        o, i, f, g = (affine(x, h, W, U, b, k * units + j) for k in range(4))
        cell[j] = logistic(f) * c[j] + logistic(i) * math.tanh(g)
        state[j] = logistic(o) * math.tanh(cell[j])
    return state, cell


def gru(x, h, _, W, U, b, c, old=None):
    """`old` is the state that the update gate keeps, where dropout hides some of `h`."""
    units = len(h)
    state = np.empty(units)
    for j in range(units):
        r, u = (logistic(affine(x, h, W, U, b, k * units + j)) for k in range(2))
        last = 2 * units + j
        n = math.tanh(sum(x * W[:, last]) + b[last] + r * (sum(h * U[:, last]) + c[j]))
        state[j] = (1 - u) * n + u * (h if old is None else old)[j]
    return state, None


def rnn(x, h, _, W, U, b, **__):
    return np.array([math.tanh(affine(x, h, W, U, b, j)) for j in range(len(h))]), None


CELLS = {"lstm": lstm, "gru": gru, "rnn": rnn}


def run(cell, sequence, units, params, *, reverse=False):
    """Return the state after each step of one sequence (T, F), as an array (T, H)."""
    h, c = np.zeros(units), np.zeros(units)
    states = np.empty((len(sequence), units))
    steps = range(len(sequence))
    for t in reversed(steps) if reverse else steps:
        h, c = CELLS[cell](sequence[t], h, c, **params)
        states[t] = h
    return states
