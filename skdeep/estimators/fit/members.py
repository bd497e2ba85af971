"""Estimators that consist of several networks: one fit, in stages, of which callbacks hear."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from sklearn.utils.validation import check_is_fitted

from skdeep.data._compat import CALLBACKS
from skdeep.estimators.fit.estimator_fit import OF_A_FIT, EstimatorFit
from skdeep.estimators.fit.running_members import RunningMembers
from skdeep.estimators.fit.waiting import defer_staged
from skdeep.estimators.sklearn_bases import BaseEstimator, CallbackSupportMixin
from skdeep.fitting.callbacks import CallbackReporter
from skdeep.fitting.history import NetworkHistory
from skdeep.fitting.jobs import FitJob
from skdeep.fitting.side_by_side import train_staged
from skdeep.fitting.staged import StagedJob, Stages


class MembersFit:
    """What the stages of one fit have in common.

    Parameters
    ----------
    estimator : estimator
        What is fitted.
    given : tuple
        X, y and weights as they were given.
    """

    def __init__(self, estimator: Any, given: tuple[Any, Any, Any]) -> None:
        self.estimator, self.given = estimator, given
        self.owner = EstimatorFit(estimator)
        self.job: StagedJob
        self._reporters: list[CallbackReporter] = []

    @property
    def cut_short(self) -> bool:
        """Whether Ctrl-C or a callback has ended training."""
        stopped = any(reporter.stopped for reporter in self._reporters)
        return stopped or self.job.interruption is not None

    def begin_main(
        self, members: Sequence[Any], jobs: Sequence[FitJob], n_more_tasks: int = 0
    ) -> None:
        """Tell callbacks that the networks, which the estimator has already, begin to train."""
        running = partial(RunningMembers, members=members, jobs=jobs)
        told = (*self.given, None, n_more_tasks)
        self._reporters.append(self.owner.report(*told, running=running))
        self.job.after_epoch = self.estimator._running_fit.begin()

    def begin_more(self, name: str, members: Sequence[Any], jobs: Sequence[FitJob]) -> None:
        """Tell callbacks of a further stage as one task, of which no checkpoint is made."""
        (main,) = self._reporters
        if not main.listens:
            return
        n_epochs = max(int(member.n_epochs) for member in members)
        task = main.context.subcontext(task_name=name, max_subtasks=n_epochs)
        reporter = CallbackReporter(task, main.told, None)
        running = RunningMembers(self.estimator, reporter, members, jobs)
        self.estimator._running_fit.further = running
        self.estimator._running_fit = running
        self._reporters.append(reporter)
        reporter.begin()
        self.job.after_epoch = running.begin()

    def end(self) -> None:
        """Tell callbacks that what began last is over, and then the fit."""
        while self._reporters:
            self._reporters.pop().end()


class HasMembers(CallbackSupportMixin, BaseEstimator):
    """An estimator whose fit trains several networks, which it keeps."""

    #: Where it keeps them.
    _members_name: ClassVar[str] = "members_"
    #: Whether Ctrl-C leaves what they have learned.
    _keeps: ClassVar[bool] = True
    #: Whether they may wait for those of other fits; not where others say what they are.
    _waits: ClassVar[bool] = True

    #: What its training has come to: that of its networks.
    _history_of_fit = NetworkHistory

    @property
    def epochs_parameter(self) -> str:
        """Name of the parameter that says how many epochs a fit has at most."""
        return "max_iter"

    @property
    def n_epochs(self) -> int:
        """Maximum number of epochs of a fit that goes on, or is over."""
        if not self._networks:
            check_is_fitted(self)
        return max(int(member.n_epochs) for member in self._networks)

    @property
    def _networks(self) -> Sequence[Any]:
        return vars(self).get(self._members_name, ())

    @property
    def n_iter_(self):
        """Epochs of the network that trained longest."""
        if "_running_fit" not in vars(self):
            check_is_fitted(self)
        return max(member.n_iter_ for member in self._networks)

    def _leave_out_untrained(self, fit: MembersFit) -> None:
        """Leave out members that Ctrl-C has kept from training; go on if any is left."""
        if fit.job.interruption is None:
            return
        trained = [member for member in self._networks if hasattr(member, "_predictor")]
        if not trained:
            raise fit.job.interruption
        setattr(self, self._members_name, trained)

    def _fit_in_stages(
        self, stages: Callable[[MembersFit], Stages], given: tuple[Any, Any, Any]
    ) -> None:
        """Fit; whatever goes wrong, the model stays as it was."""
        fit = MembersFit(self, given)
        try:
            fit.job = StagedJob(stages(fit), fit.owner, keeps=self._keeps)
            fit.job.go_on()
            if defer_staged(self, fit.job):
                fit.owner.wait()
            else:
                limit = self.memory_limit
                train_staged(fit.job, None if limit is None else limit * 2.0**20)
        except BaseException:
            fit.owner.restore()
            raise

    def _saved_table(self) -> dict[str, Any]:
        """Return what a checkpoint holds besides the networks."""
        raise NotImplementedError

    def _saved_end(self) -> dict[str, Any]:
        """Return what it has learned when its networks were trained, for a checkpoint."""
        return {}

    def _restore(self, saved: Mapping[str, Any]) -> None:
        """Become the model of a checkpoint."""
        raise NotImplementedError

    def __sklearn_is_fitted__(self) -> bool:
        members = self._networks
        return bool(members) and all(hasattr(member, "_predictor") for member in members)

    def __getstate__(self) -> dict[str, Any]:
        state: Any = super().__getstate__()
        left = (*OF_A_FIT, CALLBACKS) if self.__sklearn_is_fitted__() else OF_A_FIT
        return {key: value for key, value in state.items() if key not in left}
