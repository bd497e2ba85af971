"""The weights that a fit starts from: given by name, or those of a fitted model that fit here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator

from skdeep.data.naming import shown
from skdeep.estimators.model import FittedNetwork
from skdeep.estimators.weights import Weights, check_weights, public_shape
from skdeep.nn.core.params import Slot


def given_weights(estimator: Any) -> dict[str, np.ndarray]:
    """Return the weights that ``initial_weights`` gives a network, by name, all valid."""
    given = estimator.initial_weights
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return Weights(estimator).check(given, "initial_weights")
    return _transferred(_fitted(given), estimator)


def start_from_given(estimator: Any) -> None:
    """Write given weights into a network that was drawn; keep the names of those transferred."""
    vars(estimator).pop("transferred_weights_", None)
    weights = given_weights(estimator)
    Weights(estimator).write(weights)
    if estimator.initial_weights is not None and not isinstance(estimator.initial_weights, Mapping):
        estimator.transferred_weights_ = list(weights)


def _fitted(given: Any) -> FittedNetwork:
    """Return the model whose weights are given; refuse what has none."""
    model = given.estimator if isinstance(given, FrozenEstimator) else given
    if not isinstance(model, FittedNetwork):
        raise ValueError(
            "initial_weights must be a fitted network of skdeep, sklearn.frozen.FrozenEstimator of "
            f"one, or a dict of arrays by the names of parameters, got {shown(given)}. Of a "
            "Pipeline or a search, give the network that it ends with."
        )
    if not model.__sklearn_is_fitted__():
        raise NotFittedError(
            f"initial_weights: this {type(model).__name__} is not fitted. Searches, "
            "cross-validation and clone() make copies of estimators that are not: give "
            "sklearn.frozen.FrozenEstimator(model), which they leave as it is, or "
            "model.get_weights()"
        )
    return model


def _transferred(source: FittedNetwork, estimator: Any) -> dict[str, np.ndarray]:
    """Return the weights of each layer of `source` that fits in a network, by its names there."""
    _check_names(source, estimator)
    given = source._shared_weights()
    outputs = _same_outputs(source, estimator)
    others = _other_tokens(source, estimator)
    result: dict[str, np.ndarray] = {}
    for slots in _layers(estimator._network.layout.slots):
        names = {name: estimator._shared_name(name) for name in slots}
        if others and any(slot.param.kind == "embedding" for slot in slots.values()):
            continue
        if not outputs and any("output" in name.split(".") for name in names.values()):
            continue
        found = {name: given[n] for name, n in names.items() if n in given}
        found = {name: _as_shaped(w, slots[name]) for name, w in found.items()}
        if len(found) == len(slots) and all(
            weights.shape == public_shape(slots[name].param) for name, weights in found.items()
        ):
            result |= found
    if not result:
        there = {name: weights.shape for name, weights in source.get_weights().items()}
        here = {n: public_shape(s.param) for n, s in estimator._network.layout.slots.items()}
        raise ValueError(
            f"initial_weights: no layer of this {type(source).__name__} fits in this "
            f"{type(estimator).__name__}. The layers there have weights of shapes {there}, those "
            f"here {here}"
        )
    slots, dtype = estimator._network.layout.slots, estimator._values.dtype
    return check_weights(result, slots, dtype, "initial_weights")


def _layers(slots: Mapping[str, Slot]) -> Iterable[dict[str, Slot]]:
    """Return the parameters layer by layer: a layer is taken as a whole or not at all."""
    layers: dict[str, dict[str, Slot]] = {}
    for name, slot in slots.items():
        layers.setdefault(name.rpartition(".")[0], {})[name] = slot
    return layers.values()


def _as_shaped(weights: np.ndarray, slot: Slot) -> np.ndarray:
    """Return the rows of an embedding for as many tokens; those behind are unknown here."""
    if slot.param.kind != "embedding" or weights.ndim != 2:
        return weights
    return weights[: slot.param.shape[0]]


def _other_tokens(source: Any, estimator: Any) -> bool:
    """Whether the numbers of tokens stand for other words, or n-grams."""
    there, here = (
        (getattr(m, "vocabulary_", None), list(getattr(m, "ngrams_", ())))
        for m in (source, estimator)
    )
    return there != here


def _same_outputs(source: Any, estimator: Any) -> bool:
    """Whether the outputs of two models stand for the same."""
    kinds = [(is_classifier(model), is_regressor(model)) for model in (source, estimator)]
    if kinds[0] != kinds[1] or (not any(kinds[0]) and type(source) is not type(estimator)):
        return False
    here, there = (
        classes if isinstance(classes, list) else [classes]
        for classes in (getattr(model, "classes_", None) for model in (estimator, source))
    )
    return len(here) == len(there) and all(map(np.array_equal, here, there))


def _check_names(source: Any, estimator: Any) -> None:
    """Refuse columns of other names than those that a model has learned from."""
    there, here = (getattr(m, "feature_names_in_", None) for m in (source, estimator))
    if there is not None and here is not None and not np.array_equal(there, here):
        raise ValueError(
            f"initial_weights: this {type(source).__name__} has learned from columns "
            f"{shown(list(there))}, and X has {shown(list(here))}. Where columns of other names "
            "mean the same, give its get_weights()"
        )
