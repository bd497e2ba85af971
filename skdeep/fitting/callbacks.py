"""What one fit tells scikit-learn's callbacks, and what those may ask of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol
from weakref import ref

from skdeep.data._compat import has_listeners
from skdeep.data.training_data import TrainingData


class Resumable(Protocol):
    """The epochs of a fit, as a callback sees them."""

    #: Whether a stopping rule has ended training.
    finished: bool
    #: Whether Ctrl-C has ended training.
    interrupted: bool

    def state(self) -> dict[str, Any]:
        """Return all that going on after this epoch exactly needs."""


class CallbackReporter:
    """The callback contexts of one ``fit``: a task for the fit and one per epoch.

    Parameters
    ----------
    context : CallbackContext
        scikit-learn's, of the estimator's fit.
    told : mapping
        What callbacks get: the estimator, and the data as given to ``fit``.
    data : TrainingData or None
        The same, validated and encoded; None where several networks have their own.

    Attributes
    ----------
    loop : Resumable or None
        The epochs, whose state a callback may take at the end of each; None with L-BFGS.
    resume_from : mapping or None
        A state that a callback sets at the beginning of the fit, to go on from.
    begun : bool
        Whether callbacks know that the fit begins.
    stopped : bool
        Whether training is to end: a callback asked for it, or Ctrl-C cut a part short.
    """

    def __init__(self, context: Any, told: Mapping[str, Any], data: TrainingData | None) -> None:
        self.context, self.told, self.data = context, told, data
        self._loop: ref[Resumable] | None = None
        self.resume_from: Mapping[str, Any] | None = None
        self.begun = self.stopped = False

    @property
    def loop(self) -> Resumable | None:
        # A loop knows its reporter: were both known for good, buffers would outlive the fit.
        return None if self._loop is None else self._loop()

    @loop.setter
    def loop(self, loop: Resumable) -> None:
        self._loop = ref(loop)

    @property
    def listens(self) -> bool:
        """Whether any callback listens."""
        return has_listeners(self.context)

    def begin(self) -> None:
        """Tell that the fit begins."""
        self.context.call_on_fit_task_begin(**self.told)
        self.begun = True

    @contextmanager
    def part(self, name: str, estimator: Any) -> Iterator[None]:
        """Report the fit of a part of the model as a task."""
        task = self.context.subcontext(task_name=name)
        with task.propagate_callback_context(estimator):
            task.call_on_fit_task_begin(**self.told)
            yield
            self.stopped = task.call_on_fit_task_end(**self.told)

    def epoch(self, model: Callable[[], dict[str, Any]]) -> bool:
        """Report an epoch and the `model` after it; True when a callback asks to stop."""
        if not self.listens:
            return False
        task = self.context.subcontext(task_name="epoch")
        task.call_on_fit_task_begin(**self.told)
        self.stopped = task.call_on_fit_task_end(**self.told, reconstruction_attributes=model)
        return self.stopped

    def end(self) -> None:
        """Tell that the fit is complete."""
        self.context.call_on_fit_task_end(**self.told, reconstruction_attributes={})
