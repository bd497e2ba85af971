"""What the estimators of restricted Boltzmann machines share: how they are fitted."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any, ClassVar

import numpy as np
from sklearn.utils import check_random_state

from skdeep.backend import Backend
from skdeep.data.kinds import as_rows
from skdeep.data.place import resolve_backend
from skdeep.data.table import check_fit_rows
from skdeep.data.training_data import TrainingData
from skdeep.estimators._estimator_fit import EstimatorFit
from skdeep.estimators._finite import ORDINARY, all_finite
from skdeep.estimators._memory import check_memory, check_model_size
from skdeep.estimators._rbm_likelihood import ScoredRBM
from skdeep.estimators._rbm_model import column_means
from skdeep.estimators._sklearn_bases import (
    BaseEstimator,
    CallbackSupportMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from skdeep.estimators.parameters import stack_rules
from skdeep.fitting.history import RBMHistory
from skdeep.fitting.jobs import FitJob
from skdeep.fitting.plan import Each, FitPlan, Recipe, Stopping
from skdeep.fitting.rbm_loop import DIVERGED
from skdeep.fitting.result import FitResult
from skdeep.nn.params import ParamStore
from skdeep.nn.rbm import RBM
from skdeep.nn.stacking import stack_machines
from skdeep.optim import make_optimizer
from skdeep.optim.base import Optimizer
from skdeep.optim.schedules import resolve_schedule
from skdeep.train.contrastive import ContrastiveDivergence
from skdeep.train.data import Table
from skdeep.train.free_energy import free_energy
from skdeep.train.streams import noise_seed


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

    @abstractmethod
    def _monitor(self, rows: np.ndarray) -> tuple[str, float]:
        """Return the name and the value of what ``verbose`` prints and the curve holds.

        It is computed from some rows of the fit (n, F), in the model's dtype, after each epoch.
        """

    # ------------------------------------------------------------------ fit

    def _prepare(self, owner: EstimatorFit, X: Any, *, incremental: bool) -> FitJob:
        """Do all of a fit that comes before training."""
        first = not hasattr(self, "_network") or not (self.warm_start or incremental)
        if incremental and not first:
            self._validate_params()  # which scikit-learn leaves out
        resolve_schedule(self.learning_rate_schedule)
        given = X
        X = check_fit_rows(self, X, reset=first)
        self._check_values(X)
        backend = resolve_backend(self.device, X)
        random = self._random_for(incremental, "random_state_")
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
        reporter = None if incremental else self._report(given, None, None, data)
        self._count_means(X)
        return FitJob(self._plan(data, backend, random, incremental), owner, reporter)

    def _plan(
        self, data: TrainingData, backend: Backend, random: Any, incremental: bool
    ) -> FitPlan:
        """Return what training has to know."""
        begins = self._training_state is None
        return FitPlan(
            name=type(self).__name__,
            network=self._network,
            values=self._values,
            recipe=self._training_of(),
            data=data,
            backend=backend,
            random=random,
            noise=noise_seed(random),
            batch_size=min(self.batch_size, len(data.rows)),
            shuffle=self.shuffle,
            solver=self.solver,
            numbers=self._numbers(column_means(data.X) if self.centering and begins else None),
            stopping=Stopping(max_iter=self.n_iter),
            history=RBMHistory.of(vars(self)),
            agreement=self._stack_key(data, backend),
            schedule=resolve_schedule(self.learning_rate_schedule),
            frozen=self._frozen(),
            state=self._training_state,
            incremental=incremental,
            verbose=self.verbose,
            monitor=self._monitor_of,
        )

    def _monitor_of(self, values: np.ndarray, rows: np.ndarray) -> tuple[str, float]:
        """Return :meth:`_monitor` of the machine with these parameters."""
        machine = copy(self)
        machine._network, machine._values = self._network, values
        return machine._monitor(rows)

    def _start(self, X: Any, random: np.random.RandomState) -> None:
        """Describe the machine, draw its initial parameters, begin the history."""
        dtype = np.dtype(self.dtype or X.dtype)
        as_rows(X).check_magnitude(dtype)
        self._network = self._make_network(X.shape[1])
        check_model_size(self._network.layout, dtype)
        values = self._network.layout.initial(random)[None].astype(dtype)
        self._initial_values(self._network, X, values)
        self._values = values
        self._training_state = None
        self._means_seen = (0, np.zeros(X.shape[1]))
        self.__dict__.update(RBMHistory().attributes())

    def _count_means(self, X: Any) -> None:
        """Set the means of the features over all rows seen, which annealing begins with."""
        seen, means = self._means_seen
        n = X.shape[0]
        means = means + (column_means(X) - means) * (n / (seen + n))
        self._means_seen = (seen + n, means)

    # ------------------------------------------------------------------ training

    def _training_of(self) -> Recipe:
        """Return how training is made of the machine."""
        return Recipe(
            stack=stack_machines,
            objective=self._objective,
            optimizer=self._optimizer,
            step_numbers=self._step_numbers,
            objective_numbers=(*stack_rules(type(self)).objective, "offsets"),
            cache_factor=self._cache_factor,
        )

    def _numbers(self, offsets: np.ndarray | None) -> dict[str, Any]:
        """Return what each model of a stack has for itself, by name."""
        rules = stack_rules(type(self))
        return {
            "rate": self.learning_rate,
            "clip_norm": None,
            "clip_value": None,
            "offsets": offsets,
            **{name: getattr(self, name) for name in (*rules.trainer, *rules.objective)},
        }

    def _stack_key(self, data: TrainingData, backend: Backend) -> Any:
        """Return what must agree in a stack besides the machine; None: nothing goes with it."""
        if not as_rows(data.X).stackable:
            return None
        return (
            type(self),
            self.solver,
            type(self._optimizer(lambda name: getattr(self, name))),
            self.batch_size,
            self._values.dtype,
            backend.device,
            self._frozen(),
            self.ema_decay is None,
            *(self.algorithm, self.n_gibbs_steps, self.centering, self.mean_field),
            bool(self.sparsity_cost),
        )

    def _frozen(self) -> tuple[str, ...]:
        """Return the names of the parameters that training must not move."""
        return ()

    def _optimizer(self, each: Each) -> Optimizer:
        """Return the optimizer of several models with their numbers."""
        return make_optimizer(
            self.solver,
            momentum=each("momentum"),
            nesterovs_momentum=self.nesterovs_momentum,
            beta_1=each("beta_1"),
            beta_2=each("beta_2"),
            epsilon=each("epsilon"),
        )

    def _step_numbers(self, network: Any, batch: int) -> int:
        """Count both sides of rows and particles, the states, and the random numbers."""
        particles = self.batch_size if self.algorithm == "pcd" else batch
        return (batch + 3 * particles) * (network.n_visible + network.n_hidden)

    def _objective(
        self, network: RBM, store: ParamStore, table: Table, offsets: Any, **options: Any
    ) -> ContrastiveDivergence:
        """Return what is minimised; with `offsets` (M, F) centering begins there."""
        store.allocate_grads()
        objective = ContrastiveDivergence(
            network,
            store,
            table,
            n_particles=self.batch_size,
            n_steps=self.n_gibbs_steps,
            persistent=self.algorithm == "pcd",
            centering=self.centering,
            mean_field=self.mean_field,
            **options,
        )
        if offsets is not None:
            objective.start_offsets(offsets)
        return objective

    def _take(self, result: FitResult) -> None:
        self.random_state_ = result.random
        with np.errstate(all="ignore"):  # what overflows is refused
            super()._take(result)
            self._estimate_partition()
            self._check_finite(result.X)

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
        """Return, from a running fit's state, what a fitted estimator keeps for more training."""
        names = ("states", "averages", "rate", "steps", "values", "objective", "draws")
        return {**{name: state[name] for name in names}, "solver": self.solver}

    def _complete(self) -> None:
        """Set, in an estimator read from a file, what follows from its parameters."""
        self.random_state_ = check_random_state(self.random_state)
        self._estimate_partition()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
