"""What the deep belief networks share: machines trained one on the other before the network."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from skdeep.backend import Backend, compute
from skdeep.estimators import _inputs
from skdeep.estimators._greedy import (
    fit_greedily,
    part_seeds,
    pretraining_rows,
    sample_down,
    upward_weights,
)
from skdeep.estimators._inputs import TrainingData
from skdeep.estimators._jobs import FitJob
from skdeep.estimators._mlp import MultilayerPerceptron
from skdeep.estimators._parameters import check_parameter, check_seed
from skdeep.estimators._ranges import value_range
from skdeep.estimators._rbm import RBM_CONSTRAINTS, RBMEstimator
from skdeep.estimators.bernoulli_rbm import BernoulliRBM
from skdeep.estimators.gaussian_rbm import GaussianRBM

#: The parameters of a machine that ``pretrain_*`` stands for, one for all layers or one a layer.
PRETRAINING = (
    "learning_rate",
    "batch_size",
    "n_iter",
    "algorithm",
    "n_gibbs_steps",
    "centering",
    "solver",
    "momentum",
    "weight_decay",
    "learning_rate_schedule",
    "mean_field",
    "sparsity_target",
    "sparsity_cost",
)

#: What the theory decides: hidden units are those of the machines.
_DECIDED = ("activation", "normalization", "residual")

PRETRAINING_CONSTRAINTS: dict = {
    "visible": [StrOptions({"bernoulli", "gaussian"})],
    **{f"pretrain_{name}": [*RBM_CONSTRAINTS[name], "array-like"] for name in PRETRAINING},
    "pretrain_learning_rate": [*RBM_CONSTRAINTS["learning_rate"], "array-like", None],
}


def dbn_constraints(network: dict) -> dict:
    """Return the constraints of a deep belief network from those of its network."""
    kept = {name: rule for name, rule in network.items() if name not in _DECIDED}
    return kept | PRETRAINING_CONSTRAINTS


#: The learning rate where none is given.
RATES = {"bernoulli": 0.1, "gaussian": 0.01}


class DeepBeliefNetwork(MultilayerPerceptron):
    """Logistic hidden layers that start as the hidden units of a stack of machines."""

    activation = "logistic"
    normalization = None
    residual = False

    rbms_: list[RBMEstimator]
    _left_by_parts = ("rbms_", "pretrain_curves_")
    _free = frozenset(f"pretrain_{name}" for name in PRETRAINING)

    def _check_layers(self) -> None:
        super()._check_layers()
        if not self._sizes():
            raise ValueError(
                f"hidden_layer_sizes: a {type(self).__name__} needs at least one hidden layer"
            )
        for name in PRETRAINING:
            full = f"pretrain_{name}"
            for value in self._values_of(name):
                check_parameter(full, value, RBM_CONSTRAINTS[name], type(self))
        n_iter = self._per_layer("pretrain_n_iter")
        if sorted(map(bool, n_iter), reverse=True) != list(map(bool, n_iter)):
            raise ValueError(
                "pretrain_n_iter: a layer can be trained only on trained ones, so that zeros come "
                f"last, got {self.pretrain_n_iter}"
            )

    def _values_of(self, name: str) -> list[Any]:
        """Return a parameter of pre-training for each layer."""
        values = self._per_layer(f"pretrain_{name}")
        if name == "learning_rate":
            kinds = [self.visible] + ["bernoulli"] * (len(values) - 1)
            values = [RATES[k] if v is None else v for k, v in zip(kinds, values, strict=True)]
        return values

    def _machines(self, seeds: list[int]) -> list[RBMEstimator]:
        """Return the machines to train, one a layer for as many layers as have epochs."""
        values = {name: self._values_of(name) for name in PRETRAINING}
        shared = {name: getattr(self, name) for name in ("shuffle", "verbose", "device", "dtype")}
        kinds: list[type[RBMEstimator]] = [BernoulliRBM] * len(seeds)
        if self.visible == "gaussian":
            kinds[0] = GaussianRBM
        return [
            kind(width, random_state=seed, **{n: v[k] for n, v in values.items()}, **shared)
            for k, (kind, width, seed) in enumerate(zip(kinds, self._sizes(), seeds, strict=True))
            if values["n_iter"][k]
        ]

    # ------------------------------------------------------------------ fit

    def _add_validation(
        self, data: TrainingData, given: Mapping[str, Any], random: Any, y: Any, X_given: Any
    ) -> None:
        super()._add_validation(data, given, random, y, X_given)
        rows = _inputs.check_unlabeled(self, given.get("X_unlabeled"), data.X.shape[0])
        data.X_unlabeled = rows

    def _part_numbers(self) -> int:
        widths = [self.n_features_in_, *self._sizes()]
        batches = self._per_layer("pretrain_batch_size")
        # Parameters and gradients; both sides of rows and particles, states and random numbers.
        sizes = [
            2 * below * above + 4 * int(batch) * (below + above)
            for below, above, batch in zip(widths, widths[1:], batches, strict=False)
        ]
        return max(sizes[: self._n_parts()], default=0)

    def _n_parts(self) -> int:
        return sum(map(bool, self._per_layer("pretrain_n_iter")))

    def _pretrain(self, data: TrainingData, backend: Backend, random: Any) -> Iterator[FitJob]:
        """Train the machines and start the hidden layers as theirs."""
        machines = self._machines(part_seeds(random, len(self._sizes())))
        rows = None
        if machines:
            rows = pretraining_rows(data, backend, shuffle=self.shuffle)
            rows = self._as_probabilities(rows) if self.visible == "bernoulli" else rows
        self.rbms_ = yield from fit_greedily(machines, rows, self.__dict__.get("_hooks"))
        self.pretrain_curves_ = [list(machine.monitor_curve_) for machine in self.rbms_]
        given = self.initial_weights or {}
        learned = self._learned_weights()
        self._write_weights({name: w for name, w in learned.items() if name not in given})

    def _as_probabilities(self, rows: Any) -> Any:
        """Return rows that Bernoulli units can stand for; machines grow without bound on others."""
        low, high = value_range(rows)
        if low >= 0 and high <= 1:
            return rows
        warnings.warn(
            f"{type(self).__name__} expects values in [0, 1], got values from {low:.3g} to "
            f"{high:.3g}, which pre-training clips. Scale the features first, for example with "
            "MinMaxScaler(clip=True), or use visible='gaussian'.",
            UserWarning,
            stacklevel=6,
        )
        if scipy.sparse.issparse(rows):
            rows = rows.copy()
            rows.data = rows.data.clip(0, 1)
            return rows
        return compute(lambda xp, values: xp.clip(values, 0, 1), rows)

    def _learned_weights(self) -> dict[str, np.ndarray]:
        """Return parameters of the network by name, as the machines have them."""
        return {
            f"hidden_{k}.{name}": weights
            for k, machine in enumerate(self.rbms_)
            for name, weights in upward_weights(machine).items()
        }

    def _use(self, device: str) -> None:
        super()._use(device)
        for machine in getattr(self, "rbms_", ()):  # there are none in a checkpoint
            machine._use(device)

    # ------------------------------------------------------------------ downwards

    def inverse_transform(self, X: Any) -> Any:
        """Return what the machines make of features on the way down: means of the rows.

        The machines stay as pre-training left them, so that features of a network that was
        fine-tuned far come back changed.

        Parameters
        ----------
        X : array-like of shape (n_samples, width of the layer)
            Features, as :meth:`transform` gives them: of the layer ``transform_layer``.

        Returns
        -------
        X_original : array of shape (n_samples, n_features)
            Means of the visible units, in the dtype of the model.

        Raises
        ------
        ValueError
            If `X` has another width, or the layer was not pre-trained.
        """
        check_is_fitted(self)
        layer = self._transform_index(len(self._hidden_names))
        machines = self._trained()
        if layer >= len(machines):
            raise ValueError(
                f"inverse_transform from layer {layer} needs its machine, and only the "
                f"{len(machines)} below were trained: see pretrain_n_iter"
            )
        codes, width = _inputs.check_codes(self, X, self._device), machines[layer].n_components
        if codes.shape[1] != width:
            raise ValueError(
                f"inverse_transform of this {type(self).__name__} expects features of layer "
                f"{layer} with {width} columns, got {codes.shape[1]}"
            )
        for machine in reversed(machines[: layer + 1]):
            codes = machine.inverse_transform(codes)
        return codes

    def sample(
        self, n_samples: int = 1, n_gibbs_steps: int = 1000, random_state: Any = None
    ) -> np.ndarray:
        """Draw rows: by Gibbs sampling in the uppermost machine, and one pass down.

        The machines stay as pre-training left them; fine-tuning does not change what is drawn.

        Parameters
        ----------
        n_samples : int, default=1
            How many rows to draw, each by a chain of its own.
        n_gibbs_steps : int, default=1000
            Steps of each chain.
        random_state : int, RandomState instance or None, default=None
            Seed; None goes on with the generators of the machines.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            States of the visible units, in the dtype of the model.

        Raises
        ------
        ValueError
            If `n_samples` or `n_gibbs_steps` is less than one, or there are no machines.
        """
        check_is_fitted(self)
        *below, top = self._trained()
        random = None if random_state is None else check_seed(random_state)
        states = top.sample(n_samples, n_gibbs_steps, random)
        for machine in reversed(below):
            states = sample_down(machine, states, random)
        return states

    def _trained(self) -> list[RBMEstimator]:
        """Return the machines; raise where there are none."""
        machines: list[RBMEstimator] = getattr(self, "rbms_", [])
        if not machines:
            raise ValueError(
                f"this {type(self).__name__} has no machines: it was fitted with "
                "pretrain_n_iter=0, or comes from a checkpoint, which has none"
            )
        return machines
