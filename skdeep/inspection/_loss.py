"""The loss of a batch, as training computes it, of a network that is bound to be looked at."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.data.targets import StepTarget
from skdeep.data.weights import check_weight
from skdeep.estimators.base import NetworkEstimator
from skdeep.estimators.fit.weighting import validation_weights
from skdeep.inspection._bound import BoundNetwork, Samples
from skdeep.nn.core.binder import Arena, Binder
from skdeep.nn.core.network import Network
from skdeep.nn.losses import Loss
from skdeep.nn.variational.gaussian_code import GaussianCode
from skdeep.train.sequences.sequences import Sequences


class Batch:
    """Targets and weights of samples, in the order of their outputs.

    Attributes
    ----------
    target : ndarray of shape (n_rows, columns)
        What the loss compares with; a row for each sample, or for each step of each sample.
    weight : ndarray of shape (n_rows,)
        Adds to one.
    total : float
        Sum of the weights before.
    """

    def __init__(
        self, estimator: Any, X: Any, y: Any, sample_weight: Any, samples: Samples
    ) -> None:
        _check_objective(estimator, samples.network)
        valid, y = estimator._check_data(X, y, reset=False)
        target, dtype = estimator._target, estimator._values.dtype
        target.check(y)
        weight = check_weight(sample_weight, valid, dtype=dtype)
        weight = validation_weights(estimator, y, weight)
        encoded = target.encode(y)
        if isinstance(encoded, Sequences):
            found, weight = _by_step(encoded, weight, samples)
        else:
            encoded = encoded.toarray() if hasattr(encoded, "tocsr") else encoded
            found = estimator._predictor.backend.to_host(encoded).reshape(len(samples), -1)
        self.target: np.ndarray = found
        each = np.ones(len(found)) if weight is None else np.asarray(weight, float)
        self.total = float(each.sum())
        self.weight: np.ndarray = each / self.total


def _by_step(encoded: Sequences, weight: Any, samples: Samples) -> tuple[np.ndarray, np.ndarray]:
    """Return targets and weights of all steps, padded ones included, which weigh nothing."""
    n, longest = len(samples), encoded.longest
    index = encoded.step_index(np.arange(n)[None], longest)[0]
    there = np.arange(longest) < encoded.lengths[:, None]
    each = there.astype(float) if weight is None else there * np.asarray(weight.steps)[index]
    return encoded.steps[index].reshape(n * longest, -1), each.ravel()


def _check_objective(estimator: Any, network: Network) -> None:
    """Refuse estimators whose training has another objective than a loss of outputs and y."""
    name = type(estimator).__name__
    own = isinstance(estimator, NetworkEstimator) and hasattr(estimator, "_target")
    next_step = own and isinstance(estimator._target, StepTarget)
    draws = any(isinstance(layer, GaussianCode) for layer in network.root.layers)
    if not own or next_step or draws:
        raise ValueError(
            f"y was given, but {name} is not trained by a loss of its outputs and y: without y, "
            "trace shows what its layers compute"
        )


def class_major(net: BoundNetwork, rows: np.ndarray) -> Any:
    """Return rows (B, ..., K) of the host on the device, as losses have them, (1, K, rows)."""
    return net.ops.to_device(np.ascontiguousarray(rows.reshape(-1, rows.shape[-1]).T)[None])


def _bound_loss(loss: Loss, net: BoundNetwork, z: Any) -> Any:
    binder = Binder(net.store, Arena(net.ops), z.shape[2], training=True)
    return loss.bind(binder, z.shape[1])


def predictions(loss: Loss, net: BoundNetwork, logits: np.ndarray) -> np.ndarray:
    """Return what logits (B, ..., K) predict."""
    z = class_major(net, logits)
    with net.ops.running():
        loss.output(net.ops, z, z, _bound_loss(loss, net, z))
    return net.host(z).T.reshape(logits.shape)


def loss_and_slope(
    loss: Loss, net: BoundNetwork, logits: np.ndarray, batch: Batch
) -> tuple[float, np.ndarray]:
    """Return a batch's loss, with what layers add to it, and its gradient like the logits."""
    z, target = class_major(net, logits), class_major(net, batch.target)
    weight = class_major(net, batch.weight[:, None].astype(logits.dtype))
    value, delta = net.ops.zeros(z.shape, z.dtype), net.ops.zeros(z.shape, z.dtype)
    with net.ops.running():
        work = _bound_loss(loss, net, z)
        loss.value_and_delta(net.ops, z, target, weight, value, delta, work)
    total = float(net.host(value).sum()) + sum(float(net.host(term).sum()) for term in net.terms)
    return total, net.host(delta).T.reshape(logits.shape)


def penalise(estimator: Any, net: BoundNetwork, batch: Batch) -> float:
    """Add the gradient of the L2 penalty to those of the weights; return the penalty."""
    share = getattr(estimator, "alpha", 0.0) / batch.total
    layout, total = net.store.layout, 0.0
    for name, slot in layout.slots.items():
        if share and slot.param.kind == "weight":
            values, slope = (layout.view(a, name) for a in (net.store.values, net.store.grads))
            slope += share * values
            total += 0.5 * share * float((values.astype(float) ** 2).sum())
    return total
