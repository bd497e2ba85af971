"""Time limits of fits."""

from __future__ import annotations

import time
from numbers import Real
from typing import Any

from skdeep.callbacks._context import TaskKey, ancestors, task_key


class TimeBudget:
    """Stop a fit after the epoch in which its time is up.

    For estimators of this package and others that ask their callbacks whether to stop. Each fit
    has the whole budget for itself, also within a search; one that continues from a checkpoint has
    it anew.

    Parameters
    ----------
    seconds : float
        Wall-clock seconds, from the beginning of training. An epoch is never cut short.

    Raises
    ------
    ValueError
        If `seconds` is not a number above 0.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import MLPClassifier
    >>> from skdeep.callbacks import TimeBudget
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((8,), max_iter=10**7, tol=0, n_iter_no_change=10**7)
    >>> model = model.set_callbacks(TimeBudget(0.1)).fit(X, y)
    >>> model.n_iter_ < 10**7
    True
    """

    def __init__(self, seconds: float) -> None:
        if not isinstance(seconds, Real) or isinstance(seconds, bool) or not seconds > 0:
            raise ValueError(f"seconds must be a number above 0, got {seconds!r}")
        self.seconds: float = seconds
        self._ends: dict[TaskKey, float] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Leave running fits out: a worker has its own, and its own clock."""
        return {**self.__dict__, "_ends": {}}

    def setup(self, estimator: Any, context: Any) -> None:
        """Start the clock."""
        self._ends[task_key(context)] = time.monotonic() + self.seconds

    def teardown(self, estimator: Any, context: Any) -> None:
        """Forget the fit."""
        self._ends.pop(task_key(context), None)

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Nothing happens at the beginning of an epoch."""

    def on_fit_task_end(self, estimator: Any, context: Any) -> bool:
        """Say after an epoch whether the time is up."""
        above = map(task_key, ancestors(context)[:-1])
        ends = [self._ends[key] for key in above if key in self._ends]
        return bool(ends) and time.monotonic() >= min(ends)
