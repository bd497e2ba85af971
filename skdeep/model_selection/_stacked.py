"""What the searches share: fits in stacks, everything else as in scikit-learn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from numbers import Real
from typing import Any

import joblib
import numpy as np
from sklearn.base import clone
from sklearn.utils._param_validation import Interval
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import _num_samples

from skdeep.backend.threads import available_threads, blas_threads
from skdeep.model_selection._delivery import Dispatch, FixedSplits
from skdeep.model_selection._fits import Outcome, SearchData, StackedFits
from skdeep.model_selection._tasks import Task, parts_of, stackable_tasks

#: What searches take besides scikit-learn's parameters.
CONSTRAINTS = {"memory_limit": [Interval(Real, 0, None, closed="neither"), None]}


class StackedSearch:
    """Mixin before a search of scikit-learn: fits that can be stacked train together.

    ``fit`` is scikit-learn's. Three small methods that it calls anyway are used to learn what was
    given, and the function that evaluates candidates is handed contexts that deliver fits.
    """

    memory_limit: float | None
    _given: tuple[Any, Any, Any]
    _fit_seconds: dict[int, float]
    _n_evaluated: int

    def _get_routed_params_for_fit(self, params: Any) -> Any:
        routed = super()._get_routed_params_for_fit(params)  # type: ignore[misc]
        self._routed = routed
        return routed

    def _check_input_parameters(self, X: Any, y: Any, split_params: Any) -> None:
        super()._check_input_parameters(X=X, y=y, split_params=split_params)  # type: ignore[misc]
        routed = self.__dict__.pop("_routed")
        check_validation_rows(X, routed.estimator.fit)
        self._given = (X, y, routed)
        self._fit_seconds, self._n_evaluated = {}, 0

    def _run_search(
        self, evaluate_candidates: Callable[..., Any], *, callback_ctx: Any = None
    ) -> None:
        given = self.__dict__.pop("_given")  # no copy of the search takes the rows along
        evaluate = partial(self._evaluate, evaluate_candidates, *given)
        try:
            super()._run_search(evaluate, callback_ctx=callback_ctx)  # type: ignore[misc]
        finally:
            del self._fit_seconds, self._n_evaluated

    def _evaluate(
        self,
        evaluate_candidates: Callable[..., Any],
        X: Any,
        y: Any,
        routed: Any,
        candidates: Any,
        cv: Any = None,
        more_results: Any = None,
        callback_ctx: Any = None,
    ) -> Any:
        """Evaluate candidates; fits that can be stacked are delivered, others are ordinary."""
        candidates = list(candidates)
        cv = cv or self._checked_cv_orig  # type: ignore[attr-defined]
        splits = list(cv.split(X, y, **routed.splitter.split))
        data = SearchData(X, y, routed.estimator.fit, splits)
        estimator = clone(self.estimator)  # type: ignore[attr-defined]
        tasks = [] if callback_ctx is None else stackable_tasks(estimator, candidates, len(splits))
        n_jobs = joblib.effective_n_jobs(self.n_jobs)  # type: ignore[attr-defined]
        listened = has_callbacks(self, estimator)
        if n_jobs > 1 and listened:
            tasks = []  # callbacks hear of a fit in the process that trains and scores it
        if tasks:
            done = self._on_workers(tasks, data, n_jobs) if n_jobs > 1 else None
            fits = None if done else StackedFits(tasks, data, self, self._memory_bytes())
            if fits is not None and not listened:  # callbacks have no contexts yet
                fits.begin()
            record = partial(self._record, self._n_evaluated)
            callback_ctx = Dispatch(callback_ctx, record, fits, done or {})
        self._n_evaluated += len(candidates) * len(splits)
        return evaluate_candidates(
            candidates, FixedSplits(splits), more_results, callback_ctx=callback_ctx
        )

    def _record(self, first: int, number: int, seconds: float) -> None:
        self._fit_seconds[first + number] = seconds

    def _memory_bytes(self) -> float | None:
        return None if self.memory_limit is None else self.memory_limit * 2.0**20

    def _on_workers(
        self, tasks: Sequence[Task], data: SearchData, n_jobs: int
    ) -> dict[int, Outcome]:
        """Do all fits on workers, each with its share of every family; return the outcomes."""
        memory = self._memory_bytes()
        share = None if memory is None else memory / n_jobs
        families: dict[Any, list[Task]] = {}
        for task in tasks:
            families.setdefault(task.order[0], []).append(task)
        parts = [
            part
            for family in families.values()
            for part in np.array_split(np.array(family, object), min(n_jobs, len(family)))
        ]
        # Workers that are threads of this process share its BLAS.
        with blas_threads(max(1, available_threads() // n_jobs)):
            results = Parallel(n_jobs=self.n_jobs)(  # type: ignore[attr-defined]
                delayed(_fit_all)(list(part), data, share) for part in parts
            )
        return {number: outcome for result in results for number, outcome in result.items()}

    def _format_results(self, candidate_params: Any, n_splits: int, out: Any, *more: Any) -> Any:
        """Set the times of stacked fits: a stack's time over its models."""
        for number, seconds in self._fit_seconds.items():
            out[number]["fit_time"] = seconds
        return super()._format_results(candidate_params, n_splits, out, *more)  # type: ignore[misc]


def _fit_all(tasks: Sequence[Task], data: SearchData, memory: float | None) -> dict[int, Outcome]:
    fits = StackedFits(tasks, data, memory=memory)
    fits.begin()
    return fits.all()


def has_callbacks(search: Any, estimator: Any) -> bool:
    """Say whether anybody listens to a search or to what it fits."""
    parts = [search, *parts_of(estimator)]
    return any(getattr(part, "_skl_callbacks", None) for part in parts)


def check_validation_rows(X: Any, fit_params: Mapping[str, Any]) -> None:
    """Refuse validation rows that the search would cut like rows of X."""
    for name, value in fit_params.items():
        if name.rsplit("__", 1)[-1] == "X_val" and value is not None:
            n = _num_samples(value)
            if n == _num_samples(X):
                raise ValueError(
                    f"{name} has as many rows as X ({n}), so that a search would cut it like X: "
                    "give it another number of rows"
                )
