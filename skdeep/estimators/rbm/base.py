"""The common parent of RBMs that learn without labels: how they are fitted."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from sklearn.utils import check_random_state

from skdeep.data.place import resolve_backend
from skdeep.data.table import check_fit_rows
from skdeep.data.training_data import TrainingData
from skdeep.estimators.checks.finite import ORDINARY, all_finite
from skdeep.estimators.checks.memory import check_memory
from skdeep.estimators.fit.estimator_fit import EstimatorFit
from skdeep.estimators.fit.planning import describe_for
from skdeep.estimators.rbm.likelihoods import RBMLikelihoods
from skdeep.estimators.rbm.model import FittedRBM, column_means
from skdeep.estimators.rbm.planning import rbm_plan, rbm_recipe
from skdeep.estimators.sklearn_bases import (
    BaseEstimator,
    CallbackSupportMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from skdeep.fitting.history import RBMHistory
from skdeep.fitting.jobs import FitJob
from skdeep.fitting.plan import Recipe
from skdeep.fitting.rbm_loop import DIVERGED
from skdeep.fitting.result import FitResult
from skdeep.nn.boltzmann.rbm import RBM
from skdeep.optim.schedules import resolve_schedule
from skdeep.train.boltzmann.free_energy import free_energy


class RBMEstimator(
    RBMLikelihoods,
    CallbackSupportMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    BaseEstimator,
):
    """Base of the RBMs that learn without labels; a subclass says what visible units are.

    Fitted state is the description of the RBM, the flat parameter vector on the host, and
    what continuing needs, as for the networks.
    """

    _history_of_fit: ClassVar[type[RBMHistory]] = RBMHistory

    transform = FittedRBM.transform  # in a transformer's own class, where set_output wraps it

    @abstractmethod
    def _make_network(self, n_features: int) -> RBM:
        """Describe the RBM for rows of this width."""

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
        random = owner.random(incremental, "random_state_")
        if first:
            self._start(X, random)
        elif self.n_components != self._network.n_hidden:
            raise ValueError(
                f"training cannot continue with n_components={self.n_components}: the RBM there "
                f"has {self._network.n_hidden} hidden units. Fit anew, with warm_start=False."
            )
        if self.algorithm == "pcd":
            units = int(self.batch_size) * (self._network.n_visible + self._network.n_hidden)
            advice = "there is a chain for each row of a batch, so take a smaller batch_size"
            check_memory("persistent chains", units, self._values.dtype, advice)
        data = TrainingData(X, np.empty((X.shape[0], 0)), None, np.arange(X.shape[0]))
        reporter = None if incremental else owner.report(given, None, None, data)
        self._count_means(X)
        plan = rbm_plan(self, data, backend, random, incremental=incremental)
        return FitJob(plan, owner, reporter)

    def _start(self, X: Any, random: np.random.RandomState) -> None:
        """Describe the RBM, draw its initial parameters, begin the history."""
        dtype = np.dtype(self.dtype or X.dtype)
        self._network = describe_for(self, X, dtype)
        values = self._network.layout.initial(random)[None].astype(dtype)
        self._initial_values(self._network, X, values)
        self._values = values
        self._training_state = None
        self._means_seen = (0, np.zeros(X.shape[1]))
        self.__dict__.update(self._history_of_fit().attributes())

    @property
    def epochs_parameter(self) -> str:
        """Name of the parameter that says how many epochs a fit has at most."""
        return "n_iter"

    def _count_means(self, X: Any) -> None:
        """Set the means of the features over all rows seen, which annealing begins with."""
        seen, means = self._means_seen
        n = X.shape[0]
        means = means + (column_means(X) - means) * (n / (seen + n))
        self._means_seen = (seen + n, means)

    # ------------------------------------------------------------------ training

    def _weights_changed(self) -> None:
        super()._weights_changed()
        self._partition = None  # that of other weights

    def _recipe(self) -> Recipe:
        """Return how training is made of the RBM."""
        return rbm_recipe(self)

    def _frozen(self) -> tuple[str, ...]:
        """Return the names of the parameters that training must not move."""
        return ()

    def _take(self, result: FitResult) -> None:
        self.random_state_ = result.random
        with np.errstate(all="ignore"):  # what overflows is refused
            super()._take(result)
            self._estimate_partition()
            self._check_finite(result.X)

    def _check_finite(self, X: Any) -> None:
        """Refuse an RBM that is finite but not what it makes of rows of its fit."""
        fine = all_finite(self._arrays().values())
        if fine and np.abs(self._values).max() > ORDINARY:
            fine = all_finite(self._fitted_outputs(X))
        if not fine:
            raise ValueError(f"Training diverged. {DIVERGED}")

    def _fitted_outputs(self, X: Any) -> Iterator[Any]:
        """Give what a fitted RBM makes of valid rows."""
        hidden = self._predictor(X)[0]
        yield hidden
        yield free_energy(X, **self._parameters())
        yield self.inverse_transform(hidden)

    def _complete(self) -> None:
        """Set, in an estimator read from a file, what follows from its parameters."""
        self.random_state_ = check_random_state(self.random_state)
        self._estimate_partition()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
