"""What a decoder's outputs say of a row: log likelihoods and their slopes.

A likelihood reads decoded rows z (M, k, B, F), of which there may be several for each row x
(M, 1, B, F), and writes costs, ``-log p(x | z)`` (M, k, B, 1). Like losses, likelihoods are plain
values.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.kernels import variational as bodies
from skdeep.kernels.arithmetic import subtract
from skdeep.nn.core.binder import Binder
from skdeep.nn.dense.dense import Dense
from skdeep.nn.dense.offset import Offset
from skdeep.nn.losses import LogisticLogLoss, Loss, SquaredError
from skdeep.nn.variational.gaussian_output import GaussianOffset, GaussianOutput


class Likelihood(ABC):
    """How rows are distributed around what was decoded."""

    @property
    def output(self) -> type[Dense]:
        """The class of the decoder's last layer."""
        return Dense

    @property
    def offset(self) -> type[Offset]:
        """The class of the last layer behind convolutions."""
        return Offset

    @abstractmethod
    def loss(self, n_features: int) -> Loss:
        """Return the loss whose link turns what was decoded into means."""

    def bind(self, binder: Binder, x: Array, z: Array, out: Array, cost: Array) -> SimpleNamespace:
        """Return what the methods work on; `out` (like `z`) is scratch, then the slopes."""
        models, width = len(z), z.shape[3]
        rows = (out.reshape(models, -1, width), cost.reshape(models, -1, 1))  # sums go through BLAS
        return SimpleNamespace(x=x, z=z, out=out, cost=cost, rows=rows)

    @abstractmethod
    def value(self, ops: Backend, work: SimpleNamespace) -> None:
        """Write the costs."""

    @abstractmethod
    def delta(self, ops: Backend, work: SimpleNamespace, share: Array) -> None:
        """Write the slopes of ``sum(share * cost)`` along z into ``out``, after :meth:`value`."""

    def finish(self, ops: Backend, work: SimpleNamespace, share: Array) -> None:  # noqa: B027
        """Write the slopes along own parameters, after the decoder has written its own."""


@dataclass(frozen=True)
class BernoulliDecoder(Likelihood):
    """Features are 0 or 1, and z their logits; between 0 and 1 a feature is an expectation."""

    def loss(self, n_features):
        return LogisticLogLoss()

    def value(self, ops, work):
        ops.launch(bodies.bernoulli_cost, work.out, work.z, work.x)
        ops.reduce(*work.rows, axis=2)

    def delta(self, ops, work, share):
        ops.launch(bodies.bernoulli_delta, work.out, work.z, work.x, share)


@dataclass(frozen=True)
class GaussianDecoder(Likelihood):
    """Features are normal, with mean z and one variance for all.

    Parameters
    ----------
    variance : float or None
        None learns it (Rybkin, Daniilidis and Levine, 2021), as ``log_variance`` of the decoder's
        last layer; to what it comes a floor of 1e-6 is added.
    name : str
        Full name of the decoder's last layer.

    References
    ----------
    Rybkin, Daniilidis and Levine (2021). Simple and effective VAE training with calibrated
    decoders. ICML.
    """

    variance: float | None = None
    name: str = "decoder.output"

    @property
    def slot(self) -> str:
        """Full name of the learned parameter."""
        return f"{self.name}.log_variance"

    @property
    def output(self):
        return Dense if self.variance is not None else GaussianOutput

    @property
    def offset(self):
        return Offset if self.variance is not None else GaussianOffset

    def loss(self, n_features):
        return SquaredError(n_features)

    def bind(self, binder, x, z, out, cost):
        work = super().bind(binder, x, z, out, cost)
        store, slot = binder.store, self.slot
        work.squares = binder.arena.take("squares", cost.shape, binder.dtype)
        work.width = binder.constant(np.full((1, 1, 1, 1), z.shape[3], binder.dtype))
        work.slope = None
        if self.variance is not None:
            held = log_variance(self.variance - bodies.VARIANCE_FLOOR)
            work.log_variance = binder.constant(np.full((1, 1, 1, 1), held, binder.dtype))
            return work
        four = (store.n_models, 1, 1, 1)
        work.log_variance = store.layout.view(store.values, slot).reshape(four)
        if binder.training:
            work.slope = store.layout.view(store.grads, slot).reshape(store.n_models, 1)
            work.slopes = binder.arena.take("variance_slopes", cost.shape, binder.dtype)
        return work

    def value(self, ops, work):
        ops.launch(subtract, work.out, work.z, work.x)
        ops.reduce(work.out, work.squares, axis=3, op="sumsq")
        ops.launch(bodies.gaussian_cost, work.cost, work.squares, work.log_variance, work.width)

    def delta(self, ops, work, share):
        ops.launch(bodies.gaussian_delta, work.out, work.out, work.log_variance, share)

    def finish(self, ops, work, share):
        if work.slope is None:
            return
        inputs = (work.squares, work.log_variance, share, work.width)
        ops.launch(bodies.gaussian_variance_slope, work.slopes, *inputs)
        ops.reduce(work.slopes.reshape(len(work.slope), -1), work.slope, axis=1)


def noise_variance(log_variance: Any) -> Any:
    """Return the variance that a learned log variance stands for."""
    over = max(float(log_variance) - bodies.LARGEST_LEARNED, 0.0)
    return (
        np.exp(min(float(log_variance), bodies.LARGEST_LEARNED)) * (1 + over)
        + bodies.VARIANCE_FLOOR
    )


def log_variance(variance: float) -> float:
    """Return the learned number that stands for a variance, but for the floor."""
    number, most = float(np.log(variance)), bodies.LARGEST_LEARNED
    return number if number <= most else most + float(np.exp(number - most)) - 1
