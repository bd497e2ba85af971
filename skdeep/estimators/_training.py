"""One fit, epoch by epoch: history, validation, stopping, messages, callbacks.

The rules are scikit-learn's; where they differ, ``docs/deviations.md`` says so.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping
from functools import cached_property
from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer

from skdeep.backend import compute
from skdeep.estimators._epochs import Epochs
from skdeep.estimators._finite import NON_FINITE
from skdeep.estimators._inputs import to_host
from skdeep.estimators._scoring import score_of
from skdeep.train.evaluator import Evaluator
from skdeep.train.stopping import Patience

if TYPE_CHECKING:
    from skdeep.estimators._jobs import FitJob

#: The fitted attributes that epochs write.
HISTORY = (
    "loss_",
    "loss_curve_",
    "learning_rate_curve_",
    "gradient_norm_curve_",
    "validation_scores_",
    "validation_loss_curve_",
    "best_loss_",
    "best_validation_score_",
    "n_iter_",
    "t_",
)


class Validation:
    """Scores a network on held-out rows after each epoch.

    Parameters
    ----------
    run : Run
        The fit whose network it is.
    evaluator : Evaluator
        Evaluates this network and others beside it.
    place : int
        Which of them.
    """

    def __init__(self, run: Run, evaluator: Evaluator, place: int) -> None:
        data = run.job.data
        self.run, self.evaluator, self.place = run, evaluator, place
        #: The mean loss that the evaluator found.
        self.loss = float("nan")
        self.estimator = run.est
        self._target: Any = data.target
        if data.held_out is not None:
            self.X = data.X
            self.rows: np.ndarray = data.held_out
            self.weight: np.ndarray | None = None
            if data.weight is not None:
                self.weight = data.weight[self.rows]
        else:
            self.X, self._target, self.weight = data.X_val, data.target_val, data.weight_val
            self.rows = np.arange(data.X_val.shape[0])

    def __call__(self) -> tuple[float, float]:
        """Return (score, mean loss) of what the evaluator has just found."""
        loss = self.loss
        scoring = self.estimator.scoring
        if scoring == "loss":
            return -loss, loss
        output = self.evaluator.ops.to_host(self.evaluator.outputs[self.place])
        if not np.isfinite(output).all():
            return float("nan"), loss
        if scoring is None:
            return self.estimator._score_outputs(self.target, output, self.weight), loss
        scorer = get_scorer(scoring) if isinstance(scoring, str) else scoring
        fitted = copy.copy(self.estimator)
        fitted.__dict__.update(self.run.model())
        fitted.__dict__.pop("feature_names_in_", None)  # these rows are an array
        takes = self.weight is not None and takes_weights(scorer)
        weights = {"sample_weight": self.weight} if takes else {}
        return score_of(scorer, fitted, *self._given_form, **weights), loss

    @cached_property
    def target(self) -> Any:
        """The encoded targets of the validation rows."""
        return compute(lambda xp, target: target[xp.asarray(self.rows)], self._target)

    @cached_property
    def _given_form(self) -> tuple[Any, ...]:
        """Validation rows, and their y where there is one, as a scorer wants them on the host."""
        rows = compute(lambda xp, X: X[xp.asarray(self.rows)], self.X)
        y = self.estimator._decode_target(self.target)
        return (to_host(rows),) if y is None else (to_host(rows), y)


def takes_weights(scorer: Any) -> bool:
    """Whether a scorer, or the metric behind it, knows ``sample_weight``."""
    parameters = signature(getattr(scorer, "_score_func", scorer)).parameters.values()
    return any(p.name == "sample_weight" or p.kind is p.VAR_KEYWORD for p in parameters)


class Run(Epochs):
    """The epochs of a network with a stochastic solver.

    Parameters
    ----------
    job : FitJob
        What is trained; its estimator gets the history as its fitted attributes.

    Attributes
    ----------
    validation : Validation or None
        Scores held-out rows.
    finished : bool
        Whether the stopping rule has ended training: going on from here trains no more.
    """

    def __init__(self, job: FitJob) -> None:
        super().__init__(job)
        est = self.est
        self.patience = Patience(1, est.tol, est.n_iter_no_change)
        self.validation: Validation | None = None
        self.best: np.ndarray | None = None
        self.best_score = -np.inf
        self.early = est.early_stopping
        self.finished = False

    def begin(self) -> None:
        job, est = self.job, self.est
        state = est._training_state if self.incremental else None
        if state is not None:
            self._take_up(state)
        est._continue_history(self.incremental, job.data.validates)
        est.n_iter_ = 0
        if job.hooks is not None:
            job.hooks.run = self
            if job.hooks.resume_from is not None:
                self.resume(job.hooks.resume_from)
        if self.finished or est.n_iter_ >= est.max_iter:  # a training that was complete
            self._warn_of_too_few_epochs()
            self.over = True
            self._end()

    def _take_up(self, state: Mapping[str, Any]) -> None:
        """Continue from the state after the training before; another solver starts anew."""
        est, trainer = self.est, self.trainer
        if state["solver"] == est.solver:
            trainer.restore(state)
            if state["values"] is not None and est.ema_decay is not None:
                trainer.ops.to_device(state["values"], trainer.params.values)
        self.masks.restore(state["masks"])
        self.patience.best = state["best"].copy()
        self.patience.stalled = state["stalled"].copy()

    def _record(self, loss: float, rate: float, norm: float) -> None:
        est = self.est
        est.n_iter_ += 1
        est.loss_ = loss
        est.t_ += int(self.trainer.order.counts[self.model_index])
        est.loss_curve_.append(loss)
        est.learning_rate_curve_.append(rate)
        est.gradient_norm_curve_.append(norm)
        if est.verbose:
            print(f"Iteration {est.n_iter_}, loss = {loss:.8f}")
        self._validate()

    def _ends(self) -> bool:
        est = self.est
        if est.learning_rate == "invscaling" and est.solver == "sgd":
            self._set_rate(est.learning_rate_init / (est.t_ + 1) ** est.power_t)
        self.finished = self._stops()
        hooks = self.job.hooks
        if (hooks is not None and hooks.epoch(self.model)) or self.incremental:
            return True
        self._warn_of_too_few_epochs()
        return self.finished or est.n_iter_ >= est.max_iter

    def _warn_of_too_few_epochs(self) -> None:
        if not self.est._warns_of_too_few_epochs or self.finished:
            return
        if self.est.n_iter_ >= self.est.max_iter:
            warnings.warn(
                f"Stochastic Optimizer: Maximum iterations ({self.est.max_iter}) "
                "reached and the optimization hasn't converged yet.",
                ConvergenceWarning,
                stacklevel=2,
            )

    def _validate(self) -> None:
        """Score the epoch and count whether it stalled."""
        est = self.est
        if self.validation is not None:
            score, loss = self.validation()
            est.validation_scores_.append(score)
            est.validation_loss_curve_.append(loss)
            if est.verbose:
                print(f"Validation score: {score:f}")
            if score > self.best_score:
                self.best_score = score
                self.best = self.trainer.predicting_values(self.model_index)
        self.patience.update(np.array([-score if self.early else est.loss_]))
        if self.early:
            est.best_validation_score_ = self.best_score
        else:
            est.best_loss_ = float(self.patience.best[0])

    def _set_rate(self, rate: float) -> None:
        self.trainer.rate[self.model_index] = rate

    def _stops(self) -> bool:
        """Say whether patience has run out; the adaptive rate falls first."""
        est = self.est
        if not self.patience.exhausted[0]:
            return False
        what = "Validation score" if self.early else "Training loss"
        message = (
            f"{what} did not improve more than tol={est.tol:f}"
            f" for {est.n_iter_no_change:d} consecutive epochs."
        )
        adaptive = est.solver == "sgd" and est.learning_rate == "adaptive"
        rate = self.trainer.rate[self.model_index]
        if adaptive and rate > 1e-6:
            self._set_rate(rate / 5.0)
            self.patience.stalled[:] = 0
            if est.verbose:
                print(f"{message} Setting learning rate to {rate / 5.0:f}")
            return False
        if est.verbose:
            print(f"{message} {'Learning rate too small. ' if adaptive else ''}Stopping.")
        return True

    # ------------------------------------------------------------------ the end

    def _keep(self) -> None:
        est = self.est
        diverged, est._values = self._result()
        if self.job.keeps_state and not diverged:
            parts = {name: getattr(est, name) for name in est._left_by_parts}
            self.job.state = {**self.state(), "parts": parts}
        # Moments that exploded would ruin the restored weights in the next partial_fit.
        est._training_state = None if diverged else self._state_after()

    def _result(self) -> tuple[bool, np.ndarray]:
        """Return whether training diverged and the parameters to keep, (1, P).

        These are the best ones where they were looked for.
        """
        values = self.trainer.predicting_values(self.model_index)
        last = self.est.loss_curve_[-1:]  # empty where the first epoch was interrupted
        if np.isfinite(values).all() and np.isfinite(last).all():
            return False, self.best if self.early and self.best is not None else values
        if self.best is None:
            raise ValueError(NON_FINITE)
        warnings.warn(
            f"Training diverged in epoch {self.est.n_iter_}: the loss is not finite. The best "
            "weights so far are restored; the input data may need to be preprocessed or "
            "learning_rate_init to be smaller.",
            RuntimeWarning,
            stacklevel=2,
        )
        return True, self.best

    def _state_after(self) -> dict[str, Any]:
        """Return what ``partial_fit`` needs to go on exactly."""
        state = self.trainer.state([self.model_index])
        if self.early:  # the model is the best epoch's, not what was averaged since
            state["averages"] = None
        averaged = state["averages"] is not None
        return {
            **state,
            "solver": self.est.solver,
            # What moves on beneath the averages, which are the model's weights.
            "values": self.trainer.values([self.model_index]) if averaged else None,
            "masks": self.masks.state(),
            "best": self.patience.best,
            "stalled": self.patience.stalled,
        }

    def model(self) -> dict[str, Any]:
        values = self.trainer.predicting_values(self.model_index)
        attributes: dict[str, Any] = self.est._snapshot(values, self.trainer.ops)
        return attributes

    # ------------------------------------------------------------------ checkpoints

    def state(self) -> dict[str, Any]:
        trainer, patience, model = self.trainer, self.patience, self.model_index
        return {
            **trainer.state([model]),
            "values": trainer.values([model]),
            "masks": self.masks.state(),
            "best": patience.best.copy(),
            "stalled": patience.stalled.copy(),
            **self._streams(),
            "best_values": self.best,
            "best_score": self.best_score,
            "finished": self.finished,
            "history": {name: copy.copy(getattr(self.est, name)) for name in HISTORY},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        trainer, patience, model = self.trainer, self.patience, self.model_index
        trainer.restore(state, model)
        trainer.ops.to_device(state["values"], trainer.params.values[model : model + 1])
        self.masks.restore(state["masks"])
        patience.best, patience.stalled = state["best"].copy(), state["stalled"].copy()
        self._restore_streams(state)
        self.best, self.best_score = state["best_values"], state["best_score"]
        self.finished = state["finished"]
        for name, value in state["history"].items():
            setattr(self.est, name, copy.copy(value))
