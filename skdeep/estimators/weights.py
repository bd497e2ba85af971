"""Weights of a fitted model by name: views of them, and what is written into them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from skdeep.estimators.checks.weights import check_weights, public_shape
from skdeep.nn.core.params import Layout
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


class WeightList(list):
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
