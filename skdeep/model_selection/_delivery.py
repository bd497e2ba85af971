"""Callback contexts that deliver fits: how results reach scikit-learn's search.

scikit-learn's search clones the estimator for each task, enters the task's callback context with
the clone, and calls its ``fit``. That context is the one place which knows both the task and the
clone, so here it makes the clone what the stacked training has made of the task already. All
around it (cutting the rows, scoring, errors, times, messages) stays scikit-learn's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import ref

from skdeep.estimators.model import FittedNetwork
from skdeep.model_selection._fits import Outcome, StackedFits


class FixedSplits:
    """A splitter that gives the splits that were made already."""

    def __init__(self, splits: Sequence[tuple[Any, Any]]) -> None:
        self.splits = splits

    def split(self, X: Any, y: Any = None, **params: Any) -> Sequence[tuple[Any, Any]]:
        """Return the splits."""
        return self.splits


class Dispatch:
    """The callback context of a search whose tasks get their fits delivered.

    Parameters
    ----------
    context : CallbackContext
        scikit-learn's own.
    record : callable
        Is told each task's number and its outcome.
    fits : StackedFits or None
        Does the fits as they are asked for.
    outcomes : mapping of int to Outcome
        Fits that are done already.
    """

    def __init__(
        self,
        context: Any,
        record: Callable[[int, Outcome], None],
        fits: StackedFits | None,
        outcomes: Mapping[int, Outcome],
    ) -> None:
        self.context, self.record = context, record
        self.fits, self.outcomes = fits, outcomes

    def subcontext(self, task_name: str, task_id: int) -> Any:
        """Return the context of a task: one that delivers where there is something to."""
        context = self.context.subcontext(task_name=task_name, task_id=task_id)
        outcome = self.outcomes.get(task_id)
        if outcome is not None:
            self.record(task_id, outcome)
            return Delivery(context, task_id, outcome=outcome)
        task = None if self.fits is None else self.fits.tasks.get(task_id)
        if task is None:
            return context
        task.context = Delivery(context, task_id, dispatch=self)
        return task.context


class Delivery:
    """The callback context of one task."""

    def __init__(
        self,
        context: Any,
        number: int,
        *,
        dispatch: Dispatch | None = None,
        outcome: Outcome | None = None,
    ) -> None:
        self.context, self.number, self.outcome = context, number, outcome
        # The dispatch holds the fits, and they their tasks with this: all rows would stay.
        self.dispatch: Callable[[], Dispatch | None] = (
            (lambda: None) if dispatch is None else ref(dispatch)
        )
        self._begun = False

    @contextmanager
    def begun(self, estimator: Any, told: Mapping[str, Any]) -> Iterator[None]:
        """Tell callbacks that the task begins; theirs are the epochs within, too.

        A pipeline is not told of them: it would report its end before its network trains.
        """
        self._begun = True
        if not isinstance(estimator, FittedNetwork):
            self.context.call_on_fit_task_begin(**told)
            yield
            return
        with self.context.propagate_callback_context(estimator):
            self.context.call_on_fit_task_begin(**told)
            yield

    @contextmanager
    def propagate_callback_context(self, estimator: Any) -> Iterator[None]:
        """Make `estimator` the fitted one; its ``fit`` returns it, or raises the fit's error."""
        outcome = self.outcome
        if outcome is None:
            assert self.dispatch is not None
            dispatch = self.dispatch()
            assert dispatch is not None  # the search holds it
            assert dispatch.fits is not None
            outcome = dispatch.fits.fetch(self.number)
            dispatch.record(self.number, outcome)
        if outcome.estimator is not None and outcome.error is None:
            vars(estimator).update(vars(outcome.estimator))
        vars(estimator)["_scores_brought_along"] = list(outcome.scores)

        def fit(*args: Any, **params: Any) -> Any:
            outcome.raise_error()
            return estimator

        estimator.fit = fit
        try:
            yield
        finally:
            del estimator.fit

    def call_on_fit_task_begin(self, **told: Any) -> Delivery:
        """Pass it on, unless that was done when the fit was begun."""
        if not self._begun:
            self.context.call_on_fit_task_begin(**told)
        return self

    def call_on_fit_task_end(self, **told: Any) -> Any:
        """Pass it on."""
        return self.context.call_on_fit_task_end(**told)
