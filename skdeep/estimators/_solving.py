"""How the parameters of a network estimator are found: by mini-batches, or by L-BFGS."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning

from skdeep.backend import Backend
from skdeep.estimators._finite import NON_FINITE, check_outputs
from skdeep.estimators._fitting import FittedByJobs
from skdeep.estimators._stack import each_of
from skdeep.estimators._training import HISTORY, Run
from skdeep.nn.network import Network
from skdeep.nn.params import ParamStore
from skdeep.nn.stacking import stack_networks
from skdeep.optim.lbfgs import minimise
from skdeep.optim.schedules import resolve_schedule
from skdeep.train.data import Table
from skdeep.train.evaluator import Evaluator
from skdeep.train.full_batch import FullBatch
from skdeep.train.supervised import Supervised
from skdeep.train.tables import make_table
from skdeep.train.trainer import Trainer

if TYPE_CHECKING:
    from skdeep.estimators._inputs import TrainingData
    from skdeep.estimators._jobs import FitJob


class SolvedNetwork(FittedByJobs, BaseEstimator):
    """What trains the network of an estimator, as its parameters say."""

    _switched = ("gradient_clip_norm", "gradient_clip_value", "ema_decay")
    _stacked = staticmethod(stack_networks)

    def _train(self, job: FitJob) -> None:
        if self.solver != "lbfgs" or job.is_over():
            super()._train(job)
            return
        self._fit_lbfgs(job.data, job.backend, job.hooks)
        job.complete()

    def _make_run(self, job: FitJob) -> Run:
        return Run(job)

    def _make_trainer(self, runs, network, store, table, order, random):
        estimators = [run.est for run in runs]
        each = partial(each_of, estimators)
        numbers = {name: each(name) for name in self._objective_numbers}
        objective = self._objective(network, store, table, random=random, **numbers)
        n_steps = [-(-len(run.job.data.rows) // run.batch_size) for run in runs]
        return Trainer(
            objective,
            self._optimizer(each),
            order=order,
            batch_size=max(run.batch_size for run in runs),
            rate=each("learning_rate_init"),
            schedule=[resolve_schedule(e.learning_rate_schedule) for e in estimators],
            total_steps=np.array([e.max_iter for e in estimators]) * n_steps,
            weight_decay=each("weight_decay"),
            clip_norm=each("gradient_clip_norm"),
            clip_value=each("gradient_clip_value"),
            ema_decay=each("ema_decay"),
            frozen=self._frozen(),
        )

    def _finish(self, job: FitJob) -> None:
        self._random_state = job.random if job.hooks is None else None
        self._use(job.backend.device)
        self._predictor.pool = job.pool
        check_outputs(self, job.data.X)

    def _continuing(self, state: Mapping[str, Any]) -> dict[str, Any]:
        names = ["states", "averages", "rate", "steps", "masks", "best", "stalled"]
        names += ["objective"] if "objective" in state else []  # older ones have none
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

    def _objective(
        self, network: Network, store: ParamStore, table: Table, **options: Any
    ) -> Supervised:
        """Return what is minimised.

        Options are ``random`` and ``divisor`` of Supervised, and the parameters that
        ``_objective_numbers`` names, a number per model each.
        """
        return Supervised(network, store, table, **options)

    def _evaluator(
        self, network: Network, store: ParamStore, table: Table, rows: np.ndarray, **numbers: Any
    ) -> Evaluator:
        """Return what gives held-out rows' loss, and the outputs ``_score_outputs`` reads.

        It gets the parameters that ``_evaluator_numbers`` names, too, a number per model each.
        """
        return Evaluator(network, store, table, rows)

    def _check_batch_size(self, n: int) -> None:
        if self.solver != "lbfgs" and self.batch_size != "auto" and self.batch_size > n:
            warnings.warn(
                "Got `batch_size` less than 1 or larger than sample size. It is going to be "
                "clipped",
                stacklevel=5,
            )

    def _rows_per_batch(self, n: int) -> int:
        return min(200 if self.batch_size == "auto" else int(self.batch_size), n)

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

    # ------------------------------------------------------------------ L-BFGS

    def _fit_lbfgs(self, data: TrainingData, backend: Backend, hooks: Any) -> None:
        """Minimise the mean loss of all rows; parameters keep their dtype at the edges."""
        store = ParamStore(backend, self._network.layout, self._values)
        table = make_table(backend, data.X, data.target, data.weight, self._values.dtype)
        total = float(data.weight.sum()) if data.weight is not None else float(len(data.rows))
        objective = self._objective(self._network, store, table, divisor=total)
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

    def _snapshot(self, values: np.ndarray, backend: Backend) -> dict[str, Any]:
        """Return the attributes of a model with these parameters and the history so far."""
        history = {name: copy(self.__dict__[name]) for name in HISTORY if name in self.__dict__}
        predictor = self._make_predictor(values, backend)
        return {**history, "_values": values, "_predictor": predictor, "_device": backend.device}
