"""What samples that were held out tell: temperatures of probabilities, widths of intervals."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit, softmax, xlogy

from skdeep.data.class_target import ClassTarget

#: Range in which temperatures are looked for.
COLDEST, HOTTEST = 0.05, 20.0
#: How far logarithms of temperatures may be off where only the loss counts.
ROUGH = 0.02
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
    """Return the temperature with the smallest log loss of samples held out (Guo et al., 2017)."""
    return _best_temperature(target, held.outputs, target.encode(held.y), held.weight)[0]


def refined_score(
    target: ClassTarget, output: np.ndarray, truth: np.ndarray, weight: np.ndarray | None
) -> float:
    """Return the accuracy minus the log loss at the best temperature, of outputs and encoded y.

    How sure a network is in general tells nothing of how well it tells classes apart, and can be
    mended after training (Berta et al., 2025). The accuracy decides where few samples are held out.
    """
    right = (target.codes(output) == truth).all(axis=1)
    proba = np.clip(np.asarray(output, float), UNSURE, 1.0 - UNSURE)
    if target.kind == "binary":
        proba = np.hstack([1.0 - proba, proba])
    loss = _best_temperature(target, proba, truth, weight, ROUGH)[1]
    return float(np.average(right, weights=weight)) - loss


def _best_temperature(
    target: ClassTarget,
    proba: np.ndarray,
    truth: np.ndarray,
    weight: np.ndarray | None,
    tolerance: float = 1e-5,
) -> tuple[float, float]:
    """Return the temperature with the smallest log loss, and this loss."""

    def loss(log_temperature: float) -> float:
        tried = tempered(target, proba, float(np.exp(log_temperature)))
        return float(np.average(_log_losses(target, tried, truth), weights=weight))

    bounds, options = (np.log(COLDEST), np.log(HOTTEST)), {"xatol": tolerance}
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options=options)
    return float(np.exp(found.x)), float(found.fun)


def _log_losses(target: ClassTarget, proba: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the log loss of each sample (n,)."""
    proba = np.clip(proba, 1e-15, 1 - 1e-15)
    if target.kind == "multilabel":
        return np.asarray(-(xlogy(truth, proba) + xlogy(1 - truth, 1 - proba)).sum(axis=1))
    parts = target.split(proba) if target.kind == "multioutput" else [proba]
    columns = zip(parts, truth.T, strict=True)
    picked = [np.take_along_axis(p, k[:, None].astype(int), axis=1) for p, k in columns]
    return np.asarray(-np.log(np.hstack(picked)).sum(axis=1))


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
