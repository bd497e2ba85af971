"""Scores of held-out samples after each epoch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from skdeep.backend import compute
from skdeep.fitting.best_epoch import Score
from skdeep.fitting.plan import FitPlan
from skdeep.train.evaluator import Evaluator

#: Returns the attributes of a model as it is now.
Model = Callable[[], dict[str, Any]]


class Validation:
    """Scores a network on held-out samples.

    Parameters
    ----------
    plan : FitPlan
        The fit whose network it is.
    evaluator : Evaluator
        Evaluates this network and others beside it.
    place : int
        Which of them.
    """

    def __init__(self, plan: FitPlan, evaluator: Evaluator, place: int) -> None:
        data, self.stopping, self.together = plan.data, plan.stopping, plan.together
        self.evaluator, self.place = evaluator, place
        #: The mean loss that the evaluator found.
        self.loss = float("nan")
        self._target: Any = data.target
        if data.held_out is not None:
            self.X = data.X
            self.rows: np.ndarray = data.held_out
            self.weight: np.ndarray | None = None
            if data.weight is not None:
                self.weight = data.weight[self.rows]
        else:
            self.X, self._target, self.weight = data.X_val, data.target_val, data.weight_val
            self.rows = np.arange(data.X_val.shape[0])

    def __call__(self, model: Model) -> tuple[Score, float]:
        """Return (score, mean loss) of what the evaluator has just found of the model.

        Where others stop with it, the score is that of their mean prediction.
        """
        if self.together is not None:
            return self.together.score(), self.loss
        return self.score(self.output(), self.loss, [model]), self.loss

    def output(self) -> np.ndarray:
        """Return what the evaluator has just found that the model predicts, (n, K)."""
        return np.asarray(self.evaluator.ops.to_host(self.evaluator.outputs[self.place]))

    def score(self, output: np.ndarray, loss: float, models: Sequence[Model]) -> Score:
        """Score the mean prediction of models, and their mean loss."""
        stopping = self.stopping
        if stopping.scoring == "loss":
            return Score(-loss)
        if not np.isfinite(output).all():
            return Score(float("nan"))
        if callable(stopping.scoring):
            attributes = [model() for model in models]
            found = stopping.scoring(attributes, self.samples, self.target, self.weight)
            return Score(found)
        if stopping.by_sample is not None:
            by_sample = stopping.by_sample(self.target, output, self.weight)
            return Score(float(by_sample.sum()), by_sample)
        assert stopping.score_outputs is not None
        return Score(stopping.score_outputs(self.target, output, self.weight))

    @cached_property
    def target(self) -> Any:
        """The encoded targets of the validation samples."""
        return compute(lambda xp, target: target[xp.asarray(self.rows)], self._target)

    @cached_property
    def samples(self) -> Any:
        """The validation samples."""
        return compute(lambda xp, X: X[xp.asarray(self.rows)], self.X)
