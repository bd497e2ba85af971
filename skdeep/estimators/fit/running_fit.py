"""A fit that goes on, as callbacks see it: how far it has come, its state, and a state to take."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from skdeep.estimators.fit.identity import differences, identity
from skdeep.fitting.callbacks import CallbackReporter
from skdeep.fitting.resuming import CheckpointError, taking_up


class RunningFit:
    """What a callback may know and ask of a fit, beside what its hooks are given.

    :func:`running_fit` returns it within hooks.

    Parameters
    ----------
    estimator : estimator
        What is fitted.
    reporter : CallbackReporter
        Tells the callbacks of it.

    Attributes
    ----------
    n_epochs : int
        Maximum number of epochs.
    validates : bool
        Whether there are validation samples.
    finished : bool
        Whether a stopping rule has ended training: no epoch follows.
    interrupted : bool
        Whether Ctrl-C has ended training, perhaps within an epoch.
    last : dict of str to float or None
        The newest value of each curve: "loss", "validation_score", "validation_loss",
        "learning_rate" and "gradient_norm".
    identity : dict
        All that decides what the fit computes, apart from its length: parameters, and hashes of
        the data. It holds strings, numbers, lists and dicts, and is alike in every process. Ask
        for it when the fit begins, before the first epoch; from then on it is known.
    """

    def __init__(self, estimator: Any, reporter: CallbackReporter) -> None:
        self.estimator, self.reporter = estimator, reporter

    @property
    def n_epochs(self) -> int:
        return int(self.estimator.n_epochs)

    @property
    def validates(self) -> bool:
        data = self.reporter.data
        return data is not None and data.validates

    @property
    def finished(self) -> bool:
        loop = self.reporter.loop
        return loop is not None and loop.finished

    @property
    def interrupted(self) -> bool:
        loop = self.reporter.loop
        return loop is not None and loop.interrupted

    @property
    def learns_more(self) -> bool:
        """Whether the model has learned more, when training is over, than its last epoch tells."""
        return False

    @property
    def n_iter(self) -> int:
        """Number of epochs so far."""
        return int(self.estimator.n_iter_)

    @property
    def last(self) -> dict[str, float | None]:
        return self.estimator._history_of_fit.last(vars(self.estimator))

    @cached_property
    def identity(self) -> dict[str, Any]:
        if self.reporter.begun:  # the weights that it began with are gone
            raise ValueError("ask for the identity of a fit in on_fit_task_begin of its first task")
        assert self.reporter.data is not None
        return identity(self.estimator, self.reporter.data)

    def model(self) -> dict[str, Any]:
        """Return the part of the state that is known when the fit begins: what X and y are like."""
        from skdeep.estimators.fit.saving import model_of  # which fits without callbacks do without

        return model_of(self.estimator)

    def state(self) -> dict[str, Any]:
        """Return, after an epoch, all that going on from it exactly needs, and the model.

        Returns
        -------
        state : dict
            Dicts, lists, tuples, strings, numbers, None and arrays.

        Raises
        ------
        ValueError
            If the solver is L-BFGS, whose state SciPy keeps to itself; or if `identity` was not
            asked for when the fit began.
        """
        loop = self.reporter.loop
        if loop is None:
            raise ValueError("the training has no state: solver='lbfgs', or no epoch yet")
        return {"identity": self.identity, "state": loop.state(), **self.model()}

    def differences(self, saved: Mapping[str, Any]) -> list[str]:
        """Say in what the fit of a state, as :meth:`state` returned it, differs from this one."""
        return differences(saved["identity"], self.identity)

    def go_on_from(self, saved: Mapping[str, Any]) -> None:
        """Let the fit, which is about to begin, go on from what :meth:`state` returned.

        Of several states, as of several callbacks, the one of the latest epoch is taken.

        Raises
        ------
        CheckpointError
            If `saved` is no state of this very fit, or one beyond its number of epochs.
        """
        self._check_saved(saved)
        state, before = saved["state"], self.reporter.resume_from
        epoch = state["history"]["n_iter_"]
        self._check_epoch(epoch)
        if before is None or before["history"]["n_iter_"] < epoch:
            self.reporter.resume_from = state

    def _check_saved(self, saved: Mapping[str, Any]) -> None:
        from skdeep.estimators.fit.saved_checks import check_saved

        with taking_up("the state"):
            check_saved(saved)
        if found := self.differences(saved):
            raise CheckpointError(f"the state is another fit's: {'; '.join(found)}")

    def _check_epoch(self, epoch: int) -> None:
        if epoch > self.n_epochs:
            name = self.estimator.epochs_parameter
            raise CheckpointError(f"its epoch {epoch} is beyond {name}={self.n_epochs}")


def running_fit(estimator: Any) -> RunningFit | None:
    """Return the fit of an estimator that is under way, for hooks of callbacks.

    Parameters
    ----------
    estimator : estimator
        The one that a hook is given.

    Returns
    -------
    fit : RunningFit or None
        None outside of ``fit``, in ``partial_fit`` and for estimators of other packages.

    Examples
    --------
    A callback that says after each epoch how much of the training is done:

    >>> from sklearn.datasets import load_iris
    >>> from skdeep import MLPClassifier
    >>> from skdeep.callbacks import running_fit
    >>> class Say:
    ...     def setup(self, estimator, context):
    ...         pass
    ...
    ...     def on_fit_task_begin(self, estimator, context):
    ...         pass
    ...
    ...     def on_fit_task_end(self, estimator, context):
    ...         if context.task_name == "epoch":
    ...             fit = running_fit(estimator)
    ...             print(f"{estimator.n_iter_} of {fit.n_epochs}: loss {fit.last['loss']:.2f}")
    ...             return estimator.n_iter_ == 2
    ...
    ...     def teardown(self, estimator, context):
    ...         pass
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((8,), random_state=0).set_callbacks(Say()).fit(X, y)
    1 of 200: loss 3.82
    2 of 200: loss 3.76
    """
    found: RunningFit | None = getattr(estimator, "_running_fit", None)
    return found
