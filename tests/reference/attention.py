"""Attention over a memory, written as loops over samples, steps and units."""

import math

import numpy as np


def attend(query, memory, score):
    """Return steps with the mean of the memory beside each, (T, F + D), and the weights (T, S)."""
    rows, weights = [], []
    for x in query:
        scores = [score(x, m) for m in memory]
        exponentials = [math.exp(s - max(scores)) for s in scores]
        share = [e / sum(exponentials) for e in exponentials]
        mean = sum(a * m for a, m in zip(share, memory, strict=True))
        rows.append([*x, *mean])
        weights.append(share)
    return np.array(rows), np.array(weights)


def dot(W):
    """Return the score of general attention, scaled."""
    features = W.shape[1]

    def score(x, m):
        return sum(
            x[j] * sum(m[i] * W[i, j] for i in range(len(m))) for j in range(features)
        ) / math.sqrt(features)

    return score


def additive(U, W, b, v):
    """Return the score of additive attention."""

    def score(x, m):
        hidden = [
            math.tanh(sum(x * U[:, k]) + sum(m * W[:, k]) + b[0, k]) for k in range(U.shape[1])
        ]
        return sum(h * w for h, w in zip(hidden, v[:, 0], strict=True))

    return score
