"""Progress bars that show the loss and the validation score."""

from __future__ import annotations

from typing import Any

from skdeep.callbacks._context import TaskKey, ancestors, task_key
from skdeep.estimators.fit.running_fit import running_fit
from skdeep.nn.core.layer import is_count

#: What a bar shows of the newest epoch, and what it is called there.
SHOWN = {
    "loss": "loss",
    "validation_loss": "validation loss",
    "validation_score": "validation score",
}


class ProgressBar:
    """Bars for all that a fit consists of, with the loss and the validation score of networks.

    It is used as scikit-learn's :class:`~sklearn.callback.ProgressBar`, which shows percentages.
    Fits in other processes, as with ``n_jobs=2``, are not shown while they run: take scikit-learn's
    there.

    Parameters
    ----------
    max_propagation_depth : int or None, default=1
        How many levels of estimators within others have bars; 0 is the outermost one alone, None is
        all.

    Raises
    ------
    ImportError
        If ``rich`` is not installed.
    ValueError
        If `max_propagation_depth` is negative or no integer.

    See Also
    --------
    HistoryLogger : Writes the same numbers, and others, to a file.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import MLPClassifier
    >>> from skdeep.callbacks import ProgressBar
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((8,), early_stopping=True, random_state=0)
    >>> _ = model.set_callbacks(ProgressBar()).fit(X, y)  # doctest: +SKIP
    MLPClassifier - fit ━━━━━━━━━  43/200 loss 0.61 validation score 0.933 0:00:00
    """

    def __init__(self, max_propagation_depth: int | None = 1) -> None:
        depth = max_propagation_depth
        if depth is not None and depth != 0 and not is_count(depth):
            raise ValueError(
                f"max_propagation_depth must be an integer of at least 0, or None, got {depth!r}"
            )
        _rich_progress()
        self.max_propagation_depth = depth
        self._runs: dict[Any, _Run] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Leave what is on the screen out: a worker cannot draw there."""
        return {**self.__dict__, "_runs": {}}

    def setup(self, estimator: Any, context: Any) -> None:
        """Begin to draw."""
        if context.root_uuid not in self._runs:
            self._runs[context.root_uuid] = _Run()

    def teardown(self, estimator: Any, context: Any) -> None:
        """Stop when the outermost fit has ended."""
        run = self._runs.pop(context.root_uuid, None)
        if run is not None:
            run.progress.stop()

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Add a bar for what has parts, and for estimators within others."""
        run = self._runs.get(context.root_uuid)
        if run is None:
            return
        within = context.source_estimator_name is not None
        if context.parent is None or within or context.max_subtasks != 0:
            run.add(context)

    def on_fit_task_end(self, estimator: Any, context: Any) -> None:
        """Move the bars on; after an epoch, show its numbers."""
        run = self._runs.get(context.root_uuid)
        if run is None:
            return
        running = running_fit(estimator) if context.task_name == "epoch" else None
        run.end(context, "" if running is None else _numbers(running.last))


class _Run:
    """The bars of an outermost fit, and all within it."""

    def __init__(self) -> None:
        rich = _rich_progress()
        self.progress = rich.Progress(
            rich.TextColumn("{task.description}"),
            rich.BarColumn(bar_width=24),
            rich.TextColumn("{task.fields[done]}", justify="right"),
            rich.TextColumn("{task.fields[numbers]}"),
            rich.TimeRemainingColumn(elapsed_when_finished=True),
        )
        self.bars: dict[TaskKey, Any] = {}
        self.progress.start()

    def add(self, context: Any) -> None:
        depth = len(ancestors(context)) - 1
        number = f" #{context.task_id}" if depth else ""
        what = f"{'  ' * depth}{context.estimator_name} - {context.task_name}{number}"
        total = context.max_subtasks or (None if context.max_subtasks is None else 1)
        self.bars[task_key(context)] = self.progress.add_task(
            what, total=total, done=_done(0, total), numbers=""
        )

    def end(self, context: Any, numbers: str) -> None:
        own = self.bars.pop(task_key(context), None)
        if own is not None:  # it may have had fewer parts than it might, as by early stopping
            bar = self._bar(own)
            reached = bar.completed or bar.total or 1
            done = _done(reached, bar.total or reached)
            self.progress.update(own, total=reached, completed=reached, done=done)
        above = None if context.parent is None else self.bars.get(task_key(context.parent))
        if above is not None:
            bar = self._bar(above)
            fields = {"numbers": numbers} if numbers else {}
            done = _done(bar.completed + 1, bar.total)
            self.progress.update(above, advance=1, done=done, **fields)

    def _bar(self, which: Any) -> Any:
        return next(task for task in self.progress.tasks if task.id == which)


def _done(done: float, total: float | None) -> str:
    return f"{done:.0f}" if total is None else f"{done:.0f}/{total:.0f}"


def _numbers(last: dict[str, float | None]) -> str:
    """Return the newest values of curves as text."""
    values = {words: last[name] for name, words in SHOWN.items()}
    return " ".join(f"{words} {value:.4g}" for words, value in values.items() if value is not None)


def _rich_progress() -> Any:
    """Return ``rich.progress``, or say what needs it."""
    try:
        import rich.progress
    except ImportError as error:
        raise ImportError(
            "ProgressBar needs rich: install it, for instance with `pip install rich`"
        ) from error
    return rich.progress
