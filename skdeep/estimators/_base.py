"""What every estimator on the engine shares: fit, predict, weights, devices, pickles."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from skdeep.backend import Backend
from skdeep.backend.user_warnings import warn
from skdeep.data.kinds import as_rows
from skdeep.data.place import check_place, resolve_backend
from skdeep.data.training_data import TrainingData
from skdeep.data.validation_split import check_unlabeled, check_validation_input, hold_out
from skdeep.data.weights import check_product, check_weight
from skdeep.estimators._architecture import Architecture, check_architecture
from skdeep.estimators._epoch_scorer import EpochScorer
from skdeep.estimators._estimator_fit import EstimatorFit
from skdeep.estimators._finite import check_outputs, check_target
from skdeep.estimators._memory import check_model_size
from skdeep.estimators._model import FittedNetwork
from skdeep.estimators._parameter_checks import check_parameters
from skdeep.estimators._sklearn_bases import BaseEstimator, CallbackSupportMixin
from skdeep.estimators._weights import check_weights
from skdeep.estimators.parameters import parameters_of, stack_rules, switched_on
from skdeep.fitting.history import NetworkHistory
from skdeep.fitting.jobs import FitJob
from skdeep.fitting.plan import Each, FitPlan, RateRule, Recipe, Stopping
from skdeep.fitting.result import FitResult
from skdeep.fitting.stack_size import row_numbers
from skdeep.nn.layer import Layer
from skdeep.nn.losses import Loss
from skdeep.nn.network import Network
from skdeep.nn.params import ParamStore
from skdeep.nn.stacking import stack_networks
from skdeep.optim import make_optimizer
from skdeep.optim.base import Optimizer
from skdeep.optim.schedules import resolve_schedule
from skdeep.train.data import Table
from skdeep.train.evaluator import Evaluator
from skdeep.train.streams import noise_seed
from skdeep.train.supervised import Supervised


class NetworkEstimator(FittedNetwork, CallbackSupportMixin, BaseEstimator):
    """Base of the estimators that train a network; says nothing about its layers.

    A subclass gives the architecture, the loss, and how y is encoded and decoded; ``_input`` says
    what samples are, and ``_parts`` what trains before the whole.
    Fitted state is the network's description, the flat parameter vector on the host, and what
    continuing needs; devices, buffers and recorded steps are made from these and never pickled.
    """

    #: Whether a fit says that it might have needed more epochs.
    _warns_of_too_few_epochs = True

    _param_names: ClassVar[list[str]]
    #: What ``fit`` takes of validation rows, besides their weights: all of it or nothing.
    _validation_names: ClassVar[tuple[str, ...]] = ("X_val", "y_val")

    @classmethod
    def _get_param_names(cls) -> list[str]:
        """Return the parameters' names; reading them from the signature each time is slow."""
        if "_param_names" not in vars(cls):
            cls._param_names = super()._get_param_names()
        return cls._param_names

    def _validate_params(self) -> None:
        """Check the parameters as scikit-learn does, but for those that are the defaults."""
        given, known = self.get_params(deep=False), parameters_of(type(self))
        changed = {k: v for k, v in given.items() if k not in known or v is not known[k].default}
        check_parameters(self, changed)

    @abstractmethod
    def _architecture(self) -> Architecture:
        """Return the architecture that the parameters describe."""

    def _layers(self, n_features: int, n_logits: int) -> list[Layer]:
        """Return the layers from the rows to the logits."""
        return self._architecture().layers(self._input.shape(self, n_features), n_logits)

    def _check_layers(self) -> None:
        """Refuse parameters that describe no network, before data is looked at."""
        check_architecture(self)

    def _describe_network(self) -> None:
        """Set public attributes that describe the network."""

    @abstractmethod
    def _make_target(
        self, y: Any, weight: Any, *, first: bool, incremental: bool, classes: Any = None
    ) -> None:
        """Set ``_target`` (what y is) and the public attributes that go with it, or check y."""

    @abstractmethod
    def _loss(self) -> Loss:
        """Return the loss for ``_target``."""

    def _weights_of(
        self,
        y: Any,
        weight: np.ndarray | None,
        *,
        incremental: bool = False,
        validation: bool = False,
    ) -> np.ndarray | None:
        """Return row weights with those of the classes multiplied in, where y are classes.

        Validation rows get the factors that the training rows have set.
        """
        return weight

    def _fitted_outputs(self, rows: Any) -> Iterator[Any]:
        """Give what a fitted model makes of valid rows, in all the forms that methods return."""
        yield self._predictor(rows, "logits")[0]
        yield self._predictor(rows)[0]

    @abstractmethod
    def _score_outputs(self, target: Any, output: np.ndarray, weight: np.ndarray | None) -> float:
        """Return the default score of the evaluator's outputs (n, K), equal to the scorer's."""

    def _check_data(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        """Return X and what is learned of its rows, both valid."""
        return self._input.check_fit(self, X, y, reset=reset)

    def _check_target(self, y: Any) -> None:
        """Raise if y is not what the model was made for."""
        self._target.check(y)

    def _decode_target(self, target: np.ndarray) -> Any:
        """Return y from its encoded form."""
        return self._target.target_labels(target)

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
        self._check_layers()
        self._check_combinations(incremental)
        X_given, y_given, validation = X, y, validation or {}
        X, y = self._check_data(X, y, reset=first)
        dtype = np.dtype(self.dtype or self._dtype_of(X))
        weight = check_weight(sample_weight, X, dtype=dtype)
        backend = resolve_backend(self.device, X)
        self._make_target(y, weight, first=first, incremental=incremental, classes=classes)
        check_target(self._target, dtype)
        given, weight = weight, self._weights_of(y, weight, incremental=incremental)
        if weight is not given:
            usual = getattr(self, "class_weight", None) is None
            check_product(weight, dtype, "sample_weight" if usual else "class_weight")
        random = self._random_for(incremental, "_random_state")
        noise = noise_seed(random)
        if first:
            self._start(X, random)
        else:
            self._continue()
        data = TrainingData(X, self._target.encode(y), weight, np.arange(X.shape[0]))
        check_place(validation.get("X_val"), "X_val", backend.device, "where X is")
        self._add_validation(data, validation, random, y, X_given)
        data.X_unlabeled = check_unlabeled(self, validation.get("X_unlabeled"), X.shape[0])
        self._describe_network()
        self._check_batch_size(len(data.rows))
        reporter = None
        if not incremental:
            reporter = self._report(X_given, y_given, sample_weight, data, self._parts.count(self))
        plan = self._plan(data, backend, random, noise, incremental)
        parts = self._parts.train(self, data, backend, random) if first else iter(())
        return FitJob(plan, owner, reporter, parts)

    def _plan(
        self,
        data: TrainingData,
        backend: Backend,
        random: np.random.RandomState,
        noise: np.random.SeedSequence,
        incremental: bool,
    ) -> FitPlan:
        """Return what training has to know."""
        sgd = self.solver == "sgd"
        return FitPlan(
            name=type(self).__name__,
            network=self._network,
            values=self._values,
            recipe=self._training_of(),
            data=data,
            backend=backend,
            random=random,
            noise=noise,
            batch_size=self._rows_per_batch(len(data.rows)),
            shuffle=self.shuffle,
            solver=self.solver,
            numbers=self._numbers(),
            stopping=self._stopping(),
            history=NetworkHistory.of(vars(self)),
            agreement=self._stack_key(data, backend),
            schedule=resolve_schedule(self.learning_rate_schedule),
            rate_rule=RateRule(
                self.learning_rate if sgd else "constant", self.learning_rate_init, self.power_t
            ),
            frozen=self._frozen(),
            state=self._training_state if incremental else None,
            incremental=incremental,
            verbose=self.verbose,
            max_fun=getattr(self, "max_fun", 0),
            trains=self._trains(),
        )

    def _training_of(self) -> Recipe:
        """Return how training is made of the network."""
        rules = stack_rules(type(self))
        return Recipe(
            stack=stack_networks,
            objective=self._objective,
            optimizer=self._optimizer,
            evaluator=self._evaluator,
            step_numbers=self._step_numbers,
            objective_numbers=rules.objective,
            evaluator_numbers=rules.evaluator,
            cache_factor=self._cache_factor,
            part_numbers=self._parts.numbers(self),
        )

    def _numbers(self) -> dict[str, Any]:
        """Return what each model of a stack has for itself, by name."""
        rules = stack_rules(type(self))
        names = (*rules.trainer, *rules.objective, *rules.evaluator)
        return {
            "rate": self.learning_rate_init,
            "clip_norm": self.gradient_clip_norm,
            "clip_value": self.gradient_clip_value,
            **{name: getattr(self, name) for name in names},
        }

    def _stopping(self) -> Stopping:
        """Return when training ends, and how it is scored until then."""
        scoring = getattr(self, "scoring", "loss")
        return Stopping(
            max_iter=self.max_iter,
            tol=self.tol,
            n_iter_no_change=self.n_iter_no_change,
            early=self.early_stopping,
            scoring=scoring if scoring in (None, "loss") else EpochScorer(self),
            score_outputs=self._score_outputs,
            warns=self._warns_of_too_few_epochs,
        )

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

    def _objective(
        self, network: Network, store: ParamStore, table: Table, **options: Any
    ) -> Supervised:
        """Return what is minimised.

        Options are ``random`` and ``divisor`` of Supervised, and the parameters that are declared
        as used by the objective, a number per model each.
        """
        objective: Supervised = self._input.rows.objective(network, store, table, **options)
        return objective

    def _evaluator(
        self, network: Network, store: ParamStore, table: Table, rows: np.ndarray, **numbers: Any
    ) -> Evaluator:
        """Return what gives held-out rows' loss, and the outputs ``_score_outputs`` reads.

        It gets the parameters that are declared as used by the evaluator, too, a number per model
        each.
        """
        evaluator: Evaluator = self._input.rows.evaluator(network, store, table, rows)
        return evaluator

    def _stack_key(self, data: TrainingData, backend: Backend) -> Any:
        """Return what must agree with other fits to train with them, besides the network.

        None where nothing goes together with this one.
        """
        if self.solver == "lbfgs" or not as_rows(data.X).stackable:
            return None
        return (
            type(self),
            self.solver,
            type(self._optimizer(lambda name: getattr(self, name))),
            self.batch_size,
            self._values.dtype,
            backend.device,
            data.target.dtype,
            data.target.shape[1:],
            *data.layouts,
            self._frozen(),
            switched_on(self),
            *self._agreement(),
        )

    def _agreement(self) -> tuple[Any, ...]:
        """Return what must agree in a stack besides the network and what all families have."""
        return ()

    def _step_numbers(self, network: Any, batch: int) -> int:
        """Return how many numbers a training step has in buffers, for a batch of this size."""
        return batch * row_numbers(network)

    def _trains(self) -> bool:
        """Say whether there is anything to train besides the parts before."""
        return True

    def _check_batch_size(self, n: int) -> None:
        if self.solver != "lbfgs" and self.batch_size != "auto" and self.batch_size > n:
            warn(
                "Got `batch_size` less than 1 or larger than sample size. It is going to be "
                "clipped",
            )

    def _rows_per_batch(self, n: int) -> int:
        return min(200 if self.batch_size == "auto" else int(self.batch_size), n)

    def _take(self, result: FitResult) -> None:
        super()._take(result)
        self._random_state = result.random if result.incremental else None
        check_outputs(self, result.X)

    def _continuing(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """Return, from a running fit's state, what a fitted estimator keeps for more training."""
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

    def _start(self, X: Any, random: np.random.RandomState) -> None:
        """Build the network and draw its initial parameters; begin the history."""
        dtype = np.dtype(self.dtype or self._dtype_of(X))
        as_rows(X).check_magnitude(dtype)
        self._network = self._make_network(X.shape[1])
        check_model_size(self._network.layout, dtype)
        self._values = self._network.initial([random]).astype(dtype)
        if self.initial_weights is not None:
            slots = self._network.layout.slots
            self._write_weights(
                check_weights(self.initial_weights, slots, dtype, "initial_weights")
            )
        self._frozen()
        self._training_state = None
        self.__dict__.update(NetworkHistory().attributes())

    def _dtype_of(self, X: Any) -> Any:
        """Return what to compute in where the parameter ``dtype`` does not say."""
        return self._input.dtype_of(X)

    def _make_network(self, n_features: int) -> Network:
        """Describe the network for rows of this width and the target that was found."""
        loss = self._loss()
        layers = self._layers(n_features, loss.n_logits(self._target.n_columns))
        return Network(layers, self._input.shape_inside(self, n_features), loss)

    def _continue(self) -> None:
        """Take up parameters that were changed; refuse them where the weights do not fit."""
        network = self._make_network(self.n_features_in_)
        now, before = (
            {name: slot.param.shape for name, slot in net.layout.slots.items()}
            for net in (network, self._network)
        )
        if now != before:
            raise ValueError(
                "training cannot go on from the weights there: parameters were set that describe "
                f"another network, with weights of shapes {now} instead of {before}. Fit anew, "
                "with warm_start=False."
            )
        self._network = network

    def _frozen(self) -> tuple[str, ...]:
        """Return the names of the parameters that training must not move."""
        slots = self._network.layout.slots
        result: set[str] = set()
        for name in self.frozen_layers:
            found = {s for s in slots if f".{name}." in f".{s}."}
            if not found:
                raise ValueError(f"frozen_layers: no layer {name!r}; there are {sorted(slots)}")
            if all(slots[s].param.kind == "state" for s in found):
                raise ValueError(
                    f"frozen_layers: {name!r} is a running statistic, which follows the data; "
                    "name the layer to hold its scale and shift"
                )
            result |= found
        return tuple(sorted(result))

    @staticmethod
    def _stochastic_only(estimator: Any) -> bool:
        """Say whether there is a ``partial_fit``."""
        if estimator.solver == "lbfgs":
            raise AttributeError(
                "partial_fit is only available for stochastic optimizers. "
                f"{estimator.solver} is not stochastic."
            )
        return True

    def _add_validation(
        self, data: TrainingData, given: Mapping[str, Any], random: Any, y: Any, X_given: Any
    ) -> None:
        """Set validation rows: those given to ``fit``, or held out of X."""
        if given.get("groups") is not None and getattr(self, "validation_split", None) is None:
            warn("groups has no effect without validation_split")
        missing = [name for name in self._validation_names if given.get(name) is None]
        if len(missing) == len(self._validation_names):
            if given.get("sample_weight_val") is not None:
                raise ValueError(f"sample_weight_val needs {' and '.join(self._validation_names)}")
            if self.early_stopping and self.solver != "lbfgs":
                strata = self._target.strata(data.target)
                hold_out(self, data, strata, given.get("groups"), random, y)
            return
        if missing:
            raise ValueError(f"X_val and y_val go together: {missing[0]} is missing")
        X_val, y_val = check_validation_input(
            self, given["X_val"], given.get("y_val"), X_given, data.X.shape[0]
        )
        if self.solver == "lbfgs":
            warn("X_val has no effect with solver='lbfgs'")
        given_weight, dtype = given.get("sample_weight_val"), self._values.dtype
        weight = check_weight(given_weight, X_val, "sample_weight_val", dtype)
        data.X_val, data.target_val = X_val, self._target.encode(y_val)
        data.weight_val = self._weights_of(y_val, weight, validation=True)

    def _check_combinations(self, incremental: bool) -> None:
        """Refuse or warn of parameters that do not go together."""
        if self.solver == "lbfgs":
            if self.early_stopping:
                warn("early_stopping has no effect with solver='lbfgs'")
            for name in (
                "gradient_clip_norm",
                "gradient_clip_value",
                "ema_decay",
                "learning_rate_schedule",
                "weight_decay",
            ):
                if getattr(self, name) not in (parameters_of(type(self))[name].default, None):
                    warn(f"{name} has no effect with solver='lbfgs'")
        elif self.early_stopping and incremental:
            raise ValueError("partial_fit does not support early_stopping=True")
        splits = getattr(self, "validation_split", None) is not None
        if splits and not self.early_stopping:
            warn("validation_split has no effect without early_stopping")
        if self.learning_rate != "constant" and self.solver != "sgd":
            warn(
                f"learning_rate={self.learning_rate!r} has no effect with solver={self.solver!r}; "
                "use learning_rate_schedule, which works with every stochastic solver",
            )
        resolve_schedule(self.learning_rate_schedule)

    def _complete(self) -> None:
        """Set, in an estimator read from a file, what follows from its parameters."""
        self._random_state = None
        self._describe_network()
