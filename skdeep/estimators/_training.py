"""One fit, epoch by epoch: history, validation, stopping, messages, callbacks.

The rules are scikit-learn's; where they differ, ``docs/deviations.md`` says so.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Mapping
from functools import cached_property
from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer

from skdeep.backend import compute
from skdeep.backend.base import Random
from skdeep.estimators._inputs import to_host
from skdeep.train.evaluator import Evaluator
from skdeep.train.stopping import Patience
from skdeep.train.trainer import Trainer

if TYPE_CHECKING:
    from skdeep.estimators._inputs import TrainingData

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

NON_FINITE = (
    "Solver produced non-finite parameter weights. The input data may"
    " contain large values and need to be preprocessed."
)


class Validation:
    """Scores the network on held-out rows after each epoch."""

    def __init__(self, estimator: Any, trainer: Trainer, evaluator: Evaluator, data: TrainingData):
        self.estimator, self.trainer, self.evaluator = estimator, trainer, evaluator
        self.held_out = data.held_out is not None
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
        """Return (score, mean loss)."""
        self.trainer.evaluation_store()  # brings averaged parameters up to date
        loss = float(self.evaluator()[0])
        scoring = self.estimator.scoring
        if scoring == "loss":
            return -loss, loss
        output = self.evaluator.ops.to_host(self.evaluator.outputs)[0]
        if not np.isfinite(output).all():
            return float("nan"), loss
        if scoring is None:
            return self.estimator._score_outputs(self.target, output, self.weight), loss
        scorer = get_scorer(scoring) if isinstance(scoring, str) else scoring
        fitted = copy.copy(self.estimator)
        fitted.__dict__.update(self.estimator._current_model(self.trainer))
        fitted.__dict__.pop("feature_names_in_", None)  # these rows are an array
        takes = self.weight is not None and takes_weights(scorer)
        weights = {"sample_weight": self.weight} if takes else {}
        return float(scorer(fitted, *self._given_form, **weights)), loss

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


class Run:
    """The epochs of one ``fit`` or ``partial_fit`` with a stochastic solver.

    Parameters
    ----------
    estimator : estimator
        Gets the history as its fitted attributes.
    trainer : Trainer
        Does the epochs.
    validation : Validation or None
        Scores held-out rows.
    patience : Patience
        Counts stalled epochs.
    masks : Random
        The streams of dropout masks.
    callbacks : callable
        ``callbacks()`` after each epoch; True stops.

    Attributes
    ----------
    finished : bool
        Whether the stopping rule has ended training: going on from here trains no more.
    """

    def __init__(
        self,
        estimator: Any,
        trainer: Trainer,
        validation: Validation | None,
        patience: Patience,
        masks: Random,
        callbacks: Callable[[], bool],
    ) -> None:
        self.est, self.trainer, self.validation = estimator, trainer, validation
        self.patience, self.masks, self.callbacks = patience, masks, callbacks
        self.best: np.ndarray | None = None
        self.best_score = -np.inf
        self.early = estimator.early_stopping
        self.finished = False
        self.diverged = False
        estimator.n_iter_ = 0

    def epochs(self, max_iter: int, *, incremental: bool) -> None:
        """Train until something says stop; leave the last or the best parameters."""
        est = self.est
        try:
            while est.n_iter_ < max_iter and not self.finished:
                self._epoch()
                if not np.isfinite(est.loss_):
                    return
                self.finished = self._stops()
                if self.callbacks() or incremental:
                    return
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=2)
            return
        if not self.finished:
            warnings.warn(
                f"Stochastic Optimizer: Maximum iterations ({max_iter}) "
                "reached and the optimization hasn't converged yet.",
                ConvergenceWarning,
                stacklevel=2,
            )

    def _epoch(self) -> None:
        """Train and record one epoch."""
        est, trainer = self.est, self.trainer
        loss = float(trainer.epoch()[0])
        est.n_iter_ += 1
        est.loss_ = loss
        est.t_ += int(trainer.order.counts[0])
        est.loss_curve_.append(loss)
        est.learning_rate_curve_.append(float(trainer.last_rates()[0]))
        est.gradient_norm_curve_.append(float(trainer.gradient_norm()[0]))
        if est.verbose:
            print(f"Iteration {est.n_iter_}, loss = {loss:.8f}")
        self._validate()
        if est.learning_rate == "invscaling" and est.solver == "sgd":
            trainer.rate[:] = est.learning_rate_init / (est.t_ + 1) ** est.power_t

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
                self.best = self.trainer.ops.to_host(self.trainer.evaluation_store().values)
        self.patience.update(np.array([-score if self.early else est.loss_]))
        if self.early:
            est.best_validation_score_ = self.best_score
        else:
            est.best_loss_ = float(self.patience.best[0])

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
        rate = self.trainer.rate
        if adaptive and rate[0] > 1e-6:
            rate /= 5.0
            self.patience.stalled[:] = 0
            if est.verbose:
                print(f"{message} Setting learning rate to {rate[0]:f}")
            return False
        if est.verbose:
            print(f"{message} {'Learning rate too small. ' if adaptive else ''}Stopping.")
        return True

    def state(self) -> dict[str, Any]:
        """Return, after an epoch, all that going on from it exactly needs."""
        trainer, patience = self.trainer, self.patience
        shuffle, held_out = trainer.order.randoms[0], None
        if self.validation is not None and self.validation.held_out:
            held_out = self.validation.rows
        return {
            **trainer.state(),
            "values": trainer.ops.to_host(trainer.params.values),
            "masks": self.masks.state(),
            "best": patience.best.copy(),
            "stalled": patience.stalled.copy(),
            "shuffle": None if shuffle is None else shuffle.get_state(legacy=False),
            "rows": trainer.order.rows[0].copy(),
            "held_out": held_out,
            "best_values": self.best,
            "best_score": self.best_score,
            "finished": self.finished,
            "history": {name: copy.copy(getattr(self.est, name)) for name in HISTORY},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` returned; the trainer was made with its rows."""
        trainer, patience = self.trainer, self.patience
        trainer.restore(state)
        trainer.ops.to_device(state["values"], trainer.params.values)
        self.masks.restore(state["masks"])
        patience.best, patience.stalled = state["best"].copy(), state["stalled"].copy()
        shuffle = trainer.order.randoms[0]
        if shuffle is not None:
            shuffle.set_state(state["shuffle"])
        self.best, self.best_score = state["best_values"], state["best_score"]
        self.finished = state["finished"]
        for name, value in state["history"].items():
            setattr(self.est, name, copy.copy(value))

    def result(self) -> np.ndarray:
        """Return the parameters to keep, (1, P): the best where they were looked for."""
        values = self.trainer.ops.to_host(self.trainer.evaluation_store().values)
        last = self.est.loss_curve_[-1:]  # empty where the first epoch was interrupted
        diverged = not (np.isfinite(values).all() and np.isfinite(last).all())
        if not diverged:
            return self.best if self.early and self.best is not None else values
        if self.best is None:
            raise ValueError(NON_FINITE)
        self.diverged = True
        warnings.warn(
            f"Training diverged in epoch {self.est.n_iter_}: the loss is not finite. The best "
            "weights so far are restored; the input data may need to be preprocessed or "
            "learning_rate_init to be smaller.",
            RuntimeWarning,
            stacklevel=2,
        )
        return self.best
