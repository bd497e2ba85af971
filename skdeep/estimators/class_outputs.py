"""From a classifier's outputs to probabilities, their logarithms and scores."""

from __future__ import annotations

from typing import Any

from skdeep.backend import compute
from skdeep.data.class_target import ClassTarget


def probabilities(target: ClassTarget, output: Any, *, complement: bool = True) -> Any:
    """Return one column per class from the loss's outputs (n, K)."""
    if target.kind == "multioutput":
        return target.split(output)
    if target.kind != "binary":
        return output

    def both(xp: Any, positive: Any) -> Any:
        return xp.concatenate([1 - positive if complement else positive, positive], axis=1)

    return compute(both, output)


def log_probabilities(target: ClassTarget, logits: Any) -> Any:
    """Return the logarithms of the probabilities from logits (n, K)."""
    if target.kind == "multioutput":
        return [compute(log_softmax, part) for part in target.split(logits)]
    function = {"binary": log_both, "multilabel": log_logistic, "multiclass": log_softmax}
    return compute(function[target.kind], logits)


def decisions(target: ClassTarget, logits: Any) -> Any:
    """Return logits (n, K) as scikit-learn's ``decision_function`` gives them."""
    if target.kind == "multioutput":
        return target.split(logits)
    return logits[:, 0] if target.kind == "binary" else logits


def log_softmax(xp: Any, logits: Any) -> Any:
    """Return the logarithms of a softmax over the last axis."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - xp.log(xp.exp(shifted).sum(axis=1, keepdims=True))


def log_logistic(xp: Any, logits: Any) -> Any:
    """Return log(1 / (1 + exp(-z))), accurate for small probabilities."""
    small = xp.minimum(logits, 0) - xp.log1p(xp.exp(-xp.abs(logits)))
    # log p where p is large keeps what scikit-learn gives where p rounds to 1.
    large = xp.log(1 / (1 + xp.exp(-xp.maximum(logits, 0))))
    return xp.where(logits > 0, large, small)


def log_both(xp: Any, logits: Any) -> Any:
    """Return the logarithms of both classes' probabilities from logits (n, 1)."""
    return xp.concatenate([log_logistic(xp, -logits), log_logistic(xp, logits)], axis=1)
