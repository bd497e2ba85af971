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


def run_from(cell, sequence, start, params):
    """Return the states (T, H) of steps that start from a state and cell (h, c), and the last."""
    h, c = start
    states = np.empty((len(sequence), len(h)))
    for t, x in enumerate(sequence):
        h, c = CELLS[cell](x, h, c, **params)
        states[t] = h
    return states, (h, c)


def run(cell, sequence, units, params, *, reverse=False):
    """Return the state after each step of one sequence (T, F), as an array (T, H)."""
    order = slice(None, None, -1) if reverse else slice(None)
    zeros = np.zeros(units), np.zeros(units)
    return run_from(cell, sequence[order], zeros, params)[0][order]


class Detached:
    """A sequence cut into ranges, each of which starts from a state that is a constant.

    Parameters
    ----------
    cell : str
        A key of `CELLS`.
    sequence : ndarray of shape (T, F)
        What the constants are computed from.
    units : int
        H.
    params : dict
        W, U and biases that the constants are computed with.
    length : int
        Steps of a range; ranges begin at the first step of the sequence.
    reverse : bool
        Whether the cell goes from the last step to the first.
    """

    def __init__(self, cell, sequence, units, params, length, *, reverse=False):
        self.cell, self.reverse = cell, reverse
        self.cuts = [slice(k, k + length) for k in range(0, len(sequence), length)]
        self.cuts = self.cuts[::-1] if reverse else self.cuts
        self.starts = [(np.zeros(units), np.zeros(units))]
        for cut in self.cuts:
            last = run_from(cell, self._ordered(sequence[cut]), self.starts[-1], params)[1]
            self.starts.append(last)

    def _ordered(self, steps):
        return steps[::-1] if self.reverse else steps

    def objective(self, sequence, params, dy):
        """Return the sum of states times `dy`, which changes with the constants left alone."""
        total = 0.0
        for cut, start in zip(self.cuts, self.starts, strict=False):
            states, _ = run_from(self.cell, self._ordered(sequence[cut]), start, params)
            total += np.sum(self._ordered(states) * dy[cut])
        return total
