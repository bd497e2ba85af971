"""One fit of an estimator: what it was before, and what it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skdeep.backend import Backend
from skdeep.estimators._rollback import attributes, restore
from skdeep.fitting.history import History
from skdeep.fitting.result import FitResult


class EstimatorFit:
    """Makes an estimator the model that training gives, or leaves it as it was.

    Parameters
    ----------
    estimator : estimator
        Whose fit it is; made before the fit changes it.
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator
        self._before = attributes(estimator)
        self._teardown: list[Any] = []

    def publish(self, history: History) -> None:
        vars(self.estimator).update(history.attributes())

    def attributes(self, values: Any, history: History, backend: Backend) -> dict[str, Any]:
        snapshot: dict[str, Any] = self.estimator._snapshot(values, history, backend)
        return snapshot

    def take(self, result: FitResult) -> None:
        self.publish(result.history)
        self.estimator._take(result)

    def restore(self) -> None:
        restore(self.estimator, self._before)

    def wait(self) -> None:
        """Keep the estimator's callbacks set up until it is trained."""
        # scikit-learn tears down what it finds here when ``fit`` returns.
        held = vars(self.estimator).get("_skl_callbacks_to_teardown", [])
        self._teardown, held[:] = list(held), []

    def leave(self) -> None:
        reporter = vars(self.estimator).pop("_reporter", None)
        teardown, self._teardown = self._teardown, []
        for callback in teardown:
            callback.teardown(estimator=self.estimator, context=reporter.context)

    def part_state(self) -> dict[str, Any]:
        return {name: getattr(self.estimator, name) for name in self.estimator._parts.left}

    def take_part_state(self, state: Mapping[str, Any]) -> None:
        vars(self.estimator).update(state)
