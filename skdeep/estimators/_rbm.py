"""What the estimators of restricted Boltzmann machines share: how they are fitted."""

from __future__ import annotations

import time
import warnings
from abc import abstractmethod
from collections.abc import Mapping
from copy import copy, deepcopy
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions

from skdeep.backend import Backend
from skdeep.backend.base import Random
from skdeep.estimators import _inputs
from skdeep.estimators._constraints import NETWORK_CONSTRAINTS
from skdeep.estimators._hooks import FitHooks
from skdeep.estimators._inputs import TrainingData
from skdeep.estimators._rbm_likelihood import ScoredRBM
from skdeep.estimators._rbm_model import column_means
from skdeep.estimators._rollback import unchanged_on_error
from skdeep.nn.params import ParamStore
from skdeep.nn.rbm import RBM
from skdeep.optim import SOLVERS, make_optimizer
from skdeep.optim.schedules import resolve_schedule
from skdeep.train.contrastive import ContrastiveDivergence
from skdeep.train.data import Order, Table
from skdeep.train.streams import noise_seed
from skdeep.train.trainer import Trainer

#: What the networks' estimators have too, with the same rules.
_SHARED = (
    *("verbose", "random_state", "momentum", "nesterovs_momentum", "beta_1", "beta_2", "epsilon"),
    *("weight_decay", "learning_rate_schedule", "ema_decay", "shuffle", "warm_start"),
    *("device", "dtype"),
)

RBM_CONSTRAINTS: dict = {
    "n_components": [Interval(Integral, 1, None, closed="left")],
    "learning_rate": [Interval(Real, 0, None, closed="neither")],
    "batch_size": [Interval(Integral, 1, None, closed="left")],
    "n_iter": [Interval(Integral, 0, None, closed="left")],
    "algorithm": [StrOptions({"pcd", "cd"})],
    "n_gibbs_steps": [Interval(Integral, 1, None, closed="left")],
    "centering": ["boolean"],
    "mean_field": ["boolean"],
    "solver": [StrOptions(set(SOLVERS))],
    "sparsity_target": [Interval(Real, 0, 1, closed="neither")],
    "sparsity_cost": [Interval(Real, 0, None, closed="left")],
    "likelihood": [StrOptions({"pseudo", "exact", "ais"})],
    **{name: NETWORK_CONSTRAINTS[name] for name in _SHARED},
}


class RBMEstimator(
    ScoredRBM,
    CallbackSupportMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    BaseEstimator,
):
    """Base of the machines that learn without labels; a subclass says what visible units are.

    Fitted state is the description of the machine, the flat parameter vector on the host, and
    what continuing needs, as for the networks.
    """

    _length_parameter: ClassVar[str] = "n_iter"
    #: What makes a loss of the curve's values.
    _monitor_sign: ClassVar[int] = 1

    transform = ScoredRBM.transform  # in a transformer's own class, where set_output wraps it

    @abstractmethod
    def _make_network(self, n_features: int) -> RBM:
        """Describe the machine for rows of this width."""

    def _check_values(self, X: Any) -> None:
        """Warn of rows, or refuse them, that do not suit the visible units."""

    def _initial_values(self, rbm: RBM, X: Any, values: np.ndarray) -> None:
        """Change the first parameters (1, P) by what the rows are like."""

    def _frozen(self) -> tuple[str, ...]:
        """Return the names of the parameters that training does not move."""
        return ()

    @abstractmethod
    def _monitor(self, rows: np.ndarray) -> tuple[str, float]:
        """Return the name and the value of what ``verbose`` prints and the curve holds.

        It is computed from some rows of the fit (n, F), in the model's dtype, after each epoch.
        """

    # ------------------------------------------------------------------ fit

    def _fit(self, X: Any, *, incremental: bool) -> RBMEstimator:
        """Fit or continue; whatever goes wrong, the model stays as it was."""
        with unchanged_on_error(self):
            self._fit_checked(X, incremental)
        self.__dict__.pop("_hooks", None)
        return self

    def _fit_checked(self, X: Any, incremental: bool) -> None:
        first = not hasattr(self, "_network") or not (self.warm_start or incremental)
        resolve_schedule(self.learning_rate_schedule)
        given = X
        X = _inputs.check_fit_rows(self, X, reset=first)
        self._check_values(X)
        backend = _inputs.resolve_backend(self.device, X)
        random = self._random_for(incremental)
        if first:
            self._start(X, random)
        elif self.n_components != self._network.n_hidden:
            raise ValueError(
                f"training cannot go on with n_components={self.n_components}: the machine there "
                f"has {self._network.n_hidden} hidden units. Fit anew, with warm_start=False."
            )
        data = TrainingData(X, np.empty((X.shape[0], 0)), None, np.arange(X.shape[0]))
        hooks = None
        if not incremental:
            hooks = self._hooks = FitHooks(self, given, None, None, data)
            hooks.begin()
        self._count_means(X)
        self._train(data, backend, random, hooks)
        self.random_state_ = random
        self._use(backend.device)
        self._estimate_partition()
        if hooks is not None:
            hooks.end()

    def _random_for(self, incremental: bool) -> np.random.RandomState:
        """Return the main stream; from the second ``partial_fit`` on the one before goes on."""
        kept = self.__dict__.get("random_state_") if incremental else None
        if kept is None or not isinstance(self.random_state, Integral):
            return check_random_state(self.random_state)
        return deepcopy(kept)  # a fit that fails, or a copy of this estimator, leaves it alone

    def _start(self, X: Any, random: np.random.RandomState) -> None:
        """Describe the machine, draw its initial parameters, begin the history."""
        dtype = np.dtype(self.dtype or X.dtype)
        _inputs.check_magnitude(X, dtype)
        self._network = self._make_network(X.shape[1])
        values = self._network.layout.initial(random)[None].astype(dtype)
        self._initial_values(self._network, X, values)
        self._values = values
        self._training_state = None
        self._means_seen = (0, np.zeros(X.shape[1]))
        self.n_iter_, self.t_ = 0, 0
        self.monitor_curve_: list[float] = []

    def _count_means(self, X: Any) -> None:
        """Set the means of the features over all rows seen, which annealing begins with."""
        seen, means = self._means_seen
        n = X.shape[0]
        means = means + (column_means(X) - means) * (n / (seen + n))
        self._means_seen = (seen + n, means)

    def _train(
        self,
        data: TrainingData,
        backend: Backend,
        random: np.random.RandomState,
        hooks: FitHooks | None,
    ) -> None:
        """Run the epochs and keep parameters and what continuing needs."""
        draws = Random([noise_seed(random)])
        trainer = self._trainer(data, backend, random, draws)
        run = RBMRun(self, trainer, draws, data, hooks)
        if self._training_state is not None:
            self._take_up(run, self._training_state)
        if hooks is not None:
            hooks.run = run
            if hooks.resume_from is not None:
                run.restore(hooks.resume_from)
        with backend.session(trainer.work):
            run.epochs(1 if hooks is None else self.n_iter)
        self._values = run.result()
        self._training_state = {**run.training_state(), "solver": self.solver}

    def _take_up(self, run: RBMRun, state: Mapping[str, Any]) -> None:
        """Continue from the state after the training before; another solver starts anew."""
        if state["solver"] == self.solver:
            run.restore_training(state)
        else:
            run.objective.restore(state["objective"])

    def _trainer(self, data: TrainingData, backend: Backend, random: Any, draws: Random) -> Trainer:
        """Put rows and parameters on the device and make the trainer."""
        store = ParamStore(backend, self._network.layout, self._values)
        store.allocate_grads()
        table = Table(backend, data.X, data.target, None, self._values.dtype)
        n = len(data.rows)
        batch = min(self.batch_size, n)
        objective = ContrastiveDivergence(
            self._network,
            store,
            table,
            random=draws,
            n_particles=self.batch_size,
            n_steps=self.n_gibbs_steps,
            persistent=self.algorithm == "pcd",
            centering=self.centering,
            mean_field=self.mean_field,
            sparsity_target=self.sparsity_target,
            sparsity_cost=self.sparsity_cost,
        )
        if self.centering and self._training_state is None:
            objective.start_offsets(column_means(data.X))
        return Trainer(
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
            rate=self.learning_rate,
            schedule=resolve_schedule(self.learning_rate_schedule),
            total_steps=self.n_iter * -(-n // batch),
            weight_decay=self.weight_decay,
            ema_decay=self.ema_decay,
            frozen=self._frozen(),
        )

    def _curves(self) -> dict[str, Any]:
        losses = [self._monitor_sign * value for value in self.monitor_curve_]
        nothing = ("validation_score", "validation_loss", "learning_rate", "gradient_norm")
        return {"loss": losses, **dict.fromkeys(nothing)}

    def _continuing(self, state: Mapping[str, Any]) -> dict[str, Any]:
        names = ("states", "averages", "rate", "steps", "values", "objective", "draws")
        return {**{name: state[name] for name in names}, "solver": self.solver}

    def _complete(self) -> None:
        self.random_state_ = check_random_state(self.random_state)
        self._estimate_partition()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


class RBMRun:
    """The epochs of one ``fit`` or ``partial_fit`` of a machine.

    Parameters
    ----------
    estimator : RBMEstimator
        Gets the history as its fitted attributes.
    trainer : Trainer
        Does the epochs.
    draws : Random
        The stream of the samples.
    data : TrainingData
        The rows, of which some are watched.
    hooks : FitHooks or None
        What the callbacks are told; None in ``partial_fit``.
    """

    #: Rows that the curve is computed on, spread evenly over those of the fit.
    WATCHED = 100

    def __init__(
        self,
        estimator: RBMEstimator,
        trainer: Trainer,
        draws: Random,
        data: TrainingData,
        hooks: FitHooks | None,
    ) -> None:
        self.est, self.trainer, self.draws, self.hooks = estimator, trainer, draws, hooks
        self.objective: Any = trainer.objective
        watched = data.X[:: -(-data.X.shape[0] // self.WATCHED)]
        watched = watched.toarray() if hasattr(watched, "tocsr") else _inputs.to_host(watched)
        self.watched = watched.astype(estimator._values.dtype)
        self.finished = False
        estimator.n_iter_ = 0
        estimator.monitor_curve_ = list(estimator.monitor_curve_)

    def epochs(self, n_iter: int) -> None:
        """Train until the last epoch, until a callback says stop, or until Ctrl-C."""
        est = self.est
        try:
            while est.n_iter_ < n_iter:
                began = time.perf_counter()
                self.trainer.epoch()
                est.n_iter_ += 1
                est.t_ += int(self.trainer.order.counts[0])
                self._report(time.perf_counter() - began)
                if self.hooks is not None and self.hooks.epoch(lambda: self.model()):
                    break
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=2)
        self.finished = True

    def _report(self, seconds: float) -> None:
        """Note how far the machine has come; refuse one that has diverged."""
        est = self.est
        est._values = self.result()
        with np.errstate(all="ignore"):
            name, value = est._monitor(self.watched)
        if not (np.isfinite(est._values).all() and np.isfinite(value)):
            raise ValueError(
                f"Training diverged in epoch {est.n_iter_}: parameters are not finite or too "
                "large. Choose a smaller learning_rate, or scale the data."
            )
        est.monitor_curve_.append(value)
        if est.verbose:
            kind = type(est).__name__
            print(f"[{kind}] Iteration {est.n_iter_}, {name} = {value:.2f}, time = {seconds:.2f}s")

    def model(self) -> dict[str, Any]:
        """Return the attributes that make the estimator the model as it is now."""
        fitted = copy(self.est)
        fitted._values = self.result()
        fitted._use(self.trainer.ops.device)
        names = ("_values", "_predictor", "_device", "n_iter_", "t_", "monitor_curve_")
        return {name: fitted.__dict__[name] for name in names}

    def result(self) -> np.ndarray:
        """Return the parameters to keep, (1, P)."""
        return self.trainer.ops.to_host(self.trainer.evaluation_store().values)

    def training_state(self) -> dict[str, Any]:
        """Return what ``partial_fit`` needs to go on exactly."""
        return {
            **self.trainer.state(),
            "values": self.trainer.ops.to_host(self.trainer.params.values),
            "objective": self.objective.state(),
            "draws": self.draws.state(),
        }

    def restore_training(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`training_state` returned."""
        rate = self.trainer.rate.copy()
        self.trainer.restore(state)
        self.trainer.rate[:] = rate  # a parameter, which may have been changed
        if state["values"] is not None:
            self.trainer.ops.to_device(state["values"], self.trainer.params.values)
        self.objective.restore(state["objective"])
        self.draws.restore(state["draws"])

    def state(self) -> dict[str, Any]:
        """Return, after an epoch, all that going on from it exactly needs."""
        shuffle = self.trainer.order.randoms[0]
        names = ("n_iter_", "t_", "monitor_curve_", "_means_seen")
        return {
            **self.training_state(),
            "shuffle": None if shuffle is None else shuffle.get_state(legacy=False),
            "rows": self.trainer.order.rows[0].copy(),
            "history": {name: copy(getattr(self.est, name)) for name in names},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` returned."""
        self.restore_training(state)
        self.trainer.order.rows[0] = state["rows"]
        shuffle = self.trainer.order.randoms[0]
        if shuffle is not None:
            shuffle.set_state(state["shuffle"])
        for name, value in state["history"].items():
            setattr(self.est, name, copy(value))
