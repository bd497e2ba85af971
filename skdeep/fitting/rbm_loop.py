"""The epochs of an RBM that learns without labels."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from skdeep.backend import device_of, get_backend
from skdeep.fitting.history import RBMHistory
from skdeep.fitting.jobs import FitJob
from skdeep.fitting.loop import FitLoop

#: Samples that the curve is computed on, spread evenly over those of the fit.
WATCHED = 100
#: What errors say of an RBM whose numbers left the range of its dtype.
DIVERGED = (
    "Parameters are not finite or too large. Choose a smaller learning_rate, or scale the data."
)


class RBMLoop(FitLoop):
    """As many epochs as there are to be, with a number computed from some samples after each."""

    history: RBMHistory

    def __init__(self, job: FitJob) -> None:
        super().__init__(job)
        X = self.plan.data.X
        watched = X[:: -(-X.shape[0] // WATCHED)]
        dense = hasattr(watched, "tocsr")
        watched = watched.toarray() if dense else get_backend(device_of(watched)).to_host(watched)
        self.watched = watched.astype(self.plan.values.dtype)
        self.n_iter = 1 if self.plan.incremental else self.plan.stopping.max_iter
        self.history.n_iter_ = 0

    def begin(self) -> None:
        if self.plan.state is not None:
            self._take_up(self.plan.state)
        self._begin()
        self._clock = time.perf_counter()
        if self.history.n_iter_ >= self.n_iter:
            self.over = True
            self._end()

    def _take_up(self, state: Mapping[str, Any]) -> None:
        """Continue from the state after the training before; another solver starts anew."""
        if state["solver"] == self.plan.solver:
            self._restore_training(state)
        else:
            self.trainer.objective.restore(state["objective"])

    def _record(self, loss: float, rate: float, norm: float) -> None:
        """Note how far the RBM has come; refuse one that has diverged."""
        history, before = self.history, self._clock
        history.n_iter_ += 1
        history.t_ += int(self.trainer.order.counts[self.index])
        values = self.values()
        assert self.plan.monitor is not None
        with np.errstate(all="ignore"):
            name, value = self.plan.monitor(values, self.watched)
        if not (np.isfinite(values).all() and np.isfinite(value)):
            raise ValueError(
                f"Training diverged in epoch {history.n_iter_}: {DIVERGED[0].lower()}{DIVERGED[1:]}"
            )
        history.monitor_curve_.append(value)
        self._clock = time.perf_counter()
        if self.plan.verbose:
            told = f"Iteration {history.n_iter_}, {name} = {value:.2f}"
            print(f"[{self.plan.name}] {told}, time = {self._clock - before:.2f}s")

    def _ends(self) -> bool:
        return self._report() or self.history.n_iter_ >= self.n_iter

    def _result(self) -> tuple[np.ndarray, Mapping[str, Any]]:
        return self.values(), {**self._training_state(), "solver": self.plan.solver}

    def _training_state(self) -> dict[str, Any]:
        """Return what ``partial_fit`` needs to go on exactly."""
        return {
            **self.trainer.state([self.index]),
            "values": self.trainer.values([self.index]),
            "draws": self.masks.state(),
        }

    def _restore_training(self, state: Mapping[str, Any]) -> None:
        trainer, model = self.trainer, self.index
        rate = trainer.rate[model]
        trainer.restore(state, model)
        trainer.rate[model] = rate  # a parameter, which may have been changed
        if state["values"] is not None:
            trainer.ops.to_device(state["values"], trainer.params.values[model : model + 1])
        self.masks.restore(state["draws"])

    @staticmethod
    def continuing(state: Mapping[str, Any], solver: str) -> dict[str, Any]:
        names = ("states", "averages", "rate", "steps", "values", "objective", "draws")
        return {**{name: state[name] for name in names}, "solver": solver}

    def state(self) -> dict[str, Any]:
        return {**self._training_state(), **self._streams(), "history": self.history.copied()}

    def restore(self, state: Mapping[str, Any]) -> None:
        self._restore_training(state)
        self._restore_streams(state)
        self.history.restore(state["history"])
