"""Scores that are found where a model was fitted, and scorers that hand them out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from skdeep.data._compat import MetricScorer, MultimetricScorer, OwnScorer, scorers_of
from skdeep.model_selection._errors import Raises
from skdeep.model_selection._memory import size_of
from skdeep.model_selection.step_scorer import StepScorer


@dataclass
class Score(Raises):
    """What a scorer returned or raised, and its seconds."""

    value: Any
    error: Exception | None
    seconds: float

    def give(self) -> Any:
        """Return the value, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.value


@dataclass
class Scoring:
    """How the fits of a search are scored.

    Attributes
    ----------
    scorer : callable
        As in scikit-learn: of one metric, or of several.
    params : mapping
        Parameters of the scorer for all rows of the search.
    train : bool
        Whether the training rows are scored, too.
    """

    scorer: Callable[..., Any]
    params: Mapping[str, Any]
    train: bool

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of a split that are scored, in scikit-learn's order."""
        return ("test", "train") if self.train else ("test",)

    @property
    def only_predicts(self) -> bool:
        """Whether rows stay as they are: a function of the user's may work in place."""
        known = MetricScorer | OwnScorer | StepScorer
        return all(isinstance(one, known) for one in scorers_of(self.scorer))

    def __sizeof__(self) -> int:  # like that of SearchData
        return size_of(self.params, self.scorer)

    def __call__(self, estimator: Any, X: Any, y: Any, params: Mapping[str, Any]) -> Score:
        """Score some rows."""
        started = time.perf_counter()
        value, error = None, None
        try:
            given = (X,) if y is None else (X, y)
            value = self.scorer(estimator, *given, **params)
        except Exception as raised:
            error = raised
        return Score(value, error, time.perf_counter() - started)


class Delivering:
    """A scorer that hands out scores which an estimator brought along.

    Other estimators are scored by the scorer that it stands for.
    """

    def __init__(self, scorer: Callable[..., Any]) -> None:
        self.scorer = scorer

    def __call__(self, estimator: Any, *given: Any, **params: Any) -> Any:
        """Return the next score, test rows first."""
        scores = vars(estimator).get("_scores_brought_along")
        return scores.pop(0).give() if scores else self.scorer(estimator, *given, **params)


class DeliveringSeveral(Delivering, MultimetricScorer):
    """The same for several metrics; scikit-learn tells them by the class."""

    def __init__(self, scorer: MultimetricScorer) -> None:
        Delivering.__init__(self, scorer)
        self.__dict__.update(vars(scorer))


def delivering(scorer: Callable[..., Any]) -> Delivering:
    """Return a scorer that hands out scores."""
    several = isinstance(scorer, MultimetricScorer)
    return DeliveringSeveral(scorer) if several else Delivering(scorer)
