"""The epochs of a machine that learns without labels."""

from __future__ import annotations

import time
from collections.abc import Mapping
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from skdeep.estimators import _inputs
from skdeep.estimators._epochs import Epochs
from skdeep.estimators._rbm_likelihood import DIVERGED

if TYPE_CHECKING:
    from skdeep.estimators._jobs import FitJob


class MachineRun(Epochs):
    """The epochs of a machine: so many as there are to be, with a number of some rows after each.

    Parameters
    ----------
    job : FitJob
        Its estimator is an :class:`~skdeep.estimators._rbm.RBMEstimator`.
    """

    #: Rows that the curve is computed on, spread evenly over those of the fit.
    WATCHED = 100

    def __init__(self, job: FitJob) -> None:
        super().__init__(job)
        X, est = job.data.X, self.est
        watched = X[:: -(-X.shape[0] // self.WATCHED)]
        watched = watched.toarray() if hasattr(watched, "tocsr") else _inputs.to_host(watched)
        self.watched = watched.astype(est._values.dtype)
        self.n_iter = 1 if self.incremental else est.n_iter
        est.n_iter_ = 0
        est.monitor_curve_ = list(est.monitor_curve_)

    def begin(self) -> None:
        est, hooks = self.est, self.job.hooks
        if est._training_state is not None:
            self._take_up(est._training_state)
        if hooks is not None:
            hooks.run = self
            if hooks.resume_from is not None:
                self.resume(hooks.resume_from)
        self._clock = time.perf_counter()
        if est.n_iter_ >= self.n_iter:
            self.over = True
            self._end()

    def _take_up(self, state: Mapping[str, Any]) -> None:
        """Continue from the state after the training before; another solver starts anew."""
        if state["solver"] == self.est.solver:
            self._restore_training(state)
        else:
            self.trainer.objective.restore(state["objective"])

    def _record(self, loss: float, rate: float, norm: float) -> None:
        """Note how far the machine has come; refuse one that has diverged."""
        est, before = self.est, self._clock
        est.n_iter_ += 1
        est.t_ += int(self.trainer.order.counts[self.model_index])
        est._values = self.trainer.predicting_values(self.model_index)
        with np.errstate(all="ignore"):
            name, value = est._monitor(self.watched)
        if not (np.isfinite(est._values).all() and np.isfinite(value)):
            raise ValueError(
                f"Training diverged in epoch {est.n_iter_}: {DIVERGED[0].lower()}{DIVERGED[1:]}"
            )
        est.monitor_curve_.append(value)
        self._clock = time.perf_counter()
        if est.verbose:
            kind, seconds = type(est).__name__, self._clock - before
            print(f"[{kind}] Iteration {est.n_iter_}, {name} = {value:.2f}, time = {seconds:.2f}s")

    def _ends(self) -> bool:
        hooks = self.job.hooks
        asked = hooks is not None and hooks.epoch(self.model)
        return asked or self.est.n_iter_ >= self.n_iter

    def _keep(self) -> None:
        est = self.est
        est._values = self.trainer.predicting_values(self.model_index)
        est._training_state = {**self._training_state(), "solver": est.solver}

    def model(self) -> dict[str, Any]:
        fitted = copy(self.est)
        fitted._values = self.trainer.predicting_values(self.model_index)
        fitted._use(self.trainer.ops.device)
        names = ("_values", "_predictor", "_device", "n_iter_", "t_", "monitor_curve_")
        return {name: fitted.__dict__[name] for name in names}

    def _training_state(self) -> dict[str, Any]:
        """Return what ``partial_fit`` needs to go on exactly."""
        model = [self.model_index]
        return {
            **self.trainer.state(model),
            "values": self.trainer.values(model),
            "draws": self.masks.state(),
        }

    def _restore_training(self, state: Mapping[str, Any]) -> None:
        rate = self.trainer.rate.copy()
        self.trainer.restore(state)
        self.trainer.rate[:] = rate  # a parameter, which may have been changed
        if state["values"] is not None:
            self.trainer.ops.to_device(state["values"], self.trainer.params.values)
        self.masks.restore(state["draws"])

    def state(self) -> dict[str, Any]:
        names = ("n_iter_", "t_", "monitor_curve_", "_means_seen")
        return {
            **self._training_state(),
            **self._streams(),
            "history": {name: copy(getattr(self.est, name)) for name in names},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        self._restore_training(state)
        self._restore_streams(state)
        for name, value in state["history"].items():
            setattr(self.est, name, copy(value))
