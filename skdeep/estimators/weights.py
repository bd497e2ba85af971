"""Weights of a model by name: views of them, and what may be written into them."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np

from skdeep.data.naming import shown
from skdeep.data.rows import as_host
from skdeep.nn.core.params import Layout, Slot
from skdeep.nn.core.spec import Param
from skdeep.nn.dense.dense import Dense


class Weights:
    """The parameters of a model, fitted or about to be trained, in the shapes that users know.

    Parameters
    ----------
    model : estimator
        Whose they are; it has the values, and hears of what is assigned.
    """

    def __init__(self, model: Any) -> None:
        self.model = model

    @property
    def _layout(self) -> Layout:
        layout: Layout = self.model._network.layout
        return layout

    def __getitem__(self, name: str) -> np.ndarray:
        """Return a view of one of them."""
        view: np.ndarray = self._layout.view(self.model._values, name)[0]
        return view.reshape(public_shape(self._layout.slots[name].param))

    def check(self, given: Any, what: str = "weights") -> dict[str, np.ndarray]:
        """Return weights by name as arrays of the model's dtype, or refuse them."""
        return check_weights(given, self._layout.slots, self.model._values.dtype, what)

    def write(self, valid: Mapping[str, np.ndarray]) -> None:
        """Write some where they are, before training."""
        for name, values in valid.items():
            self[name][...] = values

    def assign(self, given: Mapping[str, Any]) -> None:
        """Check some and write them where they are, and let the fitted model follow."""
        self.write(self.check(given))
        self.model._weights_changed()


class WeightList(list[Any]):
    """Views of one weight of each dense layer; assigning an entry writes into the model.

    Where the model computes on a device, the views are read-only: the device would not see what
    is written into them, but it does see assigned entries.

    Parameters
    ----------
    model : estimator
        A fitted one, of a chain of dense layers only.
    attribute : {"coefs_", "intercepts_"}
        What errors call the list.
    """

    def __init__(self, model: Any, attribute: str) -> None:
        kind = {"coefs_": "W", "intercepts_": "b"}[attribute]
        self._attribute, self._names = attribute, [f"{n}.{kind}" for n in _layers(model, attribute)]
        self._weights = Weights(model)
        views = [self._weights[name] for name in self._names]
        for view in views:
            view.flags.writeable = view.flags.writeable and model._device == "cpu"
        super().__init__(views)

    def __setitem__(self, index: Any, values: Any) -> None:
        self._weights.assign({self._names[index]: values})

    def assign(self, values: Any) -> None:
        """Write all of them."""
        if not isinstance(values, list | tuple) or len(values) != len(self):
            raise ValueError(
                f"{self._attribute} must be a list of {len(self)} arrays, one per layer"
            )
        self._weights.assign(dict(zip(self._names, values, strict=True)))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return list, (list(self),)  # a copy or a pickle is no longer part of the model


def _layers(model: Any, attribute: str) -> list[str]:
    """Return the names of the dense layers where they are all there is."""
    if "_network" not in vars(model):
        raise AttributeError(f"{type(model).__name__!r} object has no attribute {attribute!r}")
    layers, slots = model._network.spec.children, model._network.layout.slots
    names = [name for name, (layer, _) in layers.items() if type(layer) is Dense]
    if len(slots) != 2 * len(names):
        raise AttributeError(
            f"{attribute} describes a chain of dense layers only; this network has other "
            "layers with parameters. Use get_weights(), which names them all."
        )
    return names


def check_weights(
    weights: Any, slots: Mapping[str, Slot], dtype: Any, what: str = "weights"
) -> dict[str, np.ndarray]:
    """Return parameters by name as arrays of a model's dtype.

    Raises
    ------
    ValueError
        Naming the parameter, if it is unknown, has another shape, or is made of anything but
        finite numbers that `dtype` holds.
    """
    if not isinstance(weights, Mapping):
        raise ValueError(
            f"{what} must be a dict of arrays by the names of parameters, got {shown(weights)}"
        )
    checked = {}
    for name, values in weights.items():
        if name not in slots:
            raise ValueError(f"{what}: no parameter {name!r}; there are {sorted(slots)}")
        checked[name] = _numbers(values, f"{what}: {name!r}", np.dtype(dtype))
        shape = public_shape(slots[name].param)
        if checked[name].shape != shape:
            raise ValueError(f"{what}: {name!r} has shape {shape}, got {checked[name].shape}")
    return checked


def _numbers(values: Any, name: str, dtype: np.dtype[Any]) -> np.ndarray:
    try:
        array = np.asarray(as_host(values))
        found = array.astype(np.float64) if _are_real(array) else None
    except (TypeError, ValueError):
        found = None
    if found is None:
        raise ValueError(f"{name} must be an array of real numbers, got {shown(values)}")
    if not np.isfinite(found).all():
        raise ValueError(f"{name} contains NaN or infinity")
    if found.size and np.abs(found).max() > np.finfo(dtype).max:
        raise ValueError(f"{name} contains a value too large for dtype({dtype.name!r})")
    return found.astype(dtype)


def _are_real(array: np.ndarray) -> bool:
    if array.dtype.kind == "O":
        return all(isinstance(value, Real) for value in array.ravel())
    return array.dtype.kind in "biuf"


def public_shape(param: Param) -> tuple[int, ...]:
    """Drop the leading one that rows (biases, scales) carry inside; a matrix keeps its own."""
    matrix = param.kind in ("weight", "embedding")
    row = len(param.shape) == 2 and param.shape[0] == 1 and not matrix
    return param.shape[1:] if row else param.shape
