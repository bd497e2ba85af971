"""What one fit tells scikit-learn's callbacks, and what those may ask of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skdeep.data.training_data import TrainingData
    from skdeep.estimators._epochs import Epochs
    from skdeep.estimators._jobs import FitJob


class FitHooks:
    """The callback contexts of one ``fit``: a task for the fit and one per epoch.

    Parameters
    ----------
    estimator : estimator
        What is being fitted.
    X, y, weight : array-like
        Data as given to ``fit``, which the hooks get.
    data : TrainingData
        The same, validated and encoded.
    n_parts : int, default=0
        How many parts of the model may be trained beforehand, each a task.

    Attributes
    ----------
    run : Epochs or None
        The epochs, whose state a hook may take at the end of each; None with L-BFGS.
    resume_from : mapping or None
        A state that a hook sets at the beginning of the fit, to go on from.
    stopped : bool
        Whether training is to end: a callback asked for it, or Ctrl-C cut a part short.
    """

    def __init__(
        self,
        estimator: Any,
        X: Any,
        y: Any,
        weight: Any,
        data: TrainingData,
        n_parts: int = 0,
    ) -> None:
        self.estimator, self.data, self.n_parts = estimator, data, n_parts
        metadata = {} if weight is None else {"sample_weight": weight}
        self._given = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self.run: Epochs | None = None
        self.resume_from: Mapping[str, Any] | None = None
        self.stopped = False

    def begin(self) -> None:
        """Set the callbacks up and tell that the fit begins."""
        estimator = self.estimator
        length = getattr(estimator, estimator._length_parameter) + self.n_parts
        self.context = estimator._init_callback_context(max_subtasks=length)
        self.context.call_on_fit_task_begin(**self._given)

    def part(
        self, name: str, fit: Callable[[Any, Any], Iterator[FitJob]], estimator: Any, X: Any
    ) -> Iterator[FitJob]:
        """Fit a part of the model on its rows, as a task; gives the jobs that `fit` gives."""
        task = self.context.subcontext(task_name=name)
        with task.propagate_callback_context(estimator):
            task.call_on_fit_task_begin(**self._given)
            yield from fit(estimator, X)
            self.stopped = task.call_on_fit_task_end(**self._given)

    def epoch(self, model: Callable[[], dict[str, Any]]) -> bool:
        """Report an epoch and the `model` after it; True when a callback asks to stop."""
        if not self.context._callbacks:
            return False
        task = self.context.subcontext(task_name="epoch")
        task.call_on_fit_task_begin(**self._given)
        self.stopped = task.call_on_fit_task_end(**self._given, reconstruction_attributes=model)
        return self.stopped

    def end(self) -> None:
        """Tell that the fit is complete."""
        self.context.call_on_fit_task_end(**self._given, reconstruction_attributes={})
