"""Attention over a memory, written as loops over samples, steps and units."""

import math

import numpy as np


def attention(x, W, W_out, b, b_out, *, heads, causal=False):
    """Return what every step of a sequence (T, F) gets, (T, F)."""
    steps, width = x.shape
    size = width // heads
    fused = x @ W + np.concatenate([b[:width], np.zeros(width), b[width:]])
    joined = np.zeros((steps, width))
    for head in range(heads):
        own = slice(head * size, (head + 1) * size)
        q, k, v = (fused[:, part * width : (part + 1) * width][:, own] for part in range(3))
        for t in range(steps):
            seen = range(t + 1) if causal else range(steps)
            scores = [sum(q[t] * k[s]) / math.sqrt(size) for s in seen]
            top = max(scores)
            shares = [math.exp(score - top) for score in scores]
            for s, share in zip(seen, shares, strict=True):
                joined[t, own] += share / sum(shares) * v[s]
    return joined @ W_out + b_out


def cross_attention(x, memory, W, W_memory, W_out, b, b_memory, b_out, *, heads):
    """Return what every step of a decoder (T, F) gets of a memory (S, D), (T, F)."""
    width = x.shape[1]
    size = width // heads
    queries, pairs = x @ W + b, memory @ W_memory + np.r_[np.zeros(width), np.ravel(b_memory)]
    joined = np.zeros(x.shape)
    for head in range(heads):
        own = slice(head * size, (head + 1) * size)
        keys, values = pairs[:, :width][:, own], pairs[:, width:][:, own]
        for t, query in enumerate(queries[:, own]):
            shares = np.exp([sum(query * key) / math.sqrt(size) for key in keys])
            for share, value in zip(shares, values, strict=True):
                joined[t, own] += share / sum(shares) * value
    return joined @ W_out + b_out


def gelu(x):
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def feed_forward(x, W, W_out, b, b_out):
    """Return two dense layers with a GELU in between, of each step."""
    hidden = [[gelu(number) for number in step] for step in x @ W + b]
    return np.array(hidden) @ W_out + b_out


def norm(x, scale, shift, epsilon=1e-5):
    """Normalise each step over its features."""
    rows = []
    for step in x:
        mean = sum(step) / len(step)
        variance = sum((number - mean) ** 2 for number in step) / len(step)
        rows.append((step - mean) / math.sqrt(variance + epsilon) * scale + shift)
    return np.array(rows)


def encoder_block(x, params, heads):
    """Return a pre-norm block; `params` has those of both parts by their names."""
    for part, body in enumerate((attention, feed_forward)):
        own = params[part]
        inner = {k.split(".")[-1]: value for k, value in own.items() if k.startswith("body.")}
        more = {"heads": heads} if body is attention else {}
        x = x + body(norm(x, own["norm.scale"], own["norm.shift"]), **inner, **more)
    return x


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
