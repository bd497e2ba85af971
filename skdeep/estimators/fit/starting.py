"""The network that a fit begins with: described, with its first parameters or those there."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.data.kinds import as_rows
from skdeep.estimators.checks.memory import check_model_size
from skdeep.estimators.fit.planning import frozen_names
from skdeep.estimators.weights import Weights
from skdeep.fitting.history import NetworkHistory


def describe_for(estimator: Any, X: Any, dtype: np.dtype) -> Any:
    """Return the network for new rows; refuse what `dtype` or the memory does not hold."""
    as_rows(X).check_magnitude(dtype)
    network = estimator._make_network(X.shape[1])
    check_model_size(network.layout, dtype)
    return network


def start_network(estimator: Any, X: Any, random: np.random.RandomState, dtype: np.dtype) -> None:
    """Build the network of an estimator and draw its parameters; begin the history."""
    estimator._network = describe_for(estimator, X, dtype)
    estimator._values = estimator._network.initial([random]).astype(dtype)
    if estimator.initial_weights is not None:
        weights = Weights(estimator)
        weights.write(weights.check(estimator.initial_weights, "initial_weights"))
    frozen_names(estimator)
    estimator._training_state = None
    vars(estimator).update(NetworkHistory().attributes())


def continue_network(estimator: Any) -> None:
    """Describe the network anew; refuse parameters of one in which the weights do not fit."""
    network = estimator._make_network(estimator.n_features_in_)
    now, there = (
        {name: slot.param.shape for name, slot in net.layout.slots.items()}
        for net in (network, estimator._network)
    )
    if now != there:
        raise ValueError(
            "training cannot go on from the weights there: parameters were set that describe "
            f"another network, with weights of shapes {now} instead of {there}. Fit anew, "
            "with warm_start=False."
        )
    estimator._network = network
