"""A neural autoregressive distribution over binary entries, written as loops."""

import math


def logistic(x):
    return 1 / (1 + math.exp(-x))


def logits(x, A, W, V, b, *, entries=None, thresholds=None):
    """Return the logits of one row, and its entries: those given, or chosen by thresholds."""
    n, units = len(W), len(W[0])
    bias = [sum(x[k] * A[k][i] for k in range(len(x))) + b[i] for i in range(n + units)]
    found, chosen = [], []
    for i in range(n):
        logit = bias[i]
        for d in range(units):
            total = bias[n + d] + sum(W[j][d] * chosen[j] for j in range(i))
            logit += V[i][d] * logistic(total)
        found.append(logit)
        chosen.append(float(logit > thresholds[i]) if entries is None else entries[i])
    return found, chosen


def log_likelihood(found, entries):
    """Return the log-probability of a row's entries by their logits."""
    return sum(math.log(logistic(z if v else -z)) for z, v in zip(found, entries, strict=True))
