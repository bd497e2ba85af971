"""A fit by L-BFGS on all samples at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdeep.backend.user_warnings import warn
from skdeep.data.kinds import as_rows
from skdeep.fitting.history import NetworkHistory
from skdeep.fitting.jobs import FitJob
from skdeep.fitting.network_loop import NON_FINITE
from skdeep.nn.core.params import ParamStore
from skdeep.optim.lbfgs import minimise
from skdeep.train.full_batch import FullBatch


class FullBatchFit:
    """Minimises the mean loss of all samples; parameters keep their dtype at the edges.

    Parameters
    ----------
    job : FitJob
        A fit with ``solver='lbfgs'``.
    """

    def __init__(self, job: FitJob) -> None:
        self.job, self.plan = job, job.plan
        plan, data = self.plan, self.plan.data
        assert isinstance(plan.history, NetworkHistory)
        self.history = plan.history
        store = ParamStore(plan.backend, plan.network.layout, plan.values)
        table = as_rows(data.X).dataset(plan.backend, data.target, data.weight, plan.values.dtype)
        weight = table.host_weight  # of sequences whose steps count, that of their steps
        total = float(len(data.rows)) if weight is None else float(weight.sum())
        objective = plan.recipe.objective(plan.network, store, table, divisor=total)
        alpha = float(plan.numbers["alpha"])
        self.function = FullBatch(objective, data.rows, alpha, frozen=plan.frozen)

    def run(self) -> None:
        """Train, and hand the model over."""
        plan, history = self.plan, self.history
        history.begin(incremental=False, validates=False, early_stopping=False)
        with plan.backend.session(self.function.work) as held, held:
            result = minimise(
                self.function,
                self.function.start(),
                max_iter=plan.stopping.max_iter,
                max_fun=plan.max_fun,
                tol=plan.stopping.tol,
                callback=self._after,
            )
        history.n_iter_, history.loss_, history.best_loss_ = (
            result.n_iter,
            result.value,
            result.value,
        )
        if not np.isfinite(result.x).all():
            raise ValueError(NON_FINITE)
        assert self.job.reporter is not None
        if not (result.converged or self.job.reporter.stopped):
            self._warn(result)
        self.job.complete(self._with_trained(result.x))

    def _after(self, x: np.ndarray, value: float) -> None:
        """Note an iteration, and report it."""
        history, reporter = self.history, self.job.reporter
        history.loss_curve_.append(value)
        history.n_iter_, history.loss_, history.best_loss_ = history.n_iter_ + 1, value, value
        if self.plan.verbose:
            print(f"Iteration {len(history.loss_curve_)}, loss = {value:.8f}")
        if reporter is None or not reporter.listens:
            return
        owner = self.job.owner
        owner.publish(history)
        backend = self.plan.backend
        if reporter.epoch(lambda: owner.attributes(self._with_trained(x), history, backend)):
            raise StopIteration

    def _warn(self, result: Any) -> None:
        message = f"lbfgs failed to converge after {result.n_iter} iteration(s):\n"
        message += f"{result.message}\n\nIncrease the number of iterations to improve the "
        message += f"convergence (max_iter={self.plan.stopping.max_iter}, "
        message += f"max_fun={self.plan.max_fun}), or scale "
        message += "the data: https://scikit-learn.org/stable/modules/preprocessing.html"
        warn(message, ConvergenceWarning)

    def _with_trained(self, x: np.ndarray) -> np.ndarray:
        """Return all parameters: the trained ones, which come first, and running statistics."""
        values = self.plan.values.copy()
        values[0] = np.concatenate([x, self.function.states(x)])
        return values
