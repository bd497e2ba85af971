"""A metric of scikit-learn's on validation samples, after each epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from numbers import Real
from typing import Any

import numpy as np

from skdeep.data._compat import metric_of
from skdeep.data.naming import shown
from skdeep.data.place import to_host
from skdeep.estimators.fit.estimator_fit import copy_with
from skdeep.metrics import get_scorer
from skdeep.optim.user_schedule import takes


class EpochScorer:
    """Scores what an estimator would be if training ended now.

    Parameters
    ----------
    estimator : estimator
        Its parameter ``scoring`` names the scorer, or is one.
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator, scoring = estimator, estimator.scoring
        self.scorer = get_scorer(scoring)
        self._given: tuple[Any, tuple[tuple[Any, ...], Any]] | None = None

    def __call__(
        self, models: Sequence[Mapping[str, Any]], X: Any, target: Any, weight: Any
    ) -> float:
        each = [copy_with(self.estimator, attributes) for attributes in models]
        fitted = each[0] if len(each) == 1 else self.estimator._mean_of(each)
        vars(fitted).pop("feature_names_in_", None)  # these samples are an array
        given, weight = self._as_given(X, target, weight)
        takes = weight is not None and takes_weights(self.scorer)
        weights = {"sample_weight": weight} if takes else {}
        return score_of(self.scorer, fitted, *given, **weights)

    def _as_given(self, X: Any, target: Any, weight: Any) -> tuple[tuple[Any, ...], Any]:
        """Return samples, with their y where there is one, as a scorer wants them; weights."""
        if self._given is None or self._given[0] is not X:
            y, weight = self.estimator._as_scored(target, weight)
            self._given = X, ((to_host(X),) if y is None else (to_host(X), y), weight)
        return self._given[1]


def score_of(scorer: Callable[..., Any], *given: Any, **weights: Any) -> float:
    """Return the score of a fitted estimator on rows, and y where there is one.

    Raises
    ------
    ValueError
        If the scorer takes something else, or returns anything but a number, as NaN is none.
    """
    try:
        score = scorer(*given, **weights)
    except TypeError as error:
        if takes(scorer, *given, **weights):
            raise  # it has an error of its own
        form = ("estimator", "X", "y")[: len(given)]
        raise ValueError(
            f"scoring must be a function of ({', '.join(form)}), got {shown(scorer)}: {error}"
        ) from error
    if isinstance(score, np.ndarray | np.generic) and score.size == 1:
        score = score.item()
    if not isinstance(score, Real) or score != score:
        raise ValueError(
            f"scoring must return one number, but {shown(scorer)} returned {shown(score)}"
        )
    return float(score)


def takes_weights(scorer: Any) -> bool:
    """Whether a scorer, or the metric behind it, knows ``sample_weight``."""
    parameters = signature(metric_of(scorer)).parameters.values()
    return any(p.name == "sample_weight" or p.kind is p.VAR_KEYWORD for p in parameters)
