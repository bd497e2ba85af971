"""The fitted side of a network estimator: forward passes, weights in and out, devices, pickles."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep.backend import Backend, get_backend
from skdeep.estimators.checks.parameters import check_parameters
from skdeep.estimators.checks.weights import check_weights, public_shape
from skdeep.estimators.fit.estimator_fit import EstimatorFit
from skdeep.estimators.fit.parts import Parts
from skdeep.estimators.fit.waiting import defer
from skdeep.estimators.input_kinds import TableInput
from skdeep.estimators.outputs import beside
from skdeep.estimators.sklearn_bases import BaseEstimator
from skdeep.fitting.history import History
from skdeep.fitting.jobs import FitJob
from skdeep.fitting.result import FitResult
from skdeep.fitting.stack import train_alone
from skdeep.nn.dense.dense import Dense
from skdeep.train.predictor import Predictor

#: What belongs to a running fit or to a device, and is never pickled or copied.
_UNPICKLED = (
    "_predictor",
    "_reporter",
    "_parent_callback_ctx",
    "_callback_fit_ctx",
    "_skl_callbacks_to_teardown",
)


class WeightList(list):
    """Views of a model's parameters; assigning an entry writes into the model.

    Where the model computes on a device, the views are read-only: the device would not see what
    is written into them, but it does see assigned entries.
    """

    def __init__(self, model: FittedNetwork, names: list[str]) -> None:
        views = [model._slot(name) for name in names]
        for view in views:
            view.flags.writeable = view.flags.writeable and model._device == "cpu"
        super().__init__(views)
        self._model, self._names = model, names

    def __setitem__(self, index: Any, values: Any) -> None:
        self._model._assign({self._names[index]: values})

    def __reduce_ex__(self, protocol: Any) -> Any:
        return list, (list(self),)  # a copy or a pickle is no longer part of the model


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

    #: What samples are.
    _input: ClassVar[TableInput] = TableInput()
    #: What its training has come to, epoch by epoch.
    _history_of_fit: ClassVar[type[History]]
    #: The parameter that says how many epochs a fit has.
    _length_parameter: ClassVar[str] = "max_iter"
    #: What trains before the whole.
    _parts: ClassVar[Parts] = Parts()

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
        """
        check_is_fitted(self)
        X = self._input.check(self, X)
        return beside(self, X, self._predictor(X, what)[0])

    # ------------------------------------------------------------------ weights

    def get_weights(self) -> dict[str, np.ndarray]:
        """Return copies of all parameters by name.

        Returns
        -------
        dict of str to ndarray
            For example ``"hidden_0.W"`` (n_in, n_out), ``"hidden_0.b"`` (n_out,), ``"output.W"``.
        """
        check_is_fitted(self)
        return {name: self._slot(name).copy() for name in self._network.layout.slots}

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
        checked = check_weights(weights, self._network.layout.slots, self._values.dtype)
        self._values = self._values.copy()  # other copies of this estimator keep theirs
        self._assign(checked)
        return self

    def _assign(self, weights: Mapping[str, Any]) -> None:
        """Write parameters into the fitted model where they are, and tell its device."""
        self._write_weights(check_weights(weights, self._network.layout.slots, self._values.dtype))
        state = self.__dict__.get("_training_state")
        if state is not None:  # training goes on from these, not from what was averaged
            self._training_state = {**state, "values": None, "averages": None}
        self._use(self._device)

    def _write_weights(self, weights: Mapping[str, Any]) -> None:
        for name, values in weights.items():
            self._slot(name)[...] = values

    def _slot(self, name: str) -> np.ndarray:
        view = self._network.layout.view(self._values, name)[0]
        return view.reshape(public_shape(self._network.layout.slots[name].param))

    @property
    def coefs_(self) -> list[np.ndarray]:
        """Weight matrix (n_in, n_out) of each layer; entries share memory with the model."""
        return WeightList(self, [f"{name}.W" for name in _dense_names(self, "coefs_")])

    @coefs_.setter
    def coefs_(self, values: Iterable[Any]) -> None:
        self._assign_all("coefs_", "W", values)

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """Bias vector (n_out,) of each layer; entries share memory with the model."""
        return WeightList(self, [f"{name}.b" for name in _dense_names(self, "intercepts_")])

    @intercepts_.setter
    def intercepts_(self, values: Iterable[Any]) -> None:
        self._assign_all("intercepts_", "b", values)

    def _assign_all(self, attribute: str, slot: str, values: Any) -> None:
        """Write one array for each dense layer."""
        names = _dense_names(self, attribute)
        if not isinstance(values, list | tuple) or len(values) != len(names):
            raise ValueError(f"{attribute} must be a list of {len(names)} arrays, one per layer")
        self._assign({f"{n}.{slot}": v for n, v in zip(names, values, strict=True)})

    # ------------------------------------------------------------------ pickles

    def __getstate__(self) -> dict[str, Any]:
        state: Any = super().__getstate__()
        # An unfitted estimator takes its callbacks along to the workers of a search; the file of
        # a fitted model has none.
        left = (*_UNPICKLED, "_skl_callbacks") if self.__sklearn_is_fitted__() else _UNPICKLED
        return {key: value for key, value in state.items() if key not in left}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "_device" not in self.__dict__:  # unfitted, or copied within the first fit
            return
        try:
            self._use(self._device)
        except ValueError:  # that device is not here
            self._use("cpu")


def _dense_names(model: FittedNetwork, attribute: str) -> list[str]:
    """Return the names of the dense layers where they are all there is."""
    if "_network" not in model.__dict__:
        raise AttributeError(f"{type(model).__name__!r} object has no attribute {attribute!r}")
    layers = model._network.spec.children
    params = model._network.layout.slots
    names = [name for name, (layer, _) in layers.items() if type(layer) is Dense]
    if len(params) != 2 * len(names):
        raise AttributeError(
            f"{attribute} describes a chain of dense layers only; this network has other "
            "layers with parameters. Use get_weights(), which names them all."
        )
    return names
