"""Pre-training of autoencoders: each layer by itself, on the outputs of those below."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from skdeep.backend import Backend
from skdeep.data.training_data import TrainingData
from skdeep.estimators.autoencoder.architecture import PROBABILITIES
from skdeep.estimators.fit.parts import Parts
from skdeep.estimators.fit.running_fit import running_fit
from skdeep.estimators.rbm.base import RBMEstimator
from skdeep.estimators.rbm.bernoulli_rbm import BernoulliRBM
from skdeep.estimators.rbm.gaussian_rbm import GaussianRBM
from skdeep.estimators.rbm.layerwise import (
    downward_weights,
    fit_greedily,
    part_seeds,
    pretraining_rows,
)
from skdeep.estimators.transfer import given_weights
from skdeep.estimators.weights import Weights
from skdeep.fitting.jobs import FitJob

#: What a layer's own autoencoder does not take from the whole one.
_PLAIN = {
    "hidden_layer_sizes": (),
    "decoder_layer_sizes": None,
    "pretrain": None,
    "tol": 0.0,
    "n_iter_no_change": np.inf,
    "warm_start": False,
    "early_stopping": False,
    "validation_split": None,
    "scoring": None,
    "initial_weights": None,
    "frozen_layers": (),
}


class Layerwise(Parts):
    """The layers of an autoencoder, each trained by itself where ``pretrain`` says so."""

    def count(self, estimator: Any) -> int:
        return 0 if estimator.pretrain is None else len(estimator._architecture().widths()) + 1

    def train(
        self, estimator: Any, data: TrainingData, backend: Backend, random: Any
    ) -> Iterator[FitJob]:
        return iter(()) if estimator.pretrain is None else _train(estimator, data, backend, random)


def _train(estimator: Any, data: TrainingData, backend: Backend, random: Any) -> Iterator[FitJob]:
    """Train the layers one by one and write what they learned into the network."""
    sizes = [*estimator._architecture().widths(), int(estimator.n_components)]
    seeds = part_seeds(random, len(sizes))
    parts = [_part(estimator, k, sizes, seed) for k, seed in enumerate(seeds)]
    for part in parts:
        part._warns_of_too_few_epochs = False  # a number of epochs is what is asked
    X = pretraining_rows(data, backend, shuffle=estimator.shuffle)
    fitted = yield from fit_greedily(parts, X, running_fit(estimator))
    learned: dict[str, np.ndarray] = {}
    for k, part in enumerate(fitted):
        learned |= _learned(part, k, len(sizes))
    given = given_weights(estimator)
    slots = estimator._network.layout.slots  # which have no decoder's weights where tied
    Weights(estimator).write(
        {name: w for name, w in learned.items() if name in slots and name not in given}
    )


def _part(estimator: Any, k: int, sizes: list[int], seed: int) -> Any:
    """Return what is to train the k-th layer of the encoder."""
    last = k == len(sizes) - 1
    architecture = estimator._architecture()
    activation = architecture.code_activation if last else architecture.activation
    below = None if k == 0 else architecture.activation
    if estimator.pretrain == "rbm" and activation == "logistic":
        kind = GaussianRBM if k == 0 and estimator.loss == "squared_error" else BernoulliRBM
        rate = 0.01 if kind is GaussianRBM else 0.1
        return kind(
            sizes[k],
            learning_rate=estimator.pretrain_learning_rate_init or rate,
            n_iter=estimator.pretrain_max_iter,
            algorithm="cd",
            random_state=seed,
            verbose=estimator.verbose,
            device=estimator.device,
            dtype=estimator.dtype,
        )
    params = {
        **estimator.get_params(deep=False),
        **_PLAIN,
        "n_components": sizes[k],
        "code_activation": activation,
        "max_iter": estimator.pretrain_max_iter,
        "random_state": seed,
    }
    if estimator.pretrain_learning_rate_init is not None and estimator.pretrain == "layerwise":
        params["learning_rate_init"] = estimator.pretrain_learning_rate_init
    if below is not None:
        params["loss"] = "log_loss" if below in PROBABILITIES else "squared_error"
    if estimator.solver == "lbfgs":  # an epoch is what is counted
        params["solver"] = "adam"
    if not last:
        params["sparsity_cost"] = 0.0
    return type(estimator)(**params)


def _learned(part: Any, k: int, n_layers: int) -> dict[str, np.ndarray]:
    """Return the k-th layer's weights and its counterpart's by their names in the network."""
    up = "code" if k == n_layers - 1 else f"encoder_{k}"
    down = "output" if k == 0 else f"decoder_{n_layers - 1 - k}"
    if isinstance(part, RBMEstimator):
        pairs = {up: part._upward_weights(), down: downward_weights(part)}
        return {f"{name}.{key}": w for name, both in pairs.items() for key, w in both.items()}
    found = part.get_weights()
    names = [(up, "code"), (down, "output")]
    return {
        f"{name}.{key}": found[f"{own}.{key}"]
        for name, own in names
        for key in ("W", "b")
        if f"{own}.{key}" in found  # tied weights have one owner
    }
