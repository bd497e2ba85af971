"""One fit of an estimator: its attributes before, within, and after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skdeep.backend import Backend
from skdeep.data._compat import CONTEXTS, TEARDOWN, begin_callbacks
from skdeep.data.training_data import TrainingData
from skdeep.estimators.fit.running_fit import RunningFit
from skdeep.estimators.one_fit import CHANGING, put_back
from skdeep.fitting.callbacks import CallbackReporter
from skdeep.fitting.history import History
from skdeep.fitting.result import FitResult

#: What belongs to a fit that goes on, not to the model: no copy and no pickle has it.
OF_A_FIT = ("_running_fit", TEARDOWN, CHANGING, *CONTEXTS)


class EstimatorFit:
    """Makes an estimator the model that training gives, or leaves it as it was.

    Parameters
    ----------
    estimator : estimator
        Whose fit it is; made before the fit changes it.
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator
        self._before = dict(vars(estimator))
        self._teardown: list[Any] = []
        self._context: Any = None

    def random(self, incremental: bool, attribute: str) -> np.random.RandomState:
        """Return the main stream; from the second ``partial_fit`` on the one before goes on."""
        given = self.estimator.random_state
        kept = vars(self.estimator).get(attribute) if incremental else None
        if kept is None or not isinstance(given, Integral):
            return check_random_state(given)
        return deepcopy(kept)  # a fit that fails, or a copy of the estimator, leaves it alone

    def report(
        self,
        X: Any,
        y: Any,
        weight: Any,
        data: TrainingData | None,
        n_parts: int = 0,
        running: Callable[..., RunningFit] = RunningFit,
    ) -> CallbackReporter:
        """Tell scikit-learn's callbacks that a fit begins, which they see as `running`."""
        estimator = self.estimator
        n_tasks = estimator.n_epochs + n_parts
        context = self._context = begin_callbacks(estimator, n_tasks)
        metadata = {} if weight is None else {"sample_weight": weight}
        told = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        reporter = CallbackReporter(context, told, data)
        estimator._running_fit = running(estimator, reporter)
        reporter.begin()
        return reporter

    def publish(self, history: History) -> None:
        vars(self.estimator).update(history.attributes())

    def attributes(self, values: Any, history: History, backend: Backend) -> dict[str, Any]:
        predictor = self.estimator._make_predictor(values, backend)
        own = {"_values": values, "_predictor": predictor, "_device": backend.device}
        return {**history.copied(), **own}

    def take(self, result: FitResult) -> None:
        self.publish(result.history)
        self.estimator._take(result)

    def restore(self) -> None:
        put_back(self.estimator, self._before)

    def wait(self) -> None:
        """Keep the estimator's callbacks set up until it is trained."""
        # scikit-learn tears down what it finds here when ``fit`` returns.
        held = vars(self.estimator).get(TEARDOWN, [])
        self._teardown, held[:] = list(held), []

    def leave(self) -> None:
        vars(self.estimator).pop("_running_fit", None)
        teardown, self._teardown = self._teardown, []
        for callback in teardown:
            callback.teardown(estimator=self.estimator, context=self._context)

    def part_state(self) -> dict[str, Any]:
        return {name: getattr(self.estimator, name) for name in self.estimator._parts.left}

    def take_part_state(self, state: Mapping[str, Any]) -> None:
        vars(self.estimator).update(state)


def copy_with(estimator: Any, changes: Mapping[str, Any]) -> Any:
    """Return a copy of an estimator with other attributes; it may run after every epoch.

    Unlike one by :mod:`copy`, it makes no predictor, and moves no parts, of a model before.
    """
    copied = object.__new__(type(estimator))
    kept = {k: v for k, v in vars(estimator).items() if k not in OF_A_FIT}
    vars(copied).update({**kept, **changes})
    return copied
