"""The base of the estimators that train a network: from parameters and data to a fit."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from skdeep.backend.user_warnings import warn
from skdeep.data.place import check_place, resolve_backend
from skdeep.data.training_data import TrainingData
from skdeep.data.validation_split import check_unlabeled
from skdeep.data.weights import check_weight
from skdeep.estimators.architecture import Architecture, check_architecture
from skdeep.estimators.checks.finite import check_outputs, check_target
from skdeep.estimators.fit.estimator_fit import EstimatorFit
from skdeep.estimators.fit.holding_out import asks_to_stop_early, may_hold_out
from skdeep.estimators.fit.planning import (
    continue_network,
    network_plan,
    network_recipe,
    start_network,
)
from skdeep.estimators.fit.schedules import SCHEDULED, check_schedules
from skdeep.estimators.fit.weighting import counts_classes, training_weights
from skdeep.estimators.model import FittedNetwork
from skdeep.estimators.parameters import parameters_of
from skdeep.estimators.sklearn_bases import BaseEstimator, CallbackSupportMixin
from skdeep.fitting.history import NetworkHistory
from skdeep.fitting.jobs import FitJob
from skdeep.fitting.plan import Recipe
from skdeep.fitting.result import FitResult
from skdeep.nn.core.network import Network
from skdeep.nn.losses import Loss
from skdeep.train.streams import noise_seed


class NetworkEstimator(FittedNetwork, CallbackSupportMixin, BaseEstimator):
    """Base of the estimators that train a network; says nothing about its layers.

    A subclass gives the architecture, the loss, and how y is encoded and decoded; ``_input`` says
    what samples are, and ``_parts`` what trains before the whole.
    Fitted state is the network's description, the flat parameter vector on the host, and what
    continuing needs; devices, buffers and recorded steps are made from these and never pickled.
    """

    _history_of_fit = NetworkHistory
    #: Whether a fit says that it might have needed more epochs.
    _warns_of_too_few_epochs = True

    #: What ``fit`` takes of validation rows, besides their weights: all of it or nothing.
    _validation_names: ClassVar[tuple[str, ...]] = ("X_val", "y_val")

    @abstractmethod
    def _architecture(self) -> Architecture:
        """Return the architecture that the parameters describe."""

    def _describe_network(self) -> None:
        """Set what else describes the network: public attributes first of all."""

    @abstractmethod
    def _make_target(
        self, y: Any, weight: Any, *, first: bool, incremental: bool, classes: Any = None
    ) -> None:
        """Set ``_target`` (what y is) and the public attributes that go with it, or check y."""

    @abstractmethod
    def _loss(self) -> Loss:
        """Return the loss for ``_target``."""

    def _fitted_outputs(self, rows: Any) -> Iterator[Any]:
        """Give what a fitted model makes of valid rows, in all the forms that methods return."""
        yield self._predictor(rows, "logits")[0]
        yield self._predictor(rows)[0]

    @abstractmethod
    def _score_outputs(self, target: Any, output: np.ndarray, weight: np.ndarray | None) -> float:
        """Return the default score of the evaluator's outputs (n, K), equal to the scorer's."""

    def _as_scored(self, target: Any, weight: Any) -> tuple[Any, Any]:
        """Return y, None where there is none, and weights of samples from their encoded forms."""
        return self._target.target_labels(target), weight

    def _check_data(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        """Return X and what is learned of its rows, both valid."""
        return self._input.check_fit(self, X, y, reset=reset)

    def _beside(
        self, X: Any, weight: Any, validation: Mapping[str, Any]
    ) -> tuple[Any, Mapping[str, Any]]:
        """Return weights and what else goes with samples, in their order."""
        found, X_val = dict(validation), validation.get("X_val")
        for name, samples in (("groups", X), ("sample_weight_val", X_val)):
            if found.get(name) is not None and samples is not None:
                found[name] = self._input.beside(self, samples, found[name], name)
        if weight is not None:
            weight = self._input.beside(self, X, weight, "sample_weight")
        return weight, found

    # ------------------------------------------------------------------ fit

    def _prepare(
        self,
        owner: EstimatorFit,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        incremental: bool = False,
        validation: Mapping[str, Any] | None = None,
        classes: Any = None,
    ) -> FitJob:
        """Do all of a fit that comes before training."""
        first = not hasattr(self, "_network") or not (self.warm_start or incremental)
        if incremental and not first:
            self._validate_params()  # which scikit-learn leaves out
        self._check_parameters(incremental)
        X_given, y_given, validation = X, y, validation or {}
        sample_weight, validation = self._beside(X, sample_weight, validation)
        X, y = self._check_data(X, y, reset=first)
        if not first:
            self._input.check_continued(self, X_given, y_given)
        dtype = np.dtype(self.dtype or self._input.dtype_of(X))
        weight = check_weight(sample_weight, X, dtype=dtype)
        if first and weight is not None:
            X = self._input.count_weights(self, X, weight)
        backend = resolve_backend(self.device, X)
        self._make_target(y, weight, first=first, incremental=incremental, classes=classes)
        check_target(self._target, dtype)
        of_samples = weight
        weight = training_weights(self, y, weight, dtype, incremental=incremental)
        random = owner.random(incremental, "_random_state")
        noise = noise_seed(random)
        if first:
            start_network(self, X, random, dtype)
        else:
            continue_network(self)
        data = TrainingData(X, self._target.encode(y), weight, np.arange(X.shape[0]))
        check_place(validation.get("X_val"), "X_val", backend.device, "where X is")
        self._input.add_validation(self, data, validation, random, y, X_given)
        self._check_scored(data)
        if data.held_out is not None and counts_classes(self):
            data.weight = training_weights(
                self, y, of_samples, dtype, incremental=incremental, rows=data.rows
            )
        if first and data.held_out is not None:
            self._input.learn_of_training_rows(self, data, random)
            self._learn_of_training_rows(data, y, weight)
        if first and self.initial_weights is None:
            self._fit_first_weights(data, random)
        elif first:
            self._input.fit_first_weights(self, data)
        data.X_unlabeled = check_unlabeled(self, validation.get("X_unlabeled"), X.shape[0])
        self._describe_network()
        told = (X_given, y_given, sample_weight, data, self._parts.count(self))
        reporter = None if incremental else owner.report(*told)
        plan = network_plan(self, data, backend, random, noise, incremental=incremental)
        parts = self._parts.train(self, data, backend, random) if first else iter(())
        return FitJob(plan, owner, reporter, parts)

    def _check_scored(self, data: TrainingData) -> None:
        """Refuse validation samples that have no score."""

    def _learn_of_training_rows(self, data: TrainingData, y: Any, weight: Any) -> None:
        """Learn anew what rows that validate have no part in; encode y by it."""

    def _fit_first_weights(self, data: TrainingData, random: np.random.RandomState) -> None:
        """Adapt weights that were drawn to the training samples, before training."""
        self._input.fit_first_weights(self, data)

    def _recipe(self) -> Recipe:
        """Return how training is made of the network."""
        return network_recipe(self)

    def _take(self, result: FitResult) -> None:
        super()._take(result)
        self._random_state = result.random if result.incremental else None
        check_outputs(self, result.X)

    def _make_network(self, n_features: int) -> Network:
        """Return the network for rows of this width and the target that was found."""
        loss, architecture = self._loss(), self._architecture()
        shape = self._input.shape(self, n_features)
        layers = architecture.layers(shape, loss.n_logits(self._target.n_columns))
        layers = [*architecture.noise_layers(self._target), *layers]
        return Network(layers, self._input.shape_inside(self, n_features), loss)

    def _check_parameters(self, incremental: bool) -> None:
        """Refuse or warn of parameters that do not go together, before data is looked at."""
        check_architecture(self)
        if self.solver == "lbfgs":
            if asks_to_stop_early(self):
                warn("early_stopping has no effect with solver='lbfgs'")
            for name in ("gradient_clip_norm", "gradient_clip_value", "ema_decay", "weight_decay"):
                if getattr(self, name) not in (parameters_of(type(self))[name].default, None):
                    warn(f"{name} has no effect with solver='lbfgs'")
            for name in SCHEDULED:
                if getattr(self, name, None) is not None:
                    warn(f"{name} has no effect with solver='lbfgs'")
        elif asks_to_stop_early(self) and incremental:
            raise ValueError("partial_fit does not support early_stopping=True")
        splits = getattr(self, "validation_split", None) is not None
        if splits and not may_hold_out(self):
            warn("validation_split has no effect without early_stopping")
        if self.learning_rate != "constant" and self.solver != "sgd":
            warn(
                f"learning_rate={self.learning_rate!r} has no effect with solver={self.solver!r}; "
                "use learning_rate_schedule, which works with every stochastic solver",
            )
        check_schedules(self)

    def _complete(self) -> None:
        """Set, in an estimator read from a file, what follows from its parameters."""
        self._random_state = None
        self._describe_network()
