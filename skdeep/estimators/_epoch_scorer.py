"""A metric of scikit-learn's on validation samples, after each epoch."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from inspect import signature
from typing import Any

from sklearn.metrics import get_scorer

from skdeep.data.place import to_host


class EpochScorer:
    """Scores what an estimator would be if training ended now.

    Parameters
    ----------
    estimator : estimator
        Its parameter ``scoring`` names the scorer, or is one.
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator, scoring = estimator, estimator.scoring
        self.scorer = get_scorer(scoring) if isinstance(scoring, str) else scoring
        self._given: tuple[Any, tuple[Any, ...]] | None = None

    def __call__(self, attributes: Mapping[str, Any], X: Any, target: Any, weight: Any) -> float:
        fitted = copy.copy(self.estimator)
        vars(fitted).update(attributes)
        vars(fitted).pop("feature_names_in_", None)  # these samples are an array
        takes = weight is not None and takes_weights(self.scorer)
        weights = {"sample_weight": weight} if takes else {}
        return float(self.scorer(fitted, *self._as_given(X, target), **weights))

    def _as_given(self, X: Any, target: Any) -> tuple[Any, ...]:
        """Return samples, and their y where there is one, as a scorer wants them on the host."""
        if self._given is None or self._given[0] is not X:
            y = self.estimator._target.target_labels(target)
            self._given = X, (to_host(X),) if y is None else (to_host(X), y)
        return self._given[1]


def takes_weights(scorer: Any) -> bool:
    """Whether a scorer, or the metric behind it, knows ``sample_weight``."""
    parameters = signature(getattr(scorer, "_score_func", scorer)).parameters.values()
    return any(p.name == "sample_weight" or p.kind is p.VAR_KEYWORD for p in parameters)
