"""What every estimator on the engine shares: fit, predict, weights, devices, pickles."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from copy import deepcopy
from inspect import signature
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_random_state

from skdeep.backend import compute
from skdeep.estimators import _inputs
from skdeep.estimators._finite import check_class_weights, check_target
from skdeep.estimators._hooks import FitHooks
from skdeep.estimators._inputs import TrainingData
from skdeep.estimators._jobs import FitJob
from skdeep.estimators._parameters import check_model_size, check_parameters
from skdeep.estimators._rollback import attributes, unchanged_on_error
from skdeep.estimators._solving import SolvedNetwork
from skdeep.estimators._targets import RealTarget
from skdeep.estimators._weights import check_weights
from skdeep.nn.layer import Layer
from skdeep.nn.losses import Loss
from skdeep.nn.network import Network
from skdeep.optim.schedules import resolve_schedule
from skdeep.train.streams import noise_seed


class NetworkEstimator(
    SolvedNetwork,
    CallbackSupportMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    BaseEstimator,
):
    """Base of the estimators that train a network; says nothing about its layers.

    A subclass gives the layers (:meth:`_layers`), the loss, and how y is encoded and decoded.
    Fitted state is the network's description, the flat parameter vector on the host, and what
    continuing needs; devices, buffers and recorded steps are made from these and never pickled.
    """

    _doc_link_module = "skdeep"
    _doc_link_template = (
        "https://skdeep.readthedocs.io/en/stable/generated/skdeep.{estimator_name}.html"
    )

    #: The default of ``gradient_clip_norm``.
    _usual_clip_norm: ClassVar[float | None] = None

    _param_names: ClassVar[list[str]]
    _defaults: ClassVar[dict[str, Any]]
    #: What ``fit`` takes of validation rows, besides their weights: all of it or nothing.
    _validation_names: ClassVar[tuple[str, ...]] = ("X_val", "y_val")

    @classmethod
    def _get_param_names(cls) -> list[str]:
        """Return the parameters' names; reading them from the signature each time is slow."""
        if "_param_names" not in vars(cls):
            cls._param_names = super()._get_param_names()
        return cls._param_names

    @classmethod
    def _parameter_defaults(cls) -> dict[str, Any]:
        if "_defaults" not in vars(cls):
            cls._defaults = {name: p.default for name, p in signature(cls).parameters.items()}
        return cls._defaults

    def _validate_params(self) -> None:
        """Check the parameters as scikit-learn does, but for those that are the defaults."""
        given, defaults = self.get_params(deep=False), self._parameter_defaults()
        changed = {k: v for k, v in given.items() if k not in defaults or v is not defaults[k]}
        check_parameters(self, changed)

    @abstractmethod
    def _layers(self, n_features: int, n_logits: int) -> list[Layer]:
        """Return the layers from the rows to the logits."""

    def _check_layers(self) -> None:
        """Refuse parameters that describe no network, before data is looked at."""

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
        output = self._predictor(rows)[0]
        yield output
        if isinstance(self._target, RealTarget):
            # Squared in float64, as scores have it.
            yield compute(lambda xp, y: y.astype(np.float64) ** 2, self._target.decode(output))

    @abstractmethod
    def _score_outputs(self, target: Any, output: np.ndarray, weight: np.ndarray | None) -> float:
        """Return the default score of the evaluator's outputs (n, K), equal to the scorer's."""

    def _check_data(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        """Return X and what is learned of its rows, both valid."""
        return _inputs.check_fit_input(self, X, y, reset=reset)

    def _check_target(self, y: Any) -> None:
        """Raise if y is not what the model was made for."""
        self._target.check(y)

    def _decode_target(self, target: np.ndarray) -> Any:
        """Return y from its encoded form."""
        return self._target.target_labels(target)

    # ------------------------------------------------------------------ fit

    def _fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        incremental: bool = False,
        validation: Mapping[str, Any] | None = None,
        classes: Any = None,
    ) -> NetworkEstimator:
        """Fit or continue; whatever goes wrong, the model stays as it was."""
        self._settle()
        before = attributes(self)
        with unchanged_on_error(self):
            job = self._prepare(X, y, sample_weight, incremental, validation or {}, classes)
            self._carry_out(job, before)
        return self

    def _prepare(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        incremental: bool,
        validation: Mapping[str, Any],
        classes: Any,
    ) -> FitJob:
        """Do all of a fit that comes before training."""
        first = not hasattr(self, "_network") or not (self.warm_start or incremental)
        if incremental and not first:
            self._validate_params()  # which scikit-learn leaves out
        self._check_layers()
        self._check_combinations(incremental)
        X_given, y_given = X, y
        X, y = self._check_data(X, y, reset=first)
        dtype = np.dtype(self.dtype or self._dtype_of(X))
        weight = _inputs.check_weight(sample_weight, X, dtype=dtype)
        backend = _inputs.resolve_backend(self.device, X)
        self._make_target(y, weight, first=first, incremental=incremental, classes=classes)
        check_target(self._target, dtype)
        given = weight
        weight = self._weights_of(y, weight, incremental=incremental)
        if weight is not given:
            usual = getattr(self, "class_weight", None) is None
            check_class_weights(weight, dtype, "sample_weight" if usual else "class_weight")
        random = self._random_for(incremental)
        noise = noise_seed(random)
        if first:
            self._start(X, random)
        else:
            self._continue()
        data = TrainingData(X, self._target.encode(y), weight, np.arange(X.shape[0]))
        _inputs.check_place(validation.get("X_val"), "X_val", backend.device, "where X is")
        self._add_validation(data, validation, random, y, X_given)
        self._describe_network()
        self._check_batch_size(len(data.rows))
        hooks = self._begin_callbacks(X_given, y_given, sample_weight, data, incremental)
        job = FitJob(self, data, backend, random, noise, hooks)
        if first:
            job.parts = self._pretrain(data, backend, random)
        return job

    def _n_parts(self) -> int:
        """Return how many parts :meth:`_pretrain` may report to callbacks as tasks."""
        return 0

    def _random_for(self, incremental: bool) -> np.random.RandomState:
        """Return the main stream; from the second ``partial_fit`` on the one before goes on."""
        kept = self.__dict__.get("_random_state") if incremental else None
        if kept is None or not isinstance(self.random_state, Integral):
            return check_random_state(self.random_state)
        return deepcopy(kept)  # a fit that fails, or a copy of this estimator, leaves it alone

    def _start(self, X: Any, random: np.random.RandomState) -> None:
        """Build the network and draw its initial parameters; begin the history."""
        dtype = np.dtype(self.dtype or self._dtype_of(X))
        _inputs.check_magnitude(X, dtype)
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
        self.n_iter_, self.t_ = 0, 0
        self._begin_history()

    def _dtype_of(self, X: Any) -> Any:
        """Return what to compute in where the parameter ``dtype`` does not say."""
        return X.dtype

    def _make_network(self, n_features: int) -> Network:
        """Describe the network for rows of this width and the target that was found."""
        loss = self._loss()
        layers = self._layers(n_features, loss.n_logits(self._target.n_columns))
        return Network(layers, (n_features,), loss)

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

    def _begin_history(self) -> None:
        self.loss_curve_: list[float] = []
        self.learning_rate_curve_: list[float] = []
        self.gradient_norm_curve_: list[float] = []
        self.validation_scores_: list[float] | None = None
        self.validation_loss_curve_: list[float] | None = None
        self.best_loss_: float | None = None
        self.best_validation_score_: float | None = None

    def _add_validation(
        self, data: TrainingData, given: Mapping[str, Any], random: Any, y: Any, X_given: Any
    ) -> None:
        """Set validation rows: those given to ``fit``, or held out of X."""
        if given.get("groups") is not None and self.validation_split is None:
            warnings.warn("groups has no effect without validation_split", stacklevel=5)
        missing = [name for name in self._validation_names if given.get(name) is None]
        if len(missing) == len(self._validation_names):
            if given.get("sample_weight_val") is not None:
                raise ValueError(f"sample_weight_val needs {' and '.join(self._validation_names)}")
            if self.early_stopping and self.solver != "lbfgs":
                strata = self._target.strata(data.target)
                _inputs.hold_out(self, data, strata, given.get("groups"), random, y)
            return
        if missing:
            raise ValueError(f"X_val and y_val go together: {missing[0]} is missing")
        X_val, y_val = _inputs.check_validation_input(
            self, given["X_val"], given.get("y_val"), X_given, data.X.shape[0]
        )
        if self.solver == "lbfgs":
            warnings.warn("X_val has no effect with solver='lbfgs'", stacklevel=5)
        given_weight, dtype = given.get("sample_weight_val"), self._values.dtype
        weight = _inputs.check_weight(given_weight, X_val, "sample_weight_val", dtype)
        data.X_val, data.target_val = X_val, self._target.encode(y_val)
        data.weight_val = self._weights_of(y_val, weight, validation=True)

    def _check_combinations(self, incremental: bool) -> None:
        """Refuse or warn of parameters that do not go together."""
        if self.solver == "lbfgs":
            if self.early_stopping:
                warnings.warn("early_stopping has no effect with solver='lbfgs'", stacklevel=4)
            for name, off in (
                ("gradient_clip_norm", self._usual_clip_norm),
                ("gradient_clip_value", None),
                ("ema_decay", None),
                ("learning_rate_schedule", None),
                ("weight_decay", 0.0),
            ):
                if getattr(self, name) not in (off, None):
                    warnings.warn(f"{name} has no effect with solver='lbfgs'", stacklevel=4)
        elif self.early_stopping and incremental:
            raise ValueError("partial_fit does not support early_stopping=True")
        if self.validation_split is not None and not self.early_stopping:
            warnings.warn("validation_split has no effect without early_stopping", stacklevel=4)
        if self.learning_rate != "constant" and self.solver != "sgd":
            warnings.warn(
                f"learning_rate={self.learning_rate!r} has no effect with solver={self.solver!r}; "
                "use learning_rate_schedule, which works with every stochastic solver",
                stacklevel=4,
            )
        resolve_schedule(self.learning_rate_schedule)

    def _complete(self) -> None:
        self._random_state = None
        self._describe_network()

    # ---------------------------------------------------------------- callbacks

    def _begin_callbacks(
        self, X: Any, y: Any, weight: Any, data: TrainingData, incremental: bool
    ) -> FitHooks | None:
        """Tell scikit-learn's callbacks that a fit begins; ``partial_fit`` tells nothing."""
        if incremental:
            return None
        self._hooks = FitHooks(self, X, y, weight, data, self._n_parts())
        self._hooks.begin()
        return self._hooks
