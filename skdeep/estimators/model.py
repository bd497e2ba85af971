"""The fitted side of a network estimator: forward passes, weights in and out, devices, pickles."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep.backend import Backend, get_backend
from skdeep.data._compat import CALLBACKS
from skdeep.estimators.checks.finite import refuse_overflow
from skdeep.estimators.checks.parameters import check_parameters
from skdeep.estimators.fit.estimator_fit import OF_A_FIT, EstimatorFit
from skdeep.estimators.fit.parts import Parts
from skdeep.estimators.fit.waiting import defer
from skdeep.estimators.input_kinds import TableInput
from skdeep.estimators.outputs import beside
from skdeep.estimators.pickles import take_state, with_version, with_weights, without_weights
from skdeep.estimators.sklearn_bases import BaseEstimator
from skdeep.estimators.summary import Summary, summary_of
from skdeep.estimators.weights import WeightList, Weights
from skdeep.fitting.history import History
from skdeep.fitting.jobs import FitJob
from skdeep.fitting.result import FitResult
from skdeep.fitting.stack import train_alone
from skdeep.train.predictor import Predictor

#: What is never pickled or copied: what belongs to a running fit or to a device.
_UNPICKLED = ("_predictor", *OF_A_FIT)


class FittedNetwork(BaseEstimator):
    """What an estimator of a network can do whatever its family: fit by a plan, and be fitted.

    Fitted state: ``_network`` (description), ``_values`` (host array (1, P)), ``_device`` (where
    it computes), ``_training_state`` (what continuing needs) and ``_predictor``, which is made
    from the first three and shares memory with the values.
    """

    _network: Any
    _values: np.ndarray
    _device: str
    _training_state: Any

    _param_names: ClassVar[list[str]]
    #: What samples are.
    _input: ClassVar[TableInput] = TableInput()
    #: What its training has come to, epoch by epoch.
    _history_of_fit: ClassVar[type[History]]
    #: What trains before the whole.
    _parts: ClassVar[Parts] = Parts()

    @property
    def epochs_parameter(self) -> str:
        """Name of the parameter that says how many epochs a fit has at most."""
        return "max_iter"

    @property
    def n_epochs(self) -> int:
        """Maximum number of epochs of a fit: `max_iter`, or `n_iter` of an RBM."""
        return getattr(self, self.epochs_parameter)

    @classmethod
    def _get_param_names(cls) -> list[str]:
        """Return the parameters' names; reading them from the signature each time is slow."""
        if "_param_names" not in vars(cls):
            cls._param_names = super()._get_param_names()
        return cls._param_names

    def _validate_params(self) -> None:
        check_parameters(self)

    @abstractmethod
    def _prepare(self, owner: EstimatorFit, *given: Any, **options: Any) -> FitJob:
        """Do all of a fit that comes before training."""

    # ------------------------------------------------------------------ fit

    def _fit(self, *given: Any, **options: Any) -> Any:
        """Fit or continue; whatever goes wrong, the model stays as it was."""
        owner = EstimatorFit(self)
        try:
            job = self._prepare(owner, *given, **options)
            if defer(self, job):
                owner.wait()
            else:
                train_alone(job)
        except BaseException:
            owner.restore()
            raise
        return self

    def _take(self, result: FitResult) -> None:
        """Become the model that a fit has made."""
        self._values, self._training_state = result.values, result.state
        self._use(result.device)
        self._predictor.pool = result.pool

    def __sklearn_is_fitted__(self) -> bool:
        return "_predictor" in self.__dict__

    def _use(self, device: str) -> None:
        """Compute on `device` from now on."""
        self._device = device
        self._predictor = self._make_predictor(self._values, get_backend(device))
        self._parts.move(self, device)

    def _make_predictor(self, values: np.ndarray, backend: Backend) -> Predictor:
        """Return what computes with these parameters."""
        return self._input.rows.predictor(self._network, values, backend)

    def to(self, device: str) -> Any:
        """Move the fitted model to a device.

        Parameters
        ----------
        device : {"cpu", "cuda", "cuda:N"}
            Where predictions are computed from now on. The parameter ``device``, which decides
            where the next ``fit`` runs, stays as it is.

        Returns
        -------
        self : estimator
            The same estimator.

        Raises
        ------
        ValueError
            If there is no such device, or CuPy is missing.
        """
        check_is_fitted(self)
        self._use(get_backend(device).device)
        return self

    def _forward(self, X: Any, what: str = "output") -> Any:
        """Return "output", "logits" or a named layer's values for valid rows, (n, K).

        The result lies where X does.

        Raises
        ------
        ValueError
            If it is not finite.
        """
        check_is_fitted(self)
        X = self._input.check(self, X)
        return refuse_overflow(beside(self, X, self._predictor(X, what)[0]))

    # ------------------------------------------------------------------ what it is made of

    def summary(self) -> Summary:
        """Return the layers of the fitted network, with shapes and numbers of parameters.

        Returns
        -------
        summary : Summary
            It prints as a table; its ``layers`` are named tuples.
        """
        check_is_fitted(self)
        network = self._predictor.network
        names = getattr(self, "frozen_layers", None) or ()
        frozen = (names,) if isinstance(names, str) else tuple(names)
        more = self._values.shape[1] - network.layout.size
        return summary_of(type(self).__name__, network, frozen, n_more=more)

    @property
    def history_(self) -> dict[str, list[float]]:
        """Curves of training by name, one number for each epoch; ``pandas.DataFrame`` takes it.

        Those of "loss", "validation_score", "validation_loss", "learning_rate" and
        "gradient_norm" that there are. Unsupervised RBMs have their monitored error as "loss".
        """
        check_is_fitted(self)
        curves = self._history_of_fit.curves.items()
        found = {name: getattr(self, attribute, None) for name, attribute in curves}
        return {name: list(curve) for name, curve in found.items() if curve}

    # ------------------------------------------------------------------ weights

    def get_weights(self) -> dict[str, np.ndarray]:
        """Return copies of all parameters by name.

        Returns
        -------
        dict of str to ndarray
            For example ``"hidden_0.W"`` (n_in, n_out), ``"hidden_0.b"`` (n_out,), ``"output.W"``.
        """
        check_is_fitted(self)
        weights = Weights(self)
        return {name: weights[name].copy() for name in self._network.layout.slots}

    def set_weights(self, weights: Mapping[str, Any]) -> Any:
        """Write parameters by name into the fitted model; others stay.

        Parameters
        ----------
        weights : mapping of str to array
            Names and shapes as :meth:`get_weights` gives them.

        Returns
        -------
        self : estimator
            The same estimator. With ``warm_start=True`` the next ``fit`` starts from here.

        Raises
        ------
        ValueError
            If a name is unknown, a shape differs, or values are no finite numbers that the dtype
            of the model holds; nothing is written then.
        """
        check_is_fitted(self)
        checked = Weights(self).check(weights)
        self._values = self._values.copy()  # other copies of this estimator keep theirs
        Weights(self).assign(checked)
        return self

    def _shared_name(self, name: str) -> str:
        """Return what other families call a parameter, where they have the same."""
        return name.removeprefix("pooling.steps.")  # of layers with n-grams beside them

    def _shared_weights(self) -> dict[str, np.ndarray]:
        """Return copies of all parameters by the names that families share."""
        return {self._shared_name(name): values for name, values in self.get_weights().items()}

    def _weights_changed(self) -> None:
        """Follow weights that were assigned: on the device, and in training that goes on."""
        state = self.__dict__.get("_training_state")
        if state is not None:  # training goes on from these, not from what was averaged
            self._training_state = {**state, "values": None, "averages": None}
        self._use(self._device)

    @property
    def coefs_(self) -> list[np.ndarray]:
        """Weight matrix (n_in, n_out) of each layer; entries share memory with the model."""
        return WeightList(self, "coefs_")

    @coefs_.setter
    def coefs_(self, values: Any) -> None:
        WeightList(self, "coefs_").assign(values)

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """Bias vector (n_out,) of each layer; entries share memory with the model."""
        return WeightList(self, "intercepts_")

    @intercepts_.setter
    def intercepts_(self, values: Any) -> None:
        WeightList(self, "intercepts_").assign(values)

    # ------------------------------------------------------------------ pickles

    def __getstate__(self) -> dict[str, Any]:
        state: Any = super().__getstate__()
        # An unfitted estimator takes its callbacks along to the workers of a search; the file of
        # a fitted model has none.
        left = (*_UNPICKLED, CALLBACKS) if self.__sklearn_is_fitted__() else _UNPICKLED
        state = {key: value for key, value in state.items() if key not in left}
        if "_training_state" in state:
            state["_training_state"] = without_weights(
                state["_training_state"], state.get("_values")
            )
        return with_version(state)

    def __setstate__(self, state: dict[str, Any]) -> None:
        take_state(self, state)
        held = vars(self)
        if "_training_state" in held:
            self._training_state = with_weights(held["_training_state"], held.get("_values"))
        if "_device" not in self.__dict__:  # unfitted, or copied within the first fit
            return
        try:
            self._use(self._device)
        except ValueError:  # that device is not here
            self._use("cpu")
