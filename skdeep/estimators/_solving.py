"""How the parameters of a network estimator are found: by mini-batches, or by L-BFGS."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning

from skdeep.backend import Backend
from skdeep.backend.base import Random
from skdeep.estimators._model import FittedNetwork
from skdeep.estimators._training import HISTORY, NON_FINITE, Run, Validation
from skdeep.nn.params import ParamStore
from skdeep.optim import make_optimizer
from skdeep.optim.lbfgs import minimise
from skdeep.optim.schedules import resolve_schedule
from skdeep.train.data import Order, Table
from skdeep.train.evaluator import Evaluator
from skdeep.train.full_batch import FullBatch
from skdeep.train.predictor import Predictor
from skdeep.train.stopping import Patience
from skdeep.train.supervised import Supervised
from skdeep.train.trainer import Trainer

if TYPE_CHECKING:
    from skdeep.estimators._hooks import FitHooks
    from skdeep.estimators._inputs import TrainingData


class SolvedNetwork(FittedNetwork, BaseEstimator):
    """What trains the network of an estimator, as its parameters say."""

    def _solve(
        self,
        data: TrainingData,
        backend: Backend,
        random: np.random.RandomState,
        noise: np.random.SeedSequence,
        hooks: FitHooks | None,
    ) -> None:
        """Train, unless what came before in this fit was to end it."""
        if hooks is not None and hooks.stopped:
            return
        if self.solver == "lbfgs":
            self._fit_lbfgs(data, backend, hooks)
        else:
            self._fit_stochastic(data, backend, random, noise, hooks)

    def _fit_stochastic(
        self,
        data: TrainingData,
        backend: Backend,
        random: np.random.RandomState,
        noise: np.random.SeedSequence,
        hooks: FitHooks | None,
    ) -> None:
        incremental = hooks is None  # partial_fit, which scikit-learn's callbacks do not follow
        resume_from = hooks.resume_from if hooks else None
        if resume_from is not None:
            data.rows, data.held_out = resume_from["rows"], resume_from["held_out"]
        trainer, table, masks = self._trainer(data, backend, random, noise)
        state = self._training_state if incremental else None
        patience = Patience(1, self.tol, self.n_iter_no_change)
        if state is not None:
            self._take_up(state, trainer, masks, patience)
        self._continue_history(incremental, data.validates)
        validation = self._validation(trainer, table, data) if data.validates else None
        run = Run(
            self,
            trainer,
            validation,
            patience,
            masks,
            lambda: hooks is not None and hooks.epoch(lambda: self._current_model(trainer)),
        )
        if hooks is not None:
            hooks.run = run
        if resume_from is not None:
            run.restore(resume_from)
        with backend.session(trainer.work):
            run.epochs(1 if incremental else self.max_iter, incremental=incremental)
        self._values = run.result()
        # Moments that exploded would ruin the restored weights in the next partial_fit.
        state = None if run.diverged else self._state_after(trainer, masks, patience)
        self._training_state = state

    def _take_up(
        self, state: Mapping[str, Any], trainer: Trainer, masks: Random, patience: Patience
    ) -> None:
        """Continue from the state after the training before; another solver starts anew."""
        if state["solver"] == self.solver:
            trainer.restore(state)
            if state["values"] is not None and self.ema_decay is not None:
                trainer.ops.to_device(state["values"], trainer.params.values)
        masks.restore(state["masks"])
        patience.best, patience.stalled = state["best"].copy(), state["stalled"].copy()

    def _state_after(self, trainer: Trainer, masks: Random, patience: Patience) -> dict[str, Any]:
        """Return what ``partial_fit`` needs to go on exactly."""
        state = trainer.state()
        if self.early_stopping:  # the model is the best epoch's, not what was averaged since
            state["averages"] = None
        averaged = state["averages"] is not None
        return {
            **state,
            "solver": self.solver,
            # What moves on beneath the averages, which are the model's weights.
            "values": trainer.ops.to_host(trainer.params.values) if averaged else None,
            "masks": masks.state(),
            "best": patience.best,
            "stalled": patience.stalled,
        }

    def _continuing(self, state: Mapping[str, Any]) -> dict[str, Any]:
        names = ("states", "averages", "rate", "steps", "masks", "best", "stalled")
        beneath = state["values"] if state["averages"] is not None else None
        return {**{name: state[name] for name in names}, "solver": self.solver, "values": beneath}

    def _curves(self) -> dict[str, Any]:
        return {
            "loss": self.loss_curve_,
            "validation_score": self.validation_scores_,
            "validation_loss": self.validation_loss_curve_,
            "learning_rate": self.learning_rate_curve_,
            "gradient_norm": self.gradient_norm_curve_,
        }

    def _objective(self, store: ParamStore, table: Table, **options: Any) -> Supervised:
        """Return what is minimised; options are ``alpha, random, divisor`` of Supervised."""
        return Supervised(self._network, store, table, **options)

    def _evaluator(self, store: ParamStore, table: Table, rows: np.ndarray) -> Evaluator:
        """Return what gives held-out rows' loss, and the outputs ``_score_outputs`` reads."""
        return Evaluator(self._network, store, table, rows)

    def _trainer(
        self, data: TrainingData, backend: Backend, random: Any, noise: np.random.SeedSequence
    ) -> tuple[Trainer, Table, Random]:
        """Put data and parameters on the device and make the trainer."""
        dtype = self._values.dtype
        store = ParamStore(backend, self._network.layout, self._values)
        table = Table(backend, data.X, data.target, data.weight, dtype)
        masks = Random([noise])
        objective = self._objective(store, table, alpha=self.alpha, random=masks)
        n = len(data.rows)
        batch = self._batch_size(n)
        trainer = Trainer(
            objective,
            make_optimizer(
                self.solver,
                momentum=self.momentum,
                nesterovs_momentum=self.nesterovs_momentum,
                beta_1=self.beta_1,
                beta_2=self.beta_2,
                epsilon=self.epsilon,
            ),
            order=Order(data.rows, [random if self.shuffle else None]),
            batch_size=batch,
            rate=self.learning_rate_init,
            schedule=resolve_schedule(self.learning_rate_schedule),
            total_steps=self.max_iter * -(-n // batch),
            weight_decay=self.weight_decay,
            clip_norm=self.gradient_clip_norm,
            clip_value=self.gradient_clip_value,
            ema_decay=self.ema_decay,
            frozen=self._frozen(),
        )
        return trainer, table, masks

    def _batch_size(self, n: int) -> int:
        if self.batch_size == "auto":
            return min(200, n)
        if self.batch_size > n:
            warnings.warn(
                "Got `batch_size` less than 1 or larger than sample size. It is going to be "
                "clipped",
                stacklevel=5,
            )
        return int(np.clip(self.batch_size, 1, n))

    def _continue_history(self, incremental: bool, validates: bool) -> None:
        """Copy the lists, so that a failed fit leaves them; start what this fit starts anew."""
        for name in ("loss_curve_", "learning_rate_curve_", "gradient_norm_curve_"):
            setattr(self, name, list(getattr(self, name)))
        for name in ("validation_scores_", "validation_loss_curve_"):
            setattr(self, name, list(getattr(self, name) or []) if validates else None)
        watches_score = self.early_stopping and validates  # L-BFGS never does
        self.best_validation_score_ = -np.inf if watches_score else None
        if watches_score:
            self.best_loss_ = None
        elif not incremental or self.best_loss_ is None:
            self.best_loss_ = np.inf

    def _validation(self, trainer: Trainer, table: Table, data: TrainingData) -> Validation:
        rows = data.held_out
        if rows is None:
            rows = np.arange(data.X_val.shape[0])
            table = Table(
                trainer.ops, data.X_val, data.target_val, data.weight_val, self._values.dtype
            )
        evaluator = self._evaluator(trainer.evaluation_store(), table, rows)
        return Validation(self, trainer, evaluator, data)

    # ------------------------------------------------------------------ L-BFGS

    def _fit_lbfgs(self, data: TrainingData, backend: Backend, hooks: Any) -> None:
        """Minimise the mean loss of all rows; parameters keep their dtype at the edges."""
        store = ParamStore(backend, self._network.layout, self._values)
        table = Table(backend, data.X, data.target, data.weight, self._values.dtype)
        total = float(data.weight.sum()) if data.weight is not None else float(len(data.rows))
        objective = self._objective(store, table, divisor=total)
        function = FullBatch(objective, data.rows, self.alpha, frozen=self._frozen())
        self._continue_history(False, False)
        self.n_iter_ = 0

        def after(x: np.ndarray, value: float) -> None:
            self.loss_curve_.append(value)
            self.n_iter_, self.loss_, self.best_loss_ = self.n_iter_ + 1, value, value
            if self.verbose:
                print(f"Iteration {len(self.loss_curve_)}, loss = {value:.8f}")
            if hooks.epoch(lambda: self._snapshot(self._with_trained(x, function), backend)):
                raise StopIteration

        result = minimise(
            function,
            function.start(),
            max_iter=self.max_iter,
            max_fun=self.max_fun,
            tol=self.tol,
            callback=after,
        )
        self.n_iter_, self.loss_, self.best_loss_ = result.n_iter, result.value, result.value
        if not np.isfinite(result.x).all():
            raise ValueError(NON_FINITE)
        if not (result.converged or hooks.stopped):
            message = f"lbfgs failed to converge after {result.n_iter} iteration(s):\n"
            message += f"{result.message}\n\nIncrease the number of iterations to improve the "
            message += f"convergence (max_iter={self.max_iter}, max_fun={self.max_fun}), or scale "
            message += "the data: https://scikit-learn.org/stable/modules/preprocessing.html"
            warnings.warn(message, ConvergenceWarning, stacklevel=5)
        self._values = self._with_trained(result.x, function)
        self._training_state = None

    def _with_trained(self, x: np.ndarray, function: FullBatch) -> np.ndarray:
        """Return all parameters: the trained ones, which come first, and running statistics."""
        values = self._values.copy()
        values[0] = np.concatenate([x, function.states(x)])
        return values

    def _current_model(self, trainer: Trainer) -> dict[str, Any]:
        """Return the attributes that make a copy of this estimator the model as it is now."""
        return self._snapshot(trainer.ops.to_host(trainer.evaluation_store().values), trainer.ops)

    def _snapshot(self, values: np.ndarray, backend: Backend) -> dict[str, Any]:
        """Return the attributes of a model with these parameters and the history so far."""
        history = {name: copy(self.__dict__[name]) for name in HISTORY if name in self.__dict__}
        predictor = Predictor(self._network, values, backend)
        return {**history, "_values": values, "_predictor": predictor, "_device": backend.device}
