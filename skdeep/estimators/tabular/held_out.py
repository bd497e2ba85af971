"""What samples that were held out tell: temperatures of probabilities, widths of intervals."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit, logit, softmax

from skdeep.data.class_target import ClassTarget

#: Range in which temperatures are looked for.
COLDEST, HOTTEST = 0.05, 20.0
#: Last relative change of a temperature where only the loss counts.
ROUGH = 0.02
#: The temperature of networks that few samples are known of, and as how many samples that counts.
USUAL, COUNTS_AS = 4.0, 4.0
#: Probabilities of 32 bits are no nearer to 0 and 1 than this.
UNSURE = 1e-7


class HeldOut(NamedTuple):
    """Predictions of samples by networks that did not train on them.

    Attributes
    ----------
    outputs : ndarray of shape (n, K)
        What the networks give, in the mean.
    y : ndarray of shape (n,) or (n, n_outputs)
        What is true.
    weight : ndarray of shape (n,) or None
        Weights of the samples.
    """

    outputs: np.ndarray
    y: Any
    weight: np.ndarray | None


# ---------------------------------------------------------------------- temperatures


def likelihoods(target: ClassTarget, logits: np.ndarray) -> np.ndarray:
    """Return probabilities of logits (n, K), of both classes where there are two: (n, C)."""
    if target.kind == "binary":
        return np.hstack([expit(-logits), expit(logits)])  # each as accurate as the other
    if target.kind == "multilabel":
        return np.asarray(expit(logits))
    parts = target.split(logits) if target.kind == "multioutput" else [logits]
    return np.hstack([softmax(part, axis=1) for part in parts])


def tempered(target: ClassTarget, proba: np.ndarray, temperature: float) -> np.ndarray:
    """Return probabilities (n, C) as they are with logits divided by a temperature."""
    if temperature == 1.0:
        return proba
    if target.kind == "multilabel":
        limits = np.finfo(proba.dtype)
        return np.asarray(
            expit(logit(np.clip(proba, limits.tiny, 1 - limits.epsneg)) / temperature)
        )
    logs = np.log(np.maximum(proba, np.finfo(proba.dtype).tiny)) / temperature
    parts = target.split(logs) if target.kind == "multioutput" else [logs]
    return np.hstack([softmax(part, axis=1) for part in parts])


def fit_temperature(target: ClassTarget, held: HeldOut) -> float:
    """Return the temperature with the smallest log loss of samples held out (Guo et al., 2017).

    Of few samples, which may all be right, it is drawn to the usual one of small tables.
    """
    n, truth = _n_effective(held), target.encode(held.y)
    parts = _behind_the_truth(target, held.outputs, truth)
    return _best_temperature(parts, held.weight, prior=COUNTS_AS / n)


def _n_effective(held: HeldOut) -> float:
    """Return how many samples of equal weight say as much (Kish): a factor of all is none."""
    if held.weight is None:
        return float(len(held.outputs))
    weight = np.asarray(held.weight / held.weight.max(), float)
    return float(weight.sum() ** 2 / (weight @ weight))


def refined_scores(
    target: ClassTarget, output: np.ndarray, truth: np.ndarray, weight: np.ndarray | None
) -> np.ndarray:
    """Return what each sample adds to the accuracy minus the log loss at the best temperature.

    Samples without weight are left out: they say nothing of chance.
    How sure a network is in general tells nothing of how well it tells classes apart, and can be
    mended after training (Berta et al., 2025). The accuracy decides where few samples are held out.
    """
    if weight is not None:
        counts = weight > 0
        output, truth, weight = output[counts], truth[counts], weight[counts]
    right = (target.codes(output) == truth).all(axis=1)
    proba = np.clip(np.asarray(output, float), UNSURE, 1.0 - UNSURE)
    if target.kind == "binary":
        proba = np.hstack([1.0 - proba, proba])
    parts = _behind_the_truth(target, proba, truth)
    losses = _losses(parts, 1 / _best_temperature(parts, weight, ROUGH))
    share = np.full(len(right), 1.0) if weight is None else np.asarray(weight, float)
    return share / share.sum() * (right - losses)


def _best_temperature(
    parts: list[tuple[np.ndarray, np.ndarray]],
    weight: np.ndarray | None,
    tolerance: float = 1e-6,
    prior: float = 0.0,
) -> float:
    """Return the temperature with the smallest log loss of what :func:`_behind_the_truth` returns.

    The loss is convex in the inverse b of the temperature, which Newton's method looks for; steps
    that leave the range where it must be are replaced by cutting that range in two. `prior` is the
    factor of what is added where b is not usual: ``USUAL * b - log(b)``, of a gamma distribution.
    """
    low, high, b = 1 / HOTTEST, 1 / COLDEST, 1.0
    for _ in range(100):
        slope, bend = _derivatives(parts, b, weight)
        slope, bend = slope + prior * (USUAL - 1 / b), bend + prior / b**2
        low, high = (low, b) if slope > 0 else (b, high)
        step = -slope / bend if bend > 0 else np.inf
        inside = low < b + step < high
        new = b + step if inside else float(np.sqrt(low * high))
        if abs(new - b) <= tolerance * b:
            break
        b = new
    return 1 / new


def _behind_the_truth(
    target: ClassTarget, proba: np.ndarray, truth: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return logits less those of true classes, as the largest (n,) and what they lack (n, C).

    There is one such pair for each column of y.
    """
    logs = np.log(np.maximum(proba, np.finfo(proba.dtype).tiny))
    if target.kind == "multilabel":
        limits = np.finfo(proba.dtype)
        right = logit(np.clip(proba, limits.tiny, 1 - limits.epsneg)) * (1 - 2 * truth)
        logits = [np.stack([np.zeros_like(column), column], axis=1) for column in right.T]
    else:
        columns = target.split(logs) if target.kind == "multioutput" else [logs]
        logits = [
            part - np.take_along_axis(part, codes[:, None].astype(int), axis=1)
            for part, codes in zip(columns, truth.T, strict=True)
        ]
    tops = [part.max(axis=1) for part in logits]
    return [(top, part - top[:, None]) for top, part in zip(tops, logits, strict=True)]


def _losses(parts: list[tuple[np.ndarray, np.ndarray]], b: float) -> np.ndarray:
    """Return the log loss of each sample (n,), of logits times b."""
    each = [b * top + np.log(np.exp(b * lacks).sum(axis=1)) for top, lacks in parts]
    return np.asarray(np.sum(each, axis=0))


def _derivatives(
    parts: list[tuple[np.ndarray, np.ndarray]], b: float, weight: np.ndarray | None
) -> tuple[float, float]:
    """Return the two derivatives of the mean log loss of logits times b with respect to b."""
    found = np.zeros(2)
    for top, lacks in parts:
        shares = np.exp(b * lacks)
        total = shares.sum(axis=1)
        mean = np.einsum("nc,nc->n", shares, lacks) / total
        square = np.einsum("nc,nc,nc->n", shares, lacks, lacks) / total
        each = np.stack([top + mean, square - mean * mean])
        found += np.average(each, axis=1, weights=weight)
    return float(found[0]), float(found[1])


# ---------------------------------------------------------------------- intervals


def conformity(held: HeldOut, n_levels: int) -> np.ndarray:
    """Return how far y of each sample lies outside of what is predicted, sorted: (n, n_outputs).

    That is the distance, or with several quantiles how far y lies beyond the outer ones, negative
    within them (Romano et al., 2019). Samples without weight have no say. Where y is missing, NaN
    stands behind the others.
    """
    counts = slice(None) if held.weight is None else held.weight > 0
    n = len(held.y)
    y = np.asarray(held.y, float).reshape(n, -1)
    bands = held.outputs.reshape(n, y.shape[1], n_levels)
    scores = np.maximum(bands[..., 0] - y, y - bands[..., -1])
    return np.sort(scores[counts], axis=0)


def margin(scores: np.ndarray, coverage: float) -> np.ndarray:
    """Return what is added on either side, so that intervals cover new samples: (n_outputs,)."""
    return np.array([_margin(column[~np.isnan(column)], coverage) for column in scores.T])


def _margin(scores: np.ndarray, coverage: float) -> float:
    """Return what is added for one output."""
    n = len(scores)
    rank = int(np.ceil((n + 1) * coverage - 1e-9))
    if rank > n:
        least = int(np.ceil(coverage / (1 - coverage) - 1e-9))
        raise ValueError(
            f"coverage={coverage} needs {least} samples that were held out, and there are {n}: fit "
            "with a larger validation_fraction, or with n_splits"
        )
    return float(scores[rank - 1])
