"""The mixin of the searches: fits in stacks, everything else as in scikit-learn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from types import GeneratorType
from typing import Any

import joblib
import numpy as np
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from skdeep.backend.threads import available_threads, blas_threads
from skdeep.data._compat import callbacks_of, checked_cv, num_samples
from skdeep.fitting.stack_size import default_memory
from skdeep.metrics._scorers import without_names
from skdeep.model_selection._delivery import Dispatch, FixedSplits
from skdeep.model_selection._fits import Outcome, SearchData, StackedFits
from skdeep.model_selection._progress import ProgressKeeper
from skdeep.model_selection._scoring import Delivering, Scoring, delivering
from skdeep.model_selection._tasks import Task, make_tasks, parts_of
from skdeep.model_selection._understood import final_estimator, way_to_network
from skdeep.model_selection.step_scorer import by_steps

#: What stands for the samples of a split that nobody needs any more.
NO_ROWS = np.empty(0, int)

#: What gives its items once.
ONE_TIME = (GeneratorType, map, filter, zip)


@dataclass
class Running:
    """What a search knows while it runs; no copy of the search takes it along.

    Attributes
    ----------
    given : tuple
        X, y and the parameters by whom they are for.
    scorer : callable or None
        The search's own, where workers score.
    workers : int
        How many there are; 1: all is done here.
    times : dict of int to dict
        By the number of the task over all evaluations, what fitting and scoring took.
    n_evaluated : int
        Tasks of the evaluations before.
    serial : ExitStack
        While it is open joblib starts no workers.
    keeper : ProgressKeeper or None
        Where training goes on from evaluation to evaluation.
    """

    given: tuple[Any, ...] = ()
    scorer: Any = None
    workers: int = 1
    times: dict[int, dict[str, float]] = field(default_factory=dict)
    n_evaluated: int = 0
    serial: ExitStack = field(default_factory=ExitStack)
    keeper: ProgressKeeper | None = None

    def __reduce__(self) -> Any:
        return Running, ()


class StackedSearch:
    """Mixin before a search of scikit-learn: fits that can be stacked train together.

    ``fit`` is scikit-learn's. Small methods that it calls anyway are used to learn what was given,
    and the function that evaluates candidates is handed contexts that deliver fits. With workers
    these fit and score all tasks, and scikit-learn's evaluation of what they found runs here.
    """

    memory_limit: float | None
    _running: Running

    def fit(self, X: Any, y: Any = None, **params: Any) -> Any:
        """Run the search.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Targets.
        **params : dict
            Parameters of the estimator's ``fit``, of the scorer and of the splitter. What has as
            many entries as X has rows is cut like X.

        Returns
        -------
        self : search
            The fitted search.
        """
        self._running = running = Running()
        try:
            super().fit(X, y, **params)  # type: ignore[misc]
            if isinstance(self.scorer_, Delivering):
                self.scorer_: Any = self.scorer_.scorer
        finally:
            running.serial.close()
            del self._running
        return self

    def _get_scorers(self) -> tuple[Any, Any]:
        given = self.scoring
        scoring = by_steps(self.estimator, given)  # type: ignore[attr-defined]
        self.scoring: Any = without_names(scoring)
        try:
            scorers, metric = super()._get_scorers()  # type: ignore[misc]
        finally:
            self.scoring = given
        running = self.__dict__.get("_running")
        if running is None or running.scorer is not None:  # metadata routing asks for them
            return scorers, metric
        running.scorer, running.workers = scorers, self._n_workers()
        return (delivering(scorers) if running.workers > 1 else scorers), metric

    def _n_workers(self) -> int:
        """Return how many processes or threads fit and score."""
        # A search of somebody's own may evaluate without asking us, and callbacks hear of a fit in
        # the process that trains and scores it: as in scikit-learn.
        ours = type(self)._run_search.__module__.startswith(__package__)
        if not ours or has_callbacks(self, self.estimator):  # type: ignore[attr-defined]
            return 1
        if not may_stack(self):  # scikit-learn's own evaluation is the fastest for these
            return 1
        return int(joblib.effective_n_jobs(self.n_jobs))  # type: ignore[attr-defined]

    def _get_routed_params_for_fit(self, params: Any) -> Any:
        routed = super()._get_routed_params_for_fit(params)  # type: ignore[misc]
        self._running.given = (routed,)
        return routed

    def _check_input_parameters(self, X: Any, y: Any, split_params: Any) -> None:
        super()._check_input_parameters(X=X, y=y, split_params=split_params)  # type: ignore[misc]
        running = self._running
        (routed,) = running.given
        check_validation_rows(X, routed.estimator.fit)
        running.given = (X, y, routed)
        if running.workers > 1:  # scikit-learn's own evaluation needs none
            running.serial.enter_context(joblib.parallel_config(backend="sequential"))

    def _run_search(
        self, evaluate_candidates: Callable[..., Any], *, callback_ctx: Any = None
    ) -> None:
        self._running.serial.close()
        evaluate = partial(self._evaluate, evaluate_candidates)
        super()._run_search(evaluate, callback_ctx=callback_ctx)  # type: ignore[misc]

    def _evaluate(
        self,
        evaluate_candidates: Callable[..., Any],
        candidates: Any,
        cv: Any = None,
        more_results: Any = None,
        callback_ctx: Any = None,
    ) -> Any:
        """Evaluate candidates; fits that can be stacked are delivered, others are ordinary."""
        running, candidates = self._running, list(candidates)
        check_values(candidates)
        X, y, routed = running.given
        cv = cv or checked_cv(self)
        splits = list(cv.split(X, y, **routed.splitter.split))
        check_order(self.estimator, X, splits)  # type: ignore[attr-defined]
        if callback_ctx is not None:
            data = SearchData(X, y, routed.estimator.fit, splits)
            callback_ctx = self._dispatch(candidates, data, callback_ctx)
        n_tasks = len(candidates) * len(splits)
        running.n_evaluated += n_tasks
        if isinstance(callback_ctx, Dispatch) and len(callback_ctx.outcomes) == n_tasks:
            # All is fitted and scored: cutting samples would be most of what is left to do.
            splits = [(NO_ROWS, NO_ROWS)] * len(splits)
        try:
            return evaluate_candidates(
                candidates, FixedSplits(splits), more_results, callback_ctx=callback_ctx
            )
        finally:
            if isinstance(callback_ctx, Dispatch) and callback_ctx.fits is not None:
                callback_ctx.fits.forget()  # where the search ended with an error

    def _dispatch(self, candidates: list[Any], data: SearchData, context: Any) -> Any:
        """Return a context in which fits are delivered, where there are any to deliver."""
        running = self._running
        estimator = clone(self.estimator)  # type: ignore[attr-defined]
        listened, workers = has_callbacks(self, estimator), running.workers
        n_jobs = joblib.effective_n_jobs(self.n_jobs)  # type: ignore[attr-defined]
        if workers == 1 < n_jobs:
            return context
        tasks = make_tasks(
            estimator, candidates, len(data.splits), others=workers > 1, listened=listened
        )
        if not tasks:
            return context
        if running.keeper is not None and not listened:
            for task in tasks:
                running.keeper.prepare(task)
        fits, done = None, {}
        if workers > 1:
            done = self._on_workers(tasks, data, workers)
        else:
            fits = StackedFits(tasks, data, self, self._memory_bytes())
            if not listened:  # callbacks have no contexts yet
                fits.begin()
        kept = {task.number: task for task in tasks if task.keeps_progress}
        return Dispatch(context, partial(self._record, running.n_evaluated, kept), fits, done)

    def _record(self, first: int, kept: Mapping[int, Task], number: int, outcome: Outcome) -> None:
        """Take up what scikit-learn's results do not say of a fit."""
        keeper = self._running.keeper
        if keeper is not None and number in kept:
            keeper.keep(kept[number], outcome.progress)
        times = {"fit_time": outcome.seconds}
        if outcome.scores:
            times["score_time"] = outcome.scores[0].seconds
        self._running.times[first + number] = times

    def _memory_bytes(self) -> float:
        return default_memory() if self.memory_limit is None else self.memory_limit * 2.0**20

    def _on_workers(
        self, tasks: Sequence[Task], data: SearchData, workers: int
    ) -> dict[int, Outcome]:
        """Do and score all fits on workers, each with its share of every family."""
        routed, train = self._running.given[2], self.return_train_score  # type: ignore[attr-defined]
        scoring = Scoring(self._running.scorer, routed.scorer.score, train)
        memory = self._memory_bytes() / workers
        parts = shares_of(tasks, workers)
        # Workers that are threads of this process share its BLAS.
        with blas_threads(max(1, available_threads() // workers)) as held, held:
            parallel = Parallel(n_jobs=self.n_jobs, pre_dispatch=self.pre_dispatch)  # type: ignore[attr-defined]
            results = parallel(
                delayed(_fit_and_score)(part, data, scoring, memory) for part in parts
            )
        return {number: outcome for result in results for number, outcome in result.items()}

    def _format_results(self, candidate_params: Any, n_splits: int, out: Any, *more: Any) -> Any:
        """Set the times of stacked fits (a stack's time over its models) and of workers' scores."""
        for number, times in self._running.times.items():
            out[number].update(times)
        return super()._format_results(candidate_params, n_splits, out, *more)  # type: ignore[misc]


def shares_of(tasks: Sequence[Task], workers: int) -> list[list[Task]]:
    """Cut tasks into what a worker takes at one time.

    Of fits that stack each worker gets an equal part; of others, and of few, one after the other,
    so that all workers end at the same time. What fits share is found out once in a part.
    """
    families: dict[Any, list[Task]] = {}
    for task in tasks:
        families.setdefault(task.order[0], []).append(task)
    parts: list[list[Task]] = []
    for family in families.values():
        n = workers if family[0].stacks and len(family) >= 2 * workers else len(family)
        parts += [list(part) for part in np.array_split(np.array(family, object), n)]
    return parts


def _fit_and_score(
    tasks: Sequence[Task], data: SearchData, scoring: Scoring, memory: float
) -> dict[int, Outcome]:
    with blas_threads(None) as held, held:  # a BLAS may count for each thread
        fits = StackedFits(tasks, data, memory=memory)
        fits.begin()
        return fits.scored(scoring)


def has_callbacks(search: Any, estimator: Any) -> bool:
    """Say whether anybody listens to a search or to what it fits."""
    parts = [search, *parts_of(estimator)]
    return any(callbacks_of(part) for part in parts)


def may_stack(search: Any) -> bool:
    """Say whether a candidate may be a network that trains in stacks, before candidates are made.

    The estimator may be one, or what a parameter puts in its place or in that of a step.
    """
    if final_estimator(search.estimator) is not None:
        return True
    given = getattr(search, "param_grid", getattr(search, "param_distributions", None))
    grids = [given] if isinstance(given, Mapping) else given
    if not isinstance(grids, list | tuple) or not all(isinstance(grid, Mapping) for grid in grids):
        return True
    for values in (values for grid in grids for values in grid.values()):
        if isinstance(values, list | tuple | np.ndarray):
            if any(hasattr(value, "fit") for value in values):
                return True
        elif not hasattr(values, "rvs"):  # a distribution gives numbers
            return True
    return False


def check_order(estimator: Any, X: Any, splits: Sequence[Any]) -> None:
    """Let an estimator refuse splits that lose the order which it learns."""
    *_, last = way_to_network(estimator)
    if hasattr(last, "_check_splits"):
        last._check_splits(X, splits)


def check_validation_rows(X: Any, fit_params: Mapping[str, Any]) -> None:
    """Refuse validation rows that the search would cut like rows of X."""
    for name, value in fit_params.items():
        if name.rsplit("__", 1)[-1] == "X_val" and value is not None:
            n = num_samples(value)
            if n == num_samples(X):
                raise ValueError(
                    f"{name} has as many rows as X ({n}), so that a search would cut it like X: "
                    "give it another number of rows"
                )


def check_values(candidates: Sequence[Mapping[str, Any]]) -> None:
    """Refuse values that the first fit would use up, and that cannot be copied for others."""
    for parameters in candidates:
        for name, value in parameters.items():
            if isinstance(value, ONE_TIME):
                raise ValueError(
                    f"the values of {name!r} must be ones that many fits can use, got "
                    f"{type(value).__name__} {value!r:.60}: give a list or a tuple"
                )
