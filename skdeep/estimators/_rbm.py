"""What the estimators of restricted Boltzmann machines share: how they are fitted."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from functools import partial
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions

from skdeep.backend.base import Random
from skdeep.estimators import _inputs
from skdeep.estimators._constraints import NETWORK_CONSTRAINTS
from skdeep.estimators._finite import ORDINARY, all_finite
from skdeep.estimators._fitting import FittedByJobs
from skdeep.estimators._hooks import FitHooks
from skdeep.estimators._inputs import TrainingData
from skdeep.estimators._jobs import FitJob
from skdeep.estimators._parameters import CheckedParameters, check_memory, check_model_size
from skdeep.estimators._rbm_likelihood import DIVERGED, ScoredRBM
from skdeep.estimators._rbm_model import column_means
from skdeep.estimators._rbm_run import MachineRun
from skdeep.estimators._rollback import attributes, unchanged_on_error
from skdeep.estimators._stack import each_of
from skdeep.nn.params import ParamStore
from skdeep.nn.rbm import RBM
from skdeep.nn.stacking import stack_machines
from skdeep.optim import SOLVERS
from skdeep.optim.schedules import resolve_schedule
from skdeep.train.contrastive import ContrastiveDivergence
from skdeep.train.data import Order, Table
from skdeep.train.free_energy import free_energy
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
    FittedByJobs,
    CallbackSupportMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    CheckedParameters,
    BaseEstimator,
):
    """Base of the machines that learn without labels; a subclass says what visible units are.

    Fitted state is the description of the machine, the flat parameter vector on the host, and
    what continuing needs, as for the networks.
    """

    _length_parameter: ClassVar[str] = "n_iter"
    _switched = ("ema_decay",)
    _free = frozenset(
        {"n_iter", "sparsity_target", "likelihood", "check_range", "initial_variance"}
    )
    _on_or_off = frozenset({"sparsity_cost"})
    _stacked = staticmethod(stack_machines)
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

    @abstractmethod
    def _monitor(self, rows: np.ndarray) -> tuple[str, float]:
        """Return the name and the value of what ``verbose`` prints and the curve holds.

        It is computed from some rows of the fit (n, F), in the model's dtype, after each epoch.
        """

    # ------------------------------------------------------------------ fit

    def _fit(self, X: Any, *, incremental: bool) -> RBMEstimator:
        """Fit or continue; whatever goes wrong, the model stays as it was."""
        self._settle()
        before = attributes(self)
        with unchanged_on_error(self):
            job = self._prepare(X, incremental)
            self._carry_out(job, before)
        return self

    def _prepare(self, X: Any, incremental: bool) -> FitJob:
        """Do all of a fit that comes before training."""
        first = not hasattr(self, "_network") or not (self.warm_start or incremental)
        if incremental and not first:
            self._validate_params()  # which scikit-learn leaves out
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
        if self.algorithm == "pcd":
            units = int(self.batch_size) * (self._network.n_visible + self._network.n_hidden)
            advice = "there is a chain for each row of a batch, so take a smaller batch_size"
            check_memory("persistent chains", units, self._values.dtype, advice)
        data = TrainingData(X, np.empty((X.shape[0], 0)), None, np.arange(X.shape[0]))
        hooks = None
        if not incremental:
            hooks = self._hooks = FitHooks(self, given, None, None, data)
            hooks.begin()
        self._count_means(X)
        return FitJob(self, data, backend, random, noise_seed(random), hooks)

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
        check_model_size(self._network.layout, dtype)
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

    # ------------------------------------------------------------------ training

    def _make_run(self, job: FitJob) -> MachineRun:
        return MachineRun(job)

    def _rows_per_batch(self, n: int) -> int:
        return min(self.batch_size, n)

    def _agreement(self) -> tuple[Any, ...]:
        sparse = bool(self.sparsity_cost)
        return self.algorithm, self.n_gibbs_steps, self.centering, self.mean_field, sparse

    def _step_numbers(self, network: Any, batch: int) -> int:
        """Count both sides of rows and particles, the states, and the random numbers."""
        particles = self.batch_size if self.algorithm == "pcd" else batch
        return (batch + 3 * particles) * (network.n_visible + network.n_hidden)

    def _make_trainer(
        self,
        runs: Sequence[MachineRun],
        network: RBM,
        store: ParamStore,
        table: Table,
        order: Order,
        random: Random,
    ) -> Trainer:
        each = partial(each_of, [run.est for run in runs])
        store.allocate_grads()
        objective = ContrastiveDivergence(
            network,
            store,
            table,
            random=random,
            n_particles=self.batch_size,
            n_steps=self.n_gibbs_steps,
            persistent=self.algorithm == "pcd",
            centering=self.centering,
            mean_field=self.mean_field,
            sparsity_target=each("sparsity_target"),
            sparsity_cost=each("sparsity_cost"),
        )
        if self.centering and self._training_state is None:
            objective.start_offsets(np.stack([column_means(run.job.data.X) for run in runs]))
        n_steps = [-(-len(run.job.data.rows) // run.batch_size) for run in runs]
        return Trainer(
            objective,
            self._optimizer(each),
            order=order,
            batch_size=max(run.batch_size for run in runs),
            rate=each("learning_rate"),
            schedule=[resolve_schedule(run.est.learning_rate_schedule) for run in runs],
            total_steps=np.array([run.est.n_iter for run in runs]) * n_steps,
            weight_decay=each("weight_decay"),
            ema_decay=each("ema_decay"),
            frozen=self._frozen(),
        )

    def _finish(self, job: FitJob) -> None:
        self.random_state_ = job.random
        with np.errstate(all="ignore"):  # what overflows is refused
            self._use(job.backend.device)
            self._estimate_partition()
            self._check_finite(job.data.X)

    def _check_finite(self, X: Any) -> None:
        """Refuse a machine that is finite but not what it makes of rows of its fit."""
        fine = all_finite(self._machine().values())
        if fine and np.abs(self._values).max() > ORDINARY:
            fine = all_finite(self._fitted_outputs(X))
        if not fine:
            raise ValueError(f"Training diverged. {DIVERGED}")

    def _fitted_outputs(self, X: Any) -> Iterator[Any]:
        """Give what a fitted machine makes of valid rows."""
        hidden = self._predictor(X)[0]
        yield hidden
        yield free_energy(X, **self._parameters())
        yield self.inverse_transform(hidden)

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
