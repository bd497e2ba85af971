"""The fitted side of a network estimator: forward passes, weights in and out, devices, pickles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep.backend import get_backend, is_device_array
from skdeep.estimators import _inputs
from skdeep.nn.dense import Dense
from skdeep.nn.network import Network
from skdeep.train.predictor import Predictor

#: What belongs to a running fit or to a device, and is never pickled or copied.
_UNPICKLED = (
    "_predictor",
    "_hooks",
    "_parent_callback_ctx",
    "_callback_fit_ctx",
    "_skl_callbacks_to_teardown",
)


class WeightList(list):
    """A list of views of the parameters; assigning an entry writes into the model."""

    def __setitem__(self, index: Any, values: Any) -> None:
        self[index][...] = values


class FittedNetwork:
    """What a fitted network estimator can do whatever its family.

    State: ``_network`` (description), ``_values`` (host array (1, P)), ``_device`` (where it
    computes) and ``_predictor``, which is made from the three and shares memory with the values.
    """

    _network: Network
    _values: np.ndarray
    _device: str

    def __sklearn_is_fitted__(self) -> bool:
        return "_predictor" in self.__dict__

    def _use(self, device: str) -> None:
        """Compute on `device` from now on."""
        self._device = device
        self._predictor = Predictor(self._network, self._values, get_backend(device))

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
        X = _inputs.check_rows(self, X, self._device)
        result = self._predictor(X, what)[0]
        return result if is_device_array(X) else self._predictor.backend.to_host(result)

    def _sample_outputs(self, X: Any, n_samples: int) -> np.ndarray:
        """Return outputs (S, n, K) under S dropout masks, each shared by all rows."""
        check_is_fitted(self)
        if not self._network.spec.has("noise"):
            raise ValueError(
                "return_std=True needs dropout: the standard deviation is over dropout masks, and "
                f"this {type(self).__name__} was fitted with dropout=0"
            )
        X = _inputs.check_rows(self, X, self._device)
        backend = self._predictor.backend
        # Any distinct seeds do, since they are hashed; fixed ones make predictions repeat.
        passes = (self._predictor(X, seed=seed)[0] for seed in range(n_samples))
        return np.stack([backend.to_host(outputs) for outputs in passes])

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
            If a name is unknown or a shape differs; nothing is written then.
        """
        check_is_fitted(self)
        self._check_weights(weights, self._network)
        self._values = self._values.copy()  # other copies of this estimator keep theirs
        self._write_weights(weights)
        self._use(self._device)
        return self

    def _write_weights(self, weights: Mapping[str, Any]) -> None:
        for name, values in weights.items():
            self._slot(name)[...] = values

    @staticmethod
    def _check_weights(weights: Mapping[str, Any], network: Network) -> None:
        slots = network.layout.slots
        for name, values in weights.items():
            if name not in slots:
                raise ValueError(f"weights: no parameter {name!r}; there are {sorted(slots)}")
            shape = _public_shape(slots[name].param.shape)
            if np.shape(values) != shape:
                raise ValueError(f"weights: {name!r} has shape {shape}, got {np.shape(values)}")

    def _slot(self, name: str) -> np.ndarray:
        view = self._network.layout.view(self._values, name)[0]
        return view.reshape(_public_shape(view.shape))

    def _plain(self, attribute: str) -> list[str]:
        """Return the names of the dense layers where they are all there is."""
        if "_network" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {attribute!r}")
        layers = self._network.spec.children
        params = self._network.layout.slots
        names = [name for name, (layer, _) in layers.items() if type(layer) is Dense]
        if len(params) != 2 * len(names):
            raise AttributeError(
                f"{attribute} describes a chain of dense layers only; this network has other "
                "layers with parameters. Use get_weights(), which names them all."
            )
        return names

    @property
    def coefs_(self) -> list[np.ndarray]:
        """Weight matrix (n_in, n_out) of each layer; entries share memory with the model."""
        return WeightList(self._slot(f"{name}.W") for name in self._plain("coefs_"))

    @coefs_.setter
    def coefs_(self, values: Iterable[Any]) -> None:
        names = self._plain("coefs_")
        self._write_weights({f"{n}.W": v for n, v in zip(names, values, strict=True)})

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """Bias vector (n_out,) of each layer; entries share memory with the model."""
        return WeightList(self._slot(f"{name}.b") for name in self._plain("intercepts_"))

    @intercepts_.setter
    def intercepts_(self, values: Iterable[Any]) -> None:
        names = self._plain("intercepts_")
        self._write_weights({f"{n}.b": v for n, v in zip(names, values, strict=True)})

    # ------------------------------------------------------------------ pickles

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()  # type: ignore[misc]
        # An unfitted estimator takes its callbacks along to the workers of a search; the file of
        # a fitted model has none.
        left = (*_UNPICKLED, "_skl_callbacks") if self.__sklearn_is_fitted__() else _UNPICKLED
        return {key: value for key, value in state.items() if key not in left}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[misc]
        if "_device" not in self.__dict__:  # unfitted, or copied within the first fit
            return
        try:
            self._use(self._device)
        except ValueError:  # that device is not here
            self._use("cpu")


def _public_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Drop the leading one that rows (biases, scales) carry inside."""
    return shape[1:] if len(shape) == 2 and shape[0] == 1 else shape
