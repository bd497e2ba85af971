"""Scores of held-out samples after each epoch."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from skdeep.backend import compute
from skdeep.fitting.plan import FitPlan
from skdeep.train.evaluator import Evaluator


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
        data, self.stopping = plan.data, plan.stopping
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

    def __call__(self, model: Callable[[], dict[str, Any]]) -> tuple[float, float]:
        """Return (score, mean loss) of what the evaluator has just found of the model."""
        loss, stopping = self.loss, self.stopping
        if stopping.scoring == "loss":
            return -loss, loss
        output = self.evaluator.ops.to_host(self.evaluator.outputs[self.place])
        if not np.isfinite(output).all():
            return float("nan"), loss
        if callable(stopping.scoring):
            score = stopping.scoring(model(), self.samples, self.target, self.weight)
            return score, loss
        assert stopping.score_outputs is not None
        return stopping.score_outputs(self.target, output, self.weight), loss

    @cached_property
    def target(self) -> Any:
        """The encoded targets of the validation samples."""
        return compute(lambda xp, target: target[xp.asarray(self.rows)], self._target)

    @cached_property
    def samples(self) -> Any:
        """The validation samples."""
        return compute(lambda xp, X: X[xp.asarray(self.rows)], self.X)
