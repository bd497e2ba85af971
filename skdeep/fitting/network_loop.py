"""One fit of a network, epoch by epoch: history, validation, stopping, messages, callbacks.

The rules are scikit-learn's; where they differ, ``docs/deviations.md`` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdeep.backend.user_warnings import warn
from skdeep.fitting.best_epoch import BestEpoch
from skdeep.fitting.history import NetworkHistory
from skdeep.fitting.jobs import FitJob
from skdeep.fitting.loop import FitLoop
from skdeep.optim.schedules import last_rise
from skdeep.train.early_stopping import EarlyStopping

NON_FINITE = (
    "Solver produced non-finite parameter weights. The input data may"
    " contain large values and need to be preprocessed."
)


class NetworkLoop(FitLoop):
    """The epochs of a network with a stochastic solver."""

    history: NetworkHistory

    def __init__(self, job: FitJob) -> None:
        super().__init__(job)
        self.stopping = self.plan.stopping
        self.patience = EarlyStopping(self.stopping.tol, self.stopping.n_iter_no_change)
        self.best = BestEpoch(
            last_of_ties=self.stopping.last_of_ties, standard_errors=self.stopping.standard_errors
        )

    def begin(self) -> None:
        if self.plan.state is not None:
            self._take_up(self.plan.state)
        self.history.begin(
            incremental=self.plan.incremental,
            validates=self.plan.data.validates,
            early_stopping=self.stopping.early,
        )
        self._begin()
        if self.finished or self.history.n_iter_ >= self.stopping.max_iter:
            self._warn_of_too_few_epochs()  # a training that was complete
            self.over = True
            self._end()

    def _take_up(self, state: Mapping[str, Any]) -> None:
        """Continue from the state after the training before; another solver starts anew."""
        trainer = self.trainer
        if state["solver"] == self.plan.solver:
            trainer.restore(state)
            if state["values"] is not None and self.plan.numbers["ema_decay"] is not None:
                trainer.ops.to_device(state["values"], trainer.params.values)
        self.masks.restore(state["masks"])
        self.patience.restore(state)

    def _record(self, loss: float, rate: float, norm: float) -> None:
        history = self.history
        history.n_iter_ += 1
        history.loss_ = loss
        history.t_ += int(self.trainer.order.counts[self.index])
        history.loss_curve_.append(loss)
        history.learning_rate_curve_.append(rate)
        history.gradient_norm_curve_.append(norm)
        if self.plan.verbose:
            print(f"Iteration {history.n_iter_}, loss = {loss:.8f}")
        self._validate(loss)

    def _validate(self, loss: float) -> None:
        """Score the epoch and count whether it stalled."""
        history, kept = self.history, False
        if self.validation is not None:
            score, validation_loss = self.validation(self.model)
            assert history.validation_scores_ is not None
            assert history.validation_loss_curve_ is not None
            history.validation_scores_.append(score.value)
            history.validation_loss_curve_.append(validation_loss)
            if self.plan.verbose:
                print(f"Validation score: {score.value:f}")
            kept = self.best.update(history.n_iter_, score, self.values)
            loss = -score.value if self.stopping.early else loss
        self.patience.update(loss)
        if kept and self.stopping.standard_errors:
            self.patience.stalled = 0
        if self.stopping.patience_factor:  # the best epoch is the last that did not stall
            best = history.n_iter_ - self.patience.stalled
            more = self.stopping.patience_factor * best
            self.patience.patience = self.stopping.n_iter_no_change + more
        if self.stopping.early:
            history.best_validation_score_, history.best_epoch_ = self.best.score, self.best.epoch
        else:
            history.best_loss_ = self.patience.best

    def _ends(self) -> bool:
        rule = self.plan.rate_rule
        if rule.kind == "invscaling":
            self._set_rate(rule.initial / (self.history.t_ + 1) ** rule.power_t)
        self.finished = self._stops()
        if self._report() or self.plan.incremental:
            return True
        self._warn_of_too_few_epochs()
        return self.finished or self.history.n_iter_ >= self.stopping.max_iter

    def _stops(self) -> bool:
        """Say whether patience has run out; the adaptive rate falls first."""
        if not self.patience.exhausted or self._rose_lately():
            return False
        what = "Validation score" if self.stopping.early else "Training loss"
        message = (
            f"{what} did not improve more than tol={self.stopping.tol:f}"
            f" for {self.stopping.n_iter_no_change:d} consecutive epochs."
        )
        adaptive = self.plan.rate_rule.kind == "adaptive"
        rate = self.trainer.rate[self.index]
        if adaptive and rate > 1e-6:
            self._set_rate(rate / 5.0)
            self.patience.stalled = 0
            self._say(f"{message} Setting learning rate to {rate / 5.0:f}")
            return False
        self._say(f"{message} {'Learning rate too small. ' if adaptive else ''}Stopping.")
        return True

    def _rose_lately(self) -> bool:
        """Say whether the schedule rose in one of the stalled epochs, or will rise yet.

        Patience that grows with the best epoch outlasts a rise.
        """
        if self.stopping.patience_factor:
            return False
        return self.history.n_iter_ - self._last_rise <= self.stopping.n_iter_no_change

    @cached_property
    def _last_rise(self) -> float:
        """The epochs until the schedule rises no more, asked for when patience runs out."""
        if self.plan.schedule is None:
            return -np.inf
        return last_rise(self.plan.schedule, self.stopping.max_iter)

    def _say(self, message: str) -> None:
        if self.plan.verbose:
            print(message)

    def _set_rate(self, rate: float) -> None:
        self.trainer.rate[self.index] = rate

    def _warn_of_too_few_epochs(self) -> None:
        if not self.stopping.warns or self.finished:
            return
        if self.plan.schedule is not None:
            return  # it spans `max_iter` epochs: its end was planned
        if self.history.n_iter_ >= self.stopping.max_iter:
            warn(
                f"Stochastic Optimizer: Maximum iterations ({self.stopping.max_iter}) "
                "reached and the optimization hasn't converged yet.",
                ConvergenceWarning,
            )

    # ------------------------------------------------------------------ the end

    def _result(self) -> tuple[np.ndarray, Mapping[str, Any] | None]:
        """Return the best parameters where they were looked for, else the last ones.

        Moments that exploded would ruin the restored weights in the next ``partial_fit``: without
        a state it starts anew.
        """
        values = self.values()
        last = self.history.loss_curve_[-1:]  # empty where the first epoch was interrupted
        if np.isfinite(values).all() and np.isfinite(last).all():
            best = self.best.values if self.stopping.early else None
            return values if best is None else best, self._state_after()
        if self.best.values is None:
            raise ValueError(NON_FINITE)
        warn(
            f"Training diverged in epoch {self.history.n_iter_}: the loss is not finite. The best "
            "weights so far are restored; the input data may need to be preprocessed or "
            "learning_rate_init to be smaller.",
            RuntimeWarning,
        )
        return self.best.values, None

    def _state_after(self) -> dict[str, Any]:
        """Return what ``partial_fit`` needs to go on exactly."""
        state = self.trainer.state([self.index])
        if self.stopping.early:  # the model is the best epoch's, not what was averaged since
            state["averages"] = None
        averaged = state["averages"] is not None
        return {
            **state,
            "solver": self.plan.solver,
            # What moves on beneath the averages, which are the model's weights.
            "values": self.trainer.values([self.index]) if averaged else None,
            "masks": self.masks.state(),
            **self.patience.state(),
        }

    # ------------------------------------------------------------------ checkpoints

    @staticmethod
    def continuing(state: Mapping[str, Any], solver: str) -> dict[str, Any]:
        names = ["states", "averages", "rate", "steps", "masks", "best", "stalled"]
        names += ["objective"] if "objective" in state else []  # older ones have none
        beneath = state["values"] if state["averages"] is not None else None
        return {**{name: state[name] for name in names}, "solver": solver, "values": beneath}

    def state(self) -> dict[str, Any]:
        trainer = self.trainer
        return {
            **trainer.state([self.index]),
            "values": trainer.values([self.index]),
            "masks": self.masks.state(),
            **self.patience.state(),
            **self._streams(),
            **self.best.state(),
            "finished": self.finished,
            "history": self.history.copied(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        trainer, model = self.trainer, self.index
        trainer.restore(state, model)
        trainer.ops.to_device(state["values"], trainer.params.values[model : model + 1])
        self.masks.restore(state["masks"])
        self.patience.restore(state)
        self._restore_streams(state)
        self.best.restore(state)
        self.finished = state["finished"]
        self.history.restore(state["history"])
